//! `ironclad render PATH`: the objects as the API server would see them, in one JSON array or as YAML documents.

use super::{inputs, scan, settings};
use crate::args::{Global, Render};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_load::Loaded;
use ironclad_model::{Link, Object, Place, Role, Snapshot};
use ironclad_tree::{Kind, NodeId, NodeRef};
use std::sync::Arc;

/// Prints what was understood; what was not is on standard error, and makes the exit code 2.
pub(crate) fn run(arguments: &Render, global: &Global) -> anyhow::Result<Exit> {
    let json = match arguments.format.as_str() {
        "json" => true,
        "yaml" => false,
        other => {
            return Err(user_error(format!("`{other}` is not a format of this command"), "yaml or json".to_owned()));
        }
    };
    let version = inputs::version(&arguments.input)?.unwrap_or(settings::NEWEST);
    let request = inputs::request(&arguments.input, Vec::new(), version);
    let line = Line::start(global.quiet);
    let loaded = settings::in_pool(global, || ironclad_load::load(&request, line.reading()))?;
    drop(line);
    let mut out = String::new();
    if let Some(pointer) = &arguments.why {
        if why(&loaded.snapshot, pointer, json, &mut out) == 0 && !loaded.snapshot.is_empty() {
            return Err(user_error(
                format!("no object has a field at `{pointer}`"),
                "a pointer begins with `/` and counts from the object, as in `/spec/replicas`".to_owned(),
            ));
        }
    } else if json {
        out.push('[');
        for (index, object) in loaded.snapshot.objects().enumerate() {
            out.push_str(if index > 0 { ",\n" } else { "\n" });
            write_object(object, &mut out);
        }
        out.push_str("\n]\n");
    } else {
        for object in loaded.snapshot.objects() {
            let (source, span) = object.edited_at(&place(object.root().id()));
            out.push_str("---\n# from ");
            out.push_str(&format!("{}:{}\n", source.name(), source.position(span.start).line));
            yaml(object.root(), 0, &mut out);
        }
    }
    output::print_raw(out.as_bytes())?;
    if !global.quiet {
        notes(&loaded, global.verbose > 0);
    }
    let mut exit = if scan::complain(&loaded.problems) { Exit::Incomplete } else { Exit::Clean };
    if loaded.snapshot.is_empty() && exit == Exit::Clean {
        output::note("error[input/nothing-scanned]: no Kubernetes object in the arguments");
        exit = Exit::Incomplete;
    }
    Ok(exit)
}

/// What the objects do not show: what is not here, and what stands for something else.
fn notes(loaded: &Loaded, verbose: bool) {
    for not in loaded.not_followed.iter().filter(|_| verbose) {
        output::note(&format!("note: {}:{}: {} is not followed: {}", not.source, not.line, not.object, not.reason));
    }
    if !verbose && !loaded.not_followed.is_empty() {
        output::note("note: some objects deploy what is not in this tree, or not read (-v lists it)");
    }
    for chart in &loaded.stand_ins {
        let functions = chart.functions.join(", ");
        output::note(&format!(
            "note: {}: what {functions} give differs on every run; this is a stand-in",
            chart.source
        ));
    }
}

/// The place of a node as a whole.
fn place(node: NodeId) -> Place {
    Place { node, missing: Vec::new(), part: None }
}

/// The branches of templates that a chain goes through: what had to hold for the field to be printed.
fn conditions(chain: &[Link]) -> Vec<Link> {
    let mut all: Vec<Link> = Vec::new();
    for link in chain.iter().filter(|link| link.role == Role::Template) {
        for span in ironclad_load::branches(&link.source, link.span.start) {
            let branch = Link { source: Arc::clone(&link.source), span, role: Role::Template };
            if !all.iter().any(|known| known.is_same(&branch)) {
                all.push(branch);
            }
        }
    }
    all
}

