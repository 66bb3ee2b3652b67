//! All checks of all analyzers, by id.

use crate::{Check, peers};
use rustc_hash::FxHashMap;

/// Every check that this build has, sorted by id.
pub struct Catalogue {
    checks: Vec<&'static Check>,
    /// By id and by alias: reports ask for the check of every finding.
    by_name: FxHashMap<&'static str, &'static Check>,
}

impl Catalogue {
    /// From the lists of the analyzers, with old names that still resolve.
    pub fn new(
        lists: impl IntoIterator<Item = &'static [Check]>,
        aliases: &'static [(&'static str, &'static str)],
    ) -> Catalogue {
        let mut checks: Vec<&'static Check> = lists.into_iter().flatten().collect();
        checks.sort_by_key(|check| check.meta.id);
        let mut by_name: FxHashMap<_, _> = checks.iter().map(|check| (check.meta.id, *check)).collect();
        for (old, id) in aliases {
            if let Some(check) = by_name.get(id).copied() {
                by_name.insert(old, check);
            }
        }
        Catalogue { checks, by_name }
    }

    /// All, sorted by id.
    pub fn checks(&self) -> &[&'static Check] {
        &self.checks
    }

    /// A check by its id, an alias of it, or a peer's name for it.
    pub fn get(&self, name: &str) -> Option<&'static Check> {
        self.by_name.get(name).copied()
    }

    /// Checks that a peer calls by this name, in any of its spellings (`KSV-0017`, `KSV017`, `AVD-KSV-0017`).
    pub fn by_peer_name(&self, name: &str) -> Vec<&'static Check> {
        peers::meant_by(name).into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// The nearest id to a misspelt one.
    pub fn suggest(&self, name: &str) -> Option<&'static str> {
        suggest(name, self.checks.iter().map(|check| check.meta.id)).or_else(|| {
            // Somebody who leaves the domain out means the check of that name, or of the nearest.
            let tail = |id: &'static str| id.split_once('/').map_or(id, |(_, tail)| tail);
            let near = suggest(name, self.checks.iter().map(|check| tail(check.meta.id)))?;
            self.checks.iter().map(|check| check.meta.id).find(|id| tail(id) == near)
        })
    }
}

/// The candidate nearest to a misspelt name, if one is near enough to be meant.
pub fn suggest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = name.chars().count() / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed.max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let ids = ["workload/privileged", "workload/host-pid", "image/tag-latest"];
        assert_eq!(suggest("workload/priviledged", ids), Some("workload/privileged"));
        assert_eq!(suggest("workload/hostpid", ids), Some("workload/host-pid"));
        assert_eq!(suggest("secrets/none", ids), None);
    }
}
