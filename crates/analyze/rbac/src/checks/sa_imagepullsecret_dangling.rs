//! `rbac/sa-imagepullsecret-dangling`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-imagepullsecret-dangling",
    title: "ServiceAccount names a Secret that does not exist",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::SERVICE_ACCOUNT, Kind::SECRET],
    page: include_str!("sa_imagepullsecret_dangling.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let items = object.root().get(f::IMAGE_PULL_SECRETS).into_iter().flat_map(|entry| entry.value().items());
    for item in items {
        let Some(node) = item.get(f::NAME).map(|entry| entry.value()) else { continue };
        let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { continue };
        if cx.named(Kind::SECRET, object.namespace(), name).is_none() {
            cx.context(&[Kind::SECRET]);
            cx.find(node, format!("Secret \"{name}\" for pulling images does not exist"))
                .label("images are pulled without it: pods of this account fail, or whoever may create it decides");
        }
    }
}
