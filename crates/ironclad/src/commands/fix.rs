//! `ironclad fix`: show or make the edits that make findings go away.

use super::judge::Session;
use super::scan::{complain, nothing_scanned};
use super::{compare, settings};
use crate::args::{Fix, Global};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use anstyle::{AnsiColor, Style};
use ironclad_check::{Enabled, FixKind, Params};
use ironclad_fix::{Fixed, FixedSource, Options, Reload, Reloaded, Subject, Unfixed, chosen, unified};
use ironclad_model::{Finding, Quantity, ReportedProblem};
use ironclad_tree::{Limits, Problem, Severity, Source, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Makes the findings of the inputs go away where that takes no person.
pub(crate) fn run(arguments: &Fix, global: &Global) -> anyhow::Result<Exit> {
    let stdin = arguments.input.paths.iter().any(|path| path.as_os_str() == "-");
    if stdin && arguments.input.paths.len() > 1 {
        let help = "name files alone, or pipe one text in";
        return Err(user_error("standard input cannot be fixed together with files", help.to_owned()));
    }
    if stdin && arguments.write {
        return Err(user_error("`--write` has no file to write to", "without it the fixed text is printed".to_owned()));
    }
    let mut session = Session::new(&arguments.input, &arguments.select, arguments.fail_on.as_deref(), global)?;
    let options = Options {
        unsafe_fixes: arguments.unsafe_fixes,
        values: values(arguments, &mut session)?,
        limits: Limits { document_bytes: session.request.max_file_size as usize, ..Limits::default() },
    };
    session.run.rendered_edits = true;
    let mut problems = std::mem::take(&mut session.problems);
    let known = compare::known(&arguments.compare, &session, global)?;
    problems.extend(known.problems);
    session.known = known.fingerprints;

    let progress = crate::progress::Line::start(global.quiet);
    let mut loaded = settings::in_pool(global, || ironclad_load::load(&session.request, progress.reading()))?;
    progress.judging();
    if loaded.live.is_some() {
        let help = "name the manifests that its objects were applied from".to_owned();
        return Err(user_error("a snapshot of a cluster holds no text to edit", help));
    }
    let errors_before = errors_in(&problems);
    problems.append(&mut loaded.problems);
    if loaded.snapshot.is_empty() && problems.is_empty() && !arguments.allow_empty {
        problems.push(nothing_scanned(&session.request.arguments));
    }
    // What was not read as it is cannot be written as it was.
    let lossy: BTreeSet<String> =
        problems.iter().filter(|p| p.problem.code == "input/encoding").map(|p| p.source.clone()).collect();
    let untouched = loaded.snapshot.objects().next().map(|object| Arc::clone(object.document().source()));
    let failures = Mutex::new((Vec::new(), Vec::new()));
    let judge = |subject: &Subject<'_>| -> Vec<Finding> {
        let judged = session.judge(subject.snapshot, subject.comments);
        if let Ok(mut failures) = failures.lock() {
            *failures = (judged.failures, judged.problems);
        }
        judged.findings
    };
    let read = Reloaded {
        snapshot: Arc::new(std::mem::take(&mut loaded.snapshot)),
        comments: std::mem::take(&mut loaded.comments),
        errors: errors_in(&problems),
    };
    // A proof renders the charts again that an edit is about, and takes the rest as it was.
    let memo = ironclad_load::Memo::default();
    let again = |texts: &BTreeMap<String, Arc<str>>| -> Reloaded {
        let overlay = |path: &Path| texts.get(shown(path)).map(Arc::clone);
        let loaded = ironclad_load::load_again(&session.request, &ironclad_load::Progress::default(), &overlay, &memo);
        Reloaded {
            snapshot: Arc::new(loaded.snapshot),
            comments: loaded.comments,
            errors: errors_before + errors_in(&loaded.problems),
        }
    };
    let roots: Vec<PathBuf> = session.request.arguments.iter().filter_map(|path| root_of(path)).collect();
    let mut fixed = settings::in_pool(global, || {
        let reload = Reload { file: &file_of, is_named: &|name| is_named(name, &roots), load: &again };
        let rendered = ironclad_fix::fix_rendered(read, &reload, &judge, &options);
        let mut fixed = ironclad_fix::fix(rendered.now.snapshot, &rendered.now.comments, &judge, &options);
        fixed.sources.extend(rendered.sources);
        fixed.sources.sort_by(|a, b| a.before.name().cmp(b.before.name()));
        fixed.refused.extend(rendered.refused);
        fixed
    })?;
    drop(progress);

    fixed.sources.retain(|source| {
        let readable = !lossy.contains(&**source.before.name());
        if !readable {
            problems.push(encoding_problem(source));
        }
        readable
    });
    if stdin {
        let text = fixed.sources.first().map(|source| &source.after).or(untouched.as_ref());
        if let Some(text) = text {
            output::print_raw(&text.encoding().encode(text.text()))?;
        }
    } else if arguments.write {
        problems.extend(write_all(&mut fixed));
    } else {
        output::print(&diff(&fixed.sources))?;
    }
    let (failures, of_schemas) = failures.into_inner().unwrap_or_default();
    let failed = complain(&problems) | complain(&of_schemas) | complain(&refusals(&fixed));
    for failure in &failures {
        output::note(&format!(
            "error[internal/check-failed]: {} on {}: {}",
            failure.check, failure.object, failure.message
        ));
    }
    if !global.quiet {
        for source in fixed.sources.iter().filter(|source| source.units.len() > 1) {
            let units: Vec<&str> = source.units.iter().map(String::as_str).collect();
            let (name, count, all) = (source.before.name(), units.len(), units.join(", "));
            output::note(&format!(
                "note: {name} is part of {count} kustomizations, and the edit changes all of them: {all}"
            ));
        }
        output::note(&summary(&fixed, &options, arguments.write, stdin, global.verbose > 0));
    }
    if failed || !failures.is_empty() {
        return Ok(Exit::Incomplete);
    }
    let reaches = |threshold| fixed.findings.iter().any(|f| f.is_open() && f.severity >= threshold);
    Ok(if session.fail_on.is_some_and(reaches) { Exit::Findings } else { Exit::Clean })
}

