//! Fixes of what a chart printed or a kustomization built: made in the values file, the template, the base or the patch
//! that a person edits, and proved by rendering everything again.
//!
//! An edit of the rendered text is an edit of nothing. [`lower`] leads it through the origins of its object to bytes of
//! one text; whether it comes to what was meant is not argued but looked at: with the edited texts in place of the
//! files, every object must be what it was, the wanted changes aside, and the judgement must have lost the findings and
//! gained none. So a value that several charts, variants or objects share changes only where all of them want the same.

mod built;
mod generated;
mod lower;
mod passed;
mod said;

use crate::choose::{Options, wanted};
use crate::expect::Expected;
use crate::fixer::key::{Counts, Key};
use crate::fixer::{Applied, FixedSource, Judge, Subject};
use crate::lower::Plan;
use crate::refuse::{Refusal, Refused};
use crate::text::{Change, apply, merge};
use generated::Generated;
use ironclad_model::{Edit, Finding, Origins, Snapshot};
use ironclad_tree::{Comment, Document, Source};
use lower::{Target, Through, lower};
use passed::{EditedText, hands_on};
use rustc_hash::FxHashSet;
use said::OwnExpected;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything read anew.
pub struct Reloaded {
    /// The objects.
    pub snapshot: Arc<Snapshot>,
    /// Comments that lie in no document, by source.
    pub comments: Vec<(Arc<Source>, Vec<Comment>)>,
    /// How many errors there were: an edit may not bring one.
    pub errors: usize,
}

/// Reads everything anew, with these texts in place of the files of these names.
pub(crate) type Load<'a> = dyn Fn(&BTreeMap<String, Arc<str>>) -> Reloaded + 'a;

/// What rendering again takes: only the caller knows files.
pub struct Reload<'a> {
    /// The file that a text was read from, where it is exactly that file's text.
    pub file: &'a dyn Fn(&Source) -> Option<Arc<Source>>,
    /// Does the text of this name lie in what the user named? What lies elsewhere may be part of kustomizations that
    /// nobody renders now.
    pub is_named: &'a dyn Fn(&str) -> bool,
    /// Reads and renders all inputs, with these texts in place of the files of these names.
    pub load: &'a Load<'a>,
}

/// What came of it.
pub struct Rendered {
    /// The texts that changed, sorted by name.
    pub sources: Vec<FixedSource>,
    /// What was wanted and not done.
    pub refused: Vec<Refused>,
    /// The inputs with the edited texts.
    pub now: Reloaded,
}

/// Rounds of edits: those that get in each other's way wait for the next.
const ROUNDS: usize = 6;
/// How often everything is rendered again at most; what is not proved by then is refused.
const RELOADS: usize = 128;

/// Makes the findings in rendered objects go away where `options` allow it and one text holds what they are about.
pub fn fix_rendered(now: Reloaded, reload: &Reload<'_>, judge: &Judge<'_>, options: &Options) -> Rendered {
    fix_some_rendered(now, reload, judge, options, &|_| true)
}

/// As [`fix_rendered`], for the findings that are meant. The proof is the same: none of the others may grow in number.
pub fn fix_some_rendered(
    now: Reloaded,
    reload: &Reload<'_>,
    judge: &Judge<'_>,
    options: &Options,
    is_meant: &dyn Fn(&Finding) -> bool,
) -> Rendered {
    let findings = judge(&Subject { snapshot: &now.snapshot, comments: &now.comments });
    let mut run = Run {
        reload,
        judge,
        options,
        is_meant,
        state: State { now, findings },
        texts: BTreeMap::new(),
        refused: Vec::new(),
        banned: FxHashSet::default(),
        reloads: 0,
    };
    for round in 1..=ROUNDS {
        if !run.round(round == ROUNDS) {
            break;
        }
    }
    let sources = run.texts.into_values().filter(|text| text.before.text() != text.after.text()).collect();
    Rendered { sources, refused: run.refused, now: run.state.now }
}

struct State {
    now: Reloaded,
    findings: Vec<Finding>,
}

/// A fix on its way to a text.
struct Candidate {
    key: Key,
    check: &'static str,
    object: String,
    title: String,
    text: Arc<Source>,
    at: u32,
    /// The document and what it should become.
    document: Arc<Document>,
    edits: Vec<Edit>,
    /// Where that is written.
    targets: Vec<Target>,
    /// Other ways, where this one cannot be proved.
    others: Vec<Through>,
    /// The kustomization that it is part of.
    unit: Option<String>,
}

