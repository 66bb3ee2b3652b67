//! Provenance is proven: one value changes where a node says that it is edited, everything is built again, and what
//! differs is what had that place in its chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod cases;

use cases::Case;
use ironclad_kustomize::Rendered;
use ironclad_model::{Link, Place};
use ironclad_testkit::{is_whole_patch, marked};
use ironclad_tree::{Document, Kind, NodeRef, Severity, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Which scalar of which object.
type At = (usize, String);

/// A scalar of the output: what it is, and its chain.
struct Found {
    value: String,
    kind: Kind,
    chain: Vec<(String, Span)>,
}

fn pointer(document: &Document, node: NodeRef<'_>) -> String {
    Place { node: node.id(), missing: Vec::new(), part: None }.pointer(document, document.root().id())
}

fn scalars(rendered: &Rendered, root: &str) -> BTreeMap<At, Found> {
    let mut all = BTreeMap::new();
    for (index, (document, origins)) in rendered.documents.iter().enumerate() {
        for node in document.nodes().filter(|node| !matches!(node.kind(), Kind::Mapping | Kind::Sequence)) {
            let place = Place { node: node.id(), missing: Vec::new(), part: None };
            let chain = origins.resolve(document, &place, place.span(document));
            let place = |link: &Link| (file_of(link.source.name(), root), link.span);
            let mut value = String::new();
            node.write_json(&mut value);
            let chain = chain.iter().map(place).collect();
            all.insert((index, pointer(document, node)), Found { value, kind: node.kind(), chain });
        }
    }
    all
}

/// Names of sources are relative to where the root is.
fn file_of(name: &str, root: &str) -> String {
    match root {
        "." => name.to_owned(),
        _ => name.trim_start_matches("../").to_owned(),
    }
}

/// The text with another value at the end of a span; none where that would be no value any more.
fn changed(text: &str, span: Span, kind: Kind) -> Option<String> {
    let (start, end) = (span.start as usize, span.end as usize);
    let shown = text.get(start..end)?.trim_end();
    let end = start + shown.len();
    if is_whole_patch(shown) {
        return None;
    }
    let mut out = text.to_owned();
    match kind {
        Kind::Bool if shown.ends_with("true") => out.replace_range(end - 4..end, "false"),
        Kind::Bool if shown.ends_with("false") => out.replace_range(end - 5..end, "true"),
        Kind::Int if shown.ends_with(|c: char| c.is_ascii_digit()) => out.insert(end, '1'),
        Kind::String if shown.ends_with(['"', '\'']) => out.insert(end - 1, 'z'),
        Kind::String if shown.ends_with(|c: char| c.is_ascii_alphanumeric()) => out.insert(end, 'z'),
        _ => return None,
    }
    Some(out)
}

/// Fields that say what an object is, or pick objects: when they change, other objects are meant.
fn is_identity(pointer: &str, text: &str) -> bool {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    matches!(
        last,
        "apiVersion"
            | "kind"
            | "name"
            | "namespace"
            | "containerPort"
            | "port"
            | "protocol"
            | "id"
            | "apiGroup"
            | "topologyKey"
    ) || last == "whenUnsatisfiable"
        || pointer.contains("/finalizers/")
        || pointer.contains("/labels/")
        || pointer.contains("/annotations/")
        || ["name", "kind", "path", "namePrefix", "nameSuffix", "$patch"].iter().any(|key| text.starts_with(key))
}

/// A name that ends in the hash of what changed.
fn is_hashed(value: &str) -> bool {
    let value = value.trim_matches('"');
    value.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 10 && hash.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// What a text of a file became: its place, its kind, and everywhere that it is said to have gone.
type Places = BTreeMap<(String, u32, u32), (Span, Kind, BTreeSet<At>)>;

fn try_all(case: &Case, tried: &mut usize, wrong: &mut Vec<String>) {
    let (before, _folder) = case.render();
    if before.problems.iter().any(|problem| problem.problem.severity == Severity::Error) {
        return;
    }
    let scalars_before = scalars(&before, &case.root);
    let mut places = Places::new();
    for (at, found) in &scalars_before {
        let Some((file, span)) = found.chain.last() else {
            wrong.push(format!("{}: {at:?} comes from nowhere", case.name));
            continue;
        };
        let entry = places.entry((file.clone(), span.start, span.end)).or_insert((*span, found.kind, BTreeSet::new()));
        entry.2.insert(at.clone());
    }
    for ((file, _, _), (span, kind, claimed)) in places {
        let Some(text) = case.files.get(&file) else {
            wrong.push(format!("{}: {file} is no file of the case", case.name));
            continue;
        };
        let shown = &text[span.start as usize..span.end as usize];
        if claimed.iter().any(|(_, pointer)| is_identity(pointer, shown)) {
            continue;
        }
        let Some(new) = changed(text, span, kind) else { continue };
        let mut other = case.clone();
        other.files.insert(file.clone(), new);
        let (after, _folder) = other.render();
        if after.problems.iter().any(|problem| problem.problem.severity == Severity::Error) {
            continue;
        }
        *tried += 1;
        let scalars_after = scalars(&after, &case.root);
        let differs =
            |at: &At| scalars_after.get(at).map(|found| &found.value) != scalars_before.get(at).map(|f| &f.value);
        for at in claimed.iter().filter(|at| !differs(at)) {
            wrong.push(format!(
                "{}: {at:?} says {file}:{}, `{shown}`, and is the same without it",
                case.name, span.start
            ));
        }
        let keys: BTreeSet<&At> = scalars_before.keys().chain(scalars_after.keys()).collect();
        for at in keys.into_iter().filter(|at| differs(at)) {
            let found = scalars_before.get(at).or_else(|| scalars_after.get(at)).unwrap();
            let has_place =
                found.chain.iter().any(|(name, link)| *name == file && link.start < span.end && span.start < link.end);
            if !has_place && !is_hashed(&found.value) {
                wrong.push(format!(
                    "{}: {at:?} changed with {file}:{}, `{shown}`, and does not say so",
                    case.name, span.start
                ));
            }
        }
    }
}

#[test]
fn a_changed_value_shows_where_provenance_says() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for case in cases::written() {
        try_all(&case, &mut tried, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 100, "only {tried} values were changed");
}

/// What decides which objects are meant changes more than what it says: but wherever its text goes, the chain leads back.
fn mark_all(case: &Case, tried: &mut usize, wrong: &mut Vec<String>) {
    let (before, _folder) = case.render();
    let scalars_before = scalars(&before, &case.root);
    let mut places: BTreeMap<(String, u32, u32), Kind> = BTreeMap::new();
    for found in scalars_before.values() {
        for (file, span) in &found.chain {
            places.entry((file.clone(), span.start, span.end)).or_insert(found.kind);
        }
    }
    for ((file, start, end), kind) in places {
        let Some(text) = case.files.get(&file) else { continue };
        let Some((new, mark)) = marked(text, start as usize..end as usize, kind == Kind::Int) else { continue };
        let mut other = case.clone();
        other.files.insert(file.clone(), new);
        let (after, _folder) = other.render();
        if after.problems.iter().any(|problem| problem.problem.severity == Severity::Error) {
            continue;
        }
        *tried += 1;
        let shown = &text[start as usize..end as usize];
        for (at, found) in scalars(&after, &case.root) {
            let here = |(name, span): &(String, Span)| *name == file && span.start <= start && start < span.end;
            let shows = found.value.contains(mark);
            if shows && !found.chain.iter().any(here) {
                wrong.push(format!("{}: {at:?} shows {file}:{start}, `{shown}`, and does not say so", case.name));
            }
            let same = scalars_before.get(&at).is_some_and(|old| old.value == found.value);
            // Of a text that is put together, or taken apart, the end may be no part.
            let value = found.value.trim_matches('"');
            let ends = shown.trim_end_matches(['"', '\'']).ends_with(value);
            if is_edited(&found, &file, start, end) && !shows && same && ends {
                wrong.push(format!("{}: {at:?} says {file}:{start}, `{shown}`, and does not show it", case.name));
            }
        }
    }
}

/// Is this place the one to edit?
fn is_edited(found: &Found, file: &str, start: u32, end: u32) -> bool {
    found.chain.last().is_some_and(|(name, span)| name == file && span.start == start && span.end <= end + 5)
}

#[test]
fn a_mark_in_a_value_leads_back_wherever_it_goes() {
    let (mut tried, mut wrong) = (0, Vec::new());
    // An alias is edited where it stands: what its anchor says is seen there.
    for case in cases::written().into_iter().filter(|case| case.name != "anchors and merges") {
        mark_all(&case, &mut tried, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 400, "only {tried} values were marked");
}
