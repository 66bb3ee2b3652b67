//! Files of a kustomization: nothing outside of its folder but other kustomizations, nothing from a network.
//!
//! kustomize's load restrictor is a security rule (`RestrictionRootOnly`): a file must lie in or below the folder whose
//! kustomization names it, links followed. Folders may lie anywhere that is not above.

use crate::build::Options;
use ironclad_tree::{Comment, Source, parse};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Names of a kustomization's own file.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A file of kustomize begins with this; Flux has objects of the same kind in files of the same name.
const FOREIGN: &str = "kustomize.toolkit.fluxcd.io";

/// The kustomization of a folder, where it has one.
pub fn kustomization_file(folder: &Path) -> Option<PathBuf> {
    let found = NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())?;
    let mut start = Vec::new();
    fs_err::File::open(&found).ok()?.take(4096).read_to_end(&mut start).ok()?;
    let is_foreign = start.windows(FOREIGN.len()).any(|part| part == FOREIGN.as_bytes());
    (!is_foreign).then_some(found)
}

/// Is the kustomization of a folder a component, and which of the folder's files does it name? Components are judged
/// through the overlays that use them.
pub fn component_files(folder: &Path) -> Option<Vec<PathBuf>> {
    let file = kustomization_file(folder)?;
    let bytes = fs_err::read(&file).ok()?;
    let (source, _) = Source::decode("", bytes);
    let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
    let root = parsed.documents.first()?.root();
    if root.get_str("kind").and_then(|kind| kind.value().as_str()) != Some("Component") {
        return None;
    }
    let mut files = vec![file];
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        pending.extend(node.entries().map(|entry| entry.value()));
        pending.extend(node.items());
        let name = node.as_str().filter(|text| text.len() < 4096 && !text.contains('\n'));
        files.extend(name.map(|name| folder.join(name)).filter(|path| path.is_file()));
    }
    Some(files)
}

/// What was read, once for each file.
pub(crate) struct Store<'l> {
    options: &'l Options<'l>,
    sources: FxHashMap<PathBuf, Arc<Source>>,
    bytes: u64,
    /// Files that were read as YAML.
    texts: BTreeSet<PathBuf>,
    /// Files that were read, canonical.
    pub(crate) files: BTreeSet<PathBuf>,
    /// Folders of kustomizations that were entered, canonical.
    pub(crate) folders: BTreeSet<PathBuf>,
}

impl<'l> Store<'l> {
    pub(crate) fn new(options: &'l Options<'l>) -> Store<'l> {
        Store {
            options,
            sources: FxHashMap::default(),
            bytes: 0,
            texts: BTreeSet::new(),
            files: BTreeSet::new(),
            folders: BTreeSet::new(),
        }
    }

    /// Comments of what was read as YAML, by text, in the order of names.
    pub(crate) fn comments(&self) -> Vec<(Arc<Source>, Vec<Comment>)> {
        let mut all: Vec<(Arc<Source>, Vec<Comment>)> = Vec::new();
        for source in self.sources.iter().filter(|(path, _)| self.texts.contains(*path)).map(|(_, source)| source) {
            // Every waiver says so; reading again what nobody commented would be in vain.
            if !source.text().contains('#') {
                continue;
            }
            let parsed = parse(source, &ironclad_tree::Limits::default());
            let inner = parsed.documents.iter().flat_map(|document| document.comments());
            let comments: Vec<Comment> = inner.chain(&parsed.comments).copied().collect();
            if !comments.is_empty() {
                all.push((Arc::clone(source), comments));
            }
        }
        all.sort_by(|a, b| a.0.name().cmp(b.0.name()));
        all
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        let limit = self.options.file_bytes;
        let mut bytes = Vec::new();
        let file = fs_err::File::open(path).map_err(|error| errno(&error))?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| errno(&error))?;
        self.bytes += bytes.len() as u64;
        if bytes.len() as u64 > limit || self.bytes > self.options.total_bytes {
            let (what, most) =
                if bytes.len() as u64 > limit { ("file is", limit) } else { ("files are", self.options.total_bytes) };
            return Err(format!("{what} larger than {} MiB, the limit", most >> 20));
        }
        self.files.insert(path.to_owned());
        Ok(bytes)
    }
}

/// The operating system's words without path and number.
fn errno(error: &std::io::Error) -> String {
    let text = error.to_string();
    let own = text.rsplit("`: ").next().unwrap_or(&text);
    own.split(" (os error").next().unwrap_or(own).to_lowercase()
}

/// A kustomization's folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// As outputs name it.
    pub(crate) shown: String,
    /// Folders on the way here.
    visited: Vec<PathBuf>,
}

impl Folder {
    /// The folder that the user named.
    pub(crate) fn open(path: &Path, shown: &str, store: &mut Store<'_>) -> Result<Folder, String> {
        let root = fs_err::canonicalize(path).map_err(|error| errno(&error))?;
        store.folders.insert(root.clone());
        Ok(Folder { root, shown: shown.to_owned(), visited: Vec::new() })
    }

