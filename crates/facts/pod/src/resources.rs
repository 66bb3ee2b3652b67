//! Requests and limits in effect: the container's own, the pod's, and what a LimitRange of the namespace adds.
//!
//! The order is the API server's: defaults of LimitRanges are written into the container first (`plugin/pkg/admission/
//! limitranger`), then a limit is copied into a missing request; pod-level resources bound all containers together.

use crate::same_namespace;
use ironclad_model::{Object, Quantity};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{Map, Pod, PodContainer, Role};

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

    /// What a request of the container may not exceed, as written: its limit in effect, a limit of 0 included.
    pub fn most_requested(&self, name: &str) -> Option<&str> {
        let own = quantity_text(self.container.limits(), name);
        own.or_else(|| self.default_text("default", name)).or_else(|| quantity_text(self.pod.limits(), name))
    }

    /// What a limit of the container may not go below, as written: the request that is its own or a LimitRange's. A
    /// request of the pod is of all of its containers together.
    pub fn least_limited(&self, name: &str) -> Option<&str> {
        let own = quantity_text(self.container.requests(), name);
        own.or_else(|| self.default_text("defaultRequest", name))
    }

    fn default(&self, which: &str, name: &str) -> Option<Quantity> {
        self.default_text(which, name)?.parse().ok()
    }

    fn default_text(&self, which: &str, name: &str) -> Option<&str> {
        // A maximum is the default of a range that names none.
        self.ranges.iter().find_map(|item| {
            default_of(*item, which, name).or_else(|| match which {
                "defaultRequest" => ["default", "max", "min"].iter().find_map(|of| default_of(*item, of, name)),
                _ => default_of(*item, "max", name),
            })
        })
    }
}

fn default_of<'a>(item: NodeRef<'a>, which: &str, name: &str) -> Option<&'a str> {
    item.get_str(which)?.value().get_str(name)?.value().text().filter(|text| text.parse::<Quantity>().is_ok())
}

fn quantity_text<'a>(list: Map<'a>, name: &str) -> Option<&'a str> {
    list.quantity(name).filter(|quantity| !quantity.is_negative()).and_then(|_| list.text(name))
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
