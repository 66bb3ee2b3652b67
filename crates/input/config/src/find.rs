//! Finds and layers the files.

use crate::read::{self, Layer};
use crate::{Config, Setting};
use ironclad_check::{Catalogue, matching};
use ironclad_tree::{Problem, Severity, Source, Span};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Names that are looked for, in this order.
const NAMES: &[&str] = &["ironclad.yaml", ".ironclad.yaml"];
/// Waivers beside a configuration.
const WAIVERS: &str = ".ironclad/waivers.yaml";
/// Largest configuration file.
const LIMIT: u64 = 1 << 20;
/// Longest chain of `extends`.
const DEEPEST: usize = 16;

/// What can be wrong: a problem and the text it is in.
pub(crate) type Problems = Vec<(Arc<Source>, Problem)>;

/// The configuration for an input: the file above it (or `explicit`), what that extends, and the organisation's layer.
pub fn load(
    start: &Path,
    explicit: Option<&Path>,
    policy: Option<&Path>,
    no_config: bool,
    catalogue: &Catalogue,
) -> (Config, Problems) {
    let mut config = Config::default();
    let mut problems = Problems::new();
    if !no_config {
        let file = explicit.map(Path::to_owned).or_else(|| discover(start));
        if let Some(file) = file {
            let root = repository(&file);
            let mut chain = Vec::new();
            let reach = Reach { root: root.as_deref(), organisation: false, discovered: explicit.is_none() };
            let layer = read_layers(&file, &reach, catalogue, &mut chain, &mut problems);
            config.overlay(layer);
            let beside = file.parent().map(|folder| folder.join(WAIVERS)).filter(|path| path.is_file());
            if let Some(path) = beside {
                read_waivers(&path, &mut config, &mut problems);
            }
        }
    }
    if let Some(file) = policy {
        let reach = Reach { root: None, organisation: true, discovered: false };
        let layer = read_layers(file, &reach, catalogue, &mut Vec::new(), &mut problems);
        free_locked(&mut config, &layer, catalogue);
        config.overlay(layer);
    }
    (config, problems)
}

/// What the organisation locks, the tree can neither switch off nor play down.
fn free_locked(tree: &mut Config, organisation: &Config, catalogue: &Catalogue) {
    let ids = |name: &str| -> Vec<&'static str> {
        matching(catalogue, name).map(|checks| checks.iter().map(|c| c.meta.id).collect()).unwrap_or_default()
    };
    let locks = organisation.checks.iter().filter(|(_, s)| s.locked.as_ref().is_some_and(|l| l.value));
    let locked: Vec<&str> = locks.flat_map(|(name, _)| ids(name)).collect();
    let touches = |name: &str| ids(name).iter().any(|id| locked.contains(id));
    for (name, settings) in &mut tree.checks {
        if touches(name) {
            settings.enabled = settings.enabled.take().filter(|on| on.value);
            settings.severity = None;
            settings.paths = None;
        }
    }
    if let Some(ignore) = &mut tree.ignore {
        ignore.value.retain(|name| !touches(name));
    }
}

struct Reach<'a> {
    root: Option<&'a Path>,
    organisation: bool,
    discovered: bool,
}

/// The nearest file above an input, no higher than its repository.
fn discover(start: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(start).ok()?;
    let mut folder = if full.is_dir() { full } else { full.parent()?.to_owned() };
    loop {
        if let Some(found) = NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
            return Some(found);
        }
        if folder.join(".git").exists() || !folder.pop() {
            return None;
        }
    }
}

/// The folder that a file of the tree may reach: its repository, or its own folder where there is none.
fn repository(file: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(file).ok()?;
    let own = full.parent()?.to_owned();
    let mut folder = own.clone();
    loop {
        if folder.join(".git").exists() {
            return Some(folder);
        }
        if !folder.pop() {
            return Some(own);
        }
    }
}

/// A file's name as messages show it: relative to the current folder where it lies below.
fn shown(path: &Path) -> String {
    let base = std::env::current_dir().unwrap_or_default();
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let short = full.strip_prefix(&base).unwrap_or(&full);
    short.display().to_string()
}

fn read_text(path: &Path, problems: &mut Problems) -> Option<Arc<Source>> {
    let fail = |message: String, problems: &mut Problems| {
        let problem = read::problem("config/io", Severity::Error, Span { start: 0, end: 0 }, message, None);
        problems.push((Source::new(shown(path), ""), problem));
    };
    match fs_err::metadata(path) {
        Ok(metadata) if metadata.len() > LIMIT => {
            fail(format!("a configuration of more than {} KiB", LIMIT >> 10), problems);
            return None;
        }
        _ => {}
    }
    match fs_err::read(path) {
        Ok(bytes) => {
            let (source, odd) = Source::decode(shown(path), bytes);
            problems.extend(odd.into_iter().map(|problem| (Arc::clone(&source), problem)));
            Some(source)
        }
        Err(error) => {
            fail(format!("cannot be read: {}", error.kind()), problems);
            None
        }
    }
}

/// A file on top of what it extends.
fn read_layers(
    path: &Path,
    reach: &Reach<'_>,
    catalogue: &Catalogue,
    chain: &mut Vec<PathBuf>,
    problems: &mut Problems,
) -> Config {
    let mut config = Config::default();
    let Some(source) = read_text(path, problems) else { return config };
    let (mut layer, found) = parse(&source, catalogue, reach.organisation);
    problems.extend(found.into_iter().map(|problem| (Arc::clone(&source), problem)));
    chain.push(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let folder = path.parent().unwrap_or(Path::new("."));
    for (base, span) in std::mem::take(&mut layer.extends) {
        let target = clean(&std::path::absolute(folder.join(&base)).unwrap_or_else(|_| folder.join(&base)));
        let refusal = if chain.contains(&target) {
            Some(format!("`{base}` extends this file in turn"))
        } else if chain.len() >= DEEPEST {
            Some(format!("more than {DEEPEST} files extend each other"))
        } else if reach.discovered && reach.root.is_some_and(|root| !target.starts_with(root)) {
            Some(format!("`{base}` lies outside the repository"))
        } else {
            None
        };
        if let Some(message) = refusal {
            let problem = read::problem("config/extends", Severity::Error, span, message, None);
            problems.push((Arc::clone(&source), problem));
            continue;
        }
        config.overlay(read_layers(&target, reach, catalogue, chain, problems));
    }
    for (file, _) in std::mem::take(&mut layer.waiver_files) {
        read_waivers(&folder.join(file), &mut layer.config, problems);
    }
    layer.config.files.push(source.name().to_string());
    config.overlay(layer.config);
    chain.pop();
    config
}

fn parse(source: &Arc<Source>, catalogue: &Catalogue, organisation: bool) -> (Layer, Vec<Problem>) {
    read::parse_layer(source, catalogue, organisation)
}

/// `a/../b` without asking the disk: a link must not lead out of the repository by its name.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    // Where it exists, what counts is where it really is.
    fs_err::canonicalize(&out).unwrap_or(out)
}

fn read_waivers(path: &Path, config: &mut Config, problems: &mut Problems) {
    let Some(source) = read_text(path, problems) else { return };
    let (waivers, found) = read::parse_waivers(&source);
    config.waivers.extend(waivers);
    problems.extend(found.into_iter().map(|problem| (Arc::clone(&source), problem)));
    config.files.push(source.name().to_string());
}

impl<T> Setting<T> {
    pub(crate) fn at(value: T, source: &Source, span: Span) -> Setting<T> {
        let line = source.position(span.start).line;
        Setting { value, origin: crate::Origin { source: source.name().to_string(), line } }
    }
}
