//! `rbac/authn-anonymous`

use crate::apiserver::{File, field, items};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/authn-anonymous",
    title: "anonymous requests beyond the health of the API server",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1190", "cis:1.2.1"],
    page: include_str!("authn_anonymous.md"),
    ..Meta::DEFAULT
};

/// What load balancers and probes ask for.
const HEALTH: [&str; 3] = ["/livez", "/readyz", "/healthz"];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authentication.is(object) {
        return;
    }
    let Some(anonymous) = field(object.root(), "anonymous") else { return };
    let Some(enabled) = field(anonymous, "enabled").filter(|enabled| enabled.as_bool() == Some(true)) else { return };
    let mut conditions = items(anonymous, "conditions").peekable();
    if conditions.peek().is_none() {
        cx.find(enabled, "anonymous requests are let in on every path")
            .label("what `system:anonymous` and `system:unauthenticated` may do is left to the authorizers alone");
        return;
    }
    for condition in conditions {
        // Without a path it is the empty one, which no request has.
        let Some(node) = field(condition, "path") else { continue };
        let Some(path) = node.as_str().filter(|path| !HEALTH.contains(path) && path.starts_with('/')) else { continue };
        // The server compares the whole path, for equality (`pkg/authentication/request/anonymous`).
        if path.contains('*') || HEALTH.iter().any(|health| path.trim_end_matches('/') == *health) {
            cx.find(node, format!("path \"{path}\" of anonymous requests matches no request that is meant"))
                .severity(Severity::Low)
                .label("paths are compared as they are: no globs, no path below, no other slash");
        } else if HEALTH.iter().any(|health| path.strip_prefix(health).is_some_and(|rest| rest.starts_with('/'))) {
            // One of the checks that make up the whole: no more than what the whole says.
        } else {
            cx.find(node, format!("anonymous requests are let in on path \"{path}\""))
                .label("`/livez`, `/readyz` and `/healthz` are what probes need");
        }
    }
}
