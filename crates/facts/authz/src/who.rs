//! Who may make this request: the candidate rules first, then the roles that hold them, then their bindings.

use crate::intern::Text;
use crate::object::{BindingId, RoleId, SubjectId};
use crate::query::{Query, Rule, RuleId};
use crate::{MASTERS, Proof, Request, World};

/// Who may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Who {
    /// The subjects, as bindings name them, by the bytes of their labels. Members of `system:masters` may besides.
    pub subjects: Vec<SubjectId>,
    /// The bindings that grant it, in the order of the index.
    pub bindings: Vec<BindingId>,
}

impl Who {
    /// Labels of the subjects, with `Group:system:masters`: sorted by bytes, without repetition.
    pub fn labels(&self, world: &World) -> Vec<String> {
        let mut labels: Vec<String> = self.subjects.iter().map(|id| world.subject_label(*id)).collect();
        labels.push(format!("Group:{MASTERS}"));
        labels.sort();
        labels.dedup();
        labels
    }
}

/// A set of small numbers.
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(size: usize) -> Bits {
        Bits(vec![0; size.div_ceil(64)])
    }

    /// Adds it; was it absent?
    pub(crate) fn insert(&mut self, index: u32) -> bool {
        let Some(word) = self.0.get_mut(index as usize / 64) else { return false };
        let bit = 1 << (index % 64);
        let absent = *word & bit == 0;
        *word |= bit;
        absent
    }

    pub(crate) fn contains(&self, index: u32) -> bool {
        self.0.get(index as usize / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}

impl World {
    /// Everybody who may make the request. In a namespace: through ClusterRoleBindings and the RoleBindings there.
    pub fn who_can(&self, request: &Request) -> Who {
        let query = Query::of(request, &self.rules.texts);
        let space = self.rules.texts.find(request.namespace());
        let in_space = space != Text::EMPTY && space != Text::UNKNOWN;
        let mut lists = Bits::new(self.rules.lists());
        let mut bindings = Vec::new();
        let mut named = Bits::new(self.subjects.len());
        for rule in self.matching(&query) {
            for list in self.rule_lists.get(rule.0 as usize) {
                if !lists.insert(*list) {
                    continue;
                }
                for role in self.list_roles.get(*list as usize) {
                    for id in self.role_bindings.get(*role as usize) {
                        let binding = &self.bindings[*id as usize];
                        if binding.cluster || (in_space && binding.namespace == space) {
                            bindings.push(BindingId(*id));
                            for subject in self.binding_subjects.get(*id as usize) {
                                named.insert(*subject);
                            }
                        }
                    }
                }
            }
        }
        bindings.sort_unstable();
        let subjects = self.subjects().iter().copied().filter(|id| named.contains(id.0)).collect();
        Who { subjects, bindings }
    }

    /// Every proof that a subject's own bindings give for a request, in the order of the bindings' labels.
    pub fn proofs_for(&self, who: &Who, subject: SubjectId, request: &Request) -> Vec<Proof> {
        let query = Query::of(request, &self.rules.texts);
        let mut proofs = Vec::new();
        for binding in &who.bindings {
            if self.subjects_of(*binding).any(|own| own == subject)
                && let Some(role) = self.binding(*binding).role
            {
                proofs.extend(self.matching_rules(role, &query).map(|rule| Proof {
                    binding: *binding,
                    subject,
                    role,
                    rule,
                }));
            }
        }
        proofs.sort_by_cached_key(|proof| (self.binding_label(proof.binding), proof.rule));
        proofs
    }

    fn matching_rules<'w>(&'w self, role: RoleId, query: &'w Query<'_>) -> impl Iterator<Item = u32> + 'w {
        let rules = self.rules.of_list(self.role(role).list).iter().enumerate();
        rules.filter(|(_, rule)| self.rules.matches(RuleId(**rule), query)).map(|(index, _)| index as u32)
    }

    /// Distinct rules that match.
    fn matching(&self, query: &Query<'_>) -> Vec<RuleId> {
        match query {
            Query::Path(..) => {
                let rules = self.url_rules.iter().map(|id| RuleId(*id));
                rules.filter(|rule| self.rules.matches(*rule, query)).collect()
            }
            Query::Resource(verb, resource) => {
                let mut found = Vec::new();
                for key in [Text::STAR, resource.combined, resource.star_sub] {
                    for id in self.by_resource.get(&key).into_iter().flatten() {
                        let rule: &Rule = self.rules.get(RuleId(*id));
                        if rule.has_verb(*verb) && self.rules.matches_but_verb(rule, resource) {
                            found.push(RuleId(*id));
                        }
                    }
                }
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }
}
