//! `namespace/psa-not-baseline`

use super::{enforced, is_of_the_system, level};
use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Object, Safety, Severity};

pub(super) static META: Meta = Meta {
    id: "namespace/psa-not-baseline",
    title: "namespace takes privileged pods",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    reads: &[Kind::NAMESPACE],
    tags: &["cis:5.2.2"],
    fix: FixKind::Safe,
    page: include_str!("psa_not_baseline.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(namespace: &Object, cx: &mut Cx<'_>) {
    let message = match level(namespace) {
        None => "namespace enforces no Pod Security level",
        Some("privileged") => "namespace enforces the Pod Security level `privileged`",
        Some(_) => return,
    };
    let at = enforced(namespace);
    let finder = cx.find(at, message).label("it takes pods of every privilege");
    if !is_of_the_system(namespace) {
        finder.fix_set("set `enforce: baseline`", Safety::Safe, at, "\"baseline\"");
    }
}
