//! `workload/fs-group`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::mounted_claims;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/fs-group",
    title: "volume without a group for its files",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("fs_group.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let context = pod.spec.security_context();
    let group = context.fs_group();
    if let Some(value) = group.get().filter(|value| i32::try_from(*value).is_err() || *value < 0) {
        cx.find(group, format!("`fsGroup: {value}` is no group")).label("the API server refuses the object");
        return;
    }
    let set = context.fs_group().is_set()
        || context.fs_group_change_policy().is_set()
        || context.supplemental_groups().node().is_some_and(|node| !node.is_null());
    if set {
        return;
    }
    for claim in mounted_claims(pod) {
        cx.find(claim.spot, format!("volume \"{}\" is mounted, and the pod sets no `fsGroup`", claim.volume))
            .label(claim.users());
    }
}
