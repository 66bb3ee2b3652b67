//! `reliability/hpa-target`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::group_of;
use ironclad_model::{Kind, Object, Severity};
use ironclad_pod::{scale_target, scale_target_name, scale_target_ref};

pub(super) static META: Meta = Meta {
    id: "reliability/hpa-target",
    title: "autoscaler of nothing",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("hpa_target.md"),
    ..Meta::DEFAULT
};

/// What autoscalers usually scale. Another kind is looked for among the objects that are there.
const READS: &[Kind] = &[
    Kind::HORIZONTAL_POD_AUTOSCALER,
    Kind::DEPLOYMENT,
    Kind::REPLICA_SET,
    Kind::REPLICATION_CONTROLLER,
    Kind::STATEFUL_SET,
    Kind::ROLLOUT,
    Kind::DEPLOYMENT_CONFIG,
    Kind::CLONE_SET,
    Kind::KRUISE_STATEFUL_SET,
];

pub(super) fn check(autoscaler: &Object, cx: &mut Cx<'_>) {
    let field = scale_target_ref(autoscaler);
    let Some((version, kind, name)) = scale_target_name(autoscaler) else {
        cx.find(field.name(), "autoscaler names no target").label("it scales nothing");
        return;
    };
    if scale_target(autoscaler, cx.snapshot()).is_some() {
        return;
    }
    let known = Kind::of(version, kind);
    if READS.contains(&known) {
        cx.context(&[known]);
    } else {
        // A custom kind: one object of it in the set says that such objects are there to be seen.
        let same = |object: &&Object| object.kind_name() == kind && group_of(object.api_version()) == group_of(version);
        let seen = cx.snapshot().of_kind(known).iter().any(same);
        cx.observed(seen, kind);
    }
    let place = autoscaler.namespace().map_or_else(String::new, |namespace| format!(" in namespace \"{namespace}\""));
    cx.find(field.spot(), format!("{kind} \"{name}\" ({version}) does not exist{place}")).label("it scales nothing");
}
