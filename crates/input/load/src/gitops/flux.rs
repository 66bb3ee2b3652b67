//! Flux's `Kustomization` and `HelmRelease`: what the kustomize-controller and the helm-controller render of them
//! (`fluxcd/pkg/kustomize`, `fluxcd/pkg/chartutil`, the source-controller's chart builder).

use super::argo::fields;
use super::home::{Lent, Seen, at, text};
use super::plan::{Chart, Kustomization, Left, Plan, Told, Work};
use super::{Context, is_chart, unit_name};
use ironclad_kustomize::How;
use ironclad_render::{Placed, SetKind, Variable};
use ironclad_tree::{Kind, NodeRef};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a Kustomization of Flux leads to.
pub(crate) fn kustomization(seen: &Arc<Seen>, context: &Context<'_>) -> Told {
    let mut told = Told::default();
    let Some(spec) = seen.at(&["spec"]) else { return told };
    let path = at(spec, &["path"]);
    let named = match source(seen, spec, &["sourceRef"], path.and_then(|path| path.text()).unwrap_or("."), context) {
        Ok(named) => named,
        Err(left) => {
            told.left.push(left);
            return told;
        }
    };
    let named = named.as_str();
    let node = path.unwrap_or(spec);
    let spot = match context.tree.find(&seen.file, named) {
        Ok(spot) if spot.canonical.is_dir() => spot,
        Ok(_) => {
            told.left.push(Left::new(node, format!("\"{named}\" is no folder")));
            return told;
        }
        Err(lost) => {
            told.left.push(Left::lost(node, named, &lost));
            return told;
        }
    };
    let wanted = [
        ("targetNamespace", "namespace", How::Set),
        ("namePrefix", "namePrefix", How::Set),
        ("nameSuffix", "nameSuffix", How::Set),
        ("patches", "patches", How::Append),
        ("components", "components", How::Append),
        ("images", "images", How::ByName),
    ];
    let mut work = Kustomization {
        fields: fields(seen, spec, &wanted),
        labels: at(spec, &["commonMetadata", "labels"]).map(|node| node.id()),
        annotations: at(spec, &["commonMetadata", "annotations"]).map(|node| node.id()),
        unrestricted: true,
        ..Kustomization::default()
    };
    for name in ["patchesStrategicMerge", "patchesJson6902"] {
        if let Some(node) = at(spec, &[name]) {
            told.left.push(Left::new(node, format!("`{name}` is gone from the API and not applied: use `patches`")));
        }
    }
    if let Some(post) = at(spec, &["postBuild"]) {
        work.variables = Some(variables(seen, post, context, &mut told.left));
    }
    if ironclad_kustomize::kustomization_file(&spot.canonical).is_none() {
        if work.is_plain() {
            let seen = Arc::clone(seen);
            let unit = unit_name(&seen, None);
            told.plans.push(Plan { seen, unit, number: 0, namespace: None, spot, work: Work::Folder });
            return told;
        }
        work.resources = Some(generated(&spot.canonical));
    }
    let unit = unit_name(seen, None);
    let work = Work::Kustomization(Box::new(work));
    told.plans.push(Plan { seen: Arc::clone(seen), unit, number: 0, namespace: None, spot, work });
    told
}

/// The `resources` of a folder without a kustomization: every file of YAML, and folders that have one.
fn generated(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut pending = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = pending.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        for name in names {
            let (path, shown) = (folder.join(&name), format!("{below}{name}"));
            if path.is_dir() {
                if name.starts_with('.') || all.len() > 10_000 {
                    continue;
                }
                match ironclad_kustomize::kustomization_file(&path) {
                    Some(_) => all.push(shown),
                    None => pending.push((path, format!("{shown}/"))),
                }
            } else if shown.ends_with(".yaml") || shown.ends_with(".yml") {
                all.push(shown);
            }
        }
    }
    all.sort();
    all
}

