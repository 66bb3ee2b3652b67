//! A large set says the same in every file: after some blocks of a check the others are counted and named in one line.
//!
//! Invariant: what is counted here and what stands in a block are together all that is shown.

use super::{BOLD, DIM, is_restricted, safe, severity_style};
use crate::{Located, View};
use ironclad_model::Severity;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Blocks of a check, of one severity, that are printed in full.
const BLOCKS: usize = 10;
/// Places that a line names.
const PLACES: usize = 3;

/// What is alike: the check (or the level that it belongs to), how bad, and whether it counts.
type Key = (&'static str, Severity, bool);

/// What is not printed in full.
#[derive(Default)]
pub(super) struct Rest {
    printed: FxHashMap<Key, usize>,
    /// In the order of their first.
    more: Vec<More>,
}

struct More {
    key: Key,
    findings: usize,
    files: usize,
    last: String,
    places: Vec<String>,
}

impl Rest {
    /// Counts a block that comes after many like it; says no where it has to be printed.
    pub(super) fn takes(&mut self, view: &View<'_>, members: &[&Located<'_>]) -> bool {
        let Some(first) = members.first() else { return true };
        let finding = first.finding;
        let is_group = members.len() > 1 && is_restricted(view, first);
        let worst = members.iter().map(|located| located.finding.severity).max().unwrap_or(finding.severity);
        let key = match is_group {
            true => ("pss-restricted", worst, true),
            false => (finding.check, finding.severity, finding.is_open()),
        };
        let printed = self.printed.entry(key).or_default();
        if *printed < BLOCKS {
            *printed += 1;
            return false;
        }
        let index = self.more.iter().position(|more| more.key == key).unwrap_or_else(|| {
            self.more.push(More { key, findings: 0, files: 0, last: String::new(), places: Vec::new() });
            self.more.len() - 1
        });
        if let Some(more) = self.more.get_mut(index) {
            more.findings += members.len();
            let source = first.source_name();
            if more.files == 0 || more.last != source {
                more.files += 1;
                source.clone_into(&mut more.last);
            }
            if more.places.len() < PLACES {
                more.places.push(format!("{}:{}", safe(source), first.start.line));
            }
        }
        true
    }

    /// A line for each check, the worst first.
    pub(super) fn write(mut self, out: &mut String) {
        if self.more.is_empty() {
            return;
        }
        self.more.sort_by_key(|more| std::cmp::Reverse(more.key.1));
        let _ = writeln!(out, "{BOLD}more of the same{BOLD:#} {DIM}(-v shows each){DIM:#}");
        for More { key: (check, severity, open), findings, files, places, .. } in &self.more {
            let style = if *open { severity_style(*severity) } else { DIM };
            let plural = if *files == 1 { "file" } else { "files" };
            let more = if findings > &places.len() { ", …" } else { "" };
            let _ = writeln!(
                out,
                "  {style}{severity:<8}{style:#} {check}: {findings} in {files} {plural} {DIM}{}{more}{DIM:#}",
                places.join(", ")
            );
        }
        out.push('\n');
    }
}
