//! Where a path that an object names lies: within what is scanned, or not.
//!
//! A path counts from the root of a repository. Where the object's file lies in one (there is a `.git` above it), that
//! is where the path is looked up first; then, and where no repository is known, in the nearest folder above the file
//! that holds it. Nothing outside of the folders that are scanned is followed, links included.

use crate::discover::display;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Something within the scanned folders.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) canonical: PathBuf,
    /// As outputs name it.
    pub(crate) shown: String,
    /// The root of the repository, or the folder that the path counted from; canonical.
    pub(crate) root: PathBuf,
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(crate) enum Lost {
    /// There is no such path.
    Missing,
    /// It lies outside of what is scanned.
    Outside,
}

#[derive(Clone, Debug, Default)]
struct Repository {
    root: Option<PathBuf>,
    remotes: Vec<String>,
}

/// The folders that are scanned.
pub(crate) struct Tree {
    /// Canonical, and as the user named it.
    folders: Vec<(PathBuf, PathBuf)>,
    repositories: Mutex<BTreeMap<PathBuf, Repository>>,
}

impl Tree {
    pub(crate) fn of(arguments: &[PathBuf]) -> Tree {
        let folders = arguments.iter().filter(|path| path.is_dir());
        let folders = folders.filter_map(|path| Some((fs_err::canonicalize(path).ok()?, path.clone()))).collect();
        Tree { folders, repositories: Mutex::default() }
    }

    /// A canonical path as the walk would have named it; none outside of what is scanned.
    pub(crate) fn shown(&self, canonical: &Path) -> Option<String> {
        let (root, given) = self.folders.iter().find(|(root, _)| canonical.starts_with(root))?;
        Some(display(&given.join(canonical.strip_prefix(root).ok()?)))
    }

    fn repository(&self, file: &Path) -> Repository {
        let folder = fs_err::canonicalize(file).ok().and_then(|file| file.parent().map(Path::to_owned));
        let Some(folder) = folder.or_else(|| self.folders.first().map(|(root, _)| root.clone())) else {
            return Repository::default();
        };
        let Ok(mut known) = self.repositories.lock() else { return Repository::default() };
        if let Some(known) = known.get(&folder) {
            return known.clone();
        }
        let root = folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
        let config = root.as_ref().and_then(|root| fs_err::read_to_string(root.join(".git/config")).ok());
        let repository = Repository { root, remotes: remotes(&config.unwrap_or_default()) };
        known.insert(folder, repository.clone());
        repository
    }

    /// Does a URL name another repository than the one that a file lies in, as far as can be known?
    pub(crate) fn is_other(&self, file: &Path, url: &str) -> bool {
        let remotes = self.repository(file).remotes;
        let (wanted, last) = (normal(url), last_part(url));
        !remotes.is_empty() && remotes.iter().all(|remote| normal(remote) != wanted && last_part(remote) != last)
    }

    /// What an object in `file` means by a path.
    pub(crate) fn find(&self, file: &Path, path: &str) -> Result<Spot, Lost> {
        let path = path.trim_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
        let root = self.repository(file).root;
        let folder = fs_err::canonicalize(file).ok().and_then(|file| file.parent().map(Path::to_owned));
        let top = folder.as_ref().and_then(|folder| self.folders.iter().find(|(root, _)| folder.starts_with(root)));
        let mut candidates: Vec<PathBuf> = root.iter().cloned().collect();
        if path.is_empty() || path == "." {
            candidates.extend(top.map(|(root, _)| root.clone()));
        } else {
            let end = root.as_ref().or(top.map(|(root, _)| root));
            for ancestor in folder.iter().flat_map(|folder| folder.ancestors()) {
                candidates.push(ancestor.to_owned());
                if end.is_none_or(|end| end == ancestor) {
                    break;
                }
            }
        }
        let mut outside = false;
        for candidate in candidates {
            let joined = if path == "." { candidate.clone() } else { candidate.join(path) };
            let Ok(canonical) = fs_err::canonicalize(&joined) else { continue };
            match self.shown(&canonical) {
                Some(shown) => return Ok(Spot { canonical, shown, root: candidate }),
                None => outside = true,
            }
        }
        Err(if outside { Lost::Outside } else { Lost::Missing })
    }

    /// A path below or beside a spot, or from its root where it begins with `/`.
    pub(crate) fn beside(&self, spot: &Spot, path: &str) -> Result<Spot, Lost> {
        let joined = match path.strip_prefix('/') {
            Some(rest) => spot.root.join(rest),
            None => spot.canonical.join(path),
        };
        let canonical = fs_err::canonicalize(&joined).map_err(|_| Lost::Missing)?;
        match self.shown(&canonical) {
            Some(shown) => Ok(Spot { canonical, shown, root: spot.root.clone() }),
            None => Err(Lost::Outside),
        }
    }

    /// Where a path of a generator counts from.
    pub(crate) fn root(&self, file: &Path) -> Option<PathBuf> {
        self.repository(file).root.or_else(|| self.folders.first().map(|(root, _)| root.clone()))
    }
}

/// `url` of the remotes in a `.git/config`.
fn remotes(config: &str) -> Vec<String> {
    let mut inside = false;
    let mut all = Vec::new();
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.starts_with("[remote ");
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside)
            && key.trim() == "url"
        {
            all.push(value.trim().to_owned());
        }
    }
    all
}

/// Host and path of a URL of git.
fn normal(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    rest.strip_suffix(".git").unwrap_or(rest).replacen(':', "/", 1).to_ascii_lowercase()
}

/// The name of the repository: a fork or a mirror keeps it.
fn last_part(url: &str) -> String {
    normal(url).rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_one_repository_are_one() {
        let all = ["https://github.com/o/r", "git@github.com:o/r.git", "ssh://git@github.com/O/R.git/"];
        assert!(all.iter().all(|url| normal(url) == "github.com/o/r"), "{:?}", all.map(normal));
        assert_eq!(last_part("https://mirror.example/x/r.git"), "r");
    }

    #[test]
    fn remotes_are_those_of_remote_sections() {
        let config = "[core]\n\turl = no\n[remote \"origin\"]\n\turl = git@h:o/r.git\n\tfetch = x\n[branch \"m\"]\n";
        assert_eq!(remotes(config), ["git@h:o/r.git"]);
    }
}
