//! Charts among the inputs: rendered in parallel, each once for each variant of its values.

use crate::classify::{Class, classify, nameless_items};
use crate::discover::{FoundUnit, UnitKind, discover, display};
use crate::read::{Asked, Memo, Overlay, Progress, Request, io_problem};
use crate::types::type_problems;
use ironclad_model::{Origins, ReportedProblem};
use ironclad_render::{
    ChartFiles, Options, Rendered, SetKind, ValueArguments, holds_chart, read_archive, read_folder, render,
};
use ironclad_tree::{Comment, Document, Problem, Source};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// How charts are rendered.
#[derive(Clone, Debug)]
pub struct Charts {
    /// `.Release.Name`
    pub release: String,
    /// `.Release.Namespace`; Helm's own default where nobody says.
    pub namespace: Option<String>,
    /// `.Capabilities.KubeVersion`, as `v1.N.P`.
    pub kubernetes_version: String,
    /// Versions of APIs besides those that Helm knows.
    pub api_versions: Vec<String>,
    /// Values files, later ones on top.
    pub values: Vec<PathBuf>,
    /// `--set` and its kin.
    pub set: Vec<(SetKind, String)>,
    /// Also once with each of the chart's `ci/*-values.yaml`.
    pub variants: bool,
    /// `now`, in seconds since 1970.
    pub now: i64,
}

impl Default for Charts {
    fn default() -> Charts {
        let options = Options::default();
        Charts {
            release: options.release,
            namespace: None,
            kubernetes_version: options.kubernetes_version,
            api_versions: Vec::new(),
            values: Vec::new(),
            set: Vec::new(),
            variants: false,
            now: 0,
        }
    }
}

/// What one chart with one set of values gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct RenderedUnit {
    /// Name of the unit, in fingerprints.
    pub(crate) unit: String,
    /// Name of the input.
    pub(crate) source: String,
    /// Canonical path of the folder or archive.
    pub(crate) folder: PathBuf,
    /// Where objects are that name no namespace, where something says so.
    pub(crate) namespace: Option<String>,
    /// Nobody said what the release's namespace is.
    pub(crate) is_namespace_assumed: bool,
    pub(crate) documents: Vec<(Arc<Document>, Arc<Origins>)>,
    pub(crate) problems: Vec<ReportedProblem>,
    pub(crate) comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// Why there is nothing to judge, where that is fine.
    pub(crate) skipped: Option<&'static str>,
    /// Functions of its templates whose results stand for random or secret ones, or for the time of the run.
    pub(crate) placeholders: Vec<&'static str>,
}

/// A chart among the inputs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FoundChart {
    /// `name` of its Chart.yaml.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// The folder, as the output names it.
    pub shown: String,
}

/// The charts in folders among the arguments, without rendering any.
pub fn charts_in(request: &Request) -> Vec<FoundChart> {
    let found = discover(&request.arguments, &request.walk, &request.stdin_name);
    let charts = found.units.into_iter().filter(|unit| unit.kind == UnitKind::Chart);
    let chart = |unit: FoundUnit| {
        let text = fs_err::read(unit.path.join("Chart.yaml")).ok()?;
        let (source, _) = Source::decode("Chart.yaml", text);
        let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
        let name = parsed.documents.first()?.root().get_str("name")?.value().as_str()?.to_owned();
        Some(FoundChart { name, path: unit.path, shown: unit.name })
    };
    charts.filter_map(chart).collect()
}

