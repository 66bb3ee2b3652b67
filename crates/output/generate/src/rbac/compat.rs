//! What audit2rbac would make of the same requests, for teams who diff its output.
//!
//! Source: liggitt/audit2rbac `pkg/process.go`, `pkg/util.go`; its own order of processing decides what is expanded, so it
//! is followed step by step. It counts every event, refused or not, and one user at a time.

use super::manifest;
use super::need::Need;
use super::observed::Observed;
use ironclad_authz::{PolicyRule, breakdown, service_account_of};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Its flags.
#[derive(Clone, Debug)]
pub struct CompatOptions {
    /// `--user`
    pub user: String,
    /// `--generate-name`, with `${user}` replaced.
    pub name: Option<String>,
    /// `--expand-multi-name`
    pub names: bool,
    /// `--expand-multi-namespace`
    pub namespaces: bool,
}

/// Paths that its users are taken to have.
const DISCOVERY: &[&str] = &["/healthz", "/version", "/swagger*", "/openapi*", "/api*"];

/// Roles, ClusterRoles, RoleBindings, ClusterRoleBindings, in its order.
pub fn audit2rbac(observed: &Observed, options: &CompatOptions) -> Vec<Value> {
    let identities = observed.identities();
    let Some((_, identity)) = identities.iter().find(|(name, _)| *name == options.user) else { return Vec::new() };
    // Without the rights that only ours finds: it looks at the request alone.
    let needs: BTreeSet<Need> = identity.uses.iter().map(|one| one.need.clone()).collect();
    let mut requests: Vec<Need> = needs.into_iter().collect();
    requests.sort_by_cached_key(order);
    let mut cluster: Vec<PolicyRule> = Vec::new();
    let mut spaces: BTreeMap<String, Vec<PolicyRule>> = BTreeMap::new();
    let mut space_order: Vec<String> = Vec::new();
    let authenticated = ["system:authenticated", "system:unauthenticated"];
    let discovers = identity.groups.iter().any(|group| authenticated.contains(&group.as_str()));
    for need in &requests {
        let request = need.request();
        let allowed = |rules: &[PolicyRule]| rules.iter().any(|rule| rule.allows(&request));
        if allowed(&cluster) || spaces.get(need.namespace()).is_some_and(|rules| allowed(rules)) {
            continue;
        }
        match need {
            Need::Path { path, verb } => {
                let given = DISCOVERY.iter().any(|url| match url.strip_suffix('*') {
                    Some(start) => path.starts_with(start),
                    None => url == path,
                });
                if !(discovers && verb == "get" && given) {
                    cluster.push(need.rule());
                }
            }
            Need::Resource { namespace, group, resource, name, verb } => {
                let (namespace, name) = generalised(&requests, options, (namespace, group, resource, name, verb));
                let rule = PolicyRule {
                    verbs: std::iter::once(verb.as_str())
                        .chain(with(verb).iter().copied())
                        .map(str::to_owned)
                        .collect(),
                    api_groups: vec![group.clone()],
                    resources: vec![resource.clone()],
                    resource_names: if name.is_empty() { Vec::new() } else { vec![name.to_owned()] },
                    ..PolicyRule::default()
                };
                if namespace.is_empty() {
                    cluster.push(rule);
                } else {
                    if !spaces.contains_key(namespace) {
                        space_order.push(namespace.to_owned());
                    }
                    spaces.entry(namespace.to_owned()).or_default().push(rule);
                }
            }
        }
    }
    let mut scopes: Vec<(&str, Vec<PolicyRule>)> = Vec::new();
    for namespace in &space_order {
        scopes.push((namespace, compact(spaces.remove(namespace).unwrap_or_default())));
    }
    if !cluster.is_empty() {
        scopes.push(("", compact(cluster)));
    }
    written(&scopes, options)
}

/// Name and namespace are given up where another request differs in them alone.
fn generalised<'n>(
    requests: &[Need],
    options: &CompatOptions,
    own: (&'n str, &str, &str, &'n str, &str),
) -> (&'n str, &'n str) {
    let (mut namespace, mut name) = (own.0, own.3);
    for other in requests {
        let Need::Resource { namespace: space, group, resource, name: object, verb } = other else { continue };
        // What is not expanded must be equal.
        let same = (group.as_str(), resource.as_str(), verb.as_str()) == (own.1, own.2, own.4)
            && (options.names || object == own.3)
            && (options.namespaces || space == own.0);
        if same && options.namespaces && !space.is_empty() && space != own.0 {
            namespace = "";
        }
        if same && options.names && !object.is_empty() && object != own.3 {
            name = "";
        }
    }
    (namespace, name)
}

/// Verbs that a verb brings along.
fn with(verb: &str) -> &'static [&'static str] {
    match verb {
        "watch" => &["get", "list"],
        "list" => &["get", "watch"],
        "update" => &["get", "patch"],
        "patch" => &["get", "update"],
        _ => &[],
    }
}

