//! What a generator made of a text that is edited: the text is in it as a whole, its name may end in a hash of that, and
//! others refer to that name. Nothing else about these objects may change.

use super::Held;
use crate::value::Value;
use ironclad_tree::Document;

/// Differences that come of edited texts, and of nothing else.
pub(super) struct Generated<'a> {
    /// Texts of files, as they were and as they are.
    edited: Vec<(&'a str, &'a str)>,
    /// Names with a hash, as they were and as they are.
    names: Vec<(String, String)>,
}

impl<'a> Generated<'a> {
    /// The names that change among objects which hold an edited text.
    pub(super) fn of(edited: Vec<(&'a str, &'a str)>, old: &[Held], new: &[Held]) -> Generated<'a> {
        let mut generated = Generated { edited, names: Vec::new() };
        let renamed: Vec<(String, String)> = old
            .iter()
            .zip(new)
            .filter(|(old, _)| !old.is_file)
            .filter_map(|(old, new)| generated.renamed(&old.document, &new.document))
            .collect();
        generated.names = renamed;
        generated
    }

    fn renamed(&self, old: &Document, new: &Document) -> Option<(String, String)> {
        let text = |document: &Document, path: &[&str]| -> Option<String> {
            let node = path.iter().try_fold(document.root(), |node, name| Some(node.get_str(name)?.value()))?;
            node.as_str().map(str::to_owned)
        };
        let data = |document: &Document| Value::of(document.root().get_str("data")?.value());
        let kind =
            text(old, &["kind"]).filter(|kind| kind == "ConfigMap" && text(new, &["kind"]).as_ref() == Some(kind));
        kind?;
        let (before, after) = (text(old, &["metadata", "name"])?, text(new, &["metadata", "name"])?);
        let same_stem = stem(&before).is_some_and(|own| stem(&after) == Some(own));
        (before != after && same_stem && self.same(&data(old)?, &data(new)?)).then_some((before, after))
    }

    /// Do two objects differ in nothing but what comes of the texts?
    pub(super) fn allows(&self, old: &Document, new: &Document) -> bool {
        Value::of(old.root()).zip(Value::of(new.root())).is_some_and(|(old, new)| self.same(&old, &new))
    }

    fn same(&self, old: &Value, new: &Value) -> bool {
        match (old, new) {
            (Value::Text(old), Value::Text(new)) => {
                old == new
                    || self.edited.iter().any(|(before, after)| old == before && new == after)
                    || self.names.iter().any(|(before, after)| old == before && new == after)
            }
            (Value::List(old), Value::List(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.same(old, new))
            }
            (Value::Map(old), Value::Map(new)) => {
                let other = |key: &str| new.iter().find(|(name, _)| name == key).map(|(_, value)| value);
                old.len() == new.len() && old.iter().all(|(key, old)| other(key).is_some_and(|new| self.same(old, new)))
            }
            (old, new) => old == new,
        }
    }
}

/// A name without the hash of kustomize at its end.
fn stem(name: &str) -> Option<&str> {
    let (stem, hash) = name.rsplit_once('-')?;
    (hash.len() == 10 && hash.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};
    use std::sync::Arc;

    fn held(text: &str) -> Held {
        let parsed = parse(&Source::new("kustomization.yaml", text), &Limits::default());
        let document = parsed.documents.into_iter().next().unwrap();
        Held { unit: String::new(), document: Arc::new(document), is_file: false, origins: None }
    }

    #[test]
    fn a_name_changes_with_its_text_and_with_nothing_else() {
        let map = |name: &str, data: &str, more: &str| {
            held(&format!("kind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{v: {data}, w: {more}}}\n"))
        };
        let user = |name: &str| held(&format!("kind: HelmRelease\nspec: {{from: {name}}}\n"));
        let old = [map("a-0123456789", "one", "same"), user("a-0123456789")];
        let good = [map("a-abcdefghij", "two", "same"), user("a-abcdefghij")];
        let generated = Generated::of(vec![("one", "two")], &old, &good);
        assert!(old.iter().zip(&good).all(|(old, new)| generated.allows(&old.document, &new.document)));
        for (bad, at) in [
            ([map("b-abcdefghij", "two", "same"), user("b-abcdefghij")], 0),
            ([map("a-abcdefghij", "three", "same"), user("a-abcdefghij")], 1),
            ([map("a-abcdefghij", "two", "other"), user("a-abcdefghij")], 1),
            ([map("a-abcdefghij", "two", "same"), user("a-zbcdefghij")], 1),
        ] {
            let generated = Generated::of(vec![("one", "two")], &old, &bad);
            assert!(!generated.allows(&old[at].document, &bad[at].document));
        }
    }
}
