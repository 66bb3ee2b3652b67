//! Each way by itself, chains of them, and that looking once loses nothing.

use super::*;
use crate::{Defaults, Options};
use ironclad_testkit::snapshot;

/// Roles of namespace `a`, each bound to a user of its name; `admin` may read every Secret.
fn world(rules: &[(&str, &str)]) -> World {
    let head = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let mut text = format!(
        "{head}kind: ClusterRole\nmetadata: {{name: admin}}\nrules: [{{verbs: ['*'], apiGroups: ['*'], resources: ['*']}}]\n\
         ---\n{head}kind: ClusterRoleBinding\nmetadata: {{name: admin}}\nroleRef: {{kind: ClusterRole, name: admin}}\n\
         subjects: [{{kind: ServiceAccount, name: admin, namespace: a}}, {{kind: User, name: root}}]\n"
    );
    for (name, rule) in rules {
        let (kind, place) = match name.strip_prefix("all-") {
            Some(_) => ("Cluster", String::new()),
            None => ("", ", namespace: a".to_owned()),
        };
        text.push_str(&format!(
            "---\n{head}kind: {kind}Role\nmetadata: {{name: {name}{place}}}\nrules: [{rule}]\n\
             ---\n{head}kind: {kind}RoleBinding\nmetadata: {{name: {name}{place}}}\n\
             roleRef: {{kind: {kind}Role, name: {name}}}\nsubjects: [{{kind: User, name: {name}}}]\n"
        ));
    }
    let options = Options { defaults: Defaults::None, ..Options::default() };
    World::of(&snapshot("a.yaml", &text), &options)
}

fn climbs(world: &World, around: &Surroundings) -> Vec<String> {
    let request = Request::resource("list", "", "secrets").within("a");
    let start = world.who_can(&request).subjects;
    let found = world.who_could(&start, &[request], around);
    found
        .iter()
        .map(|climb| {
            let steps = climb.steps.iter().map(|step| {
                for request in &step.requests {
                    assert!(world.allows(&step.actor, request), "{} may not {request:?}", step.actor.name);
                }
                format!("{} {}", step.way, step.becomes.as_deref().unwrap_or_default()).trim_end().to_owned()
            });
            let steps: Vec<String> = steps.collect();
            format!("{}: {}", world.subject_label(climb.who), steps.join(", "))
        })
        .collect()
}

fn core(verbs: &str, resources: &str, more: &str) -> String {
    format!("{{verbs: [{verbs}], apiGroups: [''], resources: [{resources}]{more}}}")
}

#[test]
fn each_way_is_found_and_nothing_beside_it() {
    let rbac = |verbs: &str, resources: &str, more: &str| {
        format!("{{verbs: [{verbs}], apiGroups: [rbac.authorization.k8s.io], resources: [{resources}]{more}}}")
    };
    let account = "ServiceAccount:a/admin";
    let cases: &[(&str, String, Option<String>)] = &[
        ("x", core("create", "pods", ""), Some(format!("starts a Pod that runs as {account}"))),
        ("x", core("patch", "pods", ""), None),
        ("x", core("create", "serviceaccounts/token", ""), Some(format!("requests a token of {account}"))),
        (
            "x",
            core("create", "serviceaccounts/token", ", resourceNames: [admin]"),
            Some(format!("requests a token of {account}")),
        ),
        ("x", core("create", "serviceaccounts/token", ", resourceNames: [other]"), None),
        ("x", core("impersonate", "serviceaccounts", ""), Some(format!("impersonates {account}"))),
        ("all-x", core("impersonate", "users", ""), None),
        ("all-x", core("impersonate", "groups", ""), None),
        (
            "all-x",
            core("impersonate", "'groups', 'users'", ""),
            Some("impersonates Group:system:masters".to_owned()),
        ),
        ("x", core("impersonate", "users", ""), None),
        ("x", core("create", "secrets", ""), None),
        (
            "x",
            core("'create', 'get'", "secrets", ""),
            Some(format!("makes a Secret with a token of, and reads it: {account}")),
        ),
        ("x", core("create", "pods/exec", ""), Some(format!("enters (pods/exec) a pod that runs as {account}"))),
        ("x", core("get", "pods/exec", ""), None),
        ("x", core("get", "nodes/proxy", ""), None),
        ("all-x", core("get", "nodes/proxy", ""), Some(format!("enters (nodes/proxy) a pod that runs as {account}"))),
        ("x", rbac("create", "rolebindings", ""), None),
        (
            "x",
            format!("{}, {}", rbac("create", "rolebindings", ""), rbac("bind", "clusterroles", "")),
            Some("binds itself to ClusterRole/admin".to_owned()),
        ),
        (
            "x",
            format!("{}, {}", rbac("create", "rolebindings", ""), rbac("bind", "clusterroles", ", resourceNames: [view]")),
            None,
        ),
        (
            "x",
            rbac("'patch', 'escalate'", "roles", ", resourceNames: [x]"),
            Some("writes the right into Role/a/x, which it is bound to".to_owned()),
        ),
        ("x", rbac("'patch', 'escalate'", "roles", ", resourceNames: [y]"), None),
        (
            "all-x",
            "{verbs: [create, update, approve], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval, signers]}"
                .to_owned(),
            Some("approves a certificate for User:root".to_owned()),
        ),
    ];
    let around = Surroundings { version: 37, ..Surroundings::default() };
    for (name, rule, expected) in cases {
        let world = world(&[(name, rule)]);
        let found = climbs(&world, &around);
        match (*name, expected) {
            // Users may be impersonated: root is one.
            ("all-x", None) if rule.contains("users") => {
                assert_eq!(found, ["User:all-x: impersonates User:root"], "{rule}");
            }
            (_, None) => assert_eq!(found, Vec::<String>::new(), "{rule}"),
            (_, Some(way)) => assert_eq!(found, [format!("User:{name}: {way}")], "{rule}"),
        }
    }
}

