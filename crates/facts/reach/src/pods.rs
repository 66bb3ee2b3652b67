//! Every pod of the snapshot, found by namespace and label: what templates say, what operators make of objects of their
//! own, and which labels controllers add, so that a selector is answered by yes, no or "not known".
//!
//! `ironclad_pod::PodIndex` is the index of templates alone, for joins whose answer is yes or no.

use crate::{LabelIndex, Namespace};
use ironclad_check::{Cx, pods_of};
use ironclad_model::{Kind, Object, group_of};
use ironclad_pod::service_account;
use ironclad_tree::f;
use ironclad_views::{Pod, Role};
use std::sync::Arc;

/// What joins ask of a pod beyond its labels.
#[derive(Debug)]
pub struct PodFacts {
    /// Ports that its long-running containers declare.
    pub ports: Vec<DeclaredPort>,
    /// Images of its long-running containers.
    pub images: Vec<Box<str>>,
    /// Its ServiceAccount.
    pub account: Box<str>,
    /// Does it use the network of its node?
    pub host_network: bool,
    /// An operator makes it of an object of its own: its ports and images are not known.
    pub opaque: bool,
}

/// A port that a container declares.
#[derive(Debug, PartialEq, Eq)]
pub struct DeclaredPort {
    /// Its name, where it has one.
    pub name: Option<Box<str>>,
    /// Its number.
    pub number: i64,
    /// Its protocol; `TCP` where none is written.
    pub protocol: Box<str>,
}

/// Pods by namespace and label.
pub type LabelledPods = LabelIndex<PodFacts>;

/// The pods of the run; from a check that lists `Kind::ANY_POD`.
pub fn labelled_pods(cx: &Cx<'_>) -> Arc<LabelledPods> {
    cx.shared(|snapshot, config| {
        let mut index = LabelledPods::default();
        for object in snapshot.objects() {
            let namespace = Namespace::of(object);
            let pods = pods_of(object, config);
            if object.kind() == Kind::OTHER && (!pods.is_empty() || may_make_pods(object)) {
                let group = group_of(object.api_version());
                index.push_made(object.id(), namespace, group, made_labels(object), opaque());
                continue;
            }
            for pod in &pods {
                let labels = pod.metadata.labels().node();
                index.push(object.id(), object.kind(), namespace.clone(), labels, facts(pod));
            }
        }
        index
    })
}

/// A Service finds a named port in containers and sidecars (`k8s.io/kubernetes/pkg/api/v1/pod.FindPort`).
fn facts(pod: &Pod<'_>) -> PodFacts {
    let lasting = || pod.containers.iter().filter(|c| matches!(c.role, Role::Main | Role::Sidecar));
    let ports = lasting().flat_map(|container| container.ports().iter()).filter_map(|port| {
        Some(DeclaredPort {
            name: port.name().get().filter(|name| !name.is_empty()).map(Into::into),
            number: port.container_port().get()?,
            protocol: port.protocol().get().unwrap_or("TCP").into(),
        })
    });
    PodFacts {
        ports: ports.collect(),
        images: lasting().filter_map(|container| container.image().get()).map(Into::into).collect(),
        account: service_account(pod).name.into(),
        host_network: pod.spec.host_network().get() == Some(true),
        opaque: false,
    }
}

fn opaque() -> PodFacts {
    PodFacts { ports: Vec::new(), images: Vec::new(), account: "".into(), host_network: false, opaque: true }
}

/// Fields of a specification from which operators make pods.
const MAKERS: &[&str] = &[
    "containers",
    "image",
    "instances",
    "nodeSets",
    "podMetadata",
    "podSpec",
    "podTemplate",
    "podTemplateSpec",
    "replicas",
    "resources",
    "serviceAccount",
    "serviceAccountName",
    "template",
    "version",
];

/// Is it an object of an operator that runs something?
fn may_make_pods(object: &Object) -> bool {
    let spec = object.root().get(f::SPEC).map(|entry| entry.value());
    spec.is_some_and(|spec| MAKERS.iter().any(|name| spec.get_str(name).is_some()))
}

