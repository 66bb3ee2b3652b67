//! May this user make this request, by which binding and rule?
//!
//! Source: `VisitRulesFor` in k8s.io/kubernetes `pkg/registry/rbac/validation/rule.go`: all ClusterRoleBindings, then the
//! RoleBindings of the request's namespace where it has one. A role that is not there grants nothing and hinders
//! nothing.

use crate::intern::Text;
use crate::object::{BindingId, RoleId, SubjectId, SubjectKind};
use crate::query::{Query, RuleId};
use crate::{MASTERS, Request, User, World};

/// One way in which a request is granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Proof {
    /// The binding.
    pub binding: BindingId,
    /// The subject of the binding that the user is, or is in.
    pub subject: SubjectId,
    /// The role.
    pub role: RoleId,
    /// Index of the rule in the role.
    pub rule: u32,
}

/// What RBAC says of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Allowed? RBAC never denies: what it does not allow is left to the next authorizer.
    pub allowed: bool,
    /// Allowed before RBAC was asked, as a member of `system:masters`. There are no proofs then.
    pub bypass: bool,
    /// Every rule of every binding that grants it, bindings sorted by the bytes of their labels.
    pub proofs: Vec<Proof>,
}

impl Decision {
    /// The bindings that grant it, as `ClusterRoleBinding/name` or `RoleBinding/namespace/name`, sorted by bytes.
    pub fn via(&self, world: &World) -> Vec<String> {
        if self.bypass {
            return vec![format!("bypass/{MASTERS}")];
        }
        let mut labels: Vec<String> = self.proofs.iter().map(|proof| world.binding_label(proof.binding)).collect();
        labels.sort();
        labels.dedup();
        labels
    }
}

impl World {
    /// Decides a request, with every proof.
    pub fn decide(&self, user: &User, request: &Request) -> Decision {
        if user.is_in(MASTERS) {
            return Decision { allowed: true, bypass: true, proofs: Vec::new() };
        }
        let query = Query::of(request, &self.rules.texts);
        let mut proofs = Vec::new();
        self.visit(user, request.namespace(), |binding, subject| {
            let Some(role) = self.binding(binding).role else { return true };
            for (index, rule) in self.rules.of_list(self.role(role).list).iter().enumerate() {
                if self.rules.matches(RuleId(*rule), &query) {
                    proofs.push(Proof { binding, subject, role, rule: index as u32 });
                }
            }
            true
        });
        // A user who is several subjects of one binding is granted by it once, through the first of them.
        proofs.sort_by_cached_key(|proof| (self.binding_label(proof.binding), proof.rule, self.position(proof)));
        proofs.dedup_by_key(|proof| (proof.binding, proof.rule));
        Decision { allowed: !proofs.is_empty(), bypass: false, proofs }
    }

    /// Decides a request, without proofs: stops at the first.
    pub fn allows(&self, user: &User, request: &Request) -> bool {
        if user.is_in(MASTERS) {
            return true;
        }
        let query = Query::of(request, &self.rules.texts);
        let mut allowed = false;
        self.visit(user, request.namespace(), |binding, _| {
            allowed = self.grants(binding, &query);
            !allowed
        });
        allowed
    }

    /// Does the role of this binding hold a rule that matches?
    pub(crate) fn grants(&self, binding: BindingId, query: &Query<'_>) -> bool {
        let Some(role) = self.binding(binding).role else { return false };
        self.rules.of_list(self.role(role).list).iter().any(|rule| self.rules.matches(RuleId(*rule), query))
    }

    /// The subjects that a user is.
    pub(crate) fn identities(&self, user: &User) -> Vec<SubjectId> {
        let name = self.rules.texts.find(&user.name);
        let kinds = [SubjectKind::User, SubjectKind::ServiceAccount];
        let mut found: Vec<SubjectId> =
            kinds.iter().filter_map(|kind| self.principals.get(&(*kind, name)).copied()).collect();
        for group in &user.groups {
            let key = (SubjectKind::Group, self.rules.texts.find(group));
            found.extend(self.principals.get(&key).copied().filter(|id| !found.contains(id)));
        }
        self.named_outside(&user.name, &mut found);
        found
    }

    /// Calls back with each binding that applies to the user in this namespace, until told to stop (`false`).
    pub(crate) fn visit(&self, user: &User, namespace: &str, mut call: impl FnMut(BindingId, SubjectId) -> bool) {
        let space = self.rules.texts.find(namespace);
        for subject in self.identities(user) {
            let bindings = self.subject_bindings.get(subject.0 as usize);
            let own = self.of_cluster(bindings).iter().chain(self.of_namespace(bindings, space));
            for binding in own {
                if !call(BindingId(*binding), subject) {
                    return;
                }
            }
        }
    }

    /// Of bindings sorted by scope, those of the whole cluster.
    pub(crate) fn of_cluster<'b>(&self, bindings: &'b [u32]) -> &'b [u32] {
        let end = bindings.partition_point(|id| self.bindings[*id as usize].cluster);
        bindings.get(..end).unwrap_or_default()
    }

    /// Of bindings sorted by scope, those of one namespace.
    pub(crate) fn of_namespace<'b>(&self, bindings: &'b [u32], space: Text) -> &'b [u32] {
        if space == Text::EMPTY || space == Text::UNKNOWN {
            return &[];
        }
        let before = |id: &u32| {
            let binding = &self.bindings[*id as usize];
            binding.cluster || binding.namespace < space
        };
        let start = bindings.partition_point(before);
        let rest = bindings.get(start..).unwrap_or_default();
        let end = rest.partition_point(|id| self.bindings[*id as usize].namespace == space);
        rest.get(..end).unwrap_or_default()
    }

    fn position(&self, proof: &Proof) -> usize {
        self.subjects_of(proof.binding).position(|subject| subject == proof.subject).unwrap_or(usize::MAX)
    }

    /// The API server's words for a grant, as in the audit annotation `authorization.k8s.io/reason`: name before
    /// namespace, as upstream has it.
    pub fn reason(&self, proof: &Proof) -> String {
        let of = |kind: &str, name: &str, namespace: &str| match namespace {
            "" => format!("{kind} \"{name}\""),
            _ => format!("{kind} \"{name}/{namespace}\""),
        };
        let binding = self.binding(proof.binding);
        if self.is_outside(proof.binding) {
            let user = self.subject_name(proof.subject);
            return format!("allowed by {} to User \"{user}\"", self.binding_label(proof.binding));
        }
        let kind = if binding.cluster { "ClusterRoleBinding" } else { "RoleBinding" };
        let binding_text = of(kind, self.binding_name(proof.binding), self.binding_namespace(proof.binding));
        let role_kind = if self.role(proof.role).cluster { "ClusterRole" } else { "Role" };
        let role = of(role_kind, self.role_name(proof.role), "");
        let subject = of(
            self.subject(proof.subject).kind.as_str(),
            self.subject_name(proof.subject),
            self.subject_namespace(proof.subject),
        );
        format!("RBAC: allowed by {binding_text} of {role} to {subject}")
    }
}
