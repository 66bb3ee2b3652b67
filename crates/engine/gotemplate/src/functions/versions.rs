//! Semantic versions and constraints, as `Masterminds/semver` v3 reads them: lenient about missing parts.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Data, IntKind, Object, Value};
use regex::Regex;
use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

pub(super) const ROWS: &[Row] = &[
    ("semver", "s", |call| match Version::parse(call.str(0)) {
        Some(version) => call.scalar(Value::object(version)),
        None => Err("invalid semantic version".into()),
    }),
    ("semverCompare", "ss", compare),
];

fn compare(call: &Call<'_>) -> Outcome {
    let constraint = Constraint::parse(call.str(0))?;
    let Some(version) = Version::parse(call.str(1)) else { return Err("invalid semantic version".into()) };
    call.yes(constraint.allows(&version))
}

/// Does a version lie in a constraint? As Helm asks for dependencies and Kubernetes versions: what cannot be read
/// does not.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Constraint::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Some(version)) => constraint.allows(&version),
        _ => false,
    }
}

/// A version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// First part.
    pub major: u64,
    /// Second part.
    pub minor: u64,
    /// Third part.
    pub patch: u64,
    pre: String,
    metadata: String,
    original: String,
}

const VERSION: &str =
    r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
const CONSTRAINT: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// Patterns of our own that are known to compile.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

impl Version {
    /// Reads a version; `v1`, `1.2` are fine.
    pub fn parse(text: &str) -> Option<Version> {
        static SHAPE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("^(?:{VERSION})$")));
        if text.len() > 256 {
            return None;
        }
        let found = SHAPE.captures(text)?;
        let part =
            |index: usize| found.get(index).map(|part| part.as_str().trim_start_matches('.')).unwrap_or_default();
        let number = |index: usize| if part(index).is_empty() { Some(0) } else { part(index).parse::<u64>().ok() };
        let version = Version {
            major: number(1)?,
            minor: number(2)?,
            patch: number(3)?,
            pre: part(5).to_owned(),
            metadata: part(8).to_owned(),
            original: text.to_owned(),
        };
        let padded = |p: &str| p.len() > 1 && p.starts_with('0') && p.bytes().all(|b| b.is_ascii_digit());
        (!version.pre.split('.').any(padded)).then_some(version)
    }

    fn compare(&self, other: &Version) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let order = match (x.parse::<u64>(), y.parse::<u64>()) {
                    (Ok(x), Ok(y)) => x.cmp(&y),
                    (Ok(_), Err(_)) => Ordering::Less,
                    (Err(_), Ok(_)) => Ordering::Greater,
                    (Err(_), Err(_)) => x.cmp(y),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Object for Version {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }
    fn kind_name(&self) -> &'static str {
        "ptr"
    }
    fn field(&self, name: &str) -> Option<Value> {
        let number = |value: u64| Value::from(Data::Int(value as i64, IntKind::Uint64));
        Some(match name {
            "Major" => number(self.major),
            "Minor" => number(self.minor),
            "Patch" => number(self.patch),
            "Prerelease" => Value::str(self.pre.as_str()),
            "Metadata" => Value::str(self.metadata.as_str()),
            "Original" => Value::str(self.original.as_str()),
            "String" => Value::str(self.to_string()),
            "IncMajor" => self.next(self.major + 1, 0, 0),
            "IncMinor" => self.next(self.major, self.minor + 1, 0),
            "IncPatch" if self.pre.is_empty() => self.next(self.major, self.minor, self.patch + 1),
            "IncPatch" => self.next(self.major, self.minor, self.patch),
            _ => return None,
        })
    }
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let other = match arguments.first().map(|value| &value.data) {
            Some(Data::Object(object)) => Version::parse(&object.print())?,
            _ => return None,
        };
        let order = self.compare(&other);
        Some(Ok(match name {
            "Compare" => Value::int(order as i64),
            "Equal" => Value::bool(order == Ordering::Equal),
            "LessThan" => Value::bool(order == Ordering::Less),
            "LessThanEqual" => Value::bool(order != Ordering::Greater),
            "GreaterThan" => Value::bool(order == Ordering::Greater),
            "GreaterThanEqual" => Value::bool(order != Ordering::Less),
            _ => return None,
        }))
    }
    fn print(&self) -> String {
        self.to_string()
    }
    fn plain(&self) -> Value {
        Value::str(self.to_string())
    }
}

impl Version {
    fn next(&self, major: u64, minor: u64, patch: u64) -> Value {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        let original = format!("{prefix}{major}.{minor}.{patch}");
        Value::object(Version { major, minor, patch, pre: String::new(), metadata: String::new(), original })
    }
}

