//! `rbac/policy-engine-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/policy-engine-write",
    title: "policies of policy engines may be written",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1685"],
    page: include_str!("policy_engine_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("kyverno.io", "*policies"),
            ("kyverno.io", "policyexceptions"),
            ("policies.kyverno.io", "*policies"),
            ("policies.kyverno.io", "policyexceptions"),
            ("templates.gatekeeper.sh", "constrainttemplates"),
            ("constraints.gatekeeper.sh", "*"),
            ("config.gatekeeper.sh", "configs"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "change or except the policies of the cluster",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
