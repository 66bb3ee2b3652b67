//! The authorization engine against a real kube-apiserver: every answer the same, the reason among our proofs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]
#![allow(clippy::explicit_auto_deref, reason = "without it the type of what is picked does not follow")]

mod api;
mod escalation;
mod nodes;
mod worlds;

use api::{Api, Call};
use ironclad_authz::{Defaults, Options, Request, User};
use ironclad_model::{Kind, Snapshot};
use ironclad_testcluster::{Assets, ControlPlane};
use ironclad_testkit::oracle::Dice;
use ironclad_testkit::{is_full_run, skipped, snapshot};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use worlds::{API, World, collection};

pub(crate) const RBAC: [Kind; 4] = [Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING];

/// How many of a thing in the ordinary and in the full run.
fn many(ordinary: usize, full: usize) -> usize {
    if is_full_run() { full } else { ordinary }
}

fn start(what: &str, authorization: &str, controllers: bool) -> Option<ControlPlane> {
    let assets = Assets::find().map_err(|why| skipped(what, &why)).ok()?;
    let options = ironclad_testcluster::Options {
        authorization: authorization.to_owned(),
        controller_manager: controllers,
        ..ironclad_testcluster::Options::default()
    };
    Some(ControlPlane::start(&assets, &options).unwrap())
}

/// One sentinel for each pair of kinds that the authorizer watches, written last.
fn sentinels(namespace: &str) -> (Vec<Call>, Vec<(User, Request)>) {
    let (mut calls, mut asked) = (Vec::new(), Vec::new());
    for (space, role, binding) in
        [(None, "clusterroles", "clusterrolebindings"), (Some(namespace), "roles", "rolebindings")]
    {
        let user = format!("sentinel-{role}");
        let (role_kind, binding_kind) = match space {
            None => ("ClusterRole", "ClusterRoleBinding"),
            Some(_) => ("Role", "RoleBinding"),
        };
        let object = json!({
            "apiVersion": API, "kind": role_kind, "metadata": {"name": user},
            "rules": [{"verbs": ["get"], "apiGroups": ["sentinel"], "resources": [role]}],
        });
        calls.push(Call::post(&collection(role, space), object));
        let object = json!({
            "apiVersion": API, "kind": binding_kind, "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": user},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
        });
        calls.push(Call::post(&collection(binding, space), object));
        let request = Request::resource("get", "sentinel", role).within(space.unwrap_or_default());
        asked.push((User::literal(&user, &[]), request));
    }
    (calls, asked)
}

