//! `workload/share-process-namespace`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/share-process-namespace",
    title: "containers see the processes of each other",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("share_process_namespace.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.share_process_namespace();
    if field.get() == Some(true) {
        cx.find(field, "the containers of the pod see the processes of each other")
            .label("files through /proc, environment, signals");
    }
}
