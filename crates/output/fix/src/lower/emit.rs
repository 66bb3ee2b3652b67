//! Values that change and values that come.

use super::Work;
use crate::print::{flow, inline, scalar};
use crate::refuse::Refusal;
use crate::value::Value;
use ironclad_tree::{Kind, NodeRef, Style};

impl<'a> Work<'a> {
    pub(super) fn emit(&mut self) -> Result<(), Refusal> {
        for (id, value) in std::mem::take(&mut self.sets) {
            self.replace(self.node(id), &value)?;
        }
        for (id, value) in std::mem::take(&mut self.inserts) {
            let node = self.node(id);
            match (&value, node.kind(), node.style()) {
                (_, Kind::Null, _) => self.replace(node, &value)?,
                (Value::Map(entries), _, Style::Block) => self.add_lines(node, &Value::Map(entries.clone()))?,
                (Value::Map(entries), ..) => self.add_in_brackets(node, entries.iter().map(|(k, v)| (Some(k), v)))?,
                _ => return Err(Refusal::shape("a field is wanted below what is no mapping")),
            }
        }
        for (id, values) in std::mem::take(&mut self.appends) {
            let node = self.node(id);
            if node.style() == Style::Block {
                self.add_lines(node, &Value::List(values))?;
            } else {
                self.add_in_brackets(node, values.iter().map(|value| (None, value)))?;
            }
        }
        for (id, key) in std::mem::take(&mut self.renames) {
            self.rename(self.node(id), &key);
        }
        Ok(())
    }

    fn rename(&mut self, node: NodeRef<'_>, key: &str) {
        let Some(entry) = self.document.entry_of(node.id()) else { return };
        let span = entry.key_span();
        let (start, end) = (span.start as usize, span.end as usize);
        let style = match self.lines.text.as_bytes().get(start) {
            Some(b'"') => Style::DoubleQuoted,
            Some(b'\'') => Style::SingleQuoted,
            _ => Style::Plain,
        };
        let in_flow = self.context(node.id()) != Style::Block;
        self.push(start, end, scalar(key, style, in_flow), 0);
    }

    /// One value in the place of another.
    fn replace(&mut self, node: NodeRef<'a>, value: &Value) -> Result<(), Refusal> {
        let span = node.span();
        let (start, end) = (span.start as usize, self.written_end(node));
        let is_collection = matches!(value, Value::Map(entries) if !entries.is_empty())
            || matches!(value, Value::List(items) if !items.is_empty());
        match self.context(node.id()) {
            Style::Json => {
                let mut text = String::new();
                self.json(node).value(&mut text, value, self.lines.indentation(start));
                self.push(start, end, text, 0);
                return Ok(());
            }
            Style::Flow => {
                let text = if is_collection { flow(value) } else { self.one_line(node, value, true) };
                self.put(start, end, &text);
                return Ok(());
            }
            _ => {}
        }
        let is_block = node.style() == Style::Block && !node.is_alias();
        let below = self.document.entry_of(node.id()).filter(|_| is_collection && !node.is_alias());
        let Some(entry) = below else {
            let text = if is_collection { flow(value) } else { self.one_line(node, value, false) };
            if is_block {
                return self.replace_collection(node, &text);
            }
            self.put(start, end, &text);
            return Ok(());
        };
        // A collection in block style, on lines of its own below the key.
        let key = entry.key_span();
        let mapping = self.document.parent(node.id()).unwrap_or(node);
        let layout = self.block(mapping);
        let deeper = if matches!(value, Value::List(_)) { layout.hyphen } else { layout.step };
        let column = self.lines.column(key.start as usize) + deeper;
        if is_block {
            self.cut_content(node)?;
        } else if end > start {
            let colon = self.after_colon(key.end as usize);
            self.push(colon, end, "", 0);
        }
        let at = self.lines.next(end.max(self.after_colon(key.end as usize)));
        self.insert_lines(at, layout.content(value, column), layout.line_break, column);
        Ok(())
    }

    /// A value that fits its line, in the style of the one that it replaces.
    fn one_line(&self, node: NodeRef<'_>, value: &Value, in_flow: bool) -> String {
        let style = if node.is_alias() { Style::Plain } else { node.style() };
        match value {
            Value::Text(text) => scalar(text, style, in_flow),
            other => inline(other, style),
        }
    }

    /// Replaces text; where there was none, keeps clear of the colon or hyphen before it.
    fn put(&mut self, start: usize, end: usize, text: &str) {
        let bytes = self.lines.text.as_bytes();
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        let gap = start == end && matches!(before, Some(b':' | b'-'));
        self.push(start, end, if gap { format!(" {text}") } else { text.to_owned() }, 0);
    }

