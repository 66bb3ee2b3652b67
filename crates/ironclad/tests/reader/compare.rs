//! Our reading of an object beside the server's answer.

use ironclad_model::Quantity;
use ironclad_testkit::oracle::base64;
use ironclad_tree::{Kind, NodeRef};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reasons, each with the places that it explains.
pub(crate) struct Rules(Vec<Rule>);

struct Rule {
    reason: String,
    kind: String,
    /// JSON pointer; `*` stands for one token, `**` at the end for all below.
    pointer: String,
}

impl Rules {
    /// `# reason`, then lines of a kind (or `*`) and a pointer.
    pub(crate) fn parse(text: &str) -> Rules {
        let mut reason = String::new();
        let mut rules = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match (line.strip_prefix("# "), line.split_once(' ')) {
                (Some(words), _) => reason = words.to_owned(),
                (None, Some((kind, pointer))) => {
                    let pointer = pointer.trim().to_owned();
                    rules.push(Rule { reason: reason.clone(), kind: kind.to_owned(), pointer });
                }
                (None, None) => panic!("differences.txt: {line}"),
            }
        }
        Rules(rules)
    }

    fn reason(&self, kind: &str, pointer: &str) -> Option<&str> {
        let found =
            self.0.iter().find(|rule| (rule.kind == "*" || rule.kind == kind) && matches(&rule.pointer, pointer));
        found.map(|rule| rule.reason.as_str())
    }

    /// Reasons that explained nothing.
    pub(crate) fn unused(&self, compared: &Compared) -> Vec<&str> {
        let mut unused: Vec<&str> = self.0.iter().map(|rule| rule.reason.as_str()).collect();
        unused.retain(|reason| !compared.explained.contains_key(*reason));
        unused.dedup();
        unused
    }
}

