//! Names, namespaces, labels, annotations, images and replicas (kustomize's built-in transformers).

use crate::config::FieldSpec;
use crate::field::{set_entry, set_scalar, visit, visit_all};
use crate::ids::Gvk;
use crate::node::{Data, Node, Shape};
use crate::path::{expect, look_up_mut};
use crate::resource::{Resource, Resources};
use crate::scalar::{Scalar, Tag};
use crate::schema::Schemas;
use crate::selector::loose_pattern;
use crate::trail::Trail;
use regex::Regex;

/// Before or after the name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Prefix,
    Suffix,
}

fn named(resource: &Resource, schemas: &Schemas, message: String) -> String {
    format!("{message} (in {})", resource.id(schemas))
}

/// `namePrefix` and `nameSuffix`
pub(crate) fn affix(
    resources: &mut Resources,
    side: Side,
    text: &str,
    specs: &[FieldSpec],
    trail: &Trail,
    schemas: &Schemas,
) -> Result<(), String> {
    for resource in &mut resources.all {
        let id = resource.original_id(schemas);
        let skipped = [
            Gvk { kind: "CustomResourceDefinition".to_owned(), ..Gvk::default() },
            Gvk { group: "apiregistration.k8s.io".to_owned(), kind: "APIService".to_owned(), ..Gvk::default() },
            Gvk { kind: "Namespace".to_owned(), ..Gvk::default() },
        ];
        if skipped.iter().any(|kind| id.gvk.is_selected(kind)) {
            continue;
        }
        for spec in specs.iter().filter(|spec| id.gvk.is_selected(&spec.gvk)) {
            if spec.path == "metadata/name" && !text.is_empty() {
                let list = if side == Side::Prefix { &mut resource.prefixes } else { &mut resource.suffixes };
                list.push(text.to_owned());
                resource.remember_id(schemas);
            }
            let set = &mut |node: &mut Node| {
                expect(node, Shape::Scalar)?;
                let old = node.text().unwrap_or_default();
                let new = if side == Side::Prefix { format!("{text}{old}") } else { format!("{old}{text}") };
                let trail = node.trail.through(trail);
                node.replace(Node::scalar(Scalar::open(new), &Trail::default()));
                node.trail = trail;
                Ok(())
            };
            if let Err(message) = visit(&mut resource.node, spec, Some(Shape::Scalar), trail, set) {
                return Err(named(resource, schemas, message));
            }
        }
    }
    Ok(())
}

/// Which subjects of role bindings a namespace reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subjects {
    Default,
    ServiceAccounts,
    None,
}

/// How a namespace is set.
pub(crate) struct NamespaceRule<'n> {
    pub(crate) namespace: &'n str,
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

/// `namespace`
pub(crate) fn namespace(
    resources: &mut Resources,
    rule: &NamespaceRule<'_>,
    specs: &[FieldSpec],
    trail: &Trail,
    schemas: &Schemas,
) -> Result<(), String> {
    if rule.namespace.is_empty() {
        return Ok(());
    }
    for at in 0..resources.all.len() {
        let Some(resource) = resources.all.get_mut(at) else { continue };
        let from_chart = resource
            .annotations()
            .iter()
            .any(|(key, value)| key == "internal.config.kubernetes.io/helm-generated" && value == "true");
        if resource.node.is_empty() || from_chart {
            continue;
        }
        resource.remember_id(schemas);
        if let Err(message) = place(resource, rule, specs, trail, schemas) {
            return Err(named(resource, schemas, message));
        }
        let id = resource.id(schemas);
        if resources.all.iter().filter(|other| other.name() == id.name && other.id(schemas).same(&id)).count() != 1 {
            return Err(format!("namespace `{}` makes {id} of two objects", rule.namespace));
        }
    }
    Ok(())
}

