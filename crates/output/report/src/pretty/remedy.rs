//! What takes findings away: of each the fix that asks least of a person, and once at the end the command that makes
//! those that ask nothing, with what has to be added to it for the others.
//!
//! Nothing is proved here, and the fixer may still refuse one: the numbers are of findings that have such a fix.

use super::{BOLD, DIM};
use crate::{FixCommand, View};
use ironclad_model::{Finding, Safety};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Flags for values that a line names.
const FLAGS: usize = 4;

/// The safest fix of a finding in words, with what it needs.
pub(super) fn of(view: &View<'_>, finding: &Finding) -> Option<String> {
    let title = &finding.safest_fix()?.title;
    Some(match (finding.remedy()?, &view.options.fix) {
        (Safety::Safe, _) => title.to_string(),
        (Safety::Unsafe, Some(_)) => format!("{title}; it may change behaviour, and is made with --unsafe"),
        (Safety::Unsafe, None) => format!("{title}; it may change behaviour"),
        (Safety::Value, Some(command)) => format!("{title}, with {}", (command.value_flag)(finding.check)),
        (Safety::Value, None) => format!("{title}, which needs a value from you"),
    })
}

/// How many findings which command takes away; nothing where none has a fix, or nothing can be edited.
pub(super) fn write(view: &View<'_>, out: &mut String) {
    let Some(command) = &view.options.fix else { return };
    let open = view.report.findings.iter().filter(|finding| finding.is_open());
    let (mut all, mut rendered) = (0, 0);
    let mut ways = [Safety::Safe, Safety::Unsafe, Safety::Value].map(|safety| (safety, 0, BTreeSet::new()));
    for finding in open {
        all += 1;
        rendered += usize::from(finding.rendered_remedy == Some(Safety::Safe));
        let Some(needs) = finding.remedy() else { continue };
        for (_, count, flags) in ways.iter_mut().filter(|(safety, ..)| *safety == needs) {
            *count += 1;
            match needs {
                Safety::Safe => {}
                Safety::Unsafe => drop(flags.insert("--unsafe".to_owned())),
                Safety::Value => drop(flags.insert((command.value_flag)(finding.check))),
            }
        }
    }
    let mut ways = ways.iter().filter(|(_, count, _)| *count > 0);
    let first = ways.next();
    if first.is_none() && rendered == 0 {
        return;
    }
    let dry = command.write.map(|flag| format!(" {DIM}(without {flag} it shows the edits){DIM:#}")).unwrap_or_default();
    let _ = writeln!(out, "{BOLD}to fix{BOLD:#}{dry}");
    let width = all.to_string().len();
    let findings = if all == 1 { "finding" } else { "findings" };
    let plainly = format!("{DIM}(as far as templates and values say it plainly){DIM:#}");
    let Some((safety, count, flags)) = first else {
        let line = line(command, &BTreeSet::new());
        let _ = writeln!(out, "  {rendered} of {all} {findings}: {line} {plainly}\n");
        return;
    };
    let _ = writeln!(out, "  {count:>width$} of {all} {findings}: {}{}", line(command, flags), note(*safety));
    for (safety, count, flags) in ways {
        let _ = writeln!(out, "  {count:>width$} more with {}{}", listed(flags), note(*safety));
    }
    if rendered > 0 {
        let _ = writeln!(out, "  {rendered:>width$} more in what is rendered {plainly}");
    }
    out.push('\n');
}

/// The whole command, with these flags too.
fn line(command: &FixCommand, flags: &BTreeSet<String>) -> String {
    let added = flags.iter().map(String::as_str).chain(command.write);
    let mut line = command.line.clone();
    for flag in added {
        line.push(' ');
        line.push_str(flag);
    }
    line
}

fn note(safety: Safety) -> String {
    match safety {
        Safety::Unsafe => format!(" {DIM}(may change behaviour){DIM:#}"),
        Safety::Safe | Safety::Value => String::new(),
    }
}

fn listed(flags: &BTreeSet<String>) -> String {
    let more = if flags.len() > FLAGS { ", …" } else { "" };
    let flags: Vec<&str> = flags.iter().take(FLAGS).map(String::as_str).collect();
    format!("{}{more}", flags.join(", "))
}
