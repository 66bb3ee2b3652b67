//! Patches: what they are (strategic merge or JSON patch), what they are meant for, and that they are applied.

use crate::build::Build;
use crate::json_patch::{self, Operation};
use crate::kustomization::{Fault, read_all};
use crate::loader::Folder;
use crate::node::{Node, Reading, Shape};
use crate::resource::{Resource, Resources};
use crate::schema::Schemas;
use crate::selector::Selector;
use crate::trail::Trail;
use ironclad_model::Role;
use ironclad_tree::Source;
use std::sync::Arc;

/// Directives of the API server's strategic merge that kustomize does not know: it leaves them in the object.
pub(crate) const LEFT_BEHIND: [&str; 3] = ["$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys"];

/// A patch that was read.
pub(crate) enum Patch {
    Merges(Vec<Resource>),
    Operations(Vec<Operation>),
    Nothing,
}

/// Makes resources of documents, lists flattened, as kustomize's factory does.
pub(crate) fn resources_of(documents: Vec<Node>) -> Result<Vec<Resource>, Fault> {
    let mut pending: std::collections::VecDeque<Node> = documents.into();
    let mut out = Vec::new();
    while let Some(mut node) = pending.pop_front() {
        if node.is_empty() {
            continue;
        }
        let resource = Resource::new(node.clone());
        if node.shape() != Shape::Map || resource.kind().is_empty() {
            let what = if node.shape() == Shape::Map { "object has no `kind`" } else { "is no object" };
            return Err(Fault::on(&node.trail, what));
        }
        if !resource.kind().ends_with("List") {
            if resource.name().is_empty() {
                return Err(Fault::on(&node.trail, "object has no `metadata.name`"));
            }
            out.push(resource);
            continue;
        }
        match node.remove("items") {
            None => out.push(resource),
            Some(items) if items.is_null() => {}
            Some(items) if items.shape() == Shape::List => {
                // Items go to the end of the queue, having been written as JSON and read again.
                pending.extend(items.items().iter().map(|item| {
                    let mut item = item.clone();
                    item.settle_types();
                    item
                }));
            }
            Some(items) => return Err(Fault::on(&items.trail, "`items` is no list")),
        }
    }
    Ok(out)
}

/// What a text is. `trail`: where it stands, when it is a part of a kustomization.
pub(crate) fn of_text(source: &Arc<Source>, role: Role, trail: Option<&Trail>) -> Result<Patch, Fault> {
    let mut documents = read_all(source, role, Reading::Kyaml)?;
    if let Some(trail) = trail {
        documents.iter_mut().for_each(|document| pin(document, trail));
    }
    if documents.is_empty() {
        return Ok(Patch::Nothing);
    }
    let is_list = documents.iter().any(|document| document.shape() == Shape::List);
    if !is_list {
        return resources_of(documents).map(Patch::Merges);
    }
    // JSON patches are read as kubectl reads: `y` is true there, and a text in an object.
    let mut documents = read_all(source, role, Reading::Kubectl)?;
    if let Some(trail) = trail {
        documents.iter_mut().for_each(|document| pin(document, trail));
    }
    let only = match documents.as_slice() {
        [only] => only,
        _ => return Err(Fault::of_file(source.name(), "patch is neither an object nor a list of operations")),
    };
    json_patch::read(only).map(Patch::Operations).map_err(|message| Fault::on(&only.trail, message))
}

/// Every node of an inline patch is edited where the text stands in the kustomization.
fn pin(node: &mut Node, trail: &Trail) {
    node.trail = trail.clone();
    match &mut node.data {
        crate::node::Data::Scalar(_) => {}
        crate::node::Data::List(items) => items.iter_mut().for_each(|item| pin(item, trail)),
        crate::node::Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| pin(value, trail)),
    }
}

