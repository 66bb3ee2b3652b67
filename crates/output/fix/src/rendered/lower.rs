//! An edit of a printed node to bytes of the text that holds it.
//!
//! What came whole out of a values file is edited there, as any YAML. What a template says itself is edited there where
//! it is plain text: the bytes that the edit replaces stand in the template one after the other, with no action among
//! them, and what it inserts stands in the same branch as the mapping that it belongs to. Anything else is refused with
//! the line that computes it.

use crate::lower::Plan;
use crate::refuse::Refusal;
use crate::text::Change;
use ironclad_model::{Edit, Link, Origins, Place, Role};
use ironclad_tree::{Document, Kind, Limits, NodeRef, Source, Span, parse};
use std::sync::Arc;

/// Changes of one text.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) source: Arc<str>,
    pub(super) text: Arc<Source>,
    pub(super) changes: Vec<Change>,
}

impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        self.source == other.source && self.changes == other.changes
    }
}

/// What the object should become, and what that takes.
pub(super) struct Through {
    pub(super) edits: Vec<Edit>,
    pub(super) targets: Vec<Target>,
}

/// Lowers the edits of one fix.
pub(super) fn lower(
    document: &Document,
    origins: &Origins,
    edits: &[Edit],
    limits: &Limits,
    is_file: &dyn Fn(&Source) -> bool,
) -> Result<Through, Refusal> {
    let work = Work { document, origins, limits, is_file };
    let mut through = Through { edits: Vec::new(), targets: Vec::new() };
    for edit in edits {
        let (edit, target) = work.edit(edit)?;
        through.edits.push(edit);
        match through.targets.iter_mut().find(|known| known.source == target.source) {
            Some(known) => known.changes.extend(target.changes),
            None => through.targets.push(target),
        }
    }
    Ok(through)
}

struct Work<'a> {
    document: &'a Document,
    origins: &'a Origins,
    limits: &'a Limits,
    is_file: &'a dyn Fn(&Source) -> bool,
}

