//! Dependencies that lie in the same tree (`repository: file://../common`), read from there where `charts/` lacks them,
//! as `helm dependency build` would copy them.
//!
//! Only relative paths within the repository are followed: the folder above with a `.git`, else the folder above the
//! chart.

use crate::files::{CHART_BYTES, ChartFile, ChartFiles, FILES, read_folder_at};
use ironclad_model::ReportedProblem;
use ironclad_tree::{Limits, Source, parse};
use std::path::{Component, Path, PathBuf};

/// Charts that depend on each other this way.
const DEEPEST: usize = 8;

/// Adds what is declared, in the tree, and not in `charts/`.
pub(crate) fn add(files: &mut ChartFiles, folder: &Path, depth: usize) -> Result<(), ReportedProblem> {
    if depth > DEEPEST {
        return Ok(());
    }
    for (name, path) in declared(files) {
        let is_there = files.files.iter().any(|file| {
            let Some(below) = file.name.strip_prefix("charts/") else { return false };
            let first = below.split('/').next().unwrap_or(below);
            first == name
                || first.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-') && rest.ends_with(".tgz"))
        });
        let Some(found) = (!is_there).then(|| within(folder, &path)).flatten() else { continue };
        let shown = join(&files.root, &path);
        let inner = read_folder_at(&found, &shown, depth + 1)?;
        for file in inner.files {
            files.files.push(ChartFile { name: format!("charts/{name}/{}", file.name), ..file });
        }
    }
    let bytes: u64 = files.files.iter().map(|file| file.bytes.len() as u64).sum();
    if bytes > CHART_BYTES || files.files.len() > FILES {
        let message = format!("chart and its dependencies are larger than {} MiB or {FILES} files", CHART_BYTES >> 20);
        return Err(crate::problems::of_file(&files.root, message, "leave out what is no part of it"));
    }
    files.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// Names and paths of dependencies with a relative `file://` as repository.
fn declared(files: &ChartFiles) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in files.files.iter().filter(|file| matches!(file.name.as_str(), "Chart.yaml" | "requirements.yaml")) {
        let (source, _) = Source::decode(file.shown.as_str(), file.bytes.clone());
        let parsed = parse(&source, &Limits::default());
        let Some(list) = parsed.documents.first().and_then(|document| document.root().get_str("dependencies")) else {
            continue;
        };
        for item in list.value().items() {
            let text = |key: &str| item.get_str(key).and_then(|entry| entry.value().text());
            let path = text("repository").and_then(|repository| repository.strip_prefix("file://"));
            if let (Some(name), Some(path)) = (text("name"), path)
                && !name.contains('/')
                && !Path::new(path).is_absolute()
            {
                all.push((name.to_owned(), path.to_owned()));
            }
        }
    }
    all
}

/// The folder of another chart, where it may be read.
fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let folder = fs_err::canonicalize(folder).ok()?;
    let found = fs_err::canonicalize(folder.join(path)).ok()?;
    let around = folder.ancestors().find(|above| above.join(".git").exists()).or_else(|| folder.parent())?;
    // A chart that holds the one that needs it would hold itself.
    (found.starts_with(around) && !folder.starts_with(&found) && found.join("Chart.yaml").is_file()).then_some(found)
}

/// The path as a person opens it.
fn join(root: &str, path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in Path::new(root).components().chain(Path::new(path).components()) {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => drop(parts.pop()),
            Component::ParentDir => parts.push("..".to_owned()),
            _ => {}
        }
    }
    let joined = parts.join("/");
    match (root.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
