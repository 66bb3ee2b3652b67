//! A slow and obvious evaluator over plain data, and random worlds for it. Written from the API's documentation, it
//! shares no code with the engine.

use ironclad_authz::{Request, Target, User};
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write as _;

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) groups: Vec<&'static str>,
    pub(crate) resources: Vec<&'static str>,
    pub(crate) names: Vec<&'static str>,
    pub(crate) urls: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) namespace: Option<&'static str>,
    pub(crate) name: &'static str,
    pub(crate) rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) namespace: Option<&'static str>,
    pub(crate) cluster_role: bool,
    pub(crate) role: &'static str,
    pub(crate) subjects: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) roles: Vec<Role>,
    pub(crate) bindings: Vec<Binding>,
}

const VERBS: &[&str] = &["get", "list", "create", "delete", "impersonate", "*", "GET"];
const GROUPS: &[&str] = &["", "apps", "v1", "*"];
const RESOURCES: &[&str] =
    &["pods", "pods/exec", "deployments", "deployments/scale", "*/scale", "*", "pods/*", "*/*", "Pods", "secrets"];
const NAMES: &[&str] = &["x", "y", "", "*"];
const URLS: &[&str] = &["/healthz", "/healthz*", "/logs/**", "/foo/*", "*", "/a/*/c"];
const NAMESPACES: &[&str] = &["a", "b"];
const ROLE_NAMES: &[&str] = &["r0", "r1", "r2", "r3"];

fn some(of: &'static [&'static str], min: usize, max: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(of), min..=max)
}

