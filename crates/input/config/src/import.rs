//! Configuration files and waivers of other scanners, turned into an `ironclad.yaml`.
//!
//! [`Import`] collects: [`recognise`] says whose a file is, [`Import::add`] converts it, [`Import::finish`] writes the text.
//! What has no counterpart is never dropped: it is [`Lost`], with its place, and stands as a comment in the text.
//!
//! Invariant: the text is a configuration that this crate reads without a problem (a test holds every sample to it).

mod draft;
mod flags;
mod globs;
mod inputs;
mod suites;
mod tools;
mod waivers;

use crate::peers::{self, WaiverFile};
use draft::Draft;
use ironclad_check::Catalogue;
use ironclad_check::waive::PeerWaiver;
use ironclad_model::Object;
use ironclad_tree::{Kind, Limits, NodeRef, Source, Span, parse};
use std::sync::Arc;

/// Whose a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `.kube-linter.yaml`.
    KubeLinter,
    /// A configuration of Polaris.
    Polaris,
    /// A configuration of kubeaudit.
    Kubeaudit,
    /// `.checkov.yaml`.
    Checkov,
    /// A file of datree policies.
    Datree,
    /// `trivy.yaml`.
    Trivy,
    /// A configuration of KICS.
    Kics,
    /// Kubescape's inputs of controls.
    KubescapeInputs,
    /// A waiver file of a tool.
    Waivers(WaiverFile),
}

/// What has no counterpart.
#[derive(Clone, Debug)]
pub struct Lost {
    /// `file:line`, or the flag.
    pub place: String,
    /// The line alone; 0 for a flag.
    pub line: u32,
    /// What, and what to do instead.
    pub message: String,
}

/// The outcome.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Text of an `ironclad.yaml`.
    pub text: String,
    /// What it does not hold.
    pub lost: Vec<Lost>,
}

/// Collects what is converted.
pub struct Import<'a> {
    catalogue: &'a Catalogue,
    draft: Draft,
    lost: Vec<Lost>,
    sources: Vec<String>,
}

/// Whose configuration or waivers is it? None where it is nobody's that we know: a manifest, say.
pub fn recognise(source: &Arc<Source>) -> Option<Format> {
    if let Some(file) = peers::recognise(source) {
        return Some(Format::Waivers(file));
    }
    let name = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let parsed = parse(source, &Limits { nodes: 200_000, ..Limits::default() });
    // Its format is told by its content: YAML and JSON are ours to read, TOML and HCL to name.
    if matches!(name, "kics.config" | "dd-iac-scan.config") {
        return Some(Format::Kics);
    }
    let root = parsed.documents.first()?.root();
    if root.kind() != Kind::Mapping {
        return None;
    }
    let has = |node: NodeRef<'_>, keys: &[&str]| keys.iter().any(|key| node.get_str(key).is_some());
    let checks = root.get_str("checks").map(|entry| entry.value());
    if has(root, &["apiVersion"]) && has(root, &["kind"]) {
        return None;
    }
    let of_kube_linter = ["addAllBuiltIn", "doNotAutoAddDefaults", "include", "exclude", "ignorePaths"];
    if name.starts_with(".kube-linter.y") || checks.is_some_and(|checks| has(checks, &of_kube_linter)) {
        return Some(Format::KubeLinter);
    }
    if matches!(name, "trivy.yaml" | "trivy.yml") || has(root, &["misconfiguration", "ignorefile", "ignore-policy"]) {
        return Some(Format::Trivy);
    }
    let of_kics = ["exclude-queries", "exclude-categories", "exclude-results", "exclude-severities", "queries-path"];
    if has(root, &of_kics) || has(root, &["exclude-paths"]) {
        return Some(Format::Kics);
    }
    if inputs::lists(root).is_some() {
        return Some(Format::KubescapeInputs);
    }
    if name.starts_with(".checkov.y") || has(root, &["skip-check", "soft-fail", "skip-path", "skip-framework"]) {
        return Some(Format::Checkov);
    }
    if has(root, &["enabledAuditors", "auditors"]) {
        return Some(Format::Kubeaudit);
    }
    if has(root, &["policies"]) {
        return Some(Format::Datree);
    }
    let is_severity = |node: NodeRef<'_>| matches!(node.text(), Some("ignore" | "warning" | "danger"));
    let of_polaris = checks.is_some_and(|checks| checks.entries().any(|entry| is_severity(entry.value())));
    let polaris = of_polaris || has(root, &["exemptions", "disallowExemptions", "disallowConfigExemptions"]);
    polaris.then_some(Format::Polaris)
}

impl<'a> Import<'a> {
    /// Nothing yet.
    pub fn new(catalogue: &'a Catalogue) -> Import<'a> {
        Import { catalogue, draft: Draft::default(), lost: Vec::new(), sources: Vec::new() }
    }

    /// Converts a file.
    pub fn add(&mut self, source: &Arc<Source>, format: Format) {
        self.sources.push(source.name().to_string());
        let before = self.lost.len();
        self.convert(source, format);
        self.lost[before..].sort_by_key(|lost| lost.line);
    }

    fn convert(&mut self, source: &Arc<Source>, format: Format) {
        if let Format::Waivers(file) = format {
            let (waivers, problems) = peers::read(source, file);
            for problem in problems {
                self.lose(source, problem.span, problem.message);
            }
            for waiver in waivers {
                self.waiver(&waiver, None);
            }
            return;
        }
        let parsed = parse(source, &Limits { nodes: 200_000, ..Limits::default() });
        for problem in &parsed.problems {
            self.lose(source, problem.span, problem.message.clone());
        }
        let Some(document) = parsed.documents.first() else { return };
        let root = document.root();
        match format {
            Format::Trivy => suites::trivy(self, source, root),
            Format::Kics => suites::kics(self, source, root),
            Format::KubescapeInputs => inputs::kubescape(self, source, root),
            Format::KubeLinter => tools::kube_linter(self, source, root),
            Format::Polaris => tools::polaris(self, source, root),
            Format::Kubeaudit => tools::kubeaudit(self, source, root),
            Format::Checkov => tools::checkov(self, source, root),
            Format::Datree => tools::datree(self, source, root),
            Format::Waivers(_) => {}
        }
    }

    /// Converts the flags of a run of kube-score, which has no configuration file.
    pub fn kube_score(&mut self, flags: &str) {
        self.sources.push("flags of kube-score".to_owned());
        flags::kube_score(self, flags);
    }

    /// Converts the waiver of another tool that stands in a manifest.
    pub fn manifest_waiver(&mut self, found: &PeerWaiver<'_>) {
        self.waiver(&found.waiver, Some(found));
    }

    /// The name of a manifest whose waivers were converted.
    pub fn manifest(&mut self, name: &str) {
        self.sources.push(name.to_owned());
    }

    fn lose(&mut self, source: &Source, span: Span, message: impl Into<String>) {
        let line = source.position(span.start).line;
        self.lost.push(Lost { place: format!("{}:{line}", source.name()), line, message: message.into() });
    }

    /// The text, and what it does not hold.
    pub fn finish(self) -> Imported {
        let text = self.draft.write(&self.sources, &self.lost, self.catalogue);
        Imported { text, lost: self.lost }
    }
}

/// How an object is named in a waiver.
fn object_scope(object: &Object) -> (String, Option<String>, String) {
    let namespace = object.namespace().map(globset::escape);
    (globset::escape(object.kind_name()), namespace, globset::escape(object.name()))
}
