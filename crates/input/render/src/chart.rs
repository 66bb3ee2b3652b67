//! A chart as Helm loads it from its files: metadata, values, templates, dependencies inside.

use crate::archive;
use crate::files::ChartFile;
use crate::problems::{at, of_file};
use ironclad_gotemplate::{Data, Mark, Text, Trails, Value, Version, of_node};
use ironclad_model::{ReportedProblem, Role};
use ironclad_tree::{Kind, Limits, NodeRef, Severity, Source, Span, parse};
use std::rc::Rc;
use std::sync::Arc;

/// Archives within archives before it is a trick.
const DEEPEST: usize = 16;

/// A declared dependency.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: Rc<str>,
    pub(crate) version: String,
    pub(crate) condition: String,
    pub(crate) tags: Vec<String>,
    pub(crate) alias: Option<Rc<str>>,
    pub(crate) import_values: Vec<Value>,
    pub(crate) enabled: bool,
    pub(crate) found: bool,
    /// Where it is declared.
    pub(crate) place: (Arc<Source>, Span),
}

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) name: Rc<str>,
    pub(crate) version: String,
    pub(crate) is_library: bool,
    pub(crate) kube_version: String,
    /// Fields of Chart.yaml by their names there.
    pub(crate) metadata: Value,
    /// Does Chart.yaml (or requirements.yaml) declare dependencies?
    pub(crate) declares: bool,
    pub(crate) dependencies: Vec<Dependency>,
    /// Declared, enabled, and not there.
    pub(crate) missing: Vec<Dependency>,
    pub(crate) values: Value,
    pub(crate) values_source: Option<Arc<Source>>,
    pub(crate) schema: Option<Arc<Source>>,
    /// Templates by their path below the chart.
    pub(crate) templates: Vec<(Rc<str>, Arc<Source>)>,
    pub(crate) files: Rc<Vec<RawFile>>,
    pub(crate) children: Vec<Chart>,
    pub(crate) place: Arc<Source>,
}

/// A file that is no template.
#[derive(Clone, Debug)]
pub(crate) struct RawFile {
    pub(crate) name: Rc<str>,
    pub(crate) shown: Rc<str>,
    pub(crate) bytes: Rc<[u8]>,
}

impl Chart {
    /// Gives it the name of its alias.
    pub(crate) fn rename(&mut self, alias: &Rc<str>) {
        self.name = Rc::clone(alias);
        self.metadata = self.metadata.deep_copy().unwrap_or_default();
        self.metadata.set("name", Value::str(Rc::clone(alias)));
    }
}

/// Reads one document of YAML with the marks of its places.
pub(crate) fn read_yaml(source: &Arc<Source>, role: Role, trails: &Trails) -> Result<Value, ReportedProblem> {
    let parsed = parse(source, &Limits { nodes: 1_000_000, depth: 200, ..Limits::default() });
    if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == Severity::Error) {
        return Err(ReportedProblem {
            source: source.name().to_string(),
            text: Some(Arc::clone(source)),
            problem: problem.clone(),
        });
    }
    let number = trails.source(source);
    let mark = |span: Span| trails.place(number, span, role);
    Ok(parsed.documents.first().map(|document| of_node(document.root(), &mark)).unwrap_or_default())
}

/// Loads a chart from its files.
pub(crate) fn load(
    files: &[ChartFile],
    root: &str,
    trails: &Trails,
    budget: &mut u64,
    depth: usize,
) -> Result<Chart, ReportedProblem> {
    let source_of = |file: &ChartFile| Source::decode(file.shown.as_str(), file.bytes.clone()).0;
    let Some(file) = files.iter().find(|file| file.name == "Chart.yaml") else {
        return Err(of_file(root, "Chart.yaml file is missing", "is it a chart?"));
    };
    let place = source_of(file);
    let metadata = read_yaml(&place, Role::File, trails)?;
    let mut chart = Chart {
        name: "".into(),
        version: String::new(),
        is_library: false,
        kube_version: String::new(),
        metadata: Value::map([]),
        declares: false,
        dependencies: Vec::new(),
        missing: Vec::new(),
        values: Value::map([]),
        values_source: None,
        schema: None,
        templates: Vec::new(),
        files: Rc::default(),
        children: Vec::new(),
        place: Arc::clone(&place),
    };
    describe(&mut chart, &metadata, &place)?;
    declare(&mut chart, &place);
    let mut raw = Vec::new();
    let mut inner: Vec<(&str, Vec<ChartFile>)> = Vec::new();
    for file in files {
        let keep = |raw: &mut Vec<RawFile>| {
            raw.push(RawFile {
                name: file.name.as_str().into(),
                shown: file.shown.as_str().into(),
                bytes: file.bytes.as_slice().into(),
            });
        };
        match file.name.as_str() {
            "Chart.yaml" | "Chart.lock" => {}
            "values.yaml" => {
                let source = source_of(file);
                let values = read_yaml(&source, Role::Values, trails)?;
                chart.values_source = Some(Arc::clone(&source));
                match values.data {
                    Data::Map(_) => chart.values = values,
                    Data::Nil => {}
                    _ => {
                        let span = Span { start: 0, end: 0 };
                        return Err(at(&source, span, "values are no map", "write `key: value` lines"));
                    }
                }
            }
            "values.schema.json" => chart.schema = Some(source_of(file)),
            "requirements.yaml" => {
                declare(&mut chart, &source_of(file));
                keep(&mut raw);
            }
            "requirements.lock" => keep(&mut raw),
            name if name.starts_with("templates/") => chart.templates.push((name.into(), source_of(file))),
            name if name.starts_with("charts/") && name.ends_with(".prov") => keep(&mut raw),
            name if name.starts_with("charts/") => {
                let below = name.trim_start_matches("charts/");
                let first = below.split('/').next().unwrap_or(below);
                let own = ChartFile { name: below.to_owned(), ..file.clone() };
                match inner.iter_mut().find(|(known, _)| *known == first) {
                    Some((_, files)) => files.push(own),
                    None => inner.push((first, vec![own])),
                }
            }
            _ => keep(&mut raw),
        }
    }
    chart.files = Rc::new(raw);
    if depth > DEEPEST {
        return Err(of_file(root, format!("charts nested deeper than {DEEPEST}"), ""));
    }
    for (name, files) in inner {
        chart.children.extend(child(name, files, root, trails, budget, depth)?);
    }
    Ok(chart)
}

