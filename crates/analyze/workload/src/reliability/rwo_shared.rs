//! `reliability/rwo-shared`

use crate::joins;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{is_exclusive, is_replicated, mounted_claims, same_namespace};
use ironclad_views::{ClaimSpec, Pod, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/rwo-shared",
    title: "volume of one node, shared by several pods",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::ANY_POD, Kind::PERSISTENT_VOLUME_CLAIM, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
    page: include_str!("rwo_shared.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    if !is_replicated(workload.kind()) {
        return;
    }
    let most = joins::scaling(cx).replicas(workload, cx.snapshot()).most;
    if most < 2 {
        return;
    }
    for mounted in mounted_claims(pod) {
        // A claim that is made for each pod is its own.
        let Some(name) = mounted.claim else { continue };
        let claim =
            cx.named(Kind::PERSISTENT_VOLUME_CLAIM, workload.namespace(), name).filter(|c| same_namespace(c, workload));
        match claim {
            Some(claim) if is_exclusive(claim) => {
                let modes = spec::<ClaimSpec<'_>>(claim).access_modes();
                let written: Vec<&str> = modes.iter().map(|(_, mode)| mode).collect();
                cx.find(
                    mounted.spot,
                    format!("claim \"{name}\" is {}, and up to {most} pods share it", written.join(", ")),
                )
                .label("pods on other nodes never start")
                .related_in(claim, modes.spot(), "who may mount it");
            }
            Some(_) => {}
            None => {
                if !cx.context(&[Kind::PERSISTENT_VOLUME_CLAIM]) {
                    cx.find(
                        mounted.spot,
                        format!("up to {most} pods share claim \"{name}\", whose access mode is not known"),
                    );
                }
            }
        }
    }
}
