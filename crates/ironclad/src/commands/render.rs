//! `ironclad render PATH`: the objects as the API server would see them, in one JSON array or as YAML documents.

use super::{inputs, scan, settings};
use crate::args::{Global, Render};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_model::Object;
use ironclad_tree::{Kind, NodeRef};

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
    if json {
        out.push('[');
        for (index, object) in loaded.snapshot.objects().enumerate() {
            out.push_str(if index > 0 { ",\n" } else { "\n" });
            write_object(object, &mut out);
        }
        out.push_str("\n]\n");
    } else {
        for object in loaded.snapshot.objects() {
            let position = object.document().source().position(object.root().span().start);
            out.push_str("---\n# from ");
            out.push_str(&format!("{}:{}\n", object.source_name(), position.line));
            yaml(object.root(), 0, &mut out);
        }
    }
    output::print_raw(out.as_bytes())?;
    let mut exit = if scan::complain(&loaded.problems) { Exit::Incomplete } else { Exit::Clean };
    if loaded.snapshot.is_empty() && exit == Exit::Clean {
        output::note("error[input/nothing-scanned]: no Kubernetes object in the arguments");
        exit = Exit::Incomplete;
    }
    Ok(exit)
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
    let pad = " ".repeat(indent);
    match node.kind() {
        Kind::Mapping if !node.is_empty() => {
            for entry in node.entries() {
                out.push_str(&pad);
                out.push_str(&scalar_text(entry.key()));
                out.push(':');
                yaml_value(entry.value(), indent, out);
            }
        }
        Kind::Sequence if !node.is_empty() => {
            for item in node.items() {
                out.push_str(&pad);
                out.push('-');
                let nested = matches!(item.kind(), Kind::Mapping | Kind::Sequence) && !item.is_empty();
                if nested {
                    let mut text = String::new();
                    yaml(item, indent + 2, &mut text);
                    out.push(' ');
                    out.push_str(text.trim_start_matches(' '));
                } else {
                    out.push(' ');
                    out.push_str(&inline(item));
                    out.push('\n');
                }
            }
        }
        _ => {
            out.push_str(&pad);
            out.push_str(&inline(node));
            out.push('\n');
        }
    }
}

fn yaml_value(node: NodeRef<'_>, indent: usize, out: &mut String) {
    let nested = matches!(node.kind(), Kind::Mapping | Kind::Sequence) && !node.is_empty();
    if nested {
        out.push('\n');
        let deeper = if node.kind() == Kind::Mapping { indent + 2 } else { indent };
        yaml(node, deeper, out);
    } else {
        out.push(' ');
        out.push_str(&inline(node));
        out.push('\n');
    }
}

fn inline(node: NodeRef<'_>) -> String {
    match node.kind() {
        Kind::Mapping => "{}".to_owned(),
        Kind::Sequence => "[]".to_owned(),
        Kind::String => scalar_text(node.as_str().unwrap_or_default()),
        _ => {
            let mut json = String::new();
            node.write_json(&mut json);
            json
        }
    }
}

/// Plain where no reader of YAML 1.1 or 1.2 can take it for anything but this text, else JSON's double quotes.
fn scalar_text(text: &str) -> String {
    let plain_start = |c: char| c.is_ascii_alphabetic() || c == '/' || c == '_';
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
    let word = text.to_ascii_lowercase();
    let reserved = matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    if text.chars().next().is_some_and(plain_start) && text.chars().all(plain) && !reserved {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
