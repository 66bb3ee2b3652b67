//! `manifest/removed-api`

use crate::api_version::report;
use ironclad_check::{Applies, Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::lifecycle::lifecycle;

pub(super) static META: Meta = Meta {
    id: "manifest/removed-api",
    title: "API version that is served no longer",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    fix: FixKind::Safe,
    page: include_str!("removed_api.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    // `hygiene/psp-removed` speaks of these: there is nothing to migrate to, only something to replace them by.
    if object.kind() == Kind::POD_SECURITY_POLICY {
        return;
    }
    let minor = cx.version();
    let Some(row) = lifecycle(object.api_version(), object.kind_name()).filter(|row| row.is_removed_at(minor)) else {
        return;
    };
    let since = row.removed.unwrap_or_default();
    report(object, row, format!("is not served since 1.{since}"), "the API server refuses the object", cx);
}
