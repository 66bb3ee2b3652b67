//! `rbac/sa-secrets-field-mountable`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-secrets-field-mountable",
    title: "`secrets` of a ServiceAccount limits nothing",
    severity: Severity::Info,
    reads: &[Kind::SERVICE_ACCOUNT],
    page: include_str!("sa_secrets_field_mountable.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let Some(list) = object.root().get(f::SECRETS).map(|entry| entry.value()) else { return };
    if list.items().next().is_none() {
        return;
    }
    match object.annotation("kubernetes.io/enforce-mountable-secrets") {
        Some("true") => cx
            .find(list, "the annotation that makes `secrets` a limit is deprecated since Kubernetes 1.32")
            .label("put Secrets that must be kept apart into namespaces of their own"),
        _ => cx
            .find(list, "`secrets` is no limit: pods of this ServiceAccount may mount any Secret of the namespace")
            .label("nothing reads the list but controllers that hand out tokens"),
    };
}
