//! `rbac/op-istio-write`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-istio-write",
    title: "guards of the mesh may be changed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1685"],
    page: include_str!("op_istio_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("security.istio.io", "authorizationpolicies"),
            ("security.istio.io", "peerauthentications"),
            ("security.istio.io", "requestauthentications"),
            ("networking.istio.io", "envoyfilters"),
            ("networking.istio.io", "virtualservices"),
            ("networking.istio.io", "sidecars"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "change what Istio lets through",
    named: Named::Lower,
};

static OPERATOR: Operator =
    Operator { name: "Istio", controllers: &["istiod", "istiod-*", "istiod-service-account"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
