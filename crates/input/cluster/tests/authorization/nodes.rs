//! The Node authorizer: pods bound to nodes, and what their kubelets may reach.

use crate::api::{Api, Call};
use crate::{RBAC, created, index, many, namespace};
use ironclad_authz::{Chain, NEWEST, NodeFacts, Request, User, Verdict};
use ironclad_model::Kind;
use ironclad_testkit::oracle::Dice;
use serde_json::{Value, json};

const SPACE: &str = "nodes-a";
const NODES: [&str; 3] = ["n0", "n1", "n2"];

fn pod(name: &str, node: &str, number: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE},
        "spec": {
            "nodeName": node, "serviceAccountName": format!("sa{}", number % 3),
            "imagePullSecrets": [{"name": format!("pull{number}")}],
            "containers": [{
                "name": "c", "image": "i",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": format!("env{number}"), "key": "k"}}}],
                "envFrom": [{"configMapRef": {"name": format!("map{number}")}}],
            }],
            "volumes": [
                {"name": "s", "secret": {"secretName": format!("vol{number}")}},
                {"name": "p", "projected": {"sources": [
                    {"secret": {"name": format!("proj{number}")}}, {"configMap": {"name": format!("projmap{number}")}},
                ]}},
                {"name": "c", "persistentVolumeClaim": {"claimName": format!("claim{number}")}},
                {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": {
                    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                }}}},
                {"name": "csi", "csi": {"driver": "d", "nodePublishSecretRef": {"name": format!("csi{number}")}}},
            ],
        },
    })
}

pub(crate) fn compare(api: &Api<'_>) {
    let mut calls = vec![namespace(SPACE)];
    let nodes = "/api/v1/nodes";
    calls.extend(
        NODES
            .iter()
            .map(|name| Call::post(nodes, json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}))),
    );
    created(api.all(calls));
    let pods = format!("/api/v1/namespaces/{SPACE}/pods");
    let mut calls: Vec<Call> = (0..5).map(|n| Call::post(&pods, pod(&format!("p{n}"), NODES[n % 2], n))).collect();
    calls.push(Call::post("/api/v1/persistentvolumes", json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv0"},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "claimRef": {"namespace": SPACE, "name": "claim0"},
            "csi": {"driver": "d", "volumeHandle": "h", "nodeStageSecretRef": {"namespace": SPACE, "name": "stage0"}},
        },
    })));
    calls.push(Call::post(
        "/apis/storage.k8s.io/v1/volumeattachments",
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "va0"},
            "spec": {"attacher": "d", "nodeName": "n0", "source": {"persistentVolumeName": "pv0"}},
        }),
    ));
    created(api.all(calls));
    let user = |node: &str| User::literal(&format!("system:node:{node}"), &["system:nodes", "system:authenticated"]);
    let get = |resource: &str, name: &str| Request::resource("get", "", resource).named(name).within(SPACE);
    // The graph is fed by watches of pods, volumes and attachments: the last of each has arrived.
    api.until_allowed(&[
        (user("n0"), get("secrets", "env4")),
        (user("n0"), get("secrets", "stage0")),
        (user("n0"), Request::resource("get", "storage.k8s.io", "volumeattachments").named("va0")),
    ]);
    let mut kinds = RBAC.to_vec();
    kinds.extend([Kind::POD, Kind::NODE, Kind::PERSISTENT_VOLUME]);
    let read = api.read(&kinds);
    let world = index(&read.snapshot);
    // Attachments have no constant among the kinds: they come as they were written.
    let chain = Chain::parse("Node,RBAC", NodeFacts::of(&read.snapshot, NEWEST), None).unwrap();

    let mut dice = Dice::new(7);
    let resources: &[(&str, &[&str])] = &[
        ("secrets", &["env", "vol", "proj", "pull", "csi", "stage", "none"]),
        ("configmaps", &["map", "projmap", "none"]),
        ("persistentvolumeclaims", &["claim", "p"]),
        ("persistentvolumes", &["pv"]),
        ("serviceaccounts", &["sa"]),
        ("serviceaccounts/token", &["sa"]),
        ("pods", &["p"]),
        ("pods/status", &["p"]),
        ("pods/eviction", &["p"]),
        ("pods/exec", &["p"]),
        ("nodes", &["n"]),
        ("nodes/status", &["n"]),
        ("nodes/proxy", &["n"]),
        ("coordination.k8s.io:leases", &["n"]),
        ("storage.k8s.io:csinodes", &["n"]),
        ("services", &["s"]),
        ("events", &["e"]),
        ("certificates.k8s.io:certificatesigningrequests", &["c"]),
        ("node.k8s.io:runtimeclasses", &["r"]),
    ];
    let verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"];
    let count = many(600, 4_000);
    let asked: Vec<(User, Request)> = (0..count)
        .map(|_| {
            let (full, stems) = dice.pick(resources);
            let (group, full) = full.split_once(':').unwrap_or(("", full));
            let (resource, subresource) = full.split_once('/').unwrap_or((full, ""));
            let name = match dice.below(6) {
                0 => String::new(),
                _ => format!("{}{}", dice.pick(stems), dice.below(6)),
            };
            let name = if name.starts_with('p') && dice.below(3) == 0 { format!("{name}-e") } else { name };
            let request = Request::resource(*dice.pick(&verbs), group, resource).subresource(subresource).named(&name);
            let request = match resource {
                "leases" => request.within(*dice.pick(&["kube-node-lease", "default", ""])),
                "nodes" | "persistentvolumes" | "csinodes" => request,
                _ => request.within(*dice.pick(&[SPACE, SPACE, SPACE, "default", ""])),
            };
            (user(*dice.pick(&NODES)), request)
        })
        .collect();
    let (mut allowed, mut unknown) = (0, 0);
    for ((user, request), status) in asked.iter().zip(api.review(&asked)) {
        let decided = chain.decide(&world, user, request);
        match decided.verdict {
            Verdict::Allow => allowed += 1,
            Verdict::NoOpinion => {}
            // A node without a pod: what is not known, the server does not allow either.
            Verdict::Unknown(_) => unknown += 1,
            other => panic!("{user:?} {request:?}: {other:?}"),
        }
        assert_eq!(
            status["allowed"],
            decided.verdict == Verdict::Allow,
            "{user:?} {request:?}: {status} {:?}",
            decided.verdict
        );
    }
    assert!(allowed > count / 20 && unknown < count / 2, "{allowed} allowed, {unknown} unknown of {count}");
}
