//! One text, some fixes: as many of them as can be made together and proved.

use super::key::Key;
use crate::expect::Expected;
use crate::lower::{Lowered, Plan};
use crate::refuse::Refusal;
use crate::text::{Change, apply, merge};
use crate::value::Value;
use ironclad_model::{Edit, Finding, ObjectId, Snapshot, UnitId};
use ironclad_tree::{Comment, Document, Limits, Source, parse};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A fix of a finding.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) key: Key,
    pub(super) check: &'static str,
    pub(super) source: String,
    pub(super) object: String,
    pub(super) at: u32,
    pub(super) title: String,
    pub(super) edits: Vec<Edit>,
    pub(super) rendered: bool,
    pub(super) text: Arc<Source>,
    /// The document that the edits' nodes are of.
    document: Option<Arc<Document>>,
}

impl Candidate {
    /// None where the finding is about a text that is no input (a waiver in a configuration).
    pub(super) fn of(finding: &Finding, key: Key, snapshot: &Snapshot) -> Option<Candidate> {
        let object = snapshot.object(finding.object);
        let text = finding.source(snapshot)?;
        Some(Candidate {
            key,
            check: finding.check,
            source: text.name().to_string(),
            object: object.map(|object| object.identity().to_string()).unwrap_or_default(),
            at: finding.span.start,
            title: String::new(),
            edits: Vec::new(),
            rendered: object.is_some_and(|object| object.origins().is_some_and(|o| !o.is_empty())),
            text: Arc::clone(text),
            document: object.map(|object| Arc::clone(object.document())),
        })
    }

    /// What the object that it adds is called, kind and namespace included; none where it adds none.
    pub(super) fn created(&self) -> Option<[String; 4]> {
        let json = self.edits.iter().find_map(|edit| if let Edit::Create(json) = edit { Some(json) } else { None })?;
        let object = Value::parse(json)?;
        let text = |value: Option<&Value>| match value {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let metadata = object.field("metadata");
        let named = |name: &str| text(metadata.and_then(|metadata| metadata.field(name)));
        // What names no namespace may well be applied to `default`.
        let namespace = Some(named("namespace")).filter(|namespace| !namespace.is_empty());
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        Some([text(object.field("apiVersion")), text(object.field("kind")), namespace, named("name")])
    }
}

/// The documents of one text that the snapshot holds.
pub(super) struct SourceDocuments {
    pub(super) source: Arc<Source>,
    pub(super) objects: Vec<ObjectId>,
    documents: Vec<(Arc<Document>, UnitId)>,
}

impl SourceDocuments {
    /// None where the snapshot holds nothing of the text.
    pub(super) fn of(snapshot: &Snapshot, candidates: &[Candidate]) -> Option<SourceDocuments> {
        let source = Arc::clone(&candidates.first()?.text);
        let mut found = SourceDocuments { source, objects: Vec::new(), documents: Vec::new() };
        for object in snapshot.objects().filter(|o| Arc::ptr_eq(o.document().source(), &found.source)) {
            found.objects.push(object.id());
            if !found.documents.iter().rev().any(|(document, _)| Arc::ptr_eq(document, object.document())) {
                found.documents.push((Arc::clone(object.document()), object.unit()));
            }
        }
        (!found.documents.is_empty()).then_some(found)
    }
}

/// A text with its edits made and proved.
pub(super) struct Result {
    pub(super) source: Arc<Source>,
    pub(super) documents: Vec<(Arc<Document>, UnitId)>,
    pub(super) comments: Vec<Comment>,
}

/// What became of the candidates, by their index.
pub(super) struct Attempt {
    pub(super) result: Option<Result>,
    pub(super) accepted: Vec<usize>,
    pub(super) rejected: Vec<(usize, Refusal)>,
}

/// Makes as many of the fixes as can be made at once.
pub(super) fn attempt(documents: &SourceDocuments, candidates: &[Candidate], limits: &Limits) -> Attempt {
    let mut rejected = Vec::new();
    // Fixes that come to the same bytes (an anchor and all that use it) stand or fall together.
    let mut clusters: Vec<(Option<Vec<Change>>, Vec<usize>)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        match alone(documents, candidate) {
            Err(refusal) => rejected.push((index, refusal)),
            Ok(lowered) if lowered.shared => {
                let same = clusters.iter_mut().find(|(changes, _)| changes.as_ref() == Some(&lowered.changes));
                match same {
                    Some((_, members)) => members.push(index),
                    None => clusters.push((Some(lowered.changes), vec![index])),
                }
            }
            Ok(_) => clusters.push((None, vec![index])),
        }
    }
    let old = parse(&documents.source, limits);
    let mut work = Work { documents, candidates, limits, old: &old, accepted: Vec::new(), result: None, rejected };
    let members: Vec<Vec<usize>> = clusters.into_iter().map(|(_, members)| members).collect();
    work.admit(&members);
    Attempt { result: work.result, accepted: work.accepted, rejected: work.rejected }
}

