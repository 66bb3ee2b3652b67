//! Open documents: their texts, kept in step with the editor's, and what is shown of them.
//!
//! A document is judged alone after each change, and with its folder when somebody pauses. In between, what only the
//! folder knew stays: findings that it added keep their place as the text around them moves, and those that it settled
//! (a waiver on the namespace) stay away.

use crate::shown::Shown;
use crate::{Encoding, Lines};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// An open document.
pub(crate) struct Document {
    pub(crate) text: Arc<str>,
    pub(crate) version: i64,
    /// The file; none for a document that has none yet.
    pub(crate) file: Option<PathBuf>,
    /// What it shows by itself; none while that is to be found out.
    pub(crate) alone: Option<Vec<Shown>>,
    /// What its folder has to say.
    pub(crate) folder: Folder,
}

/// What the last judgement of its folder says of a document.
#[derive(Default)]
pub(crate) enum Folder {
    /// Nothing: it was not judged yet, or does not read the document.
    #[default]
    Silent,
    /// All there is: the document is part of what is rendered, and means nothing by itself.
    Whole(Vec<Shown>),
    /// What is different from the document alone.
    Beside {
        /// What only the folder shows.
        added: Vec<Shown>,
        /// What only the document alone shows.
        settled: BTreeSet<(String, String)>,
    },
}

impl Document {
    pub(crate) fn new(text: Arc<str>, version: i64, file: Option<PathBuf>) -> Document {
        Document { text, version, file, alone: None, folder: Folder::default() }
    }

    /// Applies the changes of a notification, in order. A change without a range is the whole text.
    pub(crate) fn change(&mut self, changes: &[Value], encoding: Encoding) {
        for change in changes {
            let new = change["text"].as_str().unwrap_or_default();
            let range = &change["range"];
            let (start, end) = if range.is_null() {
                differing(&self.text, new)
            } else {
                let lines = Lines::new(&self.text);
                let (start, end) = (offset(&lines, &range["start"], encoding), offset(&lines, &range["end"], encoding));
                (start.min(end), start.max(end))
            };
            let length = if range.is_null() { new.len() - start - (self.text.len() - end) } else { new.len() };
            if range.is_null() {
                self.text = Arc::from(new);
            } else {
                let mut text = String::with_capacity(self.text.len() + new.len());
                text.push_str(&self.text[..start]);
                text.push_str(new);
                text.push_str(&self.text[end..]);
                self.text = Arc::from(text);
            }
            let (Folder::Whole(kept) | Folder::Beside { added: kept, .. }) = &mut self.folder else { continue };
            kept.retain_mut(|shown| shown.moved(start, end, length));
        }
        self.alone = None;
    }

    /// What its folder says, as of this text.
    pub(crate) fn settle(&mut self, shown: Vec<Shown>, is_rendered: bool) {
        if is_rendered {
            self.alone = Some(Vec::new());
            self.folder = Folder::Whole(shown);
            return;
        }
        let alone: BTreeSet<(String, String)> = self.alone.iter().flatten().map(Shown::key).collect();
        let whole: BTreeSet<(String, String)> = shown.iter().map(Shown::key).collect();
        let added = shown.into_iter().filter(|shown| !alone.contains(&shown.key())).collect();
        self.folder = Folder::Beside { added, settled: alone.difference(&whole).cloned().collect() };
    }

    /// What to show now, in the order of the text.
    pub(crate) fn shown(&self) -> Vec<&Shown> {
        let alone = self.alone.iter().flatten();
        let mut all: Vec<&Shown> = match &self.folder {
            Folder::Silent => alone.collect(),
            Folder::Whole(shown) => shown.iter().collect(),
            Folder::Beside { added, settled } => {
                // Where the document has learned to say it by itself, it says it.
                let own: Vec<&Shown> = alone.filter(|shown| !settled.contains(&shown.key())).collect();
                let known: BTreeSet<(String, String)> = own.iter().map(|shown| shown.key()).collect();
                let added = added.iter().filter(|shown| !known.contains(&shown.key()));
                own.iter().copied().chain(added).collect()
            }
        };
        all.sort_by_key(|shown| (shown.span.start, shown.span.end));
        all
    }

    /// Does it mean nothing without its folder?
    pub(crate) fn is_rendered(&self) -> bool {
        matches!(self.folder, Folder::Whole(_))
    }
}

