//! `secrets/values-literal`

use crate::place::{complete, forms, of_verdict, search};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_leak::{Confidence, judge};
use ironclad_model::{Kind, Object, Severity, group_of};
use ironclad_tree::{Kind as NodeKind, NodeRef};
use std::ops::Range;

pub(super) static META: Meta = Meta {
    id: "secrets/values-literal",
    title: "values of a deployment with a secret in plain text",
    severity: Severity::High,
    confidence: ironclad_model::Confidence::Likely,
    reads: &[Kind::ANY],
    // These objects are written in a repository, and that is where a secret in them leaks.
    applies: Applies::Files,
    tags: &["mitre:T1552"],
    page: include_str!("values_literal.md"),
    ..Meta::DEFAULT
};

const LABEL: &str = "whoever can read the repository or the object can read it";

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let root = object.root();
    match (group_of(object.api_version()), object.kind_name()) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => tree(at(root, &["spec", "values"]), cx),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => tree(at(root, &["spec", "postBuild", "substitute"]), cx),
        ("argoproj.io", "Application") => application(at(root, &["spec"]), cx),
        ("argoproj.io", "ApplicationSet") => application(at(root, &["spec", "template", "spec"]), cx),
        ("storage.k8s.io", "StorageClass") => tree(at(root, &["parameters"]), cx),
        ("", "PersistentVolume") => tree(at(root, &["spec", "csi", "volumeAttributes"]), cx),
        _ => {}
    }
}

fn at<'a>(node: NodeRef<'a>, path: &[&str]) -> Option<NodeRef<'a>> {
    path.iter().try_fold(node, |node, name| Some(node.get_str(name)?.value()))
}

/// The sources of an Application, each with its values as a text, as a tree and as parameters.
fn application(spec: Option<NodeRef<'_>>, cx: &mut Cx<'_>) {
    let Some(spec) = spec else { return };
    let many = at(spec, &["sources"]).into_iter().flat_map(|sources| sources.items());
    for source in at(spec, &["source"]).into_iter().chain(many) {
        let Some(helm) = at(source, &["helm"]) else { continue };
        tree(at(helm, &["valuesObject"]), cx);
        tree(at(helm, &["parameters"]), cx);
        if let Some((node, text)) = at(helm, &["values"]).and_then(|node| Some((node, node.as_str()?))) {
            for found in search(text) {
                report(node, found.what, found.range, found.confidence, cx);
            }
        }
    }
}

/// Every text of a tree: by the key that it is under, or by the `name` beside a `value`.
fn tree(root: Option<NodeRef<'_>>, cx: &mut Cx<'_>) {
    let mut pending: Vec<(Option<&str>, NodeRef<'_>)> = root.map(|root| (None, root)).into_iter().collect();
    // The first comes first: a report of many stays in order.
    while let Some((name, node)) = pending.pop() {
        match node.kind() {
            NodeKind::Mapping => {
                let named = node.get_str("name").and_then(|entry| entry.value().as_str());
                let name_of = |key| if key == "value" { named.or(Some(key)) } else { Some(key) };
                let entries: Vec<_> = node.entries().map(|entry| (name_of(entry.key()), entry.value())).collect();
                pending.extend(entries.into_iter().rev());
            }
            NodeKind::Sequence => {
                let items: Vec<_> = node.items().map(|item| (None, item)).collect();
                pending.extend(items.into_iter().rev());
            }
            NodeKind::String => text(name, node, cx),
            _ => {}
        }
    }
}

fn text(name: Option<&str>, node: NodeRef<'_>, cx: &mut Cx<'_>) {
    let value = node.as_str().unwrap_or_default();
    if value.trim_end().contains('\n') {
        for found in search(value) {
            report(node, found.what, found.range, found.confidence, cx);
        }
    } else if let Some(name) = name {
        if let Some(verdict) = judge(name, value) {
            let (what, confidence) = of_verdict(&verdict, name);
            report(node, what, 0..value.trim_end().len(), confidence, cx);
        }
    } else {
        for found in forms(value) {
            report(node, found.what, found.range, found.confidence, cx);
        }
    }
}

fn report(node: NodeRef<'_>, what: String, part: Range<usize>, confidence: Confidence, cx: &mut Cx<'_>) {
    let finder = cx.find(node, format!("values hold {what}")).label(LABEL);
    complete(finder, node, part, confidence);
}
