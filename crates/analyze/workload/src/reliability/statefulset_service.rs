//! `reliability/statefulset-service`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{same_namespace, selects};
use ironclad_views::{Pod, ServiceSpec, StatefulSetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/statefulset-service",
    title: "StatefulSet without its headless Service",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::STATEFUL_SET, Kind::SERVICE],
    page: include_str!("statefulset_service.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    if workload.kind() != Kind::STATEFUL_SET {
        return;
    }
    let field = spec::<StatefulSetSpec<'_>>(workload).service_name();
    let Some(name) = field.get().filter(|name| !name.is_empty()) else {
        if field.get().is_some() || !field.is_set() {
            cx.find(field, "StatefulSet names no Service").label("its pods have no names in DNS");
        }
        return;
    };
    let service =
        cx.named(Kind::SERVICE, workload.namespace(), name).filter(|service| same_namespace(service, workload));
    let Some(service) = service else {
        cx.context(&[Kind::SERVICE]);
        cx.find(field, format!("Service \"{name}\" does not exist")).label("its pods have no names in DNS");
        return;
    };
    let of_service = spec::<ServiceSpec<'_>>(service);
    let address = of_service.cluster_ip();
    if address.get() != Some("None") {
        cx.find(field, format!("Service \"{name}\" is not headless"))
            .label("its pods have no names of their own")
            .related_in(service, address, "`clusterIP: None` makes it headless");
    }
    if !selects(service, pod) {
        cx.find(field, format!("Service \"{name}\" does not select the pods of this StatefulSet"))
            .label("its pods have no names in DNS")
            .related_in(service, of_service.selector().spot(), "the labels that it selects");
    }
}
