//! What a check is handed: the run's facts, its own parameters, and a way to say what it found.

use crate::{
    Beside, Level, Meta, ParamValue, RunConfig, Schemas,
    run::{Enabled, Memo, Shared},
};
use ironclad_model::{
    Confidence, Edit, Finding, Fix, Kind, Object, ObjectId, Place, Related, Safety, Severity, Snapshot, Spot, Status,
    Unit, Wanted,
};
use ironclad_tree::Span;
use ironclad_views::{Pod, PodContainer, pods};
use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

/// Context of one call of one check.
pub struct Cx<'a> {
    pub(crate) meta: &'static Meta,
    pub(crate) enabled: &'a Enabled,
    pub(crate) config: &'a RunConfig,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) memo: &'a Memo,
    pub(crate) shared: &'a Shared,
    pub(crate) object: Option<&'a Object>,
    pub(crate) guessed: bool,
    /// Nothing that the check holds objects against was seen: findings are notes.
    pub(crate) unseen: bool,
    /// Number of findings when a counterpart turned out to be one that the cluster did not show: what comes after says
    /// that something is missing of which nobody knows.
    pub(crate) unfounded: Option<usize>,
    /// Something besides the object was looked at: what is found may change although the object does not.
    pub(crate) looked_around: Cell<bool>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) not_observed: Vec<String>,
}

impl<'a> Cx<'a> {
    /// Says that something is wrong at this place of the object that the check was called with. The message is one
    /// sentence, lower case, without a full stop, with names in backticks.
    pub fn find<'f>(&'f mut self, at: impl Into<Spot<'f>>, message: impl Into<String>) -> Finder<'f> {
        #[expect(clippy::expect_used, reason = "only snapshot checks have no object, and they call find_in")]
        let object = self.object.expect("a snapshot check names the object");
        self.push(object, Place::of(at.into()), message.into())
    }

