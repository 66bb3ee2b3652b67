//! What is no news: findings that a baseline file knows, or that a git revision had.

use super::git::Revision;
use super::judge::Session;
use super::settings;
use crate::args::{Compare, Global};
use crate::failure::user_error;
use crate::output;
use ironclad_load::Progress;
use ironclad_model::{Finding, ReportedProblem};
use ironclad_report::Baseline;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Known findings, and where they are known from.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) fingerprints: BTreeSet<String>,
    pub(crate) problems: Vec<ReportedProblem>,
    baseline: Option<(PathBuf, Baseline)>,
}

/// Reads the baseline and judges the revision that the flags name.
pub(crate) fn known(flags: &Compare, session: &Session, global: &Global) -> anyhow::Result<Known> {
    let mut known = Known::default();
    if let Some(path) = &flags.baseline {
        let baseline = read(path)?;
        known.fingerprints.extend(baseline.fingerprints().map(str::to_owned));
        known.baseline = Some((path.clone(), baseline));
    }
    if let Some(name) = &flags.diff_base {
        known.fingerprints.extend(at_revision(name, session, global)?);
    }
    Ok(known)
}

impl Known {
    /// Entries of the baseline that match no finding any more, of the checks that ran.
    pub(crate) fn report_stale(&self, findings: &[Finding], session: &Session, verbose: bool) {
        let Some((path, baseline)) = &self.baseline else { return };
        let ran = |check: &str| session.run.enabled.iter().any(|enabled| enabled.check.meta.id == check);
        let stale: Vec<_> = baseline.stale(findings).filter(|entry| ran(&entry.check)).collect();
        if stale.is_empty() {
            return;
        }
        let (entries, match_) = if stale.len() == 1 { ("entry", "matches") } else { ("entries", "match") };
        let advice = if verbose { "" } else { " (-v lists them)" };
        let count = stale.len();
        output::note(&format!("{}: {count} {entries} {match_} no finding here{advice}", path.display()));
        if verbose {
            for entry in stale {
                output::note(&format!("  {entry}"));
            }
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Baseline> {
    let help = || "`ironclad scan --write-baseline FILE` writes one".to_owned();
    let text = fs_err::read_to_string(path).map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        user_error(format!("the baseline `{}` cannot be read: {reason}", path.display()), help())
    })?;
    Baseline::parse(&text).map_err(|error| user_error(format!("{}: {error}", path.display()), help()))
}

/// Writes the open and the already known findings as a baseline, all of it or nothing.
pub(crate) fn write(path: &Path, baseline: &Baseline) -> anyhow::Result<()> {
    crate::replace::create(path, baseline.to_string().as_bytes())
        .map_err(|fault| user_error(format!("{}: {}", path.display(), fault.message), fault.hint.to_owned()))
}

/// Fingerprints of the findings that the same arguments had at a revision.
fn at_revision(name: &str, session: &Session, global: &Global) -> anyhow::Result<BTreeSet<String>> {
    let arguments = &session.request.arguments;
    if arguments.iter().any(|path| path.as_os_str() == "-") {
        let help = "name files of a git work tree".to_owned();
        return Err(user_error("standard input has no git revision to compare with", help));
    }
    let here = std::env::current_dir().and_then(fs_err::canonicalize)?;
    let first = arguments.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let revision = Revision::find(&folder_of(&here.join(first)), name)?;
    let below: Vec<PathBuf> = arguments.iter().map(|path| below(&here, path, &revision)).collect::<Result<_, _>>()?;
    let folder = tempfile::Builder::new().prefix("ironclad-base-").tempdir()?;
    let limit = session.request.max_file_size;
    revision.extract(folder.path(), |path, size| {
        size <= limit && (is_read(path) || below.iter().any(|argument| path.starts_with(argument)))
    })?;

    // The names of files are part of what is judged (exclusions, units of charts), so they must be those of the real
    // run: relative arguments are taken from the same place of the old tree.
    let place = here.strip_prefix(&revision.root).ok().map(|inside| folder.path().join(inside));
    let mut request = session.request.clone();
    request.walk.repository = Some(fs_err::canonicalize(folder.path())?);
    request.arguments = arguments
        .iter()
        .zip(&below)
        .map(|(path, below)| match (&place, path.is_relative()) {
            (Some(place), true) if stays_in(folder.path(), &place.join(path)) => path.clone(),
            _ => folder.path().join(below),
        })
        .zip(&below)
        // What was not there yet has nothing that is known.
        .filter(|(path, below)| is_pattern(path) || folder.path().join(below).exists())
        .map(|(path, _)| path)
        .collect();
    if request.arguments.is_empty() {
        return Ok(BTreeSet::new());
    }
    let judged = settings::in_pool(global, || {
        let loaded = match &place {
            Some(place) => {
                fs_err::create_dir_all(place)?;
                let _there = Visit::to(place, &here)?;
                ironclad_load::load(&request, &Progress::default())
            }
            None => ironclad_load::load(&request, &Progress::default()),
        };
        anyhow::Ok(session.judge(&loaded.snapshot, &loaded.comments))
    })??;
    let open = judged.findings.into_iter().filter(Finding::is_open);
    Ok(open.map(|finding| finding.fingerprint).collect())
}

/// The current folder of the process, until it is dropped. Nothing else of the program runs meanwhile.
struct Visit<'a> {
    home: &'a Path,
}

impl<'a> Visit<'a> {
    fn to(place: &Path, home: &'a Path) -> std::io::Result<Visit<'a>> {
        std::env::set_current_dir(place)?;
        Ok(Visit { home })
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if std::env::set_current_dir(self.home).is_err() {
            output::note("warning: the folder that ironclad was started in is gone");
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    let mut folder = path;
    while !folder.is_dir() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => break,
        }
    }
    folder.to_owned()
}

/// Does a path below a folder never climb out of it on its way?
fn stays_in(folder: &Path, path: &Path) -> bool {
    let mut depth = 0;
    path.strip_prefix(folder).is_ok_and(|below| {
        below.components().all(|part| {
            depth += match part {
                Component::Normal(_) => 1,
                Component::ParentDir => -1,
                _ => 0,
            };
            depth >= 0
        })
    })
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The place of an argument in its repository.
fn below(here: &Path, argument: &Path, revision: &Revision) -> anyhow::Result<PathBuf> {
    let path = here.join(argument);
    let folder = folder_of(&path);
    let rest = path.strip_prefix(&folder).unwrap_or(Path::new("")).to_owned();
    let real = fs_err::canonicalize(&folder)?.join(if is_pattern(&rest) { Path::new("") } else { &rest });
    real.strip_prefix(&revision.root).map(Path::to_owned).map_err(|_| {
        let message = format!("`{}` is not in the repository {}", argument.display(), revision.root.display());
        user_error(message, "`--diff-base` compares within one repository: scan the others by themselves".to_owned())
    })
}

/// Files that manifests are made of, wherever they lie: bases and charts may be outside of the arguments.
fn is_read(path: &Path) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) => {
            let known = ["yaml", "yml", "json", "tpl", "tgz", "txt", "toml", "env", "properties"];
            known.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted))
        }
        None => true,
    }
}
