//! A kustomization on top of what is there, step by step as kustomize does (`api/internal/target/kusttarget.go`):
//! resources, configurations, generators, components, transformers in a fixed order, validators, variables.

use crate::build::{Build, ORIGIN};
use crate::config::{self, Config};
use crate::generate::{Made, generate};
use crate::kustomization::{self, Fault, Kustomization, read_all, read_one};
use crate::loader::{Folder, is_remote};
use crate::node::{Node, Reading};
use crate::patch::{self, resources_of};
use crate::resource::{Resource, Resources};
use crate::trail::Trail;
use crate::transformers::{transformers, validators};
use crate::vars::{self, Var};
use ironclad_model::Role;
use ironclad_tree::Source;
use std::sync::Arc;

/// A kustomization in its folder.
pub(crate) struct Target<'t> {
    pub(crate) folder: &'t Folder,
    pub(crate) kustomization: &'t Kustomization,
    /// `buildMetadata` of the root.
    pub(crate) metadata: &'t Metadata,
    /// The path that led here, as `buildMetadata` shows it.
    pub(crate) path: String,
    /// Namespace of charts: this kustomization's, or that of one that stands on it.
    pub(crate) namespace: String,
}

impl Target<'_> {
    /// The namespace that charts are told.
    pub(crate) fn namespace(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }
}

/// What `buildMetadata` asks for.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) is_set: bool,
    pub(crate) origins: bool,
    pub(crate) transformers: bool,
    pub(crate) managed_by: Option<Trail>,
}

/// What gathers on the way up.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) resources: Resources,
    pub(crate) config: Config,
    pub(crate) vars: Vec<Var>,
}

/// `openapi`: the first kustomization that names one decides for what comes after.
pub(crate) fn set_schema(build: &mut Build<'_>, folder: &Folder, kustomization: &Kustomization) -> Result<(), Fault> {
    let Some(openapi) = kustomization.node.get("openapi").filter(|openapi| !openapi.entries().is_empty()) else {
        return Ok(());
    };
    let text = |key: &str| openapi.get(key).and_then(Node::text).filter(|text| !text.is_empty());
    let on = |message: String| Fault::on(&openapi.trail, message);
    let path = text("path").map(|path| folder.load(path, &mut build.store).map_err(on)).transpose()?;
    if build.schema_is_set {
        return Ok(());
    }
    match (path, text("version")) {
        (Some(_), Some(_)) => Err(on("`openapi` has either `path` or `version`".to_owned())),
        (Some(source), None) => {
            let document = read_one(&source, Role::Overlay, Reading::Kubectl)?;
            let document = document.ok_or_else(|| on("the schema is empty".to_owned()))?;
            build.schemas.set(&document, build.merged);
            build.schema_is_set = true;
            Ok(())
        }
        (None, Some("v1.21.2")) => {
            build.schema_is_set = true;
            Ok(())
        }
        (None, Some(version)) => Err(on(format!("kustomize has no schema of version `{version}`"))),
        (None, None) => Ok(()),
    }
}

/// One kustomization on top of what is there.
pub(crate) fn accumulate(build: &mut Build<'_>, target: &Target<'_>, start: Gathered) -> Result<Gathered, Fault> {
    let kustomization = target.kustomization;
    build.builds += 1;
    if build.builds > build.options.builds {
        let message = format!("more than {} kustomizations are built", build.options.builds);
        return Err(Fault::on(&kustomization.node.trail, message));
    }
    let mut gathered = start;
    let paths = kustomization.list("resources").iter().chain(kustomization.list("bases"));
    for path in paths {
        add_path(build, target, &mut gathered, path)?;
    }
    configure(build, target, &mut gathered)?;
    generators(build, target, &mut gathered)?;
    for path in kustomization.list("components") {
        gathered = enter(build, target, gathered, path, true)?;
    }
    transformers(build, target, &mut gathered)?;
    validators(build, target, &mut gathered)?;
    let new: Vec<Var> = kustomization.list("vars").iter().map(Var::read).collect();
    vars::add(&mut gathered.vars, &new, &mut gathered.resources, &build.schemas)
        .map_err(|(trail, message)| Fault::on(&trail, message))?;
    if gathered.resources.all.len() > build.options.objects {
        let message = format!("more than {} objects", build.options.objects);
        return Err(Fault::on(&kustomization.node.trail, message));
    }
    Ok(gathered)
}

pub(crate) fn namespace_of(kustomization: &Kustomization, outer: &str) -> String {
    kustomization.text("namespace").and_then(Node::text).unwrap_or(outer).to_owned()
}

/// A file or a folder of `resources`.
fn add_path(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered, path: &Node) -> Result<(), Fault> {
    let text = path.text().unwrap_or_default();
    let on = |message: String| Fault::on(&path.trail, message);
    if is_remote(text) && !target.folder.has(text) {
        return Err(on(format!("`{text}` is remote, and nothing is fetched")));
    }
    if target.folder.is_file(text) {
        let source = target.folder.load(text, &mut build.store).map_err(on)?;
        for mut resource in from_file(&source, Role::Base)? {
            if target.metadata.is_set {
                resource.annotate(ORIGIN, &format!("path: {}\n", below(&target.path, text)), &path.trail);
            }
            let trail = resource.node.trail.clone();
            gathered.resources.append(resource, &build.schemas).map_err(|message| Fault::on(&trail, message))?;
        }
        return Ok(());
    }
    let other = enter(build, target, Gathered::default(), path, false)?;
    for resource in other.resources.all {
        gathered.resources.append(resource, &build.schemas).map_err(on)?;
    }
    gathered.config.merge(&other.config).map_err(on)?;
    vars::merge(&mut gathered.vars, &other.vars).map_err(|(trail, message)| Fault::on(&trail, message))
}