fn errors_in(problems: &[ReportedProblem]) -> usize {
    problems.iter().filter(|problem| problem.problem.severity == Severity::Error).count()
}

/// A path as outputs name it.
fn shown(path: &Path) -> &str {
    let text = path.to_str().unwrap_or_default();
    text.strip_prefix("./").unwrap_or(text)
}

/// The file that a text was read from, as it is now, where that is the same text.
fn file_of(source: &Source) -> Option<Arc<Source>> {
    let path = Path::new(&**source.name());
    if !fs_err::metadata(path).ok()?.is_file() {
        return None;
    }
    let (file, _) = Source::decode(Arc::clone(source.name()), fs_err::read(path).ok()?);
    (file.text() == source.text()).then_some(file)
}

/// What an argument stands for: the folder, or the folder of a kustomization's file, or the file.
fn root_of(argument: &Path) -> Option<PathBuf> {
    let path = fs_err::canonicalize(argument).ok()?;
    let is_own_file = path.file_name().is_some_and(|name| {
        ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|known| name == *known)
    });
    if is_own_file { path.parent().map(Path::to_owned) } else { Some(path) }
}

/// Does a text lie in what the arguments stand for?
fn is_named(name: &str, roots: &[PathBuf]) -> bool {
    let path = fs_err::canonicalize(name);
    path.is_ok_and(|path| roots.iter().any(|root| path.starts_with(root)))
}

/// Where a flag's value is.
type FlagValue = fn(&Fix) -> &Option<String>;

/// Checks whose values have a flag of their own: the check, the flag as a person types it, its value.
const VALUE_FLAGS: [(&str, &str, FlagValue); 8] = [
    ("reliability/cpu-request", "--cpu-request QUANTITY", |fix| &fix.cpu_request),
    ("reliability/cpu-limit", "--cpu-limit QUANTITY", |fix| &fix.cpu_limit),
    ("reliability/memory-request", "--memory-request QUANTITY", |fix| &fix.memory_request),
    ("reliability/memory-limit", "--memory-limit QUANTITY", |fix| &fix.memory_limit),
    ("reliability/replicas", "--replicas N", |fix| &fix.replicas),
    ("reliability/priority-class", "--priority-class NAME", |fix| &fix.priority_class),
    ("reliability/readiness-probe", "--readiness-probe YAML", |fix| &fix.readiness_probe),
    ("reliability/liveness-probe", "--liveness-probe YAML", |fix| &fix.liveness_probe),
];

