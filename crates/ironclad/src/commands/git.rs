//! The files of a git revision, in a folder of their own, by git's plumbing.
//!
//! Nothing of the repository is changed, nothing in it is run: `rev-parse`, `ls-tree` and `cat-file` start no hook, no
//! filter and no file system monitor. Nothing is fetched: what a partial clone lacks is an error. Paths of a tree are not
//! trusted: what would leave the folder is not written.

use crate::failure::user_error;
use std::ffi::OsStr;
use std::io::{BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// A revision of a repository.
pub(crate) struct Revision {
    /// The folder that the repository's work tree begins in.
    pub(crate) root: PathBuf,
    commit: String,
    name: String,
}

/// A file of a tree.
struct Blob {
    link: bool,
    id: String,
    size: u64,
    path: PathBuf,
}

impl Revision {
    /// Finds a revision in the repository that holds `folder`.
    pub(crate) fn find(folder: &Path, name: &str) -> anyhow::Result<Revision> {
        let root = git(folder, &["rev-parse", "--show-toplevel"]).map_err(|why| match why {
            Failed::Missing => no_git(),
            Failed::Said(text) => {
                let help = "`--diff-base` compares with a revision: name files of a git work tree".to_owned();
                user_error(format!("`{}` is in no git work tree: {text}", folder.display()), help)
            }
        })?;
        let root = fs_err::canonicalize(PathBuf::from(String::from_utf8_lossy(&root).trim_end_matches('\n')))?;
        let wanted = format!("{name}^{{commit}}");
        let commit =
            git(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).map_err(
                |why| match why {
                    Failed::Missing => no_git(),
                    Failed::Said(_) => {
                        let help = "a branch, tag or commit; in a shallow clone fetch it first".to_owned();
                        user_error(format!("`{name}` is no revision of {}", root.display()), help)
                    }
                },
            )?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        Ok(Revision { root, commit, name: name.to_owned() })
    }

    /// Writes the files that `wanted` asks for, by path and size, below `folder`.
    pub(crate) fn extract(&self, folder: &Path, wanted: impl Fn(&Path, u64) -> bool) -> anyhow::Result<()> {
        let listing =
            git(&self.root, &["ls-tree", "-r", "-l", "-z", "--full-tree", &self.commit]).map_err(|w| self.broken(w))?;
        let mut blobs: Vec<Blob> =
            listing.split(|byte| *byte == 0).filter_map(blob).filter(|b| wanted(&b.path, b.size)).collect();
        // Links last: nothing is ever written through one.
        blobs.sort_by_key(|blob| blob.link);
        let mut child = command(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(mut ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.broken(Failed::Said("git has no streams".to_owned())));
        };
        let mut answer = BufReader::new(answer);
        for blob in &blobs {
            writeln!(ask, "{}", blob.id)?;
            ask.flush()?;
            let content = read_blob(&mut answer, blob.size)
                .map_err(|error| self.broken(Failed::Said(format!("{}: {error}", blob.path.display()))))?;
            write(folder, blob, &content)?;
        }
        drop(ask);
        child.wait()?;
        Ok(())
    }

    /// Does the repository leave objects where it was cloned from?
    fn is_partial(&self) -> bool {
        git(&self.root, &["config", "--get-regexp", r"^remote\..*\.(promisor|partialclonefilter)$"]).is_ok()
    }

    fn broken(&self, why: Failed) -> anyhow::Error {
        match why {
            Failed::Missing => no_git(),
            Failed::Said(text) => {
                let help = if self.is_partial() {
                    format!(
                        "the clone is partial and ironclad uses no network: `git archive {} > {}` fetches what is missing",
                        self.commit,
                        if cfg!(windows) { "NUL" } else { "/dev/null" }
                    )
                } else {
                    "`git fsck` says what is wrong with the repository".to_owned()
                };
                user_error(format!("`{}` cannot be read: {text}", self.name), help)
            }
        }
    }
}

fn no_git() -> anyhow::Error {
    user_error(
        "git is not installed",
        "`--diff-base` reads a revision with git; `--baseline FILE` needs none".to_owned(),
    )
}

enum Failed {
    Missing,
    Said(String),
}

/// git, as it is called here: it changes nothing, asks nobody and fetches nothing.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    // The second is for a git that does not know the first (before 2.44): no protocol is called so.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
    // Hooks are told which repository they are for by variables; the one that holds the folder is meant.
    if std::env::var_os("GIT_WORK_TREE").is_none() {
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
            command.env_remove(name);
        }
    }
    command
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failed> {
    let output = command(folder).args(arguments).stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failed::Missing,
        _ => Failed::Said(error.to_string()),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let fatal = text.lines().find_map(|line| line.strip_prefix("fatal: "));
    let line = fatal.or(text.lines().next()).unwrap_or("git failed").to_owned();
    Err(Failed::Said(line))
}

