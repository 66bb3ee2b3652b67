//! `reliability/hpa-and-replicas`

use crate::joins;
use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Object, Safety, Severity};
use ironclad_pod::{is_replicated, replicas, scale_target_ref};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "reliability/hpa-and-replicas",
    title: "two owners of one number of replicas",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::ANY_POD, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
    fix: FixKind::Safe,
    page: include_str!("hpa_and_replicas.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(workload: &Object, cx: &mut Cx<'_>) {
    if !is_replicated(workload.kind()) {
        return;
    }
    let field = replicas(workload);
    // In a cluster the number is always there, and the autoscaler wrote it: only a manifest can be at fault.
    let is_live = workload.metadata().is_some_and(|metadata| metadata.get(f::UID).is_some());
    if !field.is_set() || is_live {
        return;
    }
    let scaling = joins::scaling(cx);
    let Some(scaler) = scaling.scalers(workload).iter().find_map(|id| cx.object_of(*id)) else { return };
    let message = format!("`replicas` is set, and {} \"{}\" sets it too", scaler.kind_name(), scaler.name());
    cx.find(field, message)
        .label("every deployment undoes what the autoscaler did")
        .related_in(scaler, scale_target_ref(scaler).spot(), "scales it")
        .fix_remove("remove `replicas`", Safety::Safe, field);
}