/// The flag that gives a check its value.
pub(super) fn value_flag(check: &str) -> String {
    match VALUE_FLAGS.iter().find(|(known, ..)| *known == check) {
        Some((_, flag, _)) => (*flag).to_owned(),
        None => format!("--fix-value {check}=VALUE"),
    }
}

/// The values that only a person knows. A value for a check is the wish to have that check.
fn values(arguments: &Fix, session: &mut Session) -> anyhow::Result<BTreeMap<(String, Option<String>), String>> {
    let mut given: Vec<(String, Option<String>, String)> = VALUE_FLAGS
        .iter()
        .filter_map(|(check, _, value)| Some(((*check).to_owned(), None, value(arguments).clone()?)))
        .collect();
    for text in &arguments.fix_value {
        let shape = || {
            user_error(
                format!("`--fix-value {text}` has no value"),
                "write CHECK=VALUE or CHECK@CONTAINER=VALUE".to_owned(),
            )
        };
        let (name, value) = text.split_once('=').ok_or_else(shape)?;
        let (check, container) = match name.split_once('@') {
            Some((check, container)) => (check, Some(container.to_owned())),
            None => (name, None),
        };
        given.push((check.to_owned(), container, value.to_owned()));
    }
    let mut values = BTreeMap::new();
    for (name, container, value) in given {
        let Some(check) = session.catalogue.get(&name) else {
            let near = session.catalogue.suggest(&name).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| "`ironclad checks` lists them".to_owned());
            return Err(user_error(format!("no check is called `{name}`"), help));
        };
        let id = check.meta.id;
        if check.meta.fix != FixKind::Value {
            let help = format!("`ironclad explain {id}` says how it is fixed");
            return Err(user_error(format!("`{id}` is not fixed with a value"), help));
        }
        if !session.run.enabled.iter().any(|enabled| enabled.check.meta.id == id) {
            let params = Params::defaults(check.meta.params);
            session.run.enabled.push(Enabled { check, severity: None, params });
        }
        values.insert((id.to_owned(), container), value);
    }
    agree(&values)?;
    Ok(values)
}

/// Values that are given together must go together: the API server refuses a request above its limit.
fn agree(values: &BTreeMap<(String, Option<String>), String>) -> anyhow::Result<()> {
    for resource in ["cpu", "memory"] {
        let checks = [format!("reliability/{resource}-request"), format!("reliability/{resource}-limit")];
        for (_, container) in values.keys().filter(|(check, _)| checks.contains(check)) {
            let given = |check: &String| {
                let own = values.get(&(check.clone(), container.clone()));
                own.or_else(|| values.get(&(check.clone(), None)))
            };
            let (Some(request), Some(limit)) = (given(&checks[0]), given(&checks[1])) else { continue };
            let (Ok(asked), Ok(bound)) = (request.parse::<Quantity>(), limit.parse::<Quantity>()) else { continue };
            if asked > bound {
                let of = container.as_ref().map(|name| format!(" of container \"{name}\"")).unwrap_or_default();
                return Err(user_error(
                    format!("the {resource} request `{request}`{of} is more than the {resource} limit `{limit}`"),
                    "the API server refuses a request above its limit: give a lower request or a higher limit"
                        .to_owned(),
                ));
            }
        }
    }
    Ok(())
}

fn encoding_problem(source: &FixedSource) -> ReportedProblem {
    problem(
        "fix/encoding",
        source.before.name(),
        None,
        "the file holds bytes that are no text".to_owned(),
        "save the file as UTF-8 first",
    )
}

fn problem(
    code: &'static str,
    name: &str,
    at: Option<(Arc<Source>, u32)>,
    message: String,
    hint: &str,
) -> ReportedProblem {
    let (text, start) = at.map_or((None, 0), |(text, start)| (Some(text), start));
    ReportedProblem {
        source: name.to_owned(),
        text,
        problem: Problem {
            code,
            severity: Severity::Error,
            span: Span { start, end: start },
            message,
            hint: Some(hint.to_owned()),
        },
    }
}

/// Writes every text to its file. One that cannot be written keeps none of the others from it.
fn write_all(fixed: &mut Fixed) -> Vec<ReportedProblem> {
    let mut problems = Vec::new();
    fixed.sources.retain(|source| {
        let name = source.before.name();
        match crate::replace::replace(Path::new(&**name), &source.before, &source.after) {
            Ok(()) => true,
            Err(fault) => {
                problems.push(problem(fault.code, name, None, fault.message, fault.hint));
                false
            }
        }
    });
    problems
}

