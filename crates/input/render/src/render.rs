//! A chart and its options to manifests.

use crate::chart::{Chart, load, read_yaml};
use crate::files::{CHART_BYTES, ChartFiles};
use crate::objects::{Capabilities, Files, Metadata};
use crate::problems::{at, of_file};
use crate::set::{SetKind, parse as parse_set};
use crate::{comments, dependencies, manifest, origins, schema, values};
use ironclad_gotemplate::{Data, Engine, Failure, Limits, Text, Trails, Value, is_compatible};
use ironclad_model::{Link, Origins, ReportedProblem, Role};
use ironclad_tree::{Comment, Document, Kind, Severity, Source, Span, parse};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What `-f` and `--set` say, in Helm's order of precedence.
#[derive(Clone, Debug, Default)]
pub struct ValueArguments {
    /// Values files, later ones on top.
    pub files: Vec<Arc<Source>>,
    /// `--set-json`, `--set`, `--set-string`, `--set-file` arguments; those of a kind in their order.
    pub set: Vec<(SetKind, String)>,
    /// The texts of the files that `--set-file` names.
    pub set_files: Vec<(String, Arc<Source>)>,
    /// Arguments that stand in a file (`parameters` of an Application), below those of `set`.
    pub placed: Vec<Placed>,
}

/// An argument of `--set` or its kin that stands in a file.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Which flag it stands for.
    pub kind: SetKind,
    /// The argument.
    pub text: String,
    /// Where it stands.
    pub place: (Arc<Source>, Span),
    /// It comes below the values file of this number (`valuesFrom` with a `targetPath`); else above them all.
    pub layer: Option<usize>,
}

