//! When kinds were introduced, deprecated and removed. `data/lifecycle.txt` is derived from the published module
//! `k8s.io/api` (`oracle lifecycle -o crates/base/views/data`); `data/lifecycle-older.txt` holds what had left it before.
//!
//! The tables are read on first use.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

const TABLES: [&str; 2] = [include_str!("../data/lifecycle.txt"), include_str!("../data/lifecycle-older.txt")];

/// A kind on its way out: minor versions of 1.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// API group; empty for the core.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// The release that began to serve it.
    pub introduced: u8,
    /// The release that warns of it.
    pub deprecated: Option<u8>,
    /// The first release that does not serve it.
    pub removed: Option<u8>,
    /// What to use instead, where the source names it: group, version, kind.
    pub replacement: Option<(&'static str, &'static str, &'static str)>,
}

impl Lifecycle {
    /// Does this minor version warn of it and still serve it?
    pub fn is_deprecated_at(&self, minor: u8) -> bool {
        self.deprecated.is_some_and(|since| minor >= since) && !self.is_removed_at(minor)
    }

    /// Does this minor version serve it no longer?
    pub fn is_removed_at(&self, minor: u8) -> bool {
        self.removed.is_some_and(|since| minor >= since)
    }
}

static ROWS: LazyLock<FxHashMap<&'static str, Vec<Lifecycle>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&'static str, Vec<Lifecycle>> = FxHashMap::default();
    for line in TABLES.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#')) {
        if let Some(row) = read(line) {
            rows.entry(row.kind).or_default().push(row);
        }
    }
    rows
});

fn read(line: &'static str) -> Option<Lifecycle> {
    let mut words = line.split(' ');
    let group = |word: &'static str| if word == "-" { "" } else { word };
    Some(Lifecycle {
        group: group(words.next()?),
        version: words.next()?,
        kind: words.next()?,
        introduced: words.next()?.parse().ok()?,
        deprecated: words.next()?.parse().ok(),
        removed: words.next()?.parse().ok(),
        replacement: words.next().and_then(|word| Some((group(word), words.next()?, words.next()?))),
    })
}

/// What is known of a kind that is or will be deprecated.
pub fn lifecycle(api_version: &str, kind: &str) -> Option<&'static Lifecycle> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    ROWS.get(kind)?.iter().find(|row| row.version == version && row.group == group)
}

/// `apiVersion` of a group and a version.
pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_once() {
        let written = TABLES.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#')).count();
        assert_eq!(ROWS.values().map(Vec::len).sum::<usize>(), written);
        let mut all: Vec<_> = ROWS.values().flatten().map(|row| (row.group, row.version, row.kind)).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_kind_is_deprecated_until_it_is_removed() {
        let old = lifecycle("batch/v1beta1", "CronJob").expect("listed");
        assert_eq!(old.replacement, Some(("batch", "v1", "CronJob")));
        assert!(!old.is_deprecated_at(20) && old.is_deprecated_at(21) && old.is_deprecated_at(24));
        assert!(!old.is_deprecated_at(25) && old.is_removed_at(25) && !old.is_removed_at(24));
        assert!(lifecycle("batch/v1", "CronJob").is_none());
        let endpoints = lifecycle("v1", "Endpoints").expect("listed");
        assert!(endpoints.is_deprecated_at(33) && !endpoints.is_removed_at(99));
        // Alpha versions go without a word before.
        let claim = lifecycle("resource.k8s.io/v1alpha3", "ResourceClaim").expect("listed");
        assert!(!claim.is_removed_at(33) && !claim.is_deprecated_at(33) && claim.is_removed_at(34));
        // What to use instead hangs on the release: the same kind in a version that it serves.
        assert_eq!(claim.replacement, None);
        assert!(lifecycle("policy/v1beta1", "PodSecurityPolicy").expect("listed").is_removed_at(25));
    }
}
