//! The kustomization itself: read strictly, as kustomize does (unknown fields are errors), deprecated fields included.

use crate::loader::{Folder, NAMES, Store};
use crate::node::{Data, Node, Reading, Shape};
use crate::scalar::Tag;
use crate::trail::Trail;
use ironclad_model::{ReportedProblem, Role};
use ironclad_tree::{Limits, Problem, Severity, Source, Span, parse};
use std::sync::Arc;

/// What went wrong, with its place. One is enough: kustomize builds all or nothing.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) problem: Box<ReportedProblem>,
}

impl Fault {
    /// In a file as a whole.
    pub(crate) fn of_file(source: &str, message: impl Into<String>) -> Fault {
        let problem = kustomize_problem(Span { start: 0, end: 0 }, message.into());
        Fault { problem: Box::new(ReportedProblem { source: source.to_owned(), text: None, problem }) }
    }

    /// At a place of a text.
    pub(crate) fn at(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Fault {
        let problem = kustomize_problem(span, message.into());
        let text = Some(Arc::clone(source));
        Fault { problem: Box::new(ReportedProblem { source: source.name().to_string(), text, problem }) }
    }

    /// Where a node was written.
    pub(crate) fn on(trail: &Trail, message: impl Into<String>) -> Fault {
        match trail.edited() {
            Some(link) => Fault::at(&link.source, link.span, message),
            None => Fault::of_file("", message),
        }
    }
}

/// A problem of code `input/kustomize`, with the hint that fits.
fn kustomize_problem(span: Span, message: String) -> Problem {
    let hint = if message.contains("is remote") {
        "copy it into the repository and name the copy"
    } else if message.contains("lies outside") {
        "move the file below the kustomization, or make its folder a base of its own"
    } else if message.contains("cycle") {
        "a kustomization cannot build on itself"
    } else {
        "`kustomize build` refuses it too"
    };
    Problem { code: "input/kustomize", severity: Severity::Error, span, message, hint: Some(hint.to_owned()) }
}

/// The type that a field must have.
enum Want {
    Text,
    Flag,
    Int,
    Texts,
    TextMap,
    Object(&'static [(&'static str, Want)]),
    Objects(&'static [(&'static str, Want)]),
    Any,
}

use Want::{Any, Flag, Int, Object, Objects, Text, TextMap, Texts};

const META: &[(&str, Want)] = &[("name", Text), ("namespace", Text), ("labels", TextMap), ("annotations", TextMap)];
const FIELD_SPEC: &[(&str, Want)] =
    &[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Flag)];
const LABEL: &[(&str, Want)] = &[
    ("pairs", TextMap),
    ("includeSelectors", Flag),
    ("includeTemplates", Flag),
    ("includeVolumeClaimTemplates", Flag),
    ("fields", Objects(FIELD_SPEC)),
];
const SELECTOR: &[(&str, Want)] = &[
    ("group", Text),
    ("version", Text),
    ("kind", Text),
    ("name", Text),
    ("namespace", Text),
    ("annotationSelector", Text),
    ("labelSelector", Text),
];
const PATCH: &[(&str, Want)] = &[
    ("path", Text),
    ("patch", Text),
    ("target", Object(SELECTOR)),
    ("options", Object(&[("allowNameChange", Flag), ("allowKindChange", Flag)])),
];
const IMAGE: &[(&str, Want)] =
    &[("name", Text), ("newName", Text), ("tagSuffix", Text), ("newTag", Text), ("digest", Text)];
const FIELD_OPTIONS: &[(&str, Want)] = &[("delimiter", Text), ("index", Int), ("encoding", Text), ("create", Flag)];
const SOURCE: &[(&str, Want)] = &[
    ("group", Text),
    ("version", Text),
    ("kind", Text),
    ("name", Text),
    ("namespace", Text),
    ("fieldPath", Text),
    ("options", Object(FIELD_OPTIONS)),
];
const TARGET: &[(&str, Want)] = &[
    ("select", Object(SELECTOR)),
    ("reject", Objects(SELECTOR)),
    ("fieldPaths", Texts),
    ("options", Object(FIELD_OPTIONS)),
];
const REPLACEMENT: &[(&str, Want)] =
    &[("source", Object(SOURCE)), ("sourceValue", Text), ("targets", Objects(TARGET)), ("path", Text)];