    /// As [`find`](Self::find), where a mapping lacks a field whose name is not known beforehand.
    pub fn find_missing<'f>(
        &'f mut self,
        mapping: ironclad_tree::NodeRef<'_>,
        name: &str,
        message: impl Into<String>,
    ) -> Finder<'f> {
        #[expect(clippy::expect_used, reason = "only snapshot checks have no object, and they call find_in")]
        let object = self.object.expect("a snapshot check names the object");
        self.push(object, Place::missing(mapping, name), message.into())
    }

    /// As [`find`](Self::find), in an object of the check's choice.
    pub fn find_in<'f>(
        &'f mut self,
        object: &'f Object,
        at: impl Into<Spot<'f>>,
        message: impl Into<String>,
    ) -> Finder<'f> {
        self.push(object, Place::of(at.into()), message.into())
    }

    fn push<'f>(&'f mut self, object: &'f Object, place: Place, message: String) -> Finder<'f> {
        let document = object.document();
        let mut severity = self.enabled.severity.unwrap_or(self.meta.severity);
        let mut confidence = self.meta.confidence;
        if self.guessed {
            confidence = Confidence::Heuristic;
            if self.enabled.severity.is_none() {
                severity = severity.min(Severity::Medium);
            }
        }
        if self.unseen {
            severity = Severity::Info;
        }
        self.findings.push(Finding {
            check: self.meta.id,
            severity,
            confidence,
            object: object.id(),
            elsewhere: None,
            rendered_from: Vec::new(),
            rendered_remedy: None,
            container: None,
            pointer: place.pointer(document, object.root().id()),
            span: place.span(document),
            place,
            hidden: Vec::new(),
            message,
            label: None,
            pss: self.pss_tag(),
            evidence: Vec::new(),
            related: Vec::new(),
            fixes: Vec::new(),
            is_offered: false,
            status: Status::Open,
            fingerprint: String::new(),
        });
        let overridden = self.enabled.severity.is_some() || self.unseen;
        let cap = if self.guessed { Severity::Medium } else { Severity::Critical };
        #[expect(clippy::expect_used, reason = "pushed above")]
        let finding = self.findings.last_mut().expect("just pushed");
        Finder { finding, object: object.id(), document: object.document(), overridden, cap }
    }

    fn pss_tag(&self) -> Option<&'static str> {
        let (level, version) = self.config.pss?;
        let applying = self.meta.pss.iter().filter(|pss| pss.applies(level, version));
        applying.max_by_key(|pss| pss.level).map(|pss| pss.check)
    }

    /// Is this run exactly a Pod Security Standard (`--pss`), and which?
    pub fn pss(&self) -> Option<(Level, u8)> {
        self.config.pss
    }

    /// Judge by the exact Pod Security rule, without the default profile's allowances (`restricted`, `--pss`)?
    pub fn exact_pss(&self) -> bool {
        self.config.exact_pss || self.config.pss.is_some()
    }

    /// Does what only Linux has not apply to this pod? Under `--pss` as upstream decides: from 1.25, by `spec.os.name`
    /// alone; else by the node selector too.
    pub fn skips_windows(&self, pod: &Pod<'_>) -> bool {
        match self.config.pss {
            Some((_, version)) => version >= 25 && pod.is_windows(),
            None => pod.runs_on_windows(),
        }
    }

    /// Minor version of Kubernetes to judge for.
    pub fn version(&self) -> u8 {
        self.config.pss.map_or(self.config.version, |(_, version)| version)
    }

    /// Does another check run too? Then what it says need not be said twice.
    pub fn runs(&self, id: &str) -> bool {
        self.config.enabled.iter().any(|enabled| enabled.check.meta.id == id)
    }

    /// Report the strict half of a row (`O:` inside a D row)?
    pub fn strict(&self) -> bool {
        self.flag("strict") || self.config.strict
    }

    /// Do resource checks look at init containers that are no sidecars (`--strict-init`)?
    pub fn strict_init(&self) -> bool {
        self.config.strict_init
    }

    /// Will anybody look at the edits of a fix? Where nobody does, an edit that costs something need not be made.
    pub fn keeps_edits(&self) -> bool {
        !self.config.forget_edits
    }

    /// Is the set the whole truth (`--complete`, or a live cluster)?
    pub fn complete(&self) -> bool {
        self.config.complete
    }

    /// A fact about the whole snapshot that every call of this check needs, found out once a run.
    ///
    /// # Panics
    ///
    /// When one check asks for facts of two types; the runner reports it as a failed check.
    pub fn once<T: Any + Send + Sync>(&self, find_out: impl FnOnce(&Self) -> T) -> &'a T {
        let before = self.looked_around.replace(false);
        let (fact, looked_around) = self.memo.get_or_init(|| {
            let fact: Box<dyn Any + Send + Sync> = Box::new(find_out(self));
            (fact, self.looked_around.get())
        });
        self.looked_around.set(before || *looked_around);
        #[expect(clippy::expect_used, reason = "a check that breaks this fails on its first object, in its own test")]
        fact.downcast_ref().expect("a check keeps one type of fact")
    }

    /// A fact about the whole snapshot that several checks ask for, found out once a run by whoever asks first. It is
    /// known by its type.
    ///
    /// # Panics
    ///
    /// Never: the fact of a type has that type.
    pub fn shared<T: Any + Send + Sync>(&self, find_out: impl FnOnce(&Snapshot, &RunConfig) -> T) -> Arc<T> {
        self.look();
        #[expect(clippy::expect_used, reason = "stored under its own type")]
        self.shared.get(|| find_out(self.snapshot, self.config)).expect("the fact of a type has that type")
    }

    /// The context rule of checks that join objects: where the snapshot holds no object of any of these counterpart
    /// kinds, and nobody says that it is the whole truth (`--complete`, a live cluster), whatever this call finds from
    /// here on is a note, whatever the configured severity, and the run says that the kinds were not observed. True
    /// where there is something to hold objects against.
    ///
    /// Where a cluster was asked for these kinds and did not show them all, what the call finds from here on is dropped:
    /// the run says what was not shown, and nobody knows what is missing.
    ///
    /// Ask it where the verdict hangs on the counterpart, not before: an object that passes without it saw all it
    /// needs.
    pub fn context(&mut self, kinds: &[Kind]) -> bool {
        self.looked_around.set(true);
        debug_assert!(
            kinds.iter().all(|kind| self.meta.reads.contains(kind)) || self.meta.reads.contains(&Kind::ANY),
            "{} looks at {kinds:?} without listing them in `reads`",
            self.meta.id
        );
        if let Some(unseen) = self.config.unseen.iter().find(|unseen| unseen.is_among(kinds)) {
            // What was asked for and not shown may be what the object wants.
            let reason = unseen.reason.clone();
            self.not_observed(reason);
            self.unfounded.get_or_insert(self.findings.len());
            return false;
        }
        let seen = |kind: &Kind| match *kind {
            Kind::ANY_POD => self.shared(HasPods::find_out).0,
            kind => self.snapshot.has_kind(kind),
        };
        let seen = kinds.iter().any(seen);
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        self.observed(seen, &names.join(" or "))
    }

    /// As [`context`](Self::context), for a counterpart of a kind that has no [`Kind`]: the check says whether it saw
    /// any.
    pub fn observed(&mut self, seen: bool, what: &str) -> bool {
        self.looked_around.set(true);
        if self.config.complete || seen {
            return true;
        }
        self.not_observed(format!("no {what} in the set"));
        self.unseen = true;
        false
    }

    /// What a cluster says beside its objects; the check lists what it asks for in `facts`.
    pub fn beside(&self) -> &'a Beside {
        self.looked_around.set(true);
        &self.config.beside
    }

    /// Schemas of kinds that are not built in, beside those that the set defines.
    pub fn schemas(&self) -> &'a Schemas {
        self.looked_around.set(true);
        &self.config.schemas
    }

    /// The snapshot. What a check takes from it is of kinds that it lists in `reads`.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.look();
        self.snapshot
    }

    /// The controller that owns an object, where it is in the snapshot: who it is, not what. Its `metadata` alone may be
    /// left of it.
    pub fn controller_of(&self, object: &Object) -> Option<&'a Object> {
        self.looked_around.set(true);
        self.snapshot.controller_of(object)
    }

    /// The chart, overlay or folder that an object belongs to.
    pub fn unit_of(&self, object: &Object) -> Option<&'a Unit> {
        self.snapshot.unit(object.unit())
    }

    /// Takes note that the verdict hangs on more than the object.
    fn look(&self) {
        debug_assert!(
            self.enabled.check.is_joining(),
            "{} looks at other objects: list their kinds in `reads`, or set `joins`",
            self.meta.id
        );
        self.looked_around.set(true);
    }

    /// The pods of an object, for a check that is called with objects: none where another object of the snapshot makes
    /// it, as that one is judged.
    pub fn pods_of<'o>(&self, object: &'o Object) -> Vec<Pod<'o>> {
        self.looked_around.set(true);
        let made = matches!(object.kind(), Kind::POD | Kind::REPLICA_SET | Kind::JOB)
            && self.snapshot.controller_of(object).is_some();
        if made { Vec::new() } else { pods(object, &self.config.workloads) }
    }

    /// The object with this id.
    pub fn object_of(&self, id: ObjectId) -> Option<&'a Object> {
        self.look();
        self.snapshot.object(id)
    }

    /// Objects of a kind that the check listed in `reads`.
    pub fn objects(&self, kind: Kind) -> Vec<&'a Object> {
        self.look();
        debug_assert!(
            self.meta.reads.contains(&kind) || self.meta.reads.contains(&Kind::ANY),
            "{} looks at {kind:?} without listing it in `reads`",
            self.meta.id
        );
        self.snapshot.of_kind(kind)
    }

    /// The object of a kind with this namespace and name, from a kind that the check listed in `reads`.
    pub fn named(&self, kind: Kind, namespace: Option<&str>, name: &str) -> Option<&'a Object> {
        self.look();
        debug_assert!(
            self.meta.reads.contains(&kind) || self.meta.reads.contains(&Kind::ANY),
            "{} looks at {kind:?} without listing it in `reads`",
            self.meta.id
        );
        self.snapshot.named(kind, namespace, name).into_iter().next()
    }

    /// Says that the check could not see what it needs.
    pub fn not_observed(&mut self, reason: impl Into<String>) {
        self.looked_around.set(true);
        self.not_observed.push(reason.into());
    }

    /// A parameter that is a number.
    pub fn int(&self, name: &str) -> i64 {
        match self.param(name) {
            Some(ParamValue::Int(value)) => *value,
            _ => 0,
        }
    }

    /// A parameter that is yes or no; no where the check does not declare it.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.enabled.params.get(name), Some(ParamValue::Bool(true)))
    }

    /// A parameter that is a text.
    pub fn text(&self, name: &str) -> &'a str {
        match self.param(name) {
            Some(ParamValue::Text(value)) => value,
            _ => "",
        }
    }

    /// A parameter that is a list of texts.
    pub fn texts(&self, name: &str) -> &'a [String] {
        match self.param(name) {
            Some(ParamValue::Texts(value)) => value,
            _ => &[],
        }
    }

    /// A parameter that maps texts to texts.
    pub fn map(&self, name: &str) -> Option<&'a std::collections::BTreeMap<String, String>> {
        match self.param(name) {
            Some(ParamValue::Map(value)) => Some(value),
            _ => None,
        }
    }

    fn param(&self, name: &str) -> Option<&'a ParamValue> {
        let value = self.enabled.params.get(name);
        debug_assert!(value.is_some(), "{} reads parameter `{name}` without declaring it", self.meta.id);
        value
    }
}

