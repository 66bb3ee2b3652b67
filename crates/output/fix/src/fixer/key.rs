//! Which finding is which, before and after an edit.

use ironclad_check::keyed_path;
use ironclad_model::{Finding, Snapshot};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What makes a finding the same one: without lines and ordinals, which edits move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Key {
    check: &'static str,
    source: String,
    object: String,
    container: String,
    path: String,
}

impl Key {
    pub(super) fn exact(finding: &Finding, snapshot: &Snapshot) -> Key {
        let object = snapshot.object(finding.object);
        let path = match (&finding.elsewhere, object) {
            (None, Some(object)) => keyed_path(object, &finding.place),
            _ => finding.message.clone(),
        };
        Key {
            check: finding.check,
            source: finding.source_name(snapshot).to_owned(),
            object: object.map(|object| object.identity().to_string()).unwrap_or_default(),
            container: finding.container.clone().unwrap_or_default(),
            path,
        }
    }
}

/// How many open findings there are, by key and by check, object and container.
pub(super) struct Counts {
    exact: FxHashMap<Key, usize>,
    /// The path is left out: an edit may rename what a path names.
    coarse: FxHashMap<Key, usize>,
}

impl Counts {
    pub(super) fn of(findings: &[Finding], snapshot: &Snapshot) -> Counts {
        let mut counts = Counts { exact: FxHashMap::default(), coarse: FxHashMap::default() };
        for finding in findings.iter().filter(|finding| finding.is_open()) {
            let key = Key::exact(finding, snapshot);
            let coarse = Key { path: String::new(), ..key.clone() };
            *counts.exact.entry(key).or_default() += 1;
            *counts.coarse.entry(coarse).or_default() += 1;
        }
        counts
    }

    pub(super) fn exact(&self, key: &Key) -> usize {
        self.exact.get(key).copied().unwrap_or_default()
    }

    fn grown<'a>(&'a self, old: &'a Counts) -> BTreeSet<&'a Key> {
        let more =
            self.coarse.iter().filter(|(key, count)| **count > old.coarse.get(*key).copied().unwrap_or_default());
        more.map(|(key, _)| key).collect()
    }

    /// A check and object of which there are more findings than before, in this source or, without one, anywhere.
    pub(super) fn more_than(&self, old: &Counts, source: Option<&str>) -> Option<String> {
        let grown = self.grown(old);
        let own = grown.iter().find(|key| source.is_none_or(|source| key.source == source));
        let key = own.or_else(|| grown.iter().next())?;
        Some(format!("{} in {}", key.check, if key.object.is_empty() { &key.source } else { &key.object }))
    }

    pub(super) fn sources_with_more_than(&self, old: &Counts) -> BTreeSet<String> {
        self.grown(old).into_iter().map(|key| key.source.clone()).collect()
    }
}
