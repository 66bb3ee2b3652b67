//! ConfigMaps and Secrets from literals, files and lists of variables, and the suffix of their names.

use crate::build::Build;
use crate::kustomization::Fault;
use crate::loader::Folder;
use crate::node::{Data, Node};
use crate::path::create;
use crate::resource::{Behavior, Resource};
use crate::scalar::{Scalar, Tag, write_string};
use crate::trail::Trail;
use ironclad_model::Role;
use ironclad_tree::{Source, Span};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What is generated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    ConfigMap,
    Secret,
}

/// A key, its bytes, and where they come from.
type Pair = (String, Vec<u8>, Trail);

/// Makes the object of an entry of `configMapGenerator` or `secretGenerator`.
pub(crate) fn generate(
    build: &mut Build<'_>,
    folder: &Folder,
    entry: &Node,
    shared: Option<&Node>,
    made: Made,
) -> Result<Resource, Fault> {
    let trail = entry.trail.with_role(Role::Generator);
    let of = |key: &str| entry.get(key).filter(|node| node.text().is_some_and(|text| !text.is_empty()));
    let meta = |key: &str| entry.get("metadata").and_then(|meta| meta.get(key));
    let kind = if made == Made::ConfigMap { "ConfigMap" } else { "Secret" };
    let name = of("name").or(meta("name")).ok_or_else(|| Fault::on(&trail, "a generated object needs a name"))?;
    let mut node = Node::map(&trail);
    node.set("apiVersion", Node::string("v1", &trail));
    node.set("kind", Node::string(kind, &trail));
    let moved = |node: &Node| {
        let mut node = node.clone();
        node.trail = node.trail.with_role(Role::Generator);
        node
    };
    if let Some(metadata) = node.child_map("metadata", &trail) {
        metadata.set("name", moved(name));
        if let Some(namespace) = of("namespace").or(meta("namespace")) {
            metadata.set("namespace", moved(namespace));
        }
    }
    if made == Made::Secret {
        node.set("type", of("type").map_or_else(|| Node::string("Opaque", &trail), &moved));
    }
    let mut pairs = pairs(build, folder, entry)?;
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some([twice, _]) = pairs.windows(2).find(|two| matches!(two, [a, b] if a.0 == b.0)) {
        return Err(Fault::on(&twice.2, format!("key `{}` is given twice", twice.0)));
    }
    if made == Made::Secret {
        node.set("data", Node::map(&trail));
    }
    for (key, bytes, trail) in pairs {
        let (field, text) = match String::from_utf8(bytes) {
            Ok(text) if made == Made::ConfigMap => ("data", text),
            Ok(text) => ("data", encode(text.as_bytes())),
            Err(error) if made == Made::ConfigMap => ("binaryData", encode(error.as_bytes())),
            Err(error) => ("data", encode(error.as_bytes())),
        };
        if let Some(map) = node.child_map(field, &entry.trail.with_role(Role::Generator)) {
            map.set(&key, Node::string(text, &trail));
        }
    }
    let own = entry.get("options").filter(|options| !options.is_null());
    let options: Vec<&Node> = own.into_iter().chain(shared).collect();
    for field in ["labels", "annotations"] {
        // Those of the entry win over those of all generators.
        let mut all: Vec<(String, Node)> = Vec::new();
        for (key, value) in options.iter().filter_map(|options| options.get(field)).flat_map(Node::entries) {
            if !all.iter().any(|(known, _)| known == key) {
                all.push((key.clone(), value.clone()));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, value) in all {
            let place = value.trail.with_role(Role::Generator);
            if let Some(map) = create(&mut node, &["metadata", field], crate::node::Shape::Map, &place) {
                map.set(&key, Node::string(value.text().unwrap_or_default(), &place));
            }
        }
    }
    let flag = |key: &str| options.iter().any(|options| options.get(key).and_then(Node::as_bool) == Some(true));
    if flag("immutable") {
        let value = Scalar { text: "true".to_owned(), tag: Tag::Bool, quoted: false };
        node.set("immutable", Node::scalar(value, &trail));
    }
    let mut resource = Resource::new(node);
    // Options of all generators reach only generators with options, or none: kustomize merges them first.
    resource.needs_hash = !flag("disableNameSuffixHash");
    resource.behavior = match of("behavior").and_then(Node::text) {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    };
    Ok(resource)
}

fn pairs(build: &mut Build<'_>, folder: &Folder, entry: &Node) -> Result<Vec<Pair>, Fault> {
    let mut all = Vec::new();
    let list = |key: &str| entry.get(key).map(Node::items).unwrap_or_default();
    let env = entry.get("env").filter(|env| env.text().is_some_and(|text| !text.is_empty()));
    for file in list("envs").iter().chain(env) {
        let on = |message| Fault::on(&file.trail, message);
        let path = file.text().unwrap_or_default();
        let (bytes, source) = folder.load_bytes(path, &mut build.store).map_err(on)?;
        let text = String::from_utf8(bytes).map_err(|_| on(format!("`{path}` is not UTF-8")))?;
        variables(&text, &source, &file.trail, &mut all);
    }
    for literal in list("literals") {
        let text = literal.text().unwrap_or_default();
        let bad = || Fault::on(&literal.trail, format!("literal `{}` is not `key=value`", crate::build::clip(text)));
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(bad)?;
        all.push((key.to_owned(), unquoted(value).as_bytes().to_vec(), literal.trail.with_role(Role::Generator)));
    }
    for file in list("files") {
        let on = |message| Fault::on(&file.trail, message);
        let text = file.text().unwrap_or_default();
        let (key, path) = match *text.split('=').collect::<Vec<_>>().as_slice() {
            [path] => (path.rsplit('/').next().unwrap_or(path), path),
            ["", path] => return Err(on(format!("file `{path}` has an empty key"))),
            [key, ""] => return Err(on(format!("key `{key}` has no file"))),
            [key, path] => (key, path),
            _ => return Err(on(format!("`{text}` holds more than one `=`"))),
        };
        let (bytes, source) = folder.load_bytes(path, &mut build.store).map_err(on)?;
        let span = Span { start: 0, end: source.text().len() as u32 };
        let place = Trail::at(&source, span, Span { start: 0, end: 0 }, Role::Generator);
        all.push((key.to_owned(), bytes, place.over(&file.trail)));
    }
    Ok(all)
}

/// Lines `NAME=value` of a file.
fn variables(text: &str, source: &Arc<Source>, trail: &Trail, out: &mut Vec<Pair>) {
    let mut at = source.text().len() - text.trim_start_matches('\u{FEFF}').len().min(source.text().len());
    for line in text.trim_start_matches('\u{FEFF}').split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let own = line.trim_start();
        if own.is_empty() || own.starts_with('#') {
            continue;
        }
        let (key, value) = own.split_once('=').unwrap_or((own, ""));
        if key.is_empty() {
            continue;
        }
        let span = Span { start: start as u32, end: (start + line.len()) as u32 };
        let place = Trail::at(source, span, span, Role::Generator);
        out.push((key.to_owned(), value.as_bytes().to_vec(), place.over(trail)));
    }
}