impl Candidate {
    /// Takes the next way; false where there is none.
    fn next(&mut self) -> bool {
        let Some(way) = self.others.pop() else { return false };
        (self.edits, self.targets) = (way.edits, way.targets);
        true
    }
}

struct Run<'a> {
    reload: &'a Reload<'a>,
    judge: &'a Judge<'a>,
    options: &'a Options,
    is_meant: &'a dyn Fn(&Finding) -> bool,
    state: State,
    texts: BTreeMap<String, FixedSource>,
    refused: Vec<Refused>,
    banned: FxHashSet<Key>,
    reloads: usize,
}

impl Run<'_> {
    /// One round; was anything done, so that another may do more?
    fn round(&mut self, is_last: bool) -> bool {
        let mut candidates = self.candidates();
        // Fixes that come to the same bytes stand or fall together: a value that two objects print.
        let mut clusters: Vec<(&[Target], Vec<usize>)> = Vec::new();
        for (index, candidate) in candidates.iter().enumerate() {
            match clusters.iter_mut().find(|(targets, _)| *targets == candidate.targets) {
                Some((_, members)) => members.push(index),
                None => clusters.push((&candidate.targets, vec![index])),
            }
        }
        let clusters: Vec<Vec<usize>> = clusters.into_iter().map(|(_, members)| members).collect();
        let mut work = Work { candidates: &mut candidates, accepted: Vec::new(), made: None, rejected: Vec::new() };
        self.admit(&mut work, &clusters);
        let Work { accepted, made, rejected, .. } = work;
        let done = made.is_some();
        for (index, refusal) in rejected {
            // What another edit stands in the way of, or makes room for, may be made in the next round.
            let waits = done && !is_last;
            if let Some(candidate) = candidates.get(index).filter(|_| !waits) {
                self.refuse(candidate, refusal);
            }
        }
        let Some(made) = made else { return false };
        for name in made.changed {
            let Some((before, after)) = made.texts.get(&name) else { continue };
            let text = self.texts.entry(name.clone()).or_insert_with(|| FixedSource {
                before: Arc::clone(before),
                after: Arc::clone(after),
                applied: Vec::new(),
                units: BTreeSet::new(),
            });
            text.after = Arc::clone(after);
            let own = || accepted.iter().filter_map(|&index| candidates.get(index));
            let touches = own().filter(|c| c.targets.iter().any(|target| *target.source == *name));
            text.units.extend(touches.filter_map(|candidate| candidate.unit.clone()));
            let own = own().filter(|c| c.targets.first().is_some_and(|target| *target.source == *name));
            text.applied.extend(own.map(|candidate| Applied {
                check: candidate.check,
                object: candidate.object.clone(),
                title: candidate.title.clone(),
            }));
        }
        self.state = made.state;
        true
    }

    fn candidates(&mut self) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut refused = Vec::new();
        let snapshot = Arc::clone(&self.state.now.snapshot);
        for finding in self.state.findings.iter().filter(|finding| finding.is_open() && (self.is_meant)(finding)) {
            let Some(object) = snapshot.object(finding.object).filter(|_| finding.elsewhere.is_none()) else {
                continue;
            };
            let Some(origins) = object.origins().filter(|origins| !origins.is_empty()) else { continue };
            let Ok(fix) = wanted(finding, self.options) else { continue };
            let Some(text) = finding.source(&snapshot) else { continue };
            let key = Key::exact(finding, &snapshot);
            if self.banned.contains(&key) {
                continue;
            }
            let mut candidate = Candidate {
                key,
                check: finding.check,
                object: object.identity().to_string(),
                title: finding.fixes.first().map(|fix| fix.title.to_string()).unwrap_or_default(),
                text: Arc::clone(text),
                at: finding.shown_span().start,
                document: Arc::clone(object.document()),
                edits: Vec::new(),
                targets: Vec::new(),
                others: Vec::new(),
                unit: snapshot.unit(object.unit()).filter(|_| origins.is_built()).map(|unit| unit.name.clone()),
            };
            let lowered = fix.and_then(|fix| {
                candidate.title = fix.title.into_owned();
                let may_edit = |source: &Source, built: bool| self.may_edit(source, built);
                lower(object.document(), origins, &fix.edits, &self.options.limits, &may_edit)
            });
            match lowered {
                Ok(mut ways) => {
                    ways.reverse();
                    candidate.others = ways;
                    candidate.next();
                    found.push(candidate);
                }
                Err(refusal) => refused.push((candidate, refusal)),
            }
        }
        for (candidate, refusal) in refused {
            self.refuse(&candidate, refusal);
        }
        found
    }

    /// Is this text what lies in its file, or what an edit made of it? And, for what a kustomization built, does the
    /// user mean it?
    fn may_edit(&self, source: &Source, built: bool) -> Result<(), Refusal> {
        let is_file = match self.texts.get(&**source.name()) {
            Some(text) => text.after.text() == source.text(),
            None => (self.reload.file)(source).is_some(),
        };
        if !is_file {
            return Err(Refusal::printed(format!("`{}` is no file that can be edited", source.name())));
        }
        if built && !(self.reload.is_named)(source.name()) {
            return Err(Refusal::outside(source.name()));
        }
        Ok(())
    }

    fn refuse(&mut self, candidate: &Candidate, refusal: Refusal) {
        // Several findings of one key (a chart and its variant) are refused once.
        if self.banned.insert(candidate.key.clone()) {
            self.refused.push(Refused {
                check: candidate.check,
                text: Arc::clone(&candidate.text),
                at: candidate.at,
                title: candidate.title.clone(),
                refusal,
            });
        }
    }

    /// Accepts all of these on top of what is accepted, by halves where not all can be.
    fn admit(&mut self, work: &mut Work<'_>, clusters: &[Vec<usize>]) {
        if clusters.is_empty() {
            return;
        }
        let mut all = work.accepted.clone();
        all.extend(clusters.iter().flatten());
        match self.make(work.candidates, &all) {
            Ok(made) => {
                work.made = Some(made);
                work.accepted = all;
            }
            Err(refusal) => match clusters {
                [one] => {
                    // Members of a cluster have the same ways.
                    let mut more = true;
                    one.iter().for_each(|&index| more &= work.candidates.get_mut(index).is_some_and(Candidate::next));
                    if more {
                        return self.admit(work, clusters);
                    }
                    work.rejected.extend(one.iter().map(|&index| (index, refusal.clone())));
                }
                _ => {
                    let (left, right) = clusters.split_at(clusters.len() / 2);
                    self.admit(work, left);
                    self.admit(work, right);
                }
            },
        }
    }

    /// Makes exactly these and proves them, or says why they cannot be made.
    fn make(&mut self, candidates: &[Candidate], indices: &[usize]) -> Result<Made, Refusal> {
        let own = || indices.iter().filter_map(|&index| candidates.get(index));
        let mut changes: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
        let mut plans: Vec<(&Arc<Document>, Plan<'_>)> = Vec::new();
        for candidate in own() {
            for target in &candidate.targets {
                changes.entry(&target.source).or_default().extend(target.changes.iter().cloned());
            }
            let known = plans.iter().position(|(document, _)| Arc::ptr_eq(document, &candidate.document));
            let index = known.unwrap_or_else(|| {
                plans.push((&candidate.document, Plan::new(&candidate.document)));
                plans.len() - 1
            });
            for edit in &candidate.edits {
                plans.get_mut(index).map_or(Ok(()), |(_, plan)| plan.add(edit))?;
            }
        }
        let mut expected = Vec::with_capacity(plans.len());
        for (document, plan) in &plans {
            expected.push((*document, Expected::of(plan, &plan.lower()?)?));
        }
        let said = OwnExpected::of_all(own().flat_map(|candidate| &candidate.targets).flat_map(|target| &target.own))?;
        let mut texts: BTreeMap<String, (Arc<Source>, Arc<Source>)> =
            self.texts.iter().map(|(name, t)| (name.clone(), (Arc::clone(&t.before), Arc::clone(&t.after)))).collect();
        let mut changed = Vec::new();
        let mut edited: Vec<EditedText> = Vec::new();
        for (name, changes) in changes {
            let changes = merge(changes)?;
            let known = texts.get(name).cloned();
            let (before, now) = match known {
                Some(known) => known,
                None => {
                    let read = Source::new(name, own_text(candidates, indices, name));
                    let file = (self.reload.file)(&read).ok_or_else(Refusal::rendered)?;
                    (Arc::clone(&file), file)
                }
            };
            let text = apply(now.text(), &changes);
            let after = Source::encoded(Arc::clone(before.name()), text, before.encoding());
            let spans = changes.iter().map(|change| change.span).collect();
            edited.push(EditedText { now, after: Arc::clone(&after), spans });
            texts.insert(name.to_owned(), (before, after));
            changed.push(name.to_owned());
        }
        if self.reloads >= RELOADS {
            return Err(Refusal::printed("too many edits of charts in one run"));
        }
        self.reloads += 1;
        let overlay = texts.iter().map(|(name, (_, after))| (name.clone(), Arc::from(after.text()))).collect();
        let now = (self.reload.load)(&overlay);
        self.same(&now, &expected, &said, &edited)?;
        let findings = (self.judge)(&Subject { snapshot: &now.snapshot, comments: &now.comments });
        let (old, new) =
            (Counts::of(&self.state.findings, &self.state.now.snapshot), Counts::of(&findings, &now.snapshot));
        let mut wanted: BTreeMap<&Key, usize> = BTreeMap::new();
        for candidate in own() {
            *wanted.entry(&candidate.key).or_default() += 1;
        }
        if wanted.into_iter().any(|(key, count)| new.exact(key) + count > old.exact(key)) {
            return Err(Refusal::not_gone());
        }
        if let Some(what) = new.grown_in_sources(&old).values().next() {
            return Err(Refusal::new_finding(what));
        }
        Ok(Made { state: State { now, findings }, texts, changed })
    }

    /// Is everything what it was, but for what was wanted?
    fn same(
        &self,
        now: &Reloaded,
        expected: &[(&Arc<Document>, Expected)],
        said: &[OwnExpected],
        edited: &[EditedText],
    ) -> Result<(), Refusal> {
        if now.errors > self.state.now.errors {
            return Err(Refusal::printed("with the edit the objects would not render"));
        }
        let (old, new) = (documents(&self.state.now.snapshot), documents(&now.snapshot));
        if old.len() != new.len() {
            return Err(Refusal::printed("with the edit other objects would come out"));
        }
        let texts = edited.iter().map(|text| (text.now.text(), text.after.text())).collect();
        let generated = Generated::of(texts, &old, &new);
        for (old, new) in old.iter().zip(&new) {
            let wanted = expected.iter().find(|(document, _)| Arc::ptr_eq(document, &old.document));
            let own = said.iter().find(|own| old.is_file && own.is_about(&old.document));
            let is_same = match (wanted, own) {
                (Some((_, expected)), _) => expected.matches(&new.document),
                (None, Some(own)) => own.matches(&new.document),
                (None, None) => {
                    old.document.root().eq_value(new.document.root())
                        || !old.is_file && generated.allows(&old.document, &new.document)
                        || hands_on(old, &new.document, edited)
                }
            };
            if !is_same || old.unit != new.unit {
                let message = match wanted {
                    Some(_) => "with the edit something else would come out than what is wanted".to_owned(),
                    None => format!("the edit would also change what {} makes", old.document.source().name()),
                };
                return Err(Refusal::printed(message));
            }
        }
        Ok(())
    }
}

