//! `secrets/args-literal`

use crate::place::{complete, of_verdict, search};
use ironclad_check::{Cx, Meta};
use ironclad_leak::judge;
use ironclad_model::{Confidence, Severity, Spot};
use ironclad_tree::NodeRef;
use ironclad_views::{Pod, PodContainer, Texts};

pub(super) static META: Meta = Meta {
    id: "secrets/args-literal",
    title: "command or probe with a secret in plain text",
    severity: Severity::High,
    confidence: Confidence::Likely,
    tags: &["mitre:T1552"],
    page: include_str!("args_literal.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        words(container.command(), "command", container, cx);
        words(container.args(), "args", container, cx);
        let probes = [
            (container.liveness_probe(), "livenessProbe"),
            (container.readiness_probe(), "readinessProbe"),
            (container.startup_probe(), "startupProbe"),
        ];
        for (probe, name) in probes {
            handler(probe.http_get().spot(), probe.exec().command(), name, container, cx);
        }
        let lifecycle = container.lifecycle();
        for (hook, name) in [(lifecycle.post_start(), "postStart"), (lifecycle.pre_stop(), "preStop")] {
            handler(hook.http_get().spot(), hook.exec().command(), name, container, cx);
        }
    }
}

/// A command line: each word by itself, and the flag before it.
fn words(list: Texts<'_>, place: &str, container: &PodContainer<'_>, cx: &mut Cx<'_>) {
    let mut flag: Option<&str> = None;
    for (node, word) in list.iter() {
        let before = flag.take();
        let is_flag = |word: &str| word.starts_with('-') && !word.contains(['=', ' ', '\n']);
        if let Some(name) = before.filter(|_| !word.starts_with('-'))
            && let Some(verdict) = judge(name.trim_start_matches('-'), word)
        {
            let (what, confidence) = of_verdict(&verdict, name);
            let message = format!("container \"{}\" has {what}, in its {place}", container.label());
            let finder = cx.find(node, message).of(container).label(LABEL);
            complete(finder, node, 0..word.len(), confidence);
            continue;
        }
        text(node, word, place, container, cx);
        flag = is_flag(word).then_some(word);
    }
}

const LABEL: &str = "every process list and every pod manifest shows it";

/// A text without a name.
fn text(node: NodeRef<'_>, value: &str, place: &str, container: &PodContainer<'_>, cx: &mut Cx<'_>) {
    for found in search(value) {
        let message = format!("container \"{}\" has {}, in its {place}", container.label(), found.what);
        let finder = cx.find(node, message).of(container).label(LABEL);
        complete(finder, node, found.range, found.confidence);
    }
}

/// A probe's or a hook's request headers and command.
fn handler(http: Spot<'_>, exec: Texts<'_>, place: &str, container: &PodContainer<'_>, cx: &mut Cx<'_>) {
    let headers = http.node().and_then(|node| node.get_str("httpHeaders")).map(|entry| entry.value());
    for header in headers.into_iter().flat_map(|list| list.items()) {
        let text = |name| header.get_str(name).map(|entry| entry.value());
        let (Some(name), Some(node)) = (text("name").and_then(|name| name.as_str()), text("value")) else { continue };
        let Some(value) = node.as_str() else { continue };
        let Some(verdict) = judge(name, value) else { continue };
        let (what, confidence) = of_verdict(&verdict, name);
        let message = format!("container \"{}\" has {what}, in a header of its {place}", container.label());
        let finder = cx.find(node, message).of(container).label("whoever can read the pod can read it");
        complete(finder, node, 0..value.len(), confidence);
    }
    for (node, word) in exec.iter() {
        text(node, word, place, container, cx);
    }
}
