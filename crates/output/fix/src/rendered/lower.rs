//! An edit of a printed or built node to bytes of the text that holds it.
//!
//! What came whole out of a values file, or out of the values in an object that deploys the chart ([`said`](super::said)),
//! is edited there, as any YAML. What a template says itself is edited there where
//! it is plain text: the bytes that the edit replaces stand in the template one after the other, with no action among
//! them, and what it inserts stands in the same branch as the mapping that it belongs to. What a kustomization built is
//! edited in the base, the patch or the field that wrote it ([`built`]). Anything else is refused with the line that
//! computes it.

use super::built;
use super::said::{Own, Said, moved};
use crate::lower::Plan;
use crate::refuse::Refusal;
use crate::text::Change;
use ironclad_model::{Edit, Link, Origins, Place, Role};
use ironclad_tree::{Document, Kind, Limits, NodeRef, Source, Span, Style};
use std::sync::Arc;

/// Changes of one text.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) source: Arc<str>,
    pub(super) text: Arc<Source>,
    pub(super) changes: Vec<Change>,
    /// What the changes make of objects in that text.
    pub(super) own: Vec<Own>,
}

impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        self.source == other.source && self.changes == other.changes
    }
}

/// What the object should become, and what that takes.
#[derive(Clone, Debug)]
pub(super) struct Through {
    pub(super) edits: Vec<Edit>,
    pub(super) targets: Vec<Target>,
}

/// May this text be edited? The flag: for what a kustomization built of it.
pub(super) type MayEdit<'a> = dyn Fn(&Source, bool) -> Result<(), Refusal> + 'a;

/// Lowers the edits of one fix: the way that is asked for, and where that is to remove what says yes, after it the way
/// that says no.
pub(super) fn lower(
    document: &Document,
    origins: &Origins,
    edits: &[Edit],
    limits: &Limits,
    may_edit: &MayEdit<'_>,
) -> Result<Vec<Through>, Refusal> {
    let work = Work { document, origins, limits, may_edit };
    let asked = work.all(edits);
    let denied: Vec<Edit> = edits.iter().map(|edit| work.denied(edit).unwrap_or_else(|| edit.clone())).collect();
    let other = (denied != edits).then(|| work.all(&denied));
    match (asked, other) {
        (Ok(asked), other) => Ok(std::iter::once(asked).chain(other.and_then(Result::ok)).collect()),
        // Of two reasons, the one that is about the value itself.
        (Err(_), Some(other)) => other.map(|other| vec![other]),
        (Err(refusal), None) => Err(refusal),
    }
}

struct Work<'a> {
    document: &'a Document,
    origins: &'a Origins,
    limits: &'a Limits,
    may_edit: &'a MayEdit<'a>,
}

