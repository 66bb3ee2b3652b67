//! `rbac/bind`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/bind",
    title: "any role may be bound",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1098"],
    page: include_str!("bind.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[
        Need::of(&["bind"], &[("rbac.authorization.k8s.io", "clusterroles")]),
        Need::of(
            WRITE,
            &[("rbac.authorization.k8s.io", "rolebindings"), ("rbac.authorization.k8s.io", "clusterrolebindings")],
        ),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "bind any role, cluster-admin too",
    named: Named::Lower,
};

/// A Role is bound by a RoleBinding alone.
static OF_ROLES: Risk = Risk {
    needs: &[
        Need::of(&["bind"], &[("rbac.authorization.k8s.io", "roles")]),
        Need::of(WRITE, &[("rbac.authorization.k8s.io", "rolebindings")]),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "bind any role, cluster-admin too",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &OF_ROLES]);
}
