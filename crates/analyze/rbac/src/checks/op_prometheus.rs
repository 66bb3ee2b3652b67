//! `rbac/op-prometheus`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-prometheus",
    title: "what Prometheus scrapes may be chosen",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1528"],
    page: include_str!("op_prometheus.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("monitoring.coreos.com", "servicemonitors"),
            ("monitoring.coreos.com", "podmonitors"),
            ("monitoring.coreos.com", "scrapeconfigs"),
            ("monitoring.coreos.com", "probes"),
        ],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "have Prometheus hand its credentials to a server of theirs",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator {
    name: "Prometheus",
    controllers: &["*prometheus-operator", "prometheus-k8s", "*prometheus"],
    risks: &[&RISK],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
