//! `hygiene/instance-label`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "hygiene/instance-label",
    title: "instance label that is not the name",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY],
    page: include_str!("instance_label.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let label = object.labels().and_then(|labels| labels.get_str("app.kubernetes.io/instance"));
    let Some((label, value)) = label.and_then(|entry| Some((entry.value(), entry.value().text()?))) else { return };
    if !object.name().is_empty() && value != object.name() {
        cx.find(label, format!("`app.kubernetes.io/instance` is `{value}`, and the object is \"{}\"", object.name()));
    }
}
