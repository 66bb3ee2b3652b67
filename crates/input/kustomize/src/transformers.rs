//! The transformers of a kustomization, in kustomize's order, and its validators.

use crate::accumulate::{Gathered, Target, configured, plugins};
use crate::build::{Build, TRANSFORMATIONS, label_field};
use crate::config::{self, Config, merge_all, merge_one};
use crate::kustomization::{Fault, Kustomization, read_one};
use crate::loader::Folder;
use crate::node::{Node, Reading};
use crate::resource::{Resource, Resources};
use crate::schema::Schemas;
use crate::transform::{self, NamespaceRule, Side, Subjects};
use crate::{patch, replacement};
use ironclad_model::Role;

/// The transformers, in kustomize's order whatever the order in the file.
pub(crate) fn transformers(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
    let kustomization = target.kustomization;
    let Gathered { resources, config, .. } = gathered;
    build.merged |= !build.schemas.is_set()
        && ["patches", "patchesStrategicMerge"].iter().any(|list| !kustomization.list(list).is_empty());
    let paths = kustomization.list("patchesStrategicMerge");
    if !paths.is_empty() {
        patch::strategic_merge(build, target.folder, resources, paths)?;
        done(target, resources, "PatchStrategicMergeTransformer", kustomization);
    }
    for entry in kustomization.list("patches") {
        patch::patch(build, target.folder, resources, entry)?;
        done(target, resources, "PatchTransformer", kustomization);
    }
    let schemas = build.schemas.clone();
    if let Some(field) = kustomization.text("namespace") {
        let rule = NamespaceRule {
            namespace: field.text().unwrap_or_default(),
            unset_only: false,
            subjects: Subjects::Default,
        };
        transform::namespace(resources, &rule, &config.namespace, &field.trail, &schemas)
            .map_err(|message| Fault::on(&field.trail, message))?;
        done(target, resources, "NamespaceTransformer", kustomization);
    }
    let sides = [
        ("namePrefix", Side::Prefix, &config.name_prefix, "PrefixTransformer"),
        ("nameSuffix", Side::Suffix, &config.name_suffix, "SuffixTransformer"),
    ];
    for (key, side, specs, kind) in sides {
        if let Some(field) = kustomization.text(key) {
            let text = field.text().unwrap_or_default();
            transform::affix(resources, side, text, specs, &field.trail, &schemas)
                .map_err(|message| Fault::on(&field.trail, message))?;
            done(target, resources, kind, kustomization);
        }
    }
    labels(kustomization, target, resources, config, &schemas)?;
    let pairs = kustomization.node.get("commonAnnotations").filter(|pairs| !pairs.entries().is_empty());
    if let Some(pairs) = pairs {
        transform::entries(resources, pairs.entries(), &config.common_annotations, &schemas)
            .map_err(|message| Fault::on(&pairs.trail, message))?;
        done(target, resources, "AnnotationsTransformer", kustomization);
    }
    for entry in kustomization.list("patchesJson6902") {
        patch::json6902(build, target.folder, resources, entry)?;
        done(target, resources, "PatchJson6902Transformer", kustomization);
    }
    for entry in kustomization.list("replicas") {
        let text = |key: &str| entry.get(key).and_then(Node::text).unwrap_or_default();
        let count = if text("count").is_empty() { "0" } else { text("count") };
        transform::replicas(resources, text("name"), count, &config.replicas, &entry.trail, &schemas)
            .map_err(|message| Fault::on(&entry.trail, message))?;
        done(target, resources, "ReplicaCountTransformer", kustomization);
    }
    for entry in kustomization.list("images").iter().chain(kustomization.list("imageTags")) {
        if let Some(rule) = transform::ImageRule::read(entry) {
            transform::images(resources, &rule, &config.images, &entry.trail, &schemas)
                .map_err(|message| Fault::on(&entry.trail, message))?;
        }
        done(target, resources, "ImageTagTransformer", kustomization);
    }
    let entries = kustomization.list("replacements");
    if !entries.is_empty() {
        replacements(build, target.folder, resources, entries)?;
        done(target, resources, "ReplacementTransformer", kustomization);
    }
    for plugin in plugins(build, target, kustomization.list("transformers"))? {
        crate::plugin::transformer(build, target, resources, &plugin)?;
        resources.drop_gone();
    }
    Ok(())
}

