//! `workload/service-links`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_pod::is_whole_spec;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/service-links",
    title: "pod knows every Service of its namespace",
    severity: Severity::Info,
    profile: Profile::OptIn,
    fix: FixKind::Safe,
    page: include_str!("service_links.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !is_whole_spec(pod) {
        return;
    }
    let field = pod.spec.enable_service_links();
    if field.get() != Some(false) {
        cx.find(field, "the addresses of all Services are in the environment").fix_set(
            "set `enableServiceLinks: false`",
            Safety::Safe,
            field,
            "false",
        );
    }
}