#[test]
fn steps_add_up_and_pods_must_run() {
    let exec = core("create", "pods/exec", "");
    let token = core("create", "serviceaccounts/token", ", resourceNames: [ci]");
    let mut around = Surroundings { version: 37, running: Some(BTreeSet::new()), ..Surroundings::default() };
    let world = world(&[("exec", &exec), ("token", &token), ("far", &core("impersonate", "users", ""))]);
    assert_eq!(climbs(&world, &around), Vec::<String>::new());
    around.running = Some(BTreeSet::from([("a".to_owned(), "admin".to_owned())]));
    assert_eq!(climbs(&world, &around), ["User:exec: enters (pods/exec) a pod that runs as ServiceAccount:a/admin"]);
    let chain = super::tests::world(&[
        ("exec", &exec),
        ("all-second", &core("impersonate", "users", ", resourceNames: [exec]")),
    ]);
    assert_eq!(
        climbs(&chain, &around),
        [
            "User:exec: enters (pods/exec) a pod that runs as ServiceAccount:a/admin",
            "User:all-second: impersonates User:exec, enters (pods/exec) a pod that runs as ServiceAccount:a/admin",
        ]
    );
}

#[test]
fn a_token_in_a_secret_is_read() {
    let world = world(&[("x", &core("get", "secrets", ", resourceNames: [admin-token]"))]);
    let mut around = Surroundings { version: 37, ..Surroundings::default() };
    assert_eq!(climbs(&world, &around), Vec::<String>::new());
    around.tokens = vec![("a".to_owned(), "admin".to_owned(), "admin-token".to_owned())];
    let expected = "User:x: reads Secret \"admin-token\", which holds a token of ServiceAccount:a/admin";
    assert_eq!(climbs(&world, &around), [expected]);
}

/// What is looked at once is no different for the next: ways and order come out the same where all is looked at again.
#[test]
fn nothing_is_lost_by_looking_once() {
    let mut state = 7u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let rules = [
        ("impersonate", "", "users"),
        ("impersonate", "", "groups"),
        ("impersonate", "", "serviceaccounts"),
        ("create", "", "serviceaccounts/token"),
        ("create", "", "pods"),
        ("create", "", "pods/exec"),
        ("create", "", "secrets"),
        ("get", "", "secrets"),
        ("create", RBAC, "rolebindings"),
        ("bind", RBAC, "clusterroles"),
        ("escalate", RBAC, "roles"),
        ("update", RBAC, "roles"),
        ("create", CERTIFICATES, "certificatesigningrequests"),
        ("update", CERTIFICATES, "certificatesigningrequests/approval"),
        ("approve", CERTIFICATES, "signers"),
    ];
    let subjects = [
        "{kind: User, name: u0}",
        "{kind: User, name: u1}",
        "{kind: User, name: u2}",
        "{kind: Group, name: g0}",
        "{kind: Group, name: 'system:serviceaccounts:a'}",
        "{kind: Group, name: 'system:serviceaccounts'}",
        "{kind: ServiceAccount, name: s0, namespace: a}",
        "{kind: ServiceAccount, name: s1, namespace: a}",
        "{kind: ServiceAccount, name: s0, namespace: b}",
    ];
    let names = ["u0", "g0", "s0", "s1"];
    let (mut found, mut longest) = (0, 0);
    for _ in 0..300 {
        let mut text = String::new();
        for role in 0..8 {
            let space = ["", "a", "b"][roll(3)];
            let (kind, place) = match space {
                "" => ("Cluster", String::new()),
                space => ("", format!(", namespace: {space}")),
            };
            let mut own = String::new();
            for _ in 0..1 + roll(3) {
                let (verb, group, resource) = rules[roll(rules.len())];
                let limit = match roll(3) {
                    0 => format!(", resourceNames: [{}]", names[roll(names.len())]),
                    _ => String::new(),
                };
                own.push_str(&format!(
                    "- {{verbs: [{verb}], apiGroups: ['{group}'], resources: [{resource}]{limit}}}\n"
                ));
            }
            text.push_str(&format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Role\nmetadata: {{name: r{role}{place}}}\nrules:\n{own}---\n\
                 apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}RoleBinding\nmetadata: {{name: r{role}{place}}}\n\
                 roleRef: {{kind: {kind}Role, name: r{role}}}\nsubjects: [{}, {}]\n---\n",
                subjects[roll(subjects.len())],
                subjects[roll(subjects.len())]
            ));
        }
        let world = World::of(&snapshot("a.yaml", &text), &Options { defaults: Defaults::None, ..Options::default() });
        let running = BTreeSet::from([("a".to_owned(), "s1".to_owned())]);
        let around = Surroundings {
            version: 37,
            running: (roll(2) == 0).then_some(running),
            tokens: vec![("a".to_owned(), "s0".to_owned(), "s0".to_owned())],
        };
        let request = Request::resource("get", "", "secrets").within(["a", "b"][roll(2)]);
        let start = world.who_can(&request).subjects;
        let once = world.who_could(&start, std::slice::from_ref(&request), &around);
        let mut thorough = Climber::new(&world, &around);
        thorough.done.again = true;
        assert_eq!(once, world.who_could_by(thorough, &start, &[request]), "{text}");
        found += once.len();
        longest = longest.max(once.iter().map(|climb| climb.steps.len()).max().unwrap_or_default());
    }
    assert!(found > 300 && longest >= 3, "{found} ways, the longest of {longest} steps");
}