    /// Another kustomization's folder.
    pub(crate) fn enter(&self, path: &str, store: &mut Store<'_>) -> Result<Folder, String> {
        if path.is_empty() {
            return Err("an empty path".to_owned());
        }
        if Path::new(path).is_absolute() {
            return Err(format!("`{path}` is absolute: a base is named by a relative path"));
        }
        let root = match fs_err::canonicalize(self.root.join(path)) {
            Ok(root) => root,
            Err(error) => return Err(missing(path, &errno(&error))),
        };
        if !root.is_dir() {
            return Err(format!("`{path}` is no folder"));
        }
        if let Some(inner) = self.visited.iter().chain([&self.root]).find(|visited| visited.starts_with(&root)) {
            let inner = inner.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return Err(format!("`{path}` is a cycle: it is, or holds, \"{inner}\", which leads here"));
        }
        if self.visited.len() >= self.limits_depth(store) {
            return Err(format!("more than {} kustomizations stand on each other", self.limits_depth(store)));
        }
        store.folders.insert(root.clone());
        let mut visited = self.visited.clone();
        visited.push(self.root.clone());
        Ok(Folder { root, shown: join(&self.shown, path), visited })
    }

    fn limits_depth(&self, store: &Store<'_>) -> usize {
        store.options.depth
    }

    /// Name of a file in outputs.
    pub(crate) fn name(&self, path: &str) -> String {
        join(&self.shown, path)
    }

    /// The folder's own name.
    pub(crate) fn last_part(&self) -> String {
        self.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Is there such a file, or folder?
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(crate) fn is_file(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// A folder below or beside this one, canonical, where there is one.
    pub(crate) fn beside(&self, path: &str) -> Option<PathBuf> {
        let relative = !Path::new(path).is_absolute();
        fs_err::canonicalize(self.root.join(path)).ok().filter(|path| relative && path.is_dir())
    }

    fn resolve(&self, path: &str, store: &Store<'_>) -> Result<PathBuf, String> {
        if is_url(path) {
            return Err(missing(path, ""));
        }
        let full = fs_err::canonicalize(self.root.join(path)).map_err(|error| missing(path, &errno(&error)))?;
        if !full.is_file() {
            return Err(format!("`{path}` is no file"));
        }
        let around = store.options.within.as_ref().unwrap_or(&self.root);
        if !full.starts_with(&self.root) && !full.starts_with(around) {
            return Err(format!("`{path}` lies outside of the kustomization's folder"));
        }
        Ok(full)
    }

    /// A text of this folder.
    pub(crate) fn load(&self, path: &str, store: &mut Store<'_>) -> Result<Arc<Source>, String> {
        let full = self.resolve(path, store)?;
        store.texts.insert(full.clone());
        if let Some(known) = store.sources.get(&full) {
            return Ok(Arc::clone(known));
        }
        let name = self.name(path);
        let source = match store.options.texts.get(&name) {
            Some(text) => {
                store.files.insert(full.clone());
                Source::new(name.as_str(), &*text)
            }
            None => {
                let bytes = store.read(&full).map_err(|message| format!("`{path}`: {message}"))?;
                Source::decode(name.as_str(), bytes).0
            }
        };
        store.sources.insert(full, Arc::clone(&source));
        Ok(source)
    }

    /// The bytes of a file of this folder, beside the text that a person looks at.
    pub(crate) fn load_bytes(&self, path: &str, store: &mut Store<'_>) -> Result<(Vec<u8>, Arc<Source>), String> {
        let full = self.resolve(path, store)?;
        let bytes = match store.options.texts.get(&self.name(path)) {
            Some(text) => {
                store.files.insert(full.clone());
                text.as_bytes().to_vec()
            }
            None => store.read(&full).map_err(|message| format!("`{path}`: {message}"))?,
        };
        let source = match store.sources.get(&full) {
            Some(known) => Arc::clone(known),
            None => {
                let (source, _) = Source::decode(self.name(path).as_str(), bytes.clone());
                store.sources.insert(full, Arc::clone(&source));
                source
            }
        };
        Ok((bytes, source))
    }
}

/// Does kustomize fetch this?
pub(crate) fn is_remote(path: &str) -> bool {
    let host = path.split(['/', ':']).next().unwrap_or_default();
    is_url(path)
        || path.starts_with("git@")
        || ["ssh://", "git://", "file://", "git::"].iter().any(|scheme| path.starts_with(scheme))
        || path.contains("?ref=")
        || path.contains("//")
        || path.contains(".git/")
        || path.ends_with(".git")
        || matches!(host, "github.com" | "gitlab.com" | "bitbucket.org")
}

fn is_url(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

fn missing(path: &str, why: &str) -> String {
    if is_remote(path) {
        return format!("`{path}` is remote, and nothing is fetched");
    }
    format!("`{path}`: {why}")
}

/// A path below, or beside, a folder's name, without `.` and what `..` takes away.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let is_root = folder.starts_with('/');
    let all = Path::new(folder).components().chain(Path::new(path).components());
    for part in all {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::ParentDir => parts.push("..".to_owned()),
            _ => {}
        }
    }
    let joined = parts.join("/");
    match (is_root, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_paths_that_a_person_opens() {
        assert_eq!(join("deploy/prod", "../base"), "deploy/base");
        assert_eq!(join(".", "../base"), "../base");
        assert_eq!(join("/a/b", "./c.yaml"), "/a/b/c.yaml");
        assert_eq!(join("a", ".."), ".");
    }

    #[test]
    fn what_kustomize_would_fetch() {
        for url in
            ["https://x.example/a.yaml", "github.com/o/r", "git@host:o/r.git", "ssh://host/r", "host/r//base?ref=v1"]
        {
            assert!(is_remote(url), "{url}");
        }
        assert!(!is_remote("../base") && !is_remote("deploy.yaml"));
    }
}
