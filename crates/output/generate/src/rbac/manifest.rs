//! Plans as objects.

use super::plan::Plan;
use ironclad_authz::PolicyRule;
use serde_json::{Map, Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Roles, then bindings.
pub fn objects(plan: &Plan) -> Vec<Value> {
    let metadata = |namespace: &str, name: &str| match namespace {
        "" => json!({"name": name}),
        _ => json!({"name": name, "namespace": namespace}),
    };
    let roles = plan.grants.iter().map(|grant| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind(&grant.namespace),
            "metadata": metadata(&grant.namespace, &grant.name),
            "rules": grant.rules.iter().map(rule).collect::<Vec<_>>(),
        })
    });
    let bindings = plan.grants.iter().map(|grant| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": format!("{}Binding", kind(&grant.namespace)),
            "metadata": metadata(&grant.namespace, &grant.name),
            "roleRef": {"apiGroup": GROUP, "kind": kind(&grant.namespace), "name": grant.name},
            "subjects": grant.users.iter().map(|user| subject(user)).collect::<Vec<_>>(),
        })
    });
    roles.chain(bindings).collect()
}

/// `Role` or `ClusterRole`.
pub(crate) fn kind(namespace: &str) -> &'static str {
    if namespace.is_empty() { "ClusterRole" } else { "Role" }
}

/// A subject. An account whose name no ServiceAccount can have is bound by its user name, which is the same to the
/// authorizer.
pub(crate) fn subject(user: &str) -> Value {
    let plain = |name: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        name.len() <= 253
            && name.split('.').all(|label| {
                let bytes = label.as_bytes();
                bytes.first().copied().is_some_and(fits)
                    && bytes.last().copied().is_some_and(fits)
                    && bytes.iter().all(|b| fits(*b) || *b == b'-')
            })
    };
    match ironclad_authz::service_account_of(user).filter(|(_, name)| plain(name)) {
        Some((namespace, name)) => json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}),
        None => json!({"apiGroup": GROUP, "kind": "User", "name": user}),
    }
}

/// A rule, without the lists that are empty.
pub(crate) fn rule(rule: &PolicyRule) -> Value {
    let mut map = Map::new();
    for (key, list) in [
        ("apiGroups", &rule.api_groups),
        ("nonResourceURLs", &rule.non_resource_urls),
        ("resourceNames", &rule.resource_names),
        ("resources", &rule.resources),
        ("verbs", &rule.verbs),
    ] {
        if !list.is_empty() {
            map.insert(key.to_owned(), json!(list));
        }
    }
    Value::Object(map)
}