/// The bytes of the old text that the new one does not begin or end with.
fn differing(old: &str, new: &str) -> (usize, usize) {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let most = a.len().min(b.len()) - start;
    let tail = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
    (start, a.len() - tail)
}

/// The byte offset of a position of the protocol.
pub(crate) fn offset(lines: &Lines<'_>, position: &Value, encoding: Encoding) -> usize {
    let number = |key: &str| position[key].as_u64().unwrap_or(0) as usize;
    lines.offset(number("line"), number("character"), encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_model::Severity;
    use ironclad_tree::Span;
    use serde_json::json;

    #[test]
    fn changes_are_applied_in_order() {
        let mut document = Document::new(Arc::from("a: 𝄞x\r\nb: 2\r\n"), 1, None);
        document.alone = Some(vec![]);
        let at = |line: u32, character: u32| json!({"line": line, "character": character});
        document.change(
            &[
                json!({"range": {"start": at(0, 5), "end": at(0, 6)}, "text": "y"}),
                json!({"range": {"start": at(1, 0), "end": at(2, 0)}, "text": ""}),
                json!({"range": {"start": at(9, 9), "end": at(9, 9)}, "text": "c: 3\n"}),
                // The wrong way round is read the right way round.
                json!({"range": {"start": at(0, 1), "end": at(0, 0)}, "text": "A"}),
            ],
            Encoding::Utf16,
        );
        assert_eq!(&*document.text, "A: 𝄞y\r\nc: 3\n");
        assert!(document.alone.is_none());
        document.change(&[json!({"text": "whole"}), json!({})], Encoding::Utf16);
        assert_eq!(&*document.text, "");
    }

    fn finding(code: &str, start: u32, end: u32) -> Shown {
        Shown {
            span: Span { start, end },
            code: code.to_owned(),
            severity: Severity::High,
            message: String::new(),
            label: None,
            anchor: Some(start),
            fixes: Vec::new(),
            related: Vec::new(),
            fingerprint: code.to_owned(),
        }
    }

    fn codes(document: &Document) -> Vec<(&str, u32, u32)> {
        document.shown().iter().map(|shown| (shown.code.as_str(), shown.span.start, shown.span.end)).collect()
    }

    #[test]
    fn what_the_folder_knows_moves_with_the_text() {
        let mut document = Document::new(Arc::from("kind: A\nspec: {x: 1}\n"), 1, None);
        document.alone = Some(vec![finding("waived-elsewhere", 0, 4), finding("own", 0, 4)]);
        document.settle(vec![finding("own", 0, 4), finding("joined", 15, 19)], false);
        assert_eq!(codes(&document), [("own", 0, 4), ("joined", 15, 19)]);
        let at = |line: u32, character: u32| json!({"line": line, "character": character});
        document.change(&[json!({"range": {"start": at(0, 0), "end": at(0, 0)}, "text": "# é\n"})], Encoding::Utf16);
        // Alone, it is judged anew.
        document.alone = Some(vec![finding("waived-elsewhere", 5, 9), finding("own", 5, 9)]);
        assert_eq!(codes(&document), [("own", 5, 9), ("joined", 20, 24)]);
        // The whole text at once is compared.
        document.change(&[json!({"text": "# é\nkind: Abc\nspec: {x: 1}\n"})], Encoding::Utf16);
        assert_eq!(codes(&document), [("joined", 22, 26)]);
        // An edit inside stretches it; one over all of it takes it away.
        document.change(&[json!({"range": {"start": at(2, 8), "end": at(2, 9)}, "text": "yyy"})], Encoding::Utf16);
        assert_eq!(codes(&document), [("joined", 22, 28)]);
        document.change(&[json!({"range": {"start": at(2, 0), "end": at(3, 0)}, "text": ""})], Encoding::Utf16);
        assert_eq!(codes(&document), []);
    }

    #[test]
    fn what_is_rendered_has_only_its_folder() {
        let mut document = Document::new(Arc::from("a: {{ b }}\n"), 1, None);
        document.alone = Some(vec![finding("template", 0, 1)]);
        document.settle(vec![finding("rendered", 0, 10)], true);
        assert!(document.is_rendered());
        assert_eq!(codes(&document), [("rendered", 0, 10)]);
    }
}
