//! `ironclad scan`: read, judge, waive, report.

use super::judge::Session;
use super::track::{self, Manifests};
use super::{compare, hide, live, settings, watch};
use crate::args::{Global, Report as ReportFlags, Scan, Select};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::progress::Line;
use crate::{catalogue, output};
use ironclad_check::{Enabled, ProfileName, Selection, SelectionError};
use ironclad_cluster::HelmRelease;
use ironclad_config::Config;
use ironclad_load::Loaded;
use ironclad_model::{Coverage, Finding, Report, ReportedProblem, Snapshot, Status};
use ironclad_report::{Base, Baseline, FixCommand, Format, Options, View};
use ironclad_tree::{Problem, Severity, Source, Span};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Judges the inputs and prints what is wrong with them.
pub(crate) fn run(arguments: &Scan, global: &Global) -> anyhow::Result<Exit> {
    run_on(arguments, global, &|_, _| true)
}

/// The same, of findings that are taken.
pub(crate) fn run_on(
    arguments: &Scan,
    global: &Global,
    takes: &dyn Fn(&Finding, &Snapshot) -> bool,
) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let mut session = Session::new(&arguments.input, &arguments.select, arguments.report.fail_on.as_deref(), global)?;
    let targets = targets(&arguments.report)?;
    live::check(arguments)?;
    if arguments.watch {
        watch::check(arguments, targets.stdout)?;
    }
    session.run.forget_edits = !targets.any(Format::shows_edits);
    session.run.is_offered = targets.any(Format::says_fixable).then_some(ironclad_fix::is_offered);
    session.shows_text = targets.any(Format::shows_text);
    let problems = std::mem::take(&mut session.problems);
    let line = Line::start(global.quiet);
    let known = compare::known(&arguments.compare, &session, global)?;
    session.known.clone_from(&known.fingerprints);
    let releases = Vec::new();
    let mut running = Running { arguments, global, takes, known, targets, problems, started, releases };
    if arguments.watch {
        drop(line);
        return watch::run(running, session);
    }
    let loaded = if arguments.cluster.is_asked() {
        let (loaded, releases) = settings::in_pool(global, || live::load(arguments, &session, &line))?;
        running.releases = releases;
        loaded
    } else {
        settings::in_pool(global, || read(arguments, &session, &line))?
    };
    let concluded = running.conclude(loaded, &mut session, Some(line))?;
    let exit = Exit::of(&concluded.report, session.fail_on);
    // The process ends here: to free a large tree piece by piece would take a tenth of the run.
    std::mem::forget(concluded);
    Ok(exit)
}

/// Reads what is scanned. A snapshot is judged on the way; to tell where its objects come from takes whole ones.
fn read(arguments: &Scan, session: &Session, line: &Line) -> Loaded {
    if !arguments.extent.source.is_empty() {
        return ironclad_load::load(&session.request, line.reading());
    }
    let version_is_asked = arguments.input.kubernetes_version.is_some();
    let sift = |live: &ironclad_load::Live| session.sieve(live, version_is_asked);
    ironclad_load::load_sifting(&session.request, line.reading(), &sift)
}

/// A scan under way.
pub(super) struct Running<'a> {
    pub(super) arguments: &'a Scan,
    pub(super) global: &'a Global,
    /// Which findings are taken.
    takes: &'a dyn Fn(&Finding, &Snapshot) -> bool,
    known: compare::Known,
    targets: Targets,
    problems: Vec<ReportedProblem>,
    started: Instant,
    /// What Helm records of its releases, where values of Secrets may be read.
    pub(super) releases: Vec<HelmRelease>,
}

/// A scan that has printed its report.
pub(super) struct Concluded {
    pub(super) report: Report,
    pub(super) snapshot: Snapshot,
    /// What live objects may have been applied from.
    pub(super) manifests: Manifests,
}