const VAR: &[(&str, Want)] = &[
    ("name", Text),
    (
        "objref",
        Object(&[
            ("apiVersion", Text),
            ("group", Text),
            ("version", Text),
            ("kind", Text),
            ("name", Text),
            ("namespace", Text),
        ]),
    ),
    ("fieldref", Object(&[("fieldPath", Text)])),
];
const OPTIONS: &[(&str, Want)] =
    &[("labels", TextMap), ("annotations", TextMap), ("disableNameSuffixHash", Flag), ("immutable", Flag)];
const GENERATOR: &[(&str, Want)] = &[
    ("namespace", Text),
    ("name", Text),
    ("behavior", Text),
    ("literals", Texts),
    ("files", Texts),
    ("envs", Texts),
    ("env", Text),
    ("type", Text),
    ("options", Object(OPTIONS)),
];
const FIELDS: &[(&str, Want)] = &[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(META)),
    ("openapi", TextMap),
    ("namePrefix", Text),
    ("nameSuffix", Text),
    ("namespace", Text),
    ("commonLabels", TextMap),
    ("labels", Objects(LABEL)),
    ("commonAnnotations", TextMap),
    ("patchesStrategicMerge", Texts),
    ("patchesJson6902", Objects(PATCH)),
    ("patches", Objects(PATCH)),
    ("images", Objects(IMAGE)),
    ("imageTags", Objects(IMAGE)),
    ("replacements", Objects(REPLACEMENT)),
    ("replicas", Objects(&[("name", Text), ("count", Int)])),
    ("vars", Objects(VAR)),
    (
        "sortOptions",
        Object(&[("order", Text), ("legacySortOptions", Object(&[("orderFirst", Texts), ("orderLast", Texts)]))]),
    ),
    ("resources", Texts),
    ("components", Texts),
    ("crds", Texts),
    ("bases", Texts),
    ("configMapGenerator", Objects(GENERATOR)),
    ("secretGenerator", Objects(GENERATOR)),
    ("helmGlobals", Any),
    ("helmCharts", Any),
    ("helmChartInflationGenerator", Any),
    ("generatorOptions", Object(OPTIONS)),
    ("configurations", Texts),
    ("generators", Texts),
    ("transformers", Texts),
    ("validators", Texts),
    ("buildMetadata", Texts),
];

/// A kustomization that was read.
pub(crate) struct Kustomization {
    pub(crate) node: Node,
    /// Name of its file below the folder.
    pub(crate) file: &'static str,
    pub(crate) is_component: bool,
}

/// Reads the kustomization of a folder.
pub(crate) fn load(folder: &Folder, store: &mut Store<'_>) -> Result<Kustomization, Fault> {
    let found: Vec<&'static str> = NAMES.into_iter().filter(|name| folder.is_file(name)).collect();
    let file = match *found.as_slice() {
        [file] => file,
        [] => return Err(Fault::of_file(&folder.shown, "no kustomization.yaml in this folder")),
        _ => return Err(Fault::of_file(&folder.shown, format!("several kustomizations: {}", found.join(", ")))),
    };
    let source = folder.load(file, store).map_err(|message| Fault::of_file(&folder.name(file), message))?;
    let mut node = read_one(&source, Role::Overlay, Reading::Kubectl)?
        .ok_or_else(|| Fault::of_file(source.name(), "kustomization is empty"))?;
    check(&mut node, FIELDS)?;
    let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let kind = text("kind").unwrap_or("Kustomization");
    let is_component = kind == "Component";
    if !is_component && kind != "Kustomization" {
        return Err(on(&node, "kind", format!("`kind` is `{kind}`, neither Kustomization nor Component")));
    }
    let wanted = if is_component { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" };
    if let Some(version) = text("apiVersion").filter(|version| *version != wanted) {
        return Err(on(&node, "apiVersion", format!("`apiVersion` of a {kind} is `{wanted}`, not `{version}`")));
    }
    if node.entries().iter().all(|(key, value)| matches!(key.as_str(), "apiVersion" | "kind") || value.is_null()) {
        return Err(Fault::on(&node.trail, "kustomization is empty"));
    }
    Ok(Kustomization { node, file, is_component })
}

/// Checks the fields again, after some were added.
pub(crate) fn check_fields(kustomization: &mut Kustomization) -> Result<(), Fault> {
    check(&mut kustomization.node, FIELDS)
}

/// The fault of a field.
fn on(node: &Node, key: &str, message: String) -> Fault {
    Fault::on(node.get(key).map_or(&node.trail, |field| &field.trail), message)
}

/// The only document of a text.
pub(crate) fn read_one(source: &Arc<Source>, role: Role, reading: Reading) -> Result<Option<Node>, Fault> {
    let mut all = read_all(source, role, reading)?;
    if all.len() > 1 {
        return Err(Fault::of_file(source.name(), "several documents where one is expected"));
    }
    Ok(all.pop())
}

/// All documents of a text. A key that is written twice is an error, as it is to kustomize.
pub(crate) fn read_all(source: &Arc<Source>, role: Role, reading: Reading) -> Result<Vec<Node>, Fault> {
    let parsed = parse(source, &Limits::default());
    if let Some(problem) = parsed.problems.into_iter().find(|problem| problem.severity == Severity::Error) {
        let source_name = source.name().to_string();
        let text = Some(Arc::clone(source));
        return Err(Fault { problem: Box::new(ReportedProblem { source: source_name, text, problem }) });
    }
    let mut all = Vec::new();
    for document in &parsed.documents {
        if let Some(twice) = document.duplicates().first() {
            return Err(Fault::at(source, twice.kept, format!("key `{}` is written twice", twice.name)));
        }
        if document.root().is_null() {
            continue;
        }
        all.push(
            Node::read(document.root(), source, role, reading).map_err(|(span, text)| Fault::at(source, span, text))?,
        );
    }
    Ok(all)
}

/// Checks names and types of fields; names of another case become the right ones, as Go's JSON takes them.
fn check(node: &mut Node, fields: &'static [(&'static str, Want)]) -> Result<(), Fault> {
    if node.is_null() {
        return Ok(());
    }
    let Data::Map(entries) = &mut node.data else {
        return Err(Fault::on(&node.trail, format!("{} stands where a mapping is expected", node.shape().words())));
    };
    for (key, value) in entries.iter_mut() {
        let Some((name, want)) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) else {
            let near = fields.iter().map(|(name, _)| *name).min_by_key(|name| distance(name, key)).unwrap_or_default();
            let hint = if distance(near, key) <= 3 { format!(": is `{near}` meant?") } else { String::new() };
            return Err(Fault::on(&value.trail, format!("unknown field `{key}`{hint}")));
        };
        *key = (*name).to_owned();
        check_value(value, name, want)?;
    }
    Ok(())
}

