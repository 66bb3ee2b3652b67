//! `rbac/bind`

use super::wildcard_verbs::ROWS;
use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, WRITE, Worth, gravest, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/bind",
    title: "any role may be bound",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1098.006"],
    page: include_str!("bind.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(&["bind"], &[("rbac.authorization.k8s.io", "clusterroles")]).worth(cluster_roles),
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
pub(super) static OF_ROLES: Risk = Risk {
    needs: &[
        Need::of(&["bind"], &[("rbac.authorization.k8s.io", "roles")]).worth(roles),
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

/// A `bind` of named roles is worth what the strongest of them grants.
fn cluster_roles(facts: &Facts, limit: &Limit<'_>) -> Worth {
    strongest(facts, limit, None)
}

fn roles(facts: &Facts, limit: &Limit<'_>) -> Worth {
    strongest(facts, limit, Some(limit.namespace))
}

fn strongest(facts: &Facts, limit: &Limit<'_>, namespace: Option<&str>) -> Worth {
    let worth = |name: &String| {
        // What a role of another place grants is not known: neither nothing nor everything.
        let Some(role) = facts.world.role_named(namespace, name) else { return Worth::Less };
        match gravest(facts, role, ROWS) {
            _ if facts.is_admin(role) => Worth::Whole,
            Some(Severity::High | Severity::Critical) => Worth::Less,
            _ => Worth::Little,
        }
    };
    limit.names.iter().map(worth).max().unwrap_or(Worth::Little)
}
