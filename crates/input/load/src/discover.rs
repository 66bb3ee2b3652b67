//! From arguments to a sorted list of files.
//!
//! Arguments are files, folders, globs and `-`. Folders are walked as git would (`.gitignore`, `.ignore`,
//! `.ironcladignore`), without hidden entries, `node_modules` and `vendor`. A symbolic link to a file is followed once;
//! one to a folder only with `follow_links`; one that leaves the argument's folder is an error.

use crate::read::io_problem;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use ironclad_model::ReportedProblem;
use ironclad_tree::{Problem, Severity, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Why something is left out that the configuration excludes.
pub(crate) const EXCLUDED: &str = "excluded by the configuration";

/// How folders are walked.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Extensions of files to look at.
    pub extensions: Vec<String>,
    /// Look at hidden entries too.
    pub hidden: bool,
    /// Look at ignored entries, `node_modules` and `vendor` too.
    pub no_ignore: bool,
    /// Follow symbolic links to folders.
    pub follow_links: bool,
    /// Leave named files alone that are not Kubernetes, as those found by walking are.
    pub skip_foreign: bool,
    /// Read files of charts and kustomizations as they are, and render nothing.
    pub raw: bool,
    /// Globs of paths to leave out (the configuration's `exclude`): from the argument, as the output names them, or from
    /// the repository's root.
    pub exclude: Vec<String>,
    /// The repository that the arguments lie in, by its real path. Names of units count from there too, so that a finding
    /// keeps its fingerprint whatever folder ironclad is started in and however the argument is written.
    pub repository: Option<PathBuf>,
}

impl Default for Walk {
    fn default() -> Self {
        let extensions = ["yaml", "yml", "json"].map(str::to_owned).to_vec();
        Walk {
            extensions,
            hidden: false,
            no_ignore: false,
            follow_links: false,
            skip_foreign: false,
            raw: false,
            exclude: Vec::new(),
            repository: None,
        }
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Name in the output.
    pub(crate) name: String,
    /// Where it is; `None` is standard input.
    pub(crate) path: Option<PathBuf>,
    /// Named by the user, not found by walking.
    pub(crate) named: bool,
    /// The chart in whose folder a walk found it, beside the chart's own files.
    pub(crate) chart: Option<PathBuf>,
}

/// What is rendered, and not read file by file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FoundUnit {
    /// Name of the folder or archive in the output.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it is.
    pub(crate) kind: UnitKind,
}

/// Kinds of what is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitKind {
    /// A folder with a Chart.yaml.
    Chart,
    /// An archive of a chart.
    ChartArchive,
    /// An archive that a walk met: a chart, or anything else.
    AnyArchive,
    /// A folder with a kustomization.
    Kustomization,
}

/// What a folder is rendered as, where it is.
fn unit_of(folder: &Path) -> Option<UnitKind> {
    if is_chart(folder) {
        return Some(UnitKind::Chart);
    }
    ironclad_kustomize::kustomization_file(folder).map(|_| UnitKind::Kustomization)
}

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

/// What Helm reads of a chart's folder: the rest may be manifests like any other.
fn is_own(name: &str) -> bool {
    matches!(
        name,
        "Chart.yaml"
            | "Chart.lock"
            | "requirements.yaml"
            | "requirements.lock"
            | "values.schema.json"
            | "templates"
            | "charts"
            | "crds"
    ) || name.starts_with("values") && name.ends_with(".yaml")
}

/// The folder that is rendered with this file: the outermost chart that reads it (inner ones get its values), or the
/// kustomization in the file's own folder, or one above that names it.
pub fn unit_of_file(path: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(path).ok()?;
    let mut above = 0;
    let mut folders: Vec<(usize, PathBuf)> = Vec::new();
    for folder in full.ancestors().skip(1) {
        above += 1;
        folders.push((above, folder.to_owned()));
        if folder.join(".git").exists() {
            break;
        }
    }
    let chart = folders.iter().rev().find(|(_, folder)| is_chart(folder)).filter(|_| is_own_of_chart(&full));
    let is_named_by = |(steps, folder): &&(usize, PathBuf)| {
        let Some(file) = ironclad_kustomize::kustomization_file(folder) else { return false };
        let below = full.strip_prefix(folder).unwrap_or(&full).to_string_lossy().replace('\\', "/");
        *steps == 1 || fs_err::read_to_string(file).is_ok_and(|text| text.contains(&below))
    };
    let (steps, folder) = chart.or_else(|| folders.iter().find(is_named_by))?;
    // As the path was written, where that names it.
    Some(path.ancestors().nth(*steps).map_or_else(|| folder.clone(), Path::to_owned))
}

