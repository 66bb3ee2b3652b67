//! Reads, parses and classifies the files in parallel, then builds the snapshot in the order of their names.

use crate::classify::{Class, classify, looks_like_kubernetes, nameless_items};
use crate::cloud;
use crate::cluster_file::{self, Held, Live, Sift};
use crate::discover::{Discovery, EXCLUDED, Found, Walk, discover, display, errno, is_own_of_chart, problem};
use crate::gitops::{Followed, Follower};
use crate::kustomizations;
use crate::types::type_problems;
use crate::units::{self, Charts, RenderedUnit};
use ironclad_check::Sieve;
use ironclad_model::{Input, NotFollowed, ReportedProblem, Snapshot, StandIn, Unit, UnitId};
use ironclad_tree::{Comment, Document, Limits, Problem, Severity, Source, Span, parse};
use ironclad_views::schema;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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
    /// Charts and kustomizations that Argo CD's or Flux's objects name are rendered as these say.
    pub gitops: bool,
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
            gitops: true,
        }
    }

    /// The name of a unit at a path: from the repository's root, or as the output names it.
    pub(crate) fn unit_at(&self, path: &Path, shown: &str) -> String {
        let below = || {
            let (root, path) = (self.walk.repository.as_deref()?, fs_err::canonicalize(path).ok()?);
            path.strip_prefix(root).ok().map(display)
        };
        below().unwrap_or_else(|| shown.to_owned())
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
    /// What objects say that deploy others, and was not done.
    pub not_followed: Vec<NotFollowed>,
    /// Charts that printed what stands for something random, secret or of the moment.
    pub stand_ins: Vec<StandIn>,
    /// What is known of the cluster that objects came from, where any did.
    pub live: Option<Live>,
    /// Canonical paths of files that are judged through what was built of them: bases, patches, sources of Argo CD and
    /// Flux. What lies in a chart's folder is not listed.
    pub built: BTreeSet<PathBuf>,
    /// What was judged of a snapshot while it was read.
    pub sieve: Option<Sieve>,
}

impl Loaded {
    /// Does this reading say all that is to be said of a file: as a manifest, through what was built of it, or because
    /// it is left out? Not so for a file that a walk never comes to.
    pub fn covers(&self, path: &Path) -> bool {
        let name = display(path);
        let is_named = |known: &String| *known == name;
        self.inputs.binary_search_by(|input| input.source.as_str().cmp(&name)).is_ok()
            || self.skipped.iter().any(|(_, names)| names.iter().any(is_named))
            || is_own_of_chart(path)
            || fs_err::canonicalize(path).is_ok_and(|path| self.built.contains(&path))
    }
}

enum Outcome {
    Read(FileContent),
    /// A snapshot of a cluster.
    Cluster(Box<Held>),
    Foreign(&'static str),
    Failed(ReportedProblem),
    /// It took part in something that was rendered.
    Consumed,
}

#[derive(Clone)]
struct FileContent {
    documents: Vec<Arc<Document>>,
    /// Documents of a cloud, and what they are.
    typed: Vec<(Arc<Document>, cloud::Type)>,
    problems: Vec<ReportedProblem>,
    comments: Option<(Arc<Source>, Vec<Comment>)>,
    foreign: Option<&'static str>,
}

/// Texts that stand in for files: those of an editor's open documents.
pub type Overlay<'a> = &'a (dyn Fn(&Path) -> Option<Arc<str>> + Sync);

/// Texts that a reading asked for, and what it got in place of their files.
pub(crate) type Asked = Vec<(PathBuf, Option<Arc<str>>)>;

/// What readings of one request left for the next: files and charts, each with the texts that it was made from.
#[derive(Default)]
pub struct Memo {
    files: Mutex<FxHashMap<String, KnownFile>>,
    charts: Mutex<FxHashMap<String, KnownChart>>,
}

/// What stood in for the file, and what was read.
type KnownFile = (Option<Arc<str>>, FileContent);
/// What the chart's texts were, and what it gave.
type KnownChart = (Asked, Vec<RenderedUnit>);

impl Memo {
    fn file(&self, name: &str, text: Option<&Arc<str>>) -> Option<FileContent> {
        let files = self.files.lock().ok()?;
        files.get(name).filter(|(known, _)| known.as_ref() == text).map(|(_, content)| content.clone())
    }

    fn keep_file(&self, name: &str, text: Option<Arc<str>>, content: &FileContent) {
        if let Ok(mut files) = self.files.lock() {
            files.insert(name.to_owned(), (text, content.clone()));
        }
    }

