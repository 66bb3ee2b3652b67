//! Kustomizations among the inputs: each built once, those that others stand on only through these.
//!
//! A file that took part in a build is not read as a manifest too; what lies beside and took part in nothing is. An
//! overlay that cannot be built claims nothing: its bases are then judged by themselves, and the error says what is
//! missing.

use crate::classify::{Class, classify, nameless_items};
use crate::discover::{Found, FoundUnit, UnitKind, display};
use crate::read::{Overlay, Progress, Request};
use crate::types::type_problems;
use crate::units::RenderedUnit;
use ironclad_kustomize::{Options, Rendered, Texts, component_files, render};
use ironclad_model::{Origins, Place, ReportedProblem};
use ironclad_tree::{Document, NodeRef, Problem, Severity, Span};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Documents and where they come from.
pub(crate) type Documents = Vec<(Arc<Document>, Arc<Origins>)>;

/// The same documents, to be shared.
pub(crate) fn shared(documents: Vec<(Document, Arc<Origins>)>) -> Documents {
    documents.into_iter().map(|(document, origins)| (Arc::new(document), origins)).collect()
}

fn canonical(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Builds the kustomizations among the units and takes them, and the files that took part, out of the lists. Returns
/// what they built and the canonical paths of those files.
pub(crate) fn render_all(
    units: &mut Vec<FoundUnit>,
    files: &mut Vec<Found>,
    skipped: &mut BTreeMap<String, Vec<String>>,
    request: &Request,
    progress: &Progress,
    overlay: Overlay<'_>,
) -> (Vec<RenderedUnit>, BTreeSet<PathBuf>) {
    let found: Vec<FoundUnit> = units.iter().filter(|unit| unit.kind == UnitKind::Kustomization).cloned().collect();
    if found.is_empty() {
        return (Vec::new(), BTreeSet::new());
    }
    units.retain(|unit| unit.kind != UnitKind::Kustomization);
    let options = options(request, overlay);
    let (components, roots): (Vec<_>, Vec<_>) =
        found.into_iter().map(|unit| (component_files(&unit.path), unit)).partition(|(files, _)| files.is_some());
    let built: Vec<(FoundUnit, Rendered)> = roots
        .into_par_iter()
        .map(|(_, unit)| {
            let rendered = render(&unit.path, &unit.name, &options);
            progress.read.fetch_add(1, Ordering::Relaxed);
            (unit, rendered)
        })
        .collect();
    let is_whole = |rendered: &Rendered| rendered.problems.iter().all(|p| p.problem.severity != Severity::Error);
    // Folders and files that take part in a build of another folder.
    let mut inner: BTreeSet<PathBuf> = BTreeSet::new();
    let mut used: BTreeSet<PathBuf> = BTreeSet::new();
    for (unit, rendered) in &built {
        let own = canonical(&unit.path);
        used.extend(ironclad_kustomize::kustomization_file(&own));
        if is_whole(rendered) {
            inner.extend(rendered.folders.iter().filter(|folder| **folder != own).cloned());
            used.extend(rendered.files.iter().cloned());
        }
    }
    for (files, unit) in components {
        let is_used = inner.contains(&canonical(&unit.path));
        used.extend(files.into_iter().flatten().map(|file| canonical(&file)));
        if !is_used {
            let reason = "component that no kustomization here uses";
            skipped.entry(reason.to_owned()).or_default().push(unit.name);
        }
    }
    units.retain(|unit| !inner.contains(&canonical(&unit.path)));
    files.retain(|file| {
        let path = file.path.as_deref().map(canonical);
        // What is named is judged, and so is what lies below a chart that a kustomization inflates, by the chart.
        let is_below = |path: &PathBuf| inner.iter().any(|folder| is_chart(folder) && path.starts_with(folder));
        file.named || !path.is_some_and(|path| used.contains(&path) || is_below(&path))
    });
    let own = built.into_iter().filter(|(unit, _)| !inner.contains(&canonical(&unit.path)));
    (own.map(|(unit, rendered)| judged(unit, rendered, request)).collect(), used)
}

/// What a build may cost, and what its charts are told.
pub(crate) fn options<'a>(request: &Request, overlay: Overlay<'a>) -> Options<'a> {
    Options {
        texts: Texts::of(overlay),
        file_bytes: request.max_file_size,
        kubernetes_version: request.charts.kubernetes_version.clone(),
        now: request.charts.now,
        ..Options::default()
    }
}

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

/// The documents of a build that are objects, and what is wrong with them where a person edits it.
fn judged(unit: FoundUnit, rendered: Rendered, request: &Request) -> RenderedUnit {
    let (documents, mut found) = objects(shared(rendered.documents));
    let mut problems = rendered.problems;
    problems.append(&mut found);
    RenderedUnit {
        unit: request.unit_at(&unit.path, &unit.name),
        source: display(&unit.path),
        folder: canonical(&unit.path),
        documents,
        problems,
        comments: rendered.comments,
        placeholders: rendered.placeholders.into_iter().collect(),
        ..RenderedUnit::default()
    }
}

/// The documents that are objects, and what is wrong with them where a person edits it.
pub(crate) fn objects(all: Documents) -> (Documents, Vec<ReportedProblem>) {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for (document, origins) in all {
        let found = match classify(&document, true) {
            Class::Object => {
                let mut found = type_problems(&document);
                found.extend(nameless_items(&document));
                problems.extend(found.into_iter().map(|problem| edited(&document, &origins, problem)));
                documents.push((document, origins));
                continue;
            }
            Class::Foreign(_) => continue,
            Class::Bad(problem) => problem,
        };
        problems.push(edited(&document, &origins, found));
    }
    (documents, problems)
}

/// A problem of a built text, where a person edits it.
fn edited(document: &Document, origins: &Origins, problem: Problem) -> ReportedProblem {
    let whole = |node: NodeRef<'_>| document.entry_of(node.id()).map_or(node.span(), |entry| entry.span());
    let covers = |span: Span| span.start <= problem.span.start && problem.span.end <= span.end;
    let node = document.nodes().filter(|node| covers(whole(*node))).last().unwrap_or_else(|| document.root());
    let place = Place { node: node.id(), missing: Vec::new(), part: None };
    match origins.resolve(document, &place, problem.span).pop() {
        Some(link) => ReportedProblem {
            source: link.source.name().to_string(),
            problem: Problem { span: link.span, ..problem },
            text: Some(link.source),
        },
        None => {
            let source = Arc::clone(document.source());
            ReportedProblem { source: source.name().to_string(), text: Some(source), problem }
        }
    }
}