fn matches(pattern: &str, pointer: &str) -> bool {
    let (mut pattern, mut pointer) = (pattern.split('/'), pointer.split('/'));
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) | (Some("**"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
}

/// What comparing came to.
#[derive(Default)]
pub(crate) struct Compared {
    /// Scalars and empty collections that our reader saw.
    pub(crate) values: usize,
    pub(crate) agreed: usize,
    /// By reason.
    pub(crate) explained: BTreeMap<String, usize>,
    pub(crate) unexplained: Vec<String>,
}

impl Compared {
    /// The first of what nobody explained, by place.
    pub(crate) fn shown(&self) -> String {
        let shown: Vec<&str> = self.unexplained.iter().take(60).map(String::as_str).collect();
        format!("{} differences without a reason:\n{}", self.unexplained.len(), shown.join("\n"))
    }
}

/// Reasons that hold anywhere.
const EMPTY: &str = "the server leaves out what is empty, zero or false where that is what no value means";
const UNKNOWN: &str = "the server has no such field, and says so in a warning";
const QUANTITY: &str = "a quantity in its canonical form";
const NOTHING: &str = "null and an empty mapping are no value, and the server fills in the default";
const STRING_DATA: &str = "`stringData` of a Secret becomes `data`";

/// Every value of ours, looked up in the server's.
pub(crate) fn compare(
    name: &str,
    kind: &str,
    ours: NodeRef<'_>,
    server: &Value,
    unknown: &[String],
    rules: &Rules,
    compared: &mut Compared,
) {
    let server_root = server;
    let mut pending = vec![(String::new(), ours, Some(server))];
    while let Some((at, ours, server)) = pending.pop() {
        if kind == "Secret" && at == "/stringData" {
            for entry in ours.entries() {
                let encoded = server_root["data"][entry.key()].as_str();
                let same = entry.value().as_str().map(|text| base64(text.as_bytes())).as_deref() == encoded;
                compared.values += 1;
                match same {
                    true => *compared.explained.entry(STRING_DATA.to_owned()).or_default() += 1,
                    false => compared.unexplained.push(format!("{name} {at}/{}: became {encoded:?}", entry.key())),
                }
            }
            continue;
        }
        if unknown.contains(&at) {
            let values = scalars(ours);
            compared.values += values;
            *compared.explained.entry(UNKNOWN.to_owned()).or_default() += values;
            continue;
        }
        match (ours.kind(), server) {
            (Kind::Mapping, Some(Value::Object(map))) if !ours.is_empty() => {
                for entry in ours.entries() {
                    let token = entry.key().replace('~', "~0").replace('/', "~1");
                    pending.push((format!("{at}/{token}"), entry.value(), map.get(entry.key())));
                }
                continue;
            }
            // What the server adds (tolerations of every pod), it adds at the end.
            (Kind::Sequence, Some(Value::Array(items))) if ours.len() <= items.len() && !ours.is_empty() => {
                let pairs = ours.items().zip(items).enumerate();
                pending.extend(pairs.map(|(index, (ours, server))| (format!("{at}/{index}"), ours, Some(server))));
                continue;
            }
            _ => {}
        }
        let values = scalars(ours);
        compared.values += values;
        let mut explain = |reason: &str| *compared.explained.entry(reason.to_owned()).or_default() += values;
        match server {
            Some(server) if is_same(ours, server) => compared.agreed += values,
            Some(Value::String(server)) if is_quantity(&at) && equal_quantities(ours, server) => explain(QUANTITY),
            None | Some(Value::Null) if is_empty(ours) => explain(EMPTY),
            Some(_) if ours.is_null() || ours.kind() == Kind::Mapping && ours.is_empty() => explain(NOTHING),
            _ => match rules.reason(kind, &at) {
                Some(reason) => explain(reason),
                None => {
                    let mut text = String::new();
                    ours.write_json(&mut text);
                    let server = server.map_or("nothing".to_owned(), Value::to_string);
                    let cut = |text: &str| text.chars().take(160).collect::<String>();
                    compared.unexplained.push(format!("{name} {at}: {} became {}", cut(&text), cut(&server)));
                }
            },
        }
    }
}

/// Scalars below a node; an empty collection counts as one.
fn scalars(node: NodeRef<'_>) -> usize {
    let (mut count, mut pending) = (0, vec![node]);
    while let Some(node) = pending.pop() {
        match node.kind() {
            Kind::Mapping if !node.is_empty() => pending.extend(node.entries().map(|entry| entry.value())),
            Kind::Sequence if !node.is_empty() => pending.extend(node.items()),
            _ => count += 1,
        }
    }
    count
}

fn is_same(ours: NodeRef<'_>, server: &Value) -> bool {
    match (ours.kind(), server) {
        (Kind::String, Value::String(text)) => ours.as_str() == Some(text),
        (Kind::Bool, Value::Bool(truth)) => ours.as_bool() == Some(*truth),
        (Kind::Int | Kind::Float, Value::Number(number)) => match (ours.as_i64(), number.as_i64()) {
            (Some(ours), Some(server)) => ours == server,
            _ => ours.as_f64() == number.as_f64(),
        },
        (Kind::Mapping, Value::Object(map)) => ours.is_empty() && map.is_empty(),
        (Kind::Sequence, Value::Array(items)) => ours.is_empty() && items.is_empty(),
        (Kind::Null, Value::Null) => true,
        _ => false,
    }
}

fn is_empty(node: NodeRef<'_>) -> bool {
    match node.kind() {
        Kind::Null => true,
        Kind::Bool => node.as_bool() == Some(false),
        Kind::Int | Kind::Float => node.as_f64() == Some(0.0),
        Kind::String => node.as_str() == Some(""),
        // A list of nothing but empty things is none that anybody filled.
        Kind::Mapping => node.entries().all(|entry| is_empty(entry.value())),
        Kind::Sequence => node.is_empty(),
    }
}

/// Fields of type `resource.Quantity`.
fn is_quantity(pointer: &str) -> bool {
    let tokens: Vec<&str> = pointer.rsplit('/').take(2).collect();
    let maps = [
        "limits",
        "requests",
        "hard",
        "capacity",
        "allocatable",
        "max",
        "min",
        "default",
        "defaultRequest",
        "overhead",
        "podFixed",
    ];
    matches!(tokens[..], [_, parent] if maps.contains(&parent))
        || matches!(tokens[..], ["sizeLimit" | "divisor" | "averageValue" | "value" | "storage", _])
}

fn equal_quantities(ours: NodeRef<'_>, server: &str) -> bool {
    let ours = ours.text().and_then(|text| text.parse::<Quantity>().ok());
    ours.is_some() && ours == server.parse::<Quantity>().ok()
}

/// Equal as the server means it: numbers by value.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
