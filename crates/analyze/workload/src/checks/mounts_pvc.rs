//! `workload/mounts-pvc`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::mounted_claims;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/mounts-pvc",
    title: "pod mounts a persistent volume",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("mounts_pvc.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for claim in mounted_claims(pod) {
        let name = claim.claim.map_or("a claim of its own".to_owned(), |name| format!("claim \"{name}\""));
        cx.find(claim.spot, format!("volume \"{}\" is {name}", claim.volume)).label(claim.users());
    }
}