/// A file of a chart or kustomization among the named: what it is part of stands in its place, and a file beside a
/// kustomization stays, for it may be no part of it.
fn judged_through(file: &Path, found: &mut Discovery) -> bool {
    let Some(folder) = unit_of_file(file) else { return false };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let is_chart = add_unit(&folder, found);
    if !is_chart {
        found.files.push(Found { name: display(file), path: Some(file.to_owned()), named: false, chart: None });
    }
    true
}

/// Does Helm read this file as part of a chart?
pub fn is_own_of_chart(path: &Path) -> bool {
    let mut below = path;
    path.ancestors().skip(1).any(|folder| {
        let name = below.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        below = folder;
        is_own(name) && is_chart(folder)
    })
}

/// The folder whose kustomization a file is.
fn kustomization_of(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = ironclad_kustomize::kustomization_file(folder)?;
    (ironclad_kustomize::NAMES.contains(&name) && own.file_name() == file.file_name()).then(|| folder.to_owned())
}

#[derive(Default)]
pub(crate) struct Discovery {
    pub(crate) files: Vec<Found>,
    /// Charts and kustomizations, each once, sorted by name.
    pub(crate) units: Vec<FoundUnit>,
    pub(crate) problems: Vec<ReportedProblem>,
    /// Files left out, by reason.
    pub(crate) skipped: BTreeMap<String, Vec<String>>,
    /// A symbolic link was taken: two names may be one file.
    links: bool,
}

/// Finds the files of all arguments, each once, sorted by name.
pub(crate) fn discover(arguments: &[PathBuf], walk: &Walk, stdin_name: &str) -> Discovery {
    let mut found = Discovery::default();
    let exclude = match globs(&walk.exclude) {
        Ok(set) => set,
        Err(problem) => {
            found.problems.push(problem);
            GlobSet::empty()
        }
    };
    for argument in arguments {
        if argument.as_os_str() == "-" {
            found.files.push(Found { name: stdin_name.to_owned(), path: None, named: true, chart: None });
            continue;
        }
        match fs_err::metadata(argument) {
            Ok(metadata) if metadata.is_dir() => walk_folder(argument, walk, &exclude, &mut found),
            Ok(_) if !walk.raw && is_archive(argument) => found.units.push(FoundUnit {
                name: display(argument),
                path: argument.clone(),
                kind: UnitKind::ChartArchive,
            }),
            Ok(_) => match kustomization_of(argument).filter(|_| !walk.raw) {
                Some(folder) => drop(add_unit(&folder, &mut found)),
                None if walk.skip_foreign && !walk.raw && judged_through(argument, &mut found) => {}
                None => {
                    let (name, path) = (display(argument), Some(argument.clone()));
                    found.files.push(Found { name, path, named: true, chart: None });
                }
            },
            Err(_) if is_glob(argument) => expand(argument, walk, &exclude, &mut found),
            Err(error) => found.problems.push(io_problem(&display(argument), &error)),
        }
    }
    let sure = arguments.len() == 1 && !found.links && !walk.follow_links;
    deduplicate(&mut found, sure);
    found
}

/// Each file once, under its first name in order; a named file wins over the same file found by walking.
fn deduplicate(found: &mut Discovery, sure: bool) {
    let mut known = BTreeSet::new();
    found.units.sort();
    found.units.retain(|unit| known.insert(fs_err::canonicalize(&unit.path).unwrap_or_else(|_| unit.path.clone())));
    found.files.sort_by(|a, b| (&a.name, !a.named).cmp(&(&b.name, !b.named)));
    if sure {
        // One folder without links: to ask where each file really is would cost more than to parse it.
        return;
    }
    let mut seen = BTreeSet::new();
    let mut by_name: Vec<(bool, usize)> = found.files.iter().enumerate().map(|(i, f)| (!f.named, i)).collect();
    by_name.sort();
    let mut keep = vec![false; found.files.len()];
    for (_, index) in by_name {
        let file = &found.files[index];
        let canonical = file.path.as_ref().map(|p| fs_err::canonicalize(p).unwrap_or_else(|_| p.clone()));
        keep[index] = seen.insert(canonical);
    }
    let mut keep = keep.into_iter();
    found.files.retain(|_| keep.next().unwrap_or(true));
}