/// Where the field at a pointer comes from, in every object that has it: from what printed it to what a person edits.
/// Returns in how many.
fn why(snapshot: &Snapshot, pointer: &str, json: bool, out: &mut String) -> usize {
    let mut answers = Vec::new();
    for object in snapshot.objects() {
        let Some(node) = object.root().at_pointer(pointer) else { continue };
        let place = place(node.id());
        let span = place.span(object.document());
        let mut chain = object.origins().map(|o| o.resolve(object.document(), &place, span)).unwrap_or_default();
        if chain.is_empty() {
            chain.push(Link { source: Arc::clone(object.document().source()), span, role: Role::Manifest });
        }
        let mut value = String::new();
        node.write_json(&mut value);
        let conditions = conditions(&chain);
        answers.push((object, value, chain, conditions));
    }
    if json {
        let all: Vec<serde_json::Value> = answers
            .iter()
            .map(|(object, value, chain, conditions)| {
                let shown = |link: &Link| {
                    let at = link.source.position(link.span.start);
                    serde_json::json!({"role": link.role.as_str(), "source": &**link.source.name(), "line": at.line, "column": at.column})
                };
                let links: Vec<serde_json::Value> = chain.iter().map(shown).collect();
                let conditions: Vec<serde_json::Value> = conditions.iter().map(shown).collect();
                let value: serde_json::Value = serde_json::from_str(value).unwrap_or_default();
                serde_json::json!({"object": object.identity().to_string(), "path": pointer, "value": value, "renderedFrom": links, "conditions": conditions})
            })
            .collect();
        out.push_str(&serde_json::Value::from(all).to_string());
        out.push('\n');
        return answers.len();
    }
    for (object, value, chain, conditions) in &answers {
        out.push_str(&format!("{}{pointer}: {}\n", object.identity(), clip(value)));
        let links = chain
            .iter()
            .enumerate()
            .map(|(index, link)| (if index + 1 == chain.len() { "edit" } else { "from" }, link));
        for (word, link) in conditions.iter().map(|link| ("when", link)).chain(links) {
            let at = link.source.position(link.span.start);
            let text = link.source.text();
            let cut = text.get(link.span.start as usize..link.span.end as usize).unwrap_or_default();
            out.push_str(&format!(
                "  {word} {}:{}:{} ({}) {}\n",
                link.source.name(),
                at.line,
                at.column,
                link.role.as_str(),
                clip(cut)
            ));
        }
    }
    answers.len()
}

/// The first line of a text, or as much of it as fits.
fn clip(text: &str) -> String {
    const MOST: usize = 80;
    let line = text.trim().lines().next().unwrap_or_default();
    if line.chars().count() <= MOST && line.len() == text.trim().len() {
        return line.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}

/// JSON of an object; items of typed lists say what their list implies.
fn write_object(object: &Object, out: &mut String) {
    let node = object.root();
    let has = |name: &str| node.get_str(name).is_some_and(|entry| !entry.value().is_null());
    if has("apiVersion") && has("kind") {
        node.write_json(out);
        return;
    }
    let mut inner = String::new();
    node.write_json(&mut inner);
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    out.push('{');
    let mut first = true;
    for (name, value) in [("apiVersion", object.api_version()), ("kind", object.kind_name())] {
        if !has(name) {
            out.push_str(if first { "" } else { "," });
            out.push_str(&format!("\"{name}\":{}", quote(value)));
            first = false;
        }
    }
    let rest = inner.trim_start_matches('{');
    out.push_str(if first || rest == "}" { "" } else { "," });
    out.push_str(rest);
}

/// Block YAML with every text that could be read as something else in quotes.
pub(crate) fn yaml(node: NodeRef<'_>, indent: usize, out: &mut String) {
    block(node, indent, false, out);
}

/// `follows`: the first line goes on behind a hyphen.
fn block(node: NodeRef<'_>, indent: usize, follows: bool, out: &mut String) {
    let pad = |first: bool, out: &mut String| {
        if !(first && follows) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match node.kind() {
        Kind::Mapping if !node.is_empty() => {
            for (index, entry) in node.entries().enumerate() {
                pad(index == 0, out);
                scalar_text(entry.key(), out);
                out.push(':');
                yaml_value(entry.value(), indent, out);
            }
        }
        Kind::Sequence if !node.is_empty() => {
            for (index, item) in node.items().enumerate() {
                pad(index == 0, out);
                out.push_str("- ");
                if is_nested(item) {
                    block(item, indent + 2, true, out);
                } else {
                    inline(item, out);
                    out.push('\n');
                }
            }
        }
        _ => {
            pad(true, out);
            inline(node, out);
            out.push('\n');
        }
    }
}

fn is_nested(node: NodeRef<'_>) -> bool {
    matches!(node.kind(), Kind::Mapping | Kind::Sequence) && !node.is_empty()
}

fn yaml_value(node: NodeRef<'_>, indent: usize, out: &mut String) {
    if is_nested(node) {
        out.push('\n');
        let deeper = if node.kind() == Kind::Mapping { indent + 2 } else { indent };
        block(node, deeper, false, out);
    } else {
        out.push(' ');
        inline(node, out);
        out.push('\n');
    }
}

fn inline(node: NodeRef<'_>, out: &mut String) {
    match node.kind() {
        Kind::Mapping => out.push_str("{}"),
        Kind::Sequence => out.push_str("[]"),
        Kind::String => scalar_text(node.as_str().unwrap_or_default(), out),
        _ => node.write_json(out),
    }
}

/// Plain where no reader of YAML 1.1 or 1.2 can take it for anything but this text, else JSON's double quotes.
fn scalar_text(text: &str, out: &mut String) {
    const RESERVED: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let plain_start = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@');
    let is_reserved = || text.len() <= 5 && RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text));
    if text.as_bytes().first().is_some_and(plain_start) && text.bytes().all(plain) && !is_reserved() {
        out.push_str(text);
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}
