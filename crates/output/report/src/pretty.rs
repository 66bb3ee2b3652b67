//! For people: a block for each finding in the shape of rustc's, what could not be read, and one line that sums up.

mod remedy;
mod rest;

use crate::excerpt::{Excerpt, number_width};
use crate::inline::shown as safe;
use crate::{DRIFT, Located, View, position_of, related_words};
use anstyle::{AnsiColor, Effects, Style};
use ironclad_check::{Level, Meta, Profile, waive::NOT_HONOURED};
use ironclad_model::{ObjectId, Report, ReportedProblem, Severity, Status};
use ironclad_tree::{Kind, Span};
use ironclad_views::Manager;
use rest::Rest;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::io;

/// More blocks than this, and the worst are named again at the end.
const SCREENFUL: usize = 10;
const DIM: Style = Style::new().effects(Effects::DIMMED);
const BOLD: Style = Style::new().effects(Effects::BOLD);
const CYAN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let shown: Vec<Located<'_>> = view
        .findings()
        .filter(|located| match located.finding.status {
            Status::Open => true,
            Status::Waived(_) => view.options.show_waived,
            Status::Baselined => view.options.verbose,
        })
        .collect();
    let mut blocks = 0;
    let mut rest = Rest::default();
    for members in groups(view, &shown) {
        if !view.options.verbose && rest.takes(view, &members) {
            continue;
        }
        let mut text = String::new();
        if members.len() > 1 && is_restricted(view, members[0]) {
            restricted(&members, &mut text);
        } else {
            block(view, &members, &mut text);
        }
        text.push('\n');
        out.write_all(text.as_bytes())?;
        blocks += 1;
    }
    for problem in &view.report.problems {
        let mut text = String::new();
        unread(view, problem, &mut text);
        text.push('\n');
        out.write_all(text.as_bytes())?;
    }
    let mut text = String::new();
    for failure in &view.report.failures {
        let style = severity_style(Severity::Critical);
        let _ = writeln!(
            text,
            "{style}error[internal/check-failed]{style:#}{BOLD}: {} failed on {}{BOLD:#}\n  = {}\n  = {CYAN}help{CYAN:#}: this is a bug of ironclad: please report it with the object\n",
            failure.check,
            safe(&failure.object),
            safe(&failure.message)
        );
    }
    rest.write(&mut text);
    if blocks > SCREENFUL {
        worst(&shown, &mut text);
    }
    remedy::write(view, &mut text);
    coverage(view, &mut text);
    summary(view, &mut text);
    out.write_all(text.as_bytes())
}

fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical => AnsiColor::Magenta,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Blue,
        Severity::Info => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// What belongs into one block, in the order of its first: everything by itself when asked for details, else what is
/// not restricted about one object, and the same check in the same file, as bad and as open.
fn groups<'l, 'a>(view: &View<'_>, shown: &'l [Located<'a>]) -> Vec<Vec<&'l Located<'a>>> {
    if view.options.verbose {
        return shown.iter().map(|located| vec![located]).collect();
    }
    #[derive(PartialEq, Eq, Hash)]
    enum Key<'k> {
        Restricted(ObjectId),
        Alike(&'k str, &'k str, Severity, bool),
    }
    let mut known: FxHashMap<Key<'_>, usize> = FxHashMap::default();
    let mut groups: Vec<Vec<&Located<'a>>> = Vec::new();
    for located in shown {
        let finding = located.finding;
        let key = if is_restricted(view, located) {
            Key::Restricted(finding.object)
        } else {
            Key::Alike(finding.check, located.source_name(), finding.severity, finding.is_open())
        };
        match known.get(&key) {
            Some(&index) => groups[index].push(located),
            None => {
                known.insert(key, groups.len());
                groups.push(vec![located]);
            }
        }
    }
    alike(view, groups)
}

/// A file and the reasons of an object in it.
type Reasons<'a> = (String, Vec<(&'a str, Severity)>);

