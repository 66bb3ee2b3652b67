//! `workload/missing-service-account`

use super::beside;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{names_its_account, service_account};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/missing-service-account",
    title: "ServiceAccount that does not exist",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::ANY_POD, Kind::SERVICE_ACCOUNT],
    page: include_str!("missing_service_account.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let account = service_account(pod);
    // Every namespace has the account `default`.
    if !names_its_account(pod)
        || account.name == "default"
        || beside(pod.object, Kind::SERVICE_ACCOUNT, account.name, cx).is_some()
    {
        return;
    }
    cx.context(&[Kind::SERVICE_ACCOUNT]);
    cx.find(account.field, format!("ServiceAccount \"{}\" does not exist in the namespace", account.name))
        .label("the API server refuses the pods");
}
