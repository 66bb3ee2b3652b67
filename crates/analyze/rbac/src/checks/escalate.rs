//! `rbac/escalate`

use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, WRITE, Worth, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/escalate",
    title: "role may be given rights that its writer does not have",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1098.006"],
    page: include_str!("escalate.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(&["escalate"], &[("rbac.authorization.k8s.io", "clusterroles")]).worth(own),
        Need::of(WRITE, &[("rbac.authorization.k8s.io", "clusterroles")]).worth(own),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "write roles with rights that they do not have",
    named: Named::Lower,
};

/// The same for the Roles of a namespace.
pub(super) static OF_ROLES: Risk = Risk {
    needs: &[
        Need::of(&["escalate"], &[("rbac.authorization.k8s.io", "roles")]).worth(own),
        Need::of(WRITE, &[("rbac.authorization.k8s.io", "roles")]).worth(own),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "write roles with rights that they do not have",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &OF_ROLES]);
}

/// One role is enough for whoever has it.
fn own(facts: &Facts, limit: &Limit<'_>) -> Worth {
    let world = &facts.world;
    let has = |name: &str| {
        let mut roles = world.bindings_of(limit.subject).filter_map(|binding| world.binding(binding).role());
        roles.any(|role| world.role_name(role) == name)
    };
    if limit.any(has) { Worth::Whole } else { Worth::Less }
}