/// Paths first, cluster-wide before namespaced, unnamed before named, list before get, then by text.
fn order(need: &Need) -> (bool, bool, bool, u8, Vec<String>) {
    match need {
        Need::Path { path, verb } => (false, false, false, 0, vec![verb.clone(), path.clone()]),
        Need::Resource { namespace, group, resource, name, verb } => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            // Its comparison puts list before get whatever the resource, and leaves other verbs to the text.
            let first = match verb.as_str() {
                "list" => 0,
                "get" => 2,
                _ => 1,
            };
            let text = [group, resource, subresource, namespace, name, verb].map(str::to_owned);
            (true, !namespace.is_empty(), !name.is_empty(), first, text.to_vec())
        }
    }
}

/// Verbs of one resource and name together, then names, then resources.
fn compact(rules: Vec<PolicyRule>) -> Vec<PolicyRule> {
    // Groups, resources and names of one atom.
    type Atom = (Vec<String>, Vec<String>, Vec<String>);
    let mut paths = Vec::new();
    let mut verbs: BTreeMap<Atom, BTreeSet<String>> = BTreeMap::new();
    for atom in rules.iter().flat_map(breakdown) {
        if atom.resources.is_empty() {
            paths.push(atom);
        } else {
            verbs.entry((atom.api_groups, atom.resources, atom.resource_names)).or_default().extend(atom.verbs);
        }
    }
    let mut joined: Vec<PolicyRule> = Vec::new();
    for ((api_groups, resources, resource_names), verbs) in verbs {
        let rule = PolicyRule {
            verbs: verbs.into_iter().collect(),
            api_groups,
            resources,
            resource_names,
            ..PolicyRule::default()
        };
        let fits = |held: &&mut PolicyRule| {
            let same = held.verbs == rule.verbs && held.api_groups == rule.api_groups;
            same && (held.resources == rule.resources || held.resource_names == rule.resource_names)
        };
        match joined.iter_mut().find(fits) {
            Some(held) if held.resources == rule.resources => join(&mut held.resource_names, rule.resource_names),
            Some(held) => join(&mut held.resources, rule.resources),
            None => joined.push(rule),
        }
    }
    joined.extend(paths);
    joined.sort_by_cached_key(|rule| (rule.api_groups.join(","), compact_text(rule)));
    joined
}

fn join(list: &mut Vec<String>, more: Vec<String>) {
    list.extend(more);
    list.sort();
    list.dedup();
}

/// `CompactString` of k8s.io/kubernetes `pkg/apis/rbac/v1`: what it sorts by.
fn compact_text(rule: &PolicyRule) -> String {
    let parts = [
        ("APIGroups", &rule.api_groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.non_resource_urls),
        ("ResourceNames", &rule.resource_names),
        ("Verbs", &rule.verbs),
    ];
    let quoted = |list: &[String]| list.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" ");
    let shown = parts.iter().filter(|(_, list)| !list.is_empty());
    let shown: Vec<String> = shown.map(|(name, list)| format!("{name}:[{}]", quoted(list))).collect();
    format!("{{{}}}", shown.join(", "))
}

fn written(scopes: &[(&str, Vec<PolicyRule>)], options: &CompatOptions) -> Vec<Value> {
    let safe = |text: &str, keep: &str| -> String {
        let one = |c: char| if c.is_ascii_alphanumeric() || keep.contains(c) { c.to_ascii_lowercase() } else { '-' };
        text.chars().flat_map(|c| std::iter::repeat_n(one(c), if c.is_ascii() { 1 } else { c.len_utf8() })).collect()
    };
    let pattern = options.name.as_deref().unwrap_or("audit2rbac:${user}");
    let name = pattern.replace("${user}", &safe(&options.user, ":"));
    let metadata = |namespace: &str| {
        let mut metadata = Map::new();
        metadata.insert(
            "labels".to_owned(),
            json!({"audit2rbac.liggitt.net/generated": "true", "audit2rbac.liggitt.net/user": safe(&options.user, "")}),
        );
        metadata.insert("name".to_owned(), json!(name));
        if !namespace.is_empty() {
            metadata.insert("namespace".to_owned(), json!(namespace));
        }
        Value::Object(metadata)
    };
    let api = "rbac.authorization.k8s.io/v1";
    let role = |(namespace, rules): &(&str, Vec<PolicyRule>)| {
        let rules: Vec<Value> = rules.iter().map(manifest::rule).collect();
        json!({"apiVersion": api, "kind": manifest::kind(namespace), "metadata": metadata(namespace), "rules": rules})
    };
    let subject = match service_account_of(&options.user) {
        Some((namespace, name)) => json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}),
        None => manifest::subject(&options.user),
    };
    let binding = |(namespace, _): &(&str, Vec<PolicyRule>)| {
        let kind = manifest::kind(namespace);
        json!({
            "apiVersion": api, "kind": format!("{kind}Binding"), "metadata": metadata(namespace),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [subject],
        })
    };
    scopes.iter().map(role).chain(scopes.iter().map(binding)).collect()
}
