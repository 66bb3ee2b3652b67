//! Paths into objects: `/`-separated ones of field specifications, `.`-separated ones of replacements and variables.

use crate::node::{Data, Node, Shape};
use crate::scalar::Scalar;
use crate::trail::Trail;

/// Parts of a path; a backslash before the delimiter keeps it (kyaml's `PathSplitter`).
pub(crate) fn split(path: &str, delimiter: char) -> Vec<String> {
    let mut parts: Vec<&str> = path.split(delimiter).collect();
    if parts.len() > 1 && parts.first() == Some(&"") {
        parts.remove(0);
    }
    let mut out: Vec<String> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
    }
    out
}

/// The same, and brackets keep what they hold together (kyaml's `SmarterPathSplitter`).
pub(crate) fn split_brackets(path: &str, delimiter: char) -> Vec<String> {
    let mut out = Vec::new();
    let mut parts = split(path, delimiter).into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            out.push(part);
            continue;
        }
        let mut whole = part;
        for next in parts.by_ref() {
            whole.push(delimiter);
            whole.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        out.push(if whole.contains('=') { whole } else { whole.trim_matches(['[', ']']).to_owned() });
    }
    out
}

/// `[name=value]`
pub(crate) fn selector(part: &str) -> Option<Result<(&str, &str), String>> {
    let inner = part.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split_once('=').ok_or_else(|| format!("`{part}` selects no item: write `[field=value]`")))
}

pub(crate) fn index(part: &str) -> Option<usize> {
    part.trim_start_matches('+').parse().ok().filter(|_| !part.is_empty())
}

/// The part of an object at a path (kyaml's `PathGetter`); none where a part is missing.
pub(crate) fn look_up<'n>(node: &'n Node, path: &[String]) -> Result<Option<&'n Node>, String> {
    let mut at = node;
    for part in path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        if at.is_null() {
            return Ok(None);
        }
        let next = if let Some(number) = index(part) {
            expect(at, Shape::List)?;
            at.items().get(number)
        } else if part == "-" {
            expect(at, Shape::List)?;
            at.items().last()
        } else if part == "*" {
            return Err("`*` cannot be used here".to_owned());
        } else if let Some(found) = selector(part) {
            let (name, value) = found?;
            expect(at, Shape::List)?;
            at.items().iter().find(|item| selects(item, name, value))
        } else {
            expect(at, Shape::Map)?;
            at.get(part)
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The steps that [`look_up`] takes, as indices, so that a caller can go there with the right to change.
pub(crate) fn look_up_mut<'n>(node: &'n mut Node, path: &[String]) -> Result<Option<&'n mut Node>, String> {
    if look_up(node, path)?.is_none() {
        return Ok(None);
    }
    let mut at = node;
    for part in path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let next = match &mut at.data {
            Data::List(items) => {
                if let Some(number) = index(part) {
                    items.get_mut(number)
                } else if part == "-" {
                    items.last_mut()
                } else {
                    let Some(Ok((name, value))) = selector(part) else { return Ok(None) };
                    items.iter_mut().find(|item| selects(item, name, value))
                }
            }
            Data::Map(entries) => entries.iter_mut().find(|(key, _)| key == part).map(|(_, value)| value),
            Data::Scalar(_) => None,
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

fn selects(item: &Node, name: &str, value: &str) -> bool {
    if name.is_empty() { item.text() == Some(value) } else { item.get(name).and_then(Node::text) == Some(value) }
}

pub(crate) fn expect(node: &Node, shape: Shape) -> Result<(), String> {
    if node.is_null() || node.shape() == shape {
        return Ok(());
    }
    Err(format!("{} stands where {} is expected", node.shape().words(), shape.words()))
}

/// Makes the mappings of a path, and a field of the wanted shape at its end.
pub(crate) fn create<'n>(node: &'n mut Node, path: &[&str], shape: Shape, trail: &Trail) -> Option<&'n mut Node> {
    let (last, front) = path.split_last()?;
    let mut at = node;
    for part in front {
        at = at.child_map(part, trail)?;
    }
    if at.get(last).is_none() {
        at.set(last, Node::empty(shape, trail));
    }
    at.get_mut(last)
}

/// A text or number as a new scalar without a type of its own.
pub(crate) fn open(text: &str, trail: &Trail) -> Node {
    Node::scalar(Scalar::open(text), trail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_as_kyaml_splits_them() {
        assert_eq!(split(r"a/b\/c/d", '/'), ["a", "b/c", "d"]);
        assert_eq!(split("/a/b", '/'), ["a", "b"]);
        assert_eq!(split_brackets("spec.[name=a.b].image", '.'), ["spec", "[name=a.b]", "image"]);
        assert_eq!(
            split_brackets("metadata.annotations.[config.io/x].y", '.'),
            ["metadata", "annotations", "config.io/x", "y"]
        );
    }
}
