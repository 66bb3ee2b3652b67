//! Finds and layers the files.

use crate::{Config, SchemaLocation, Setting, peers, read};
use ironclad_check::Catalogue;
use ironclad_tree::{Problem, Severity, Source, Span};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Names that are looked for, in this order.
const NAMES: &[&str] = &["ironclad.yaml", ".ironclad.yaml"];
/// Waivers beside a configuration.
const WAIVERS: &str = ".ironclad/waivers.yaml";
/// What Trivy ignores, where it would look for it, and its newer notation.
const TRIVY: [&str; 2] = [".trivyignore", ".trivyignore.yaml"];
/// Largest configuration file.
const LIMIT: u64 = 1 << 20;
/// Longest chain of `extends`.
const DEEPEST: usize = 16;
/// Most files that make up a configuration.
const MOST_FILES: usize = 256;

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
    let mut reader = Reader { catalogue, root: None, organisation: false, seen: HashSet::new(), problems: Vec::new() };
    let mut config = Config::default();
    if !no_config && let Some(file) = explicit.map(Path::to_owned).or_else(|| discover(start)) {
        reader.root = if explicit.is_none() { repository(&file) } else { None };
        config = reader.layers(&file, None, &mut Vec::new());
        let beside = file.parent().map(|folder| folder.join(WAIVERS)).filter(|path| path.is_file());
        if let Some(path) = beside {
            reader.waivers(&path, None, &mut config);
        }
    }
    if !no_config {
        for name in TRIVY {
            if let Some(file) = above(start, &[name]) {
                reader.root = repository(&file);
                reader.waivers(&file, None, &mut config);
            }
        }
    }
    if let Some(file) = policy {
        reader.root = None;
        reader.organisation = true;
        let layer = reader.layers(file, None, &mut Vec::new());
        config.put_organisation(layer, catalogue);
    }
    (config, reader.problems)
}

/// The nearest configuration above an input, no higher than its repository.
fn discover(start: &Path) -> Option<PathBuf> {
    above(start, NAMES)
}

fn above(start: &Path, names: &[&str]) -> Option<PathBuf> {
    let full = std::path::absolute(start).ok()?;
    let mut folder = if full.is_dir() { full } else { full.parent()?.to_owned() };
    loop {
        if let Some(found) = names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
            return Some(found);
        }
        if folder.join(".git").exists() || !folder.pop() {
            return None;
        }
    }
}

/// The folder that a file of the tree may reach: its repository, or its own folder where there is none.
fn repository(file: &Path) -> Option<PathBuf> {
    // The folder is asked for its real place; the file itself may be a link that leads out.
    let own = fs_err::canonicalize(std::path::absolute(file).ok()?.parent()?).ok()?;
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

/// Reads files, each once, within what they may reach.
struct Reader<'a> {
    catalogue: &'a Catalogue,
    /// Where a tree's files must lie; none where whoever runs the program named the file.
    root: Option<PathBuf>,
    organisation: bool,
    seen: HashSet<PathBuf>,
    problems: Problems,
}

/// Where a file is named: the text and the place, for what is wrong with it.
type Named<'n> = Option<(&'n Arc<Source>, Span)>;

