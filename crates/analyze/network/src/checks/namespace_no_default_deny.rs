//! `network/namespace-no-default-deny`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Edit, Kind, Object, Safety, Severity, Spot};
use ironclad_reach::{Answer, Namespace, Policies, Side, policies, policy_kinds};
use ironclad_tree::f;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "network/namespace-no-default-deny",
    title: "namespace without a policy that denies by default",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: policy_kinds![Kind::NAMESPACE],
    tags: &["cis:5.3.2", "nsa"],
    fix: FixKind::Unsafe,
    page: include_str!("namespace_no_default_deny.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let policies: &Arc<Policies> = cx.once(|cx| policies(cx));
    let namespace = Namespace::named(object.name());
    let open: Vec<&str> = Side::BOTH
        .iter()
        .filter(|side| policies.denies_by_default(&namespace, **side) == Answer::No)
        .map(|side| side.as_str())
        .collect();
    if open.is_empty() {
        return;
    }
    if policies.is_empty() {
        cx.context(&[Kind::NETWORK_POLICY]);
    }
    let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
    let taken = cx.named(Kind::NETWORK_POLICY, Some(object.name()), "default-deny").is_some();
    let types = open.iter().map(|side| format!("\"{}{}\"", side[..1].to_uppercase(), &side[1..])).collect::<Vec<_>>();
    let mut name = String::new();
    let named = object.metadata().and_then(|metadata| metadata.get(f::NAME)).map(|entry| entry.value());
    let finder = cx
        .find(at, format!("no policy of the namespace denies {} by default", open.join(" or ")))
        .evidence("direction", open.join(", "))
        .label("a pod that no other policy selects is open");
    // What pods of the namespace need must be allowed first: that, nobody but its people know.
    if let Some(named) = named.filter(|node| node.as_str().is_some() && !taken) {
        named.write_json(&mut name);
        let policy = format!(
            "{{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{{\"name\":\"default-deny\",\"namespace\":{name}}},\"spec\":{{\"podSelector\":{{}},\"policyTypes\":[{}]}}}}",
            types.join(",")
        );
        finder.fix("add a NetworkPolicy `default-deny`", Safety::Unsafe, vec![Edit::Create(policy)]);
    }
}