/// A text within a kustomization, as a source of its own whose places lead into the kustomization where its lines are
/// the kustomization's own (a block scalar), and to the whole text where they are not.
pub(crate) fn inline(node: &Node) -> Result<Patch, Fault> {
    let text = node.text().unwrap_or_default().trim();
    let Some(link) = node.trail.edited() else { return Ok(Patch::Nothing) };
    let trail = node.trail.with_role(Role::Patch);
    match crate::inline::block(link, text) {
        Some((source, moved)) => {
            let mut patch = of_text(&source, Role::Patch, None)?;
            let to = |trail: &Trail| moved.trail(trail, link, Role::Patch);
            match &mut patch {
                Patch::Merges(all) => all.iter_mut().for_each(|one| crate::inline::map_trails(&mut one.node, &to)),
                Patch::Operations(all) => {
                    for one in all {
                        one.move_trails(&to);
                    }
                }
                Patch::Nothing => {}
            }
            Ok(patch)
        }
        None => {
            let source = Source::new(Arc::clone(link.source.name()), text);
            of_text(&source, Role::Patch, Some(&trail))
                .map_err(|fault| Fault::on(&trail, fault.problem.problem.message))
        }
    }
}

/// Does it hold a directive that would stay in the object?
fn left_behind(node: &Node) -> Option<(&str, &Trail)> {
    for (key, value) in node.entries() {
        if LEFT_BEHIND.iter().any(|directive| key.starts_with(directive)) {
            return Some((key, &value.trail));
        }
        if let Some(found) = left_behind(value) {
            return Some(found);
        }
    }
    node.items().iter().find_map(left_behind)
}

fn warn(build: &mut Build<'_>, patch: &Resource) {
    if let Some((key, trail)) = left_behind(&patch.node) {
        let message = format!("kustomize does not know `{key}`: it stays in the object");
        build.warn(trail, message);
    }
}

/// Applies a strategic merge patch to one object.
fn merge_into(target: &mut Resource, patch: &Resource, schemas: &Schemas) -> Result<(), String> {
    let (name, namespace, kind) = (target.name().to_owned(), target.namespace().to_owned(), target.kind().to_owned());
    let type_trails = ["apiVersion", "kind"].map(|key| (key, target.node.get(key).cloned()));
    let name_trail = trail_of(target, "name");
    let namespace_trail = trail_of(target, "namespace");
    if patch.name_may_change || patch.kind_may_change {
        target.remember_id(schemas);
    }
    if !crate::merge::apply(&mut target.node, &patch.node, schemas)? || target.node.is_empty() {
        target.is_gone = true;
        return Ok(());
    }
    if !patch.kind_may_change {
        target.set_kind(&kind);
    }
    // A patch says a type to be found by: that of the object is edited where the object is.
    for (key, before) in type_trails {
        if let (Some(before), Some(field)) = (before, target.node.get_mut(key))
            && before.text() == field.text()
        {
            field.trail = before.trail;
        }
    }
    if !patch.name_may_change {
        target.set_name(&name, &name_trail);
        restore(target, "name", &name_trail);
    }
    target.set_namespace(&namespace, &namespace_trail);
    restore(target, "namespace", &namespace_trail);
    Ok(())
}

/// A patch names its target; that is no change.
fn restore(target: &mut Resource, key: &str, trail: &Trail) {
    if let Some(field) = target.node.get_mut("metadata").and_then(|meta| meta.get_mut(key))
        && trail.edited().is_some()
    {
        field.trail = trail.clone();
    }
}

fn trail_of(resource: &Resource, key: &str) -> Trail {
    let field = resource.node.get("metadata").and_then(|meta| meta.get(key));
    field.map(|field| field.trail.clone()).unwrap_or_default()
}

/// Applies one patch to the selected objects, as `resWrangler.ApplySmPatch` does.
fn merge_selected(
    resources: &mut Resources,
    selected: &[usize],
    patch: &Resource,
    schemas: &Schemas,
) -> Result<(), String> {
    for &at in selected {
        let Some(target) = resources.all.get_mut(at) else { continue };
        let mut patch = patch.clone();
        for field in ["labels", "annotations"] {
            patch.settle_map(field, &|_| true);
        }
        patch.set_api_version(&target.gvk().api_version());
        merge_into(target, &patch, schemas)?;
    }
    let all = std::mem::take(&mut resources.all);
    for resource in all.into_iter().filter(|resource| !resource.is_gone) {
        resources.append(resource, schemas)?;
    }
    Ok(())
}

