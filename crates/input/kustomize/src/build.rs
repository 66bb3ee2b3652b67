//! A build: what it may cost, what it gives, and what is done at its root, where suffixes of names, references, values of
//! variables and the order of objects are settled.

use crate::accumulate::{Gathered, Metadata, Target, accumulate, namespace_of, set_schema};
use crate::additions::{self, Additions};
use crate::config::FieldSpec;
use crate::kustomization::{self, Fault};
use crate::loader::{Folder, Store};
use crate::node::Node;
use crate::resource::{Resources, is_own_annotation};
use crate::schema::Schemas;
use crate::trail::Trail;
use crate::{reference, sort, vars};
use ironclad_model::{Origins, ReportedProblem};
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
    pub(crate) builds: usize,
    /// Strategic merges were made: the built-in schemas are in use.
    pub(crate) merged: bool,
    pub(crate) schema_is_set: bool,
    pub(crate) warnings: Vec<ReportedProblem>,
    /// Comments beside what charts are made of.
    pub(crate) comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// Functions of charts whose results stand for others.
    pub(crate) placeholders: BTreeSet<&'static str>,
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
    crate::transform::hashes(resources, &build.schemas).map_err(whole)?;
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
        crate::transform::entries(resources, &[pair], &[label_field()], &build.schemas).map_err(whole)?;
    }
    for (value, path) in [(additions.labels, "metadata/labels"), (additions.annotations, "metadata/annotations")] {
        let Some(value) = value else { continue };
        let pairs = additions::read(value)?;
        let spec = FieldSpec { path: path.to_owned(), create: true, ..FieldSpec::default() };
        crate::transform::entries(resources, pairs.entries(), &[spec], &build.schemas).map_err(whole)?;
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

pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

pub(crate) fn label_field() -> FieldSpec {
    FieldSpec { path: "metadata/labels".to_owned(), create: true, ..FieldSpec::default() }
}