/// Where a path of a source lies in this tree, as far as the source is this tree: a GitRepository is, unless it is known
/// to be another one, and an artifact that an ArtifactGenerator of the tree copies from such a repository.
fn source(seen: &Seen, spec: NodeRef<'_>, path: &[&str], named: &str, context: &Context<'_>) -> Result<String, Left> {
    let Some(reference) = at(spec, path) else { return Ok(named.to_owned()) };
    let (kind, name) = (text(reference, "kind").unwrap_or_default(), text(reference, "name").unwrap_or_default());
    let namespace = text(reference, "namespace").or(seen.namespace());
    let is_other = |kind: &str, namespace: Option<&str>, name: &str| {
        let repository = context.named(seen, "source.toolkit.fluxcd.io", kind, namespace, name)?;
        let url = repository.text(&["spec", "url"])?;
        context.tree.is_other(&seen.file, url).then(|| url.to_owned())
    };
    match kind {
        "GitRepository" => match is_other(kind, namespace, name) {
            Some(url) => Err(Left::new(reference, format!("GitRepository \"{name}\" is another repository, {url}"))),
            None => Ok(named.to_owned()),
        },
        "ExternalArtifact" => {
            let copied = copied(seen, context, namespace, name, named, &|repository| {
                is_other("GitRepository", namespace, repository).is_none()
            });
            copied.ok_or_else(|| Left::new(reference, format!("ExternalArtifact \"{name}\" is not in this tree")))
        }
        _ => Err(Left::new(reference, format!("{kind} \"{name}\" is not in this tree"))),
    }
}

/// The path that an ArtifactGenerator copies to a path of an artifact. The rule that reaches deepest counts.
fn copied(
    seen: &Seen,
    context: &Context<'_>,
    namespace: Option<&str>,
    artifact: &str,
    named: &str,
    is_here: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let wanted = named.trim_start_matches("./").trim_matches('/');
    let wanted = if wanted == "." { "" } else { wanted };
    for generator in context.nearest(seen, |seen| seen.kind() == "ArtifactGenerator") {
        let mut best: Option<(usize, String)> = None;
        let same = generator.namespace().zip(namespace).is_none_or(|(own, wanted)| own == wanted);
        let artifacts = generator.at(&["spec", "artifacts"]).into_iter().flat_map(|list| list.items());
        let Some(made) = artifacts.filter(|_| same).find(|made| text(*made, "name") == Some(artifact)) else {
            continue;
        };
        for copy in at(made, &["copy"]).into_iter().flat_map(|list| list.items()) {
            let rule = text(copy, "from").zip(text(copy, "to"));
            let rule = rule
                .and_then(|(from, to)| Some((from.strip_prefix('@')?.split_once('/')?, to.strip_prefix("@artifact")?)));
            let Some(((alias, from), to)) = rule else { continue };
            let sources = generator.at(&["spec", "sources"]).into_iter().flat_map(|list| list.items());
            let repository = sources.filter(|source| text(*source, "kind") == Some("GitRepository"));
            let repository = repository.into_iter().find(|source| text(*source, "alias") == Some(alias));
            if !repository.and_then(|source| text(source, "name")).is_some_and(is_here) {
                continue;
            }
            let Some(from) = from.strip_suffix("**") else { continue };
            let (from, to) = (from.trim_matches('/'), to.trim_matches('/'));
            let rest = match wanted.strip_prefix(to) {
                Some(rest) if to.is_empty() || rest.is_empty() || rest.starts_with('/') => rest.trim_matches('/'),
                _ => continue,
            };
            if best.as_ref().is_none_or(|(depth, _)| *depth <= to.len()) {
                best = Some((to.len(), format!("{from}/{rest}").trim_matches('/').to_owned()));
            }
        }
        if let Some((_, path)) = best {
            return Some(path);
        }
    }
    None
}

