//! What a scope matches, compiled once a waiver.

use super::collect::Reach;
use super::{Scope, glob};
use crate::Base;
use globset::GlobMatcher;
use ironclad_model::{Finding, Kind, LabelSelector, Object, Snapshot};
use ironclad_tree::NodeRef;
use ironclad_views::{WorkloadKinds, pods};
use regex::Regex;

/// A scope, compiled.
#[derive(Default)]
pub(super) struct Matcher {
    kind: Option<GlobMatcher>,
    namespace: Option<GlobMatcher>,
    name: Option<GlobMatcher>,
    selector: Option<LabelSelector>,
    subject: Option<GlobMatcher>,
    container: Option<GlobMatcher>,
    image: Option<GlobMatcher>,
    path: Option<Vec<String>>,
    files: Vec<GlobMatcher>,
    item: Option<String>,
    value: Option<String>,
    direction: Option<String>,
    attributes: Vec<(String, Regex)>,
}

impl Matcher {
    pub(super) fn new(scope: &Scope) -> Result<Matcher, String> {
        let one = |pattern: &Option<String>| pattern.as_deref().map(glob).transpose();
        let selector = scope.selector.as_deref().map(LabelSelector::parse).transpose();
        Ok(Matcher {
            kind: one(&scope.kind)?,
            namespace: one(&scope.namespace)?,
            name: one(&scope.name)?,
            selector: selector.map_err(|error| format!("has a selector that cannot be read: {error}"))?,
            subject: one(&scope.subject)?,
            container: one(&scope.container)?,
            image: one(&scope.image)?,
            path: scope.path.as_deref().map(steps),
            files: scope.files.iter().map(|file| glob(file)).collect::<Result<_, _>>()?,
            item: scope.item.clone(),
            value: scope.value.as_deref().map(plain),
            direction: scope.direction.clone(),
            attributes: scope.attributes.iter().map(attribute).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn matches(&self, finding: &Finding, reach: &Reach, snapshot: &Snapshot, base: &Base) -> bool {
        if !reach.covers(finding, snapshot) {
            return false;
        }
        let is = |glob: &Option<GlobMatcher>, text: &str| glob.as_ref().is_none_or(|glob| glob.is_match(text));
        let Some(object) = snapshot.object(finding.object) else { return false };
        is(&self.kind, object.kind_name())
            && is(&self.namespace, object.namespace().unwrap_or_default())
            && is(&self.name, object.name())
            && self.selector.as_ref().is_none_or(|selector| selects(selector, object))
            && self.subject.as_ref().is_none_or(|glob| {
                // One holder who is not meant is reason enough to tell.
                let held = holders(finding);
                !held.is_empty() && held.iter().all(|holder| glob.is_match(holder))
            })
            && is(&self.container, finding.container.as_deref().unwrap_or_default())
            && self.image.as_ref().is_none_or(|glob| image_of(finding, object).is_some_and(|i| glob.is_match(i)))
            && self.path.as_ref().is_none_or(|path| below(path, &finding.pointer))
            && (self.files.is_empty() || {
                let name = finding.source_name(snapshot);
                self.files.iter().any(|glob| base.matches(name, &|name| glob.is_match(name)))
            })
            && self.item.as_ref().is_none_or(|name| ancestors(finding, object).any(|node| named(node, name)))
            && self.value.as_ref().is_none_or(|value| {
                let text = object.document().node(finding.place.node).text();
                text.is_some_and(|text| plain(text) == *value)
            })
            && self.direction.as_ref().is_none_or(|way| {
                finding.evidence.iter().all(|(key, value)| *key != "direction" || value.eq_ignore_ascii_case(way))
            })
            && self.attributes.iter().all(|(key, pattern)| has(finding, object, snapshot, key, pattern))
    }
}

/// `CAP_NET_ADMIN`, `net-admin` and `NET_ADMIN` are one capability.
fn plain(text: &str) -> String {
    let upper = text.to_ascii_uppercase().replace('-', "_");
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// Kubescape anchors the values of attributes; case does not count in kinds and namespaces.
fn attribute((key, pattern): &(String, String)) -> Result<(String, Regex), String> {
    let any_case = matches!(key.as_str(), "kind" | "namespace");
    let built = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).case_insensitive(any_case).build();
    let error = |_| format!("has a pattern `{pattern}` that cannot be read");
    Ok((key.clone(), built.map_err(error)?))
}

/// Does the object have an attribute of this value? Names that Kubescape does not know are keys of labels or annotations.
fn has(finding: &Finding, object: &Object, snapshot: &Snapshot, key: &str, pattern: &Regex) -> bool {
    let is = |text: &str| pattern.is_match(text);
    match key {
        "kind" => is(object.kind_name()),
        "name" => is(object.name()),
        "namespace" if object.kind() == Kind::NAMESPACE => is(object.name()),
        "namespace" => is(object.namespace().unwrap_or_default()),
        "apiVersion" => is(object.api_version()),
        // Manifests belong to no cluster.
        "cluster" => is(""),
        "path" => is(finding.source_name(snapshot)),
        "resourceID" => {
            let (version, kind) = (object.api_version(), object.kind_name());
            let group = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            is(&format!("{group}/{}/{kind}/{}", object.namespace().unwrap_or_default(), object.name()))
        }
        // The tool asks whether the workload has such a container; a finding about another is not meant.
        "containerName" => match finding.container.as_deref() {
            Some(container) => is(container),
            None => pods(object, &WorkloadKinds::default()).iter().any(|p| p.containers.iter().any(|c| is(c.label()))),
        },
        _ => {
            let labels = object.labels().and_then(|labels| labels.get_str(key)?.value().text());
            labels.or_else(|| object.annotation(key)).is_some_and(is)
        }
    }
}

/// Who holds the right that a finding is about: `User:alice`, `ServiceAccount:shop/ci`. Of others nobody.
pub fn holders(finding: &Finding) -> Vec<String> {
    let held = finding.evidence.iter().find(|(key, _)| *key == "subjects");
    held.map(|(_, text)| labels(text)).unwrap_or_default()
}

/// `User "alice", ServiceAccount "shop/ci"` as labels. What a name holds beside letters is its own.
fn labels(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((kind, tail)) = rest.split_once(" \"") {
        let marks = ["\", User \"", "\", Group \"", "\", ServiceAccount \""];
        let end = marks.iter().filter_map(|mark| tail.find(mark)).min();
        let (name, next) = match end {
            Some(end) => (&tail[..end], &tail[end + 3..]),
            None => (tail.strip_suffix('"').unwrap_or(tail), ""),
        };
        found.push(format!("{kind}:{name}"));
        rest = next;
    }
    found
}

/// The nodes around what a finding points at, innermost first.
fn ancestors<'a>(finding: &Finding, object: &'a Object) -> impl Iterator<Item = NodeRef<'a>> {
    let document = object.document();
    std::iter::successors(Some(document.node(finding.place.node)), |node| document.parent(node.id()))
}

fn named(node: NodeRef<'_>, name: &str) -> bool {
    node.get_str("name").is_some_and(|entry| entry.value().text() == Some(name))
}

fn selects(selector: &LabelSelector, object: &Object) -> bool {
    selector.matches(object.labels())
}

/// The image of the container that a finding is about.
fn image_of<'a>(finding: &Finding, object: &'a Object) -> Option<&'a str> {
    let container = finding.container.as_deref()?;
    let text = |node: NodeRef<'a>, name: &str| node.get_str(name).and_then(|entry| entry.value().text());
    let own = |node: &NodeRef<'a>| text(*node, "name") == Some(container) && text(*node, "image").is_some();
    ancestors(finding, object).find(own).and_then(|node| text(node, "image"))
}