fn alone(documents: &SourceDocuments, candidate: &Candidate) -> std::result::Result<Lowered, Refusal> {
    let (document, _) = place(documents, candidate)?;
    let mut plan = Plan::new(document);
    for edit in &candidate.edits {
        plan.add(edit)?;
    }
    plan.lower()
}

/// The document of a candidate, and its number among those of the text.
fn place<'d>(
    documents: &'d SourceDocuments,
    candidate: &Candidate,
) -> std::result::Result<(&'d Arc<Document>, usize), Refusal> {
    let own = candidate.document.as_ref();
    let mut all = documents.documents.iter().map(|(document, _)| document).enumerate();
    let found = all.find(|(_, document)| own.is_none_or(|own| Arc::ptr_eq(own, document)));
    let (index, document) = found.ok_or_else(|| Refusal::shape("the finding is about another text"))?;
    Ok((document, index))
}

struct Work<'a> {
    documents: &'a SourceDocuments,
    candidates: &'a [Candidate],
    limits: &'a Limits,
    old: &'a ironclad_tree::Parsed,
    accepted: Vec<usize>,
    result: Option<Result>,
    rejected: Vec<(usize, Refusal)>,
}

impl Work<'_> {
    /// Accepts all of these that can be made on top of what is accepted, by halves where not all can.
    fn admit(&mut self, clusters: &[Vec<usize>]) {
        if clusters.is_empty() {
            return;
        }
        let mut all = self.accepted.clone();
        all.extend(clusters.iter().flatten());
        match self.make(&all) {
            Ok(result) => {
                self.result = Some(result);
                self.accepted = all;
            }
            Err(refusal) => match clusters {
                [one] => self.rejected.extend(one.iter().map(|&index| (index, refusal.clone()))),
                _ => {
                    let (left, right) = clusters.split_at(clusters.len() / 2);
                    self.admit(left);
                    self.admit(right);
                }
            },
        }
    }

    /// Makes exactly these, or says why they cannot be.
    fn make(&self, indices: &[usize]) -> std::result::Result<Result, Refusal> {
        let mut plans: BTreeMap<usize, Plan<'_>> = BTreeMap::new();
        for candidate in indices.iter().filter_map(|&index| self.candidates.get(index)) {
            let (document, number) = place(self.documents, candidate)?;
            let plan = plans.entry(number).or_insert_with(|| Plan::new(document));
            for edit in &candidate.edits {
                plan.add(edit)?;
            }
        }
        let mut changes = Vec::new();
        let mut expected = BTreeMap::new();
        let mut shared = false;
        for (number, plan) in &plans {
            let lowered = plan.lower()?;
            expected.insert(*number, Expected::of(plan, &lowered)?);
            shared |= lowered.shared;
            changes.extend(lowered.changes);
        }
        let changes = merge(changes)?;
        let text = apply(self.documents.source.text(), &changes);
        let source = Source::encoded(Arc::clone(self.documents.source.name()), text, self.documents.source.encoding());
        self.prove(&source, &expected, shared)
    }

    /// The new text reads as the old one with exactly the wanted changes.
    fn prove(
        &self,
        source: &Arc<Source>,
        expected: &BTreeMap<usize, Expected>,
        shared: bool,
    ) -> std::result::Result<Result, Refusal> {
        let wrong = || Refusal::unproved(shared);
        let parsed = parse(source, self.limits);
        let codes = |parsed: &ironclad_tree::Parsed| parsed.problems.iter().map(|p| p.code).collect::<Vec<_>>();
        if codes(&parsed) != codes(self.old) || parsed.json_stream != self.old.json_stream {
            return Err(wrong());
        }
        let mut new = parsed.documents.into_iter();
        let mut kept = Vec::new();
        for old in &self.old.documents {
            let document = new.next().ok_or_else(wrong)?;
            let number = self.documents.documents.iter().position(|(known, _)| known.span() == old.span());
            let Some((number, (_, unit))) = number.and_then(|n| Some((n, self.documents.documents.get(n)?))) else {
                // Not an object: it is read past, and must stay as it is.
                if !document.root().eq_value(old.root()) {
                    return Err(wrong());
                }
                continue;
            };
            let Some(expected) = expected.get(&number) else {
                if !document.root().eq_value(old.root()) {
                    return Err(wrong());
                }
                kept.push((Arc::new(document), *unit));
                continue;
            };
            if !expected.matches(&document) {
                return Err(wrong());
            }
            kept.push((Arc::new(document), *unit));
            for created in &expected.created {
                let document = new.next().ok_or_else(wrong)?;
                if crate::Value::of(document.root()).as_ref() != Some(created) {
                    return Err(wrong());
                }
                kept.push((Arc::new(document), *unit));
            }
        }
        if new.next().is_some() {
            return Err(wrong());
        }
        Ok(Result { source: Arc::clone(source), documents: kept, comments: parsed.comments })
    }
}
