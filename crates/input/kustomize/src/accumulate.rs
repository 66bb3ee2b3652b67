//! A kustomization from its bases to its result, step by step as kustomize does (`api/internal/target/kusttarget.go`):
//! resources, configurations, generators, components, transformers in a fixed order, validators, variables; and at the
//! root suffixes of names, references, values of variables, order.

use crate::additions::{self, Additions};
use crate::config::{self, Config, FieldSpec, merge_all, merge_one};
use crate::generate::{Made, generate};
use crate::kustomization::{self, Fault, Kustomization, read_all, read_one};
use crate::loader::{Folder, Store, is_remote};
use crate::node::{Node, Reading};
use crate::patch::{self, resources_of};
use crate::resource::{Resource, Resources, is_own_annotation};
use crate::schema::Schemas;
use crate::trail::Trail;
use crate::transform::{self, NamespaceRule, Side, Subjects};
use crate::vars::{self, Var};
use crate::{reference, replacement, sort};
use ironclad_model::{Origins, ReportedProblem, Role};
use ironclad_tree::{Comment, Document, Problem, Severity, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The text that stands in for the file of this name, where there is one.
type TextOf<'a> = dyn Fn(&Path) -> Option<Arc<str>> + Sync + 'a;

/// Texts that stand in for files, by the names of these in outputs.
#[derive(Clone, Copy, Default)]
pub struct Texts<'a>(Option<&'a TextOf<'a>>);

impl<'a> Texts<'a> {
    /// Those that a function knows.
    pub fn of(all: &'a TextOf<'a>) -> Texts<'a> {
        Texts(Some(all))
    }

    pub(crate) fn get(self, name: &str) -> Option<Arc<str>> {
        self.0.and_then(|all| all(Path::new(name)))
    }
}

impl std::fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Texts(some)" } else { "Texts(none)" })
    }
}

/// What a kustomization may cost, and what charts that it inflates are told.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Texts that stand in for files.
    pub texts: Texts<'a>,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files together.
    pub total_bytes: u64,
    /// Kustomizations that stand on each other.
    pub depth: usize,
    /// Kustomizations that are built, each as often as it is named.
    pub builds: usize,
    /// Objects that are there at one time.
    pub objects: usize,
    /// `.Capabilities.KubeVersion` of charts, as `v1.N.P`.
    pub kubernetes_version: String,
    /// `now` of charts, in seconds since 1970.
    pub now: i64,
    /// Files may lie anywhere below this folder (`LoadRestrictionsNone` within a repository, as Flux builds).
    pub within: Option<PathBuf>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            texts: Texts::default(),
            file_bytes: 64 << 20,
            total_bytes: 512 << 20,
            depth: 64,
            builds: 5_000,
            objects: 50_000,
            kubernetes_version: "v1.37.0".to_owned(),
            now: 0,
            within: None,
        }
    }
}

/// What a kustomization gives.
#[derive(Debug, Default)]
pub struct Rendered {
    /// One document for each object, in kustomize's order.
    pub documents: Vec<(Document, Arc<Origins>)>,
    /// Comments of the texts that were read, by text: waivers may stand there.
    pub comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// What went wrong: an error, and then there are no documents; or warnings.
    pub problems: Vec<ReportedProblem>,
    /// Files that were read, canonical.
    pub files: BTreeSet<PathBuf>,
    /// Folders whose kustomization took part, canonical; the folder itself among them.
    pub folders: BTreeSet<PathBuf>,
    /// Functions of charts whose results stand for random or secret ones.
    pub placeholders: BTreeSet<&'static str>,
}

/// The state of a build.
pub(crate) struct Build<'l> {
    pub(crate) store: Store<'l>,
    pub(crate) schemas: Schemas,
    pub(crate) options: &'l Options<'l>,
    builds: usize,
    /// Strategic merges were made: the built-in schemas are in use.
    merged: bool,
    schema_is_set: bool,
    pub(crate) warnings: Vec<ReportedProblem>,
    /// Comments beside what charts are made of.
    pub(crate) comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// Functions of charts whose results stand for others.
    pub(crate) placeholders: BTreeSet<&'static str>,
}

/// A kustomization in its folder.
pub(crate) struct Target<'t> {
    pub(crate) folder: &'t Folder,
    kustomization: &'t Kustomization,
    /// `buildMetadata` of the root.
    metadata: &'t Metadata,
    /// The path that led here, as `buildMetadata` shows it.
    path: String,
    /// Namespace of charts: this kustomization's, or that of one that stands on it.
    namespace: String,
}

