//! Reads, parses and classifies the files in parallel, then builds the snapshot in the order of their names.

use crate::classify::{Class, classify, looks_like_kubernetes, nameless_items};
use crate::cluster_file::{self, Live};
use crate::discover::{Discovery, Found, Walk, discover, errno, problem};
use crate::kustomizations;
use crate::types::type_problems;
use crate::units::{self, Charts, RenderedUnit};
use ironclad_model::{Input, ReportedProblem, Snapshot, Unit, UnitId};
use ironclad_tree::{Comment, Document, Limits, Problem, Severity, Source, Span, parse};
use ironclad_views::schema;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to read.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files, folders, globs, `-`.
    pub arguments: Vec<PathBuf>,
    /// How folders are walked.
    pub walk: Walk,
    /// Name of standard input in the output.
    pub stdin_name: String,
    /// Largest file that is read, in bytes.
    pub max_file_size: u64,
    /// Minor version of Kubernetes whose field types hold.
    pub version: u8,
    /// How charts are rendered.
    pub charts: Charts,
    /// Where objects are that name no namespace, if that is known.
    pub assume_namespace: Option<String>,
}

impl Request {
    /// Everything at its default.
    pub fn of(arguments: Vec<PathBuf>) -> Request {
        Request {
            arguments,
            walk: Walk::default(),
            stdin_name: "<stdin>".to_owned(),
            max_file_size: 64 << 20,
            version: 37,
            charts: Charts::default(),
            assume_namespace: None,
        }
    }
}

/// How far the reading is, for a progress line on another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files found.
    pub found: AtomicUsize,
    /// Files read.
    pub read: AtomicUsize,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects.
    pub snapshot: Snapshot,
    /// Every file that held something, with its number of objects, sorted by name.
    pub inputs: Vec<Input>,
    /// What could not be read, sorted by source and place.
    pub problems: Vec<ReportedProblem>,
    /// Comments that lie in no document, by source: waivers may stand there.
    pub comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// Files that are not Kubernetes, by reason.
    pub skipped: Vec<(String, Vec<String>)>,
    /// What is known of the cluster that objects came from, where any did.
    pub live: Option<Live>,
}

