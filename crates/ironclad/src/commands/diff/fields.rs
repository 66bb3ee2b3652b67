//! Which fields of an object are different, and from what to what.
//!
//! Invariant: a value is shown as a snapshot would hold it, without what is secret in it.

use ironclad_model::Object;
use ironclad_tree::{Document, Kind as NodeKind, NodeRef};
use std::collections::BTreeSet;

/// Fields that a server writes.
const SERVERS_OWN: &[&str] = &[
    "/status",
    "/apiVersion",
    "/kind",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/managedFields",
    "/metadata/selfLink",
    "/metadata/annotations/deployment.kubernetes.io~1revision",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
];
/// Fields of one object that are named.
const MOST: usize = 50;
/// Characters of a value that are shown.
const WIDEST: usize = 60;

/// A field that is different.
pub(super) struct Change {
    /// As a JSON pointer whose list elements are named where they have names.
    pub(super) at: String,
    /// What it was; nothing where it was not there.
    pub(super) old: Option<String>,
    /// What it is; nothing where it is gone.
    pub(super) new: Option<String>,
}

/// A place in one object, and the same place in what may be shown of it.
#[derive(Clone, Copy)]
struct Spot<'n> {
    node: NodeRef<'n>,
    shown: Option<NodeRef<'n>>,
}