impl Target<'_> {
    /// The namespace that charts are told.
    pub(crate) fn namespace(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }
}

/// What `buildMetadata` asks for.
#[derive(Debug, Default)]
struct Metadata {
    is_set: bool,
    origins: bool,
    transformers: bool,
    managed_by: Option<Trail>,
}

/// What gathers on the way up.
#[derive(Default)]
struct Gathered {
    resources: Resources,
    config: Config,
    vars: Vec<Var>,
}

/// Builds the kustomization of a folder. `shown` is the folder's name in outputs.
pub fn render(folder: &Path, shown: &str, options: &Options<'_>) -> Rendered {
    render_with(folder, shown, options, &Additions::default())
}

/// As [`render`], with what is said about the kustomization elsewhere.
pub fn render_with(folder: &Path, shown: &str, options: &Options<'_>, additions: &Additions<'_>) -> Rendered {
    build(options, |build| root(build, folder, shown, additions, None))
}

/// Objects that something else made, as the resources of a kustomization that has nothing but `additions`.
pub fn transform(
    documents: &[(Arc<Document>, Arc<Origins>)],
    folder: &Path,
    shown: &str,
    options: &Options<'_>,
    additions: &Additions<'_>,
) -> Rendered {
    build(options, |build| root(build, folder, shown, additions, Some(documents)))
}

fn build<'l>(
    options: &'l Options<'l>,
    run: impl FnOnce(&mut Build<'l>) -> Result<(Resources, String), Fault>,
) -> Rendered {
    let mut build = Build {
        store: Store::new(options),
        schemas: Schemas::default(),
        options,
        builds: 0,
        merged: false,
        schema_is_set: false,
        warnings: Vec::new(),
        comments: Vec::new(),
        placeholders: BTreeSet::new(),
    };
    let built = run(&mut build);
    let mut rendered = Rendered { problems: std::mem::take(&mut build.warnings), ..Rendered::default() };
    match built {
        Ok((resources, name)) => {
            for resource in resources.all {
                if let Some((document, origins)) = crate::emit::document(&resource.node, &name) {
                    rendered.documents.push((document, Arc::new(origins)));
                }
            }
        }
        Err(fault) => rendered.problems.push(*fault.problem),
    }
    rendered.comments = build.store.comments();
    rendered.comments.append(&mut build.comments);
    rendered.placeholders = std::mem::take(&mut build.placeholders);
    rendered.files = std::mem::take(&mut build.store.files);
    rendered.folders = std::mem::take(&mut build.store.folders);
    rendered
}

/// The start of a text, for messages.
pub(crate) fn clip(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST && line.len() == text.len() {
        return line.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}

impl Build<'_> {
    /// Something odd, and nothing is missing.
    pub(crate) fn warn(&mut self, trail: &Trail, message: String) {
        let Some(link) = trail.edited() else { return };
        self.warnings.push(ReportedProblem {
            source: link.source.name().to_string(),
            text: Some(Arc::clone(&link.source)),
            problem: Problem {
                code: "input/kustomize",
                severity: Severity::Warning,
                span: link.span,
                message,
                hint: Some("kustomize does the same; leave the directive out".to_owned()),
            },
        });
    }
}

