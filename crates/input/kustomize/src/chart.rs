//! `helmCharts`: charts that lie beside the kustomization, inflated by our own renderer. Nothing is pulled.
//!
//! The flags are those that kustomize gives to `helm template` (`HelmChartInflationGenerator`). A name that Helm would
//! make up is `release-name` here, so that the same input gives the same output.

use crate::accumulate::Target;
use crate::build::Build;
use crate::kustomization::Fault;
use crate::node::{Data, Node, Reading};
use crate::patch::resources_of;
use crate::resource::Resource;
use crate::trail::Trail;
use ironclad_model::{Link, Origins, Place, Role};
use ironclad_render::{Options, RenderedManifest, ValueArguments, name_of_template, read_folder, render};
use ironclad_tree::{Document, NodeRef, Severity, Source};
use std::sync::Arc;

/// What a chart of a kustomization asks for, in the terms of `helmCharts`.
struct Asked<'n> {
    entry: &'n Node,
    home: String,
}

impl<'n> Asked<'n> {
    /// A field by its name now, or by that of `helmChartInflationGenerator`.
    fn field(&self, name: &str, old: &str) -> Option<&'n Node> {
        let set = |key: &str| self.entry.get(key).filter(|field| !field.is_empty() && field.text() != Some(""));
        set(name).or_else(|| set(old))
    }

    fn text(&self, name: &str, old: &str) -> &'n str {
        self.field(name, old).and_then(Node::text).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.entry.get(name).and_then(Node::as_bool) == Some(true)
    }
}

/// The objects of one entry.
pub(crate) fn inflate(
    build: &mut Build<'_>,
    target: &Target<'_>,
    entry: &Node,
    globals: Option<&Node>,
) -> Result<Vec<Resource>, Fault> {
    let home = entry.get("chartHome").or_else(|| globals.and_then(|globals| globals.get("chartHome")));
    let home = home.and_then(Node::text).filter(|home| !home.is_empty()).unwrap_or("charts").to_owned();
    let asked = Asked { entry, home };
    let on = |message: String| Fault::on(&entry.trail, message);
    let name = asked.text("name", "chartName");
    if name.is_empty() || name.starts_with('-') {
        return Err(on(format!("`{name}` is no name of a chart")));
    }
    // As `helm template` has it: a name, or a template of one.
    let made = match (asked.text("nameTemplate", "nameTemplate"), asked.text("releaseName", "releaseName")) {
        ("", _) => None,
        (template, "") => Some(name_of_template(template).map_err(|message| on(format!("`nameTemplate`: {message}")))?),
        _ => return Err(on("has a `releaseName` and a `nameTemplate`: Helm takes one of them".to_owned())),
    };
    let (version, repo) = (asked.text("version", "chartVersion"), asked.text("repo", "chartRepoUrl"));
    let path = if version.is_empty() || repo.is_empty() {
        format!("{}/{name}", asked.home)
    } else {
        format!("{}/{name}-{version}/{name}", asked.home)
    };
    let folder = target.folder.beside(&path).ok_or_else(|| {
        let source = if repo.is_empty() { String::new() } else { format!(", and nothing is fetched from {repo}") };
        on(format!("chart \"{name}\" is not at `{path}`{source}: `helm pull --untar` puts it there"))
    })?;
    let mut files =
        read_folder(&folder, &target.folder.name(&path)).map_err(|problem| Fault { problem: Box::new(problem) })?;
    for file in &mut files.files {
        if let Some(text) = build.options.texts.get(&file.shown) {
            file.bytes = text.as_bytes().to_vec();
        }
    }
    build.store.folders.insert(folder);
    let (values, inline) = values(build, target, &asked, &path)?;
    let given = |name: &str, old: &str, standard: &str| {
        let text = asked.text(name, old);
        if text.is_empty() { standard.to_owned() } else { text.to_owned() }
    };
    let version = given("kubeVersion", "kubeVersion", &build.options.kubernetes_version);
    let options = Options {
        release: made.unwrap_or_else(|| given("releaseName", "releaseName", "release-name")),
        namespace: given("namespace", "releaseNamespace", target.namespace()),
        kubernetes_version: format!("v{}", version.trim_start_matches('v')),
        api_versions: entry
            .get("apiVersions")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
        values,
        now: i128::from(build.options.now) * 1_000_000_000,
        ..Options::default()
    };
    let rendered = render(&files, &options);
    for problem in rendered.problems {
        if problem.problem.severity == Severity::Error {
            return Err(Fault { problem: Box::new(problem) });
        }
        build.warnings.push(problem);
    }
    build.comments.extend(rendered.comments);
    build.placeholders.extend(rendered.placeholders);
    let mut all = Vec::new();
    for manifest in &rendered.manifests {
        let is_crd = manifest.template.split('/').rev().nth(1) == Some("crds");
        if is_crd && !asked.flag("includeCRDs") || manifest.is_hook && asked.flag("skipHooks") {
            continue;
        }
        for mut resource in of_manifest(manifest, &inline)? {
            let is_test = resource.annotations().iter().any(|(key, value)| {
                key == "helm.sh/hook" && value.split(',').any(|event| event.trim().starts_with("test"))
            });
            if is_test && asked.flag("skipTests") {
                continue;
            }
            let trail = resource.node.trail.clone();
            resource.annotate("internal.config.kubernetes.io/helm-generated", "true", &trail);
            all.push(resource);
        }
    }
    Ok(all)
}