/// What lies under one name in `charts/`: an archive, a folder, or nothing of Helm's.
fn child(
    name: &str,
    mut files: Vec<ChartFile>,
    root: &str,
    trails: &Trails,
    budget: &mut u64,
    depth: usize,
) -> Result<Option<Chart>, ReportedProblem> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    if name.ends_with(".tgz") {
        let Some(file) = files.first().filter(|file| file.name == name) else {
            return Err(of_file(root, format!("charts/{name} is a folder named like an archive"), "rename it"));
        };
        let unpacked = archive::unpack(&file.bytes, &file.shown, budget)?;
        return load(&unpacked, &file.shown, trails, budget, depth + 1).map(Some);
    }
    files.retain_mut(|file| match file.name.split_once('/') {
        Some((_, rest)) => {
            file.name = rest.to_owned();
            true
        }
        None => false,
    });
    if files.is_empty() {
        return Ok(None);
    }
    load(&files, &format!("{root}/charts/{name}"), trails, budget, depth + 1).map(Some)
}

/// A scalar as the text that a field of Go's `string` gets.
fn text_of(value: &Value) -> Option<Value> {
    let text = match &value.data {
        Data::Str(_) => return Some(value.clone()),
        Data::Bool(flag) => flag.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        _ => return None,
    };
    Some(Value::text(Text::marked(text, value.mark)))
}

const TEXTS: &[&str] = &[
    "name",
    "home",
    "version",
    "description",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "kubeVersion",
    "type",
];

fn describe(chart: &mut Chart, metadata: &Value, place: &Arc<Source>) -> Result<(), ReportedProblem> {
    let start = Span { start: 0, end: 0 };
    let wrong = |message: String| at(place, start, message, "Helm refuses the chart");
    if metadata.as_map().is_none() {
        return Err(wrong("Chart.yaml holds no map".to_owned()));
    }
    let fields = Value::map([]);
    for name in TEXTS {
        match metadata.get(name) {
            None => {}
            Some(value) if value.is_nil() => {}
            Some(value) => match text_of(&value) {
                Some(text) => fields.set(*name, text),
                None => return Err(wrong(format!("`{name}` is no text"))),
            },
        }
    }
    for name in ["sources", "keywords", "maintainers", "annotations", "deprecated", "dependencies"] {
        if let Some(value) = metadata.get(name).filter(|value| !value.is_nil()) {
            fields.set(name, value);
        }
    }
    let text = |name: &str| fields.get(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    if text("apiVersion").is_empty() {
        fields.set("apiVersion", Value::str("v1"));
    }
    let (name, version, kind) = (text("name"), text("version"), text("type"));
    if name.is_empty() {
        return Err(wrong("validation: chart.metadata.name is required".to_owned()));
    }
    if name.contains('/') || name == "." || name == ".." {
        return Err(wrong(format!("validation: chart.metadata.name {name:?} is invalid")));
    }
    if version.is_empty() {
        return Err(wrong("validation: chart.metadata.version is required".to_owned()));
    }
    if Version::parse(&version).is_none() {
        return Err(wrong(format!("validation: chart.metadata.version {version:?} is invalid")));
    }
    if !matches!(kind.as_str(), "" | "application" | "library") {
        return Err(wrong("validation: chart.metadata.type must be application or library".to_owned()));
    }
    chart.name = name.into();
    chart.version = version;
    chart.kube_version = text("kubeVersion");
    chart.is_library = kind.eq_ignore_ascii_case("library");
    chart.metadata = fields;
    Ok(())
}

/// The `dependencies` of a Chart.yaml or requirements.yaml.
fn declare(chart: &mut Chart, source: &Arc<Source>) {
    let parsed = parse(source, &Limits::default());
    let Some(document) = parsed.documents.first() else { return };
    let Some(list) = document.root().get_str("dependencies") else { return };
    if list.value().kind() != Kind::Sequence {
        return;
    }
    chart.declares = true;
    chart.dependencies.clear();
    let text = |node: NodeRef<'_>, name: &str| {
        node.get_str(name).and_then(|entry| entry.value().text()).unwrap_or_default().to_owned()
    };
    for item in list.value().items().filter(|item| item.kind() == Kind::Mapping) {
        let tags = item.get_str("tags").map(|entry| entry.value());
        let tags = tags.into_iter().flat_map(|tags| tags.items()).filter_map(|tag| tag.text().map(str::to_owned));
        let imports = item.get_str("import-values").map(|entry| entry.value());
        let imports = imports.into_iter().flat_map(|imports| imports.items());
        let alias = text(item, "alias");
        let at = item.get_str("name").map_or(item.span(), |entry| entry.span());
        chart.dependencies.push(Dependency {
            name: text(item, "name").into(),
            version: text(item, "version"),
            condition: text(item, "condition"),
            tags: tags.collect(),
            alias: (!alias.is_empty()).then(|| alias.as_str().into()),
            import_values: imports.map(|node| of_node(node, &|_| Mark::NONE)).collect(),
            enabled: true,
            found: false,
            place: (Arc::clone(source), at),
        });
    }
}