fn root(
    build: &mut Build<'_>,
    path: &Path,
    shown: &str,
    additions: &Additions<'_>,
    made: Option<&[(Arc<Document>, Arc<Origins>)]>,
) -> Result<(Resources, String), Fault> {
    let folder = Folder::open(path, shown, &mut build.store).map_err(|message| Fault::of_file(shown, message))?;
    let mut kustomization = match (&made, &additions.resources) {
        (Some(_), _) => additions::generated(&[]),
        (None, Some(resources)) => additions::generated(resources),
        (None, None) => kustomization::load(&folder, &mut build.store)?,
    };
    additions::apply(&mut kustomization.node, additions)?;
    kustomization::check_fields(&mut kustomization)?;
    let mut start = Gathered::default();
    for (document, origins) in made.unwrap_or_default() {
        for resource in crate::chart::of_document(document, origins)? {
            let trail = resource.node.trail.clone();
            start.resources.append(resource, &build.schemas).map_err(|message| Fault::on(&trail, message))?;
        }
    }
    let mut metadata = Metadata::default();
    for option in kustomization.list("buildMetadata") {
        metadata.is_set = true;
        match option.text().unwrap_or_default() {
            "originAnnotations" => metadata.origins = true,
            "transformerAnnotations" => metadata.transformers = true,
            "managedByLabel" => metadata.managed_by = Some(option.trail.clone()),
            other => return Err(Fault::on(&option.trail, format!("`buildMetadata` knows no `{other}`"))),
        }
    }
    set_schema(build, &folder, &kustomization)?;
    let target = Target {
        folder: &folder,
        kustomization: &kustomization,
        metadata: &metadata,
        path: String::new(),
        namespace: namespace_of(&kustomization, ""),
    };
    let mut gathered = accumulate(build, &target, start)?;
    let whole = |message: String| Fault::on(&kustomization.node.trail, message);
    let resources = &mut gathered.resources;
    transform::hashes(resources, &build.schemas).map_err(whole)?;
    reference::update(resources, &gathered.config.name_reference, &build.schemas).map_err(whole)?;
    let on = |(trail, message): (Trail, String)| Fault::on(&trail, message);
    vars::resolve(&gathered.vars, resources, &gathered.config.var_reference).map_err(on)?;
    resources.all.retain(|resource| {
        let local = resource.annotations().into_iter().find(|(key, _)| key == "config.kubernetes.io/local-config");
        !resource.node.is_empty() && local.is_none_or(|(_, value)| value == "false")
    });
    if let Some(options) = kustomization.node.get("sortOptions").filter(|options| !options.is_null()) {
        sort::apply(resources, options, &build.schemas).map_err(|message| Fault::on(&options.trail, message))?;
    }
    if let Some(trail) = &metadata.managed_by {
        let pair = ("app.kubernetes.io/managed-by".to_owned(), Node::string("kustomize-(devel)", trail));
        transform::entries(resources, &[pair], &[label_field()], &build.schemas).map_err(whole)?;
    }
    for (value, path) in [(additions.labels, "metadata/labels"), (additions.annotations, "metadata/annotations")] {
        let Some(value) = value else { continue };
        let pairs = additions::read(value)?;
        let spec = FieldSpec { path: path.to_owned(), create: true, ..FieldSpec::default() };
        transform::entries(resources, pairs.entries(), &[spec], &build.schemas).map_err(whole)?;
    }
    for resource in &mut resources.all {
        let keep = |key: &str| {
            !(is_own_annotation(key)
                || (key == ORIGIN && !metadata.origins)
                || (key == TRANSFORMATIONS && !metadata.transformers))
        };
        resource.settle_map("annotations", &keep);
        if let Some(scalar) = misfit(&resource.node) {
            return Err(Fault::on(
                &scalar.trail,
                format!("`{}` does not fit the type of the field", clip(scalar.text().unwrap_or_default())),
            ));
        }
    }
    Ok((gathered.resources, folder.name(kustomization.file)))
}

/// A number or truth value that was replaced by something else: kustomize cannot write it.
fn misfit(node: &Node) -> Option<&Node> {
    match &node.data {
        crate::node::Data::Scalar(scalar) => (!scalar.fits()).then_some(node),
        crate::node::Data::List(items) => items.iter().find_map(misfit),
        crate::node::Data::Map(entries) => entries.iter().find_map(|(_, value)| misfit(value)),
    }
}

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

fn label_field() -> FieldSpec {
    FieldSpec { path: "metadata/labels".to_owned(), create: true, ..FieldSpec::default() }
}

/// `openapi`: the first kustomization that names one decides for what comes after.
fn set_schema(build: &mut Build<'_>, folder: &Folder, kustomization: &Kustomization) -> Result<(), Fault> {
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
fn accumulate(build: &mut Build<'_>, target: &Target<'_>, start: Gathered) -> Result<Gathered, Fault> {
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

fn namespace_of(kustomization: &Kustomization, outer: &str) -> String {
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

fn configured(target: &Target<'_>, kind: &str) -> String {
    let file = below(&target.path, target.kustomization.file);
    format!("configuredIn: {file}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {kind}\n")
}

/// Configurations of plug-ins: files, folders, or the text itself.
fn plugins(build: &mut Build<'_>, target: &Target<'_>, entries: &[Node]) -> Result<Vec<Resource>, Fault> {
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

/// The transformers, in kustomize's order whatever the order in the file.
fn transformers(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
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
fn validators(build: &mut Build<'_>, target: &Target<'_>, gathered: &mut Gathered) -> Result<(), Fault> {
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