    pub(crate) fn chart(&self, key: &str, overlay: Overlay<'_>) -> Option<Vec<RenderedUnit>> {
        let charts = self.charts.lock().ok()?;
        let (asked, units) = charts.get(key)?;
        asked.iter().all(|(path, text)| overlay(path) == *text).then(|| units.clone())
    }

    pub(crate) fn keep_chart(&self, key: String, asked: Asked, units: &[RenderedUnit]) {
        if let Ok(mut charts) = self.charts.lock() {
            charts.insert(key, (asked, units.to_vec()));
        }
    }
}

/// Reads all arguments. Never fails as a whole: what went wrong is in the problems.
pub fn load(request: &Request, progress: &Progress) -> Loaded {
    load_over(request, progress, &|_| None)
}

/// As [`load`]; where the only argument is a snapshot of a cluster, its objects are judged while they are read, and only
/// what is needed of them is kept.
pub fn load_sifting(request: &Request, progress: &Progress, sift: Sift<'_>) -> Loaded {
    load_with(request, progress, &|_| None, &Memo::default(), Some(sift))
}

/// Reads one text as if a walk had found it in a file of this name.
pub fn load_text(name: &str, text: &str, request: &Request) -> Loaded {
    let file = Found { name: name.to_owned(), path: None, named: false, chart: None };
    let outcome = read_source(&file, Source::new(name, text), Vec::new(), request);
    let parts = Parts {
        files: vec![file],
        outcomes: vec![outcome],
        assumed: vec![None],
        rendered: Vec::new(),
        problems: Vec::new(),
        skipped: BTreeMap::new(),
        notes: Vec::new(),
    };
    gather(parts, request)
}

/// As [`load`], with other texts in place of some files.
pub fn load_over(request: &Request, progress: &Progress, overlay: Overlay<'_>) -> Loaded {
    load_again(request, progress, overlay, &Memo::default())
}

/// As [`load_over`]; what an earlier reading of the same request left in `memo` is taken from there where no text that it
/// was made from differs. The files themselves are taken to be as they were.
pub fn load_again(request: &Request, progress: &Progress, overlay: Overlay<'_>, memo: &Memo) -> Loaded {
    load_with(request, progress, overlay, memo, None)
}

fn load_with(
    request: &Request,
    progress: &Progress,
    overlay: Overlay<'_>,
    memo: &Memo,
    sift: Option<Sift<'_>>,
) -> Loaded {
    let Discovery { mut files, mut units, mut problems, mut skipped, .. } =
        discover(&request.arguments, &request.walk, &request.stdin_name);
    for file in &mut files {
        file.named &= !request.walk.skip_foreign;
    }
    progress.found.store(files.len() + units.len(), Ordering::Relaxed);
    // Beside others a snapshot is not the whole set.
    let sift = sift.filter(|_| files.len() == 1 && units.is_empty());
    let excluded = excluded(&skipped);
    let (overlays, mut built) =
        kustomizations::render_all(&mut units, &mut files, &mut skipped, request, progress, overlay);
    let mut outcomes: Vec<Outcome> = files
        .par_iter()
        .map(|file| {
            let text = file.path.as_deref().and_then(overlay);
            let outcome = match (memo.file(&file.name, text.as_ref()), &text) {
                (Some(content), _) => Outcome::Read(content),
                (None, Some(text)) => read_source(file, Source::new(file.name.as_str(), &**text), Vec::new(), request),
                (None, None) => match cluster_file::open(file, sift) {
                    Some(held) => Outcome::Cluster(Box::new(held)),
                    None => read_file(file, request, sift),
                },
            };
            if let Outcome::Read(content) = &outcome {
                memo.keep_file(&file.name, text, content);
            }
            progress.read.fetch_add(1, Ordering::Relaxed);
            outcome
        })
        .collect();
    beside_charts(&files, &mut outcomes);
    let mut follower = Follower::new(request, overlay, excluded);
    if request.gitops && !request.walk.raw {
        for (number, (file, outcome)) in files.iter().zip(&outcomes).enumerate() {
            if let (Some(path), Outcome::Read(content)) = (&file.path, outcome) {
                follower.file(number, path, &content.documents);
            }
        }
        overlays.into_iter().for_each(|unit| follower.unit(unit));
        follower.run();
        let charts = units::render_all(&units, request, progress, (overlay, memo), &mut problems, &|chart| {
            follower.is_claimed(chart)
        });
        charts.into_iter().for_each(|unit| follower.unit(unit));
        follower.run();
    } else {
        overlays.into_iter().for_each(|unit| follower.unit(unit));
        let charts = units::render_all(&units, request, progress, (overlay, memo), &mut problems, &|_| false);
        charts.into_iter().for_each(|unit| follower.unit(unit));
    }
    let Followed { mut rendered, consumed, namespaces, notes } = follower.finish();
    rendered.sort_by(|a, b| (&a.unit, &a.source).cmp(&(&b.unit, &b.source)));
    for number in consumed {
        if let Some(outcome) = outcomes.get_mut(number) {
            *outcome = Outcome::Consumed;
            let path = files.get(number).and_then(|file| file.path.as_ref());
            built.extend(path.and_then(|path| fs_err::canonicalize(path).ok()));
        }
    }
    let assumed = files.iter().map(|file| namespace_of(file, &namespaces)).collect();
    let parts = Parts { files, outcomes, assumed, rendered, problems, skipped, notes };
    Loaded { built, ..gather(parts, request) }
}

/// Files in a chart's folder that a template names are the chart's: what it makes of them is judged.
fn beside_charts(files: &[Found], outcomes: &mut [Outcome]) {
    let mut templates: BTreeMap<&Path, String> = BTreeMap::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let (Some(chart), Some(path), Outcome::Read(content)) = (&file.chart, &file.path, &*outcome) else { continue };
        if content.documents.is_empty() {
            continue;
        }
        let text = templates.entry(chart).or_insert_with(|| units::template_texts(chart));
        let below = path.strip_prefix(chart).unwrap_or(path);
        let mut parts = below.components().map(|part| part.as_os_str().to_string_lossy());
        let first = parts.next().unwrap_or_default();
        let last = parts.next_back();
        let named = match &last {
            Some(last) => text.contains(&format!("{first}/")) || text.contains(&**last),
            None => text.contains(&*first),
        };
        if named {
            *outcome = Outcome::Foreign("file that a template of its chart reads");
        }
    }
}

