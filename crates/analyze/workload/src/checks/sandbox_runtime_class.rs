//! `workload/sandbox-runtime-class`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::matches_pattern;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sandbox-runtime-class",
    title: "sandbox without an isolating runtime",
    severity: Severity::High,
    profile: Profile::OptIn,
    reads: &[Kind::SANDBOX, Kind::SANDBOX_TEMPLATE],
    params: &[Param {
        name: "allowed",
        default: ParamDefault::Texts(&["gvisor", "kata*"]),
        doc: "Runtime classes that isolate, `*` for any characters.",
    }],
    page: include_str!("sandbox_runtime_class.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !matches!(pod.object.kind(), Kind::SANDBOX | Kind::SANDBOX_TEMPLATE) {
        return;
    }

    let field = pod.spec.runtime_class_name();
    let allowed = |class: &str| cx.texts("allowed").iter().any(|pattern| matches_pattern(pattern, class));
    match field.get() {
        Some(class) if allowed(class) => {}
        Some(class) => {
            cx.find(field, format!("sandbox runs with the runtime class `{class}`, which is not on the list"));
        }
        None => {
            cx.find(field, "sandbox names no runtime class")
                .label("code that nobody trusts runs on the node's own kernel");
        }
    }
}