/// Is there any pod template in the snapshot?
struct HasPods(bool);

impl HasPods {
    fn find_out(snapshot: &Snapshot, config: &RunConfig) -> HasPods {
        HasPods(snapshot.objects().any(|object| !pods(object, &config.workloads).is_empty()))
    }
}

/// Completes a finding.
pub struct Finder<'f> {
    finding: &'f mut Finding,
    object: ObjectId,
    document: &'f ironclad_tree::Document,
    overridden: bool,
    cap: Severity,
}

impl Finder<'_> {
    /// It is about this container.
    pub fn of(self, container: &PodContainer<'_>) -> Self {
        self.container(container.label())
    }

    /// It is about the container of this name.
    pub fn container(self, name: &str) -> Self {
        self.finding.container = Some(name.to_owned());
        self
    }

    /// What follows from it, in a few words for the arrow below the excerpt.
    pub fn label(self, label: impl Into<Cow<'static, str>>) -> Self {
        self.finding.label = Some(label.into());
        self
    }

    /// Another severity than the check's, unless the configuration sets one.
    pub fn severity(self, severity: Severity) -> Self {
        if !self.overridden {
            self.finding.severity = severity.min(self.cap);
        }
        self
    }

    /// Less sure than usual.
    pub fn confidence(self, confidence: Confidence) -> Self {
        self.finding.confidence = self.finding.confidence.min(confidence);
        self
    }

    /// A fact that a machine may want.
    pub fn evidence(self, key: &'static str, value: impl Into<String>) -> Self {
        self.finding.evidence.push((key, value.into()));
        self
    }

    /// A second place in the same object.
    pub fn related<'s>(self, at: impl Into<Spot<'s>>, message: impl Into<String>) -> Self {
        let related = Related { object: self.object, place: Place::of(at.into()), message: message.into() };
        self.finding.related.push(related);
        self
    }

    /// A second place in another object.
    pub fn related_in<'s>(self, object: &Object, at: impl Into<Spot<'s>>, message: impl Into<String>) -> Self {
        let related = Related { object: object.id(), place: Place::of(at.into()), message: message.into() };
        self.finding.related.push(related);
        self
    }

    /// Only this part of the scalar, in bytes of the source text.
    pub fn part(self, span: Span) -> Self {
        self.finding.place.part = Some(span);
        self.finding.span = self.finding.place.span(self.document);
        self
    }

    /// No report may show this part of the source: it is a secret.
    pub fn hide(self, span: Span) -> Self {
        self.finding.hidden.push(span);
        self
    }

    /// A way out.
    pub fn fix(self, title: impl Into<Cow<'static, str>>, safety: Safety, edits: Vec<Edit>) -> Self {
        self.finding.fixes.push(Fix { title: title.into(), safety, edits });
        self
    }

    /// The way out "set the field to this JSON value".
    pub fn fix_set<'s>(
        self,
        title: impl Into<Cow<'static, str>>,
        safety: Safety,
        at: impl Into<Spot<'s>>,
        json: &str,
    ) -> Self {
        let edit = Edit::Set(Place::of(at.into()), json.to_owned());
        self.fix(title, safety, vec![edit])
    }

    /// The way out "set the field to a value that only a person knows".
    pub fn fix_ask<'s>(self, title: impl Into<Cow<'static, str>>, at: impl Into<Spot<'s>>, wanted: Wanted) -> Self {
        let edit = Edit::Ask(Place::of(at.into()), wanted);
        self.fix(title, Safety::Value, vec![edit])
    }

    /// The way out "remove it".
    pub fn fix_remove<'s>(self, title: impl Into<Cow<'static, str>>, safety: Safety, at: impl Into<Spot<'s>>) -> Self {
        let edit = Edit::Remove(Place::of(at.into()));
        self.fix(title, safety, vec![edit])
    }
}