/// After a transformer: what it deleted goes, and `buildMetadata` notes that it ran.
fn done(target: &Target<'_>, resources: &mut Resources, kind: &str, kustomization: &Kustomization) {
    resources.drop_gone();
    if !target.metadata.is_set {
        return;
    }
    let text = configured(target, kind);
    for resource in &mut resources.all {
        let known = resource.annotations().into_iter().find(|(key, _)| key == TRANSFORMATIONS);
        let item = text
            .lines()
            .enumerate()
            .map(|(at, line)| if at == 0 { format!("- {line}\n") } else { format!("  {line}\n") });
        let all = known.map(|(_, text)| text).unwrap_or_default() + &item.collect::<String>();
        resource.annotate(TRANSFORMATIONS, &all, &kustomization.node.trail);
    }
}

/// `labels` and `commonLabels`
fn labels(
    kustomization: &Kustomization,
    target: &Target<'_>,
    resources: &mut Resources,
    config: &Config,
    schemas: &Schemas,
) -> Result<(), Fault> {
    let common = kustomization.node.get("commonLabels").filter(|pairs| !pairs.entries().is_empty());
    let lists = kustomization.list("labels");
    for entry in lists {
        let on = |message: String| Fault::on(&entry.trail, message);
        let flag = |key: &str| entry.get(key).and_then(Node::as_bool) == Some(true);
        let mut specs = config::field_specs(entry.get("fields")).map_err(on)?;
        merge_all(&mut specs, &config.labels).map_err(on)?;
        if flag("includeSelectors") {
            merge_all(&mut specs, &config.common_labels).map_err(on)?;
        } else {
            if flag("includeTemplates") {
                merge_all(&mut specs, &config.template_labels).map_err(on)?;
            }
            if flag("includeVolumeClaimTemplates") {
                merge_all(&mut specs, &config.claim_labels).map_err(on)?;
            }
            merge_one(&mut specs, &label_field()).map_err(on)?;
        }
        let pairs = entry.get("pairs").map(Node::entries).unwrap_or_default();
        transform::entries(resources, pairs, &specs, schemas).map_err(on)?;
        done(target, resources, "LabelTransformer", kustomization);
    }
    if let Some(pairs) = common {
        transform::entries(resources, pairs.entries(), &config.common_labels, schemas)
            .map_err(|message| Fault::on(&pairs.trail, message))?;
    }
    if common.is_some() || !lists.is_empty() {
        done(target, resources, "LabelTransformer", kustomization);
    }
    Ok(())
}

/// Entries of `replacements`, inline or in files.
pub(crate) fn replacements(
    build: &mut Build<'_>,
    folder: &Folder,
    resources: &mut Resources,
    entries: &[Node],
) -> Result<(), Fault> {
    let mut all = Vec::new();
    for entry in entries {
        let Some(path) = entry.get("path").filter(|path| path.text().is_some_and(|text| !text.is_empty())) else {
            all.push(entry.clone());
            continue;
        };
        let on = |message: String| Fault::on(&path.trail, message);
        if entry.get("source").is_some() || entry.get("targets").is_some_and(|targets| !targets.is_empty()) {
            return Err(on("a replacement is either in a file or written out".to_owned()));
        }
        let source = folder.load(path.text().unwrap_or_default(), &mut build.store).map_err(on)?;
        match read_one(&source, Role::Overlay, Reading::Kubectl)? {
            Some(Node { data: crate::node::Data::List(items), .. }) => all.extend(items),
            Some(node @ Node { data: crate::node::Data::Map(_), .. }) => all.push(node),
            _ => return Err(on("holds no replacement".to_owned())),
        }
    }
    for entry in &all {
        replacement::apply(resources, entry, &build.schemas).map_err(|(trail, message)| Fault::on(&trail, message))?;
    }
    resources.drop_gone();
    Ok(())
}

/// `validators` may look and not change.
pub(crate) fn validators(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
    for plugin in plugins(build, target, target.kustomization.list("validators"))? {
        let before: Vec<String> = gathered.resources.all.iter().map(json).collect();
        crate::plugin::transformer(build, target, &mut gathered.resources, &plugin)?;
        let after: Vec<String> = gathered.resources.all.iter().map(json).collect();
        if before != after {
            return Err(Fault::on(&plugin.node.trail, "a validator changed the objects"));
        }
    }
    Ok(())
}

fn json(resource: &Resource) -> String {
    let mut out = String::new();
    resource.node.write_json(true, &mut out);
    out
}