/// Joins paths as `buildMetadata` shows them.
fn below(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')).filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The objects of a file.
fn from_file(source: &Arc<Source>, role: Role) -> Result<Vec<Resource>, Fault> {
    let resources = resources_of(read_all(source, role, Reading::Kyaml)?)?;
    Ok(resources)
}

/// Another kustomization: a base by itself, a component on top of what is there.
fn enter(
    build: &mut Build<'_>,
    target: &Target<'_>,
    gathered: Gathered,
    path: &Node,
    component: bool,
) -> Result<Gathered, Fault> {
    let on = |message: String| Fault::on(&path.trail, message);
    let text = path.text().unwrap_or_default();
    let folder = target.folder.enter(text, &mut build.store).map_err(on)?;
    if crate::loader::NAMES.iter().all(|name| !folder.is_file(name)) {
        return Err(on(format!("`{text}` has no kustomization.yaml")));
    }
    let kustomization = kustomization::load(&folder, &mut build.store)?;
    set_schema(build, &folder, &kustomization)?;
    if kustomization.is_component != component {
        let (is, list) = if component { ("no component", "resources") } else { ("a component", "components") };
        return Err(on(format!("`{text}` is {is}: name it under `{list}`")));
    }
    let inner = Target {
        folder: &folder,
        kustomization: &kustomization,
        metadata: target.metadata,
        path: below(&target.path, text),
        namespace: namespace_of(&kustomization, &target.namespace),
    };
    accumulate(build, &inner, gathered)
}

/// `configurations` and `crds`, on top of the standard fields.
fn configure(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
    let mut config = Config::standard();
    let mut own = Config::default();
    for path in target.kustomization.list("configurations") {
        let on = |message: String| Fault::on(&path.trail, message);
        let source = target.folder.load(path.text().unwrap_or_default(), &mut build.store).map_err(on)?;
        if let Some(node) = read_one(&source, Role::Overlay, Reading::Kubectl)? {
            let read = Config::read(&node).map_err(|message| Fault::on(&node.trail, message))?;
            own.merge(&read).map_err(on)?;
        }
    }
    let whole = |message: String| Fault::on(&target.kustomization.node.trail, message);
    config.merge(&own).map_err(whole)?;
    gathered.config.merge(&config).map_err(whole)?;
    for path in target.kustomization.list("crds") {
        let on = |message: String| Fault::on(&path.trail, message);
        let source = target.folder.load(path.text().unwrap_or_default(), &mut build.store).map_err(on)?;
        if let Some(node) = read_one(&source, Role::Overlay, Reading::Kubectl)? {
            gathered.config.merge(&config::of_definitions(&node).map_err(on)?).map_err(on)?;
        }
    }
    Ok(())
}

fn generators(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
    let kustomization = target.kustomization;
    let shared = kustomization.node.get("generatorOptions").filter(|options| !options.is_null());
    let all = [("configMapGenerator", Made::ConfigMap), ("secretGenerator", Made::Secret)];
    for (list, made) in all {
        for entry in kustomization.list(list) {
            let mut resource = generate(build, target.folder, entry, shared, made)?;
            let kind = if made == Made::ConfigMap { "ConfigMapGenerator" } else { "SecretGenerator" };
            note_origin(target, &mut resource, kind, &entry.trail);
            let trail = resource.node.trail.clone();
            gathered.resources.absorb(resource, &build.schemas).map_err(|message| Fault::on(&trail, message))?;
        }
    }
    let globals = kustomization.node.get("helmGlobals").filter(|globals| !globals.is_null());
    for list in ["helmCharts", "helmChartInflationGenerator"] {
        for entry in kustomization.list(list) {
            for resource in crate::chart::inflate(build, target, entry, globals)? {
                let trail = resource.node.trail.clone();
                gathered.resources.absorb(resource, &build.schemas).map_err(|message| Fault::on(&trail, message))?;
            }
        }
    }
    for config in plugins(build, target, kustomization.list("generators"))? {
        for resource in crate::plugin::generator(build, target, &config)? {
            let trail = resource.node.trail.clone();
            gathered.resources.absorb(resource, &build.schemas).map_err(|message| Fault::on(&trail, message))?;
        }
    }
    Ok(())
}

/// `buildMetadata: [originAnnotations]` of what a built-in generator made.
fn note_origin(target: &Target<'_>, resource: &mut Resource, kind: &str, trail: &Trail) {
    if target.metadata.is_set {
        resource.annotate(ORIGIN, &configured(target, kind), trail);
    }
}

pub(crate) fn configured(target: &Target<'_>, kind: &str) -> String {
    let file = below(&target.path, target.kustomization.file);
    format!("configuredIn: {file}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {kind}\n")
}

/// Configurations of plug-ins: files, folders, or the text itself.
pub(crate) fn plugins(build: &mut Build<'_>, target: &Target<'_>, entries: &[Node]) -> Result<Vec<Resource>, Fault> {
    let mut gathered = Gathered::default();
    let mut paths = Vec::new();
    for entry in entries {
        let text = entry.text().unwrap_or_default();
        if !text.contains(':') || !text.contains('\n') {
            paths.push(entry);
            continue;
        }
        match patch::inline(entry)? {
            patch::Patch::Merges(all) => gathered.resources.all.extend(all),
            _ => return Err(Fault::on(&entry.trail, "is neither a path nor the configuration of a plug-in")),
        }
    }
    for path in paths {
        add_path(build, target, &mut gathered, path)?;
    }
    Ok(gathered.resources.all)
}
