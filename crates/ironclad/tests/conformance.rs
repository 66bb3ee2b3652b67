//! Peers' own cases, judged by us: every case of `corpus/workload` agrees, or differs deliberately.
//!
//! A deliberate difference is a line of `conformance/differences.txt` (`conformance/rights.txt` for cases about rights)
//! below a heading of `docs/concepts/peers.md` that gives its reason. A line whose case agrees after all is stale and fails,
//! and so do numbers other than those of the tables there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

#[path = "conformance/case.rs"]
mod case;
#[path = "conformance/judge.rs"]
mod judge;

use case::{Case, Expect};
use ironclad_testkit::{corpus, skipped};
use judge::Differs;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const TOOLS: [&str; 7] =
    ["kube-linter", "kube-score", "kubeaudit", "kubescape-fix", "polaris", "regolibrary", "trivy-checks"];
/// The reason why another check of ours speaks: that one does is held against the findings, and counts as found elsewhere.
const OUTSPOKEN: &str = "A graver finding speaks for it";
/// Share of cases that agree or differ deliberately, once every check is built.
const NEEDED: f64 = 0.99;

/// What became of the cases of one tool.
#[derive(Default)]
struct Tally {
    agreed: usize,
    /// Deliberate differences, by what differs.
    verdict: usize,
    count: usize,
    place: usize,
    not_built: BTreeMap<String, usize>,
    elsewhere: usize,
    unexplained: Vec<String>,
}

impl Tally {
    fn judged(&self) -> usize {
        self.agreed + self.deliberate() + self.unexplained.len()
    }

    fn deliberate(&self) -> usize {
        self.verdict + self.count + self.place
    }

    /// The line of the docs.
    fn row(&self, tool: &str) -> String {
        let Tally { agreed, verdict, count, place, unexplained, .. } = self;
        let (judged, unexplained) = (self.judged(), unexplained.len());
        format!("| {tool} | {judged} | {agreed} | {place} | {count} | {verdict} | {unexplained} |")
    }
}

#[test]
fn peers_agree() {
    agree("peers_agree", false, include_str!("conformance/differences.txt"));
}

#[test]
fn peers_agree_on_rights() {
    agree("peers_agree_on_rights", true, include_str!("conformance/rights.txt"));
}

/// Judges the cases about rights, or all others, and holds the outcome against the list of differences and the docs.
fn agree(test: &str, rights: bool, differences: &str) {
    let Some(folder) = corpus("workload") else {
        return skipped(&format!("conformance::{test}"), "no ../shared/corpus/workload");
    };
    let differences = Differences::read(differences);
    let mut used = BTreeSet::new();
    let mut faults = String::new();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let catalogue = ironclad::catalogue();
    for tool in TOOLS {
        let cases = Case::read(&folder.join(tool), tool);
        let mut keys = BTreeSet::new();
        let tally = tallies.entry(tool).or_default();
        for case in &cases {
            assert!(keys.insert(case.key.clone()), "two cases are called {}", case.key);
            if case.is_about_rights() != rights {
                tally.elsewhere += 1;
                continue;
            }
            let verdict = match (&case.expect, case.our_check.as_deref()) {
                // Edits and fixed files are `ironclad fix`'s to repeat.
                (Expect::Fixed | Expect::BytesEqual, _) => {
                    tally.elsewhere += 1;
                    continue;
                }
                (_, Some(id)) if !rights && catalogue.get(id).is_none() => {
                    *tally.not_built.entry(id.to_owned()).or_default() += 1;
                    continue;
                }
                _ => judge::judge(case, &catalogue),
            };
            let listed = differences.reason_of(&case.key);
            match (verdict, listed) {
                (Ok(()), None) => tally.agreed += 1,
                (Ok(()), Some(reason)) => {
                    used.insert(case.key.clone());
                    let _ = writeln!(faults, "{}: listed under `{reason}` and agrees: remove the line", case.key);
                }
                (Err(_), Some(OUTSPOKEN)) => {
                    used.insert(case.key.clone());
                    tally.place += 1;
                    if !judge::is_outspoken(case, &catalogue) {
                        let _ = writeln!(faults, "{}: nothing graver is found", case.key);
                    }
                }
                (Err(differs), Some(_)) => {
                    used.insert(case.key.clone());
                    *match differs {
                        Differs::Verdict(_) => &mut tally.verdict,
                        Differs::Count(_) => &mut tally.count,
                        Differs::Place(_) => &mut tally.place,
                    } += 1;
                }
                (Err(differs), None) => tally.unexplained.push(format!("{}\n      {}", case.key, differs.why())),
            }
        }
    }
    for (key, reason) in differences.keys().filter(|(key, _)| !used.contains(*key)) {
        let waiting = tallies.values().any(|tally| !tally.not_built.is_empty());
        if !waiting {
            let _ = writeln!(faults, "{key}: listed under `{reason}`, and there is no such case");
        }
    }
    faults.push_str(&judge_tallies(&tallies, rights));
    faults.push_str(&differences.without_section());
    assert!(faults.is_empty(), "\n{}\n{faults}", table(&tallies));
    println!("{}", table(&tallies));
}