/// Steps of a path: a pointer (`/spec/hostPID`) or dotted (`spec.containers[*].image`, `spec.template.*`).
fn steps(path: &str) -> Vec<String> {
    if let Some(pointer) = path.strip_prefix('/') {
        return pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    }
    let dotted = path.trim_start_matches('$').replace('[', ".").replace(']', "");
    dotted.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

fn below(steps: &[String], pointer: &str) -> bool {
    let mut actual = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    steps.iter().all(|step| actual.next().is_some_and(|actual| step == "*" || *step == actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cover_what_is_below() {
        for (path, pointer, expected) in [
            ("/spec/hostPID", "/spec/hostPID", true),
            ("spec.containers[*].image", "/spec/containers/0/image", true),
            ("spec.containers[*]", "/spec/containers/0/image", true),
            ("spec.containers.1", "/spec/containers/0/image", false),
            ("/spec/template/spec", "/spec", false),
            ("/metadata/annotations/a~1b", "/metadata/annotations/a~1b", true),
        ] {
            assert_eq!(below(&steps(path), pointer), expected, "{path} {pointer}");
        }
    }

    #[test]
    fn file_globs_reach_below_any_folder() {
        let matches =
            |pattern: &str, name: &str| Base::default().matches(name, &|name| glob(pattern).unwrap().is_match(name));
        assert!(matches("deploy/*.yaml", "shop/deploy/web.yaml"));
        assert!(matches("*.yaml", "web.yaml"));
        assert!(!matches("deploy/*.json", "deploy/web.yaml"));
    }
}