impl Running<'_> {
    /// The format of standard output.
    pub(super) fn format(&self) -> Format {
        self.targets.stdout
    }

    /// Judges what was read and prints the report.
    pub(super) fn conclude(
        self,
        mut loaded: Loaded,
        session: &mut Session,
        line: Option<Line>,
    ) -> anyhow::Result<Concluded> {
        let Running { arguments, global, takes, known, targets, mut problems, started, releases } = self;
        session.look_at(&loaded, arguments.input.kubernetes_version.is_some());
        if let Some(line) = &line {
            line.judging();
        }
        let sieve = loaded.sieve.take();
        let judge = || session.judge_rest(&loaded.snapshot, &loaded.comments, sieve);
        let mut judged = settings::in_pool(global, judge)?;
        drop(line);
        judged.findings.retain(|finding| takes(finding, &loaded.snapshot));

        problems.append(&mut loaded.problems);
        problems.append(&mut judged.problems);
        if arguments.extent.no_system_namespaces {
            let source = loaded.inputs.first().map(|input| input.source.as_str()).unwrap_or_default();
            problems.extend(live::leave_out_system(&mut judged.findings, &loaded.snapshot, source));
        }
        let mut manifests = Manifests::default();
        if loaded.live.is_some() {
            let (read, found) = Manifests::read(arguments, session, &loaded.snapshot, &releases, global)?;
            manifests = read;
            problems.extend(found);
            if !manifests.is_empty() {
                track::track(&mut judged.findings, &loaded.snapshot, &manifests);
            }
        }
        // A cluster without objects is none that was misspelt.
        if !arguments.cluster.is_asked()
            && loaded.snapshot.is_empty()
            && problems.is_empty()
            && !arguments.report.allow_empty
        {
            problems.push(nothing_scanned(&session.request.arguments));
        }
        let mut hidden = judged.hidden;
        hidden.extend(hide::in_excerpts(&judged.findings, &problems, &loaded.snapshot));
        let mut report = Report {
            inputs: loaded.inputs,
            findings: judged.findings,
            problems,
            failures: judged.failures,
            coverage: Coverage {
                objects: loaded.snapshot.len(),
                checks: session.run.enabled.len(),
                not_observed: judged.not_observed,
                skipped: loaded.skipped,
                not_followed: loaded.not_followed,
                stand_ins: loaded.stand_ins,
            },
            hidden,
            ..Report::default()
        };
        known.report_stale(&report.findings, session, global.verbose > 0);
        if let Some(path) = &arguments.write_baseline {
            write_baseline(path, &mut report, &loaded.snapshot, global)?;
        }
        let options = Options {
            verbose: global.verbose > 0,
            show_waived: arguments.report.show_waived,
            elapsed: Some(started.elapsed()),
            version: env!("CARGO_PKG_VERSION"),
            width: output::width(),
            base: base(),
            fix: arguments.as_fix.clone().filter(|_| loaded.live.is_none()).map(|line| fix_command(line, arguments)),
        };
        let view = View { report: &report, snapshot: &loaded.snapshot, catalogue: &session.catalogue, options };
        write(&view, &targets, global.quiet)?;
        Ok(Concluded { report, snapshot: loaded.snapshot, manifests })
    }
}

/// How what a scan found is fixed. A text that was piped in is piped out again.
fn fix_command(line: String, arguments: &Scan) -> FixCommand {
    let piped = arguments.input.paths.iter().any(|path| path.as_os_str() == "-");
    FixCommand { line, write: (!piped).then_some("--write"), value_flag: super::fix::value_flag }
}

/// What is found now is known from now on. A scan that missed something does not know it all, and writes nothing.
fn write_baseline(path: &Path, report: &mut Report, snapshot: &Snapshot, global: &Global) -> anyhow::Result<()> {
    if report.is_incomplete() {
        output::note(&format!("{} is not written: the scan is incomplete", path.display()));
        return Ok(());
    }
    let baseline = Baseline::of(&report.findings, snapshot);
    compare::write(path, &baseline)?;
    for finding in report.findings.iter_mut().filter(|finding| finding.is_open()) {
        finding.status = Status::Baselined;
    }
    if !global.quiet {
        let findings = if baseline.len() == 1 { "finding" } else { "findings" };
        output::note(&format!("{}: {} {findings} known from now on", path.display(), baseline.len()));
    }
    Ok(())
}

/// The configuration for an input, and what is wrong with it.
pub(crate) fn configuration(input: &Path, global: &Global) -> (Config, Vec<ReportedProblem>) {
    let start = if input.as_os_str() == "-" { Path::new(".") } else { input };
    let policy = global.policy_config.as_deref();
    let (config, problems) =
        ironclad_config::load(start, global.config.as_deref(), policy, global.no_config, &catalogue());
    let problems = problems
        .into_iter()
        .map(|(text, problem)| ReportedProblem { source: text.name().to_string(), text: Some(text), problem })
        .collect();
    (config, problems)
}

/// Flags, else the configuration.
pub(crate) fn selection(select: &Select, config: Option<&Config>) -> anyhow::Result<Selection> {
    let configured = config.and_then(|config| config.profile.as_ref()).map(|profile| profile.value.as_str());
    let asked = select.profile.as_deref();
    let profile = match asked.or(configured) {
        None => ProfileName::Default,
        Some(name) => ProfileName::parse(name).ok_or_else(|| {
            user_error(format!("`{name}` is not a profile"), format!("one of {}", ProfileName::names().join(", ")))
        })?,
    };
    let list = |setting: Option<&ironclad_config::Setting<Vec<String>>>| {
        setting.map(|setting| setting.value.clone()).unwrap_or_default()
    };
    let pss = select.pss.as_deref().map(settings::standard).transpose()?;
    let mut chosen = select.select.clone();
    // `--select` alone is the whole set; the configuration's list refines its profile.
    let extend = asked.is_some() || chosen.is_empty();
    let mut ignore = select.ignore.clone();
    if pss.is_none() && extend {
        chosen.extend(list(config.and_then(|config| config.select.as_ref())));
    }
    if pss.is_none() {
        ignore.extend(list(config.and_then(|config| config.ignore.as_ref())));
    }
    Ok(Selection { profile, select: chosen, ignore, extend, pss })
}

