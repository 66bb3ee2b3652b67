//! What other scanners call what we check: one data file a peer, `peers/<name>.txt`, and the only place that says so.
//!
//! A row is a check of the peer: its id, the sets that it is in (`default` is what runs when nothing is configured),
//! our checks (one to many, or none), parameters of ours that give the peer's rule, and where the two differ. `explain`,
//! `ironclad checks --peer`, `--select`, `compat:` profiles and the waivers of peers all read these rows.
//!
//! The files are read once, when first asked for. [`tests`] hold them to their format.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A scanner whose names, profiles or waivers we know.
#[derive(Debug)]
pub struct Peer {
    /// As in `compat:<name>` and in waivers: `kube-linter`.
    pub name: &'static str,
    /// As it writes itself: `Polaris`.
    pub title: &'static str,
    /// Where its checks are described.
    pub source: &'static str,
    /// Commit or version that the rows were taken from.
    pub version: &'static str,
    /// Profiles of ours and the set that each selects.
    pub profiles: Vec<(&'static str, &'static str)>,
    /// Its checks.
    pub rows: Vec<Row>,
}

/// A check of a peer.
#[derive(Debug)]
pub struct Row {
    /// The peer's id.
    pub id: &'static str,
    /// Another name that the peer takes for it.
    pub also: Option<&'static str>,
    /// Sets of the peer that it is in.
    pub sets: Vec<&'static str>,
    /// Our checks.
    pub ours: Vec<&'static str>,
    /// Parameters of ours that give the peer's rule.
    pub params: Vec<PeerParam>,
    /// Where the two differ; empty where they agree.
    pub note: &'static str,
}

/// A parameter of a check of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerParam {
    /// Id of the check.
    pub check: &'static str,
    /// Name of the parameter.
    pub name: &'static str,
    /// Its value, as text; lists are separated by `,`.
    pub value: &'static str,
}

/// Set of rows that are parts of other rows (rules of a Kubescape control): they resolve, but are no names to show.
const PARTS: &str = "rule";

const FILES: [&str; 12] = [
    include_str!("../peers/checkov.txt"),
    include_str!("../peers/datree.txt"),
    include_str!("../peers/kics.txt"),
    include_str!("../peers/kube-hound.txt"),
    include_str!("../peers/kube-linter.txt"),
    include_str!("../peers/kube-score.txt"),
    include_str!("../peers/kubeaudit.txt"),
    include_str!("../peers/kubescape.txt"),
    include_str!("../peers/polaris.txt"),
    include_str!("../peers/rbac-police.txt"),
    include_str!("../peers/trivy.txt"),
    include_str!("../peers/yamllint.txt"),
];

static PEERS: LazyLock<Vec<Peer>> = LazyLock::new(|| FILES.iter().map(|text| read(text)).collect());

/// Ids of ours → (peer, its id), in the order of the files.
static NAMES: LazyLock<FxHashMap<&'static str, Vec<(&'static str, &'static str)>>> = LazyLock::new(|| {
    let mut names: FxHashMap<_, Vec<_>> = FxHashMap::default();
    for peer in PEERS.iter() {
        for row in peer.rows.iter().filter(|row| !row.sets.contains(&PARTS)) {
            for id in &row.ours {
                names.entry(*id).or_default().push((peer.name, row.id));
            }
        }
    }
    names
});

/// Every peer, by name.
pub fn peers() -> &'static [Peer] {
    &PEERS
}

/// A peer by its name, in any case.
pub fn peer(name: &str) -> Option<&'static Peer> {
    PEERS.iter().find(|peer| peer.name.eq_ignore_ascii_case(name))
}

/// What peers call a check of ours: (peer, its id).
pub fn names_of(id: &str) -> &'static [(&'static str, &'static str)] {
    NAMES.get(id).map_or(&[], Vec::as_slice)
}

/// Profiles that select a peer's set: (profile, peer, set).
pub fn profiles() -> impl Iterator<Item = (&'static str, &'static Peer, &'static str)> {
    PEERS.iter().flat_map(|peer| peer.profiles.iter().map(move |(profile, set)| (*profile, peer, *set)))
}

/// Ids of ours that any peer means by this name.
pub fn meant_by(name: &str) -> Vec<&'static str> {
    let wanted = key(name);
    let mut ids: Vec<&'static str> = Vec::new();
    for row in PEERS.iter().flat_map(|peer| &peer.rows).filter(|row| row.is_called(&wanted)) {
        ids.extend(row.ours.iter().filter(|id| !ids.contains(id)).copied().collect::<Vec<_>>());
    }
    ids
}

