//! Argo CD's `Application`: what each of its sources renders, as the repo server does it
//! (`reposerver/repository/repository.go`, `util/kustomize`, `util/helm`).

use super::home::{Lent, Seen, at, text};
use super::place::Spot;
use super::plan::{Chart, Fields, Kustomization, Left, Plan, Told, Work};
use super::{Context, is_chart, unit_name};
use ironclad_kustomize::How;
use ironclad_render::{Placed, SetKind};
use ironclad_tree::{Kind, NodeRef};
use std::sync::Arc;

/// What an Application leads to.
pub(crate) fn application(seen: &Arc<Seen>, context: &Context<'_>) -> Told {
    let mut told = Told::default();
    let Some(spec) = seen.at(&["spec"]) else { return told };
    if let Some(hydrator) = at(spec, &["sourceHydrator"]) {
        told.left.push(Left::new(hydrator, "what a hydrator writes is not made here"));
    }
    let several = at(spec, &["sources"]).filter(|sources| sources.kind() == Kind::Sequence);
    let sources: Vec<NodeRef<'_>> = match several {
        Some(sources) => sources.items().collect(),
        None => at(spec, &["source"]).into_iter().collect(),
    };
    for (number, source) in sources.iter().enumerate() {
        let one = Source { seen, node: *source, all: &sources, context };
        match one.plan(number) {
            Ok(Some(plan)) => told.plans.push(plan),
            Ok(None) => {}
            Err(left) => told.left.push(left),
        }
    }
    told
}

struct Source<'a> {
    seen: &'a Arc<Seen>,
    node: NodeRef<'a>,
    all: &'a [NodeRef<'a>],
    context: &'a Context<'a>,
}

impl<'a> Source<'a> {
    fn plan(&self, number: usize) -> Result<Option<Plan>, Left> {
        let url = text(self.node, "repoURL").unwrap_or_default();
        if let Some(chart) = at(self.node, &["chart"]) {
            let name = chart.text().unwrap_or_default();
            return Err(Left::new(chart, format!("chart \"{name}\" of {url} is not in this tree")));
        }
        let Some(path) = at(self.node, &["path"]) else {
            // Values of another source, and nothing else.
            return Ok(None);
        };
        self.is_here(self.node, url)?;
        if let Some(plugin) = at(self.node, &["plugin"]) {
            return Err(Left::new(plugin, "plug-ins are not run"));
        }
        let named = self.substituted(path.text().unwrap_or_default());
        let spot = self.context.tree.find(&self.seen.file, &named).map_err(|lost| Left::lost(path, &named, &lost))?;
        if !spot.canonical.is_dir() {
            return Err(Left::new(path, format!("\"{named}\" is no folder")));
        }
        let [helm, kustomize, directory] = ["helm", "kustomize", "directory"].map(|name| at(self.node, &[name]));
        let overrides = self.overrides(&spot);
        let asks = |name: &str| overrides.iter().any(|seen| seen.at(&[name]).is_some());
        let has_kustomization = ironclad_kustomize::kustomization_file(&spot.canonical).is_some();
        let work = if helm.is_some() || asks("helm") {
            self.chart(helm, &overrides, &spot)?
        } else if kustomize.is_some() || asks("kustomize") {
            self.kustomization(kustomize, &overrides)
        } else if directory.is_some() {
            Work::Folder
        } else if has_kustomization {
            self.kustomization(None, &overrides)
        } else if is_chart(&spot.canonical) {
            self.chart(None, &overrides, &spot)?
        } else {
            Work::Folder
        };
        match &work {
            Work::Chart(_) if !is_chart(&spot.canonical) => {
                return Err(Left::new(path, format!("\"{named}\" holds no chart")));
            }
            Work::Kustomization(_) if !has_kustomization => {
                return Err(Left::new(path, format!("\"{named}\" holds no kustomization")));
            }
            _ => {}
        }
        let namespace = self.seen.text(&["spec", "destination", "namespace"]).map(str::to_owned);
        Ok(Some(Plan { seen: Arc::clone(self.seen), unit: unit_name(self.seen, None), number, namespace, spot, work }))
    }

    fn is_here(&self, node: NodeRef<'_>, url: &str) -> Result<(), Left> {
        if url.starts_with("oci://") || self.context.tree.is_other(&self.seen.file, url) {
            return Err(Left::new(node, format!("{url} is another repository")));
        }
        Ok(())
    }

