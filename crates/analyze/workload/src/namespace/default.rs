//! `namespace/default`

use super::namespace_field;
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Place, Role, Severity, Spot};
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
        || cx.controller_of(object).is_some()
        || is_our_word(object, &field.spot(), cx)
    {
        return;
    }
    cx.find(field, format!("{} is in the namespace `default`", object.kind_name()))
        .label("whatever names no namespace is its neighbour");
}

/// A chart that is rendered for no namespace in particular is rendered for `default`, as Helm does: where a template
/// prints that and nobody wrote it, nobody has put the object there.
fn is_our_word(object: &Object, namespace: &Spot<'_>, cx: &Cx<'_>) -> bool {
    let is_assumed = cx.unit_of(object).is_some_and(|unit| unit.is_namespace_assumed);
    let (true, Some(origins), Some(node)) = (is_assumed, object.origins(), namespace.node()) else { return false };
    let place = Place { node: node.id(), missing: Vec::new(), part: None };
    let chain = origins.resolve(object.document(), &place, node.span());
    chain.last().is_some_and(|link| {
        let written = link.source.text().get(link.span.start as usize..link.span.end as usize).unwrap_or_default();
        link.role == Role::Template && written.contains("{{")
    })
}