impl Peer {
    /// A row by the peer's id, in any of its spellings (`KSV-0017`, `KSV017`, `AVD-KSV-0017`).
    pub fn row(&self, name: &str) -> Option<&Row> {
        let wanted = key(name);
        self.rows.iter().find(|row| row.is_called(&wanted))
    }

    /// Every id of ours that any check of the peer corresponds to.
    pub fn all_ours(&self) -> Vec<&'static str> {
        let mut ids: Vec<&'static str> = self.rows.iter().flat_map(|row| row.ours.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

impl Row {
    fn is_called(&self, wanted: &str) -> bool {
        // Trivy's long names may have the provider in front.
        let bare = wanted.strip_prefix("KUBERNETES-").unwrap_or(wanted);
        key(self.id) == wanted || self.also.is_some_and(|also| key(also) == bare)
    }
}

/// One spelling of a name: case does not count, and Trivy's ids come with and without `AVD-`, the dash and leading zeros.
fn key(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("AVD-").unwrap_or(&upper);
    match bare.strip_prefix("KSV").map(|n| n.trim_start_matches('-').trim_start_matches('0')) {
        Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => format!("KSV{number}"),
        _ => bare.to_owned(),
    }
}

/// The files are ours and held to their format by the tests, so what does not fit is passed over.
fn read(text: &'static str) -> Peer {
    let mut peer = Peer { name: "", title: "", source: "", version: "", profiles: Vec::new(), rows: Vec::new() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("peer", name)) => peer.name = name,
            Some(("title", title)) => peer.title = title,
            Some(("source", source)) => peer.source = source,
            Some(("version", version)) => peer.version = version,
            Some(("profile", profile)) => peer.profiles.extend(profile.split_once(' ')),
            _ => peer.rows.extend(row(line)),
        }
    }
    peer
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.splitn(5, '|').map(str::trim);
    let words = |cell: &'static str| cell.split_whitespace().filter(|word| *word != "-").collect::<Vec<_>>();
    let name = cells.next()?;
    let (id, also) = match name.split_once(" (") {
        Some((id, also)) => (id, also.strip_suffix(')')),
        None => (name, None),
    };
    let sets = words(cells.next()?);
    let ours = words(cells.next()?);
    let params = cells.next().unwrap_or("-");
    let params = params.split(';').filter_map(|part| {
        let (check, setting) = part.trim().split_once(' ')?;
        let (name, value) = setting.split_once('=')?;
        Some(PeerParam { check, name, value })
    });
    let params = params.collect();
    Some(Row { id, also, sets, ours, params, note: cells.next().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_keeps_its_format() {
        for (peer, text) in peers().iter().zip(FILES) {
            for (what, value) in
                [("peer", peer.name), ("title", peer.title), ("source", peer.source), ("version", peer.version)]
            {
                assert!(!value.is_empty(), "{}: no `{what}`", peer.name);
            }
            let lines = text.lines().filter(|line| line.contains(" | ") && !line.starts_with('#')).count();
            assert_eq!(peer.rows.len(), lines, "{}: a row was not read", peer.name);
            let mut seen = BTreeSet::new();
            for row in &peer.rows {
                assert!(seen.insert(key(row.id)), "{}: `{}` twice", peer.name, row.id);
                assert!(!row.sets.is_empty() || text.contains(&format!("{} ", row.id)), "{}", row.id);
                for id in &row.ours {
                    assert!(id.contains('/'), "{}: `{id}` is no id of ours", peer.name);
                }
                for param in &row.params {
                    assert!(row.ours.contains(&param.check), "{}: `{}` sets `{}`", peer.name, row.id, param.check);
                }
            }
            for (profile, set) in &peer.profiles {
                assert!(profile.starts_with("compat:"), "{profile}");
                assert!(peer.rows.iter().any(|row| row.sets.contains(set)), "{profile}: `{set}` is empty");
            }
        }
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        for name in [
            "KSV-0017",
            "KSV017",
            "AVD-KSV-0017",
            "avd-ksv017",
            "ksv-0017",
            "no-privileged-containers",
            "kubernetes-no-privileged-containers",
        ] {
            assert_eq!(meant_by(name), ["workload/privileged"], "{name}");
        }
        assert_eq!(meant_by("KSV-0117"), ["workload/privileged-port"]);
        assert!(meant_by("no-such-check").is_empty());
    }

    #[test]
    fn parts_resolve_and_are_no_names() {
        assert_eq!(peer("kubescape").unwrap().row("rule-privilege-escalation").unwrap().ours, ["workload/privileged"]);
        assert!(names_of("workload/privileged").contains(&("kubescape", "C-0057")));
        assert!(!names_of("workload/privileged").contains(&("kubescape", "rule-privilege-escalation")));
    }
}