/// Is it an archive of a chart by its name?
fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tgz")
}

/// Adds what a folder is rendered as; true where it is a chart. What is in the folder of a kustomization, and no part of
/// any, is read; so is what lies beside the files of a chart.
fn add_unit(folder: &Path, found: &mut Discovery) -> bool {
    let Some(kind) = unit_of(folder) else { return false };
    found.units.push(FoundUnit { name: display(folder), path: folder.to_owned(), kind });
    kind == UnitKind::Chart
}

fn walk_folder(root: &Path, walk: &Walk, exclude: &GlobSet, found: &mut Discovery) {
    let mut charts: Vec<PathBuf> = Vec::new();
    if !walk.raw && add_unit(root, found) {
        charts.push(root.to_owned());
    }
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(!walk.hidden)
        .follow_links(walk.follow_links)
        .require_git(false)
        .ignore(!walk.no_ignore)
        .git_ignore(!walk.no_ignore)
        .git_exclude(!walk.no_ignore)
        .git_global(false)
        .parents(!walk.no_ignore);
    if !walk.no_ignore {
        builder.add_custom_ignore_filename(".ironcladignore");
    }
    let (no_ignore, raw) = (walk.no_ignore, walk.raw);
    builder.filter_entry(move |entry| {
        let is_dir = entry.file_type().is_some_and(|t| t.is_dir()) && entry.depth() > 0;
        let is_foreign = !no_ignore && matches!(entry.file_name().to_str(), Some("node_modules" | "vendor"));
        let name = entry.file_name().to_str().unwrap_or_default();
        let is_inside = !raw && entry.depth() > 0 && is_own(name) && entry.path().parent().is_some_and(is_chart);
        !(is_inside || is_dir && is_foreign)
    });
    let canonical_root = fs_err::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let above = walk.repository.as_deref().and_then(|repository| canonical_root.strip_prefix(repository).ok());
    let is_excluded = |below: &Path, name: &str| {
        exclude.is_match(below)
            || exclude.is_match(name)
            || !exclude.is_empty() && above.is_some_and(|above| exclude.is_match(above.join(below)))
    };
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.problems.push(walk_problem(root, &error));
                continue;
            }
        };
        let path = entry.path();
        let is_link = entry.path_is_symlink();
        let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
        if is_link {
            if !follow(path, &canonical_root, walk, found) {
                continue;
            }
            found.links = true;
        }
        if is_dir || (is_link && path.is_dir()) {
            let below = path.strip_prefix(root).unwrap_or(path);
            if walk.raw {
                continue;
            }
            if unit_of(path).is_some() && is_excluded(below, &display(path)) {
                found.skipped.entry(EXCLUDED.to_owned()).or_default().push(display(path));
            } else if entry.depth() > 0 && add_unit(path, found) {
                charts.push(path.to_owned());
            }
            continue;
        }
        // What lies in the `charts/` of a chart is not walked: a dependency is that chart's.
        let is_archive = !walk.raw && is_archive(path);
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !is_archive && !walk.extensions.iter().any(|wanted| wanted.eq_ignore_ascii_case(extension)) {
            continue;
        }
        let name = display(path);
        let below = path.strip_prefix(root).unwrap_or(path);
        if is_excluded(below, &name) {
            found.skipped.entry(EXCLUDED.to_owned()).or_default().push(name);
            continue;
        }
        if is_archive {
            found.units.push(FoundUnit { name, path: path.to_owned(), kind: UnitKind::AnyArchive });
            continue;
        }
        let chart = charts.iter().find(|chart| path.starts_with(chart)).cloned();
        found.files.push(Found { name, path: Some(path.to_owned()), named: false, chart });
    }
}

