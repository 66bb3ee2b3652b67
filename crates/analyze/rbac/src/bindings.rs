//! Bindings and their subjects, as the checks of bindings walk them.

use crate::facts::{Facts, UNNAMED};
use ironclad_authz::{BindingId, Origin, SubjectId, SubjectKind};
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
pub(crate) fn subjects<'f, 's>(facts: &'f Facts, cx: &Cx<'s>) -> impl Iterator<Item = Named<'s>> + use<'f, 's> {
    let (world, snapshot) = (&facts.world, cx.snapshot());
    world.binding_ids().filter(|binding| !facts.is_default_binding(*binding)).flat_map(move |binding| {
        let object = match world.binding(binding).origin() {
            Origin::Object(id) => snapshot.object(id),
            Origin::BuiltIn | Origin::Outside(_) => None,
        };
        let subjects = object.into_iter().flat_map(move |_| world.subjects_of(binding));
        subjects.filter_map(move |subject| Some(Named { binding, subject, object: object? }))
    })
}

fn subject_node<'s>(facts: &Facts, object: &'s Object, subject: SubjectId) -> Option<NodeRef<'s>> {
    let world = &facts.world;
    let text = |item: NodeRef<'s>, field| item.get(field).and_then(|entry| entry.value().as_str()).unwrap_or_default();
    let (name, kind) = (world.subject_name(subject), world.subject(subject).kind().as_str());
    let home = world.subject_namespace(subject);
    let same_home = |own: &str| own == home || own.is_empty() || home.is_empty();
    let mut items = object.root().get(f::SUBJECTS)?.value().items();
    items.find(|item| {
        text(*item, f::NAME) == name && text(*item, f::KIND) == kind && same_home(text(*item, f::NAMESPACE))
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