    /// `.argocd-source.yaml` and `.argocd-source-NAME.yaml` in the folder go over what the Application says.
    fn overrides(&self, spot: &Spot) -> Vec<Arc<Seen>> {
        let names = [".argocd-source.yaml".to_owned(), format!(".argocd-source-{}.yaml", self.seen.name())];
        names.iter().rev().filter_map(|name| self.context.read(&spot.canonical.join(name))).map(Arc::new).collect()
    }

    /// A field of `helm` or `kustomize`, from the file that goes over it where one has it.
    fn field<'f>(
        &'f self,
        own: Option<NodeRef<'f>>,
        overrides: &'f [Arc<Seen>],
        tool: &str,
        name: &str,
    ) -> Option<(&'f Arc<Seen>, NodeRef<'f>)> {
        let over = overrides.iter().find_map(|seen| seen.at(&[tool, name]).map(|node| (seen, node)));
        over.or_else(|| Some((self.seen, at(own?, &[name])?)))
    }

    fn chart(&self, own: Option<NodeRef<'_>>, overrides: &[Arc<Seen>], spot: &Spot) -> Result<Work, Left> {
        let field = |name: &str| self.field(own, overrides, "helm", name);
        let text_of = |name: &str| field(name).and_then(|(_, node)| node.text()).filter(|text| !text.is_empty());
        let flag = |name: &str| field(name).and_then(|(_, node)| node.as_bool()) == Some(true);
        let items = |name: &str| {
            let found = field(name);
            found.into_iter().flat_map(|(seen, node)| node.items().map(move |item| (seen, item))).collect::<Vec<_>>()
        };
        let namespace = self.seen.text(&["spec", "destination", "namespace"]);
        let mut chart = Chart {
            release: text_of("releaseName").unwrap_or(self.seen.name()).to_owned(),
            namespace: text_of("namespace").or(namespace).map(str::to_owned),
            kubernetes_version: text_of("kubeVersion").map(str::to_owned),
            skip_crds: flag("skipCrds"),
            skip_tests: flag("skipTests"),
            ..Chart::default()
        };
        chart.api_versions.extend(items("apiVersions").iter().filter_map(|(_, item)| item.text().map(str::to_owned)));
        for (_, item) in items("valueFiles") {
            let named = item.text().unwrap_or_default();
            match self.values_file(item, named, spot)? {
                Some(text) => chart.values.push(Lent::file(text)),
                None if flag("ignoreMissingValueFiles") => {}
                None => return Err(Left::new(item, format!("values file \"{named}\" is not in this tree"))),
            }
        }
        match (field("valuesObject"), field("values")) {
            (Some((seen, node)), _) => chart.values.push(Lent::of_value(seen, node)),
            (None, Some((seen, node))) => chart.values.push(Lent::of_text(seen, node)),
            (None, None) => {}
        }
        for (seen, item) in items("parameters") {
            let Some(name) = text(item, "name") else { continue };
            let value = self.substituted(text(item, "value").unwrap_or_default());
            let force = at(item, &["forceString"]).and_then(|node| node.as_bool()) == Some(true);
            let kind = if force { SetKind::Text } else { SetKind::Typed };
            let value_at = at(item, &["value"]).unwrap_or(item);
            let text = format!("{name}={}", escaped(&value));
            chart.placed.push(Placed { kind, text, place: seen.place(value_at), layer: None });
        }
        for (seen, item) in items("fileParameters") {
            let (Some(name), Some(named)) = (text(item, "name"), text(item, "path")) else { continue };
            match self.values_file(item, named, spot)? {
                Some(text) => {
                    let place = seen.place(at(item, &["path"]).unwrap_or(item));
                    let argument = format!("{name}={}", escaped(named));
                    chart.placed.push(Placed { kind: SetKind::File, text: argument, place, layer: None });
                    chart.set_files.push((named.to_owned(), text));
                }
                None => return Err(Left::new(item, format!("file \"{named}\" is not in this tree"))),
            }
        }
        Ok(Work::Chart(Box::new(chart)))
    }

    /// A file of values: beside the chart, from the root of the repository, or of another source (`$ref/…`). None where
    /// there is no such file.
    fn values_file(
        &self,
        at_node: NodeRef<'_>,
        named: &str,
        spot: &Spot,
    ) -> Result<Option<Arc<ironclad_tree::Source>>, Left> {
        let referred = named.strip_prefix('$').and_then(|rest| rest.split_once('/')).and_then(|(name, path)| {
            let source = self.all.iter().find(|source| text(**source, "ref") == Some(name))?;
            Some((*source, path))
        });
        let found = match referred {
            Some((source, path)) => {
                self.is_here(at_node, text(source, "repoURL").unwrap_or_default())?;
                self.context
                    .tree
                    .beside(spot, &format!("/{path}"))
                    .or_else(|_| self.context.tree.find(&self.seen.file, path))
            }
            None => {
                let named = self.substituted(named);
                if named.contains("://") {
                    return Err(Left::new(at_node, format!("{named} is not fetched")));
                }
                self.context.tree.beside(spot, &named)
            }
        };
        Ok(found.ok().and_then(|file| self.context.text(&file)))
    }

    fn kustomization(&self, own: Option<NodeRef<'_>>, overrides: &[Arc<Seen>]) -> Work {
        let mut made = Kustomization::default();
        let field = |name: &str| self.field(own, overrides, "kustomize", name);
        let flag = |name: &str| field(name).and_then(|(_, node)| node.as_bool()) == Some(true);
        let mut put = |name: &str, target: &'static str, how: How| {
            made.fields.extend(field(name).map(|(seen, node)| (target, how, Arc::clone(seen), node.id())));
        };
        put("namePrefix", "namePrefix", How::Set);
        put("nameSuffix", "nameSuffix", How::Set);
        put("images", "images", How::Images);
        put("replicas", "replicas", How::ByName);
        if flag("labelWithoutSelector") {
            put("commonLabels", "labels", How::Append);
        } else {
            put("commonLabels", "commonLabels", How::Merge);
        }
        put("commonAnnotations", "commonAnnotations", How::Merge);
        put("namespace", "namespace", How::Set);
        put("patches", "patches", How::Append);
        put("components", "components", How::Append);
        made.include_templates = flag("labelIncludeTemplates");
        Work::Kustomization(Box::new(made))
    }

    /// `$ARGOCD_APP_NAME` and its kin, as Go's `os.Expand` reads them. What only a cluster or a commit knows is empty.
    fn substituted(&self, value: &str) -> String {
        let known = |name: &str| match name {
            "ARGOCD_APP_NAME" => self.seen.name(),
            "ARGOCD_APP_NAMESPACE" => self.seen.text(&["spec", "destination", "namespace"]).unwrap_or_default(),
            "ARGOCD_APP_PROJECT_NAME" => self.seen.text(&["spec", "project"]).unwrap_or_default(),
            "ARGOCD_APP_SOURCE_REPO_URL" => text(self.node, "repoURL").unwrap_or_default(),
            "ARGOCD_APP_SOURCE_PATH" => text(self.node, "path").unwrap_or_default(),
            "ARGOCD_APP_SOURCE_TARGET_REVISION" => text(self.node, "targetRevision").unwrap_or_default(),
            "$" => "$",
            _ => "",
        };
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            let braced = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            match braced {
                Some((name, behind)) => {
                    out.push_str(known(name));
                    rest = behind;
                }
                None if length > 0 => {
                    let (name, behind) = rest.split_at(length);
                    out.push_str(known(name));
                    rest = behind;
                }
                None => {
                    let special = rest.chars().next().filter(|c| "*#$@!?-".contains(*c));
                    out.push_str(if special == Some('$') { "$" } else { "" });
                    match special {
                        Some(c) => rest = rest.get(c.len_utf8()..).unwrap_or_default(),
                        None => out.push('$'),
                    }
                }
            }
        }
        out + rest
    }
}

/// Commas of a value are no separators, but within `{…}` (`cleanSetParameters`).
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::new();
    let mut before = None;
    for c in value.chars() {
        if c == ',' && before != Some('\\') {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// Fields of an object's node that are there.
pub(crate) fn fields(seen: &Arc<Seen>, node: NodeRef<'_>, wanted: &[(&str, &'static str, How)]) -> Fields {
    let found = |(name, target, how): &(&str, &'static str, How)| {
        Some((*target, *how, Arc::clone(seen), at(node, &[name])?.id()))
    };
    wanted.iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_of_parameters() {
        assert_eq!(escaped("a,b"), "a\\,b");
        assert_eq!(escaped("a\\,b"), "a\\,b");
        assert_eq!(escaped("{a,b}"), "{a,b}");
    }
}