/// Is this link worth following? Says why not where that is an error.
fn follow(path: &Path, canonical_root: &Path, walk: &Walk, found: &mut Discovery) -> bool {
    let wanted = |p: &Path| {
        let extension = p.extension().and_then(|e| e.to_str()).unwrap_or_default();
        walk.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension))
    };
    match fs_err::canonicalize(path) {
        Ok(target) if target.starts_with(canonical_root) => {
            // A link to a folder comes here only when folders are not followed, or as the followed folder itself.
            walk.follow_links || !target.is_dir()
        }
        Ok(target) if target.is_dir() && !walk.follow_links => false,
        Ok(target) if wanted(path) || target.is_dir() => {
            found.problems.push(problem(
                "input/outside-root",
                &display(path),
                format!("symbolic link leads outside of the folder, to {}", target.display()),
                "name the target as an argument of its own if it is to be scanned",
            ));
            false
        }
        Ok(_) => false,
        Err(error) if wanted(path) => {
            let is_loop = error.raw_os_error() == Some(40);
            let code = if is_loop { "input/symlink-loop" } else { "input/io" };
            let message = format!("symbolic link cannot be followed: {}", errno(&error));
            found.problems.push(problem(code, &display(path), message, "remove or repair the link"));
            false
        }
        Err(_) => false,
    }
}

fn walk_problem(root: &Path, error: &ignore::Error) -> ReportedProblem {
    let mut source = display(root);
    let mut code = "input/io";
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path, err } => {
                source = display(path);
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            ignore::Error::Loop { child, .. } => {
                source = display(child);
                code = "input/symlink-loop";
                break;
            }
            _ => break,
        }
    }
    let message = match inner.io_error() {
        Some(error) => errno(error),
        None => inner.to_string(),
    };
    problem(code, &source, message, "fix the permissions or leave it out with `exclude`")
}

fn expand(pattern: &Path, walk: &Walk, exclude: &GlobSet, found: &mut Discovery) {
    let text = pattern.to_string_lossy();
    let text = text.strip_prefix("./").unwrap_or(&text);
    let glob = match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let hint = "quote the pattern, or name the folder";
            found.problems.push(problem("input/io", text, format!("bad pattern: {error}"), hint));
            return;
        }
    };
    let literal: PathBuf = Path::new(text)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect();
    let start = if literal.as_os_str().is_empty() { PathBuf::from(".") } else { literal };
    let before = found.files.len();
    let mut below = Discovery::default();
    walk_folder(&start, &Walk { extensions: walk.extensions.clone(), ..walk.clone() }, exclude, &mut below);
    below.files.retain(|file| glob.is_match(&file.name));
    found.files.append(&mut below.files);
    if found.files.len() == before {
        let hint = "the pattern matches whole paths; `**` stands for any folders";
        found.problems.push(problem("input/io", text, "no file matches this pattern".to_owned(), hint));
    }
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

fn globs(patterns: &[String]) -> Result<GlobSet, ReportedProblem> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let bad = |e: globset::Error| problem("config/bad-value", pattern, format!("bad glob: {e}"), "fix the glob");
        builder.add(glob.map_err(bad)?);
        // `exclude: [charts]` means the folder with all that is in it.
        if let Ok(below) =
            GlobBuilder::new(&format!("{}/**", pattern.trim_end_matches('/'))).literal_separator(true).build()
        {
            builder.add(below);
        }
    }
    builder.build().map_err(|e| problem("config/bad-value", "exclude", format!("bad glob: {e}"), "fix the glob"))
}

/// A path as outputs name it: `/`-separated, without leading `./`.
pub(crate) fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut text = &*text;
    while let Some(rest) = text.strip_prefix("./") {
        text = rest.trim_start_matches('/');
    }
    if text.is_empty() { ".".to_owned() } else { text.to_owned() }
}

pub(crate) fn problem(code: &'static str, source: &str, message: String, hint: &str) -> ReportedProblem {
    ReportedProblem {
        source: source.to_owned(),
        text: None,
        problem: Problem {
            code,
            severity: Severity::Error,
            span: Span { start: 0, end: 0 },
            message,
            hint: Some(hint.to_owned()),
        },
    }
}

/// The operating system's words without the path that `fs-err` puts before them: the problem names it already.
pub(crate) fn errno(error: &std::io::Error) -> String {
    let text = error.to_string();
    let own = text.rsplit("`: ").next().unwrap_or(&text);
    own.split(" (os error").next().unwrap_or(own).to_lowercase()
}