fn refusals(fixed: &Fixed) -> Vec<ReportedProblem> {
    let one = |refused: &ironclad_fix::Refused| {
        let text = Some((Arc::clone(&refused.text), refused.at));
        let message = format!("cannot {} for {}: {}", refused.title, refused.check, refused.refusal);
        problem(refused.refusal.code, refused.text.name(), text, message, refused.refusal.hint)
    };
    fixed.refused.iter().map(one).collect()
}

/// The diffs of all texts, with colours.
fn diff(sources: &[FixedSource]) -> String {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    let mut out = String::new();
    for source in sources {
        for line in unified(source.before.name(), source.before.text(), source.after.text()).split_inclusive('\n') {
            let style = match line.as_bytes() {
                [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Style::new().bold(),
                [b'@', ..] => colour(AnsiColor::Cyan),
                [b'-', ..] => colour(AnsiColor::Red),
                [b'+', ..] => colour(AnsiColor::Green),
                _ => Style::new(),
            };
            let bare = line.strip_suffix('\n').unwrap_or(line);
            let _ = writeln!(out, "{style}{bare}{style:#}");
        }
    }
    out
}

/// What was done, and what is left to do.
fn summary(fixed: &Fixed, options: &Options, wrote: bool, stdin: bool, verbose: bool) -> String {
    let mut out = String::new();
    if verbose {
        for source in &fixed.sources {
            for applied in &source.applied {
                let (name, object) = (source.before.name(), &applied.object);
                let _ = writeln!(out, "{name}: {object}: {} [{}]", applied.title, applied.check);
            }
        }
    }
    let done: usize = fixed.sources.iter().map(|source| source.applied.len()).sum();
    let plural = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let where_ = if stdin { String::new() } else { format!(" in {}", plural(fixed.sources.len(), "file")) };
    let _ = match (done, wrote || stdin) {
        (0, _) => write!(out, "nothing to fix"),
        (_, true) => write!(out, "fixed {}{where_}", plural(done, "finding")),
        (_, false) => write!(out, "{}{where_} can be fixed: add `--write` to do it", plural(done, "finding")),
    };
    let mut left: BTreeMap<Unfixed, BTreeSet<&str>> = BTreeMap::new();
    let mut counts: BTreeMap<Unfixed, usize> = BTreeMap::new();
    for finding in fixed.findings.iter().filter(|finding| finding.is_open()) {
        if let Err(why) = chosen(finding, options) {
            *counts.entry(why).or_default() += 1;
            left.entry(why).or_default().insert(finding.check);
        }
    }
    let count = |why: Unfixed| counts.get(&why).copied().unwrap_or_default();
    let mut parts = Vec::new();
    if count(Unfixed::Unsafe) > 0 {
        parts.push(format!("{} with `--unsafe`", count(Unfixed::Unsafe)));
    }
    if count(Unfixed::Value) > 0 {
        let first = left.get(&Unfixed::Value).and_then(|checks| checks.first().copied()).unwrap_or_default();
        parts.push(format!("{} with a value, as in `{}`", count(Unfixed::Value), value_flag(first)));
    }
    if count(Unfixed::ByHand) > 0 {
        parts.push(format!("{} by hand", count(Unfixed::ByHand)));
    }
    if !fixed.refused.is_empty() {
        parts.push(format!("{} refused", fixed.refused.len()));
    }
    if !parts.is_empty() {
        let _ = write!(out, "; left: {}", parts.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_for_values_exist() {
        let command = crate::args::Arguments::command();
        let fix = command.find_subcommand("fix").unwrap();
        for (check, flag, _) in VALUE_FLAGS {
            let known = fix.get_arguments().any(|arg| {
                let names = arg.get_value_names().unwrap_or_default();
                let (long, value) = flag.trim_start_matches('-').split_once(' ').unwrap();
                arg.get_long() == Some(long) && names.first().is_some_and(|name| name.as_str() == value)
            });
            assert!(known, "{flag}");
            let catalogue = crate::catalogue();
            assert_eq!(catalogue.get(check).map(|check| check.meta.fix), Some(FixKind::Value), "{check}");
        }
    }
}