impl Work<'_> {
    fn edit(&self, edit: &Edit) -> Result<(Edit, Target), Refusal> {
        let Some(place) = edit.place() else {
            return Err(Refusal::printed("the chart would need a template of its own for it"));
        };
        if !place.missing.is_empty() || !matches!(edit, Edit::Remove(_) | Edit::Rename(..)) {
            let chain = self.origins.resolve(self.document, place, place.span(self.document));
            if let Some(link) = chain.last().filter(|link| link.role.is_supplier()) {
                return self.in_values(link, place, edit);
            }
            return self.in_template(edit, chain.last());
        }
        // An entry goes with its key: where that came from decides.
        let node = self.document.node(place.node);
        let entry = self.document.entry_of(place.node);
        let key = entry.map_or(node.span(), |entry| entry.key_span());
        match self.origins.edited(Span { end: key.start + 1, ..key }) {
            Some(link) if link.role.is_supplier() => self.in_values(&link, place, edit),
            key => {
                let own = self.in_template(edit, key.as_ref());
                // A template that prints `privileged: {{ .Values.privileged }}` says no by its value.
                if own.is_err()
                    && matches!(edit, Edit::Remove(_))
                    && node.as_bool() == Some(true)
                    && let chain = self.origins.resolve(self.document, place, node.span())
                    && let Some(link) = chain.last().filter(|link| link.role.is_supplier())
                {
                    return self.in_values(link, place, &Edit::Set(place.clone(), "false".to_owned()));
                }
                own
            }
        }
    }

    /// The same edit of the node of a values file that supplied this one.
    fn in_values(&self, link: &Link, place: &Place, edit: &Edit) -> Result<(Edit, Target), Refusal> {
        match link.role {
            Role::Values => {}
            Role::SetArgument => return Err(Refusal::printed(format!("it is given by `{}`", link.source.name()))),
            _ => return Err(self.computed(Some(link))),
        }
        if !(self.is_file)(&link.source) {
            return Err(Refusal::printed(format!("`{}` is no file that can be edited", link.source.name())));
        }
        let parsed = parse(&link.source, self.limits);
        let Some(values) = parsed.documents.first() else { return Err(self.computed(Some(link))) };
        let is_below = !place.missing.is_empty() && !self.document.node(place.node).is_empty();
        let found = supplier(values, link.span, place, is_below).ok_or_else(|| self.computed(Some(link)))?;
        let own = Place { node: found.id(), missing: place.missing.clone(), part: None };
        let theirs = match edit {
            Edit::Remove(_) => Edit::Remove(own),
            Edit::Set(_, json) => Edit::Set(own, json.clone()),
            Edit::Append(_, json) => Edit::Append(own, json.clone()),
            Edit::Rename(_, name) => Edit::Rename(own, name.clone()),
            Edit::Ask(..) | Edit::Sort(_) | Edit::Text(..) | Edit::Create(_) => return Err(self.computed(Some(link))),
        };
        let mut plan = Plan::new(values);
        plan.add(&theirs)?;
        let lowered = plan.lower()?;
        if lowered.shared {
            return Err(Refusal::alias("the value is shared through an anchor"));
        }
        Ok((edit.clone(), self.target(&link.source, lowered.changes)))
    }

    /// The bytes of the template that the edit of the printed text replaces.
    fn in_template(&self, edit: &Edit, place: Option<&Link>) -> Result<(Edit, Target), Refusal> {
        if place.is_none_or(|link| link.role != Role::Template) {
            return Err(self.computed(place));
        }
        let mut plan = Plan::new(self.document);
        plan.add(edit)?;
        let mut target: Option<(Arc<Source>, Vec<Change>)> = None;
        for change in plan.lower()?.changes {
            if change.text.contains("{{") {
                return Err(Refusal::printed("the text would be read as an action of the template"));
            }
            let (source, span) = self.bytes(edit, change.span).ok_or_else(|| self.computed(place))?;
            let changes = match &mut target {
                None => &mut target.insert((Arc::clone(&source), Vec::new())).1,
                Some((known, changes)) if Arc::ptr_eq(known, &source) => changes,
                Some(_) => return Err(self.computed(place)),
            };
            changes.push(Change { span, text: change.text });
        }
        let (source, changes) = target.ok_or_else(|| self.computed(place))?;
        if !(self.is_file)(&source) {
            return Err(Refusal::printed(format!("`{}` is no file that can be edited", source.name())));
        }
        Ok((edit.clone(), self.target(&source, changes)))
    }

    /// Where printed bytes stand in a template; an empty span is a place between two.
    fn bytes(&self, edit: &Edit, span: Span) -> Option<(Arc<Source>, Span)> {
        let exact = |span: Span| self.origins.exact(self.document, span).filter(|link| link.role == Role::Template);
        if span.start < span.end {
            let link = exact(span)?;
            return Some((link.source, link.span));
        }
        let at = span.start;
        let left = exact(Span { start: at.checked_sub(1)?, end: at })?;
        let end = left.span.end;
        // It belongs to the mapping that it is put into, and so into the branch that this mapping is in.
        let anchor = self.document.node(edit.place()?.node);
        let start = anchor.span().start;
        let anchor = self.origins.edited(Span { start, end: start + 1 })?;
        if !Arc::ptr_eq(&anchor.source, &left.source) || !same_branch(left.source.text(), anchor.span.start, end) {
            return None;
        }
        Some((left.source, Span { start: end, end }))
    }

    fn target(&self, source: &Arc<Source>, changes: Vec<Change>) -> Target {
        Target { source: Arc::clone(source.name()), text: Arc::clone(source), changes }
    }

    fn computed(&self, link: Option<&Link>) -> Refusal {
        let Some(link) = link else { return Refusal::rendered() };
        let (name, at) = (link.source.name(), link.source.position(link.span.start));
        let what = if link.role == Role::Template { "the template computes it, at" } else { "it is computed from" };
        Refusal::printed(format!("{what} {name}:{}", at.line))
    }
}

/// The node of a values file that a printed one came from: the mark begins where the node does, or where the key of an
/// entry of it does.
fn supplier<'a>(values: &'a Document, span: Span, place: &Place, is_below: bool) -> Option<NodeRef<'a>> {
    let by_key = || {
        values.nodes().find(|node| values.entry_of(node.id()).is_some_and(|entry| entry.key_span().start == span.start))
    };
    if is_below {
        // A mapping that was printed whole is known by its first key as printed.
        return by_key().and_then(|value| values.parent(value.id()));
    }
    let found = by_key().or_else(|| values.nodes().filter(|node| node.span().start == span.start).last())?;
    (place.missing.is_empty() || found.kind() == Kind::Mapping).then_some(found)
}

/// Do two places of a template stand under the same conditions and loops?
fn same_branch(text: &str, from: u32, to: u32) -> bool {
    let Some(mut rest) = text.get(from as usize..to as usize) else { return false };
    let mut depth = 0_usize;
    while let Some(start) = rest.find("{{") {
        let action = rest.get(start + 2..).unwrap_or_default();
        let action = action.strip_prefix("- ").unwrap_or(action).trim_start();
        let word: String = action.chars().take_while(char::is_ascii_alphabetic).collect();
        match word.as_str() {
            "if" | "with" | "range" | "define" | "block" => depth += 1,
            "else" | "break" | "continue" if depth == 0 => return false,
            "end" => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
        rest = action;
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::same_branch;

    #[test]
    fn branches() {
        for (text, same) in [
            ("a\nb", true),
            ("a {{ .x }} b", true),
            ("a {{- if .x }} b {{ end }} c", true),
            ("a {{- if .x }} b {{ else }} d {{- end }} c", true),
            ("a {{ if .x }} b", false),
            ("a {{- end }} b", false),
            ("a {{ else }} b {{ if . }}", false),
        ] {
            assert_eq!(same_branch(text, 0, text.len() as u32), same, "{text}");
        }
    }
}