/// Renders all units. What the user's own arguments cannot give is in `problems`.
pub(crate) fn render_all(
    units: &[FoundUnit],
    request: &Request,
    progress: &Progress,
    (overlay, memo): (Overlay<'_>, &Memo),
    problems: &mut Vec<ReportedProblem>,
    is_claimed: &(dyn Fn(&Path) -> bool + Sync),
) -> Vec<RenderedUnit> {
    let charts: Vec<&FoundUnit> = units.iter().filter(|unit| unit.kind != UnitKind::Kustomization).collect();
    if charts.is_empty() {
        return Vec::new();
    }
    let shared = Mutex::new(Asked::new());
    let Some(options) = options(request, &|path| ask(path, overlay, &shared), problems) else { return Vec::new() };
    let shared = shared.into_inner().unwrap_or_default();
    let rendered: Vec<Vec<RenderedUnit>> = charts
        .par_iter()
        .map(|unit| {
            let folder = fs_err::canonicalize(&unit.path).unwrap_or_else(|_| unit.path.clone());
            let key = format!("{} {}", unit.name, is_claimed(&folder));
            let all = memo.chart(&key, overlay).unwrap_or_else(|| {
                let asked = Mutex::new(shared.clone());
                let all = chart(unit, &options, request, &|path| ask(path, overlay, &asked), is_claimed);
                memo.keep_chart(key, asked.into_inner().unwrap_or_default(), &all);
                all
            });
            progress.read.fetch_add(1, Ordering::Relaxed);
            all
        })
        .collect();
    rendered.into_iter().flatten().collect()
}

/// The text in place of a file, and a note that it was asked for.
fn ask(path: &Path, overlay: Overlay<'_>, asked: &Mutex<Asked>) -> Option<Arc<str>> {
    let text = overlay(path);
    if let Ok(mut asked) = asked.lock() {
        asked.push((path.to_owned(), text.clone()));
    }
    text
}

pub(crate) fn options(request: &Request, overlay: Overlay<'_>, problems: &mut Vec<ReportedProblem>) -> Option<Options> {
    let charts = &request.charts;
    let mut read = |path: &Path| -> Option<Arc<Source>> {
        let name = display(path);
        if let Some(text) = overlay(path) {
            return Some(Source::new(name.as_str(), &*text));
        }
        let length = fs_err::metadata(path).map(|metadata| metadata.len());
        match length.and_then(|length| if length > request.max_file_size { Ok(Vec::new()) } else { fs_err::read(path) })
        {
            Ok(bytes) => Some(Source::decode(name.as_str(), bytes).0),
            Err(error) => {
                problems.push(io_problem(&name, &error));
                None
            }
        }
    };
    let mut files = Vec::new();
    for path in &charts.values {
        files.push(read(path)?);
    }
    let mut set_files = Vec::new();
    for (_, argument) in charts.set.iter().filter(|(kind, _)| *kind == SetKind::File) {
        for part in argument.split(',') {
            let path = part.split_once('=').map_or("", |(_, path)| path);
            set_files.push((path.to_owned(), read(Path::new(path))?));
        }
    }
    Some(Options {
        release: charts.release.clone(),
        namespace: charts.namespace.clone().unwrap_or_else(|| Options::default().namespace),
        kubernetes_version: charts.kubernetes_version.clone(),
        api_versions: charts.api_versions.clone(),
        values: ValueArguments { files, set: charts.set.clone(), set_files, placed: Vec::new() },
        now: i128::from(charts.now) * 1_000_000_000,
        document_bytes: request.max_file_size as usize,
        ..Options::default()
    })
}

/// Texts that stand in for files of a chart.
pub(crate) fn put_overlay(files: &mut ChartFiles, overlay: Overlay<'_>) {
    for file in &mut files.files {
        if let Some(text) = overlay(Path::new(&file.shown)) {
            file.bytes = text.as_bytes().to_vec();
        }
    }
}

fn chart(
    unit: &FoundUnit,
    options: &Options,
    request: &Request,
    overlay: Overlay<'_>,
    is_claimed: &(dyn Fn(&Path) -> bool + Sync),
) -> Vec<RenderedUnit> {
    let folder = fs_err::canonicalize(&unit.path).unwrap_or_else(|_| unit.path.clone());
    let claimed = is_claimed(&folder);
    if claimed && !request.charts.variants {
        return Vec::new();
    }
    let read = match unit.kind {
        UnitKind::Chart => read_folder(&unit.path, &unit.name),
        UnitKind::AnyArchive if !holds_chart(&unit.path) => {
            let (unit, source) = (unit.name.clone(), unit.name.clone());
            return vec![RenderedUnit { unit, source, folder, skipped: Some(NO_CHART), ..RenderedUnit::default() }];
        }
        UnitKind::ChartArchive | UnitKind::AnyArchive | UnitKind::Kustomization => read_archive(&unit.path, &unit.name),
    };
    let files = match read {
        Ok(mut files) => {
            put_overlay(&mut files, overlay);
            files
        }
        Err(problem) => {
            let (unit, source) = (unit.name.clone(), unit.name.clone());
            return vec![RenderedUnit { unit, source, folder, problems: vec![problem], ..RenderedUnit::default() }];
        }
    };
    let mut all = Vec::new();
    let name = request.unit_at(&folder, &unit.name);
    let is_namespace_assumed = request.charts.namespace.is_none();
    if !claimed {
        all.push(RenderedUnit { folder, is_namespace_assumed, ..one(&files, name.clone(), options) });
    }
    if request.charts.variants {
        for file in files.files.iter().filter(|file| is_variant(&file.name)) {
            let mut options = options.clone();
            let source = Source::decode(file.shown.as_str(), file.bytes.clone()).0;
            // The user's own arguments stay on top.
            options.values.files.insert(0, source);
            // A variant is deployed by nobody but those who test the chart: it stays whoever names the chart.
            let unit = one(&files, format!("{name} with {}", file.name), &options);
            all.push(RenderedUnit { is_namespace_assumed, ..unit });
        }
    }
    all
}

/// The texts of a chart's templates, one behind the other.
pub(crate) fn template_texts(chart: &Path) -> String {
    let mut all = String::new();
    let mut pending = vec![chart.join("templates")];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(|kind| kind.is_dir()) {
                pending.push(entry.path());
            } else if kind.is_ok_and(|kind| kind.is_file()) && entry.metadata().is_ok_and(|m| m.len() < 5 << 20) {
                all.push_str(&fs_err::read_to_string(entry.path()).unwrap_or_default());
                all.push('\n');
            }
        }
    }
    all
}