/// `substituteFrom`, then `substitute` on top.
fn variables(seen: &Arc<Seen>, post: NodeRef<'_>, context: &Context<'_>, left: &mut Vec<Left>) -> Vec<Variable> {
    let mut all: BTreeMap<String, Variable> = BTreeMap::new();
    for reference in at(post, &["substituteFrom"]).into_iter().flat_map(|list| list.items()) {
        let Some(map) = data(seen, reference, context, left) else { continue };
        for entry in map.at(&["data"]).into_iter().flat_map(|data| data.entries()) {
            let variable = Variable {
                name: entry.key().to_owned(),
                value: entry.value().text().unwrap_or_default().to_owned(),
                place: map.place(entry.value()),
            };
            all.insert(variable.name.clone(), variable);
        }
    }
    for entry in at(post, &["substitute"]).into_iter().flat_map(|map| map.entries()) {
        let variable = Variable {
            name: entry.key().to_owned(),
            value: entry.value().text().unwrap_or_default().to_owned(),
            place: seen.place(entry.value()),
        };
        all.insert(variable.name.clone(), variable);
    }
    all.into_values().collect()
}

/// The ConfigMap that a reference names. Secrets are not read: what they hold must not come up in a report.
fn data(seen: &Seen, reference: NodeRef<'_>, context: &Context<'_>, left: &mut Vec<Left>) -> Option<Arc<Seen>> {
    let (kind, name) = (text(reference, "kind").unwrap_or_default(), text(reference, "name").unwrap_or_default());
    let found = (kind == "ConfigMap").then(|| context.named(seen, "", kind, seen.namespace(), name)).flatten();
    let optional = at(reference, &["optional"]).and_then(|node| node.as_bool()) == Some(true);
    if found.is_none() && kind == "Secret" {
        left.push(Left::new(reference, format!("Secret \"{name}\" is not read: what it would set is missing")));
    } else if found.is_none() && !optional {
        left.push(Left::new(reference, format!("{kind} \"{name}\" is not in this tree: what it would set is missing")));
    }
    found
}

/// What a HelmRelease leads to.
pub(crate) fn release(seen: &Arc<Seen>, context: &Context<'_>) -> Told {
    let mut told = Told::default();
    let Some(spec) = seen.at(&["spec"]) else { return told };
    match release_plan(seen, spec, context, &mut told.left) {
        Ok(Some(plan)) => told.plans.push(plan),
        Ok(None) => {}
        Err(left) => told.left.push(left),
    }
    told
}