/// Objects of one file that miss the restricted level for the same reasons share a block.
fn alike<'l, 'a>(view: &View<'_>, groups: Vec<Vec<&'l Located<'a>>>) -> Vec<Vec<&'l Located<'a>>> {
    let mut known: FxHashMap<Reasons<'_>, usize> = FxHashMap::default();
    let mut merged: Vec<Vec<&Located<'a>>> = Vec::new();
    for group in groups {
        if group.len() > 1 && is_restricted(view, group[0]) {
            let mut reasons: Vec<(&str, Severity)> =
                group.iter().map(|l| (l.finding.check, l.finding.severity)).collect();
            reasons.sort_unstable();
            reasons.dedup();
            match known.get(&(group[0].source_name().to_owned(), reasons.clone())) {
                Some(&index) => {
                    merged[index].extend(group);
                    continue;
                }
                None => {
                    known.insert((group[0].source_name().to_owned(), reasons), merged.len());
                }
            }
        }
        merged.push(group);
    }
    merged
}

fn is_restricted(view: &View<'_>, located: &Located<'_>) -> bool {
    located.finding.is_open()
        && located.finding.container.is_some() | located.object.is_some()
        && view.meta(located.finding.check).is_some_and(|meta| meta.profile == Profile::Restricted)
}

fn header(out: &mut String, severity: Severity, id: &str, message: &str, status: &Status) {
    let style = if *status == Status::Open { severity_style(severity) } else { DIM };
    let word = match status {
        Status::Open => "",
        Status::Waived(_) => "waived ",
        Status::Baselined => "known ",
    };
    let _ = writeln!(out, "{style}{word}{severity}[{id}]{style:#}{BOLD}: {}{BOLD:#}", safe(message));
}

fn place(out: &mut String, numbers: usize, located: &Located<'_>) {
    let object = located.object.map(|object| format!("  {}", safe(&object.identity().to_string()))).unwrap_or_default();
    let _ = writeln!(out, "{CYAN}{:numbers$} ┌{CYAN:#} {}{DIM}{object}{DIM:#}", "", safe(&located.at()));
}

fn block(view: &View<'_>, members: &[&Located<'_>], out: &mut String) {
    let Some(first) = members.first() else { return };
    let finding = first.finding;
    header(out, finding.severity, finding.check, &finding.message, &finding.status);
    let numbers = number_width(first.start.line);
    place(out, numbers, first);
    let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
    excerpt(view, first, numbers, out);
    let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
    let mut fact = |word: &str, text: &str| {
        let _ = writeln!(out, "{CYAN}{:numbers$} ={CYAN:#} {BOLD}{word}{BOLD:#}: {}", "", safe(text));
    };
    for related in &finding.related {
        if let Some(object) = view.snapshot.object(related.object) {
            fact("see", &format!("{}: {}", related_words(object, &related.place), related.message));
        }
    }
    let live = first.object.filter(|object| object.is_live());
    if let Some(manager) = live.and_then(Manager::of) {
        fact("deployed by", &manager.to_string());
    }
    for (_, drift) in finding.evidence.iter().filter(|(key, _)| *key == DRIFT) {
        fact("drift", drift);
    }
    // The last link is what the excerpt shows.
    for link in finding.rendered_from.iter().rev().skip(1).take(3) {
        let at = link.source.position(link.span.start);
        let word = if link.role.is_supplier() { "takes from" } else { "printed by" };
        fact(word, &format!("{}:{}:{}", link.source.name(), at.line, at.column));
    }
    if let Some(meta) = view.meta(finding.check) {
        let breaks = breaks(meta, finding.pss);
        if !breaks.is_empty() {
            fact("breaks", &breaks);
        }
    }
    if let Status::Waived(waived) = &finding.status {
        let until = waived.expires.map(|date| format!(", until {date}")).unwrap_or_default();
        let by = waived.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let own = matches!(waived.form, "annotation" | "comment" | "config" | "file");
        let whose = if own { String::new() } else { format!("{}'s waiver, ", waived.form) };
        fact("waived", &format!("{} ({whose}{}{by}{until})", waived.reason, waived.source));
    }
    for (_, reason) in finding.evidence.iter().filter(|(key, _)| *key == NOT_HONOURED) {
        fact("waiver", &format!("an annotation says \"{reason}\", and a live object does not waive itself"));
    }
    if members.len() > 1 {
        let count = members.len() - 1;
        fact("also", &format!("{count} more like it in {} (-v shows them)", others(members)));
    }
    if let Some(how) = remedy::of(view, finding) {
        fact("fix", &how);
    }
    fact("help", &format!("ironclad explain {}", finding.check));
}

