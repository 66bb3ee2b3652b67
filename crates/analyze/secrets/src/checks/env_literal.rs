//! `secrets/env-literal`

use crate::place::{complete, of_verdict};
use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_leak::judge;
use ironclad_model::{Confidence, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "secrets/env-literal",
    title: "environment variable with a secret in plain text",
    severity: Severity::High,
    confidence: Confidence::Likely,
    tags: &["nsa", "mitre:T1552"],
    params: &[Param {
        name: "allow",
        default: ParamDefault::Texts(&[]),
        doc: "names of environment variables that may be literals, whatever they look like",
    }],
    page: include_str!("env_literal.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let allowed = cx.texts("allow");
    for container in &pod.containers {
        for variable in container.env().iter() {
            let (name, value) = (variable.name().get().unwrap_or_default(), variable.value());
            let (Some(text), Some(node)) = (value.get(), value.spot().node()) else { continue };
            if allowed.iter().any(|known| known == name) {
                continue;
            }
            let Some(verdict) = judge(name, text) else { continue };
            let (what, confidence) = of_verdict(&verdict, name);
            let message = format!("container \"{}\" has {what}, in environment variable `{name}`", container.label());
            let finder =
                cx.find(value, message).of(container).label("whoever can read the manifest or the pod can read it");
            complete(finder, node, 0..text.len(), confidence);
        }
    }
}
