//! Generated logs: whatever they hold, the roles allow all of it, and without expansion nothing else.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_authz::{Defaults, Options, World};
use ironclad_events::ReadLimits;
use ironclad_generate::rbac::{Expand, Observed, Select, Status, merge, objects, plan, prove, unused};
use ironclad_model::Snapshot;
use ironclad_testkit::{is_full_run, snapshot};
use proptest::prelude::*;

fn observed(log: &str, select: Select) -> Observed {
    let mut observed = Observed::new(select, 37);
    let limits = ReadLimits::default();
    let mut bad = Vec::new();
    ironclad_events::read(log.as_bytes(), &limits, &mut |event| observed.add(event), &mut |one| bad.push(one));
    assert!(bad.is_empty(), "{bad:?}");
    observed
}

fn defaults() -> World {
    World::of(&Snapshot::default(), &Options { namespace: "default", defaults: Defaults::All(37), live: false })
}

fn event(user: &str, verb: &str, object: &str, code: u16, rest: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete","verb":"{verb}","requestURI":"/x","user":{{"username":"{user}","groups":["system:authenticated"]}},{object}"responseStatus":{{"code":{code}}}{rest}}}"#
    ) + "\n"
}

fn on(group: &str, resource: &str, namespace: &str, name: &str) -> String {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    format!(
        r#""objectRef":{{"apiGroup":"{group}","resource":"{resource}","subresource":"{subresource}","namespace":"{namespace}","name":"{name}"}},"#
    )
}

fn rights(log: &str, expand: Expand) -> Vec<String> {
    let observed = observed(log, Select::default());
    let plan = plan(&observed, expand, false, &defaults(), "");
    let proof = prove(&plan);
    assert!(proof.is_complete(), "{:?}", proof.refused);
    let mut rights = Vec::new();
    for grant in &plan.grants {
        for rule in &grant.rules {
            rights.push(format!("{}: {}: {rule}", grant.users.join("+"), grant.namespace));
        }
    }
    rights
}

#[test]
fn what_a_request_needed() {
    for (log, expected) in [
        // The name that a create got is not what was authorized; that of a subresource is.
        (event("u", "create", &on("", "pods", "a", "web-x"), 201, ""), vec!["u: a: create pods in core"]),
        (
            event("u", "create", &on("", "pods/exec", "a", "web"), 101, ""),
            vec!["u: a: create pods/exec in core named web"],
        ),
        // A websocket's GET needs both; an apply that made the object needs both, with the name.
        (
            event("u", "get", &on("", "pods/exec", "a", "web"), 101, ""),
            vec!["u: a: create,get pods/exec in core named web"],
        ),
        (
            event("u", "patch", &on("apps", "deployments", "a", "web"), 201, ""),
            vec!["u: a: create,patch deployments in apps named web"],
        ),
        (
            event("u", "patch", &on("apps", "deployments", "a", "web"), 200, ""),
            vec!["u: a: patch deployments in apps named web"],
        ),
        // Not found was authorized, forbidden was not, forbidden by admission was.
        (event("u", "get", &on("", "configmaps", "a", "c"), 404, ""), vec!["u: a: get configmaps in core named c"]),
        (event("u", "get", &on("", "configmaps", "a", "c"), 403, ""), vec![]),
        (event("u", "get", &on("", "configmaps", "a", "c"), 401, ""), vec![]),
        (event("u", "get", &on("", "configmaps", "a", "c"), 500, ""), vec![]),
        (
            event(
                "u",
                "create",
                &on("", "pods", "a", ""),
                403,
                r#","annotations":{"authorization.k8s.io/decision":"allow"}"#,
            ),
            vec!["u: a: create pods in core"],
        ),
        // What everybody may, nobody needs.
        (event("u", "create", &on("authorization.k8s.io", "selfsubjectaccessreviews", "", ""), 201, ""), vec![]),
        (event("system:kube-scheduler", "get", &on("", "nodes", "", "n"), 200, ""), vec![]),
        (event("u", "get", "", 200, "").replace("/x", "/metrics/a%2Fb?x=1"), vec!["u: : get /metrics/a/b"]),
    ] {
        assert_eq!(rights(&log, Expand::default()), expected, "{log}");
    }
}