/// What is wrong with the numbers: too few cases, or others than the docs say.
fn judge_tallies(tallies: &BTreeMap<&str, Tally>, rights: bool) -> String {
    let mut faults = String::new();
    let docs = docs();
    let complete = tallies.values().all(|tally| tally.not_built.is_empty());
    for (tool, tally) in tallies.iter().filter(|(_, tally)| complete && tally.judged() > 0) {
        let row = tally.row(&if rights { format!("{tool}, rights") } else { (*tool).to_owned() });
        if !docs.lines().any(|line| line == row) {
            let _ = writeln!(faults, "docs/concepts/peers.md does not say: {row}");
        }
        let explained = tally.agreed + tally.deliberate();
        let share = explained as f64 / tally.judged().max(1) as f64;
        if share < NEEDED || tally.unexplained.len() > 1 {
            let _ = writeln!(faults, "{tool}: {} cases differ and nobody says why", tally.unexplained.len());
        }
    }
    faults
}

fn docs() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/concepts/peers.md");
    std::fs::read_to_string(path).unwrap_or_default()
}

fn table(tallies: &BTreeMap<&str, Tally>) -> String {
    let mut out = String::new();
    for (tool, tally) in tallies {
        let not_built: usize = tally.not_built.values().sum();
        let _ = writeln!(
            out,
            "{tool:14} {:4} agree {:3} other verdict {:3} other count {:3} other field {:3} unexplained {not_built:3} not built {:3} elsewhere",
            tally.agreed,
            tally.verdict,
            tally.count,
            tally.place,
            tally.unexplained.len(),
            tally.elsewhere,
        );
        for line in &tally.unexplained {
            let _ = writeln!(out, "    {line}");
        }
        if !tally.not_built.is_empty() {
            let ids: Vec<String> = tally.not_built.iter().map(|(id, n)| format!("{id} ({n})")).collect();
            let _ = writeln!(out, "    not built: {}", ids.join(", "));
        }
    }
    out
}

/// Cases that differ deliberately: `# heading` of the docs, then the keys of cases below it.
struct Differences(Vec<(String, Vec<String>)>);

impl Differences {
    fn read(text: &str) -> Differences {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(reason) = line.strip_prefix("# ") {
                groups.push((reason.to_owned(), Vec::new()));
            } else if !line.is_empty() {
                groups.last_mut().expect("a reason comes first").1.push(line.to_owned());
            }
        }
        Differences(groups)
    }

    fn reason_of(&self, key: &str) -> Option<&str> {
        let group = self.0.iter().find(|(_, keys)| keys.iter().any(|listed| listed == key));
        group.map(|(reason, _)| reason.as_str())
    }

    fn keys(&self) -> impl Iterator<Item = (&String, &str)> {
        self.0.iter().flat_map(|(reason, keys)| keys.iter().map(move |key| (key, reason.as_str())))
    }

    /// Reasons that the docs do not give.
    fn without_section(&self) -> String {
        let docs = docs();
        let mut faults = String::new();
        for (reason, _) in &self.0 {
            if !docs.lines().any(|line| line.trim_start_matches('#').trim() == reason && line.starts_with('#')) {
                let _ = writeln!(faults, "docs/concepts/peers.md has no section \"{reason}\"");
            }
        }
        faults
    }
}
