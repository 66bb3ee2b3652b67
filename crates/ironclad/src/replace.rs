//! A file gets another content: all of it or nothing, and only where it still holds what was read.

use ironclad_tree::Source;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Why a file is not written.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
}

fn fault(code: &'static str, message: impl Into<String>, hint: &'static str) -> Fault {
    Fault { code, message: message.into(), hint }
}

fn io_fault(what: &str, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "make the file and its folder writable for the user that runs ironclad",
        io::ErrorKind::NotFound => "it was there a moment ago: run again",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
        _ => "check the file and its folder",
    };
    // fs-err repeats the path, which the report names already.
    let reason = match error.raw_os_error() {
        Some(code) => {
            let text = io::Error::from_raw_os_error(code).to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
        None => error.to_string(),
    };
    fault("fix/io", format!("{what}: {reason}"), hint)
}

/// Writes `after` to the file that `before` was read from, through a new file in the same folder that takes its place.
/// A symbolic link stays, and what it leads to is replaced; mode and owner stay too.
pub(crate) fn replace(path: &Path, before: &Source, after: &Source) -> Result<(), Fault> {
    let target = fs_err::canonicalize(path).map_err(|e| io_fault("cannot be found", &e))?;
    let metadata = fs_err::metadata(&target).map_err(|e| io_fault("cannot be looked at", &e))?;
    if !metadata.is_file() {
        return Err(fault("fix/io", "is not a regular file", "save the output of `ironclad fix` yourself"));
    }
    if metadata.permissions().readonly() {
        return Err(fault("fix/io", "is read-only", "make it writable first"));
    }
    let links = links_of(&metadata);
    if links > 1 {
        let message = format!("has {links} names (hard links), and writing it would separate them");
        return Err(fault("fix/io", message, "give this file a copy of its own"));
    }
    check_content(&target, before, metadata.len())?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let mut file = builder
        .prefix(".ironclad-fix-")
        .tempfile_in(folder)
        .map_err(|e| io_fault("its folder takes no new file", &e))?;
    let written = file
        .write_all(&after.encoding().encode(after.text()))
        .and_then(|()| file.as_file().set_permissions(metadata.permissions()))
        .and_then(|()| keep_owner(file.path(), &metadata))
        .and_then(|()| file.as_file().sync_all());
    written.map_err(|e| io_fault("cannot be written", &e))?;
    // As close to the exchange as can be: somebody may be editing.
    check_content(&target, before, metadata.len())?;
    file.persist(&target).map_err(|e| io_fault("cannot be replaced", &e.error))?;
    // The file is whole either way; that its name survives a crash as well is worth one attempt.
    let _ = fs_err::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Writes a file that may or may not be there, all of it or nothing.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let target = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".ironclad-");
    let named = builder.tempfile_in(folder).map_err(|e| io_fault("its folder takes no new file", &e))?;
    let mut file = named;
    let old = fs_err::metadata(&target).ok();
    let written = file.write_all(content).and_then(|()| match &old {
        Some(old) => file.as_file().set_permissions(old.permissions()),
        None => readable(file.as_file()),
    });
    written.and_then(|()| file.as_file().sync_all()).map_err(|e| io_fault("cannot be written", &e))?;
    file.persist(&target).map_err(|e| io_fault("cannot be replaced", &e.error))?;
    Ok(())
}

/// Temporary files are for their owner alone; a file to share is not.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The file must hold exactly what was read.
fn check_content(path: &Path, before: &Source, length: u64) -> Result<(), Fault> {
    let expected = before.encoding().encode(before.text());
    let changed = || fault("fix/changed", "changed since it was read", "run `ironclad fix` again");
    let mut bytes = Vec::with_capacity(expected.len() + 1);
    let file = fs_err::File::open(path).map_err(|e| io_fault("cannot be read again", &e))?;
    let limit = length.max(expected.len() as u64) + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|e| io_fault("cannot be read again", &e))?;
    if bytes == expected { Ok(()) } else { Err(changed()) }
}

#[cfg(unix)]
fn links_of(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn links_of(_: &std::fs::Metadata) -> u64 {
    1
}

/// Gives the new file the owner and group of the old one.
#[cfg(unix)]
fn keep_owner(path: &Path, old: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let new = fs_err::metadata(path)?;
    let differs = |old: u32, new: u32| (old != new).then_some(old);
    let (owner, group) = (differs(old.uid(), new.uid()), differs(old.gid(), new.gid()));
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    chown(path, owner, group)?;
    // A change of owner takes the set-id bits away.
    fs_err::set_permissions(path, old.permissions())
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &std::fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
    use std::sync::Arc;

    fn source(text: &str) -> Arc<Source> {
        Source::new("a.yaml", text)
    }

    fn folder_with(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs_err::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn mode_stays_and_nothing_is_left_behind() {
        let (folder, path) = folder_with("a: 1\n");
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        replace(&path, &source("a: 1\n"), &source("a: 2\n")).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "a: 2\n");
        assert_eq!(fs_err::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let (folder, path) = folder_with("a: 1\n");
        let link = folder.path().join("link.yaml");
        symlink("a.yaml", &link).unwrap();
        replace(&link, &source("a: 1\n"), &source("a: 2\n")).unwrap();
        assert!(fs_err::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "a: 2\n");
    }

    #[test]
    fn what_changed_since_is_left_alone() {
        let (folder, path) = folder_with("a: 3\n");
        let fault = replace(&path, &source("a: 1\n"), &source("a: 2\n")).unwrap_err();
        assert_eq!(fault.code, "fix/changed");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "a: 3\n");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn read_only_files_and_hard_links_are_left_alone() {
        let (folder, path) = folder_with("a: 1\n");
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
        let fault = replace(&path, &source("a: 1\n"), &source("a: 2\n")).unwrap_err();
        assert_eq!((fault.code, fault.message.as_str()), ("fix/io", "is read-only"));
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        fs_err::hard_link(&path, folder.path().join("b.yaml")).unwrap();
        let fault = replace(&path, &source("a: 1\n"), &source("a: 2\n")).unwrap_err();
        assert!(fault.message.contains("2 names"), "{fault:?}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "a: 1\n");
    }

    #[test]
    fn utf_16_stays_utf_16() {
        let (_folder, path) = folder_with("");
        fs_err::write(&path, b"\xFF\xFEa\0").unwrap();
        let before = Source::encoded("a", "a", ironclad_tree::Encoding::Utf16Little);
        let after = Source::encoded("a", "b", ironclad_tree::Encoding::Utf16Little);
        replace(&path, &before, &after).unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"\xFF\xFEb\0");
    }
}