impl Reader<'_> {
    fn fail(&mut self, path: &Path, named: Named<'_>, message: String) {
        let (source, span) = match named {
            Some((source, span)) => (Arc::clone(source), span),
            None => (Source::new(shown(path), ""), Span { start: 0, end: 0 }),
        };
        let code = if named.is_some() { "config/extends" } else { "config/io" };
        self.problems.push((source, read::problem(code, Severity::Error, span, message, None)));
    }

    /// The text of a file that was not read yet and that may be read.
    fn text(&mut self, path: &Path, named: Named<'_>) -> Option<Arc<Source>> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let lies_outside = |real: &Path, root: &Path| !real.starts_with(root);
        // What counts is where it really is: neither `..` nor a link leads out of the repository.
        let Ok(real) = fs_err::canonicalize(path) else {
            let outside = self.root.as_deref().is_some_and(|root| lies_outside(&lexical(path), root));
            let why = if outside { "lies outside the repository" } else { "cannot be read: there is no such file" };
            self.fail(path, named, format!("`{name}` {why}"));
            return None;
        };
        if self.root.as_deref().is_some_and(|root| lies_outside(&real, root)) {
            self.fail(path, named, format!("`{name}` lies outside the repository"));
            return None;
        }
        if !self.seen.insert(real.clone()) {
            return None;
        }
        if self.seen.len() > MOST_FILES {
            if self.seen.len() == MOST_FILES + 1 {
                self.fail(path, named, format!("a configuration of more than {MOST_FILES} files"));
            }
            return None;
        }
        let message = match fs_err::metadata(&real) {
            Ok(metadata) if !metadata.is_file() => format!("`{name}` is not a file"),
            Ok(metadata) if metadata.len() > LIMIT => format!("a configuration of more than {} KiB", LIMIT >> 10),
            Ok(_) => match fs_err::read(&real) {
                Ok(bytes) => {
                    let (source, odd) = Source::decode(shown(path), bytes);
                    self.problems.extend(odd.into_iter().map(|problem| (Arc::clone(&source), problem)));
                    return Some(source);
                }
                Err(error) => format!("cannot be read: {}", error.kind()),
            },
            Err(error) => format!("cannot be read: {}", error.kind()),
        };
        self.fail(path, named, message);
        None
    }

    /// A file on top of what it extends.
    fn layers(&mut self, path: &Path, named: Named<'_>, chain: &mut Vec<PathBuf>) -> Config {
        let mut config = Config::default();
        let Some(source) = self.text(path, named) else { return config };
        let (mut layer, found) = read::parse_layer(&source, self.catalogue, self.organisation);
        self.problems.extend(found.into_iter().map(|problem| (Arc::clone(&source), problem)));
        chain.push(fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned()));
        let folder = path.parent().unwrap_or(Path::new("."));
        for (base, span) in std::mem::take(&mut layer.extends) {
            let target = folder.join(&base);
            let real = fs_err::canonicalize(&target).ok();
            if real.is_some_and(|real| chain.contains(&real)) {
                self.fail(&target, Some((&source, span)), format!("`{base}` extends this file in turn"));
            } else if chain.len() >= DEEPEST {
                self.fail(&target, Some((&source, span)), format!("more than {DEEPEST} files extend each other"));
            } else {
                // What was read already lies below: once is enough, and twice would undo what lies between.
                config.overlay(self.layers(&target, Some((&source, span)), chain));
            }
        }
        for (file, span) in std::mem::take(&mut layer.waiver_files) {
            self.waivers(&folder.join(file), Some((&source, span)), &mut layer.config);
        }
        for (text, span) in std::mem::take(&mut layer.schema_locations) {
            let (folder, root) = (folder.to_owned(), self.root.clone());
            let location = SchemaLocation { text, folder, root, source: Arc::clone(&source), span };
            layer.config.schema_locations.push(location);
        }
        layer.config.files.push(source.name().to_string());
        config.overlay(layer.config);
        chain.pop();
        config
    }

    fn waivers(&mut self, path: &Path, named: Named<'_>, config: &mut Config) {
        let Some(source) = self.text(path, named) else { return };
        let (waivers, found) = match peers::recognise(&source) {
            Some(kind) => peers::read(&source, kind),
            None => read::parse_waivers(&source),
        };
        config.waivers.extend(waivers);
        self.problems.extend(found.into_iter().map(|problem| (Arc::clone(&source), problem)));
        config.files.push(source.name().to_string());
    }
}

/// `a/../b` without asking the disk, for what does not exist.
fn lexical(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for component in full.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

impl<T> Setting<T> {
    pub(crate) fn at(value: T, source: &Source, span: Span) -> Setting<T> {
        let line = source.position(span.start).line;
        Setting { value, origin: crate::Origin { source: source.name().to_string(), line } }
    }
}
