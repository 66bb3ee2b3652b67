//! `generators`, `transformers` and `validators`: the built-in kinds run; programs and containers are refused by name.

use crate::accumulate::Target;
use crate::build::Build;
use crate::config::field_specs;
use crate::generate::{Made, generate};
use crate::kustomization::Fault;
use crate::node::{Data, Node, Shape};
use crate::resource::{Resource, Resources};
use crate::transform::{self, NamespaceRule, Side, Subjects};

/// Is it one of kustomize's own kinds? Anything else is a program.
fn builtin(resource: &Resource) -> Result<&str, Fault> {
    let gvk = resource.gvk();
    if gvk.group.is_empty() && gvk.version == "builtin" {
        return Ok(resource.kind());
    }
    let on = |what: &str| {
        let message = format!("{what} {} \"{}\" is not run: only built-in kinds are", gvk.kind, resource.name());
        Err(Fault::on(&resource.node.trail, message))
    };
    let runs_container = resource.annotations().iter().any(|(key, _)| key.ends_with("/function"));
    on(if runs_container { "the function" } else { "the plug-in" })
}

/// A generator that a file configures.
pub(crate) fn generator(build: &mut Build<'_>, target: &Target<'_>, config: &Resource) -> Result<Vec<Resource>, Fault> {
    match builtin(config)? {
        "ConfigMapGenerator" => {
            generate(build, target.folder, &config.node, None, Made::ConfigMap).map(|one| vec![one])
        }
        "SecretGenerator" => generate(build, target.folder, &config.node, None, Made::Secret).map(|one| vec![one]),
        "HelmChartInflationGenerator" => crate::chart::inflate(build, target, &config.node, Some(&config.node)),
        other => Err(Fault::on(&config.node.trail, format!("`{other}` is no generator that is known here"))),
    }
}

/// A transformer that a file configures.
pub(crate) fn transformer(
    build: &mut Build<'_>,
    target: &Target<'_>,
    resources: &mut Resources,
    config: &Resource,
) -> Result<(), Fault> {
    let node = &config.node;
    let on = |message: String| Fault::on(&node.trail, message);
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    let specs = field_specs(node.get("fieldSpecs")).map_err(on)?;
    let schemas = build.schemas.clone();
    match builtin(config)? {
        "PrefixTransformer" => {
            transform::affix(resources, Side::Prefix, text("prefix"), &specs, &node.trail, &schemas).map_err(on)
        }
        "SuffixTransformer" => {
            transform::affix(resources, Side::Suffix, text("suffix"), &specs, &node.trail, &schemas).map_err(on)
        }
        "NamespaceTransformer" => {
            let subjects = match text("setRoleBindingSubjects") {
                "" | "defaultOnly" => Subjects::Default,
                "allServiceAccounts" => Subjects::ServiceAccounts,
                "none" => Subjects::None,
                other => {
                    return Err(on(format!(
                        "`setRoleBindingSubjects` is `{other}`: defaultOnly, allServiceAccounts or none"
                    )));
                }
            };
            let field = node.get("metadata").and_then(|meta| meta.get("namespace"));
            let rule = NamespaceRule {
                namespace: field.and_then(Node::text).unwrap_or_default(),
                unset_only: node.get("unsetOnly").and_then(Node::as_bool) == Some(true),
                subjects,
            };
            let trail = field.map_or(&node.trail, |field| &field.trail);
            transform::namespace(resources, &rule, &specs, trail, &schemas).map_err(on)
        }
        "LabelTransformer" => {
            let pairs = node.get("labels").map(Node::entries).unwrap_or_default();
            transform::entries(resources, pairs, &specs, &schemas).map_err(on)
        }
        "AnnotationsTransformer" => {
            let pairs = node.get("annotations").map(Node::entries).unwrap_or_default();
            transform::entries(resources, pairs, &specs, &schemas).map_err(on)
        }
        "ImageTagTransformer" => {
            let Some(image) = node.get("imageTag") else { return Ok(()) };
            let Some(rule) = transform::ImageRule::read(image) else { return Ok(()) };
            transform::images(resources, &rule, &specs, &image.trail, &schemas).map_err(on)
        }
        "ReplicaCountTransformer" => {
            let Some(replica) = node.get("replica") else { return Ok(()) };
            let part = |key: &str| replica.get(key).and_then(Node::text).unwrap_or_default();
            transform::replicas(resources, part("name"), part("count"), &specs, &replica.trail, &schemas).map_err(on)
        }
        "PatchTransformer" => crate::patch::patch(build, target.folder, resources, node),
        "PatchJson6902Transformer" => crate::patch::json6902(build, target.folder, resources, node),
        "PatchStrategicMergeTransformer" => {
            let mut all = node.get("paths").map(Node::items).unwrap_or_default().to_vec();
            all.extend(node.get("patches").filter(|patches| patches.shape() == Shape::Scalar).cloned());
            crate::patch::strategic_merge(build, target.folder, resources, &all)
        }
        "ReplacementTransformer" => {
            let entries = node.get("replacements").map(Node::items).unwrap_or_default();
            crate::transformers::replacements(build, target.folder, resources, entries)
        }
        "HashTransformer" => transform::hashes(resources, &schemas).map_err(on),
        "ValueAddTransformer" => value_add(build, target, resources, node),
        "SortOrderTransformer" => match node.get("sortOptions") {
            Some(options) => crate::sort::apply(resources, options, &schemas).map_err(on),
            None => Ok(()),
        },
        other => Err(on(format!("`{other}` is no transformer that is known here"))),
    }
}

