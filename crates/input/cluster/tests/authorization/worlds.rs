//! Generated worlds: roles, bindings and subjects whose names carry their world's prefix, with every trap that the
//! semantics have. What the server would refuse is among them, and is known to be.

use ironclad_authz::{Request, User};
use ironclad_testkit::oracle::Dice;
use serde_json::{Value, json};

const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "*",
    "GET",
    "escalate",
    "bind",
    "impersonate",
];
const GROUPS: &[&str] = &["", "", "", "apps", "batch", "example.com", "*", "v1", "core", "rbac.authorization.k8s.io"];
const RESOURCES: &[&str] = &[
    "pods",
    "pods",
    "pods/log",
    "pods/exec",
    "pods/*",
    "deployments",
    "deployments/scale",
    "*/scale",
    "*",
    "*/*",
    "secrets",
    "configmaps",
    "Pods",
    "nodes",
    "namespaces",
    "roles",
    "clusterroles",
    "widgets",
    "*/status",
];
const NAMES: &[&str] = &["x", "y", "", "*", "web-1"];
const URLS: &[&str] =
    &["/healthz", "/healthz*", "/api/*", "*", "/foo/*", "/foo**", "/x/*/y", "/metrics", "/*", "healthz"];
const PATHS: &[&str] = &[
    "/healthz",
    "/healthz/etcd",
    "/healthzfoo",
    "/api/v1",
    "/foo",
    "/foo/bar",
    "/x/*/y",
    "/x/a/y",
    "/metrics",
    "/",
    "healthz",
];
const PATH_VERBS: &[&str] = &["get", "post", "head", "options", "*", "GET"];

/// A world: what is written, and who is asked about.
pub(crate) struct World {
    pub(crate) prefix: String,
    pub(crate) namespaces: [String; 2],
    /// Path of the collection, and the object; bindings after roles.
    pub(crate) objects: Vec<(String, Value)>,
    users: Vec<String>,
    groups: Vec<String>,
    pub(crate) roles: Vec<String>,
}

fn some(dice: &mut Dice, from: &[&str], most: usize) -> Vec<String> {
    (0..1 + dice.below(most)).map(|_| (*dice.pick(from)).to_owned()).collect()
}

/// A rule that is valid where `cluster` says whether paths are.
pub(crate) fn rule(dice: &mut Dice, cluster: bool) -> Value {
    if cluster && dice.below(6) == 0 {
        return json!({"verbs": some(dice, PATH_VERBS, 2), "nonResourceURLs": some(dice, URLS, 2)});
    }
    let mut rule = json!({
        "verbs": some(dice, VERBS, 3), "apiGroups": some(dice, GROUPS, 2), "resources": some(dice, RESOURCES, 3),
    });
    if dice.below(4) == 0 {
        rule["resourceNames"] = json!(some(dice, NAMES, 2));
    }
    rule
}

impl World {
    pub(crate) fn new(number: usize, dice: &mut Dice) -> World {
        let prefix = format!("w{number}");
        let namespaces = [format!("{prefix}-a"), format!("{prefix}-b")];
        let of = |kind: &str, count: usize| (0..count).map(|n| format!("{prefix}-{kind}{n}")).collect::<Vec<_>>();
        let mut users = of("user", 4);
        // One account in each namespace, and one whose name is that of another's.
        users.extend(namespaces.iter().map(|ns| format!("system:serviceaccount:{ns}:sa")));
        users.push(format!("system:serviceaccount:{}:other", namespaces[0]));
        let groups = of("group", 3);
        let mut world = World { users, groups, namespaces, roles: of("role", 5), objects: Vec::new(), prefix };
        for n in 0..world.roles.len() {
            let name = world.roles[n].clone();
            if dice.below(5) > 0 {
                world.role(dice, &name, None);
            }
            for space in 0..2 {
                if dice.below(5) > 1 {
                    world.role(dice, &name, Some(space));
                }
            }
        }
        for n in 0..14 {
            world.binding(dice, n);
        }
        world
    }