fn unquoted(text: &str) -> &str {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.and_then(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text)
}

/// Base64 in lines of 70 characters where it takes more than one, as kyaml writes it.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const LINE: usize = 70;
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4 + bytes.len() / 48);
    let total = bytes.len().div_ceil(3) * 4;
    let mut written = 0;
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4_usize {
            let digit = DIGITS.get((bits >> (18 - 6 * index) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if index <= group.len() { digit as char } else { '=' });
            written += 1;
            if total >= LINE && (written % LINE == 0 || written == total) {
                out.push('\n');
            }
        }
    }
    out
}

/// Joins the data of an object with that of the one that it is merged into.
pub(crate) fn merge_data(new: &mut Resource, old: &Resource) -> Result<(), String> {
    let mut old_data = old.node.clone();
    if new.kind() == "Secret" && new.api_version() == "v1" {
        let plain = old_data.remove("stringData");
        for (key, value) in plain.iter().flat_map(Node::entries) {
            let text = value.text().ok_or_else(|| format!("`stringData.{key}` is no text"))?;
            let encoded = Node::string(encode(text.as_bytes()), &value.trail);
            if let Some(data) = old_data.child_map("data", &value.trail) {
                data.set(key, encoded);
            }
        }
    }
    // Whether a value is text or not, its text decides: what was data may become binaryData.
    for field in ["data", "binaryData"] {
        let mut all: Vec<(String, Node)> = Vec::new();
        let own = new.node.remove(field);
        let trail = own.as_ref().map_or_else(|| old.node.trail.clone(), |own| own.trail.clone());
        for (key, value) in old_data.get(field).into_iter().chain(own.as_ref()).flat_map(Node::entries) {
            let text = if value.is_null() { "" } else { value.text().unwrap_or_default() };
            let fresh = Node::string(text, &value.trail);
            match all.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => known.replace(fresh),
                None => all.push((key.clone(), fresh)),
            }
        }
        if all.is_empty() {
            continue;
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        new.node.set(field, Node { data: Data::Map(all), trail });
    }
    Ok(())
}

