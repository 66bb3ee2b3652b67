//! Requests and limits in effect: the container's own, the pod's, and what a LimitRange of the namespace adds.
//!
//! The order is the API server's: defaults of LimitRanges are written into the container first (`plugin/pkg/admission/
//! limitranger`), then a limit is copied into a missing request; pod-level resources bound all containers together.

use crate::same_namespace;
use ironclad_model::{Object, Quantity};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{Pod, PodContainer, Role};

/// The resources of one container.
pub struct Resources<'a> {
    container: ironclad_views::Resources<'a>,
    pod: ironclad_views::Resources<'a>,
    ranges: Vec<NodeRef<'a>>,
}

/// The resources in effect of a container, with the LimitRanges of the snapshot.
pub fn resources<'a>(pod: &Pod<'a>, container: &PodContainer<'a>, ranges: &[&'a Object]) -> Resources<'a> {
    let near = ranges.iter().filter(|range| same_namespace(range, pod.object));
    let items = near.flat_map(|range| {
        let limits = range.root().get(f::SPEC).and_then(|spec| spec.value().get(f::LIMITS));
        limits.into_iter().flat_map(|limits| limits.value().items())
    });
    let of_containers = items.filter(|item| item.get(f::TYPE).and_then(|t| t.value().as_str()) == Some("Container"));
    Resources { container: container.resources(), pod: pod.spec.resources(), ranges: of_containers.collect() }
}

impl Resources<'_> {
    /// The request in effect; none where it is 0 or not set.
    pub fn request(&self, name: &str) -> Option<Quantity> {
        let own = self.container.requests().get(name).is_some_and(|entry| !entry.value().is_null());
        let set = if own {
            self.container.requests().quantity(name)
        } else {
            self.default("defaultRequest", name)
                .or_else(|| self.container.limits().quantity(name))
                .or_else(|| self.default("default", name))
        };
        set.or_else(|| self.pod.requests().quantity(name)).or_else(|| self.pod.limits().quantity(name)).filter(positive)
    }

    /// The limit in effect; none where it is 0 or not set.
    pub fn limit(&self, name: &str) -> Option<Quantity> {
        let own = self.container.limits().quantity(name);
        own.or_else(|| self.default("default", name)).or_else(|| self.pod.limits().quantity(name)).filter(positive)
    }

    fn default(&self, which: &str, name: &str) -> Option<Quantity> {
        // A maximum is the default of a range that names none.
        let of = |item: &NodeRef<'_>, which: &str| -> Option<Quantity> {
            item.get_str(which)?.value().get_str(name)?.value().text()?.parse().ok()
        };
        self.ranges.iter().find_map(|item| {
            of(item, which).or_else(|| match which {
                "defaultRequest" => of(item, "default").or_else(|| of(item, "max")).or_else(|| of(item, "min")),
                _ => of(item, "max"),
            })
        })
    }
}

fn positive(quantity: &Quantity) -> bool {
    !quantity.is_negative() && !quantity.is_zero()
}

/// The containers that resource checks ask: main ones and sidecars; with `strict`, init containers too.
pub fn counted<'p, 'a>(pod: &'p Pod<'a>, strict: bool) -> impl Iterator<Item = &'p PodContainer<'a>> {
    pod.containers.iter().filter(move |container| match container.role {
        Role::Main | Role::Sidecar => true,
        Role::Init => strict,
        // An ephemeral container has no resources of its own.
        Role::Ephemeral => false,
    })
}