/// Where the others of a block are: lines of a file, or objects of a cluster.
fn others(members: &[&Located<'_>]) -> String {
    let rest = members.get(1..).unwrap_or_default();
    let has_lines = rest.iter().all(|located| located.has_lines);
    let name = |located: &&Located<'_>| match located.object.filter(|_| !has_lines) {
        Some(object) => object.identity().to_string(),
        None => located.start.line.to_string(),
    };
    let most = if has_lines { 12 } else { 4 };
    let mut names: Vec<String> = rest.iter().map(name).collect();
    names.dedup();
    let more = if names.len() > most { ", …" } else { "" };
    names.truncate(most);
    let names = names.join(", ");
    match (has_lines, rest.len()) {
        (true, 1) => format!("this file, line {names}{more}"),
        (true, _) => format!("this file, lines {names}{more}"),
        (false, _) => format!("this cluster, {names}{more}"),
    }
}

/// What keeps objects from the restricted level: a row for each reason, the worst first.
fn restricted(members: &[&Located<'_>], out: &mut String) {
    let Some(first) = members.first() else { return };
    let own: Vec<&&Located<'_>> = members.iter().filter(|l| l.finding.object == first.finding.object).collect();
    let mut reasons: Vec<(&Located<'_>, usize)> = Vec::new();
    for located in &own {
        match reasons.iter_mut().find(|(known, _)| known.finding.check == located.finding.check) {
            Some((_, count)) => *count += 1,
            None => reasons.push((located, 1)),
        }
    }
    reasons.sort_by_key(|(located, _)| std::cmp::Reverse(located.finding.severity));
    let severity = reasons.first().map_or(first.finding.severity, |(located, _)| located.finding.severity);
    let object = first.object.map(|object| object.identity().to_string()).unwrap_or_default();
    let plural = if reasons.len() == 1 { "reason" } else { "reasons" };
    let message = format!("{object} is not restricted, for {} {plural}", reasons.len());
    header(out, severity, "pss-restricted", &message, &Status::Open);
    let numbers = own.iter().map(|l| number_width(l.start.line)).max().unwrap_or(1);
    place(out, numbers, first);
    let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
    for (located, count) in &reasons {
        let finding = located.finding;
        let style = severity_style(finding.severity);
        let more = if *count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        let _ = writeln!(
            out,
            "{CYAN}{:<numbers$} │{CYAN:#} {style}{:<8}{style:#} {}{more} {DIM}{}{DIM:#}",
            if located.has_lines { located.start.line.to_string() } else { String::new() },
            finding.severity.as_str(),
            safe(&finding.message),
            finding.check
        );
    }
    let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
    let mut fact = |word: &str, text: &str| {
        let _ = writeln!(out, "{CYAN}{:numbers$} ={CYAN:#} {BOLD}{word}{BOLD:#}: {}", "", safe(text));
    };
    fact("breaks", "PSS restricted");
    let mut others: Vec<String> = Vec::new();
    for object in members.iter().filter(|l| l.finding.object != first.finding.object).filter_map(|l| l.object) {
        let name = object.identity().to_string();
        if others.last() != Some(&name) {
            others.push(name);
        }
    }
    if !others.is_empty() {
        let more = if others.len() > 5 { ", …" } else { "" };
        let plural = if others.len() == 1 { "object" } else { "objects" };
        let names = others.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let place = if first.has_lines { "this file" } else { "this cluster" };
        fact("also", &format!("{} more {plural} in {place} alike: {names}{more}", others.len()));
    }
    fact("help", &format!("ironclad explain {} (-v shows each)", reasons[0].0.finding.check));
}

fn excerpt(view: &View<'_>, located: &Located<'_>, numbers: usize, out: &mut String) {
    if let Some(field) = located.field() {
        let style = severity_style(located.finding.severity);
        let label = located.finding.label.as_deref().map(|label| format!("  {label}")).unwrap_or_default();
        let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#} {}{style}{label}{style:#}", "", safe(&field));
        return;
    }
    let Some(source) = located.source else { return };
    Excerpt {
        source,
        span: located.finding.shown_span(),
        context: context(located),
        label: located.finding.label.as_deref(),
        style: severity_style(located.finding.severity),
        gutter: CYAN,
        width: view.options.width,
    }
    .write(numbers, out);
}

/// The line on which the list item around a finding begins: it names the container, port or rule.
pub(crate) fn context(located: &Located<'_>) -> Option<u32> {
    // The lines around the place in a template or values file are another text's.
    let own = located.finding.elsewhere.is_none() && located.finding.rendered_from.is_empty();
    let object = located.object.filter(|_| own)?;
    let document = object.document();
    let mut at = document.node(located.finding.place.node);
    loop {
        let parent = document.parent(at.id())?;
        if parent.kind() == Kind::Sequence && at.kind() == Kind::Mapping {
            let line = document.source().position(at.span().start).line;
            return (line < located.start.line).then_some(line);
        }
        if at.id() == object.root().id() {
            return None;
        }
        at = parent;
    }
}

/// Standards that a check stands for: `PSS baseline (privileged), CIS 5.2.2`.
pub(crate) fn breaks(meta: &Meta, pss: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let standard = meta.pss.iter().find(|p| pss.is_none_or(|check| check == p.check));
    if let Some(standard) = standard {
        let level = match standard.level {
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        parts.push(match pss {
            Some(check) => format!("PSS {level} ({check})"),
            None => format!("PSS {level}"),
        });
    }
    parts.extend(meta.tags.iter().filter_map(|tag| tag.strip_prefix("cis:")).map(|id| format!("CIS {id}")));
    parts.join(", ")
}

fn unread(view: &View<'_>, problem: &ReportedProblem, out: &mut String) {
    let (severity, word) = match problem.problem.severity {
        ironclad_tree::Severity::Error => (Severity::High, "error"),
        ironclad_tree::Severity::Warning => (Severity::Medium, "warning"),
    };
    let style = severity_style(severity);
    let _ = writeln!(
        out,
        "{style}{word}[{}]{style:#}{BOLD}: {}{BOLD:#}",
        problem.problem.code,
        safe(&problem.problem.message)
    );
    let mut numbers = 1;
    match (view.text_of(problem), position_of(problem)) {
        (Some(text), Some((start, _))) if !text.text().is_empty() => {
            numbers = number_width(start.line);
            let _ = writeln!(
                out,
                "{CYAN}{:numbers$} ┌{CYAN:#} {}:{}:{}",
                "",
                safe(&problem.source),
                start.line,
                start.column
            );
            let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
            let span = Span { end: problem.problem.span.end.max(problem.problem.span.start), ..problem.problem.span };
            Excerpt { source: text, span, context: None, label: None, style, gutter: CYAN, width: view.options.width }
                .write(numbers, out);
            let _ = writeln!(out, "{CYAN}{:numbers$} │{CYAN:#}", "");
        }
        _ => {
            let _ = writeln!(out, "{CYAN}{:numbers$} ┌{CYAN:#} {}", "", safe(&problem.source));
        }
    }
    if let Some(hint) = &problem.problem.hint {
        let _ = writeln!(out, "{CYAN}{:numbers$} ={CYAN:#} {BOLD}help{BOLD:#}: {}", "", safe(hint));
    }
}

/// The worst of three checks, and how often each fires: so that they are on the screen when the run ends.
fn worst(shown: &[Located<'_>], out: &mut String) {
    let mut kinds: Vec<(&Located<'_>, usize)> = Vec::new();
    let mut known: FxHashMap<(&str, Severity), usize> = FxHashMap::default();
    for located in shown.iter().filter(|l| l.finding.is_open()) {
        let key = (located.finding.check, located.finding.severity);
        match known.get(&key) {
            Some(&index) => kinds[index].1 += 1,
            None => {
                known.insert(key, kinds.len());
                kinds.push((located, 1));
            }
        }
    }
    // Of equally bad ones the rarest: what is everywhere has been seen on the way.
    kinds.sort_by_key(|(located, count)| (std::cmp::Reverse(located.finding.severity), *count));
    let _ = writeln!(out, "{BOLD}the worst{BOLD:#}");
    for (located, count) in kinds.iter().take(3) {
        let finding = located.finding;
        let style = severity_style(finding.severity);
        let more = if *count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        let place = match located.object.filter(|_| !located.has_lines) {
            Some(object) => object.identity().to_string(),
            None => format!("{}:{}", located.source_name(), located.start.line),
        };
        let _ = writeln!(
            out,
            "  {style}{}{style:#} {}: {} {DIM}{}{more}{DIM:#}",
            finding.severity,
            safe(&place),
            safe(&finding.message),
            finding.check
        );
    }
    out.push('\n');
}

fn coverage(view: &View<'_>, out: &mut String) {
    let coverage = &view.report.coverage;
    if view.options.verbose {
        for (reason, files) in &coverage.skipped {
            for file in files {
                let _ = writeln!(out, "{DIM}skipped {}: {reason}{DIM:#}", safe(file));
            }
        }
        for not in &coverage.not_observed {
            let _ = writeln!(out, "{DIM}not observed: {}: {}{DIM:#}", not.check, safe(&not.reason));
        }
        for not in &coverage.not_followed {
            let place = format!("{}:{}", not.source, not.line);
            let _ = writeln!(
                out,
                "{DIM}not followed: {} {}: {}{DIM:#}",
                safe(&place),
                safe(&not.object),
                safe(&not.reason)
            );
        }
        for chart in &coverage.stand_ins {
            let functions = chart.functions.join(", ");
            let _ =
                writeln!(out, "{DIM}stands for what differs on every run: {}: {functions}{DIM:#}", safe(&chart.source));
        }
        return;
    }
    let skipped: usize = coverage.skipped.iter().map(|(_, files)| files.len()).sum();
    if skipped > 0 {
        let files = if skipped == 1 { "file is" } else { "files are" };
        let _ = writeln!(out, "{DIM}{skipped} {files} not Kubernetes (-v lists them){DIM:#}");
    }
    if !coverage.not_observed.is_empty() {
        // One that lacks several things is one check; they are in order.
        let mut checks: Vec<&str> = coverage.not_observed.iter().map(|not| not.check).collect();
        checks.dedup();
        let count = checks.len();
        let those = if count == 1 {
            "check could not see all that it needs"
        } else {
            "checks could not see all that they need"
        };
        let _ = writeln!(out, "{DIM}{count} {those} (-v says what){DIM:#}");
    }
    if !coverage.not_followed.is_empty() {
        let mut objects: Vec<(&str, &str)> =
            coverage.not_followed.iter().map(|not| (not.source.as_str(), not.object.as_str())).collect();
        objects.dedup();
        let count = objects.len();
        let those = if count == 1 { "object deploys" } else { "objects deploy" };
        let _ = writeln!(out, "{DIM}{count} {those} what is not in this tree, or not read (-v lists it){DIM:#}");
    }
    if !coverage.stand_ins.is_empty() {
        let count = coverage.stand_ins.len();
        let charts = if count == 1 { "chart prints" } else { "charts print" };
        let _ = writeln!(
            out,
            "{DIM}{count} {charts} what differs on every run; it is judged by a stand-in (-v says which){DIM:#}"
        );
    }
}

fn summary(view: &View<'_>, out: &mut String) {
    let report: &Report = view.report;
    let counts: Vec<String> = report
        .open()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            let style = severity_style(severity);
            format!("{style}{count} {severity}{style:#}")
        })
        .collect();
    let objects = report.coverage.objects;
    let found = if counts.is_empty() { format!("{BOLD}no findings{BOLD:#}") } else { counts.join(", ") };
    let time = view.options.elapsed.map(|elapsed| format!(", {:.2} s", elapsed.as_secs_f64())).unwrap_or_default();
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let _ = write!(
        out,
        "{found} in {} ({}{time})",
        plural(objects, "object", "objects"),
        plural(report.coverage.checks, "check", "checks")
    );
    let waived = report.findings.iter().filter(|f| matches!(f.status, Status::Waived(_))).count();
    if waived > 0 {
        let _ = write!(out, "; {waived} waived");
    }
    let known = report.findings.iter().filter(|f| f.status == Status::Baselined).count();
    if known > 0 {
        let _ = write!(out, "; {known} known");
    }
    let unread = report.problems.iter().filter(|p| p.problem.severity == ironclad_tree::Severity::Error).count();
    if unread > 0 {
        let style = severity_style(Severity::High);
        let what = plural(unread, "input could not be read", "inputs could not be read");
        let _ = write!(out, "; {style}{what}{style:#}");
    }
    if !report.failures.is_empty() {
        let what = plural(report.failures.len(), "check failed", "checks failed");
        let _ = write!(out, "; {what}");
    }
    out.push('\n');
}
