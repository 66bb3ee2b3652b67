//! `rbac/dra-admin`

use crate::facts::DEVICE_READS;
use crate::risk::{Named, Need, Risk, WRITE, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/dra-admin",
    title: "devices may be claimed as an administrator",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: DEVICE_READS,
    tags: &["mitre:T1610"],
    page: include_str!("dra_admin.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("resource.k8s.io", "deviceclasses"), ("resource.k8s.io", "devicetaintrules")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "decide which devices pods get",
    named: Named::Lower,
};

pub(super) static CLAIMS: Risk = Risk {
    needs: &[Need::of_devices(
        WRITE,
        &[("resource.k8s.io", "resourceclaims"), ("resource.k8s.io", "resourceclaimtemplates")],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "decide which devices pods get",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &CLAIMS]);
}
