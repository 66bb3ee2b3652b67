//! `namespace/psa-missing`

use super::{MODES, enforced, is_of_the_system, level};
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Safety, Severity};

pub(super) static META: Meta = Meta {
    id: "namespace/psa-missing",
    title: "namespace without a Pod Security level",
    severity: Severity::Medium,
    reads: &[Kind::NAMESPACE],
    tags: &["cis:5.2.1"],
    fix: FixKind::Safe,
    page: include_str!("psa_missing.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(namespace: &Object, cx: &mut Cx<'_>) {
    let at = enforced(namespace);
    if level(namespace).is_none() {
        let finder = cx.find(at, "namespace enforces no Pod Security level").label("it takes pods of every privilege");
        if !is_of_the_system(namespace) {
            finder.fix_set("set `enforce: baseline`", Safety::Safe, at, "\"baseline\"");
        }
    }
    for (mode, version) in MODES {
        let label = |key: &str| namespace.labels().and_then(|labels| labels.get_str(key));
        if let Some(entry) = label(mode) {
            let text = entry.value().text().unwrap_or_default();
            if !entry.value().is_null() && !is_level(text) {
                cx.find(entry.value(), format!("\"{text}\" is not a Pod Security level"))
                    .label("one of `privileged`, `baseline`, `restricted`");
            }
        }
        if let Some(entry) = label(version) {
            let text = entry.value().text().unwrap_or_default();
            if !entry.value().is_null() && !is_version(text) {
                cx.find(entry.value(), format!("\"{text}\" is not a version of Pod Security"))
                    .label("`latest` or `v1.N`");
            }
        }
    }
}

fn is_level(text: &str) -> bool {
    matches!(text, "privileged" | "baseline" | "restricted")
}

/// `k8s.io/pod-security-admission/api.ParseVersion`.
fn is_version(text: &str) -> bool {
    let Some(minor) = text.strip_prefix("v1.") else { return text == "latest" };
    minor == "0" || (!minor.is_empty() && !minor.starts_with('0') && minor.bytes().all(|byte| byte.is_ascii_digit()))
}
