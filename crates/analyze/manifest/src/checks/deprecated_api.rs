//! `manifest/deprecated-api`

use crate::api_version::{api_version_node, report};
use crate::schema::custom::deprecation;
use ironclad_check::{Applies, Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::lifecycle::lifecycle;

pub(super) static META: Meta = Meta {
    id: "manifest/deprecated-api",
    title: "API version that is on its way out",
    severity: Severity::Medium,
    reads: &[Kind::ANY],
    joins: true,
    applies: Applies::Files,
    fix: FixKind::Safe,
    page: include_str!("deprecated_api.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let minor = cx.version();
    let (version, kind) = (object.api_version(), object.kind_name());
    let Some(row) = lifecycle(version, kind) else {
        if let Some(says) = deprecation(object, cx) {
            cx.find(api_version_node(object), format!("{kind} of `{version}` {says}")).label(WARNS);
        }
        return;
    };
    if !row.is_deprecated_at(minor) {
        return;
    }
    let since = row.deprecated.unwrap_or_default();
    let end = row.removed.map(|end| format!(" and ends with 1.{end}")).unwrap_or_default();
    report(object, row, format!("is deprecated since 1.{since}{end}"), WARNS, cx);
}

const WARNS: &str = "the API server warns of it";
