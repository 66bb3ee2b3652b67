//! What to say of a kind on its way out, and whether its `apiVersion` can be rewritten without a loss.

use ironclad_check::Cx;
use ironclad_model::{Object, Place, Safety};
use ironclad_tree::{Kind, NodeRef, f};
use ironclad_views::lifecycle::{Lifecycle, api_version, lifecycle};
use ironclad_views::schema;

/// Group, version and kind.
type Gvk = (&'static str, &'static str, &'static str);

/// Where an object's `apiVersion` is: the object itself, where a typed list says it.
pub(crate) fn api_version_node(object: &Object) -> NodeRef<'_> {
    object.root().get(f::API_VERSION).map_or(object.root(), |entry| entry.value())
}

/// Reports the kind of an object, with what to use instead.
pub(crate) fn report(object: &Object, row: &'static Lifecycle, says: String, label: &'static str, cx: &mut Cx<'_>) {
    let minor = cx.version();
    let successor = successor(row, minor);
    let advice = match successor {
        Some((group, version, kind)) if kind == row.kind => format!(": use `{}`", api_version(group, version)),
        Some((group, version, kind)) => format!(": use {kind} of `{}`", api_version(group, version)),
        None => String::new(),
    };
    let at = api_version_node(object);
    let rewritten = successor.and_then(|to| rewrite(object, row, to).map(|safety| (api_version(to.0, to.1), safety)));
    let message = format!("{} of `{}` {says}{advice}", row.kind, api_version(row.group, row.version));
    let finder = cx.find(at, message).label(label);
    if let Some((to, safety)) = rewritten.filter(|_| object.root().get(f::API_VERSION).is_some()) {
        finder.fix(
            format!("write `apiVersion: {to}`"),
            safety,
            vec![ironclad_model::Edit::Set(Place::of(at.into()), format!("\"{to}\""))],
        );
    }
}

/// What to use at a minor version: what the source names, followed until it is served; else the best version of the
/// same kind.
fn successor(row: &'static Lifecycle, minor: u8) -> Option<Gvk> {
    let mut at = row;
    while let Some((group, version, kind)) = at.replacement {
        match lifecycle(&api_version(group, version), kind).filter(|next| next.is_removed_at(minor)) {
            Some(next) if next != at => at = next,
            _ => return Some((group, version, kind)),
        }
    }
    let minor = minor.clamp(*schema::VERSIONS.start(), *schema::VERSIONS.end());
    let same = schema::kinds().iter().filter(|kind| {
        kind.group == row.group
            && kind.kind == row.kind
            && kind.version != row.version
            && kind.versions.contains(&minor)
    });
    // `v1` is shorter than `v1beta2`, and the later of two betas is the better.
    same.max_by_key(|kind| (std::cmp::Reverse(kind.version.len()), kind.version))
        .map(|kind| (kind.group, kind.version, kind.kind))
}

/// May the object keep its fields under the new version, and does it then mean the same? `Unsafe` where only defaults
/// differ. The pairs are those of the deprecated API migration guide that name no change, or one that can be seen here.
fn rewrite(object: &Object, row: &Lifecycle, to: Gvk) -> Option<Safety> {
    if to.2 != row.kind {
        return None;
    }
    let spec = object.root().get(f::SPEC).map(|entry| entry.value());
    let has_selector = spec
        .and_then(|spec| spec.get_str("selector"))
        .is_some_and(|entry| entry.value().kind() == Kind::Mapping && !entry.value().is_empty());
    let safe_if = |condition: bool| condition.then_some(Safety::Safe);
    match (row.group, row.version, row.kind) {
        // An empty selector selected nothing and selects everything now.
        ("policy", "v1beta1", "PodDisruptionBudget") => safe_if(has_selector),
        // The selector was defaulted from the labels of the template.
        ("apps", "v1beta2", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("extensions", _, "ReplicaSet") => safe_if(has_selector),
        // Update strategy, history and deadline have other defaults.
        ("apps" | "extensions", "v1beta1", "DaemonSet" | "Deployment" | "StatefulSet") => {
            has_selector.then_some(Safety::Unsafe)
        }
        ("discovery.k8s.io", "v1beta1", "EndpointSlice") => {
            let endpoints = object.root().get_str("endpoints").map(|entry| entry.value());
            let uses_topology = |endpoint: NodeRef<'_>| endpoint.get_str("topology").is_some();
            safe_if(!endpoints.is_some_and(|list| list.items().any(uses_topology)))
        }
        // A share of 0 was 30, and is 0 now.
        ("flowcontrol.apiserver.k8s.io", "v1beta3", "PriorityLevelConfiguration") => {
            let shares = spec
                .and_then(|spec| spec.get_str("limited"))
                .and_then(|entry| entry.value().get_str("nominalConcurrencyShares"));
            safe_if(shares.is_none_or(|entry| entry.value().as_i64() != Some(0)))
        }
        (
            "admissionregistration.k8s.io",
            "v1beta1",
            "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding",
        )
        | ("apiregistration.k8s.io", "v1beta1", "APIService")
        | ("autoscaling", "v2beta2", "HorizontalPodAutoscaler")
        | ("batch", "v1beta1", "CronJob")
        | ("coordination.k8s.io", "v1beta1", "Lease")
        | ("extensions", "v1beta1", "NetworkPolicy")
        | ("flowcontrol.apiserver.k8s.io", _, "FlowSchema")
        | ("networking.k8s.io", "v1beta1", "IngressClass" | "IPAddress" | "ServiceCIDR")
        | ("node.k8s.io", "v1beta1", "RuntimeClass")
        | ("rbac.authorization.k8s.io", "v1beta1", _)
        | ("resource.k8s.io", "v1beta2", "DeviceClass" | "ResourceClaim" | "ResourceClaimTemplate" | "ResourceSlice")
        | ("scheduling.k8s.io", "v1beta1", "PriorityClass")
        | ("storage.k8s.io", "v1beta1", _) => Some(Safety::Safe),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_instead_is_served() {
        let to = |version, kind, minor| successor(lifecycle(version, kind).expect("listed"), minor);
        assert_eq!(to("extensions/v1beta1", "Ingress", 37), Some(("networking.k8s.io", "v1", "Ingress")));
        // Two steps: v1beta3 is gone as well.
        let flow = "flowcontrol.apiserver.k8s.io";
        assert_eq!(to("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 28), Some((flow, "v1beta3", "FlowSchema")));
        assert_eq!(to("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 37), Some((flow, "v1", "FlowSchema")));
        // The source names none.
        assert_eq!(to("node.k8s.io/v1beta1", "RuntimeClass", 37), Some(("node.k8s.io", "v1", "RuntimeClass")));
        assert_eq!(
            to("resource.k8s.io/v1beta1", "ResourceClaim", 37),
            Some(("resource.k8s.io", "v1", "ResourceClaim"))
        );
        assert_eq!(to("policy/v1beta1", "PodSecurityPolicy", 37), None);
    }

    /// Where both versions are in the derived table, a pair called lossless has the same fields under both names.
    #[test]
    fn lossless_pairs_have_the_same_fields() {
        for kind in ["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"] {
            let fields = |version: &str| {
                let top = schema::kind(&format!("resource.k8s.io/{version}"), kind).expect("listed").definition;
                let spec = schema::field(top, "spec").expect("a spec").shape;
                let schema::Shape::Object(spec) = spec else { panic!("{kind}: {spec:?}") };
                let names = schema::definition(spec).expect("listed").iter().map(|field| field.name);
                names.collect::<Vec<_>>()
            };
            assert_eq!(fields("v1beta2"), fields("v1"), "{kind}");
        }
    }
}
