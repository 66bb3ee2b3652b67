//! Is it Kubernetes? What a document without `apiVersion` and `kind` is depends on how it came here: found by walking,
//! it is counted and left alone; named by the user, it is an error that says what it looks like.

use ironclad_tree::{Document, Kind, NodeRef, Problem, Severity, Span, describe, f};

/// What a document is.
pub(crate) enum Class {
    /// An object or a list of objects.
    Object,
    /// Not Kubernetes, for this reason.
    Foreign(&'static str),
    /// Meant to be Kubernetes and is not.
    Bad(Problem),
}

/// Looks at the root of a document; `named` files are never foreign.
pub(crate) fn classify(document: &Document, named: bool) -> Class {
    let root = document.root();
    if root.kind() != Kind::Mapping {
        if !named {
            return Class::Foreign("no Kubernetes object (a list or a single value)");
        }
        let what = if root.kind() == Kind::Sequence { "a list" } else { "a single value" };
        return Class::Bad(error(
            "input/not-object",
            root.span(),
            format!("document is {what}, not an object"),
            "is it a patch, or a values file?",
        ));
    }
    let (kind, version) = (root.get(f::KIND), root.get(f::API_VERSION));
    // A list is taken apart before anybody asks for its version.
    let is_list = root.get(f::ITEMS).is_some_and(|e| matches!(e.value().kind(), Kind::Sequence | Kind::Null));
    if is_list && kind.is_some_and(|entry| entry.value().as_str().is_some_and(|kind| !kind.is_empty())) {
        return Class::Object;
    }
    if let (Some(kind), Some(version)) = (kind, version) {
        for (name, entry) in [("kind", kind), ("apiVersion", version)] {
            match entry.value().as_str() {
                Some("") | None => {
                    let found = describe(entry.value());
                    let message = format!("`{name}` is {found}, not a name");
                    return Class::Bad(error("input/type", entry.span(), message, "write it as a text"));
                }
                Some(_) => {}
            }
        }
        return Class::Object;
    }
    if kind.is_none() && version.is_none() && !named {
        // Kind: and ApiVersion: are somebody's slip, not somebody else's format.
        if misspelt(root).is_none() {
            return Class::Foreign("no Kubernetes object (neither `apiVersion` nor `kind`)");
        }
    }
    let missing = match (kind, version) {
        (None, None) => "neither `apiVersion` nor `kind`",
        (None, Some(_)) => "no `kind`",
        _ => "no `apiVersion`",
    };
    let hint = match misspelt(root) {
        Some((written, meant)) => format!("`{written}` is not `{meant}`: names are case-sensitive"),
        None => "is it a values file, a patch, or a fragment?".to_owned(),
    };
    let at = root.entries().next().map_or(root.span(), |entry| entry.key_span());
    Class::Bad(error("input/no-kind", at, format!("document has {missing}"), &hint))
}

/// List items that say neither themselves nor through their list what they are.
pub(crate) fn nameless_items(document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut pending = vec![document.root()];
    while let Some(list) = pending.pop() {
        let Some(items) = list.get(f::ITEMS).map(|entry| entry.value()) else { continue };
        let text =
            |node: NodeRef<'_>, symbol| node.get(symbol).and_then(|e| e.value().as_str()).unwrap_or_default().len();
        let named = list.get(f::KIND).is_some_and(|e| e.value().as_str().is_some_and(|kind| kind != "List"));
        let inherits = named && text(list, f::API_VERSION) > 0;
        for item in items.items() {
            if item.is_null() && !inherits {
                problems.push(error("input/no-kind", item.span(), "list item is null".to_owned(), "remove it"));
            }
            if item.kind() != Kind::Mapping {
                continue;
            }
            pending.push(item);
            let missing = match (text(item, f::KIND) > 0, text(item, f::API_VERSION) > 0) {
                (true, true) => continue,
                (false, false) if inherits => continue,
                (false, false) => "neither `apiVersion` nor `kind`",
                (true, false) => "no `apiVersion`",
                (false, true) => "no `kind`",
            };
            let at = item.entries().next().map_or(item.span(), |entry| entry.key_span());
            problems.push(error("input/no-kind", at, format!("list item has {missing}"), "say what it is"));
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

fn misspelt(root: NodeRef<'_>) -> Option<(&str, &'static str)> {
    root.entries().find_map(|entry| {
        let key = entry.key();
        ["apiVersion", "kind"]
            .into_iter()
            .find(|name| key.eq_ignore_ascii_case(name) && key != *name)
            .map(|name| (key, name))
    })
}

pub(crate) fn error(code: &'static str, span: Span, message: String, hint: &str) -> Problem {
    Problem { code, severity: Severity::Error, span, message, hint: Some(hint.to_owned()) }
}

/// Does a text that does not parse look as if it were meant for Kubernetes: a line that begins with `apiVersion:` or
/// `kind:`, or their JSON keys?
pub(crate) fn looks_like_kubernetes(text: &str) -> bool {
    text.split(['\n', '\r']).any(|line| {
        let trimmed = line.trim_start();
        let json = trimmed.trim_start_matches(['{', '[', ',', ' ']);
        line.starts_with("apiVersion:")
            || line.starts_with("kind:")
            || ["\"apiVersion\"", "\"kind\""]
                .iter()
                .any(|key| json.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')))
    })
}
