//! Which finding is which, before and after an edit.

use ironclad_check::keyed_path;
use ironclad_model::{Finding, Severity, Snapshot};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What makes a finding the same one: without lines and ordinals, which edits move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key {
    check: &'static str,
    source: String,
    object: String,
    container: String,
    path: String,
}

impl Key {
    /// Without the path.
    fn coarse(&self) -> Key {
        Key { path: String::new(), ..self.clone() }
    }

    pub(crate) fn exact(finding: &Finding, snapshot: &Snapshot) -> Key {
        let object = snapshot.object(finding.object);
        let path = match (&finding.elsewhere, object) {
            (None, Some(object)) => keyed_path(object, &finding.place),
            _ => finding.message.clone(),
        };
        Key {
            check: finding.check,
            // Where a rendered object is edited may change with an edit; where it is printed does not.
            source: match (&finding.elsewhere, object) {
                (None, Some(object)) => object.source_name().to_owned(),
                _ => finding.source_name(snapshot).to_owned(),
            },
            object: object.map(|object| object.identity().to_string()).unwrap_or_default(),
            container: finding.container.clone().unwrap_or_default(),
            path,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    /// A hint is no harm: it does not keep an edit from being made.
    hints: usize,
    above: usize,
}

impl Count {
    fn add(&mut self, severity: Severity) {
        let counted = if severity > Severity::Info { &mut self.above } else { &mut self.hints };
        *counted += 1;
    }
}

/// How many open findings there are, by key and by check, object and container.
pub(crate) struct Counts {
    exact: FxHashMap<Key, Count>,
    /// The path is left out: an edit may rename what a path names.
    coarse: FxHashMap<Key, Count>,
}

impl Counts {
    pub(crate) fn of(findings: &[Finding], snapshot: &Snapshot) -> Counts {
        let mut counts = Counts { exact: FxHashMap::default(), coarse: FxHashMap::default() };
        for finding in findings.iter().filter(|finding| finding.is_open()) {
            let key = Key::exact(finding, snapshot);
            counts.coarse.entry(key.coarse()).or_default().add(finding.severity);
            counts.exact.entry(key).or_default().add(finding.severity);
        }
        counts
    }

    pub(crate) fn exact(&self, key: &Key) -> usize {
        self.exact.get(key).map_or(0, |count| count.hints + count.above)
    }

    fn grown<'a>(&'a self, old: &'a Counts) -> BTreeSet<&'a Key> {
        let before = |key: &Key| old.coarse.get(key).map_or(0, |count| count.above);
        let mut grown: BTreeSet<&Key> =
            self.coarse.iter().filter(|(key, count)| count.above > before(key)).map(|(key, _)| key).collect();
        if grown.is_empty() {
            return grown;
        }
        // What an edit makes sure of is nothing new: the first policy of a set shows that its other pods have none.
        let mut surer: FxHashMap<Key, usize> = FxHashMap::default();
        let both = self.exact.iter().filter_map(|(key, count)| {
            let hints = old.exact.get(key)?.hints.min(count.above);
            (hints > 0).then(|| (key.coarse(), hints))
        });
        both.for_each(|(key, hints)| *surer.entry(key).or_default() += hints);
        let above = |key: &Key| self.coarse.get(key).map_or(0, |count| count.above);
        grown.retain(|key| above(key) > before(key) + surer.get(*key).copied().unwrap_or_default());
        grown
    }

    /// Sources with more findings than before, each with one that came.
    pub(crate) fn grown_in_sources(&self, old: &Counts) -> BTreeMap<String, String> {
        let mut sources = BTreeMap::new();
        for key in self.grown(old) {
            let place = if key.object.is_empty() { &key.source } else { &key.object };
            sources.entry(key.source.clone()).or_insert_with(|| format!("{} in {place}", key.check));
        }
        sources
    }
}
