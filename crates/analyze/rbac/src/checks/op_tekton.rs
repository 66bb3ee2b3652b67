//! `rbac/op-tekton`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-tekton",
    title: "Tekton runs may be written",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1610"],
    page: include_str!("op_tekton.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("tekton.dev", "taskruns"),
            ("tekton.dev", "pipelineruns"),
            ("tekton.dev", "tasks"),
            ("tekton.dev", "pipelines"),
            ("tekton.dev", "customruns"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "start pods as any ServiceAccount through Tekton",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator { name: "Tekton", controllers: &["tekton-pipelines-controller"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
