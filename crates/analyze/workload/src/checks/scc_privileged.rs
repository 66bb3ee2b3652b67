//! `workload/scc-privileged`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "workload/scc-privileged",
    title: "security context constraint that allows privileged containers",
    severity: Severity::High,
    reads: &[Kind::SECURITY_CONTEXT_CONSTRAINTS],
    page: include_str!("scc_privileged.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let field = Spot::at(object.root()).field(f::ALLOW_PRIVILEGED_CONTAINER);
    // OpenShift's own constraint of this name is for privileged pods.
    if object.name() == "privileged" || field.node().and_then(|node| node.as_bool()) != Some(true) {
        return;
    }
    cx.find(field, "constraint allows privileged containers").label("whoever may use it takes over nodes");
}