fn rule(cluster: bool) -> impl Strategy<Value = Rule> {
    let resource = (some(VERBS, 1, 3), some(GROUPS, 1, 2), some(RESOURCES, 1, 3), some(NAMES, 0, 2), any::<bool>())
        .prop_map(|(verbs, groups, resources, names, named)| Rule {
            verbs,
            groups,
            resources,
            names: if named { names } else { Vec::new() },
            urls: Vec::new(),
        });
    let url = (some(VERBS, 1, 2), some(URLS, 1, 2)).prop_map(|(verbs, urls)| Rule {
        verbs,
        groups: Vec::new(),
        resources: Vec::new(),
        names: Vec::new(),
        urls,
    });
    (resource, url, 0..5u8).prop_map(move |(resource, url, dice)| if cluster && dice == 0 { url } else { resource })
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    let place = prop_oneof![Just(None), select(NAMESPACES).prop_map(Some)];
    let role = (place, select(ROLE_NAMES)).prop_flat_map(|(namespace, name)| {
        prop::collection::vec(rule(namespace.is_none()), 0..4).prop_map(move |rules| Role { namespace, name, rules })
    });
    prop::collection::vec(role, 1..7).prop_map(|mut roles| {
        let mut seen: Vec<(Option<&str>, &str)> = Vec::new();
        roles.retain(|role| {
            let key = (role.namespace, role.name);
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
        roles
    })
}

fn binding() -> impl Strategy<Value = Binding> {
    let place = prop_oneof![Just(None), select(NAMESPACES).prop_map(Some)];
    let user = select(&["alice", "bob", "system:serviceaccount:a:s", "system:serviceaccount:b:s"][..]);
    let group = select(
        &["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:a", "devs", "system:masters"][..],
    );
    let subject = prop_oneof![
        user.prop_map(|name| ("User", name, "")),
        group.prop_map(|name| ("Group", name, "")),
        (select(&["s", "t"][..]), select(&["a", "b", ""][..])).prop_map(|(name, ns)| ("ServiceAccount", name, ns)),
    ];
    let roles = prop_oneof![4 => select(ROLE_NAMES), 1 => Just("missing")];
    (place, any::<bool>(), roles, prop::collection::vec(subject, 0..4)).prop_map(
        |(namespace, cluster_role, role, mut subjects)| {
            // A ClusterRoleBinding with such a subject is refused as a whole; that has a test of its own.
            subjects.retain(|(kind, _, ns)| *kind != "ServiceAccount" || !ns.is_empty() || namespace.is_some());
            Binding { namespace, cluster_role: cluster_role || namespace.is_none(), role, subjects }
        },
    )
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    (roles(), prop::collection::vec(binding(), 1..8)).prop_map(|(roles, bindings)| World { roles, bindings })
}

pub(crate) fn user() -> impl Strategy<Value = User> {
    let name = select(&["alice", "bob", "carol", "system:serviceaccount:a:s", "system:serviceaccount:b:t", ""][..]);
    let groups =
        some(&["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:a", "devs", "other"], 0, 3);
    (name, groups, 0..20u8).prop_map(|(name, mut groups, dice)| {
        if dice == 0 {
            groups.push("system:masters");
        }
        User::literal(name, &groups)
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let verb = || select(&["get", "list", "create", "delete", "impersonate", "GET", "head"][..]);
    let resource = (
        verb(),
        select(&["", "apps", "v1", "batch"][..]),
        select(&["pods", "deployments", "secrets", "Pods", "nodes"][..]),
        select(&["", "", "exec", "scale", "*"][..]),
        select(&["", "x", "y", "z", "*"][..]),
        select(&["", "a", "b", "c"][..]),
    )
        .prop_map(|(verb, group, resource, subresource, name, namespace)| {
            Request::resource(verb, group, resource).subresource(subresource).named(name).within(namespace)
        });
    let path = (verb(), select(&["/healthz", "/healthzfoo", "/foo", "/foo/", "/logs/x", "/a/b/c", "/"][..]))
        .prop_map(|(verb, path)| Request::path(verb, path));
    prop_oneof![5 => resource, 1 => path]
}

impl World {
    /// The manifests of the world.
    pub(crate) fn yaml(&self) -> String {
        let mut out = String::new();
        let json = |list: &[&str]| serde_json::to_string(list).unwrap();
        for role in &self.roles {
            let (kind, place) = match role.namespace {
                Some(ns) => ("Role", format!(", namespace: {ns}")),
                None => ("ClusterRole", String::new()),
            };
            writeln!(
                out,
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {}{place}}}\nrules:",
                role.name
            )
            .unwrap();
            for rule in &role.rules {
                let mut parts = vec![format!("verbs: {}", json(&rule.verbs))];
                for (name, list) in [
                    ("apiGroups", &rule.groups),
                    ("resources", &rule.resources),
                    ("resourceNames", &rule.names),
                    ("nonResourceURLs", &rule.urls),
                ] {
                    if !list.is_empty() {
                        parts.push(format!("{name}: {}", json(list)));
                    }
                }
                writeln!(out, "- {{{}}}", parts.join(", ")).unwrap();
            }
        }
        for (index, binding) in self.bindings.iter().enumerate() {
            let (kind, place) = match binding.namespace {
                Some(ns) => ("RoleBinding", format!(", namespace: {ns}")),
                None => ("ClusterRoleBinding", String::new()),
            };
            let role = if binding.cluster_role { "ClusterRole" } else { "Role" };
            writeln!(out, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b{index}{place}}}\nroleRef: {{kind: {role}, name: {}}}\nsubjects:", binding.role).unwrap();
            for (kind, name, namespace) in &binding.subjects {
                let place = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
                writeln!(out, "- {{kind: {kind}, name: \"{name}\"{place}}}").unwrap();
            }
        }
        out
    }

    /// Labels of the bindings that grant the request, or the bypass.
    pub(crate) fn via(&self, user: &User, request: &Request) -> Vec<String> {
        if user.groups.iter().any(|group| group == "system:masters") {
            return vec!["bypass/system:masters".to_owned()];
        }
        let asked_namespace = match &request.target {
            Target::Resource { namespace, .. } => namespace.as_str(),
            Target::Path(_) => "",
        };
        let mut via = Vec::new();
        for (index, binding) in self.bindings.iter().enumerate() {
            if binding.namespace.is_some_and(|ns| ns != asked_namespace) {
                continue;
            }
            let applies = binding.subjects.iter().any(|(kind, name, namespace)| match *kind {
                "User" => user.name == *name,
                "Group" => user.groups.iter().any(|group| group == name),
                _ => {
                    let ns = if namespace.is_empty() { binding.namespace.unwrap_or("") } else { namespace };
                    user.name == format!("system:serviceaccount:{ns}:{name}")
                }
            });
            let home = if binding.cluster_role { None } else { binding.namespace };
            let role = self.roles.iter().find(|role| role.name == binding.role && role.namespace == home);
            if applies && role.is_some_and(|role| role.rules.iter().any(|rule| rule.allows(request))) {
                via.push(match binding.namespace {
                    Some(ns) => format!("RoleBinding/{ns}/b{index}"),
                    None => format!("ClusterRoleBinding/b{index}"),
                });
            }
        }
        via.sort();
        via
    }
}

impl Rule {
    fn allows(&self, request: &Request) -> bool {
        if !self.verbs.iter().any(|verb| *verb == "*" || *verb == request.verb) {
            return false;
        }
        match &request.target {
            Target::Path(path) => self.urls.iter().any(|url| {
                let mut prefix = url.to_string();
                let mut wild = false;
                while prefix.ends_with('*') {
                    prefix.pop();
                    wild = true;
                }
                if wild { path.starts_with(&prefix) } else { path == url }
            }),
            Target::Resource { group, resource, subresource, name, .. } => {
                let full = match subresource.as_str() {
                    "" => resource.clone(),
                    sub => [resource, "/", sub].concat(),
                };
                let any_sub = ["*/", subresource].concat();
                self.groups.iter().any(|own| *own == "*" || own == group)
                    && self
                        .resources
                        .iter()
                        .any(|own| *own == "*" || *own == full || (!subresource.is_empty() && *own == any_sub))
                    && (self.names.is_empty() || self.names.iter().any(|own| own == name))
            }
        }
    }
}