/// Labels that operators give to the pods of an object by custom: the object's own, those that it sets for them, and
/// its kind and name.
fn made_labels(object: &Object) -> Vec<(Box<str>, Box<str>)> {
    let kind = object.kind_name().to_ascii_lowercase();
    let spec = object.root().get(f::SPEC).map(|entry| entry.value());
    let for_pods = spec.and_then(|spec| spec.get_str("podMetadata")?.value().get(f::LABELS));
    let written = [for_pods.map(|entry| entry.value()), object.labels()].into_iter().flatten();
    let entries = written.flat_map(|labels| labels.entries());
    let written = entries.map(|entry| (entry.key().into(), entry.value().text().unwrap_or_default().into()));
    let mut labels: Vec<(Box<str>, Box<str>)> = Vec::new();
    let usual = [
        ("app.kubernetes.io/name".into(), kind.as_str().into()),
        ("app.kubernetes.io/instance".into(), object.name().into()),
        (kind.as_str().into(), object.name().into()),
    ];
    for (key, value) in written.chain(usual) {
        if labels.iter().all(|(known, _)| *known != key) {
            labels.push((key, value));
        }
    }
    labels
}

/// Labels that controllers add to their pods; one that ends with `/` stands for all below it.
const ADDED: &[(&[Kind], &[&str])] = &[
    (
        &[Kind::STATEFUL_SET, Kind::KRUISE_STATEFUL_SET],
        &["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"],
    ),
    (&[Kind::DEPLOYMENT, Kind::REPLICA_SET], &["pod-template-hash"]),
    (&[Kind::DAEMON_SET, Kind::KRUISE_DAEMON_SET], &["controller-revision-hash", "pod-template-generation"]),
    (
        &[Kind::JOB, Kind::CRON_JOB, Kind::JOB_SET],
        &["batch.kubernetes.io/", "job-name", "controller-uid", "jobset.sigs.k8s.io/"],
    ),
    (&[Kind::DEPLOYMENT_CONFIG], &["deployment", "deploymentconfig"]),
    (&[Kind::ROLLOUT], &["rollouts-pod-template-hash"]),
    (&[Kind::CLONE_SET], &["controller-revision-hash", "apps.kruise.io/"]),
    (&[Kind::KNATIVE_SERVICE, Kind::KNATIVE_CONFIGURATION, Kind::KNATIVE_REVISION], &["serving.knative.dev/"]),
    (&[Kind::LEADER_WORKER_SET], &["leaderworkerset.sigs.k8s.io/", "statefulset.kubernetes.io/pod-name"]),
    (&[Kind::RAY_CLUSTER, Kind::RAY_JOB, Kind::RAY_SERVICE], &["ray.io/"]),
    (&[Kind::VOLCANO_JOB], &["volcano.sh/"]),
    (
        &[Kind::PYTORCH_JOB, Kind::TF_JOB, Kind::MPI_JOB, Kind::XGBOOST_JOB, Kind::PADDLE_JOB, Kind::JAX_JOB],
        &["training.kubeflow.org/"],
    ),
    (
        &[Kind::WORKFLOW, Kind::WORKFLOW_TEMPLATE, Kind::CLUSTER_WORKFLOW_TEMPLATE, Kind::CRON_WORKFLOW],
        &["workflows.argoproj.io/"],
    ),
    (&[Kind::TEKTON_TASK, Kind::TEKTON_CLUSTER_TASK, Kind::TEKTON_TASK_RUN], &["tekton.dev/"]),
    (&[Kind::SANDBOX, Kind::SANDBOX_TEMPLATE], &["agents.x-k8s.io/"]),
];

fn names(label: &str, key: &str) -> bool {
    label == key || (label.ends_with('/') && key.starts_with(label))
}

/// Does the controller of this kind add this label to its pods?
pub fn adds_label(kind: Kind, key: &str) -> bool {
    ADDED.iter().any(|(kinds, labels)| kinds.contains(&kind) && labels.iter().any(|label| names(label, key)))
}

/// Does any controller add it?
pub(crate) fn is_added(key: &str) -> bool {
    ADDED.iter().any(|(_, labels)| labels.iter().any(|label| names(label, key)))
}
