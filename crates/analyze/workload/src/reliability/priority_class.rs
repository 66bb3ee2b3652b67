//! `reliability/priority-class`

use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Severity, Wanted};
use ironclad_pod::is_whole_spec;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/priority-class",
    title: "pod without a priority class",
    severity: Severity::Info,
    profile: Profile::OptIn,
    params: &[Param {
        name: "allowed",
        default: ParamDefault::Texts(&[]),
        doc: "Priority classes that pods may have; any where the list is empty.",
    }],
    fix: FixKind::Value,
    page: include_str!("priority_class.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.priority_class_name();
    let allowed = cx.texts("allowed");
    let (message, label) = match field.get().filter(|name| !name.is_empty()) {
        None if is_whole_spec(pod) => {
            ("no priority class".to_owned(), "under pressure the scheduler cannot tell it from the rest")
        }
        Some(name) if !allowed.is_empty() && !allowed.iter().any(|one| one == name) => {
            (format!("priority class \"{name}\" is not one of {}", allowed.join(", ")), "not agreed on")
        }
        _ => return,
    };
    cx.find(field, message).label(label).fix_ask(
        "set `priorityClassName` to a class of the cluster",
        field,
        Wanted::Text,
    );
}
