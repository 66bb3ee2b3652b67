//! Which checks run: a profile, refined by `--select` and `--ignore`.

use crate::peers::{Peer, PeerParam};
use crate::{Catalogue, Check, Enabled, Level, Meta, Params, Profile, peers};
use std::fmt;

/// The starting set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ProfileName {
    /// B, R, D and X.
    #[default]
    Default,
    /// B.
    Baseline,
    /// B and R, by the exact Pod Security rules.
    Restricted,
    /// `reliability/` and `wiring/`.
    Reliability,
    /// Everything.
    All,
    /// Nothing: what is selected is the set.
    None,
    /// What a peer runs by default, with the peer's thresholds (`compat:<peer>`).
    Compat(&'static str),
}

impl ProfileName {
    /// Names and profiles.
    pub const ALL: &'static [(&'static str, ProfileName)] = &[
        ("default", ProfileName::Default),
        ("baseline", ProfileName::Baseline),
        ("restricted", ProfileName::Restricted),
        ("reliability", ProfileName::Reliability),
        ("all", ProfileName::All),
        ("none", ProfileName::None),
    ];

    /// By name.
    pub fn parse(name: &str) -> Option<ProfileName> {
        let own = Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, profile)| *profile);
        own.or_else(|| peers::profiles().find(|(profile, ..)| *profile == name).map(|(p, ..)| ProfileName::Compat(p)))
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            ProfileName::Compat(name) => name,
            own => Self::ALL.iter().find(|(_, p)| *p == own).map_or("default", |(name, _)| name),
        }
    }

    /// The names of all profiles, `compat:` ones last.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).chain(peers::profiles().map(|(name, ..)| name)).collect()
    }

    /// The peer's set that the profile stands for.
    fn compat(self) -> Option<(&'static Peer, &'static str)> {
        let ProfileName::Compat(name) = self else { return None };
        peers::profiles().find(|(profile, ..)| *profile == name).map(|(_, peer, set)| (peer, set))
    }

    fn includes(self, meta: &Meta) -> bool {
        match self {
            ProfileName::Default => meta.profile != Profile::OptIn,
            ProfileName::Baseline => meta.profile == Profile::Baseline,
            ProfileName::Restricted => matches!(meta.profile, Profile::Baseline | Profile::Restricted),
            ProfileName::Reliability => matches!(meta.domain(), "reliability" | "wiring"),
            ProfileName::All => true,
            ProfileName::None => false,
            ProfileName::Compat(_) => {
                let Some((peer, set)) = self.compat() else { return false };
                peer.rows.iter().any(|row| row.sets.contains(&set) && row.ours.contains(&meta.id))
            }
        }
    }
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Starting set.
    pub profile: ProfileName,
    /// Ids, prefixes, tags or peers' names to add; where the profile was not asked for by name, they are the set.
    pub select: Vec<String>,
    /// The same, to take away.
    pub ignore: Vec<String>,
    /// `select` adds to the profile instead of replacing it.
    pub extend: bool,
    /// Exactly a Pod Security Standard.
    pub pss: Option<(Level, u8)>,
}

/// A name that selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionError {
    /// The name.
    pub name: String,
    /// A name that may have been meant.
    pub suggestion: Option<&'static str>,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no check, prefix or tag is called `{}`", self.name)?;
        match self.suggestion {
            Some(near) => write!(f, ": did you mean `{near}`?"),
            None => f.write_str(": `ironclad checks` lists them"),
        }
    }
}

impl std::error::Error for SelectionError {}

impl Selection {
    /// The checks that run, in the order of their ids, with default parameters.
    pub fn resolve(&self, catalogue: &Catalogue) -> Result<Vec<Enabled>, SelectionError> {
        let mut chosen: Vec<&'static Check> = match self.pss {
            Some((level, version)) => {
                let applies = |c: &&&Check| c.meta.pss.iter().any(|pss| pss.applies(level, version));
                catalogue.checks().iter().filter(applies).copied().collect()
            }
            None if !self.select.is_empty() && !self.extend => Vec::new(),
            None => catalogue.checks().iter().filter(|c| self.profile.includes(c.meta)).copied().collect(),
        };
        for name in &self.select {
            for check in matching(catalogue, name)? {
                if !chosen.iter().any(|c| std::ptr::eq(*c, check)) {
                    chosen.push(check);
                }
            }
        }
        for name in &self.ignore {
            let out = matching(catalogue, name)?;
            chosen.retain(|check| !out.iter().any(|c| std::ptr::eq(*c, *check)));
        }
        chosen.sort_by_key(|check| check.meta.id);
        let thresholds = self.thresholds();
        let enable = |check: &'static Check| {
            let mut params = Params::defaults(check.meta.params);
            for param in thresholds.iter().filter(|param| param.check == check.meta.id) {
                // A test holds the data of peers to the parameters that exist.
                let _ = params.set_text(param.name, param.value);
            }
            Enabled { check, severity: None, params }
        };
        Ok(chosen.into_iter().map(enable).collect())
    }

    /// Parameters that give a peer's rules; empty for our own profiles.
    fn thresholds(&self) -> Vec<PeerParam> {
        let Some((peer, set)) = self.profile.compat().filter(|_| self.pss.is_none()) else { return Vec::new() };
        peer.rows.iter().filter(|row| row.sets.contains(&set)).flat_map(|row| row.params.iter().copied()).collect()
    }
}

/// The checks that a name means: an id, an alias, a prefix (`rbac/`, `workload/host-`), a tag, a peer's name.
pub fn matching(catalogue: &Catalogue, name: &str) -> Result<Vec<&'static Check>, SelectionError> {
    if let Some(check) = catalogue.get(name) {
        return Ok(vec![check]);
    }
    let all = catalogue.checks();
    let prefix = name.strip_suffix('*').unwrap_or(name);
    let by_prefix = |c: &&&Check| prefix.contains('/') && c.meta.id.starts_with(prefix) || c.meta.domain() == name;
    let mut found: Vec<&'static Check> = all.iter().filter(by_prefix).copied().collect();
    if found.is_empty() {
        found = all.iter().filter(|c| has_tag(c.meta, name)).copied().collect();
    }
    if found.is_empty() {
        found = catalogue.by_peer_name(name);
    }
    if found.is_empty() {
        return Err(SelectionError { name: name.to_owned(), suggestion: catalogue.suggest(name) });
    }
    Ok(found)
}

/// Tags: the declared ones, their family (`cis` for `cis:5.2.2`), `pss-baseline`, `pss-restricted`, `pss:<check>`.
fn has_tag(meta: &Meta, name: &str) -> bool {
    let declared = |tag: &&str| **tag == *name || tag.split_once(':').is_some_and(|(family, _)| family == name);
    if meta.tags.iter().any(declared) {
        return true;
    }
    match name {
        "pss" => !meta.pss.is_empty(),
        "pss-baseline" => meta.pss.iter().any(|pss| pss.level == Level::Baseline),
        "pss-restricted" => !meta.pss.is_empty(),
        _ => name.strip_prefix("pss:").is_some_and(|id| meta.pss.iter().any(|pss| pss.check == id)),
    }
}