/// Why an archive that a walk met is left alone. Who names one gets Helm's words for what is wrong with it.
const NO_CHART: &str = "archive that holds no chart";

fn is_variant(name: &str) -> bool {
    name.strip_prefix("ci/").is_some_and(|file| !file.contains('/') && file.ends_with("-values.yaml"))
}

fn one(files: &ChartFiles, unit: String, options: &Options) -> RenderedUnit {
    let Rendered { manifests, mut problems, comments, is_library, placeholders, .. } = render(files, options);
    let mut documents = Vec::new();
    for manifest in manifests {
        let mut report = |problem: Problem| {
            let edited = manifest.origins.edited(problem.span);
            let (text, span) =
                edited.map_or((Arc::clone(&manifest.source), problem.span), |link| (link.source, link.span));
            let problem = Problem { span, ..problem };
            problems.push(ReportedProblem { source: text.name().to_string(), text: Some(text), problem });
        };
        for document in manifest.documents {
            match classify(&document, true) {
                Class::Object => {
                    type_problems(&document).into_iter().for_each(&mut report);
                    nameless_items(&document).into_iter().for_each(&mut report);
                    documents.push((Arc::new(document), Arc::clone(&manifest.origins)));
                }
                Class::Foreign(_) => {}
                Class::Bad(problem) => report(problem),
            }
        }
    }
    let skipped = is_library.then_some("library chart: judged through the charts that use it");
    let source = files.root.clone();
    RenderedUnit { unit, source, documents, problems, comments, skipped, placeholders, ..RenderedUnit::default() }
}
