//! The manifests of `--source`, as each object's own deployer makes them.

use crate::args::{Global, Scan};
use crate::commands::judge::Session;
use crate::commands::settings;
use ironclad_cluster::HelmRelease;
use ironclad_load::{FoundChart, Loaded, Progress, Request, charts_in, load};
use ironclad_model::{Kind, Object, ReportedProblem, Snapshot, group_of};
use ironclad_tree::NodeRef;
use ironclad_views::Manager;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Namespace and name of a Helm release.
type ReleaseName = (String, String);

/// What objects may have been applied from.
#[derive(Default)]
pub(crate) struct Manifests {
    /// Everything that `--source` names, as a scan of it reads it.
    files: Snapshot,
    /// Charts, rendered as a release of the cluster is called.
    releases: BTreeMap<ReleaseName, Snapshot>,
    /// Folders that an Argo CD application or a Flux Kustomization deploys, by what it is called.
    paths: BTreeMap<String, Vec<String>>,
    /// Kind, namespace and name of what a release made, with its template.
    templates: BTreeMap<(String, String, String), String>,
}

impl Manifests {
    /// Reads them. What cannot be read is a problem of the run.
    pub(crate) fn read(
        arguments: &Scan,
        session: &Session,
        live: &Snapshot,
        records: &[HelmRelease],
        global: &Global,
    ) -> anyhow::Result<(Manifests, Vec<ReportedProblem>)> {
        let mut manifests = Manifests { templates: templates(records), ..Manifests::default() };
        if arguments.extent.source.is_empty() {
            return Ok((manifests, Vec::new()));
        }
        let request = Request { arguments: arguments.extent.source.clone(), ..session.request.clone() };
        let Loaded { snapshot, mut problems, .. } = settings::in_pool(global, || load(&request, &Progress::default()))?;
        manifests.paths = paths(&snapshot);
        let charts = charts_in(&request);
        for (release, chart) in wanted(live, records, &snapshot, &charts) {
            let rendered =
                settings::in_pool(global, || load(&of_release(&request, &release, chart), &Progress::default()))?;
            let known = |problem: &ReportedProblem| {
                problems.iter().any(|one: &ReportedProblem| {
                    one.source == problem.source && one.problem.message == problem.problem.message
                })
            };
            let new: Vec<ReportedProblem> = rendered.problems.into_iter().filter(|problem| !known(problem)).collect();
            problems.extend(new);
            manifests.releases.insert(release.name, rendered.snapshot);
        }
        manifests.files = snapshot;
        Ok((manifests, problems))
    }

    /// Is there nothing to point at?
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.templates.is_empty()
    }

    /// The manifest of a live object, where it is certain which one it is.
    pub(super) fn of(&self, object: &Object) -> Option<&Object> {
        let manager = Manager::of(object);
        if let Some(Manager::Helm { namespace, name, .. }) = &manager
            && let Some(rendered) = self.releases.get(&((*namespace).to_owned(), (*name).to_owned()))
            && let [one] = candidates(object, rendered).as_slice()
        {
            return Some(one);
        }
        let found = candidates(object, &self.files);
        if let [one] = found.as_slice() {
            return Some(one);
        }
        // Of several candidates that of the folder which deploys the object.
        let folders = self.paths.get(&deployer(manager.as_ref()?)?)?;
        let is_below = |candidate: &&&Object| {
            let unit = self.files.unit(candidate.unit()).map_or("", |unit| unit.name.as_str());
            folders.iter().any(|folder| lies_in(unit, folder) || lies_in(candidate.source_name(), folder))
        };
        match found.iter().filter(is_below).collect::<Vec<_>>().as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The template that made an object, as its release's record says.
    pub(super) fn template_of(&self, object: &Object) -> Option<&str> {
        let key = |namespace: &str| (object.kind_name().to_owned(), namespace.to_owned(), object.name().to_owned());
        self.templates.get(&key(object.namespace().unwrap_or_default())).map(String::as_str)
    }
}

/// A release to render a chart for.
struct Release {
    name: ReleaseName,
    values: Vec<PathBuf>,
}