/// The only object that has, or had, a patch's identity.
fn target_of(resources: &Resources, patch: &Resource, schemas: &Schemas) -> Result<usize, String> {
    let id = patch.original_id(schemas);
    match *resources.with_any_id(schemas, &|other| other.same(&id)).as_slice() {
        [at] => Ok(at),
        [] => Err(format!("the patch is for {id}, and there is none")),
        _ => Err(format!("the patch is for {id}, and there are several")),
    }
}

/// `patchesStrategicMerge`
pub(crate) fn strategic_merge(
    build: &mut Build<'_>,
    folder: &Folder,
    resources: &mut Resources,
    paths: &[Node],
) -> Result<(), Fault> {
    let mut patches = Vec::new();
    for path in paths {
        let text = path.text().unwrap_or_default();
        // A name of a file, or the patch itself: what parses as objects is the latter.
        let own = if text.contains(':') { inline(path).ok() } else { None };
        let found = match own {
            Some(found @ Patch::Merges(_)) => found,
            _ => {
                let source = folder.load(text, &mut build.store).map_err(|message| Fault::on(&path.trail, message))?;
                of_text(&source, Role::Patch, None)?
            }
        };
        match found {
            Patch::Merges(all) => patches.extend(all),
            Patch::Nothing => {}
            Patch::Operations(_) => return Err(Fault::on(&path.trail, "is a JSON patch: name it under `patches`")),
        }
    }
    if patches.is_empty() && !paths.is_empty() {
        return Err(Fault::on(&paths.first().map(|path| path.trail.clone()).unwrap_or_default(), "patch is empty"));
    }
    for patch in patches {
        warn(build, &patch);
        let on = |message| Fault::on(&patch.node.trail, message);
        let at = target_of(resources, &patch, &build.schemas).map_err(on)?;
        merge_selected(resources, &[at], &patch, &build.schemas).map_err(on)?;
    }
    Ok(())
}

/// An entry of `patches`.
pub(crate) fn patch(
    build: &mut Build<'_>,
    folder: &Folder,
    resources: &mut Resources,
    entry: &Node,
) -> Result<(), Fault> {
    let text = |key: &str| entry.get(key).filter(|node| node.text().is_some_and(|text| !text.trim().is_empty()));
    let mut found = match (text("patch"), text("path")) {
        (Some(inline_patch), None) => inline(inline_patch)?,
        (None, Some(path)) => {
            let on = |message| Fault::on(&path.trail, message);
            let source = folder.load(path.text().unwrap_or_default(), &mut build.store).map_err(on)?;
            of_text(&source, Role::Patch, None)?
        }
        (None, None) => return Err(Fault::on(&entry.trail, "a patch needs `patch` or `path`")),
        _ => return Err(Fault::on(&entry.trail, "a patch has either `patch` or `path`")),
    };
    let target = entry.get("target").filter(|target| !target.is_null());
    let selector =
        target.map(|node| Selector::read(node).map_err(|message| Fault::on(&node.trail, message))).transpose()?;
    let option =
        |key: &str| entry.get("options").and_then(|options| options.get(key)).and_then(Node::as_bool) == Some(true);
    match &mut found {
        Patch::Nothing => Ok(()),
        Patch::Merges(patches) => {
            for patch in patches.iter_mut() {
                patch.name_may_change = option("allowNameChange");
                patch.kind_may_change = option("allowKindChange");
                warn(build, patch);
            }
            if let Some(selector) = selector {
                let [only] = patches.as_slice() else {
                    return Err(Fault::on(&entry.trail, "`target` wants one patch, and here are several"));
                };
                let selected = selected(resources, &selector, &build.schemas);
                return merge_selected(resources, &selected, only, &build.schemas)
                    .map_err(|message| Fault::on(&only.node.trail, message));
            }
            for patch in patches {
                let on = |message| Fault::on(&patch.node.trail, message);
                let at = target_of(resources, patch, &build.schemas).map_err(on)?;
                if let Some(target) = resources.all.get_mut(at) {
                    merge_into(target, patch, &build.schemas).map_err(on)?;
                }
            }
            Ok(())
        }
        Patch::Operations(operations) => {
            let Some(selector) = selector else {
                return Err(Fault::on(&entry.trail, "a JSON patch needs a `target`"));
            };
            operate(build, resources, &selector, operations, true)
        }
    }
}

