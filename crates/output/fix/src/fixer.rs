//! Rounds of edits until nothing is left to edit, each proved before it counts.
//!
//! A round makes all fixes that do not get in each other's way, in the order of the findings; those that do wait for
//! the next. Texts that come out wrong are made again with fewer edits; texts that come out with a finding that was not
//! there are made again with one edit a round, so that the one to blame is known.

mod attempt;
pub(crate) mod key;

use crate::choose::{Options, chosen};
use crate::refuse::{Refusal, Refused};
use attempt::{Attempt, Candidate, SourceDocuments};
use ironclad_model::{Finding, ObjectId, Snapshot, UnitId};
use ironclad_tree::{Comment, Document, Source};
use key::{Counts, Key};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is judged: the objects, and the comments that lie in no document.
pub struct Subject<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// Comments, by source.
    pub comments: &'a [(Arc<Source>, Vec<Comment>)],
}

/// Judges a snapshot as `scan` does, waivers and baseline included; in the order of a report.
pub type Judge<'a> = dyn Fn(&Subject<'_>) -> Vec<Finding> + 'a;

/// A fix that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Id of the check whose finding is gone.
    pub check: &'static str,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// What was done, as an order.
    pub title: String,
}

/// A text that changed.
#[derive(Clone, Debug)]
pub struct FixedSource {
    /// The text as it was read.
    pub before: Arc<Source>,
    /// The text as it should be.
    pub after: Arc<Source>,
    /// What was done to it, in order.
    pub applied: Vec<Applied>,
    /// Kustomizations whose objects change with it.
    pub units: BTreeSet<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct Fixed {
    /// The texts that changed, sorted by name.
    pub sources: Vec<FixedSource>,
    /// What was wanted and not done.
    pub refused: Vec<Refused>,
    /// The objects after the edits.
    pub snapshot: Arc<Snapshot>,
    /// What is still wrong with them.
    pub findings: Vec<Finding>,
}

/// Rounds in which many edits are made at once. Two or three do in practice.
const ROUNDS: usize = 24;
/// Rounds in all: those with one edit a text included.
const MOST_ROUNDS: usize = 400;

/// Passes over what was refused: an edit may make room for one that was refused before it.
const PASSES: usize = 8;

/// Makes the findings of `judge` go away where `options` allow it.
pub fn fix(
    snapshot: Arc<Snapshot>,
    comments: &[(Arc<Source>, Vec<Comment>)],
    judge: &Judge<'_>,
    options: &Options,
) -> Fixed {
    let (mut fixed, mut comments) = pass(snapshot, comments, judge, options);
    for _ in 1..PASSES {
        // A pass that changes nothing is what another run would be.
        if fixed.refused.is_empty() || fixed.sources.is_empty() {
            break;
        }
        let (again, then) = pass(Arc::clone(&fixed.snapshot), &comments, judge, options);
        let changed = !again.sources.is_empty();
        for source in again.sources {
            match fixed.sources.iter_mut().find(|known| known.before.name() == source.before.name()) {
                Some(known) => {
                    known.after = source.after;
                    known.applied.extend(source.applied);
                }
                None => fixed.sources.push(source),
            }
        }
        (fixed.snapshot, fixed.findings, fixed.refused) = (again.snapshot, again.findings, again.refused);
        if !changed {
            break;
        }
        comments = then;
    }
    fixed.sources.retain(|source| source.before.text() != source.after.text());
    fixed.sources.sort_by(|a, b| a.before.name().cmp(b.before.name()));
    fixed
}

/// Comments that lie in no document, by source.
type Comments = Vec<(Arc<Source>, Vec<Comment>)>;

/// Rounds until nothing is left to do but what is refused.
fn pass(
    snapshot: Arc<Snapshot>,
    comments: &[(Arc<Source>, Vec<Comment>)],
    judge: &Judge<'_>,
    options: &Options,
) -> (Fixed, Comments) {
    let findings = judge(&Subject { snapshot: &snapshot, comments });
    let first = Counts::of(&findings, &snapshot);
    let mut run = Run {
        base: snapshot,
        comments,
        judge,
        options,
        texts: BTreeMap::new(),
        refused: Vec::new(),
        banned: FxHashSet::default(),
        careful: BTreeSet::new(),
        single: false,
    };
    let mut state = State { snapshot: Arc::clone(&run.base), findings };
    for round in 0..MOST_ROUNDS {
        if let Some(next) = run.round(&state, round >= ROUNDS) {
            state = next;
            continue;
        }
        // Stable. Nothing may be wrong now that was not wrong before.
        let blamed = run.blame(&state, &first);
        if blamed.is_empty() {
            break;
        }
        run.careful.extend(blamed.iter().cloned());
        for name in &blamed {
            run.texts.remove(name);
        }
        state = run.judged();
    }
    let comments = run.comments_now();
    (run.finish(state), comments)
}

/// Objects and what is wrong with them.
struct State {
    snapshot: Arc<Snapshot>,
    findings: Vec<Finding>,
}

/// A text with edits.
struct Text {
    before: Arc<Source>,
    after: Arc<Source>,
    documents: Vec<(Arc<Document>, UnitId)>,
    comments: Vec<Comment>,
    /// Objects of the base that it replaces.
    replaces: Vec<ObjectId>,
    applied: Vec<Applied>,
}

/// What is wrong with a round.
#[derive(Default)]
struct Faults {
    refused: Vec<(Candidate, Refusal)>,
    /// Nobody could be blamed: the round is made again with one edit.
    again: bool,
}

struct Run<'a> {
    base: Arc<Snapshot>,
    comments: &'a [(Arc<Source>, Vec<Comment>)],
    judge: &'a Judge<'a>,
    options: &'a Options,
    /// Texts that have edits, by name.
    texts: BTreeMap<String, Text>,
    refused: Vec<Refused>,
    /// Findings that no edit is made for any more.
    banned: FxHashSet<Key>,
    /// Texts that get one edit a round.
    careful: BTreeSet<String>,
    /// Rounds have one edit in all.
    single: bool,
}