/// A text with the values that stand in the kustomization at their own places, and the text that it stands for.
type Inline = Option<(Arc<Source>, Arc<Source>)>;

fn values(
    build: &mut Build<'_>,
    target: &Target<'_>,
    asked: &Asked<'_>,
    chart: &str,
) -> Result<(ValueArguments, Inline), Fault> {
    let mut load = |path: &str, trail: &Trail| {
        target.folder.load(path, &mut build.store).map_err(|message| Fault::on(trail, message))
    };
    let own = asked.field("valuesFile", "values");
    let standard = format!("{chart}/values.yaml");
    let is_alone =
        asked.text("valuesMerge", "valuesMerge") == "replace" && asked.field("valuesInline", "valuesLocal").is_some();
    if own.is_none() && !is_alone {
        // kustomize reads it by itself, with its rule of what may be read.
        load(&standard, &asked.entry.trail)?;
    }
    let mut file = own.map(|own| load(own.text().unwrap_or_default(), &own.trail)).transpose()?;
    let mut inline = None;
    let mut files = Vec::new();
    if let Some(values) = asked.field("valuesInline", "valuesLocal") {
        let text = masked(values);
        inline = values.trail.edited().zip(text.clone()).map(|(link, text)| (text, Arc::clone(&link.source)));
        match asked.text("valuesMerge", "valuesMerge") {
            "" | "override" => {
                files.extend(file.take());
                files.extend(text);
            }
            "merge" => {
                if file.is_none() && target.folder.has(&standard) {
                    file = Some(load(&standard, &asked.entry.trail)?);
                }
                files.extend(text);
                files.extend(file.take());
            }
            "replace" => files.extend(text),
            other => {
                return Err(Fault::on(
                    &asked.entry.trail,
                    format!("`valuesMerge` is `{other}`: merge, override or replace"),
                ));
            }
        }
    } else {
        files.extend(file);
    }
    for path in asked.entry.get("additionalValuesFiles").map(Node::items).unwrap_or_default() {
        files.push(load(path.text().unwrap_or_default(), &path.trail)?);
    }
    Ok((ValueArguments { files, ..ValueArguments::default() }, inline))
}

/// The kustomization's text with blanks in place of all but the value of this entry: it reads as that value, and every
/// byte is where it was.
fn masked(values: &Node) -> Option<Arc<Source>> {
    let link = values.trail.edited()?;
    let (_, head) = values.trail.place()?;
    let text = link.source.text();
    // From behind the key and its colon to the end of the entry.
    let start = head.end as usize + text.get(head.end as usize..)?.find(':')? + 1;
    let inside = start..link.span.end as usize;
    let blank: String =
        text.char_indices()
            .map(|(at, c)| {
                if inside.contains(&at) || matches!(c, '\n' | '\r') { c.to_string() } else { " ".repeat(c.len_utf8()) }
            })
            .collect();
    Some(Source::new(Arc::clone(link.source.name()), blank))
}

fn of_manifest(manifest: &RenderedManifest, inline: &Inline) -> Result<Vec<Resource>, Fault> {
    let mut documents = Vec::new();
    for document in &manifest.documents {
        if document.root().is_null() {
            continue;
        }
        let mut node = Node::read(document.root(), &manifest.source, Role::Template, Reading::Kyaml)
            .map_err(|(span, message)| Fault::at(&manifest.source, span, message))?;
        trace(&mut node, document.root(), &manifest.origins, inline);
        documents.push(node);
    }
    resources_of(documents)
}

/// The resources of a document that something else made, with their places.
pub(crate) fn of_document(document: &Document, origins: &Origins) -> Result<Vec<Resource>, Fault> {
    let source = document.source();
    let mut node = Node::read(document.root(), source, Role::Base, Reading::Kyaml)
        .map_err(|(span, message)| Fault::at(source, span, message))?;
    trace(&mut node, document.root(), origins, &None);
    resources_of(vec![node])
}

/// Puts the chain of each node to the template and the values in place of its place in the printed text.
fn trace(node: &mut Node, at: NodeRef<'_>, origins: &Origins, inline: &Inline) {
    let document = at.document();
    let chain_to = |missing: bool| {
        let missing = if missing { vec![String::new()] } else { Vec::new() };
        let place = Place { node: at.id(), missing, part: None };
        let mut chain = origins.resolve(document, &place, place.span(document));
        for link in &mut chain {
            if let Some((masked, whole)) = inline
                && Arc::ptr_eq(&link.source, masked)
            {
                link.source = Arc::clone(whole);
            }
        }
        chain
    };
    let chain: Vec<Link> = chain_to(false);
    let head = match &node.data {
        Data::Scalar(_) => None,
        _ => {
            chain_to(true).pop().filter(|head| chain.last().is_some_and(|last| Arc::ptr_eq(&last.source, &head.source)))
        }
    };
    if !chain.is_empty() {
        node.trail = Trail::of_chain(chain, head.map(|head| head.span));
    }
    match &mut node.data {
        Data::Scalar(_) => {}
        Data::List(items) => items.iter_mut().zip(at.items()).for_each(|(item, at)| trace(item, at, origins, inline)),
        Data::Map(entries) => {
            for ((_, value), entry) in entries.iter_mut().zip(at.entries()) {
                trace(value, entry.value(), origins, inline);
            }
        }
    }
}