/// Equal, whatever the order of the roles.
#[track_caller]
fn same(mut rights: Vec<String>, expected: &[&str]) {
    let mut expected: Vec<String> = expected.iter().map(|right| (*right).to_owned()).collect();
    rights.sort();
    expected.sort();
    assert_eq!(rights, expected);
}

#[test]
fn who_impersonates_needs_that_too() {
    let log = |as_user: &str, more: &str| {
        event("boss", "list", &on("", "pods", "a", ""), 200, &format!(r#","impersonatedUser":{as_user}{more}"#))
    };
    let user = r#"{"username":"alice","groups":["dev","system:authenticated"],"uid":"7","extra":{"Scopes":["view"]}}"#;
    same(
        rights(&log(user, ""), Expand::default()),
        &[
            "boss: : impersonate groups in core named dev",
            "boss: : impersonate users in core named alice",
            "boss: : impersonate uids in authentication.k8s.io named 7",
            "boss: : impersonate userextras/scopes in authentication.k8s.io named view",
            "alice: a: list pods in core",
        ],
    );
    let account = r#"{"username":"system:serviceaccount:a:ci","groups":["system:serviceaccounts","system:serviceaccounts:a","system:authenticated"]}"#;
    same(
        rights(&log(account, ""), Expand::default()),
        &["system:serviceaccount:a:ci: a: list pods in core", "boss: a: impersonate serviceaccounts in core named ci"],
    );
    let constrained = log(
        r#"{"username":"alice","groups":["system:authenticated"]}"#,
        r#","authenticationMetadata":{"impersonationConstraint":"impersonate:user-info"}"#,
    );
    same(
        rights(&constrained, Expand::default()),
        &[
            "boss: : impersonate:user-info users in authentication.k8s.io named alice",
            "boss: a: impersonate-on:user-info:list pods in core",
            "alice: a: list pods in core",
        ],
    );
}

#[test]
fn nothing_is_wider_unless_asked_for() {
    let mut log = String::new();
    for (resource, names) in [("configmaps", ["a", "b", "c"]), ("secrets", ["a", "b", "c"])] {
        for name in names {
            log += &event("u", "get", &on("", resource, "one", name), 200, "");
        }
    }
    for space in ["one", "two", "three"] {
        log += &event("u", "list", &on("", "services", space, ""), 200, "");
    }
    log += &event("u", "get", &on("", "pods", "one", "web-7d4b9c6f5d-x2x7k"), 200, "");
    assert_eq!(
        rights(&log, Expand::default()),
        [
            "u: one: get configmaps,secrets in core named a,b,c",
            "u: one: get pods in core named web-7d4b9c6f5d-x2x7k",
            "u: one: list services in core",
            "u: three: list services in core",
            "u: two: list services in core",
        ]
    );
    let wide = Expand { verbs: true, names: Some(3), namespaces: Some(3), generated_names: true };
    assert_eq!(
        rights(&log, wide),
        [
            "u: : get,list,watch services in core",
            "u: one: get,list,watch configmaps,pods in core",
            // Secrets are never generalised.
            "u: one: get secrets in core named a,b,c",
        ]
    );
}

#[test]
fn the_same_needs_are_one_role() {
    let log = event("system:serviceaccount:a:x", "get", &on("", "nodes", "", ""), 200, "")
        + &event("system:serviceaccount:b:y", "get", &on("", "nodes", "", ""), 200, "");
    let observed = observed(&log, Select::default());
    let plan = plan(&observed, Expand::default(), false, &defaults(), "p:");
    let made = objects(&plan);
    assert_eq!(made.len(), 2, "{made:#?}");
    assert_eq!(made[0]["metadata"]["name"], "p:a:x");
    assert_eq!(made[1]["subjects"].as_array().unwrap().len(), 2);
}

const EXISTING: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ci, namespace: a}
rules:
- {apiGroups: [''], resources: [pods], verbs: [get, list]}
- {apiGroups: [apps], resources: ['*'], verbs: ['*']}
- {apiGroups: [batch], resources: [jobs], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}
subjects: [{kind: ServiceAccount, name: ci}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: idle}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: nobody}]
";