/// The releases of the cluster whose charts are at hand: by the label or record of Helm, or by the Argo CD application
/// that points at the chart.
fn wanted<'c>(
    live: &Snapshot,
    records: &[HelmRelease],
    files: &Snapshot,
    charts: &'c [FoundChart],
) -> Vec<(Release, &'c FoundChart)> {
    let mut found: BTreeMap<ReleaseName, (Vec<PathBuf>, &'c FoundChart)> = BTreeMap::new();
    let of_name = |name: &str| charts.iter().filter(|chart| chart.name == name).collect::<Vec<_>>();
    let mut seen: BTreeSet<ReleaseName> = BTreeSet::new();
    for object in live.objects() {
        let Some(Manager::Helm { namespace, name, chart, .. }) = Manager::of(object) else { continue };
        let key = (namespace.to_owned(), name.to_owned());
        let record = records.iter().find(|record| record.namespace == namespace && record.name == name);
        let Some(chart) = chart.or(record.map(|record| record.chart.as_str())) else { continue };
        if seen.insert(key.clone())
            && let [one] = of_name(chart).as_slice()
        {
            found.insert(key, (Vec::new(), one));
        }
    }
    for application in files.objects().filter(|object| is_application(object)) {
        let spec = |pointer: &str| text(application.root(), &format!("/spec/{pointer}"));
        let Some(path) = spec("source/path") else { continue };
        let Some(chart) = charts.iter().find(|chart| lies_in(&format!("{}/", chart.shown), path)) else { continue };
        let name = spec("source/helm/releaseName").unwrap_or(application.name());
        let namespace = spec("destination/namespace").unwrap_or("default");
        let listed = application.root().at_pointer("/spec/source/helm/valueFiles");
        let values = listed.into_iter().flat_map(|list| list.items()).filter_map(|file| file.as_str());
        let values = values.map(|file| chart.path.join(file)).collect();
        found.insert((namespace.to_owned(), name.to_owned()), (values, chart));
    }
    found.into_iter().map(|(name, (values, chart))| (Release { name, values }, chart)).collect()
}

fn of_release(request: &Request, release: &Release, chart: &FoundChart) -> Request {
    let mut request = Request { arguments: vec![chart.path.clone()], ..request.clone() };
    let (namespace, name) = release.name.clone();
    request.charts.namespace = Some(namespace);
    request.charts.release = name;
    let mut values = release.values.clone();
    values.append(&mut request.charts.values);
    request.charts.values = values;
    request
}

fn candidates<'f>(object: &Object, files: &'f Snapshot) -> Vec<&'f Object> {
    let same = |candidate: &&Object| candidate.kind() != Kind::OTHER || candidate.kind_name() == object.kind_name();
    let named = |namespace: Option<&str>| -> Vec<&'f Object> {
        let found = files.named(object.kind(), namespace, object.name());
        found.into_iter().filter(same).collect()
    };
    let exact = named(object.namespace());
    if exact.is_empty() && object.namespace().is_some() { named(None) } else { exact }
}

fn is_application(object: &Object) -> bool {
    object.kind_name() == "Application" && group_of(object.api_version()) == "argoproj.io"
}

/// Folders by what deploys them.
fn paths(files: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in files.objects() {
        let root = object.root();
        let (key, found): (String, Vec<&str>) = if is_application(object) {
            let many = root.at_pointer("/spec/sources").into_iter().flat_map(|list| list.items());
            let many = many.filter_map(|source| text(source, "/path"));
            (format!("argocd/{}", object.name()), text(root, "/spec/source/path").into_iter().chain(many).collect())
        } else if object.kind_name() == "Kustomization"
            && group_of(object.api_version()) == "kustomize.toolkit.fluxcd.io"
        {
            let namespace = object.namespace().unwrap_or_default();
            (format!("flux/{namespace}/{}", object.name()), text(root, "/spec/path").into_iter().collect())
        } else {
            continue;
        };
        paths.entry(key).or_default().extend(found.into_iter().map(str::to_owned));
    }
    paths
}

/// The key of `paths`. Applications have one namespace nearly always, and the tracking annotation leaves it out.
fn deployer(manager: &Manager<'_>) -> Option<String> {
    match manager {
        Manager::ArgoCd { name, .. } => Some(format!("argocd/{name}")),
        Manager::FluxKustomization { namespace, name } => Some(format!("flux/{namespace}/{name}")),
        Manager::Helm { .. } | Manager::FluxHelmRelease { .. } => None,
    }
}

/// Is the folder, which is written from the root of a repository, above the file, which is written from where we stand?
fn lies_in(file: &str, folder: &str) -> bool {
    let folder = folder.trim_start_matches("./").trim_matches('/');
    folder.is_empty() || format!("/{file}/").contains(&format!("/{folder}/"))
}

fn templates(records: &[HelmRelease]) -> BTreeMap<(String, String, String), String> {
    let mut templates = BTreeMap::new();
    for record in records {
        for object in &record.objects {
            let key = |namespace: &str| (object.kind.clone(), namespace.to_owned(), object.name.clone());
            // What names no namespace is in the release's, or in none.
            let places = match &object.namespace {
                Some(namespace) => vec![key(namespace)],
                None => vec![key(&record.namespace), key("")],
            };
            templates.extend(places.into_iter().map(|key| (key, object.template.clone())));
        }
    }
    templates
}

fn text<'n>(node: NodeRef<'n>, pointer: &str) -> Option<&'n str> {
    node.at_pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn folders_of_a_repository() {
        for (file, folder, expected) in [
            ("deploy/prod/web.yaml", "deploy/prod", true),
            ("../repo/deploy/prod", "./deploy/prod/", true),
            ("deploy/production/web.yaml", "deploy/prod", false),
            ("deploy/web.yaml", "deploy/prod", false),
            ("deploy/web.yaml", ".", true),
        ] {
            assert_eq!(lies_in(file, folder.trim_start_matches('.')), expected, "{file} {folder}");
        }
    }
}
