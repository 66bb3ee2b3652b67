//! Bindings and their subjects, as the checks of bindings walk them.

use crate::facts::{Facts, UNNAMED};
use ironclad_authz::{BindingId, SubjectId, SubjectKind};
use ironclad_check::Cx;
use ironclad_model::{Object, Spot};
use ironclad_tree::{NodeRef, f};

/// A subject of a binding of the input.
#[derive(Clone, Copy)]
pub(crate) struct Named<'s> {
    pub(crate) binding: BindingId,
    pub(crate) subject: SubjectId,
    /// The binding.
    pub(crate) object: &'s Object,
}

impl<'s> Named<'s> {
    /// Where the binding names the subject.
    pub(crate) fn node(&self, facts: &Facts) -> NodeRef<'s> {
        subject_node(facts, self.object, self.subject).unwrap_or(self.object.root())
    }
}

/// Every subject of every binding of the input, but of those that are as the API server makes them.
pub(crate) fn subjects<'s>(facts: &Facts, cx: &Cx<'s>) -> Vec<Named<'s>> {
    let world = &facts.world;
    let mut found = Vec::with_capacity(world.binding_ids().size_hint().0);
    for binding in world.binding_ids().filter(|binding| !facts.is_default_binding(*binding)) {
        let Some(object) = facts.object(world.binding(binding).origin(), cx) else { continue };
        for subject in world.subjects_of(binding) {
            found.push(Named { binding, subject, object });
        }
    }
    found
}

fn subject_node<'s>(facts: &Facts, object: &'s Object, subject: SubjectId) -> Option<NodeRef<'s>> {
    let world = &facts.world;
    let text = |item: NodeRef<'s>, field| item.get(field).and_then(|entry| entry.value().as_str()).unwrap_or_default();
    let home = world.subject_namespace(subject);
    let mut items = object.root().get(f::SUBJECTS)?.value().items();
    items.find(|item| {
        let own = text(*item, f::NAMESPACE);
        let same_home = own == home || own.is_empty() || home.is_empty();
        text(*item, f::NAME) == world.subject_name(subject)
            && text(*item, f::KIND) == world.subject(subject).kind().as_str()
            && same_home
    })
}

/// Namespace (where one is known) and name of a ServiceAccount, as its object would have them.
pub(crate) fn account<'f>(
    facts: &'f Facts,
    subject: SubjectId,
    binding: &'f Object,
) -> Option<(Option<&'f str>, &'f str)> {
    let world = &facts.world;
    if world.subject(subject).kind() != SubjectKind::ServiceAccount {
        return None;
    }
    let namespace = match world.subject_namespace(subject) {
        UNNAMED => binding.namespace(),
        namespace => Some(namespace),
    };
    Some((namespace, world.subject_name(subject)))
}

/// Where a binding says what it refers to.
pub(crate) fn role_ref(object: &Object) -> Spot<'_> {
    Spot::at(object.root()).field(f::ROLE_REF)
}
