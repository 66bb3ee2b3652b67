//! Attempts to give away more than one has: writes of roles and bindings by a limited user, each a dry run.

use crate::api::Call;
use crate::worlds::{API, World, collection, rule};
use ironclad_authz::{BindingWrite, Escalation, PolicyRule, Request, RoleWrite, User};
use ironclad_testkit::oracle::Dice;
use serde_json::{Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";
/// A dry run passes authorization, the checks and validation; nothing is stored.
const DRY: &str = "dryRun=All&fieldManager=test";
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

/// A write, and what it needs.
pub(crate) struct Attempt {
    pub(crate) call: Call,
    pub(crate) user: User,
    /// All of these must be allowed.
    needs: Vec<Request>,
    gives: Gives,
    namespace: String,
    /// Name in the request.
    name: String,
}

enum Gives {
    Rules(Vec<PolicyRule>, bool),
    Role(bool, String),
}

/// The group that may write everything of RBAC, as far as the checks beside authorization let it.
pub(crate) fn writers(world: &World) -> String {
    format!("{}-writers", world.prefix)
}

/// The role and binding of [`writers`], and some who hold `bind` or `escalate` on some names.
pub(crate) fn objects(world: &World) -> Vec<(String, Value)> {
    let writer = format!("{}-writer", world.prefix);
    let role = |name: &str, rules: Value| {
        let object = json!({"apiVersion": API, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
        (collection("clusterroles", None), object)
    };
    let bind = |name: &str, group: &str| {
        let object = json!({
            "apiVersion": API, "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "Group", "apiGroup": GROUP, "name": group}],
        });
        (collection("clusterrolebindings", None), object)
    };
    let all = json!(["roles", "clusterroles", "rolebindings", "clusterrolebindings"]);
    let mut objects = vec![
        role(&writer, json!([{"apiGroups": [GROUP], "resources": all, "verbs": ["create", "update", "patch"]}])),
        bind(&writer, &writers(world)),
    ];
    for (verb, resources, names) in [
        ("bind", json!(["roles", "clusterroles"]), json!([world.roles[0], format!("{}-missing", world.prefix)])),
        ("escalate", json!(["roles", "clusterroles"]), json!([world.roles[1]])),
        ("escalate-all", json!(["roles"]), json!([])),
    ] {
        let name = format!("{}-{verb}", world.prefix);
        let verb = verb.trim_end_matches("-all");
        let rule = json!([{"apiGroups": [GROUP], "resources": resources, "resourceNames": names, "verbs": [verb]}]);
        objects.push(role(&name, rule));
        objects.push(bind(&name, &name));
    }
    objects
}

fn plain(rules: &[Value]) -> Vec<PolicyRule> {
    let list = |rule: &Value, key: &str| -> Vec<String> {
        let items = rule[key].as_array().into_iter().flatten();
        items.map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
    };
    let of = |rule: &Value| PolicyRule {
        verbs: list(rule, "verbs"),
        api_groups: list(rule, "apiGroups"),
        resources: list(rule, "resources"),
        resource_names: list(rule, "resourceNames"),
        non_resource_urls: list(rule, "nonResourceURLs"),
    };
    rules.iter().map(of).collect()
}

/// An attempt in a world; `stored` are the objects that the server took.
pub(crate) fn attempt(world: &World, stored: &[&Value], dice: &mut Dice) -> Attempt {
    let mut user = world.user(dice);
    // Impersonation adds it, whatever was asked for.
    if !user.is_in("system:authenticated") {
        user.groups.push("system:authenticated".to_owned());
    }
    if dice.below(12) > 0 {
        user.groups.push(writers(world));
    }
    if dice.below(4) == 0 {
        user.groups.push(format!("{}-{}", world.prefix, dice.pick(&["bind", "escalate", "escalate-all"])));
    }
    let space = (dice.below(2) == 0).then(|| dice.pick(&world.namespaces).clone());
    let mut attempt = match dice.below(6) {
        0 | 1 => role(world, stored, dice, space),
        2 => change_role(stored, dice).unwrap_or_else(|| role(world, stored, dice, None)),
        3 | 4 => binding(world, dice, space),
        _ => change_binding(world, stored, dice).unwrap_or_else(|| binding(world, dice, None)),
    };
    attempt.call.user = Some(user.clone());
    attempt.user = user;
    attempt
}

fn rules(stored: &[&Value], dice: &mut Dice, cluster: bool) -> Vec<Value> {
    // Half of them are rights that somebody has: otherwise hardly any attempt would be let through.
    let own: Vec<&Value> = stored.iter().flat_map(|o| o["rules"].as_array().into_iter().flatten()).collect();
    let own: Vec<&&Value> = own.iter().filter(|rule| cluster || rule.get("nonResourceURLs").is_none()).collect();
    (0..dice.below(3))
        .map(|_| match dice.below(2) {
            0 if !own.is_empty() => (**dice.pick(&own)).clone(),
            _ => rule(dice, cluster),
        })
        .collect()
}

fn role(world: &World, stored: &[&Value], dice: &mut Dice, space: Option<String>) -> Attempt {
    let plural = if space.is_some() { "roles" } else { "clusterroles" };
    let kind = if space.is_some() { "Role" } else { "ClusterRole" };
    let name = format!("{}-new", world.prefix);
    let rules = rules(stored, dice, space.is_none());
    let mut object = json!({"apiVersion": API, "kind": kind, "metadata": {"name": name}, "rules": rules});
    let mut aggregates = false;
    if space.is_none() && dice.below(5) == 0 {
        aggregates = true;
        object["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"none": "x"}}]});
    }
    let at = collection(plural, space.as_deref());
    let namespace = space.unwrap_or_default();
    let needs = |verb: &str| Request::resource(verb, GROUP, plural).within(&namespace);
    // Applying what is not there is a patch, and a create with the name kept.
    let (call, needs, name) = if dice.below(3) == 0 {
        let path = format!("{at}/{name}?force=true&{DRY}");
        let call = Call { method: "PATCH", path, body: object, media: APPLY, user: None };
        (call, vec![needs("patch").named(&name), needs("create").named(&name)], name)
    } else {
        (Call::post(&format!("{at}?{DRY}"), object), vec![needs("create")], String::new())
    };
    let gives = Gives::Rules(plain(&rules), aggregates);
    Attempt { call, user: User::default(), needs, gives, namespace, name }
}

/// Of a stored object: its kind's resource, namespace, name.
fn place(object: &Value) -> (&'static str, String, String) {
    let plural = match object["kind"].as_str().unwrap_or_default() {
        "Role" => "roles",
        "ClusterRole" => "clusterroles",
        "RoleBinding" => "rolebindings",
        _ => "clusterrolebindings",
    };
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (plural, text("namespace"), text("name"))
}

/// The call that changes an object into `new`, of which `part` is what differs, and the verb.
fn change(dice: &mut Dice, object: &Value, part: Value) -> (Call, &'static str) {
    let (plural, namespace, name) = place(object);
    let at = collection(plural, (!namespace.is_empty()).then_some(namespace.as_str()));
    let path = format!("{at}/{name}?{DRY}");
    if dice.below(2) == 0 {
        return (Call { method: "PATCH", path, body: part, media: MERGE, user: None }, "patch");
    }
    let mut new = object.clone();
    for (key, value) in part.as_object().into_iter().flatten() {
        match key.as_str() {
            "metadata" => new["metadata"]["annotations"] = value["annotations"].clone(),
            key => new[key] = value.clone(),
        }
    }
    (Call { method: "PUT", path, body: new, media: "application/json", user: None }, "update")
}

fn change_role(stored: &[&Value], dice: &mut Dice) -> Option<Attempt> {
    let roles: Vec<&&Value> = stored.iter().filter(|o| o.get("rules").is_some()).collect();
    let object = **roles.get(dice.below(roles.len()))?;
    let (plural, namespace, name) = place(object);
    let rules = rules(stored, dice, namespace.is_empty());
    let part = json!({"metadata": {"annotations": {"changed": "yes"}}, "rules": rules});
    let (call, verb) = change(dice, object, part);
    let needs = vec![Request::resource(verb, GROUP, plural).named(&name).within(&namespace)];
    let gives = Gives::Rules(plain(&rules), object.get("aggregationRule").is_some());
    Some(Attempt { call, user: User::default(), needs, gives, namespace, name })
}

fn binding(world: &World, dice: &mut Dice, space: Option<String>) -> Attempt {
    let plural = if space.is_some() { "rolebindings" } else { "clusterrolebindings" };
    let kind = if space.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let role = match dice.below(8) {
        0 => format!("{}-missing", world.prefix),
        1 => "system:basic-user".to_owned(),
        2 => "cluster-admin".to_owned(),
        _ => dice.pick(&world.roles).clone(),
    };
    let cluster = space.is_none() || dice.below(2) == 0;
    let object = json!({
        "apiVersion": API, "kind": kind, "metadata": {"name": format!("{}-new", world.prefix)},
        "roleRef": {"apiGroup": GROUP, "kind": if cluster { "ClusterRole" } else { "Role" }, "name": role},
        "subjects": [{"kind": "User", "name": "friend"}],
    });
    let path = format!("{}?{DRY}", collection(plural, space.as_deref()));
    let namespace = space.unwrap_or_default();
    let needs = vec![Request::resource("create", GROUP, plural).within(&namespace)];
    let gives = Gives::Role(cluster, role);
    Attempt { call: Call::post(&path, object), user: User::default(), needs, gives, namespace, name: String::new() }
}

fn change_binding(world: &World, stored: &[&Value], dice: &mut Dice) -> Option<Attempt> {
    let bindings: Vec<&&Value> = stored.iter().filter(|o| o.get("roleRef").is_some()).collect();
    let object = **bindings.get(dice.below(bindings.len()))?;
    let (plural, namespace, name) = place(object);
    let friend = format!("{}-friend", world.prefix);
    let part = json!({"subjects": [{"kind": "User", "name": friend}], "metadata": {"annotations": {"changed": "yes"}}});
    let (call, verb) = change(dice, object, part);
    let needs = vec![Request::resource(verb, GROUP, plural).named(&name).within(&namespace)];
    let cluster = object["roleRef"]["kind"] == "ClusterRole";
    let gives = Gives::Role(cluster, object["roleRef"]["name"].as_str().unwrap_or_default().to_owned());
    Some(Attempt { call, user: User::default(), needs, gives, namespace, name })
}

impl Attempt {
    /// The code that ours expects: 200 stands for 201 as well.
    pub(crate) fn expected(&self, index: &ironclad_authz::World) -> u16 {
        if !self.needs.iter().all(|request| index.allows(&self.user, request)) {
            return 403;
        }
        let namespace = self.namespace.as_str();
        let escalation = match &self.gives {
            Gives::Rules(rules, aggregates) => {
                let write = RoleWrite { namespace, name: &self.name, rules, aggregates: *aggregates };
                index.role_write(&self.user, &write)
            }
            Gives::Role(cluster_role, role) => {
                let write = BindingWrite { namespace, cluster_role: *cluster_role, role };
                index.binding_write(&self.user, &write)
            }
        };
        match escalation {
            Escalation::NoSuchRole => 404,
            other if other.is_allowed() => 200,
            _ => 403,
        }
    }
}