fn check_value(value: &mut Node, name: &str, want: &Want) -> Result<(), Fault> {
    if value.is_null() {
        return Ok(());
    }
    let words = match want {
        Any => return Ok(()),
        Text if value.as_str().is_some() => return Ok(()),
        Text => "a text",
        Flag if value.as_bool().is_some() => return Ok(()),
        Flag => "true or false",
        Int if is_int(value) => return Ok(()),
        Int => "a whole number",
        Texts if value.shape() == Shape::List => {
            return value.items().iter().try_for_each(|item| {
                if item.as_str().is_some() || item.is_null() {
                    return Ok(());
                }
                Err(Fault::on(&item.trail, format!("an item of `{name}` is {}, not a text", describe(item))))
            });
        }
        Texts => "a list of texts",
        TextMap if value.shape() == Shape::Map => {
            return value.entries().iter().try_for_each(|(key, item)| {
                if item.as_str().is_some() || item.is_null() {
                    return Ok(());
                }
                Err(Fault::on(&item.trail, format!("`{key}` is {}, not a text: put it in quotes", describe(item))))
            });
        }
        TextMap => "a mapping of texts",
        Object(fields) if value.shape() == Shape::Map => return check(value, fields),
        Object(_) => "a mapping",
        Objects(fields) => match &mut value.data {
            Data::List(items) => return items.iter_mut().try_for_each(|item| check(item, fields)),
            _ => "a list",
        },
    };
    Err(Fault::on(&value.trail, format!("`{name}` is {}, not {words}", describe(value))))
}

fn is_int(value: &Node) -> bool {
    matches!(&value.data, Data::Scalar(scalar) if scalar.kind() == Tag::Int)
}

fn describe(node: &Node) -> &'static str {
    match &node.data {
        Data::Scalar(scalar) => match scalar.kind() {
            Tag::Int | Tag::Float => "a number",
            Tag::Bool => "true or false",
            Tag::Null => "null",
            _ => "a text",
        },
        Data::List(_) => "a list",
        Data::Map(_) => "a mapping",
    }
}

/// Edits from one word to another (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

impl Kustomization {
    /// A text field that is set.
    pub(crate) fn text(&self, key: &str) -> Option<&Node> {
        self.node.get(key).filter(|field| field.as_str().is_some_and(|text| !text.is_empty()))
    }

    /// The items of a list field.
    pub(crate) fn list(&self, key: &str) -> &[Node] {
        self.node.get(key).map(Node::items).unwrap_or_default()
    }
}
