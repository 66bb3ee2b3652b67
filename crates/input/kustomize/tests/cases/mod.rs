//! The cases: folders as one text, `=== name [@root]` before each, `--- path` before each file.
#![allow(dead_code, reason = "each test uses its part")]

use ironclad_kustomize::{Options, Rendered, render};
use std::collections::BTreeMap;

/// A folder to build.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) root: String,
    pub(crate) files: BTreeMap<String, String>,
}

impl Case {
    /// Writes the files to a folder that lives as long as the second value, and builds it.
    pub(crate) fn render(&self) -> (Rendered, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let rendered = render(&folder.path().join(&self.root), &self.root, &Options::default());
        (rendered, folder)
    }
}

/// Objects as JSON with sorted keys, or the error.
pub(crate) fn objects(rendered: &Rendered) -> Result<Vec<String>, String> {
    let failed = rendered.problems.iter().find(|p| p.problem.severity == ironclad_tree::Severity::Error);
    if let Some(problem) = failed {
        return Err(format!("{}: {}", problem.source, problem.problem.message));
    }
    let json = |document: &ironclad_tree::Document| {
        let mut text = String::new();
        document.root().write_json(&mut text);
        serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string()
    };
    Ok(rendered.documents.iter().map(|(document, _)| json(document)).collect())
}

/// As in a diff: the line above ends the text without a break.
const UNBROKEN: &str = "\\ No newline at end of file";

/// The cases of the file.
pub(crate) fn written() -> Vec<Case> {
    of(include_str!("../cases.txt"))
}

/// The cases of a text.
pub(crate) fn of(text: &str) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    let mut file: Option<String> = None;
    for line in text.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let (name, root) = head.trim().split_once(" @").unwrap_or((head.trim(), "."));
            all.push(Case { name: name.to_owned(), root: root.to_owned(), files: BTreeMap::new() });
            file = None;
            continue;
        }
        let case = all.last_mut().unwrap();
        match line
            .strip_prefix("--- ")
            .map(str::trim)
            .filter(|name| name.contains('.') || name.ends_with("Kustomization"))
        {
            Some(name) => {
                case.files.insert(name.to_owned(), String::new());
                file = Some(name.to_owned());
            }
            None if line.starts_with(UNBROKEN) => {
                let text = case.files.get_mut(file.as_ref().unwrap()).unwrap();
                text.truncate(text.len() - 1);
            }
            None => case.files.get_mut(file.as_ref().unwrap()).unwrap().push_str(line),
        }
    }
    all
}

/// Fields that are laid over a case by a kustomization on top.
const OVER: &[(&str, &str)] = &[
    ("prefix", "namePrefix: over-\nnameSuffix: -end\n"),
    ("namespace", "namespace: elsewhere\ncommonAnnotations: {over: \"1\"}\n"),
    ("labels", "labels: [{pairs: {over: x}, includeSelectors: true}]\n"),
];

/// The cases of the file, and each of them under overlays.
pub(crate) fn all() -> Vec<Case> {
    let written = written();
    let mut all = written.clone();
    for (word, fields) in OVER {
        for case in &written {
            let mut files: BTreeMap<String, String> =
                case.files.iter().map(|(name, text)| (format!("inner/{name}"), text.clone())).collect();
            let base = if case.root == "." { "../inner".to_owned() } else { format!("../inner/{}", case.root) };
            files.insert("over/kustomization.yaml".to_owned(), format!("resources: [{base}]\n{fields}"));
            all.push(Case { name: format!("{} under {word}", case.name), root: "over".to_owned(), files });
        }
    }
    all
}