impl Work<'_> {
    fn all(&self, edits: &[Edit]) -> Result<Through, Refusal> {
        let mut through = Through { edits: Vec::new(), targets: Vec::new() };
        for edit in edits {
            for target in self.edit(edit)? {
                match through.targets.iter_mut().find(|known| known.source == target.source) {
                    Some(known) => {
                        known.changes.extend(target.changes);
                        known.own.extend(target.own);
                    }
                    None => through.targets.push(target),
                }
            }
            through.edits.push(edit.clone());
        }
        Ok(through)
    }

    /// A value that prints `true` cannot always go, but it can say no.
    fn denied(&self, edit: &Edit) -> Option<Edit> {
        match edit {
            Edit::Remove(place)
                if place.missing.is_empty() && self.document.node(place.node).as_bool() == Some(true) =>
            {
                Some(Edit::Set(place.clone(), "false".to_owned()))
            }
            _ => None,
        }
    }

    fn edit(&self, edit: &Edit) -> Result<Vec<Target>, Refusal> {
        let Some(place) = edit.place() else {
            return Err(Refusal::printed("it would take a template or manifest of its own"));
        };
        if self.origins.is_built() {
            return self.in_built(place, edit);
        }
        if !place.missing.is_empty() || !matches!(edit, Edit::Remove(_) | Edit::Rename(..)) {
            let chain = self.origins.resolve(self.document, place, place.span(self.document));
            if let Some(link) = chain.last().filter(|link| link.role.is_supplier()) {
                return Ok(vec![self.in_values(link, place, edit)?]);
            }
            return Ok(vec![self.in_template(edit, chain.last())?]);
        }
        // An entry goes with its key: where that came from decides.
        let node = self.document.node(place.node);
        let entry = self.document.entry_of(place.node);
        let key = entry.map_or(node.span(), |entry| entry.key_span());
        Ok(vec![match self.origins.edited(Span { end: key.start + 1, ..key }) {
            Some(link) if link.role.is_supplier() => self.in_values(&link, place, edit)?,
            key => self.in_template(edit, key.as_ref())?,
        }])
    }

    /// Where a kustomization's object says it: what goes, goes from all texts that say it.
    fn in_built(&self, place: &Place, edit: &Edit) -> Result<Vec<Target>, Refusal> {
        let whole = Place { node: place.node, missing: Vec::new(), part: None };
        let chain = self.origins.resolve(self.document, &whole, whole.span(self.document));
        let Some(last) = chain.last() else { return Err(Refusal::rendered()) };
        match last.role {
            Role::Values | Role::SetArgument | Role::File => {
                let chain = self.origins.resolve(self.document, place, place.span(self.document));
                let link = chain.last().unwrap_or(last);
                return Ok(vec![self.in_values(link, place, edit)?]);
            }
            Role::Base | Role::Patch | Role::Overlay => {}
            Role::Generator => {
                let at = last.source.position(last.span.start);
                return Err(Refusal::printed(format!("it is generated, at {}:{}", last.source.name(), at.line)));
            }
            _ => return Err(self.computed(Some(last))),
        }
        let everywhere = place.missing.is_empty() && matches!(edit, Edit::Remove(_) | Edit::Rename(..));
        let node = self.document.node(place.node);
        let mut targets: Vec<Target> = Vec::new();
        for link in &chain {
            let is_last = link.is_same(last);
            let goes_too = everywhere && matches!(link.role, Role::Base | Role::Patch);
            if !(is_last || goes_too) {
                continue;
            }
            let (changes, own) = match built::lower(link, node, place, edit, self.limits) {
                Ok(lowered) => lowered,
                Err(refusal) if is_last => return Err(refusal),
                Err(_) => continue,
            };
            (self.may_edit)(&link.source, true)?;
            match targets.iter_mut().find(|known| known.source == *link.source.name()) {
                Some(known) => {
                    known.changes.extend(changes);
                    known.own.extend(own);
                }
                None => targets.push(self.target(&link.source, changes, own.into_iter().collect())),
            }
        }
        Ok(targets)
    }

    /// The same edit of the node of a values file that supplied this one.
    fn in_values(&self, link: &Link, place: &Place, edit: &Edit) -> Result<Target, Refusal> {
        match link.role {
            Role::Values => {}
            Role::SetArgument => return Err(Refusal::printed(format!("it is given by `{}`", link.source.name()))),
            _ => return Err(self.computed(Some(link))),
        }
        (self.may_edit)(&link.source, false)?;
        let computed = || self.computed(Some(link));
        let said = Said::read(&link.source, link.span, self.limits).ok_or_else(computed)?;
        match said.whole_text(link.span) {
            None => {}
            Some(Style::Literal) => return Err(computed()),
            Some(_) => {
                let at = link.source.position(link.span.start);
                return Err(Refusal::printed(format!(
                    "the values at {}:{} are a text in quotes: written as a block (`|`), or as a mapping, they can be edited",
                    link.source.name(),
                    at.line
                )));
            }
        }
        let values = said.values();
        let is_below = !place.missing.is_empty() && !self.document.node(place.node).is_empty();
        let found = supplier(values, link.span, place, is_below).ok_or_else(computed)?;
        // The object is a template itself: what stands there is an action, and no value.
        if values.source().text().get(found.span().start as usize..).is_some_and(|text| text.starts_with("{{")) {
            return Err(computed());
        }
        let text_only = said.is_text_only(found);
        let node = match (edit, said.parameter(found)) {
            (Edit::Remove(_), Some(parameter)) => parameter,
            (Edit::Set(..), _) | (_, None) => found.id(),
            _ => return Err(computed()),
        };
        let own = Place { node, missing: place.missing.clone(), part: None };
        let theirs = moved(edit, own, text_only).ok_or_else(computed)?;
        let mut plan = Plan::new(values);
        plan.add(&theirs)?;
        let lowered = plan.lower()?;
        if lowered.shared {
            return Err(Refusal::alias("the value is shared through an anchor"));
        }
        Ok(self.target(&link.source, lowered.changes, vec![said.own(vec![theirs])]))
    }

    /// The bytes of the template that the edit of the printed text replaces.
    fn in_template(&self, edit: &Edit, place: Option<&Link>) -> Result<Target, Refusal> {
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
            let (source, change) = self.bytes(edit, change).ok_or_else(|| self.computed(place))?;
            let changes = match &mut target {
                None => &mut target.insert((Arc::clone(&source), Vec::new())).1,
                Some((known, changes)) if Arc::ptr_eq(known, &source) => changes,
                Some(_) => return Err(self.computed(place)),
            };
            changes.push(change);
        }
        let (source, changes) = target.ok_or_else(|| self.computed(place))?;
        (self.may_edit)(&source, false)?;
        Ok(self.target(&source, changes, Vec::new()))
    }

    /// A change of printed bytes as one of the template that they stand in; an empty span is a place between two.
    fn bytes(&self, edit: &Edit, change: Change) -> Option<(Arc<Source>, Change)> {
        let exact = |span: Span| self.origins.exact(self.document, span).filter(|link| link.role == Role::Template);
        if change.span.start < change.span.end {
            let link = exact(change.span)?;
            return Some((link.source, Change { span: link.span, text: change.text }));
        }
        // It belongs to the mapping that it is put into, and so into the branch that this mapping is in.
        let anchor = self.document.node(edit.place()?.node);
        let start = anchor.span().start;
        let anchor = self.origins.edited(Span { start, end: start + 1 })?;
        let at = change.span.start;
        let before = at.checked_sub(1)?;
        let insert = |at: u32, text: String| Change { span: Span { start: at, end: at }, text };
        if let Some(left) = exact(Span { start: before, end: at }) {
            let end = left.span.end;
            let fits =
                Arc::ptr_eq(&anchor.source, &left.source) && same_branch(left.source.text(), anchor.span.start, end);
            return fits.then(|| (left.source, insert(end, change.text)));
        }
        // Behind a line that an action printed: behind that action, and the blocks that end with it.
        let printer = self.origins.printer(before).filter(|link| link.role == Role::Template)?;
        let text = printer.source.text();
        if !Arc::ptr_eq(&anchor.source, &printer.source) {
            return None;
        }
        let end = behind_blocks(text, anchor.span.start, printer.span.end)?;
        // A whole line of its own, whichever side the break of the printed line is on.
        let line = match change.text.strip_suffix('\n') {
            Some(line) if !change.text.starts_with('\n') => format!("\n{line}"),
            _ => change.text,
        };
        Some((printer.source, insert(end, line)))
    }

    fn target(&self, source: &Arc<Source>, changes: Vec<Change>, own: Vec<Own>) -> Target {
        Target { source: Arc::clone(source.name()), text: Arc::clone(source), changes, own }
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

/// The place behind an action, and behind the ends of the blocks that it is the last thing in, where that stands under
/// the same conditions and loops as `from`.
fn behind_blocks(text: &str, from: u32, action: u32) -> Option<u32> {
    let mut end = action;
    loop {
        if same_branch(text, from, end) {
            return Some(end);
        }
        let rest = text.get(end as usize..)?;
        let open = rest.len() - rest.trim_start().len();
        let inner = rest.get(open..)?.strip_prefix("{{")?;
        let word = inner.strip_prefix('-').unwrap_or(inner).trim_start().strip_prefix("end")?;
        let close = word.find("}}")?;
        if !word.get(..close)?.trim_end_matches('-').trim().is_empty() {
            return None;
        }
        end = (text.len() - word.len() + close + 2) as u32;
    }
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
    use super::{behind_blocks, same_branch};

    #[test]
    fn behind_the_blocks_that_end() {
        let text = "a\n{{- range . }}\n- {{ . }}\n{{- end }}\nb";
        let action = text.find("{{ . }}").unwrap() as u32 + 7;
        let end = behind_blocks(text, 0, action).unwrap() as usize;
        assert_eq!(&text[end..], "\nb");
        assert_eq!(behind_blocks("a {{ if . }} {{ . }} c {{ end }}", 0, 20), None, "something stands in between");
    }

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
