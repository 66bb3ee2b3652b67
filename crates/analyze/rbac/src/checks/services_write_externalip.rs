//! `rbac/services-write-externalip`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, WRITE, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/services-write-externalip",
    title: "Services may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1557"],
    page: include_str!("services_write_externalip.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("", "services")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "take over addresses through Services",
    named: Named::Lower,
};

/// The address that a load balancer is said to have draws traffic as well.
pub(super) static STATUS: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("", "services/status")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "take over addresses through Services",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &STATUS]);
}