/// The text of this name as the candidates were lowered to it.
fn own_text(candidates: &[Candidate], indices: &[usize], name: &str) -> String {
    let targets = indices.iter().filter_map(|&index| candidates.get(index)).flat_map(|candidate| &candidate.targets);
    targets
        .filter(|target| *target.source == *name)
        .map(|target| target.text.text().to_owned())
        .next()
        .unwrap_or_default()
}

/// A document of objects.
struct Held {
    unit: String,
    document: Arc<Document>,
    /// It was read from a file, and nothing made it.
    is_file: bool,
    origins: Option<Arc<Origins>>,
}

/// The documents of the objects, in order.
fn documents(snapshot: &Snapshot) -> Vec<Held> {
    let mut all: Vec<Held> = Vec::new();
    for object in snapshot.objects() {
        if all.last().is_none_or(|last| !Arc::ptr_eq(&last.document, object.document())) {
            let unit = snapshot.unit(object.unit()).map(|unit| unit.name.clone()).unwrap_or_default();
            let is_file = object.origins().is_none_or(|origins| origins.is_empty());
            let origins = object.origins().cloned();
            all.push(Held { unit, document: Arc::clone(object.document()), is_file, origins });
        }
    }
    all
}

struct Work<'a> {
    candidates: &'a mut [Candidate],
    accepted: Vec<usize>,
    made: Option<Made>,
    rejected: Vec<(usize, Refusal)>,
}

struct Made {
    state: State,
    /// All texts with edits: as in the file, and as they are now.
    texts: BTreeMap<String, (Arc<Source>, Arc<Source>)>,
    /// Those that got edits now.
    changed: Vec<String>,
}