    /// Entries or items behind the last ones of a collection in block style.
    fn add_lines(&mut self, node: NodeRef<'a>, value: &Value) -> Result<(), Refusal> {
        let layout = self.block(node);
        let column = self.column(node);
        let at = self.line_after(node);
        self.insert_lines(at, layout.content(value, column), layout.line_break, column);
        Ok(())
    }

    /// Inserts whole lines; at the end of a text without a last break, behind one and without one.
    pub(super) fn insert_lines(&mut self, at: usize, lines: String, line_break: &str, column: usize) {
        if at == self.lines.text.len() && !self.lines.text.ends_with(['\n', '\r']) {
            let bare = lines.strip_suffix(line_break).unwrap_or(&lines);
            return self.push(at, at, format!("{line_break}{bare}"), column);
        }
        self.push(at, at, lines, column);
    }

    /// Entries or items behind the last ones between brackets.
    fn add_in_brackets<'v>(
        &mut self,
        node: NodeRef<'a>,
        added: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    ) -> Result<(), Refusal> {
        let span = node.content_span();
        let json = node.style() == Style::Json;
        let last = self.last_in_brackets(node)?;
        let at = last.map_or(span.start as usize + 1, |(_, end)| end);
        // A line for each where the last one has a line of its own.
        let spread = last.is_some_and(|(start, end)| start < end && self.lines.begins_line(start));
        let layout = self.json(node);
        let spread = spread || (json && last.is_none() && layout.line_break.is_some());
        let outer = self.lines.indentation(span.start as usize).to_owned();
        let indent = match last {
            Some((start, _)) if spread => self.lines.indentation(start).to_owned(),
            _ => format!("{outer}{}", layout.step),
        };
        let line_break = self.lines.break_at(at);
        let mut text = String::new();
        for (index, (key, value)) in added.enumerate() {
            let follows = last.is_some() || index > 0;
            match (spread, follows) {
                (true, _) => {
                    text.push_str(if follows { "," } else { "" });
                    text.push_str(line_break);
                    text.push_str(&indent);
                }
                (false, true) => text.push_str(if json { &layout.comma } else { ", " }),
                (false, false) => {}
            }
            match (json, key) {
                (true, Some(key)) => layout.entry(&mut text, key, value, &indent),
                (true, None) => layout.value(&mut text, value, &indent),
                (false, Some(key)) => {
                    text.push_str(&scalar(key, Style::Plain, true));
                    text.push_str(": ");
                    text.push_str(&flow(value));
                }
                (false, None) => text.push_str(&flow(value)),
            }
        }
        if last.is_some() {
            self.push(at, at, text, 0);
            return Ok(());
        }
        // Between empty brackets there may be blanks, which nobody misses.
        let close = (span.end as usize).saturating_sub(1).max(at);
        if self.lines.text.get(at..close).is_some_and(|inner| !inner.trim().is_empty()) {
            return Err(Refusal::shape("there is a comment between the brackets"));
        }
        if spread {
            text.push_str(line_break);
            text.push_str(&outer);
        }
        self.push(at, close, text, 0);
        Ok(())
    }

    /// Where the last entry or item between brackets is written. What a merge key brings is written elsewhere: then it is
    /// the text before the closing bracket.
    fn last_in_brackets(&self, node: NodeRef<'a>) -> Result<Option<(usize, usize)>, Refusal> {
        if !node.entries().any(|entry| entry.merged()) {
            return Ok(node.len().checked_sub(1).and_then(|last| self.extent(node, last)));
        }
        let span = node.content_span();
        let (open, close) = (span.start as usize + 1, (span.end as usize).saturating_sub(1));
        let end = self.lines.trimmed(open, close);
        let trailing_comma = self.lines.text.get(open..end).is_some_and(|text| text.ends_with(','));
        if trailing_comma || self.comment_in(open, close) {
            return Err(Refusal::shape("a merge key stands between the brackets, and a comma or comment behind it"));
        }
        Ok(Some((end, end)))
    }

    /// A new document behind this one.
    pub(super) fn create(&mut self, value: &Value) {
        let at = self.document.span().end as usize;
        let line_break = self.lines.break_at(0);
        let text = self.lines.text;
        let mut out = String::new();
        if self.document.is_json() {
            out.push_str(line_break);
            self.json(self.document.root()).value(&mut out, value, "");
        } else {
            let before = text.get(..at).unwrap_or_default();
            if !before.ends_with(['\n', '\r']) {
                out.push_str(line_break);
            }
            out.push_str("---");
            out.push_str(line_break);
            out.push_str(&self.block(self.document.root()).content(value, 0));
            if at == text.len() && !text.ends_with(['\n', '\r']) {
                out.truncate(out.len() - line_break.len());
            }
        }
        self.push(at, at, out, 0);
    }
}
