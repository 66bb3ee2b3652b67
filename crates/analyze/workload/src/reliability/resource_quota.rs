//! `reliability/resource-quota`

use super::words::ticked;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{QuotaSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/resource-quota",
    title: "ResourceQuota that leaves cpu or memory open",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::RESOURCE_QUOTA],
    page: include_str!("resource_quota.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(quota: &Object, cx: &mut Cx<'_>) {
    let spec = spec::<QuotaSpec<'_>>(quota);
    // The API server lets a quota of this scope count pods and nothing else.
    if spec.scopes().contains("BestEffort") {
        return;
    }
    let hard = spec.hard();
    // `cpu` and `memory` are older names of the requests.
    let bounded =
        |names: &[&str]| names.iter().any(|name| hard.get(name).is_some_and(|entry| !entry.value().is_null()));
    let wanted: [&[&str]; 4] =
        [&["requests.cpu", "cpu"], &["requests.memory", "memory"], &["limits.cpu"], &["limits.memory"]];
    let lacking: Vec<&str> =
        wanted.into_iter().filter(|names| !bounded(names)).filter_map(|names| names.first().copied()).collect();
    if !lacking.is_empty() {
        cx.find(hard.spot(), format!("ResourceQuota does not bound {}", ticked(&lacking)))
            .label("one tenant may take what all share");
    }
}
