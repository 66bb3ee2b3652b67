//! Renders what an object asks for.

use super::home::{Home, Return, Seen, at};
use super::plan::{Chart, Fields, Kustomization, Plan, Work};
use crate::kustomizations::{self, Documents, shared};
use crate::read::{Overlay, Request};
use crate::units::{self, RenderedUnit};
use ironclad_kustomize::{Addition, Additions};
use ironclad_model::{Origins, ReportedProblem};
use ironclad_render::{ChartFile, ChartFiles, Variable, read_folder, render, substitute};
use ironclad_tree::{Document, Problem, Severity};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The annotation, or label, that keeps Flux from putting variables in.
const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// What a plan gives.
pub(crate) struct Built {
    pub(crate) unit: RenderedUnit,
    /// Files and folders that took part, canonical.
    pub(crate) files: BTreeSet<PathBuf>,
    pub(crate) folders: BTreeSet<PathBuf>,
    /// All went well.
    pub(crate) whole: bool,
}

/// Renders a plan; nothing for manifests that stay as they are.
pub(crate) fn build(plan: &Plan, request: &Request, overlay: Overlay<'_>) -> Option<Built> {
    match &plan.work {
        Work::Chart(work) => {
            let unit = chart(plan, work, request, overlay);
            Some(Built { unit, files: BTreeSet::new(), folders: BTreeSet::new(), whole: true })
        }
        Work::Kustomization(work) => Some(kustomization(plan, work, request, overlay)),
        Work::Folder => None,
    }
}

/// What a chart prints for an object.
fn chart(plan: &Plan, work: &Chart, request: &Request, overlay: Overlay<'_>) -> RenderedUnit {
    let mut unit = empty(plan, request);
    let mut files = match read_folder(&plan.spot.canonical, &plan.spot.shown) {
        Ok(files) => files,
        Err(problem) => {
            unit.problems.push(problem);
            return unit;
        }
    };
    units::put_overlay(&mut files, overlay);
    let Some(mut options) = units::options(request, overlay, &mut unit.problems) else { return unit };
    options.release.clone_from(&work.release);
    if let Some(namespace) = &work.namespace {
        options.namespace.clone_from(namespace);
    }
    if let Some(version) = &work.kubernetes_version {
        options.kubernetes_version = format!("v{}", version.trim_start_matches('v'));
    }
    if !work.api_versions.is_empty() {
        options.api_versions.clone_from(&work.api_versions);
    }
    let mut own = work.own_values.iter();
    if let Some(first) = own.next() {
        values_instead(&mut files, &first.text);
    }
    let below: Vec<_> = own.map(|lent| Arc::clone(&lent.text)).collect();
    let shift = below.len();
    let asked = work.values.iter().map(|lent| Arc::clone(&lent.text));
    // What the command line says stays on top.
    let mut values: Vec<_> = below.into_iter().chain(asked).collect();
    let top = values.len();
    values.append(&mut options.values.files);
    options.values.files = values;
    options.values.placed = work.placed.clone();
    for placed in &mut options.values.placed {
        // Without a layer they are above the object's files and below those of the command line.
        placed.layer = Some(placed.layer.map_or(top, |layer| layer + shift));
    }
    options.values.set_files.extend(work.set_files.iter().cloned());
    let rendered = render(&files, &options);
    let back = Return { lent: work.own_values.iter().chain(&work.values).collect(), seen: &plan.seen };
    let mut documents: Documents = Vec::new();
    for manifest in rendered.manifests {
        let is_crd = manifest.template.split('/').rev().nth(1) == Some("crds") && manifest.origins.is_empty();
        if is_crd && work.skip_crds {
            continue;
        }
        let origins = Arc::new(back.origins(&manifest.origins));
        let kept = manifest.documents.into_iter().filter(|document| !(work.skip_tests && is_test(document)));
        documents.extend(kept.map(|document| (Arc::new(document), Arc::clone(&origins))));
    }
    unit.problems.extend(rendered.problems.into_iter().map(|problem| of_object(plan, back.problem(problem))));
    unit.comments = back.comments(rendered.comments);
    unit.placeholders = rendered.placeholders;
    for fields in &work.post {
        documents = transformed(plan, documents, &additions(fields), (request, overlay), &mut unit.problems);
    }
    let common = Additions {
        labels: work.labels.map(|id| plan.seen.document.node(id)),
        annotations: work.annotations.map(|id| plan.seen.document.node(id)),
        ..Additions::default()
    };
    if common.labels.is_some() || common.annotations.is_some() {
        documents = transformed(plan, documents, &common, (request, overlay), &mut unit.problems);
    }
    take(unit, documents, plan)
}

/// Argo CD and Flux may be told which file is the chart's values.yaml.
fn values_instead(files: &mut ChartFiles, text: &Arc<ironclad_tree::Source>) {
    files.files.retain(|file| file.name != "values.yaml");
    files.files.push(ChartFile {
        name: "values.yaml".to_owned(),
        shown: text.name().to_string(),
        bytes: text.text().as_bytes().to_vec(),
    });
    files.files.sort_by(|a, b| a.name.cmp(&b.name));
}

fn is_test(document: &Document) -> bool {
    let hook = at(document.root(), &["metadata", "annotations", "helm.sh/hook"]).and_then(|node| node.as_str());
    hook.is_some_and(|events| events.split(',').any(|event| event.trim().starts_with("test")))
}

