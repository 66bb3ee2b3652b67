//! `reliability/update-strategy`

use crate::joins;
use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_model::Spot;
use ironclad_model::{Kind, Severity};
use ironclad_pod::{is_exclusive, is_zero, mounted_claims};
use ironclad_views::{DaemonSetSpec, DeploymentSpec, Field, IntOrText, Pod, StatefulSetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/update-strategy",
    title: "Service that is away during every update",
    severity: Severity::Low,
    reads: &[
        Kind::DEPLOYMENT,
        Kind::STATEFUL_SET,
        Kind::DAEMON_SET,
        Kind::SERVICE,
        Kind::PERSISTENT_VOLUME_CLAIM,
        Kind::HORIZONTAL_POD_AUTOSCALER,
        Kind::SCALED_OBJECT,
    ],
    params: &[Param {
        name: "strict",
        default: ParamDefault::Bool(false),
        doc: "Ask every workload, whether or not a Service sends to it.",
    }],
    page: include_str!("update_strategy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    let (kind, whole) = match workload.kind() {
        Kind::DEPLOYMENT => {
            let strategy = spec::<DeploymentSpec<'_>>(workload).strategy();
            let rolling = strategy.rolling_update();
            let surges = rolling.max_surge().get().is_none_or(|surge| !is_zero(surge));
            refused(rolling.max_unavailable(), rolling.max_surge(), surges, cx);
            (strategy.kind(), "Recreate")
        }
        Kind::DAEMON_SET => {
            let strategy = spec::<DaemonSetSpec<'_>>(workload).update_strategy();
            let rolling = strategy.rolling_update();
            // A DaemonSet does not surge unless told to.
            let surges = rolling.max_surge().get().is_some_and(|surge| !is_zero(surge));
            refused(rolling.max_unavailable(), rolling.max_surge(), surges, cx);
            (strategy.kind(), "OnDelete")
        }
        Kind::STATEFUL_SET => (spec::<StatefulSetSpec<'_>>(workload).update_strategy().kind(), "OnDelete"),
        _ => return,
    };
    if kind.get() != Some(whole) || needs_recreate(pod, cx) {
        return;
    }
    let services = joins::services_of(pod, cx);
    if services.is_empty() && !cx.strict() && cx.context(&[Kind::SERVICE]) {
        return;
    }
    let (message, label) = match whole {
        "Recreate" => ("every update stops all pods before it starts new ones", "the service is away meanwhile"),
        _ => ("no update reaches a pod until somebody deletes it", "an update waits for a person"),
    };
    let finder = cx.find(kind, message).label(label);
    if let Some(service) = services.first() {
        finder.related_in(service, Spot::at(service.root()), "sends to these pods");
    }
}

/// Both 0 leaves no way to replace a pod.
fn refused(unavailable: Field<'_, IntOrText<'_>>, surge: Field<'_, IntOrText<'_>>, surges: bool, cx: &mut Cx<'_>) {
    if unavailable.get().is_some_and(is_zero) && !surges {
        cx.find(unavailable, "`maxUnavailable` and `maxSurge` are both 0")
            .label("the API server refuses it")
            .related(surge, "the other");
    }
}

/// A single pod with a volume that only one node has at a time must go before its successor comes.
fn needs_recreate(pod: &Pod<'_>, cx: &Cx<'_>) -> bool {
    let single = joins::scaling(cx).replicas(pod.object, cx.snapshot()).most <= 1;
    let exclusive = |name: Option<&str>| {
        let Some(name) = name else { return true };
        let claim = cx.named(Kind::PERSISTENT_VOLUME_CLAIM, pod.object.namespace(), name);
        claim.is_none_or(is_exclusive)
    };
    single && pod.object.kind() == Kind::DEPLOYMENT && mounted_claims(pod).iter().any(|claim| exclusive(claim.claim))
}