/// `mode type id size\tpath`; none for submodules and for paths that would leave the folder.
fn blob(record: &[u8]) -> Option<Blob> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let head = std::str::from_utf8(record.get(..tab)?).ok()?;
    let mut fields = head.split_ascii_whitespace();
    let (mode, kind, id, size) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let path = path_of(record.get(tab + 1..)?)?;
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (kind == "blob" && inside).then_some(())?;
    Some(Blob { link: mode == "120000", id: id.to_owned(), size: size.parse().ok()?, path })
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    Some(PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(|text| PathBuf::from(OsStr::new(text)))
}

/// `id type size\n`, the content, and a line feed.
fn read_blob(answer: &mut impl std::io::BufRead, size: u64) -> std::io::Result<Vec<u8>> {
    let mut head = String::new();
    answer.read_line(&mut head)?;
    let found: Option<u64> = head.split_ascii_whitespace().nth(2).and_then(|text| text.parse().ok());
    if found != Some(size) {
        return Err(std::io::Error::other(format!("git says `{}`", head.trim_end())));
    }
    let mut content = Vec::with_capacity(size as usize);
    answer.take(size).read_to_end(&mut content)?;
    let mut end = [0];
    answer.read_exact(&mut end)?;
    Ok(content)
}

fn write(folder: &Path, blob: &Blob, content: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(&blob.path);
    if let Some(parent) = path.parent() {
        fs_err::create_dir_all(parent)?;
    }
    if !blob.link {
        fs_err::write(&path, content)?;
        return Ok(());
    }
    #[cfg(unix)]
    if let Some(target) = path_of(content).filter(|target| stays_inside(&blob.path, target)) {
        fs_err::os::unix::fs::symlink(target, &path)?;
    }
    Ok(())
}

/// Does a link at this path of the tree lead to another path of the tree?
#[cfg(unix)]
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count() as i64 - 1;
    target.components().all(|part| {
        depth += match part {
            Component::Normal(_) => 1,
            Component::ParentDir => -1,
            Component::CurDir => 0,
            _ => i64::MIN / 2,
        };
        depth >= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_trees() {
        let record = b"100644 blob 8f3c1e   12\tdeploy/a b.yaml";
        let found = blob(record).unwrap();
        assert_eq!((found.path.to_str(), found.size, found.link), (Some("deploy/a b.yaml"), 12, false));
        assert!(blob(b"160000 commit 8f3c1e -\tmodule").is_none());
        assert!(blob(b"100644 blob 8f3c1e 12\t../outside").is_none());
        assert!(blob(b"").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_in_the_tree() {
        let stays = |link: &str, target: &str| stays_inside(Path::new(link), Path::new(target));
        assert!(stays("a/b", "../c") && stays("a", "b/../c"));
        assert!(!stays("a", "../c") && !stays("a/b", "/etc/passwd") && !stays("a/b", "../../c"));
    }
}
