//! Why not, escalation, and what the API server would refuse.

use ironclad_authz::{BindingWrite, Escalation, Options, PolicyRule, Reason, Request, RoleWrite, User, World};
use ironclad_testkit::snapshot;

fn world(text: &str) -> World {
    World::of(&snapshot("a.yaml", text), &Options::default())
}

const HEAD: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

fn bound(rule: &str, binding: &str) -> World {
    world(&format!("{HEAD}kind: ClusterRole\nmetadata: {{name: r}}\nrules: [{rule}]\n---\n{HEAD}{binding}\n"))
}

const CLUSTER: &str = "kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: eve}]";

fn reason(world: &World, user: &str, request: &Request) -> Option<Reason> {
    let user = User::implied(user, &[]);
    assert!(!world.allows(&user, request));
    world.misses(&user, request, 5).into_iter().next().map(|miss| miss.reason)
}

#[test]
fn the_nearest_miss_is_named() {
    let get = Request::resource("get", "", "pods").named("p").within("a");
    let cases = [
        ("{verbs: [get], apiGroups: [v1], resources: [pods]}", Reason::Group(vec!["v1".to_owned()])),
        ("{verbs: [list], apiGroups: [''], resources: [pods]}", Reason::Verb(vec!["list".to_owned()])),
        ("{verbs: [get], apiGroups: [''], resources: [pods], resourceNames: [q]}", Reason::Name(vec!["q".to_owned()])),
        ("{verbs: [get], apiGroups: [''], resources: [pod]}", Reason::Resource("pod".to_owned())),
        ("{verbs: [get], apiGroups: [''], resources: ['pods/*']}", Reason::Resource("pods/*".to_owned())),
    ];
    for (rule, expected) in cases {
        assert_eq!(reason(&bound(rule, CLUSTER), "eve", &get), Some(expected), "{rule}");
    }
    let rule = "{verbs: [get], apiGroups: [''], resources: [pods]}";
    let elsewhere = "kind: RoleBinding\nmetadata: {name: b, namespace: b}\nroleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: eve}]";
    assert_eq!(reason(&bound(rule, elsewhere), "eve", &get), Some(Reason::Namespace("b".to_owned())));
    let missing = CLUSTER.replace("name: r", "name: gone");
    assert_eq!(reason(&bound(rule, &missing), "eve", &get), Some(Reason::NoRole("ClusterRole/gone".to_owned())));
    let account = CLUSTER.replace("{kind: User, name: eve}", "{kind: ServiceAccount, name: s, namespace: x}");
    let miss = reason(&bound(rule, &account), "system:serviceaccount:a:s", &get);
    assert_eq!(miss, Some(Reason::SubjectNamespace("x".to_owned())));
    let path = Request::path("get", "/metrics");
    let urls = "{verbs: [get], nonResourceURLs: [/metrics]}";
    assert_eq!(reason(&bound(urls, elsewhere), "eve", &path), Some(Reason::Path));
}

#[test]
fn nobody_gives_away_what_he_does_not_have() {
    let rules = "{verbs: [get], apiGroups: [''], resources: [pods]}, {verbs: [bind], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [view]}";
    let other =
        "kind: ClusterRole\nmetadata: {name: other}\nrules: [{verbs: [get], apiGroups: [''], resources: [secrets]}]";
    let world = bound(rules, &format!("{CLUSTER}\n---\n{HEAD}{other}"));
    let eve = User::literal("eve", &[]);
    let rule = |verb: &str, resource: &str| PolicyRule {
        verbs: vec![verb.to_owned()],
        api_groups: vec![String::new()],
        resources: vec![resource.to_owned()],
        ..PolicyRule::default()
    };
    let write = |rules: &[PolicyRule], aggregates| {
        world.role_write(&eve, &RoleWrite { namespace: "a", name: "", rules, aggregates })
    };
    assert_eq!(write(&[rule("get", "pods")], false), Escalation::Covered);
    assert_eq!(write(&[rule("get", "secrets")], false), Escalation::Refused(vec![rule("get", "secrets")]));
    assert!(!write(&[], true).is_allowed());
    let bind = |role: &str| world.binding_write(&eve, &BindingWrite { namespace: "a", cluster_role: true, role });
    assert_eq!(bind("view"), Escalation::Verb);
    assert_eq!(bind("r"), Escalation::Covered);
    assert_eq!(bind("gone"), Escalation::NoSuchRole);
    assert!(matches!(bind("other"), Escalation::Refused(missing) if missing.len() == 1));
    let master = User::literal("x", &["system:masters"]);
    assert!(
        world.role_write(&master, &RoleWrite { namespace: "", name: "", rules: &[], aggregates: true }).is_allowed()
    );
}

#[test]
fn escalate_limited_to_a_name_does_not_help_to_create() {
    let rules =
        "{verbs: [escalate], apiGroups: [rbac.authorization.k8s.io], resources: [roles], resourceNames: [mine]}";
    let world = bound(rules, CLUSTER);
    let eve = User::literal("eve", &[]);
    let wanted = [PolicyRule { verbs: vec!["get".to_owned()], ..PolicyRule::default() }];
    let wanted =
        [PolicyRule { api_groups: vec![String::new()], resources: vec!["pods".to_owned()], ..wanted[0].clone() }];
    let write = |name| world.role_write(&eve, &RoleWrite { namespace: "a", name, rules: &wanted, aggregates: false });
    assert_eq!(write("mine"), Escalation::Verb);
    assert!(!write("").is_allowed());
}

#[test]
fn what_the_api_server_refuses_grants_nothing() {
    let get = Request::resource("get", "", "pods").within("a");
    let rule = "{verbs: [get], apiGroups: [''], resources: [pods]}";
    let allowed = |rule: &str, binding: &str| bound(rule, binding).allows(&User::literal("eve", &[]), &get);
    assert!(allowed(rule, CLUSTER));
    for (rule, binding) in [
        ("{verbs: [get], resources: [pods]}", CLUSTER),
        (
            "{verbs: [], apiGroups: [''], resources: [pods]}, {verbs: [get], apiGroups: [''], resources: [pods]}",
            CLUSTER,
        ),
        ("{verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/x]}", CLUSTER),
        (rule, &CLUSTER.replace("kind: User,", "kind: User, apiGroup: v1,")),
        (rule, &CLUSTER.replace("roleRef: {kind: ClusterRole", "roleRef: {kind: Role")),
        (rule, &CLUSTER.replace("subjects: [", "subjects: [{kind: ServiceAccount, name: s}, ")),
        (rule, &CLUSTER.replace("{name: b}", "{name: a/b}")),
        (rule, &CLUSTER.replace("subjects: [", "subjects: [{kind: Robot, name: s}, ")),
    ] {
        let world = bound(rule, binding);
        assert!(!world.allows(&User::literal("eve", &[]), &get), "{rule}\n{binding}");
        assert_eq!(world.invalid().len(), 1, "{rule}\n{binding}");
    }
}

#[test]
fn the_last_of_one_name_counts() {
    let role = |verb: &str| {
        format!(
            "{HEAD}kind: ClusterRole\nmetadata: {{name: r}}\nrules: [{{verbs: [{verb}], apiGroups: [''], resources: [pods]}}]\n---\n"
        )
    };
    let world = world(&format!("{}{}{HEAD}{CLUSTER}\n", role("get"), role("list")));
    let eve = User::literal("eve", &[]);
    assert!(!world.allows(&eve, &Request::resource("get", "", "pods")));
    assert!(world.allows(&eve, &Request::resource("list", "", "pods")));
    assert_eq!(world.duplicates().len(), 1);
}