fn release_plan(
    seen: &Arc<Seen>,
    spec: NodeRef<'_>,
    context: &Context<'_>,
    left: &mut Vec<Left>,
) -> Result<Option<Plan>, Left> {
    if let Some(reference) = at(spec, &["chartRef"]) {
        let (kind, name) = (text(reference, "kind").unwrap_or_default(), text(reference, "name").unwrap_or_default());
        return Err(Left::new(reference, format!("{kind} \"{name}\" is not in this tree")));
    }
    let Some(template) = at(spec, &["chart", "spec"]) else { return Ok(None) };
    let Some(named) = at(template, &["chart"]) else { return Ok(None) };
    let name = named.text().unwrap_or_default();
    let path = source(seen, template, &["sourceRef"], name, context)
        .map_err(|left| Left { reason: format!("chart \"{name}\": {}", left.reason), ..left })?;
    let spot = context.tree.find(&seen.file, &path).map_err(|lost| Left::lost(named, name, &lost))?;
    if !is_chart(&spot.canonical) {
        return Err(Left::new(named, format!("\"{name}\" holds no chart")));
    }
    let target = text(spec, "targetNamespace");
    let namespace = target.or(seen.namespace()).map(str::to_owned);
    let release = match (text(spec, "releaseName"), target) {
        (Some(name), _) => name.to_owned(),
        (None, Some(target)) => format!("{target}-{}", seen.name()),
        (None, None) => seen.name().to_owned(),
    };
    let mut chart = Chart {
        release: short(release),
        namespace: namespace.clone(),
        skip_crds: at(spec, &["install", "crds"]).and_then(|node| node.text()) == Some("Skip"),
        labels: at(spec, &["commonMetadata", "labels"]).map(|node| node.id()),
        annotations: at(spec, &["commonMetadata", "annotations"]).map(|node| node.id()),
        ..Chart::default()
    };
    let lenient = at(template, &["ignoreMissingValuesFiles"]).and_then(|node| node.as_bool()) == Some(true);
    for item in at(template, &["valuesFiles"]).into_iter().flat_map(|list| list.items()) {
        let path = item.text().unwrap_or_default();
        // They count from the root of the source.
        let root = format!("/{}", path.trim_start_matches("./"));
        let file = context.tree.beside(&spot, &root).ok().and_then(|file| context.text(&file));
        match file {
            Some(text) => chart.own_values.push(Lent::file(text)),
            None if lenient => {}
            None => return Err(Left::new(item, format!("values file \"{path}\" is not in this tree"))),
        }
    }
    for reference in at(spec, &["valuesFrom"]).into_iter().flat_map(|list| list.items()) {
        let Some(map) = data(seen, reference, context, left) else { continue };
        let key = text(reference, "valuesKey").unwrap_or("values.yaml");
        let Some(value) = map.at(&["data", key]) else {
            if at(reference, &["optional"]).and_then(|node| node.as_bool()) != Some(true) {
                left.push(Left::new(
                    reference,
                    format!("{} has no `{key}`: what it would set is missing", map.identity()),
                ));
            }
            continue;
        };
        match text(reference, "targetPath") {
            None => chart.values.push(Lent::of_text(&map, value)),
            Some(path) => {
                let value_text = value.text().unwrap_or_default();
                let quoted = ['\'', '"'].iter().any(|q| value_text.starts_with(*q) && value_text.ends_with(*q));
                let (kind, bare) = match quoted {
                    true => (SetKind::Text, value_text.trim_matches(['\'', '"'])),
                    false => (SetKind::Typed, value_text),
                };
                let text = format!("{path}={bare}");
                chart.placed.push(Placed { kind, text, place: map.place(value), layer: Some(chart.values.len()) });
            }
        }
    }
    if let Some(values) = at(spec, &["values"]).filter(|values| values.kind() == Kind::Mapping && !values.is_empty()) {
        chart.values.push(Lent::of_value(seen, values));
    }
    for renderer in at(spec, &["postRenderers"]).into_iter().flat_map(|list| list.items()) {
        let Some(kustomize) = at(renderer, &["kustomize"]) else { continue };
        let wanted = [("patches", "patches", How::Append), ("images", "images", How::ByName)];
        chart.post.push(fields(seen, kustomize, &wanted));
        for name in ["patchesStrategicMerge", "patchesJson6902"] {
            if let Some(node) = at(kustomize, &[name]) {
                left.push(Left::new(node, format!("`{name}` is gone from the API and not applied: use `patches`")));
            }
        }
    }
    let work = Work::Chart(Box::new(chart));
    Ok(Some(Plan { seen: Arc::clone(seen), unit: unit_name(seen, None), number: 0, namespace, spot, work }))
}

/// Names of releases have at most 53 characters: of longer ones, the helm-controller keeps 40 and adds the beginning of a
/// digest (`internal/release/name.go`).
fn short(name: String) -> String {
    use sha2::Digest;
    const LONGEST: usize = 53;
    const DIGITS: usize = 12;
    let Some(kept) = name.get(..LONGEST - DIGITS - 1).filter(|_| name.len() > LONGEST) else { return name };
    let digest = sha2::Sha256::digest(name.as_bytes());
    let digits: String = digest.iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("{kept}-{digits}")
}

#[cfg(test)]
mod tests {
    use super::short;

    /// As `printf … | sha256sum` says.
    #[test]
    fn long_names_of_releases_end_in_a_digest() {
        assert_eq!(short("a".repeat(53)), "a".repeat(53));
        let long = "front-end-web-app-of-the-shop-in-the-production-cluster";
        assert_eq!(short(long.to_owned()), "front-end-web-app-of-the-shop-in-the-pro-9daa839eea08");
    }
}
