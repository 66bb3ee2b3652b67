//! `rbac/authz-missing-authorizer`

use crate::apiserver::{File, field, items, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/authz-missing-authorizer",
    title: "authorizers without Node or RBAC",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["cis:1.2.7", "cis:1.2.8"],
    page: include_str!("authz_missing_authorizer.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authorization.is(object) {
        return;
    }
    let has = |mode: &str| items(object.root(), "authorizers").any(|item| text(item, "type") == Some(mode));
    let Some(list) = field(object.root(), "authorizers").filter(|list| !list.is_empty()) else { return };
    // Where everything is allowed, one more changes nothing; `rbac/authz-always-allow` says it.
    if has("AlwaysAllow") {
        return;
    }
    if !has("Node") {
        cx.find(list, "the authorizer Node is missing")
            .label("kubelets need roles then, and each may read the Secrets of pods on all nodes");
    }
    if !has("RBAC") {
        cx.find(list, "the authorizer RBAC is missing")
            .label("no role and no binding of the cluster counts; its own components rely on them");
    }
}
