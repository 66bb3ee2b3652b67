//! Everything that is said about a check, in one place.

use crate::{Cx, Fact, Param};
use ironclad_model::{Confidence, Kind, Object, Severity};
use ironclad_views::Pod;

/// A check: what is said about it and what it is called with.
pub struct Check {
    /// What is said about it.
    pub meta: &'static Meta,
    /// What it is called with.
    pub run: Subscription,
}

/// What a check is called with.
#[derive(Clone, Copy)]
pub enum Subscription {
    /// Every pod template, however nested, of any kind.
    Pod(fn(&Pod<'_>, &mut Cx<'_>)),
    /// Every object of a kind.
    Kind(Kind, fn(&Object, &mut Cx<'_>)),
    /// Every pod template, and besides every object of a kind.
    PodAndKind(fn(&Pod<'_>, &mut Cx<'_>), Kind, fn(&Object, &mut Cx<'_>)),
    /// Every object.
    Object(fn(&Object, &mut Cx<'_>)),
    /// The whole snapshot, once, after all objects.
    Snapshot(fn(&mut Cx<'_>)),
    /// An event of a stream (audit log, kernel); the detection engine calls these.
    Event(fn(&mut Cx<'_>)),
    /// Nothing: it is about the state of waivers, which [`waive::apply`](crate::waive::apply) judges after all others.
    Waivers,
}

/// A check's profile: the letter of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Profile {
    /// B: Pod Security baseline, on by default.
    Baseline,
    /// R: Pod Security restricted, on by default.
    Restricted,
    /// D: on by default.
    Default,
    /// X: on by default, joins objects.
    CrossObject,
    /// O: only on demand.
    OptIn,
}

impl Profile {
    /// The letter.
    pub fn letter(self) -> char {
        match self {
            Profile::Baseline => 'B',
            Profile::Restricted => 'R',
            Profile::Default => 'D',
            Profile::CrossObject => 'X',
            Profile::OptIn => 'O',
        }
    }
}

/// A level of the Pod Security Standards above `privileged`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Prevents known privilege escalations.
    Baseline,
    /// Hardening practice.
    Restricted,
}

impl Level {
    /// As in namespace labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// An upstream Pod Security check that this one implements (`k8s.io/pod-security-admission/policy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pss {
    /// Upstream id: `hostNamespaces`, `seccompProfile_restricted`.
    pub check: &'static str,
    /// The level that begins to demand it.
    pub level: Level,
    /// Minor version from which it is demanded (`v1.N`).
    pub since: u8,
    /// Minor version from which the restricted level replaces it by a stricter check.
    pub overridden: Option<u8>,
}

impl Pss {
    /// Is it demanded at this level and minor version?
    pub fn applies(&self, level: Level, version: u8) -> bool {
        self.level <= level
            && version >= self.since
            && !(level == Level::Restricted && self.overridden.is_some_and(|from| version >= from))
    }
}

/// What a check can say something about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Applies {
    /// Files and live objects.
    Everywhere,
    /// Files only: it is about how they are written, or about what an API server refuses or rewrites.
    Files,
    /// Live objects only: it is about what the cluster adds, such as `status`.
    Live,
}

impl Applies {
    /// To objects of this origin?
    pub fn to(self, live: bool) -> bool {
        match self {
            Applies::Everywhere => true,
            Applies::Files => !live,
            Applies::Live => live,
        }
    }
}

/// What `fix` does about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FixKind {
    /// Nothing: a person has to decide.
    None,
    /// Always safe.
    Safe,
    /// Only with `--unsafe`.
    Unsafe,
    /// Only with a value from a flag.
    Value,
}

/// What is said about a check.
pub struct Meta {
    /// `<domain>/<kebab-case-name>`, never reused.
    pub id: &'static str,
    /// What is wrong, as a noun phrase: "container runs privileged".
    pub title: &'static str,
    /// Default severity.
    pub severity: Severity,
    /// How sure its findings are.
    pub confidence: Confidence,
    /// Letter of the catalogue.
    pub profile: Profile,
    /// First version of ironclad that has it.
    pub since: &'static str,
    /// Kinds that it must see. Decides `notObserved`, the permissions a cluster scan needs, and incremental runs.
    pub reads: &'static [Kind],
    /// What it has a cluster list, where that is less than what it `reads`: it judges what others had listed as well.
    pub asks: Option<&'static [Kind]>,
    /// It holds objects against others although it `reads` no more kinds than it is called with.
    pub joins: bool,
    /// What it asks a cluster for besides objects.
    pub facts: &'static [Fact],
    /// Files, live objects, or both.
    pub applies: Applies,
    /// Upstream Pod Security checks that it implements.
    pub pss: &'static [Pss],
    /// Framework tags: `cis:5.2.2`, `nsa`, `mitre:T1611`.
    pub tags: &'static [&'static str],
    /// Parameters.
    pub params: &'static [Param],
    /// What `fix` does.
    pub fix: FixKind,
    /// The page: documentation, `explain` text and test.
    pub page: &'static str,
}

impl Meta {
    /// A check with the usual answers, to be completed by struct update syntax.
    pub const DEFAULT: Meta = Meta {
        id: "",
        title: "",
        severity: Severity::Medium,
        confidence: Confidence::Certain,
        profile: Profile::Default,
        since: "0.1.0",
        reads: &[Kind::ANY_POD],
        asks: None,
        joins: false,
        facts: &[],
        applies: Applies::Everywhere,
        pss: &[],
        tags: &[],
        params: &[],
        fix: FixKind::None,
        page: "",
    };

    /// The part of the id before the slash.
    pub fn domain(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(domain, _)| domain)
    }

    /// First paragraph of the page: the summary in tables.
    pub fn summary(&self) -> &'static str {
        let body = self.page.trim_start();
        let after_title = match body.strip_prefix('#').and_then(|rest| rest.split_once('\n')) {
            Some((_, rest)) => rest,
            None => body,
        };
        after_title.trim_start().split("\n\n").next().unwrap_or_default().trim()
    }
}
