//! `namespace/psa-not-restricted`

use super::{enforced, is_of_the_system, level};
use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Object, Safety, Severity};

pub(super) static META: Meta = Meta {
    id: "namespace/psa-not-restricted",
    title: "namespace takes pods that are not restricted",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::NAMESPACE],
    tags: &["cis:5.2.6"],
    fix: FixKind::Safe,
    page: include_str!("psa_not_restricted.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(namespace: &Object, cx: &mut Cx<'_>) {
    let message = match level(namespace) {
        Some("restricted") => return,
        None => "namespace enforces no Pod Security level".to_owned(),
        Some(level) => format!("namespace enforces the Pod Security level `{level}`"),
    };
    let at = enforced(namespace);
    let finder = cx.find(at, message).label("it takes pods that run as root");
    if !is_of_the_system(namespace) {
        finder.fix_set("set `enforce: restricted`", Safety::Safe, at, "\"restricted\"");
    }
}
