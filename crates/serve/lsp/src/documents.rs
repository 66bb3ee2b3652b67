//! Open documents: their texts, kept in step with the editor's, and what is shown of them.

use crate::shown::Shown;
use crate::{Encoding, Lines};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// An open document.
pub(crate) struct Document {
    pub(crate) text: Arc<str>,
    pub(crate) version: i64,
    /// The file; none for a document that has none yet.
    pub(crate) file: Option<PathBuf>,
    /// What is shown, and of which version; none while it is to be judged.
    pub(crate) shown: Option<Vec<Shown>>,
}

impl Document {
    /// Applies the changes of a notification, in order. A change without a range is the whole text.
    pub(crate) fn change(&mut self, changes: &[Value], encoding: Encoding) {
        for change in changes {
            let new = change["text"].as_str().unwrap_or_default();
            let range = &change["range"];
            if range.is_null() {
                self.text = Arc::from(new);
                continue;
            }
            let lines = Lines::new(&self.text);
            let (start, end) = (offset(&lines, &range["start"], encoding), offset(&lines, &range["end"], encoding));
            let (start, end) = (start.min(end), start.max(end));
            let mut text = String::with_capacity(self.text.len() + new.len());
            text.push_str(&self.text[..start]);
            text.push_str(new);
            text.push_str(&self.text[end..]);
            self.text = Arc::from(text);
        }
        self.shown = None;
    }
}

/// The byte offset of a position of the protocol.
pub(crate) fn offset(lines: &Lines<'_>, position: &Value, encoding: Encoding) -> usize {
    let number = |key: &str| position[key].as_u64().unwrap_or(0) as usize;
    lines.offset(number("line"), number("character"), encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_applied_in_order() {
        let mut document =
            Document { text: Arc::from("a: 𝄞x\r\nb: 2\r\n"), version: 1, file: None, shown: Some(vec![]) };
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
        assert!(document.shown.is_none());
        document.change(&[json!({"text": "whole"}), json!({})], Encoding::Utf16);
        assert_eq!(&*document.text, "");
    }
}