/// How a chart is rendered.
#[derive(Clone, Debug)]
pub struct Options {
    /// `.Release.Name`
    pub release: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Capabilities.KubeVersion`, as `v1.N.P`.
    pub kubernetes_version: String,
    /// Versions of APIs besides those that Helm knows.
    pub api_versions: Vec<String>,
    /// Values.
    pub values: ValueArguments,
    /// `now`, in nanoseconds since 1970.
    pub now: i128,
    /// Largest document, in bytes.
    pub document_bytes: usize,
    /// What the templates may cost.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            release: "release-name".to_owned(),
            namespace: "default".to_owned(),
            kubernetes_version: "v1.37.0".to_owned(),
            api_versions: Vec::new(),
            values: ValueArguments::default(),
            now: 0,
            document_bytes: 64 << 20,
            limits: Limits::default(),
        }
    }
}

/// One manifest of a chart.
#[derive(Debug)]
pub struct RenderedManifest {
    /// Path of the template as Helm names it (`web/templates/service.yaml`).
    pub template: String,
    /// What was printed, under the path of the template's file.
    pub source: Arc<Source>,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Where their bytes come from.
    pub origins: Arc<Origins>,
    /// Is it a hook?
    pub is_hook: bool,
}

/// What a chart gives.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Custom resource definitions of `crds/`, then everything else in Helm's order, then hooks.
    pub manifests: Vec<RenderedManifest>,
    /// What is wrong.
    pub problems: Vec<ReportedProblem>,
    /// Names of functions whose results stand for random or secret ones.
    pub placeholders: Vec<&'static str>,
    /// Comments beside what a person edits, by text: waivers may stand there.
    pub comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// It is a library chart, which renders nothing by itself.
    pub is_library: bool,
}

/// Deep templates recurse deep; a thread of its own has room for all that the limits allow.
const STACK: usize = 256 << 20;

/// Renders a chart. Never fails as a whole and never panics on a chart.
pub fn render(files: &ChartFiles, options: &Options) -> Rendered {
    let run = || run(files, options);
    let rendered =
        std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run) {
            Ok(thread) => thread.join().ok(),
            Err(_) => None,
        });
    rendered.unwrap_or_else(|| Rendered {
        problems: vec![of_file(
            &files.root,
            "rendering the chart failed",
            "this is a bug of ironclad: please report it",
        )],
        ..Rendered::default()
    })
}

/// What the templates of a chart print, by their names in Helm, before it is cut into manifests. The first thing that
/// is wrong is the error, as with Helm.
pub fn print(files: &ChartFiles, options: &Options) -> Result<BTreeMap<String, String>, String> {
    let work = || {
        let mut texts = BTreeMap::new();
        let rendered = run_with(files, options, &mut |name, text| {
            texts.insert(name.to_owned(), text.as_str().to_owned());
            false
        });
        match rendered.problems.into_iter().find(|problem| problem.problem.severity == Severity::Error) {
            Some(problem) => Err(problem.problem.message),
            None => Ok(texts),
        }
    };
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(|_| Err("rendering failed".to_owned())),
        Err(error) => Err(error.to_string()),
    })
}

/// The release name that a `--name-template` makes. It is given nothing.
pub fn name_of_template(template: &str) -> Result<String, String> {
    let limits = Limits { steps: 100_000, text: 1 << 16, produced: 1 << 22, ..Limits::default() };
    let engine = Engine::new(Rc::default(), limits, 0);
    let name = "name-template";
    engine.add(name, &Source::new(name, template)).map_err(|failure| failure.message)?;
    let made = engine.render(name, &Value::NIL).map_err(|failure| failure.message)?;
    Ok(made.as_str().to_owned())
}

fn run(files: &ChartFiles, options: &Options) -> Rendered {
    run_with(files, options, &mut |_, _| true)
}

/// `see` is shown what each template printed, and says whether it is to be cut into manifests.
fn run_with(files: &ChartFiles, options: &Options, see: &mut dyn FnMut(&str, &Text) -> bool) -> Rendered {
    let trails = Rc::new(Trails::default());
    let mut rendered = Rendered::default();
    let budget = &mut { CHART_BYTES };
    let mut chart = match load(&files.files, &files.root, &trails, budget, 0) {
        Ok(chart) => chart,
        Err(problem) => {
            rendered.problems.push(problem);
            return rendered;
        }
    };
    if chart.is_library {
        rendered.is_library = true;
        return rendered;
    }
    let Some(given) = given_values(&options.values, &trails, &mut rendered.problems) else { return rendered };
    if let Err(message) = dependencies::process(&mut chart, &given) {
        rendered.problems.push(of_file(&files.root, message, ""));
        return rendered;
    }
    missing(&chart, &mut rendered.problems);
    if !chart.kube_version.is_empty() && !is_compatible(&chart.kube_version, &options.kubernetes_version) {
        let (wanted, is) = (&chart.kube_version, &options.kubernetes_version);
        let message = format!("chart requires kubeVersion {wanted:?}, which Kubernetes {is} is not");
        let hint = "say which version you deploy to with `--kubernetes-version`";
        rendered.problems.push(at(&chart.place, Span { start: 0, end: 0 }, message, hint));
        return rendered;
    }
    let values = match values::coalesce(&chart, &given, false) {
        Ok(values) => values,
        Err(message) => {
            rendered.problems.push(of_file(&files.root, message, ""));
            return rendered;
        }
    };
    comments::of_chart(&chart, &mut rendered.comments);
    options.values.files.iter().for_each(|source| comments::of_values(source, &mut rendered.comments));
    schema::validate(&chart, &values, &trails, &mut rendered.problems);
    print_all(&chart, &values, options, &trails, &mut rendered, see);
    rendered
}

/// What `-f` and `--set` say. Nothing where an argument cannot be read: whatever came out would not be what was asked.
fn given_values(arguments: &ValueArguments, trails: &Trails, problems: &mut Vec<ReportedProblem>) -> Option<Value> {
    let mut given = Value::map([]);
    let put = |placed: &Placed, given: &Value, problems: &mut Vec<ReportedProblem>| {
        let (source, span) = &placed.place;
        let mark = trails.place(trails.source(source), *span, Role::Values);
        let read = |path: &str| file(arguments, path, trails);
        let parsed = parse_set(&placed.text, placed.kind, given, mark, &read);
        if let Err(message) = &parsed {
            problems.push(at(source, *span, format!("failed parsing the parameter: {message}"), ""));
        }
        parsed.is_ok()
    };
    for (layer, source) in arguments.files.iter().enumerate() {
        for placed in arguments.placed.iter().filter(|placed| placed.layer == Some(layer)) {
            if !put(placed, &given, problems) {
                return None;
            }
        }
        match read_yaml(source, Role::Values, trails) {
            Ok(values) => match values.data {
                Data::Map(_) => given = values::merge_maps(&given, &values),
                Data::Nil => {}
                _ => {
                    let span = Span { start: 0, end: 0 };
                    problems.push(at(source, span, "values are no map", "write `key: value` lines"));
                    return None;
                }
            },
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        }
    }
    for kind in [SetKind::Json, SetKind::Typed, SetKind::Text, SetKind::File] {
        let above = |placed: &&Placed| placed.kind == kind && placed.layer.is_none_or(|at| at >= arguments.files.len());
        for placed in arguments.placed.iter().filter(above) {
            if !put(placed, &given, problems) {
                return None;
            }
        }
        for (_, argument) in arguments.set.iter().filter(|(own, _)| *own == kind) {
            let flag = match kind {
                SetKind::Json => "--set-json",
                SetKind::Typed => "--set",
                SetKind::Text => "--set-string",
                SetKind::File => "--set-file",
            };
            let source = Source::new(flag, argument.as_str());
            let number = trails.source(&source);
            let mark = trails.place(number, Span { start: 0, end: argument.len() as u32 }, Role::SetArgument);
            if let Err(message) = parse_set(argument, kind, &given, mark, &|path| file(arguments, path, trails)) {
                let span = Span { start: 0, end: argument.len() as u32 };
                problems.push(at(&source, span, format!("failed parsing {flag} data: {message}"), ""));
                return None;
            }
        }
    }
    Some(given)
}

/// The text of a file that `--set-file` names.
fn file(arguments: &ValueArguments, path: &str, trails: &Trails) -> Result<Value, String> {
    let known = arguments.set_files.iter().find(|(name, _)| name == path);
    let (_, text) = known.ok_or_else(|| format!("{path:?} cannot be read"))?;
    let span = Span { start: 0, end: text.text().len() as u32 };
    Ok(Value::text(Text::marked(text.text(), trails.place(trails.source(text), span, Role::File))))
}

fn missing(chart: &Chart, problems: &mut Vec<ReportedProblem>) {
    for dependency in &chart.missing {
        let (source, span) = &dependency.place;
        let message = format!("dependency {:?} is not in `charts/`: what it would add is not judged", dependency.name);
        problems.push(at(source, *span, message, "run `helm dependency build`, and scan again"));
    }
    for child in &chart.children {
        missing(child, problems);
    }
}

/// A template with what it is given.
struct Job {
    name: String,
    source: Arc<Source>,
    data: Value,
    base: String,
}

/// The data of a chart's templates, and of those of its dependencies (`recAllTpls`).
fn jobs(chart: &Chart, path: &str, above: &Value, is_root: bool, trails: &Rc<Trails>, all: &mut Vec<Job>) -> Value {
    let own = above.get("Values").unwrap_or_default();
    let own = if is_root { own } else { own.get(&chart.name).unwrap_or_default() };
    let own = if own.as_map().is_some() { own } else { Value::map([]) };
    let subcharts = Value::map([]);
    let next = Value::map([
        ("Chart".into(), Metadata::of(chart, is_root)),
        ("Files".into(), Value::object(Files::of(&chart.files, trails))),
        ("Release".into(), above.get("Release").unwrap_or_default()),
        ("Capabilities".into(), above.get("Capabilities").unwrap_or_default()),
        ("Values".into(), own),
        ("Subcharts".into(), subcharts.clone()),
    ]);
    for child in &chart.children {
        let below = jobs(child, &format!("{path}/charts/{}", child.name), &next, false, trails, all);
        subcharts.set(Rc::clone(&child.name), below);
    }
    for (name, source) in &chart.templates {
        let file = name.rsplit('/').next().unwrap_or(name);
        if chart.is_library && !file.starts_with('_') {
            continue;
        }
        all.push(Job {
            name: format!("{path}/{name}"),
            source: Arc::clone(source),
            data: next.clone(),
            base: format!("{path}/templates"),
        });
    }
    next
}

fn print_all(
    chart: &Chart,
    values: &Value,
    options: &Options,
    trails: &Rc<Trails>,
    rendered: &mut Rendered,
    see: &mut dyn FnMut(&str, &Text) -> bool,
) {
    let top = Value::map([
        ("Capabilities".into(), Value::object(Capabilities::new(&options.kubernetes_version, &options.api_versions))),
        (
            "Release".into(),
            Value::map([
                ("Name".into(), Value::str(options.release.as_str())),
                ("Namespace".into(), Value::str(options.namespace.as_str())),
                ("IsUpgrade".into(), Value::bool(false)),
                ("IsInstall".into(), Value::bool(true)),
                ("Revision".into(), Value::int(1)),
                ("Service".into(), Value::str("Helm")),
            ]),
        ),
        ("Values".into(), values.clone()),
    ]);
    let mut all = Vec::new();
    jobs(chart, &chart.name, &top, true, trails, &mut all);
    // Deeper templates first, then in reverse: what is defined later wins.
    let depth = |job: &Job| job.name.matches('/').count();
    all.sort_by(|a, b| depth(b).cmp(&depth(a)).then_with(|| b.name.cmp(&a.name)));
    let engine = Engine::new(Rc::clone(trails), options.limits, options.now);
    let mut broken = Vec::new();
    for job in &all {
        if let Err(failure) = engine.add(&job.name, &job.source) {
            broken.push(job.name.clone());
            rendered.problems.push(problem(&failure, &job.source));
        }
    }
    let mut printed: Vec<(&Job, Text)> = Vec::new();
    for job in &all {
        let file = job.name.rsplit('/').next().unwrap_or(&job.name);
        if file.starts_with('_') || job.name.ends_with("NOTES.txt") || broken.contains(&job.name) {
            continue;
        }
        job.data.set(
            "Template",
            Value::map([
                ("Name".into(), Value::str(job.name.as_str())),
                ("BasePath".into(), Value::str(job.base.as_str())),
            ]),
        );
        match engine.render(&job.name, &job.data) {
            Ok(text) => {
                if see(&job.name, &text) {
                    printed.push((job, text));
                }
            }
            Err(failure) => rendered.problems.push(problem(&failure, &job.source)),
        }
    }
    rendered.placeholders = engine.placeholders();
    crds(chart, &chart.name, options, rendered);
    printed.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let mut found: Vec<(String, RenderedManifest)> = Vec::new();
    for (job, text) in printed {
        for part in manifest::split(&text) {
            found.extend(manifest_of(job, &part, trails, options, &mut rendered.problems));
        }
    }
    found.sort_by(|a, b| a.1.is_hook.cmp(&b.1.is_hook).then_with(|| manifest::by_kind(&a.0, &b.0)));
    rendered.manifests.extend(found.into_iter().map(|(_, manifest)| manifest));
}

fn limits(options: &Options) -> ironclad_tree::Limits {
    ironclad_tree::Limits { document_bytes: options.document_bytes, ..ironclad_tree::Limits::default() }
}

fn manifest_of(
    job: &Job,
    text: &Text,
    trails: &Trails,
    options: &Options,
    problems: &mut Vec<ReportedProblem>,
) -> Option<(String, RenderedManifest)> {
    let origins = origins::of_text(text, trails);
    let source = Source::new(Arc::clone(job.source.name()), text.as_str());
    let parsed = parse(&source, &limits(options));
    for problem in parsed.problems {
        let link = origins.edited(problem.span);
        let (text, span) = link.map_or((Arc::clone(&source), problem.span), |link| (link.source, link.span));
        let mut problem = problem;
        problem.span = span;
        if problem.severity == Severity::Error {
            problem.message = format!("the chart prints what is no YAML: {}", problem.message);
            problem.hint.get_or_insert_with(|| "`ironclad render` shows what the rest of the chart prints".to_owned());
        }
        problems.push(ReportedProblem { source: text.name().to_string(), text: Some(text), problem });
    }
    let mut documents = parsed.documents;
    documents.retain(|document| {
        let is_object = document.root().kind() == Kind::Mapping;
        if !is_object {
            let span = document.root().span();
            let edited = origins.edited(span);
            let (text, span) = edited.map_or((Arc::clone(&source), span), |link| (link.source, link.span));
            problems.push(at(&text, span, "the chart prints a document that is no object", "Helm refuses the chart"));
        }
        is_object
    });
    let head = manifest::head(documents.first());
    if head.is_unknown_hook || documents.is_empty() {
        return None;
    }
    let manifest = RenderedManifest {
        template: job.name.clone(),
        source,
        documents,
        origins: Arc::new(origins),
        is_hook: head.is_hook,
    };
    Some((head.kind, manifest))
}

/// Custom resource definitions are no templates: they are what they are.
fn crds(chart: &Chart, path: &str, options: &Options, rendered: &mut Rendered) {
    for file in chart.files.iter().filter(|file| file.name.starts_with("crds/")) {
        let extension = file.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(extension.as_str(), "yaml" | "yml" | "json") {
            continue;
        }
        let (source, warnings) = Source::decode(&*file.shown, file.bytes.to_vec());
        let parsed = parse(&source, &limits(options));
        let report =
            |problem| ReportedProblem { source: source.name().to_string(), text: Some(Arc::clone(&source)), problem };
        rendered.problems.extend(warnings.into_iter().chain(parsed.problems).map(report));
        if !parsed.documents.is_empty() {
            rendered.manifests.push(RenderedManifest {
                template: format!("{path}/{}", file.name),
                source,
                documents: parsed.documents,
                origins: Arc::default(),
                is_hook: false,
            });
        }
    }
    for child in &chart.children {
        crds(child, &format!("{path}/charts/{}", child.name), options, rendered);
    }
}

fn problem(failure: &Failure, template: &Arc<Source>) -> ReportedProblem {
    let Link { source, span, .. } = failure.place.clone().unwrap_or(Link {
        source: Arc::clone(template),
        span: Span { start: 0, end: 0 },
        role: Role::Template,
    });
    let mut message = failure.message.clone();
    for link in failure.stack.iter().take(4) {
        let at = link.source.position(link.span.start);
        message.push_str(&format!("; included at {}:{}:{}", link.source.name(), at.line, at.column));
    }
    let hint = if failure.is_verdict {
        "the chart itself refuses: give the value that it asks for with `-f` or `--set`"
    } else {
        "what the other templates print is judged; what this one would print is not"
    };
    at(&source, span, message, hint)
}