/// Folders that the configuration leaves out.
fn excluded(skipped: &BTreeMap<String, Vec<String>>) -> BTreeSet<PathBuf> {
    let names = skipped.get(EXCLUDED).into_iter().flatten();
    names.filter_map(|name| fs_err::canonicalize(name).ok()).collect()
}

/// The namespace of a file's objects that name none, where what deploys its folder says so.
fn namespace_of(file: &Found, folders: &BTreeMap<PathBuf, Option<String>>) -> Option<String> {
    if folders.is_empty() {
        return None;
    }
    let path = fs_err::canonicalize(file.path.as_ref()?).ok()?;
    path.ancestors().skip(1).find_map(|folder| folders.get(folder)).cloned().flatten()
}

/// What a snapshot is made of.
struct Parts {
    files: Vec<Found>,
    outcomes: Vec<Outcome>,
    /// For each file, the namespace of its objects that name none.
    assumed: Vec<Option<String>>,
    rendered: Vec<RenderedUnit>,
    problems: Vec<ReportedProblem>,
    skipped: BTreeMap<String, Vec<String>>,
    notes: Vec<NotFollowed>,
}

/// One snapshot of what the files held, in their order.
fn gather(parts: Parts, request: &Request) -> Loaded {
    let Parts { files, outcomes, assumed, rendered, mut problems, mut skipped, notes } = parts;
    let mut builder = Snapshot::builder();
    let mut inputs = Vec::new();
    let mut comments = Vec::new();
    let (mut live, mut sieve) = (None, None);
    let known = request.assume_namespace.as_deref();
    for ((file, outcome), namespace) in files.iter().zip(outcomes).zip(&assumed) {
        builder.in_namespace(namespace.as_deref().or(known), is_namespaced);
        match outcome {
            Outcome::Consumed => {}
            Outcome::Read(FileContent { documents, typed, problems: found, comments: loose, foreign }) => {
                comments.extend(loose);
                let unit = UnitId::default();
                let objects: usize = documents.into_iter().map(|d| builder.add_shared(d, unit, None)).sum();
                let objects = objects + typed.len();
                for (document, of_type) in typed {
                    builder.add_typed(document, unit, &of_type);
                }
                let clean = found.is_empty();
                problems.extend(found);
                match foreign {
                    Some(reason) if objects == 0 && clean => skip(&mut skipped, reason, &file.name),
                    _ => inputs.push(Input { source: file.name.clone(), objects }),
                }
            }
            Outcome::Cluster(held) => {
                inputs.push(cluster_file::add(&file.name, held.snapshot, &mut builder, &mut problems, &mut live));
                sieve = held.sieve;
            }
            Outcome::Foreign(reason) => skip(&mut skipped, reason, &file.name),
            Outcome::Failed(problem) => problems.push(problem),
        }
    }
    let mut stand_ins: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let mut last: Option<(String, UnitId)> = None;
    for unit in rendered {
        // What one object deploys from several sources is one unit.
        let id = match &last {
            Some((name, id)) if *name == unit.unit => *id,
            _ => builder.unit(Unit { name: unit.unit.clone(), is_namespace_assumed: unit.is_namespace_assumed }),
        };
        last = Some((unit.unit, id));
        builder.in_namespace(unit.namespace.as_deref().or(known), is_namespaced);
        let mut objects = 0;
        for (document, origins) in unit.documents {
            objects += builder.add_shared(document, id, Some(origins));
        }
        problems.extend(unit.problems);
        comments.extend(unit.comments);
        if !unit.placeholders.is_empty() {
            stand_ins.entry(unit.source.clone()).or_default().extend(unit.placeholders);
        }
        match unit.skipped {
            Some(reason) => skip(&mut skipped, reason, &unit.source),
            None => inputs.push(Input { source: unit.source, objects }),
        }
    }
    inputs.sort_by(|a: &Input, b| a.source.cmp(&b.source));
    // One folder that several objects deploy is one input.
    inputs.dedup_by(|later, first| {
        let same = later.source == first.source;
        first.objects += if same { later.objects } else { 0 };
        same
    });
    problems.sort_by(|a, b| {
        (&a.source, a.problem.span.start, a.problem.code).cmp(&(&b.source, b.problem.span.start, b.problem.code))
    });
    builder.in_namespace(known, is_namespaced);
    let snapshot = builder.build();
    if let Some(live) = &mut live {
        live.alone = snapshot.objects().all(|object| object.is_live());
    }
    let stand_in = |(source, functions): (String, BTreeSet<&'static str>)| StandIn {
        source,
        functions: functions.into_iter().collect(),
    };
    Loaded {
        snapshot,
        inputs,
        problems,
        comments,
        skipped: skipped.into_iter().collect(),
        not_followed: notes,
        stand_ins: stand_ins.into_iter().map(stand_in).collect(),
        sieve,
        live,
        built: BTreeSet::new(),
    }
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

fn read_file(file: &Found, request: &Request, sift: Option<Sift<'_>>) -> Outcome {
    let bytes = match read_bytes(file, request.max_file_size).and_then(|b| unpacked(file, b, request.max_file_size)) {
        Ok(bytes) => bytes,
        Err(problem) => return Outcome::Failed(problem),
    };
    // A named file was looked at before it was read; standard input can be read only once.
    let bytes = match file.path {
        Some(_) => bytes,
        None => match cluster_file::in_bytes(bytes, sift) {
            Ok(held) => return Outcome::Cluster(Box::new(held)),
            Err(bytes) => bytes,
        },
    };
    let (source, warnings) = Source::decode(file.name.as_str(), bytes);
    read_source(file, source, warnings, request)
}

fn read_source(file: &Found, source: Arc<Source>, warnings: Vec<Problem>, request: &Request) -> Outcome {
    let limits = Limits { document_bytes: request.max_file_size as usize, ..Limits::default() };
    let parsed = parse(&source, &limits);
    let failed = parsed.problems.iter().any(|p| p.severity == Severity::Error);
    if file.chart.is_some() && (failed || source.text().contains("{{")) {
        return Outcome::Foreign("file of a chart that is no template and no manifest");
    }
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
    let mut typed = Vec::new();
    for document in parsed.documents {
        if let Some(of_type) = cloud::type_of(&document) {
            typed.push((Arc::new(document), of_type));
            continue;
        }
        match classify(&document, file.named) {
            Class::Object => {
                problems.extend(type_problems(&document).into_iter().map(report));
                problems.extend(nameless_items(&document).into_iter().map(report));
                documents.push(Arc::new(document));
            }
            Class::Foreign(reason) => foreign = Some(reason),
            Class::Bad(problem) => problems.push(report(problem)),
        }
    }
    if documents.is_empty() && typed.is_empty() && problems.is_empty() && foreign.is_none() {
        foreign = Some("no document (empty, or comments only)");
    }
    let comments = (!parsed.comments.is_empty()).then(|| (Arc::clone(&source), parsed.comments));
    Outcome::Read(FileContent { documents, typed, problems, comments, foreign })
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

/// What gzip packed, as `kubectl get … | gzip` does, is taken as it was; the limit is that of what comes out.
fn unpacked(file: &Found, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, ReportedProblem> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(limit + 1).read_to_end(&mut out);
    if let Err(error) = read {
        let message = format!("gzip that cannot be unpacked: {error}");
        return Err(problem("input/encoding", &file.name, message, "is the file whole?"));
    }
    if out.len() as u64 > limit {
        let message = format!("unpacked it is larger than {} MiB, the limit", limit >> 20);
        return Err(problem("input/size", &file.name, message, "raise it with `--max-file-size`"));
    }
    Ok(out)
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