fn selected(resources: &Resources, selector: &Selector, schemas: &Schemas) -> Vec<usize> {
    let takes = |at: &usize| resources.all.get(*at).is_some_and(|resource| selector.takes(resource, schemas));
    (0..resources.all.len()).filter(takes).collect()
}

fn operate(
    build: &Build<'_>,
    resources: &mut Resources,
    selector: &Selector,
    operations: &[Operation],
    remember: bool,
) -> Result<(), Fault> {
    for at in selected(resources, selector, &build.schemas) {
        let Some(resource) = resources.all.get_mut(at) else { continue };
        if remember {
            resource.remember_id(&build.schemas);
        }
        let object = resource.id(&build.schemas).to_string();
        json_patch::apply(&mut resource.node, operations)
            .map_err(|(trail, message)| Fault::on(&trail, format!("{message} (in {object})")))?;
        resource.settle_map("annotations", &|_| true);
    }
    Ok(())
}

/// An entry of `patchesJson6902`.
pub(crate) fn json6902(
    build: &mut Build<'_>,
    folder: &Folder,
    resources: &mut Resources,
    entry: &Node,
) -> Result<(), Fault> {
    let target =
        entry.get("target").filter(|target| target.get("name").and_then(Node::text).is_some_and(|n| !n.is_empty()));
    let Some(target) = target else {
        return Err(Fault::on(&entry.trail, "the `target` of a JSON patch needs a `name`"));
    };
    let selector = Selector::read(target).map_err(|message| Fault::on(&target.trail, message))?;
    let text = |keys: [&str; 2]| {
        keys.iter()
            .find_map(|key| entry.get(key))
            .filter(|node| node.text().is_some_and(|text| !text.trim().is_empty()))
    };
    let found = match (text(["patch", "jsonOp"]), text(["path", "path"])) {
        (Some(own), None) => inline(own)?,
        (None, Some(path)) => {
            let on = |message| Fault::on(&path.trail, message);
            let source = folder.load(path.text().unwrap_or_default(), &mut build.store).map_err(on)?;
            of_text(&source, Role::Patch, None)?
        }
        _ => return Err(Fault::on(&entry.trail, "a patch has either `patch` or `path`")),
    };
    match found {
        Patch::Operations(operations) if !operations.is_empty() => {
            operate(build, resources, &selector, &operations, false)
        }
        _ => Err(Fault::on(&entry.trail, "is no list of operations")),
    }
}

/// Applies the text of a patch to the text of one object, for tests and fuzzers: the object as JSON, or why not.
pub fn patch_text(object: &str, patch: &str) -> Result<Option<String>, String> {
    let (object, patch) = (Source::new("object", object), Source::new("patch", patch));
    let word = |fault: Fault| fault.problem.problem.message;
    let mut target = read_all(&object, Role::Base, Reading::Kyaml).map_err(word)?.into_iter().next();
    let Some(target) = &mut target else { return Ok(None) };
    match of_text(&patch, Role::Patch, None).map_err(word)? {
        Patch::Nothing => {}
        Patch::Operations(operations) => json_patch::apply(target, &operations).map_err(|(_, message)| message)?,
        Patch::Merges(patches) => {
            for patch in &patches {
                if !crate::merge::apply(target, &patch.node, &Schemas::default())? {
                    return Ok(None);
                }
            }
        }
    }
    let mut out = String::new();
    target.write_json(true, &mut out);
    Ok(Some(out))
}