fn place(
    resource: &mut Resource,
    rule: &NamespaceRule<'_>,
    specs: &[FieldSpec],
    trail: &Trail,
    schemas: &Schemas,
) -> Result<(), String> {
    let gvk = resource.gvk();
    let version = resource.api_version().to_owned();
    let set = &mut |node: &mut Node| {
        let is_set =
            node.shape() == Shape::Scalar && !node.is_null() && node.text().is_some_and(|text| !text.is_empty());
        if rule.unset_only && is_set {
            return Ok(());
        }
        set_scalar(node, rule.namespace, Tag::Text, trail)
    };
    if !schemas.is_cluster(&gvk.api_version(), &gvk.kind) {
        let spec = FieldSpec { path: "metadata/namespace".to_owned(), create: true, ..FieldSpec::default() };
        visit(&mut resource.node, &spec, Some(Shape::Scalar), trail, set)?;
    }
    let is_binding = matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
    if is_binding && rule.subjects != Subjects::None {
        let (key, value) =
            if rule.subjects == Subjects::Default { ("name", "default") } else { ("kind", "ServiceAccount") };
        if let Some(Node { data: Data::List(subjects), .. }) = resource.node.get_mut("subjects") {
            for subject in subjects.iter_mut().filter(|subject| subject.get(key).and_then(Node::text) == Some(value)) {
                if subject.get("namespace").is_none() {
                    subject.set("namespace", Node::empty(Shape::Scalar, trail));
                }
                if let Some(field) = subject.get_mut("namespace") {
                    set(field)?;
                }
            }
        }
    }
    let wanted: Vec<FieldSpec> = specs
        .iter()
        .filter(|spec| spec.path != "metadata/namespace")
        .filter(|spec| spec.path != "metadata/name" || version == "v1")
        .filter(|spec| {
            !(is_binding
                && matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
                && spec.path == "subjects/namespace")
        })
        .cloned()
        .collect();
    visit_all(&mut resource.node, &wanted, Some(Shape::Scalar), trail, set)
}

/// Labels and annotations: pairs sorted by key, each into every field.
pub(crate) fn entries(
    resources: &mut Resources,
    pairs: &[(String, Node)],
    specs: &[FieldSpec],
    schemas: &Schemas,
) -> Result<(), String> {
    let mut pairs: Vec<&(String, Node)> = pairs.iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    for resource in &mut resources.all {
        for (key, value) in &pairs {
            let text = value.text().filter(|_| !value.is_null()).unwrap_or_default();
            let set = &mut |node: &mut Node| set_entry(node, key, text, &value.trail);
            if let Err(message) = visit_all(&mut resource.node, specs, Some(Shape::Map), &value.trail, set) {
                return Err(named(resource, schemas, message));
            }
        }
    }
    Ok(())
}

/// An entry of `images`.
pub(crate) struct ImageRule<'n> {
    pattern: Regex,
    new_name: &'n str,
    new_tag: &'n str,
    tag_suffix: &'n str,
    digest: &'n str,
}