#[test]
fn existing_roles_are_compared() {
    let world = World::of(
        &snapshot("rbac.yaml", EXISTING),
        &Options { namespace: "default", defaults: Defaults::Roles(37), live: false },
    );
    let account = "system:serviceaccount:a:ci";
    let log = event(account, "get", &on("", "pods", "a", "p"), 200, "")
        + &event(account, "patch", &on("apps", "deployments", "a", "d"), 200, "")
        + &event(account, "create", &on("", "events", "a", ""), 201, "")
        + &event(account, "get", &on("", "nodes", "", "n"), 200, "");
    let observed = observed(&log, Select::default());
    let found: Vec<String> = unused(&world, &observed)
        .into_iter()
        .map(|one| format!("{} {} {:?} {}", one.status.as_str(), one.object, one.rule.map(|rule| rule.1), one.detail))
        .collect();
    assert_eq!(
        found,
        [
            "unused-binding ClusterRoleBinding/idle None ClusterRole/view",
            "unused-rule Role/a/ci Some(2) get jobs in batch",
            "unused-verb Role/a/ci Some(0) list",
            "wildcard-partially-used Role/a/ci Some(1) used: patch on deployments",
        ]
    );
    assert!(Status::Binding < Status::Rule);
    let merged = merge(&world, &observed, Some("a"), "ci").unwrap();
    assert_eq!(
        merged.patch,
        serde_json::json!([{"op": "add", "path": "/rules/-", "value": {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}}])
    );
    assert_eq!(merged.outside.iter().map(|(_, need)| need.to_string()).collect::<Vec<_>>(), ["get nodes named n"]);
    assert!(merge(&world, &observed, Some("a"), "none").is_err());
    assert!(merge(&world, &observed, None, "view").is_err());
}

fn logs() -> impl Strategy<Value = String> {
    let one = (
        prop::sample::select(vec!["u", "v", "system:serviceaccount:a:x"]),
        prop::sample::select(vec!["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]),
        prop::sample::select(vec!["pods", "pods/exec", "pods/log", "secrets", "nodes", "deployments"]),
        prop::sample::select(vec!["", "a", "b", "c"]),
        prop::sample::select(vec!["", "x", "y", "web-7d4b9c6f5d-x2x7k"]),
        prop::sample::select(vec![200u16, 201, 404, 409, 403, 101]),
    );
    prop::collection::vec(one, 1..40).prop_map(|events| {
        let line = |(user, verb, resource, space, name, code): (&str, &str, &str, &str, &str, u16)| {
            let group = if resource == "deployments" { "apps" } else { "" };
            event(user, verb, &on(group, resource, space, name), code, "")
        };
        events.into_iter().map(line).collect()
    })
}

#[test]
fn everything_is_allowed_and_nothing_else() {
    let cases = if is_full_run() { 2_000 } else { 150 };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let defaults = defaults();
    runner
        .run(&logs(), |log| {
            let observed = observed(&log, Select::default());
            let exact = plan(&observed, Expand::default(), false, &defaults, "");
            let proof = prove(&exact);
            prop_assert!(proof.is_complete(), "{:?}", proof.refused);
            prop_assert!(proof.is_minimal() && proof.excess.is_empty(), "{:?}", proof);
            // The long way round: take each atom away and ask again.
            for grant in 0..exact.grants.len() {
                for rule in 0..exact.grants[grant].rules.len() {
                    let mut less = exact.clone();
                    let atoms = ironclad_authz::breakdown(&less.grants[grant].rules[rule]);
                    for gone in 0..atoms.len() {
                        let mut kept = atoms.clone();
                        kept.remove(gone);
                        less.grants[grant].rules = exact.grants[grant].rules.clone();
                        less.grants[grant].rules.remove(rule);
                        less.grants[grant].rules.extend(kept);
                        prop_assert!(!prove(&less).is_complete(), "{:?} can go", atoms[gone]);
                    }
                }
            }
            let wide = Expand { verbs: true, names: Some(2), namespaces: Some(2), generated_names: true };
            prop_assert!(prove(&plan(&observed, wide, true, &defaults, "")).is_complete());
            Ok(())
        })
        .unwrap();
}
