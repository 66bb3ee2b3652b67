//! `rbac/ingress-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/ingress-write",
    title: "published routes may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1133"],
    page: include_str!("ingress_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("networking.k8s.io", "ingresses"),
            ("gateway.networking.k8s.io", "httproutes"),
            ("gateway.networking.k8s.io", "gateways"),
            ("gateway.networking.k8s.io", "referencegrants"),
        ],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "publish routes, and use TLS Secrets of the namespace",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