impl<'n> Spot<'n> {
    fn entry(self, key: &str, value: NodeRef<'n>) -> Spot<'n> {
        Spot { node: value, shown: self.shown.and_then(|shown| Some(shown.get_str(key)?.value())) }
    }

    fn item(self, index: usize, item: NodeRef<'n>) -> Spot<'n> {
        Spot { node: item, shown: self.shown.and_then(|shown| shown.items().nth(index)) }
    }

    /// The value in few characters.
    fn text(self) -> String {
        let Some(shown) = self.shown else { return String::new() };
        let mut text = String::new();
        match shown.as_str().map(str::lines) {
            Some(lines) if lines.clone().nth(1).is_some() => return format!("{} lines", lines.count()),
            _ => shown.write_json(&mut text),
        }
        match text.char_indices().nth(WIDEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

/// The fields of an object that are different. `old_shown` and `new_shown` are the objects without what is secret.
pub(super) fn changes(old: &Object, new: &Object, old_shown: &Document, new_shown: &Document) -> Vec<Change> {
    let mut found = Vec::new();
    let old = Spot { node: old.root(), shown: Some(old_shown.root()) };
    let new = Spot { node: new.root(), shown: Some(new_shown.root()) };
    let mut pending = vec![(String::new(), old, new)];
    while let Some((at, old_spot, new_spot)) = pending.pop() {
        let (old, new) = (old_spot.node, new_spot.node);
        if SERVERS_OWN.contains(&at.as_str()) || old.eq_value(new) {
            continue;
        }
        match (old.kind(), new.kind()) {
            (NodeKind::Mapping, NodeKind::Mapping) => {
                for entry in old.entries() {
                    let below = format!("{at}/{}", token(entry.key()));
                    match new.get_str(entry.key()) {
                        Some(other) => pending.push((
                            below,
                            old_spot.entry(entry.key(), entry.value()),
                            new_spot.entry(entry.key(), other.value()),
                        )),
                        None => push(&mut found, below, Some(old_spot.entry(entry.key(), entry.value())), None),
                    }
                }
                for entry in new.entries().filter(|entry| old.get_str(entry.key()).is_none()) {
                    let spot = new_spot.entry(entry.key(), entry.value());
                    push(&mut found, format!("{at}/{}", token(entry.key())), None, Some(spot));
                }
            }
            (NodeKind::Sequence, NodeKind::Sequence) if is_keyed(old) && is_keyed(new) => {
                let below = |item| format!("{at}[name={}]", key(item).unwrap_or_default());
                for (index, item) in old.items().enumerate() {
                    let spot = old_spot.item(index, item);
                    match new.items().enumerate().find(|(_, other)| key(*other) == key(item)) {
                        Some((index, other)) => pending.push((below(item), spot, new_spot.item(index, other))),
                        None => push(&mut found, below(item), Some(spot), None),
                    }
                }
                for (index, item) in new.items().enumerate() {
                    if !old.items().any(|other| key(other) == key(item)) {
                        push(&mut found, below(item), None, Some(new_spot.item(index, item)));
                    }
                }
                // The same elements in another order: variables may refer to those before them, init containers run in it.
                let order = |list: NodeRef<'_>| list.items().filter_map(key).map(str::to_owned).collect::<Vec<_>>();
                let sorted = |list: NodeRef<'_>| order(list).into_iter().collect::<BTreeSet<_>>();
                if sorted(old) == sorted(new) && order(old) != order(new) {
                    let names = |list| Some(format!("[{}]", order(list).join(", ")));
                    found.push(Change { at, old: names(old), new: names(new) });
                }
            }
            (NodeKind::Sequence, NodeKind::Sequence) if old.len() == new.len() => {
                let pairs = old.items().zip(new.items()).enumerate();
                pending.extend(pairs.map(|(index, (old, new))| {
                    (format!("{at}/{index}"), old_spot.item(index, old), new_spot.item(index, new))
                }));
            }
            _ if are_alike(old, new) => {}
            _ => {
                let (old, new) = (Some(old_spot.text()), Some(new_spot.text()));
                found.push(Change { at, old, new });
            }
        }
    }
    found.sort_by(|a, b| a.at.cmp(&b.at));
    found.truncate(MOST);
    found
}

/// Do the elements of a list have names, each its own? Then an element is the same one wherever it stands.
fn is_keyed(list: NodeRef<'_>) -> bool {
    let names: BTreeSet<&str> = list.items().filter_map(key).collect();
    !list.is_empty() && names.len() == list.len()
}

fn key<'n>(item: NodeRef<'n>) -> Option<&'n str> {
    item.get_str("name")?.value().as_str()
}

/// How a snapshot writes a secret that it hides; under a key of the user a dash and 32 hexadecimal digits follow.
const HIDDEN: &str = "ironclad-redacted";

/// Do two texts differ in nothing but what is hidden in them, and hidden without a key in one? Nobody can tell then whether
/// a secret changed, and that the key came is no change of the object.
fn are_alike(old: NodeRef<'_>, new: NodeRef<'_>) -> bool {
    let (Some(old), Some(new)) = (old.as_str(), new.as_str()) else { return false };
    if !old.contains(HIDDEN) || !new.contains(HIDDEN) {
        return false;
    }
    let ((old, old_keyed), (new, new_keyed)) = (without_codes(old), without_codes(new));
    old == new && !(old_keyed && new_keyed)
}

/// The text without the codes of its marks, and whether every mark has one.
fn without_codes(text: &str) -> (String, bool) {
    let mut parts = text.split(HIDDEN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut keyed = true;
    for part in parts {
        let code = part.strip_prefix('-').and_then(|rest| rest.get(..32));
        let code = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        keyed &= code.is_some();
        out.push_str(HIDDEN);
        out.push_str(code.map_or(part, |code| &part[code.len() + 1..]));
    }
    (out, keyed)
}

/// What is on one side only.
fn push(found: &mut Vec<Change>, at: String, old: Option<Spot<'_>>, new: Option<Spot<'_>>) {
    // `status: {}` and its like say nothing.
    let is_empty = |spot: &Spot<'_>| spot.node.is_null() || spot.node.text().is_none() && spot.node.is_empty();
    if !old.iter().chain(&new).any(is_empty) && !SERVERS_OWN.contains(&at.as_str()) {
        found.push(Change { at, old: old.map(Spot::text), new: new.map(Spot::text) });
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.old, &self.new) {
            // What is hidden is hidden alike.
            (Some(old), Some(new)) if old == new => write!(f, "{}: another, {new}", self.at),
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new}", self.at),
            (Some(old), None) => write!(f, "{}: gone, was {old}", self.at),
            (None, Some(new)) => write!(f, "{}: new, {new}", self.at),
            (None, None) => f.write_str(&self.at),
        }
    }
}

fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};

    #[test]
    fn marks_without_a_key_tell_no_change() {
        let code = |digit: &str| format!("{HIDDEN}-{}", digit.repeat(32));
        let alike = |old: &str, new: &str| {
            let text = format!("- \"{old}\"\n- \"{new}\"\n");
            let document = parse(&Source::new("t", text), &Limits::default()).documents.remove(0);
            let items: Vec<_> = document.root().items().collect();
            are_alike(items[0], items[1])
        };
        assert!(alike(HIDDEN, &code("a")) && alike(&format!("-p {} x", code("a")), &format!("-p {HIDDEN} x")));
        // Under a key it is known; and what stands around a mark is never hidden.
        assert!(!alike(&code("a"), &code("b")));
        assert!(!alike(HIDDEN, "plain") && !alike(&format!("-p {HIDDEN}"), &format!("-q {}", code("a"))));
    }
}