impl Run<'_> {
    /// One round; none where there is nothing to do. The state is unchanged where its edits had to be taken back.
    fn round(&mut self, state: &State, one_at_a_time: bool) -> Option<State> {
        let candidates = self.candidates(state);
        if candidates.is_empty() {
            return None;
        }
        let mut texts = BTreeMap::new();
        let mut made: Vec<(String, Key, Candidate)> = Vec::new();
        let mut waiting = false;
        let mut created = FxHashSet::default();
        for (name, mut of_source) in candidates {
            if self.single && !texts.is_empty() {
                waiting = true;
                break;
            }
            // Two fixes of one round know nothing of each other, and may choose one name: the later one waits, and is
            // offered another then, or none.
            of_source.retain(|candidate| {
                let is_taken = candidate.created().is_some_and(|object| !created.insert(object));
                waiting |= is_taken;
                !is_taken
            });
            let careful = one_at_a_time || self.careful.contains(&name);
            if careful {
                waiting |= of_source.len() > 1;
                of_source.truncate(1);
            }
            let Some(documents) = SourceDocuments::of(&state.snapshot, &of_source) else { continue };
            let Attempt { result, accepted, rejected } = attempt::attempt(&documents, &of_source, &self.options.limits);
            for (index, refusal) in rejected {
                let Some(candidate) = of_source.get(index) else { continue };
                // What cannot be made together with others, or is not what every use of an anchor wants yet, may be
                // made once the others are.
                if !accepted.is_empty() {
                    waiting = true;
                    continue;
                }
                self.refuse(state, candidate, refusal);
            }
            if let Some(result) = result {
                let applied: Vec<Candidate> = accepted.iter().filter_map(|&i| of_source.get(i).cloned()).collect();
                for candidate in &applied {
                    made.push((name.clone(), candidate.key.clone(), candidate.clone()));
                }
                texts.insert(name.clone(), self.edited(&name, &documents, result, &applied));
            }
        }
        if texts.is_empty() {
            return waiting.then(|| self.judged());
        }
        let kept: Vec<(String, Option<Text>)> = texts
            .into_iter()
            .map(|(name, text)| {
                let old = self.texts.insert(name.clone(), text);
                (name, old)
            })
            .collect();
        let next = self.judged();
        let faults = self.faults(state, &next, &made, one_at_a_time);
        if faults.refused.is_empty() && !faults.again {
            return Some(next);
        }
        // The whole round is taken back: without the edits that failed it is made again.
        for (name, old) in kept {
            match old {
                Some(text) => self.texts.insert(name, text),
                None => self.texts.remove(&name),
            };
        }
        for (candidate, refusal) in faults.refused {
            self.refuse(state, &candidate, refusal);
        }
        Some(State { snapshot: Arc::clone(&state.snapshot), findings: state.findings.clone() })
    }

    /// The fixes to make, by text, in the order of the findings.
    fn candidates(&mut self, state: &State) -> BTreeMap<String, Vec<Candidate>> {
        let mut found: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        let mut refused = Vec::new();
        for finding in state.findings.iter().filter(|finding| finding.is_open()) {
            let Ok(fix) = chosen(finding, self.options) else { continue };
            let key = Key::exact(finding, &state.snapshot);
            if self.banned.contains(&key) {
                continue;
            }
            let Some(mut candidate) = Candidate::of(finding, key, &state.snapshot) else { continue };
            match fix {
                Ok(_) if candidate.rendered => refused.push((candidate, Refusal::rendered())),
                Ok(fix) => {
                    candidate.title = fix.title.into_owned();
                    candidate.edits = fix.edits;
                    found.entry(candidate.source.clone()).or_default().push(candidate);
                }
                Err(refusal) => refused.push((candidate, refusal)),
            }
        }
        for (candidate, refusal) in refused {
            self.refuse(state, &candidate, refusal);
        }
        found
    }

    fn refuse(&mut self, state: &State, candidate: &Candidate, refusal: Refusal) {
        self.banned.insert(candidate.key.clone());
        let finding = state.findings.iter().find(|finding| Key::exact(finding, &state.snapshot) == candidate.key);
        let title = match (&candidate.title, finding.and_then(|finding| finding.fixes.first())) {
            (title, Some(fix)) if title.is_empty() => fix.title.to_string(),
            (title, _) => title.clone(),
        };
        self.refused.push(Refused {
            check: candidate.check,
            text: Arc::clone(&candidate.text),
            at: candidate.at,
            title,
            refusal,
        });
    }

    fn edited(
        &mut self,
        name: &str,
        documents: &SourceDocuments,
        result: attempt::Result,
        applied: &[Candidate],
    ) -> Text {
        let known = self.texts.get(name);
        let mut all = known.map(|text| text.applied.clone()).unwrap_or_default();
        all.extend(applied.iter().map(|candidate| Applied {
            check: candidate.check,
            object: candidate.object.clone(),
            title: candidate.title.clone(),
        }));
        let replaces = match known {
            Some(text) => text.replaces.clone(),
            None => documents.objects.clone(),
        };
        Text {
            before: known.map_or_else(|| Arc::clone(&documents.source), |text| Arc::clone(&text.before)),
            after: result.source,
            documents: result.documents,
            comments: result.comments,
            replaces,
            applied: all,
        }
    }

    /// The base with the edited texts in it, judged.
    fn judged(&self) -> State {
        let removed = self.texts.values().flat_map(|text| text.replaces.iter().copied());
        let mut builder = Snapshot::overlay(&self.base, removed);
        for text in self.texts.values() {
            for (document, unit) in &text.documents {
                builder.add_shared(Arc::clone(document), *unit, None);
            }
        }
        let snapshot = Arc::new(builder.build());
        let comments = self.comments_now();
        let findings = (self.judge)(&Subject { snapshot: &snapshot, comments: &comments });
        State { snapshot, findings }
    }

    /// The comments that lie in no document, of the texts as they are now.
    fn comments_now(&self) -> Comments {
        let mut comments: Comments = self.comments.to_vec();
        comments.retain(|(source, _)| !self.texts.values().any(|text| Arc::ptr_eq(&text.before, source)));
        for text in self.texts.values().filter(|text| !text.comments.is_empty()) {
            comments.push((Arc::clone(&text.after), text.comments.clone()));
        }
        comments.sort_by(|a, b| a.0.name().cmp(b.0.name()));
        comments
    }

    /// Fixes whose finding is still there; where every text gets at most one edit a round, also those that brought
    /// another.
    fn faults(
        &mut self,
        before: &State,
        after: &State,
        made: &[(String, Key, Candidate)],
        one_at_a_time: bool,
    ) -> Faults {
        let (old, new) = (Counts::of(&before.findings, &before.snapshot), Counts::of(&after.findings, &after.snapshot));
        let mut wanted: BTreeMap<&Key, usize> = BTreeMap::new();
        for (_, key, _) in made {
            *wanted.entry(key).or_default() += 1;
        }
        let stays = |key: &Key| new.exact(key) + wanted.get(key).copied().unwrap_or_default() > old.exact(key);
        let mut faults = Faults::default();
        for (_, _, candidate) in made.iter().filter(|(_, key, _)| stays(key)) {
            faults.refused.push((candidate.clone(), Refusal::not_gone()));
        }
        let careful = |name: &String| one_at_a_time || self.careful.contains(name);
        let grown = new.grown_in_sources(&old);
        if !faults.refused.is_empty() || grown.is_empty() || !made.iter().any(|(name, ..)| careful(name)) {
            return faults;
        }
        for (name, _, candidate) in made.iter().filter(|(name, ..)| careful(name)) {
            if let Some(what) = grown.get(name) {
                faults.refused.push((candidate.clone(), Refusal::new_finding(what)));
            }
        }
        if faults.refused.is_empty() {
            // It showed in another text than any that was edited with care: only one edit in all can be blamed.
            match (made, grown.values().next()) {
                ([(_, _, candidate)], Some(what)) => {
                    faults.refused.push((candidate.clone(), Refusal::new_finding(what)));
                }
                _ => {
                    self.careful.extend(made.iter().map(|(name, ..)| name.clone()));
                    self.single = true;
                    faults.again = true;
                }
            }
        }
        faults
    }

    /// Texts to make again, one edit a round, because a finding came up that was not there.
    fn blame(&self, state: &State, first: &Counts) -> BTreeSet<String> {
        let now = Counts::of(&state.findings, &state.snapshot);
        let sources: BTreeSet<String> = now.grown_in_sources(first).into_keys().collect();
        let suspects: BTreeSet<String> =
            self.texts.keys().filter(|name| !self.careful.contains(*name)).cloned().collect();
        let own: BTreeSet<String> = suspects.intersection(&sources).cloned().collect();
        // What joins objects may show in another text than the one that was edited.
        if sources.is_empty() || !own.is_empty() { own } else { suspects }
    }

    fn finish(self, state: State) -> Fixed {
        let changed = self.texts.into_values().filter(|text| text.before.text() != text.after.text());
        let units = BTreeSet::new;
        let sources =
            changed.map(|t| FixedSource { before: t.before, after: t.after, applied: t.applied, units: units() });
        let sources = sources.collect();
        let mut refused = self.refused;
        refused.sort_by(|a, b| (a.text.name(), a.at, a.check).cmp(&(b.text.name(), b.at, b.check)));
        Fixed { sources, refused, snapshot: state.snapshot, findings: state.findings }
    }
}