enum Outcome {
    Read(FileContent),
    /// A snapshot of a cluster.
    Cluster(Box<ironclad_snapshot::Snapshot>),
    Foreign(&'static str),
    Failed(ReportedProblem),
}

struct FileContent {
    documents: Vec<Document>,
    problems: Vec<ReportedProblem>,
    comments: Option<(Arc<Source>, Vec<Comment>)>,
    foreign: Option<&'static str>,
}

/// Texts that stand in for files: those of an editor's open documents.
pub type Overlay<'a> = &'a (dyn Fn(&Path) -> Option<Arc<str>> + Sync);

/// Reads all arguments. Never fails as a whole: what went wrong is in the problems.
pub fn load(request: &Request, progress: &Progress) -> Loaded {
    load_over(request, progress, &|_| None)
}

/// Reads one text as if a walk had found it in a file of this name.
pub fn load_text(name: &str, text: &str, request: &Request) -> Loaded {
    let file = Found { name: name.to_owned(), path: None, named: false };
    let outcome = read_source(&file, Source::new(name, text), Vec::new(), request);
    gather(&[file], vec![outcome], Vec::new(), Vec::new(), BTreeMap::new(), request)
}

/// As [`load`], with other texts in place of some files.
pub fn load_over(request: &Request, progress: &Progress, overlay: Overlay<'_>) -> Loaded {
    let Discovery { mut files, mut units, mut problems, mut skipped, .. } =
        discover(&request.arguments, &request.walk, &request.stdin_name);
    for file in &mut files {
        file.named &= !request.walk.skip_foreign;
    }
    progress.found.store(files.len() + units.len(), Ordering::Relaxed);
    let overlays = kustomizations::render_all(&mut units, &mut files, &mut skipped, request, progress, overlay);
    let mut rendered = units::render_all(&units, request, progress, overlay, &mut problems);
    rendered.extend(overlays);
    rendered.sort_by(|a, b| a.unit.cmp(&b.unit));
    let outcomes: Vec<Outcome> = files
        .par_iter()
        .map(|file| {
            let outcome = match file.path.as_deref().and_then(overlay) {
                Some(text) => read_source(file, Source::new(file.name.as_str(), &*text), Vec::new(), request),
                None => match cluster_file::open(file) {
                    Some(snapshot) => Outcome::Cluster(Box::new(snapshot)),
                    None => read_file(file, request),
                },
            };
            progress.read.fetch_add(1, Ordering::Relaxed);
            outcome
        })
        .collect();
    gather(&files, outcomes, rendered, problems, skipped, request)
}

/// One snapshot of what the files held, in their order.
fn gather(
    files: &[Found],
    outcomes: Vec<Outcome>,
    rendered: Vec<RenderedUnit>,
    mut problems: Vec<ReportedProblem>,
    mut skipped: BTreeMap<String, Vec<String>>,
    request: &Request,
) -> Loaded {
    let mut builder = Snapshot::builder();
    if let Some(namespace) = &request.assume_namespace {
        builder.assume_namespace(namespace, is_namespaced);
    }
    let mut inputs = Vec::new();
    let mut comments = Vec::new();
    let mut live = None;
    for (file, outcome) in files.iter().zip(outcomes) {
        match outcome {
            Outcome::Read(FileContent { documents, problems: found, comments: loose, foreign }) => {
                comments.extend(loose);
                let objects = documents.into_iter().map(|d| builder.add(d, UnitId::default())).sum();
                let clean = found.is_empty();
                problems.extend(found);
                match foreign {
                    Some(reason) if objects == 0 && clean => skip(&mut skipped, reason, &file.name),
                    _ => inputs.push(Input { source: file.name.clone(), objects }),
                }
            }
            Outcome::Cluster(snapshot) => {
                inputs.push(cluster_file::add(&file.name, *snapshot, &mut builder, &mut problems, &mut live));
            }
            Outcome::Foreign(reason) => skip(&mut skipped, reason, &file.name),
            Outcome::Failed(problem) => problems.push(problem),
        }
    }
    for unit in rendered {
        let id = builder.unit(Unit { name: unit.unit });
        let mut objects = 0;
        for (document, origins) in unit.documents {
            objects += builder.add_shared(Arc::new(document), id, Some(origins));
        }
        problems.extend(unit.problems);
        comments.extend(unit.comments);
        match unit.skipped {
            Some(reason) => skip(&mut skipped, reason, &unit.source),
            None => inputs.push(Input { source: unit.source, objects }),
        }
    }
    inputs.sort_by(|a, b| a.source.cmp(&b.source));
    problems.sort_by(|a, b| {
        (&a.source, a.problem.span.start, a.problem.code).cmp(&(&b.source, b.problem.span.start, b.problem.code))
    });
    let snapshot = builder.build();
    if let Some(live) = &mut live {
        live.alone = snapshot.objects().all(|object| object.is_live());
    }
    Loaded { snapshot, inputs, problems, comments, skipped: skipped.into_iter().collect(), live }
}

/// Kinds of others that live in no namespace, beside those whose names begin with `Cluster` or `Global`.
const CLUSTER_WIDE: &[&str] = &[
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "GatewayClass",
    "PodSecurityPolicy",
    "SecurityContextConstraints",
];

/// Do objects of this kind live in a namespace? A version that is not served any more lives where the others do; of a
/// kind that nobody published, the name has to do.
fn is_namespaced(api_version: &str, kind: &str) -> bool {
    let same_kind = || schema::kinds().iter().find(|known| known.kind == kind);
    match schema::kind(api_version, kind).or_else(same_kind) {
        Some(known) => known.namespaced,
        None => !(kind.starts_with("Cluster") || kind.starts_with("Global") || CLUSTER_WIDE.contains(&kind)),
    }
}

fn skip(skipped: &mut BTreeMap<String, Vec<String>>, reason: &str, name: &str) {
    skipped.entry(reason.to_owned()).or_default().push(name.to_owned());
}

fn read_file(file: &Found, request: &Request) -> Outcome {
    let bytes = match read_bytes(file, request.max_file_size) {
        Ok(bytes) => bytes,
        Err(problem) => return Outcome::Failed(problem),
    };
    let (source, warnings) = Source::decode(file.name.as_str(), bytes);
    read_source(file, source, warnings, request)
}

fn read_source(file: &Found, source: Arc<Source>, warnings: Vec<Problem>, request: &Request) -> Outcome {
    let limits = Limits { document_bytes: request.max_file_size as usize, ..Limits::default() };
    let parsed = parse(&source, &limits);
    let failed = parsed.problems.iter().any(|p| p.severity == Severity::Error);
    if failed && !file.named && !looks_like_kubernetes(source.text()) {
        return Outcome::Foreign("does not parse, and no line names an `apiVersion` or `kind`");
    }
    let mut problems: Vec<ReportedProblem> = Vec::new();
    let report =
        |problem: Problem| ReportedProblem { source: file.name.clone(), text: Some(Arc::clone(&source)), problem };
    problems.extend(warnings.into_iter().map(report));
    let template = parsed.problems.iter().find_map(|problem| template_near(problem, &source));
    if let Some(start) = template.filter(|_| failed) {
        problems.push(report(template_problem(start)));
        problems.extend(parsed.problems.into_iter().filter(|p| template_near(p, &source).is_none()).map(report));
    } else {
        problems.extend(parsed.problems.into_iter().map(report));
    }
    let mut documents = Vec::new();
    let mut foreign = None;
    for document in parsed.documents {
        match classify(&document, file.named) {
            Class::Object => {
                problems.extend(type_problems(&document).into_iter().map(report));
                problems.extend(nameless_items(&document).into_iter().map(report));
                documents.push(document);
            }
            Class::Foreign(reason) => foreign = Some(reason),
            Class::Bad(problem) => problems.push(report(problem)),
        }
    }
    if documents.is_empty() && problems.is_empty() && foreign.is_none() {
        foreign = Some("no document (empty, or comments only)");
    }
    let comments = (!parsed.comments.is_empty()).then(|| (Arc::clone(&source), parsed.comments));
    Outcome::Read(FileContent { documents, problems, comments, foreign })
}

/// One error for an unrendered template, not one for each broken line.
fn template_problem(start: u32) -> Problem {
    Problem {
        code: "input/yaml-syntax",
        severity: Severity::Error,
        span: Span { start, end: start + 2 },
        message: "looks like an unrendered Helm template".to_owned(),
        hint: Some("scan the folder that holds its Chart.yaml: charts are rendered".to_owned()),
    }
}

/// A template action in the document of a problem, outside of comments, at or before its line: then that is the cause.
fn template_near(problem: &Problem, source: &Source) -> Option<u32> {
    let text = source.text();
    let line = source.position(problem.span.start).line;
    let end = source.line_range(line.min(source.line_count())).end;
    let before = text.get(..end).unwrap_or(text);
    let mut at = before.rfind("\n---").map_or(0, |at| at + 1);
    for line in before.get(at..)?.split_inclusive('\n') {
        if !line.trim_start().starts_with('#')
            && let Some(offset) = line.find("{{")
        {
            return Some((at + offset) as u32);
        }
        at += line.len();
    }
    None
}

fn read_bytes(file: &Found, limit: u64) -> Result<Vec<u8>, ReportedProblem> {
    let too_large = |size: String| {
        let message = format!("{size} larger than {} MiB, the limit", limit >> 20);
        problem("input/size", &file.name, message, "raise it with `--max-file-size`")
    };
    let Some(path) = &file.path else {
        let mut bytes = Vec::new();
        let mut limited = std::io::stdin().lock().take(limit + 1);
        limited.read_to_end(&mut bytes).map_err(|e| io_problem(&file.name, &e))?;
        if bytes.len() as u64 > limit {
            return Err(too_large("standard input is".to_owned()));
        }
        return Ok(bytes);
    };
    let opened = fs_err::File::open(path).map_err(|e| io_problem(&file.name, &e))?;
    let metadata = opened.metadata().map_err(|e| io_problem(&file.name, &e))?;
    if metadata.len() > limit {
        return Err(too_large(format!("file is {} MiB,", metadata.len() >> 20)));
    }
    // The size may change under us, and a pipe has none: the reader is limited as well.
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    opened.take(limit + 1).read_to_end(&mut bytes).map_err(|e| io_problem(&file.name, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large("file is".to_owned()));
    }
    Ok(bytes)
}

pub(crate) fn io_problem(source: &str, error: &std::io::Error) -> ReportedProblem {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => "check the spelling of the path",
        std::io::ErrorKind::PermissionDenied => "make it readable for the user that runs ironclad",
        _ => "check the file",
    };
    problem("input/io", source, format!("cannot be read: {}", errno(error)), hint)
}
