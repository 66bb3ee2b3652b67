//! `rbac/escalate`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/escalate",
    title: "role may be given rights that its writer does not have",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1098"],
    page: include_str!("escalate.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[
        Need::of(&["escalate"], &[("rbac.authorization.k8s.io", "clusterroles")]),
        Need::of(WRITE, &[("rbac.authorization.k8s.io", "clusterroles")]),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "write roles with rights that they do not have",
    named: Named::Lower,
};

/// The same for the Roles of a namespace.
static OF_ROLES: Risk = Risk {
    needs: &[
        Need::of(&["escalate"], &[("rbac.authorization.k8s.io", "roles")]),
        Need::of(WRITE, &[("rbac.authorization.k8s.io", "roles")]),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "write roles with rights that they do not have",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &OF_ROLES]);
}