/// `ValueAddTransformer`: one value into fields of selected objects, as a whole or as a part of a path.
fn value_add(build: &mut Build<'_>, target: &Target<'_>, resources: &mut Resources, node: &Node) -> Result<(), Fault> {
    let on = |message: String| Fault::on(&node.trail, message);
    let given = node.get("value").and_then(Node::text).unwrap_or_default().trim();
    let value = if given.is_empty() { target.folder.last_part() } else { given.to_owned() };
    let mut targets = node.get("targets").map(Node::items).unwrap_or_default().to_vec();
    if let Some(path) = node.get("targetFilePath").and_then(Node::text).filter(|path| !path.is_empty()) {
        let source = target.folder.load(path, &mut build.store).map_err(on)?;
        let file =
            crate::kustomization::read_one(&source, ironclad_model::Role::Overlay, crate::node::Reading::Kubectl)?;
        targets.extend(file.iter().filter_map(|file| file.get("targets")).flat_map(Node::items).cloned());
    }
    if targets.is_empty() {
        return Err(on("at least one target is needed".to_owned()));
    }
    for entry in &targets {
        let selector = entry.get("selector").filter(|selector| !selector.is_null());
        let selector = selector.map(crate::selector::Selector::read).transpose().map_err(on)?;
        let path = entry.get("fieldPath").and_then(Node::text).filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| on("a target needs `fieldPath`".to_owned()))?;
        let position: usize =
            entry.get("filePathPosition").and_then(Node::text).and_then(|n| n.parse().ok()).unwrap_or(0);
        for resource in &mut resources.all {
            if selector.as_ref().is_some_and(|selector| !selector.takes(resource, &build.schemas)) {
                continue;
            }
            if path == "metadata/namespace" && build.schemas.is_cluster(resource.api_version(), resource.kind()) {
                continue;
            }
            let parts: Vec<String> = crate::path::split(path, '/');
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let Some(field) = crate::path::create(&mut resource.node, &parts, Shape::Scalar, &node.trail) else {
                continue;
            };
            let Data::Scalar(scalar) = &field.data else { return Err(on(format!("`{path}` is no single value"))) };
            let new = if position == 0 { value.clone() } else { insert_part(&scalar.text, position - 1, &value) };
            crate::field::set_scalar(field, &new, crate::scalar::Tag::Open, &node.trail).map_err(on)?;
        }
    }
    Ok(())
}

/// A path with one part more (kyaml's `InsertPathPart`).
fn insert_part(path: &str, at: usize, part: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(at.min(parts.len()), part);
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}
