//! `namespace/default`

use super::namespace_field;
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::schema;

pub(super) static META: Meta = Meta {
    id: "namespace/default",
    title: "object in the namespace `default`",
    severity: Severity::Low,
    reads: &[Kind::ANY],
    // Everything of a cluster only for this would be much to ask.
    asks: Some(&[
        Kind::ANY_POD,
        Kind::SERVICE,
        Kind::SERVICE_ACCOUNT,
        Kind::CONFIG_MAP,
        Kind::SECRET,
        Kind::PERSISTENT_VOLUME_CLAIM,
        Kind::INGRESS,
    ]),
    tags: &["cis:5.7.4"],
    page: include_str!("default.md"),
    ..Meta::DEFAULT
};

/// What the cluster itself keeps there.
const OWN: &[(Kind, &str)] = &[
    (Kind::SERVICE_ACCOUNT, "default"),
    (Kind::SERVICE, "kubernetes"),
    (Kind::ENDPOINTS, "kubernetes"),
    (Kind::ENDPOINT_SLICE, "kubernetes"),
    (Kind::CONFIG_MAP, "kube-root-ca.crt"),
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let field = namespace_field(object);
    if object.namespace() != Some("default") || OWN.contains(&(object.kind(), object.name())) {
        return;
    }
    // A namespace on a kind without one is dropped; what a controller makes is its owner's to move.
    let scope = schema::kind(object.api_version(), object.kind_name());
    if scope.is_some_and(|kind| !kind.namespaced)
        || object.kind() == Kind::EVENT
        || cx.snapshot().controller_of(object).is_some()
    {
        return;
    }
    cx.find(field, format!("{} is in the namespace `default`", object.kind_name()))
        .label("whatever names no namespace is its neighbour");
}