/// A name that selects nothing, as an error of the user.
pub(crate) fn selection_error(error: SelectionError) -> anyhow::Error {
    let help = error.suggestion.map(|near| format!("did you mean `{near}`?"));
    let help = help.unwrap_or_else(|| "`ironclad checks` lists them".to_owned());
    user_error(format!("no check, prefix or tag is called `{}`", error.name), help)
}

/// Where the program stands in its repository; nothing outside of one.
pub(super) fn base() -> Base {
    let Ok(here) = std::env::current_dir() else { return Base::default() };
    let Some(root) = here.ancestors().find(|folder| folder.join(".git").exists()) else { return Base::default() };
    let text = |path: &Path| path.to_string_lossy().replace('\\', "/");
    Base { root: text(root), folder: here.strip_prefix(root).map(text).unwrap_or_default() }
}

/// The problem that the arguments hold nothing to judge.
pub(crate) fn nothing_scanned(arguments: &[PathBuf]) -> ReportedProblem {
    let names: Vec<String> = arguments.iter().map(|path| path.display().to_string()).collect();
    ReportedProblem {
        source: names.join(", "),
        text: None,
        problem: Problem {
            code: "input/nothing-scanned",
            severity: Severity::Error,
            span: Span { start: 0, end: 0 },
            message: "no Kubernetes object in the arguments".to_owned(),
            hint: Some("name the folder that holds them, or pass `--allow-empty` if that is fine".to_owned()),
        },
    }
}

/// Standard output and files, with their formats.
struct Targets {
    stdout: Format,
    files: Vec<(Format, PathBuf)>,
}

impl Targets {
    fn any(&self, has: fn(Format) -> bool) -> bool {
        self.files.iter().map(|(format, _)| *format).chain([self.stdout]).any(has)
    }
}

fn targets(flags: &ReportFlags) -> anyhow::Result<Targets> {
    let format = |name: &str| {
        name.parse::<Format>().map_err(|error| user_error(error, "`ironclad scan --help` lists them".to_owned()))
    };
    let mut files = Vec::new();
    let mut stdout = flags.format.as_deref().map(format).transpose()?;
    for text in &flags.output {
        // kubectl's `-o json` names no file.
        let word = if text == "table" { "pretty" } else { text.as_str() };
        if let (None, Ok(kind)) = (stdout, word.parse::<Format>()) {
            stdout = Some(kind);
            continue;
        }
        let (kind, path) = match text.split_once('=').filter(|(name, _)| name.parse::<Format>().is_ok()) {
            Some((name, path)) => (format(name)?, path),
            None => {
                let extension = Path::new(text).extension().and_then(|e| e.to_str()).unwrap_or_default();
                let known = Format::of_extension(extension).ok_or_else(|| {
                    user_error(
                        format!("the format of `{text}` does not follow from its extension"),
                        format!("write it in front, as in `-o json={text}`"),
                    )
                })?;
                (known, text.as_str())
            }
        };
        files.push((kind, PathBuf::from(path)));
    }
    Ok(Targets { stdout: stdout.unwrap_or(Format::Pretty), files })
}

fn write(view: &View<'_>, targets: &Targets, quiet: bool) -> anyhow::Result<()> {
    for (format, path) in &targets.files {
        let mut file = std::io::BufWriter::new(fs_err::File::create(path)?);
        if *format == Format::Pretty {
            let mut bytes = Vec::new();
            ironclad_report::write(*format, view, &mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            write!(file, "{}", anstream::adapter::strip_str(&text))?;
        } else {
            ironclad_report::write(*format, view, &mut file)?;
        }
        file.flush()?;
    }
    if targets.stdout == Format::Pretty && quiet {
        return Ok(());
    }
    if targets.stdout == Format::Pretty {
        let mut bytes = Vec::new();
        ironclad_report::write(Format::Pretty, view, &mut bytes)?;
        output::print(&String::from_utf8_lossy(&bytes))?;
    } else {
        output::stream_raw(|out| ironclad_report::write(targets.stdout, view, out))?;
    }
    Ok(())
}

/// The checks that a selection enables, for commands that list them.
pub(crate) fn enabled(select: &Select, config: Option<&Config>) -> anyhow::Result<Vec<Enabled>> {
    selection(select, config)?.resolve(&catalogue()).map_err(selection_error)
}

/// Problems as text on standard error, for commands whose output is not a report.
pub(crate) fn complain(problems: &[ReportedProblem]) -> bool {
    let mut failed = false;
    for problem in problems {
        let place = problem.text.as_ref().map(|text: &Arc<Source>| {
            let at = text.position(problem.problem.span.start);
            format!(":{}:{}", at.line, at.column)
        });
        let error = problem.problem.severity == Severity::Error;
        failed |= error;
        let word = if error { "error" } else { "warning" };
        let (code, message) = (problem.problem.code, &problem.problem.message);
        output::note(&format!("{word}[{code}]: {}{}: {message}", problem.source, place.unwrap_or_default()));
        if let Some(hint) = &problem.problem.hint {
            output::note(&format!("  help: {hint}"));
        }
    }
    failed
}