/// The suffix of a generated name (`api/hasher`).
pub(crate) fn hash(resource: &Resource) -> Result<String, String> {
    let node = &resource.node;
    let field = |key: &str| match node.get(key).map(|value| (&value.data, value)) {
        None => "\"\"".to_owned(),
        Some((Data::Scalar(scalar), _)) => {
            let mut out = String::new();
            write_string(&scalar.text, &mut out);
            out
        }
        Some((Data::List(_), _)) => "null".to_owned(),
        Some((Data::Map(_), value)) => {
            let mut out = String::new();
            value.write_json(true, &mut out);
            out
        }
    };
    let is_map = |key: &str| matches!(node.get(key), Some(Node { data: Data::Map(_), .. }));
    // The name is looked up by a path that no object has, so it is always empty.
    let text = match resource.kind() {
        "ConfigMap" => {
            let binary =
                if is_map("binaryData") { format!("\"binaryData\":{},", field("binaryData")) } else { String::new() };
            format!("{{{binary}\"data\":{},\"kind\":\"ConfigMap\",\"name\":\"\"}}", field("data"))
        }
        "Secret" => {
            let plain =
                if is_map("stringData") { format!("\"stringData\":{},", field("stringData")) } else { String::new() };
            format!(
                "{{\"data\":{},\"kind\":\"Secret\",\"name\":\"\",{plain}\"type\":{}}}",
                field("data"),
                field("type")
            )
        }
        other => return Err(format!("the name of a {other} cannot get a suffix")),
    };
    let digest = Sha256::digest(go_escaped(&text).as_bytes());
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let swap = |c: char| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    Ok(hex.chars().map(swap).collect())
}

/// Go's JSON escapes what HTML would read, and writes other characters as they are.
fn go_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            other => out.push(other),
        }
    }
    // Our own writer escapes a few that Go does not.
    for (ours, go) in [("\\u007f", "\u{7F}"), ("\\ufeff", "\u{FEFF}")] {
        out = out.replace(ours, go);
    }
    for code in 0x80..=0x9F_u32 {
        if let Some(c) = char::from_u32(code) {
            out = out.replace(&format!("\\u{code:04x}"), &c.to_string());
        }
    }
    out.replace("\\u0008", "\\b").replace("\\u000c", "\\f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_breaks_long_lines() {
        assert_eq!(encode(b"hello"), "aGVsbG8=");
        let long = encode(&[b'x'; 100]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 66]);
        assert!(long.ends_with('\n'));
    }
}
