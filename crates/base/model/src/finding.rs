//! What a check says.

use crate::{Date, Link, ObjectId, Place, Severity, Snapshot, Waived};
use ironclad_tree::{Source, Span};
use std::borrow::Cow;
use std::sync::Arc;

/// How sure a check is of what it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// The shape of an unknown kind was guessed.
    Heuristic,
    /// Likely, from names or patterns.
    Likely,
    /// The rule says so.
    Certain,
}

/// Can the finding be removed without asking a person? In the order in which a person would rather have it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Safety {
    /// Does what the check asks for and nothing beyond it: the object means the same, or grants less by exactly that.
    Safe,
    /// Changes more than the check asks for, or drops something that a person chose: only with `--unsafe`.
    Unsafe,
    /// Needs a value that only a person knows.
    Value,
}

/// A change of one object, expressed on nodes and fields; a fixer lowers it to bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Remove the entry or item.
    Remove(Place),
    /// Set the value at the place (created where missing) to this JSON text.
    Set(Place, String),
    /// Append this JSON text to the list at the place (created where missing).
    Append(Place, String),
    /// Rename the key of the entry.
    Rename(Place, String),
    /// Set the value at the place (created where missing) to one that only a person knows and gives by flag.
    Ask(Place, Wanted),
    /// Sort the entries of the mapping by key, each with its comments.
    Sort(Place),
    /// Replace these bytes of the finding's text; a comment that becomes empty goes with its line.
    Text(Span, String),
    /// Add this object, as JSON text, in a document of its own after the finding's.
    Create(String),
}

impl Edit {
    /// The place it is about, unless it is about text or a new object.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Edit::Remove(place) | Edit::Set(place, _) | Edit::Append(place, _) | Edit::Rename(place, _) => Some(place),
            Edit::Ask(place, _) | Edit::Sort(place) => Some(place),
            Edit::Text(..) | Edit::Create(_) => None,
        }
    }
}

/// What kind of value a person has to give.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Wanted {
    /// A quantity above zero: `100m`, `512Mi`.
    Quantity,
    /// A quantity above zero that is at most the bound: a request below its limit.
    AtMost(Bound),
    /// A quantity above zero that is at least the bound: a limit above its request.
    AtLeast(Bound),
    /// A whole number above zero.
    Count,
    /// A text.
    Text,
    /// An object, in YAML or JSON: a probe.
    Object,
}

/// A quantity that bounds the one that is wanted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bound {
    /// What it is: `memory limit`.
    pub name: String,
    /// The quantity, as it is written.
    pub quantity: String,
}

impl Wanted {
    /// In words, with an example.
    pub fn describe(&self) -> &'static str {
        match self {
            Wanted::Quantity | Wanted::AtMost(_) | Wanted::AtLeast(_) => {
                "a quantity above zero, as in `100m` or `512Mi`"
            }
            Wanted::Count => "a whole number above zero",
            Wanted::Text => "a text",
            Wanted::Object => "an object, as in `{httpGet: {path: /healthz, port: 8080}}`",
        }
    }
}

/// One way to make a finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "set `privileged: false`".
    pub title: Cow<'static, str>,
    /// Safe or not.
    pub safety: Safety,
    /// All edits together.
    pub edits: Vec<Edit>,
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The object it is in.
    pub object: ObjectId,
    /// Where.
    pub place: Place,
    /// What it says.
    pub message: String,
}

/// Does it count?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It counts.
    Open,
    /// A waiver covers it.
    Waived(Box<Waived>),
    /// It was known when the baseline was written.
    Baselined,
}

/// One thing that is wrong, at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the check.
    pub check: &'static str,
    /// After the configuration's overrides.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The object that is judged; [`ObjectId::NONE`] where it is about a file of ours (a waiver in the configuration).
    pub object: ObjectId,
    /// Where it is, when that is not in the object: a comment, a configuration file.
    pub elsewhere: Option<Arc<Source>>,
    /// Name of the container it is about.
    pub container: Option<String>,
    /// Where.
    pub place: Place,
    /// RFC 6901 pointer into the object.
    pub pointer: String,
    /// Bytes of the document's text, or of [`elsewhere`](Self::elsewhere).
    pub span: Span,
    /// Bytes of the [`source`](Self::source) that no report may show: secrets.
    pub hidden: Vec<Span>,
    /// For a rendered object: the chain from the rendered text to the place that a person edits, which is its last
    /// link. Empty where the document itself is edited.
    pub rendered_from: Vec<Link>,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What follows from it, for the arrow below the excerpt.
    pub label: Option<Cow<'static, str>>,
    /// The upstream Pod Security check that it implements (`pss:hostNamespaces` without the prefix).
    pub pss: Option<&'static str>,
    /// Facts a machine may want.
    pub evidence: Vec<(&'static str, String)>,
    /// Other places.
    pub related: Vec<Related>,
    /// Ways out.
    pub fixes: Vec<Fix>,
    /// Would the fixer make one of them without being asked for more? Known where the run was told to find out.
    pub is_offered: bool,
    /// For a rendered object: what the safest fix would ask if the text that it comes from says it plainly, which only
    /// the fixer finds out. It stands for [`fixes`](Self::fixes), whose edits would be of the rendered text.
    pub rendered_remedy: Option<Safety>,
    /// Open, waived, baselined.
    pub status: Status,
    /// Hash that survives reformatting, reordering and line moves.
    pub fingerprint: String,
}

impl Finding {
    /// The text that a person edits to make it go away: the one that [`shown_span`](Self::shown_span) is in.
    pub fn source<'a>(&'a self, snapshot: &'a Snapshot) -> Option<&'a Arc<Source>> {
        match (&self.elsewhere, self.rendered_from.last()) {
            (Some(source), _) => Some(source),
            (None, Some(edited)) => Some(&edited.source),
            (None, None) => snapshot.object(self.object).map(|object| object.document().source()),
        }
    }

    /// Bytes of [`source`](Self::source) to show.
    pub fn shown_span(&self) -> Span {
        match self.rendered_from.last() {
            Some(edited) if self.elsewhere.is_none() => edited.span,
            _ => self.span,
        }
    }

    /// Name of that text.
    pub fn source_name<'a>(&'a self, snapshot: &'a Snapshot) -> &'a str {
        self.source(snapshot).map(|source| &**source.name()).unwrap_or_default()
    }

    /// Does it count?
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// Would the fixer make it go away where it is shown, without being asked for more?
    pub fn is_fixable(&self) -> bool {
        self.is_open() && self.is_offered && self.rendered_from.is_empty()
    }

    /// The way out that asks least of a person; of equal ones the first.
    pub fn safest_fix(&self) -> Option<&Fix> {
        self.fixes.iter().min_by_key(|fix| fix.safety)
    }

    /// What `ironclad fix` has to be told to make it go away: the safest of its fixes says so, and what is said of an
    /// object whose shape was guessed is never safe.
    pub fn remedy(&self) -> Option<Safety> {
        let safety = self.safest_fix().filter(|_| self.is_open())?.safety;
        Some(if self.confidence == Confidence::Heuristic { safety.max(Safety::Unsafe) } else { safety })
    }

    /// The day on which its waiver ends.
    pub fn expires(&self) -> Option<Date> {
        match &self.status {
            Status::Waived(waived) => waived.expires,
            _ => None,
        }
    }
}
