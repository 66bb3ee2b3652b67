//! Could a user give away what he does not have? The API server's checks beside authorization, on writes of roles and
//! bindings.
//!
//! Source: k8s.io/kubernetes `pkg/registry/rbac/escalation_check.go` and `pkg/registry/rbac/*/policybased/storage.go`.
//! Only RBAC rules count as held: what Node, ABAC or a webhook allow does not. Deletes are never checked.

use crate::read::GROUP;
use crate::{MASTERS, PolicyRule, Request, User, World, covers};

/// A create or update of a Role or ClusterRole.
#[derive(Clone, Copy, Debug)]
pub struct RoleWrite<'a> {
    /// Namespace of a Role; empty for a ClusterRole.
    pub namespace: &'a str,
    /// Name in the request: empty for a plain create, so that `escalate` limited to names does not help there.
    pub name: &'a str,
    /// The rules to be.
    pub rules: &'a [PolicyRule],
    /// Has it, or had it before, an aggregation rule with a selector?
    pub aggregates: bool,
}

/// A create or update of a binding.
#[derive(Clone, Copy, Debug)]
pub struct BindingWrite<'a> {
    /// Namespace of a RoleBinding; empty for a ClusterRoleBinding.
    pub namespace: &'a str,
    /// Does it refer to a ClusterRole?
    pub cluster_role: bool,
    /// Name of the role that it refers to.
    pub role: &'a str,
}

/// What the check says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Escalation {
    /// The user is a member of `system:masters`.
    Masters,
    /// The user holds `escalate` on the role, or `bind` on the role that is bound.
    Verb,
    /// The user holds every right that is given.
    Covered,
    /// These rights are given and not held.
    Refused(Vec<PolicyRule>),
    /// The role that is bound does not exist, and the user does not hold `bind` on it.
    NoSuchRole,
}

impl Escalation {
    /// Does the API server let it through?
    pub fn is_allowed(&self) -> bool {
        matches!(self, Escalation::Masters | Escalation::Verb | Escalation::Covered)
    }
}

impl World {
    /// May the user write a role with these rules, given that he may write the object at all?
    pub fn role_write(&self, user: &User, write: &RoleWrite<'_>) -> Escalation {
        if user.is_in(MASTERS) {
            return Escalation::Masters;
        }
        let resource = if write.namespace.is_empty() { "clusterroles" } else { "roles" };
        let request = Request::resource("escalate", GROUP, resource).named(write.name).within(write.namespace);
        if self.allows(user, &request) {
            return Escalation::Verb;
        }
        let mut wanted = write.rules.to_vec();
        if write.aggregates {
            wanted.extend(full_authority());
        }
        self.held(user, write.namespace, &wanted)
    }

    /// May the user write a binding to this role, given that he may write the object at all?
    pub fn binding_write(&self, user: &User, write: &BindingWrite<'_>) -> Escalation {
        if user.is_in(MASTERS) {
            return Escalation::Masters;
        }
        let resource = if write.cluster_role { "clusterroles" } else { "roles" };
        let request = Request::resource("bind", GROUP, resource).named(write.role).within(write.namespace);
        if self.allows(user, &request) {
            return Escalation::Verb;
        }
        let space = (!write.cluster_role).then_some(write.namespace);
        match self.role_named(space, write.role) {
            Some(role) => self.held(user, write.namespace, &self.rules_of(role)),
            None => Escalation::NoSuchRole,
        }
    }

    fn held(&self, user: &User, namespace: &str, wanted: &[PolicyRule]) -> Escalation {
        let own: Vec<PolicyRule> = self.rules_for(user, namespace).into_iter().map(|grant| grant.rule).collect();
        let missing = covers(&own, wanted);
        if missing.is_empty() { Escalation::Covered } else { Escalation::Refused(missing) }
    }
}

/// What an aggregation rule can gather: everything.
fn full_authority() -> [PolicyRule; 2] {
    let star = || vec!["*".to_owned()];
    [
        PolicyRule { verbs: star(), api_groups: star(), resources: star(), ..PolicyRule::default() },
        PolicyRule { verbs: star(), non_resource_urls: star(), ..PolicyRule::default() },
    ]
}