fn namespace(name: &str) -> Call {
    Call::post("/api/v1/namespaces", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
}

fn created(answers: Vec<api::Answer>) {
    for (code, body) in answers {
        assert_eq!(code, 201, "{body}");
    }
}

fn index(snapshot: &Snapshot) -> ironclad_authz::World {
    ironclad_authz::World::of(snapshot, &Options { namespace: "default", defaults: Defaults::None, live: true })
}

#[test]
fn worlds_are_judged_as_the_server_judges_them() {
    let Some(plane) = start("authorization beside a real API server", "RBAC", false) else { return };
    let api = Api::of(&plane);
    let mut dice = Dice::new(20_260_101);
    let worlds: Vec<World> = (0..many(6, 40)).map(|number| World::new(number, &mut dice)).collect();
    created(api.all(worlds.iter().flat_map(|world| world.namespaces.iter().map(|n| namespace(n))).collect()));
    // What the server refuses, ours says that it would; and nothing else.
    let mut stored: Vec<Vec<&Value>> = Vec::new();
    let (mut refused, mut written) = (0, 0);
    for world in &worlds {
        let calls = world.objects.iter().map(|(path, object)| Call::post(path, object.clone())).collect();
        let mut kept = Vec::new();
        for ((code, body), (_, object)) in api.all(calls).into_iter().zip(&world.objects) {
            let alone = snapshot("object", &object.to_string());
            let ours = ironclad_authz::World::of(&alone, &Options::default());
            assert_eq!(code == 201, ours.invalid().is_empty(), "{object}\n{body}\n{:?}", ours.invalid());
            assert!(matches!(code, 201 | 422), "{object}\n{body}");
            if code == 201 {
                kept.push(object);
                written += 1;
            } else {
                refused += 1;
            }
        }
        stored.push(kept);
        created(
            api.all(escalation::objects(world).into_iter().map(|(path, object)| Call::post(&path, object)).collect()),
        );
    }
    assert!(refused > worlds.len(), "only {refused} objects of the worlds are refused");
    let (calls, asked) = sentinels(&worlds[0].namespaces[0]);
    created(api.all(calls));
    api.until_allowed(&asked);
    let read = api.read(&RBAC);
    let index = index(&read.snapshot);

    let count = many(1_500, 10_000);
    let asked: Vec<(User, Request)> = (0..count)
        .map(|n| {
            let world = &worlds[n % worlds.len()];
            let aimed = (0..if n % 3 == 0 { 0 } else { 30 }).find_map(|_| world.aimed(&mut dice));
            aimed.unwrap_or_else(|| (world.user(&mut dice), world.request(&mut dice)))
        })
        .collect();
    let mut allowed = 0;
    for ((user, request), status) in asked.iter().zip(api.review(&asked)) {
        let decision = index.decide(user, request);
        assert_eq!(status["allowed"], decision.allowed, "{user:?} {request:?}: {status}");
        if decision.allowed && !decision.bypass {
            let reasons: Vec<String> = decision.proofs.iter().map(|proof| index.reason(proof)).collect();
            let reason = status["reason"].as_str().unwrap_or_default();
            assert!(reasons.iter().any(|ours| ours == reason), "{reason}\n{reasons:?}");
        }
        allowed += usize::from(decision.allowed);
    }
    assert!(allowed > count / 10 && allowed < count * 9 / 10, "{allowed} of {count} are allowed: a poor sample");

    let tries = many(300, 3_000);
    let attempts: Vec<escalation::Attempt> = (0..tries)
        .map(|n| escalation::attempt(&worlds[n % worlds.len()], &stored[n % worlds.len()], &mut dice))
        .collect();
    let mut calls = Vec::new();
    let mut expected = Vec::new();
    for attempt in attempts {
        let what = format!("{} {} {} as {:?}", attempt.call.method, attempt.call.path, attempt.call.body, attempt.user);
        expected.push((attempt.expected(&index), what));
        calls.push(attempt.call);
    }
    let mut through = 0;
    for ((code, body), (ours, what)) in api.all(calls).into_iter().zip(expected) {
        let theirs = if code == 201 { 200 } else { code };
        assert_eq!(theirs, ours, "{what}: {body}");
        through += usize::from(ours == 200);
    }
    assert!(through > tries / 10 && through < tries * 9 / 10, "{through} of {tries} get through: a poor sample");
    println!(
        "{written} objects taken, {refused} refused; {allowed} of {count} reviews allowed; {through} of {tries} writes let through"
    );
}

#[test]
fn nodes_are_judged_by_their_pods() {
    let Some(plane) = start("node authorization beside a real API server", "Node,RBAC", false) else { return };
    nodes::compare(&Api::of(&plane));
}

/// What the controller writes into aggregated roles is what ours computes from the manifests alone.
#[test]
fn aggregated_roles_hold_what_the_controller_writes() {
    let Some(plane) = start("aggregation beside a real controller", "RBAC", true) else { return };
    let api = Api::of(&plane);
    let role = |name: &str, labels: Value, rest: Value| {
        let mut object =
            json!({"apiVersion": API, "kind": "ClusterRole", "metadata": {"name": name, "labels": labels}});
        for (key, value) in rest.as_object().into_iter().flatten() {
            object[key] = value.clone();
        }
        object
    };
    let rule = |verb: &str| json!({"rules": [{"verbs": [verb], "apiGroups": [""], "resources": ["pods"]}]});
    let select = |selector: Value| json!({"aggregationRule": {"clusterRoleSelectors": [selector]}});
    let objects = [
        role("agg-z", json!({"agg": "one"}), rule("get")),
        role("agg-y", json!({"agg": "two", "rbac.authorization.k8s.io/aggregate-to-view": "true"}), rule("custom")),
        role("agg-x", json!({"agg": "none"}), rule("delete")),
        role("agg-a", json!({"agg": "two"}), select(json!({"matchLabels": {"agg": "one"}}))),
        role(
            "agg-b",
            json!({}),
            select(json!({"matchExpressions": [{"key": "agg", "operator": "In", "values": ["one", "two"]}]})),
        ),
        role(
            "agg-c",
            json!({}),
            select(
                json!({"matchExpressions": [{"key": "agg", "operator": "DoesNotExist"}, {"key": "kubernetes.io/bootstrapping", "operator": "DoesNotExist"}]}),
            ),
        ),
    ];
    let text = objects.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    let served = api.read(&[Kind::CLUSTER_ROLE]).served;
    let options = Options { namespace: "default", defaults: Defaults::Roles(served.minor().unwrap()), live: false };
    let manifests = snapshot("manifests", &text);
    let ours = ironclad_authz::World::of(&manifests, &options);
    created(
        api.all(objects.iter().map(|object| Call::post(&collection("clusterroles", None), object.clone())).collect()),
    );
    let atoms = |world: &ironclad_authz::World, name: &str| -> BTreeSet<String> {
        let id = world.role_named(None, name).unwrap();
        world.rules_of(id).iter().flat_map(ironclad_authz::breakdown).map(|atom| atom.to_string()).collect()
    };
    let names = ["agg-a", "agg-b", "agg-c", "view", "edit", "admin"];
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let read = api.read(&[Kind::CLUSTER_ROLE]);
        let theirs = index(&read.snapshot);
        let differ: Vec<&&str> = names.iter().filter(|name| atoms(&ours, name) != atoms(&theirs, name)).collect();
        if differ.is_empty() {
            break;
        }
        if std::time::Instant::now() > deadline {
            for name in differ {
                let (ours, theirs) = (atoms(&ours, name), atoms(&theirs, name));
                println!("{name}: only ours {:?}", ours.difference(&theirs).collect::<Vec<_>>());
                println!("{name}: only theirs {:?}", theirs.difference(&ours).collect::<Vec<_>>());
            }
            panic!("aggregated roles differ");
        }
    }
}
