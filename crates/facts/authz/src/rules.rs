//! What a user may do: every rule that applies to him, with its way.

use crate::object::SubjectId;
use crate::query::RuleId;
use crate::{PolicyRule, Proof, User, World};

/// A rule that a user has, and how he comes by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The way.
    pub proof: Proof,
    /// The rule.
    pub rule: PolicyRule,
}

impl World {
    /// The rules that hold for a user: cluster-wide, and in `namespace` where it is not empty. As upstream's
    /// `RulesFor`: a RoleBinding to a ClusterRole brings that role's `nonResourceURLs` along, which no request ever uses.
    pub fn rules_for(&self, user: &User, namespace: &str) -> Vec<Grant> {
        let mut proofs = Vec::new();
        self.visit(user, namespace, |binding, subject| {
            if let Some(role) = self.binding(binding).role {
                let count = self.rules.of_list(self.role(role).list).len() as u32;
                proofs.extend((0..count).map(|rule| Proof { binding, subject, role, rule }));
            }
            true
        });
        proofs.sort_by_cached_key(|proof| (self.binding_label(proof.binding), proof.rule));
        proofs.dedup_by_key(|proof| (proof.binding, proof.rule));
        proofs.into_iter().map(|proof| Grant { proof, rule: self.rule_of(proof.role, proof.rule) }).collect()
    }

    /// The rules that one subject has by its own bindings, in every namespace.
    pub fn grants_of(&self, subject: SubjectId) -> Vec<Grant> {
        let mut grants = Vec::new();
        for binding in self.bindings_of(subject) {
            let Some(role) = self.binding(binding).role else { continue };
            for (index, rule) in self.rules.of_list(self.role(role).list).iter().enumerate() {
                let proof = Proof { binding, subject, role, rule: index as u32 };
                grants.push(Grant { proof, rule: self.rules.plain(RuleId(*rule)) });
            }
        }
        grants.sort_by_cached_key(|grant| (self.binding_label(grant.proof.binding), grant.proof.rule));
        grants
    }
}