    fn role(&mut self, dice: &mut Dice, name: &str, space: Option<usize>) {
        let cluster = space.is_none();
        let mut rules: Vec<Value> = (0..dice.below(4)).map(|_| rule(dice, cluster)).collect();
        // What the server refuses.
        match dice.below(24) {
            0 => rules.push(json!({"verbs": [], "apiGroups": [""], "resources": ["pods"]})),
            1 => rules.push(json!({"verbs": ["get"], "resources": ["pods"]})),
            2 => rules.push(json!({"verbs": ["get"], "apiGroups": [""]})),
            3 => rules.push(json!({"verbs": ["get"], "nonResourceURLs": ["/a"], "apiGroups": [""]})),
            4 if !cluster => rules.push(json!({"verbs": ["get"], "nonResourceURLs": ["/a"]})),
            5 => rules.push(json!({"verbs": ["get"], "nonResourceURLs": ["/a"], "resourceNames": ["x"]})),
            _ => {}
        }
        let kind = if cluster { "ClusterRole" } else { "Role" };
        let mut metadata = json!({"name": name});
        if let Some(space) = space {
            metadata["namespace"] = json!(self.namespaces[space]);
        }
        let mut role = json!({"apiVersion": API, "kind": kind, "metadata": metadata, "rules": rules});
        if cluster && dice.below(6) == 0 {
            // It selects nothing that exists, and no controller runs: what it stores is what counts.
            role["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"none": self.prefix}}]});
            if dice.below(6) == 0 {
                role["aggregationRule"] = json!({"clusterRoleSelectors": []});
            }
        }
        self.add(role);
    }

    fn add(&mut self, object: Value) {
        let plural = match object["kind"].as_str().unwrap_or_default() {
            "Role" => "roles",
            "ClusterRole" => "clusterroles",
            "RoleBinding" => "rolebindings",
            _ => "clusterrolebindings",
        };
        let path = collection(plural, object["metadata"]["namespace"].as_str());
        self.objects.push((path, object));
    }

    fn binding(&mut self, dice: &mut Dice, number: usize) {
        let space = (dice.below(3) > 0).then(|| dice.below(2));
        let role = match dice.below(12) {
            0 => format!("{}-missing", self.prefix),
            1 => (*dice.pick(&["view", "system:basic-user", "system:public-info-viewer"])).to_owned(),
            _ => dice.pick(&self.roles).clone(),
        };
        let cluster_role = space.is_none() || dice.below(2) == 0;
        let mut role_ref = json!({
            "apiGroup": "rbac.authorization.k8s.io", "kind": if cluster_role { "ClusterRole" } else { "Role" }, "name": role,
        });
        let mut subjects: Vec<Value> = (0..dice.below(3)).map(|_| self.subject(dice, space)).collect();
        match dice.below(30) {
            0 => role_ref["kind"] = json!(if space.is_none() { "Role" } else { "role" }),
            1 => role_ref["apiGroup"] = json!("example.com"),
            2 => role_ref["name"] = json!("a/b"),
            3 => subjects.push(json!({"kind": "ServiceAccount", "name": "Not_A_Name", "namespace": "a"})),
            4 => subjects.push(json!({"kind": "Robot", "name": "r"})),
            5 => subjects.push(json!({"kind": "User", "apiGroup": "", "name": ""})),
            6 => subjects.push(json!({"kind": "Group", "apiGroup": "example.com", "name": "g"})),
            7 => subjects.push(json!({"kind": "ServiceAccount", "name": "sa"})),
            8 => subjects.push(json!({"kind": "ServiceAccount", "apiGroup": "rbac.authorization.k8s.io", "name": "sa", "namespace": "a"})),
            _ => {}
        }
        let kind = if space.is_none() { "ClusterRoleBinding" } else { "RoleBinding" };
        let mut metadata = json!({"name": format!("{}-Binding:{number}", self.prefix)});
        if let Some(space) = space {
            metadata["namespace"] = json!(self.namespaces[space]);
        }
        self.add(
            json!({"apiVersion": API, "kind": kind, "metadata": metadata, "roleRef": role_ref, "subjects": subjects}),
        );
    }

    fn subject(&self, dice: &mut Dice, space: Option<usize>) -> Value {
        match dice.below(8) {
            0..=2 => json!({"kind": "User", "name": dice.pick(&self.users)}),
            3 | 4 => json!({"kind": "Group", "name": dice.pick(&self.groups)}),
            5 => json!({"kind": "Group", "name": format!("system:serviceaccounts:{}", dice.pick(&self.namespaces))}),
            // Without a namespace it is the binding's own.
            6 if space.is_some() => json!({"kind": "ServiceAccount", "name": "sa"}),
            _ => json!({"kind": "ServiceAccount", "name": "sa", "namespace": dice.pick(&self.namespaces)}),
        }
    }

    /// Somebody of this world, or a stranger in it.
    pub(crate) fn user(&self, dice: &mut Dice) -> User {
        let name = match dice.below(16) {
            0 => "stranger".to_owned(),
            1 => self.users[0].to_uppercase(),
            2 => "system:kube-scheduler".to_owned(),
            _ => dice.pick(&self.users).clone(),
        };
        let mut user = if dice.below(2) == 0 { User::implied(&name, &[]) } else { User::literal(&name, &[]) };
        for _ in 0..dice.below(3) {
            user.groups.push(dice.pick(&self.groups).clone());
        }
        if dice.below(60) == 0 {
            user.groups.push("system:masters".to_owned());
        }
        user
    }

    pub(crate) fn request(&self, dice: &mut Dice) -> Request {
        if dice.below(6) == 0 {
            return Request::path(*dice.pick(PATH_VERBS), *dice.pick(PATHS));
        }
        let full = *dice.pick(RESOURCES);
        let (resource, subresource) = full.split_once('/').unwrap_or((full, ""));
        let resource = if resource == "*" { "deployments" } else { resource };
        let request = Request::resource(*dice.pick(VERBS), *dice.pick(GROUPS), resource).subresource(subresource);
        let request = if dice.below(2) == 0 { request.named(*dice.pick(NAMES)) } else { request };
        match dice.below(5) {
            0 | 1 => request,
            2 => request.within("elsewhere"),
            _ => request.within(dice.pick::<String>(&self.namespaces)),
        }
    }
}

impl World {
    /// A question that follows a binding to one of its rules: most of these are answered with yes.
    pub(crate) fn aimed(&self, dice: &mut Dice) -> Option<(User, Request)> {
        let of_kind = |end: &str| -> Vec<&Value> {
            let named = |object: &&Value| object["kind"].as_str().is_some_and(|kind| kind.ends_with(end));
            self.objects.iter().map(|(_, object)| object).filter(named).collect()
        };
        let (bindings, roles) = (of_kind("Binding"), of_kind("Role"));
        let binding = *dice.pick(&bindings);
        let space = binding["metadata"]["namespace"].as_str();
        let subjects = binding["subjects"].as_array().filter(|list| !list.is_empty())?;
        let subject = dice.pick(subjects);
        let name = subject["name"].as_str().filter(|name| !name.is_empty())?;
        let mut user = match subject["kind"].as_str()? {
            "User" => User::literal(name, &[]),
            "Group" => User::literal("somebody", &[name]),
            _ => User::service_account(subject["namespace"].as_str().or(space)?, name),
        };
        if dice.below(8) == 0 {
            user.name.push('x');
        }
        let fits = |role: &&&Value| {
            let own = role["metadata"]["namespace"].as_str();
            role["kind"] == binding["roleRef"]["kind"]
                && role["metadata"]["name"] == binding["roleRef"]["name"]
                && (own.is_none() || own == space)
        };
        let rules = roles.iter().find(fits)?["rules"].as_array().filter(|list| !list.is_empty())?;
        let rule = dice.pick(rules);
        let mut one = |key: &str, star: &str| -> Option<String> {
            let text = dice.pick(rule[key].as_array().filter(|list| !list.is_empty())?).as_str()?;
            Some(if text == "*" { star.to_owned() } else { text.to_owned() })
        };
        let verb = one("verbs", "get")?;
        if let Some(url) = one("nonResourceURLs", "/any") {
            return Some((user, Request::path(&verb, &url.replace('*', "y"))));
        }
        let (group, full) = (one("apiGroups", "apps")?, one("resources", "pods")?);
        let name = one("resourceNames", "*");
        let (resource, subresource) = full.split_once('/').unwrap_or((&full, ""));
        let resource = if resource == "*" { "deployments" } else { resource };
        let request = Request::resource(&verb, &group, resource).subresource(subresource);
        let request = match name {
            Some(name) => request.named(&name),
            None if dice.below(2) == 0 => request.named(*dice.pick(NAMES)),
            None => request,
        };
        Some((
            user,
            match space {
                Some(space) if dice.below(6) > 0 => request.within(space),
                Some(_) => request,
                None if dice.below(2) == 0 => request.within(dice.pick::<String>(&self.namespaces)),
                None => request,
            },
        ))
    }
}

pub(crate) const API: &str = "rbac.authorization.k8s.io/v1";

/// Path of all objects of a resource, in a namespace where it has one.
pub(crate) fn collection(plural: &str, namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("/apis/{API}/namespaces/{namespace}/{plural}"),
        None => format!("/apis/{API}/{plural}"),
    }
}
