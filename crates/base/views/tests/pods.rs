//! Pod templates of every kind that has one: where the pods are, how many, and which containers.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_model::Snapshot;
use ironclad_tree::{Limits, Source, parse};
use ironclad_views::{CustomWorkload, Role, WorkloadKinds, pods};

fn snapshot(text: &str) -> Snapshot {
    let parsed = parse(&Source::new("t", text), &Limits::default());
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    builder.build()
}

/// `a/b` for containers a and b of one pod, pods separated by blanks; a `?` marks a guess.
fn found(text: &str, kinds: &WorkloadKinds) -> String {
    let snapshot = snapshot(text);
    let object = snapshot.objects().next().unwrap();
    let all: Vec<String> = pods(object, kinds)
        .iter()
        .map(|pod| {
            let names: Vec<&str> = pod.containers.iter().map(|container| container.label()).collect();
            names.join("/") + if pod.guessed { "?" } else { "" }
        })
        .collect();
    all.join(" ")
}

/// A manifest whose `path` (dotted, `-` for an item of a list) holds `leaf`.
fn manifest(version: &str, kind: &str, path: &str, leaf: &str) -> String {
    let mut value = leaf.to_owned();
    for step in path.split('.').rev().filter(|step| !step.is_empty()) {
        value = if step == "-" { format!("[{value}]") } else { format!("{{{step}: {value}}}") };
    }
    let body = value.trim_start_matches('{');
    format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}, {body}")
}

const SPEC: &str = "{containers: [{name: a, image: i}], initContainers: [{name: b, image: i}]}";

#[test]
fn templates_of_every_kind() {
    for (version, kind, path) in [
        ("v1", "Pod", "spec"),
        ("v1", "PodTemplate", "template.spec"),
        ("v1", "ReplicationController", "spec.template.spec"),
        ("apps/v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "ReplicaSet", "spec.template.spec"),
        ("apps/v1", "StatefulSet", "spec.template.spec"),
        ("apps/v1", "DaemonSet", "spec.template.spec"),
        ("batch/v1", "Job", "spec.template.spec"),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec"),
        ("apps.openshift.io/v1", "DeploymentConfig", "spec.template.spec"),
        ("argoproj.io/v1alpha1", "Rollout", "spec.template.spec"),
        ("serving.knative.dev/v1", "Service", "spec.template.spec"),
        ("ray.io/v1", "RayCluster", "spec.headGroupSpec.template.spec"),
        ("ray.io/v1", "RayCluster", "spec.workerGroupSpecs.-.template.spec"),
        ("batch.volcano.sh/v1alpha1", "Job", "spec.tasks.-.template.spec"),
        ("kubeflow.org/v1", "PyTorchJob", "spec.pytorchReplicaSpecs.Worker.template.spec"),
        ("jobset.x-k8s.io/v1alpha2", "JobSet", "spec.replicatedJobs.-.template.spec.template.spec"),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "spec.leaderWorkerTemplate.workerTemplate.spec"),
        ("agents.x-k8s.io/v1alpha1", "Sandbox", "spec.podTemplate.spec"),
        // A kind of the core in a group that is gone, or in the wrong one, is judged by its name.
        ("extensions/v1beta1", "Deployment", "spec.template.spec"),
        ("v1", "Deployment", "spec.template.spec"),
    ] {
        assert_eq!(found(&manifest(version, kind, path, SPEC), &WorkloadKinds::default()), "a/b", "{version} {kind}");
    }
}

#[test]
fn kinds_that_nobody_knows_are_guessed_by_shape_and_marked() {
    let unknown = manifest("example.com/v1", "App", "spec.pods.web.spec", SPEC);
    assert_eq!(found(&unknown, &WorkloadKinds::default()), "a/b?");
    let kinds = WorkloadKinds {
        custom: vec![CustomWorkload {
            group: "example.com".to_owned(),
            kind: "App".to_owned(),
            pod_spec_path: "spec.pods.*.spec".to_owned(),
            replicas_path: None,
        }],
    };
    assert_eq!(found(&unknown, &kinds), "a/b");
    // What only looks alike is no pod: items without an image, lists that are no lists.
    for leaf in ["{containers: [{name: a}]}", "{containers: {name: a, image: i}}", "{containers: []}"] {
        let odd = manifest("example.com/v1", "App", "spec.template.spec", leaf);
        assert_eq!(found(&odd, &WorkloadKinds::default()), "", "{leaf}");
    }
    for (version, kind) in [
        ("v1", "ConfigMap"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("kubevirt.io/v1", "VirtualMachine"),
    ] {
        let odd = manifest(version, kind, "spec.template.spec", SPEC);
        assert_eq!(found(&odd, &WorkloadKinds::default()), "", "{kind}");
    }
}

#[test]
fn workflows_and_tasks_have_their_containers_elsewhere() {
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  templates:\n  - name: one\n    container: {name: a, image: i}\n    sidecars: [{name: s, image: i}]\n  - name: two\n    script: {name: b, image: i, source: x}\n";
    assert_eq!(found(workflow, &WorkloadKinds::default()), "a/s/b");
    let task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  steps: [{name: a, image: i}]\n  sidecars: [{name: s, image: i}]\n";
    assert_eq!(found(task, &WorkloadKinds::default()), "a/s");
}

#[test]
fn roles_of_containers() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: m, image: i}]\n  initContainers: [{name: i, image: i}, {name: s, image: i, restartPolicy: Always}]\n  ephemeralContainers: [{name: e, image: i}]\n";
    let snapshot = snapshot(text);
    let object = snapshot.objects().next().unwrap();
    let found = pods(object, &WorkloadKinds::default());
    let roles: Vec<(&str, Role)> = found[0].containers.iter().map(|c| (c.label(), c.role)).collect();
    assert_eq!(roles, [("m", Role::Main), ("i", Role::Init), ("s", Role::Sidecar), ("e", Role::Ephemeral)]);
}