/// Which object asked for what failed: the same chart may be fine for others.
fn of_object(plan: &Plan, mut problem: ReportedProblem) -> ReportedProblem {
    if problem.problem.severity == Severity::Error {
        problem.problem.message.push_str(&format!(" (for {})", super::name_of(&plan.seen)));
    }
    problem
}

fn empty(plan: &Plan, request: &Request) -> RenderedUnit {
    RenderedUnit {
        unit: super::unit_name(&plan.seen, Some(request)),
        source: plan.spot.shown.clone(),
        folder: plan.spot.canonical.clone(),
        namespace: plan.namespace.clone(),
        ..RenderedUnit::default()
    }
}

fn additions(fields: &Fields) -> Additions<'_> {
    let fields =
        fields.iter().map(|(field, how, seen, id)| Addition { field, how: *how, value: seen.document.node(*id) });
    Additions { fields: fields.collect(), ..Additions::default() }
}

/// What a kustomization makes of documents; the documents where it fails.
fn transformed(
    plan: &Plan,
    documents: Documents,
    additions: &Additions<'_>,
    (request, overlay): (&Request, Overlay<'_>),
    problems: &mut Vec<ReportedProblem>,
) -> Documents {
    let options = kustomizations::options(request, overlay);
    let rendered =
        ironclad_kustomize::transform(&documents, &plan.spot.canonical, &plan.spot.shown, &options, additions);
    let failed = rendered.problems.iter().any(|problem| problem.problem.severity == Severity::Error);
    let back = Return { lent: Vec::new(), seen: &plan.seen };
    problems.extend(rendered.problems.into_iter().map(|problem| of_object(plan, back.problem(problem))));
    if failed { documents } else { shared(rendered.documents) }
}

/// What a kustomization makes for an object.
fn kustomization(plan: &Plan, work: &Kustomization, request: &Request, overlay: Overlay<'_>) -> Built {
    let mut unit = empty(plan, request);
    let mut options = kustomizations::options(request, overlay);
    options.within = work.unrestricted.then(|| plan.spot.root.clone());
    let mut asked = additions(&work.fields);
    asked.resources.clone_from(&work.resources);
    asked.include_templates = work.include_templates;
    asked.labels = work.labels.map(|id| plan.seen.document.node(id));
    asked.annotations = work.annotations.map(|id| plan.seen.document.node(id));
    let rendered = ironclad_kustomize::render_with(&plan.spot.canonical, &plan.spot.shown, &options, &asked);
    let whole = rendered.problems.iter().all(|problem| problem.problem.severity != Severity::Error);
    let back = Return { lent: Vec::new(), seen: &plan.seen };
    unit.problems = rendered.problems.into_iter().map(|problem| of_object(plan, back.problem(problem))).collect();
    unit.comments = rendered.comments;
    unit.placeholders = rendered.placeholders.into_iter().collect();
    let mut documents = shared(rendered.documents);
    if let Some(variables) = work.variables.as_ref().filter(|variables| !variables.is_empty()) {
        documents = documents
            .into_iter()
            .map(|(document, origins)| substituted(plan, document, origins, variables, &mut unit.problems))
            .collect();
    }
    Built { unit: take(unit, documents, plan), files: rendered.files, folders: rendered.folders, whole }
}

fn substituted(
    plan: &Plan,
    document: Arc<Document>,
    origins: Arc<Origins>,
    variables: &[Variable],
    problems: &mut Vec<ReportedProblem>,
) -> (Arc<Document>, Arc<Origins>) {
    let says_no = |field: &str| {
        at(document.root(), &["metadata", field, SUBSTITUTE]).and_then(|node| node.as_str()) == Some("disabled")
    };
    if says_no("labels") || says_no("annotations") {
        return (document, origins);
    }
    let (root, home) = (document.root().id(), Home::Made(Arc::clone(&origins)));
    let old = Seen { document: Arc::clone(&document), root, home, file: PathBuf::new() };
    match substitute(&document, variables) {
        Ok(None) => (document, origins),
        Ok(Some((new, found))) => {
            let found = found.readdressed(&|link| {
                Arc::ptr_eq(&link.source, document.source()).then(|| old.links(link.span, link.role))
            });
            (Arc::new(new), Arc::new(found))
        }
        Err(message) => {
            let (source, span) = old.place(old.root());
            let hint = Some("Flux does not apply it either; `$${…}` keeps what is meant for a shell".to_owned());
            let message = format!("{} cannot be substituted: {message}", old.identity());
            let problem = Problem { code: "input/gitops", severity: Severity::Error, span, message, hint };
            let problem = ReportedProblem { source: source.name().to_string(), text: Some(source), problem };
            problems.push(of_object(plan, problem));
            (document, origins)
        }
    }
}

/// The documents that are objects; what is wrong with them is said where a person edits it.
fn take(mut unit: RenderedUnit, documents: Documents, plan: &Plan) -> RenderedUnit {
    let back = Return { lent: Vec::new(), seen: &plan.seen };
    let documents = documents.into_iter().map(|(document, origins)| {
        let origins = if origins.is_empty() { origins } else { Arc::new(back.origins(&origins)) };
        (document, origins)
    });
    let (documents, mut problems) = kustomizations::objects(documents.collect());
    unit.documents = documents;
    unit.problems.append(&mut problems);
    unit
}
