//! `rbac/authz-always-allow`

use crate::apiserver::{File, field, items, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/authz-always-allow",
    title: "authorizer that allows everything",
    severity: Severity::Critical,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1098.006", "cis:1.2.6"],
    page: include_str!("authz_always_allow.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authorization.is(object) {
        return;
    }
    // `AlwaysDeny` before it does not help: it has no opinion (`pkg/authorization/authorizerfactory`).
    for authorizer in items(object.root(), "authorizers") {
        if text(authorizer, "type") == Some("AlwaysAllow") {
            let at = field(authorizer, "type").unwrap_or(authorizer);
            cx.find(at, "every request that no webhook before it denies is allowed")
                .label("roles and bindings say nothing any more; they never deny");
        }
    }
}