impl<'n> ImageRule<'n> {
    /// kustomize takes the name for a pattern; one that does not compile matches nothing.
    pub(crate) fn read(entry: &'n Node) -> Option<ImageRule<'n>> {
        let text = |key: &str| entry.get(key).filter(|node| !node.is_null()).and_then(Node::text).unwrap_or_default();
        let pattern = format!(
            "^{}(:[a-zA-Z0-9_.{{}}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{{}}-]*)?$",
            text("name")
        );
        Some(ImageRule {
            pattern: loose_pattern(&pattern).ok()?,
            new_name: text("newName"),
            new_tag: text("newTag"),
            tag_suffix: text("tagSuffix"),
            digest: text("digest"),
        })
    }

    /// The new reference, where the rule speaks of this one.
    fn apply(&self, image: &str) -> Option<String> {
        if !self.pattern.is_match(image) {
            return None;
        }
        let (name, mut tag, mut digest) = parts(image);
        let name = if self.new_name.is_empty() { name } else { self.new_name.to_owned() };
        match (self.new_tag.is_empty(), self.digest.is_empty()) {
            (false, false) => {
                tag = self.new_tag.to_owned();
                digest = self.digest.to_owned();
            }
            (false, true) => {
                tag = self.new_tag.to_owned();
                digest.clear();
            }
            (true, false) => {
                tag.clear();
                digest = self.digest.to_owned();
            }
            (true, true) if !self.tag_suffix.is_empty() => {
                tag.push_str(self.tag_suffix);
                digest.clear();
            }
            (true, true) => {}
        }
        let mut out = name;
        if !tag.is_empty() {
            out.push_str(&format!(":{tag}"));
        }
        if !digest.is_empty() {
            out.push_str(&format!("@{digest}"));
        }
        Some(out)
    }
}

/// Name, tag and digest of an image reference; a colon before the first slash is a port.
fn parts(image: &str) -> (String, String, String) {
    let start = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let rest = image.get(start..).unwrap_or_default();
    let (at, colon) = (rest.find('@').map(|at| at + start), rest.find(':').map(|at| at + start));
    let piece = |from: usize, to: usize| image.get(from..to).unwrap_or_default().to_owned();
    match (at, colon) {
        (None, None) => (image.to_owned(), String::new(), String::new()),
        (Some(at), colon) if colon.is_none_or(|colon| at < colon) => {
            (piece(0, at), String::new(), piece(at + 1, image.len()))
        }
        (Some(at), Some(colon)) => (piece(0, colon), piece(colon + 1, at), piece(at + 1, image.len())),
        (_, Some(colon)) => (piece(0, colon), piece(colon + 1, image.len()), String::new()),
        (Some(at), None) => (piece(0, at), String::new(), piece(at + 1, image.len())),
    }
}

/// An entry of `images`: containers wherever they are, and the fields of the configuration.
pub(crate) fn images(
    resources: &mut Resources,
    rule: &ImageRule<'_>,
    specs: &[FieldSpec],
    trail: &Trail,
    schemas: &Schemas,
) -> Result<(), String> {
    for resource in resources.all.iter_mut().filter(|resource| resource.kind() != "CustomResourceDefinition") {
        let mut set = |node: &mut Node| {
            expect(node, Shape::Scalar)?;
            match node.text().and_then(|text| rule.apply(text)) {
                Some(new) => set_scalar(node, &new, Tag::Open, trail),
                None => Ok(()),
            }
        };
        let done = containers(&mut resource.node, &mut set)
            .and_then(|()| visit_all(&mut resource.node, specs, None, trail, &mut set));
        if let Err(message) = done {
            return Err(named(resource, schemas, message));
        }
    }
    Ok(())
}

/// The images of every `containers` and `initContainers`, at any depth.
fn containers(node: &mut Node, set: &mut crate::field::Setter<'_>) -> Result<(), String> {
    match &mut node.data {
        Data::Scalar(_) => Ok(()),
        Data::List(items) => items.iter_mut().try_for_each(|item| containers(item, set)),
        Data::Map(entries) => {
            for (key, value) in entries.iter_mut() {
                containers(value, set)?;
                if matches!(key.as_str(), "containers" | "initContainers")
                    && let Data::List(items) = &mut value.data
                {
                    for item in items.iter_mut().filter(|item| !item.is_null()) {
                        expect(item, Shape::Map)?;
                        item.get_mut("image").map_or(Ok(()), &mut *set)?;
                    }
                }
            }
            Ok(())
        }
    }
}

/// An entry of `replicas`.
pub(crate) fn replicas(
    resources: &mut Resources,
    name: &str,
    count: &str,
    specs: &[FieldSpec],
    trail: &Trail,
    schemas: &Schemas,
) -> Result<(), String> {
    let mut found = false;
    for spec in specs {
        let all = resources.with_any_id(schemas, &|id| id.name == name && id.gvk.is_selected(&spec.gvk));
        for at in all {
            found = true;
            let Some(resource) = resources.all.get_mut(at) else { continue };
            let set = &mut |node: &mut Node| set_scalar(node, count, Tag::Int, trail);
            if let Err(message) = visit(&mut resource.node, spec, Some(Shape::Scalar), trail, set) {
                return Err(named(resource, schemas, message));
            }
        }
    }
    if found { Ok(()) } else { Err(format!("`replicas` names \"{name}\", and no workload is called so")) }
}

/// Suffixes of generated names.
pub(crate) fn hashes(resources: &mut Resources, schemas: &Schemas) -> Result<(), String> {
    for resource in resources.all.iter_mut().filter(|resource| resource.needs_hash) {
        let hash = crate::generate::hash(resource)?;
        resource.remember_id(schemas);
        let path = ["metadata".to_owned(), "name".to_owned()];
        let name = format!("{}-{hash}", resource.name());
        if let Some(node) = look_up_mut(&mut resource.node, &path)? {
            let trail = node.trail.clone();
            node.replace(Node::scalar(Scalar::open(name), &Trail::default()));
            node.trail = trail;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn image_references_come_apart() {
        for (image, name, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1", "nginx", "1", ""),
            ("r:5000/nginx", "r:5000/nginx", "", ""),
            ("r:5000/nginx:1@sha256:ab", "r:5000/nginx", "1", "sha256:ab"),
            ("nginx@sha256:ab", "nginx", "", "sha256:ab"),
        ] {
            assert_eq!(parts(image), (name.to_owned(), tag.to_owned(), digest.to_owned()), "{image}");
        }
    }
}
