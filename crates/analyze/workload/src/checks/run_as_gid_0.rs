//! `workload/run-as-gid-0`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::{Scope, effective};
use ironclad_views::{Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "workload/run-as-gid-0",
    title: "container belongs to the root group",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    page: include_str!("run_as_gid_0.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let outer = pod.spec.security_context();
    if outer.fs_group().get() == Some(0) {
        cx.find(outer.fs_group(), "pod sets `fsGroup: 0`: volumes belong to the root group");
    }
    let groups = outer.supplemental_groups().node().into_iter().flat_map(|node| node.items());
    for group in groups.filter(|group| group.as_i64() == Some(0)) {
        cx.find(group, "pod adds the root group to its containers");
    }
    for container in &pod.containers {
        let group = effective(pod, container).run_as_group;
        if group.value == Some(0) && group.scope == Scope::Container {
            cx.find(group.spot, format!("container \"{}\" runs in the root group", container.label())).of(container);
        }
    }
    let inherits = |c: &PodContainer<'_>| !c.security_context().run_as_group().is_set();
    if outer.run_as_group().get() == Some(0) && pod.containers.iter().any(inherits) {
        cx.find(outer.run_as_group(), "pod sets `runAsGroup: 0`: its containers run in the root group");
    }
}