struct Constraint {
    /// Any of these groups, each with whether it names a pre-release.
    groups: Vec<(Vec<Term>, bool)>,
}

struct Term {
    operator: String,
    version: Version,
    /// A part was left out, or is `x`.
    dirty: bool,
    minor_dirty: bool,
    patch_dirty: bool,
}

impl Constraint {
    fn parse(text: &str) -> Result<Constraint, String> {
        static RANGE: LazyLock<Regex> =
            LazyLock::new(|| pattern(&format!(r"\s*(?P<low>{CONSTRAINT})\s+-\s+(?P<high>{CONSTRAINT})\s*")));
        static VALID: LazyLock<Regex> = LazyLock::new(|| {
            pattern(&format!(
                r"^(\s*({OPERATORS})\s*({CONSTRAINT})\s*)((?:\s+|,\s*)({OPERATORS})\s*({CONSTRAINT})\s*)*$"
            ))
        });
        static FIND: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"({OPERATORS})\s*({CONSTRAINT})")));
        if text.len() > 512 {
            return Err("constraint string is too long (max 512 bytes)".to_owned());
        }
        let rewritten = RANGE.replace_all(text, ">= $low, <= $high ");
        let mut groups = Vec::new();
        for group in rewritten.split("||") {
            if !VALID.is_match(group) {
                return Err(format!("improper constraint: {}", crate::format::quote(group)));
            }
            let terms: Result<Vec<Term>, String> =
                FIND.find_iter(group).map(|found| Term::parse(found.as_str())).collect();
            let terms = terms?;
            let has_pre = terms.iter().any(|term| !term.version.pre.is_empty());
            groups.push((terms, has_pre));
        }
        Ok(Constraint { groups })
    }

    fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|(terms, has_pre)| {
            (version.pre.is_empty() || *has_pre) && terms.iter().all(|term| term.allows(version))
        })
    }
}

impl Term {
    fn parse(text: &str) -> Result<Term, String> {
        static SHAPE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^\s*({OPERATORS})\s*({CONSTRAINT})\s*$")));
        let bad = || format!("improper constraint: {}", crate::format::quote(text));
        let found = SHAPE.captures(text).ok_or_else(bad)?;
        let part = |index: usize| found.get(index).map(|part| part.as_str()).unwrap_or_default();
        let any = |text: &str| matches!(text.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (major, minor, patch, pre) = (part(3), part(4), part(5), part(6));
        let (mut minor_dirty, mut patch_dirty, mut dirty) = (false, false, false);
        let version = if any(major) {
            dirty = true;
            format!("0.0.0{pre}")
        } else if any(minor) {
            (minor_dirty, dirty) = (true, true);
            format!("{major}.0.0{pre}")
        } else if any(patch) {
            (patch_dirty, dirty) = (true, true);
            format!("{major}{minor}.0{pre}")
        } else {
            part(2).to_owned()
        };
        let version = Version::parse(&version).ok_or_else(|| "constraint parser error".to_owned())?;
        Ok(Term { operator: part(1).to_owned(), version, dirty, minor_dirty, patch_dirty })
    }

    fn allows(&self, version: &Version) -> bool {
        let own = &self.version;
        let order = version.compare(own);
        match self.operator.as_str() {
            "!=" => self.differs(version),
            ">" if !self.dirty => order == Ordering::Greater,
            ">" => match version.major.cmp(&own.major) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal if self.minor_dirty => false,
                Ordering::Equal if self.patch_dirty => version.minor > own.minor,
                Ordering::Equal => order == Ordering::Greater,
            },
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" if !self.dirty => order != Ordering::Greater,
            "<=" | "=<" => {
                version.major <= own.major
                    && !(version.major == own.major && version.minor > own.minor && !self.minor_dirty)
            }
            "~" | "~>" => self.tilde(version),
            "^" => self.caret(version),
            _ if self.dirty => self.tilde(version),
            _ => order == Ordering::Equal,
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.dirty {
            if own.major != version.major {
                return true;
            }
            if own.minor != version.minor && !self.minor_dirty {
                return true;
            }
            if self.minor_dirty {
                return false;
            }
            if own.patch != version.patch && !self.patch_dirty {
                return true;
            }
            if self.patch_dirty {
                return (!version.pre.is_empty() || !own.pre.is_empty())
                    && compare_pre(&version.pre, &own.pre) != Ordering::Equal;
            }
        }
        version.compare(own) != Ordering::Equal
    }

    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        let zero = own.major == 0 && own.minor == 0 && own.patch == 0;
        if zero && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.minor_dirty)
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        if own.major > 0 || self.minor_dirty {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.patch_dirty {
            return version.minor == own.minor;
        }
        version.minor == 0 && own.patch == version.patch
    }
}
