//! Where the pods are: the pod templates of built-in kinds, of custom kinds that we know, of kinds that the
//! configuration names, and, by guess and marked as such, of any other kind.
//!
//! A shape is a path to mappings that hold a pod specification. Kinds whose containers lie elsewhere (workflow
//! templates, task steps) say where they lie and which mapping serves as the pod around them.

use crate::{Container, List, ObjectMeta, PodSpec, View};
use ironclad_model::{Kind, Object, Spot, group_of};
use ironclad_tree::{Kind as NodeKind, NodeRef, Symbol, f};

/// A kind of the user's own that makes pods (`workloads` of the configuration).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomWorkload {
    /// API group, `*` for any.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Dotted path of the pod specification; `*` for each value or item.
    pub pod_spec_path: String,
    /// Dotted path of the number of replicas.
    pub replicas_path: Option<String>,
}

/// Which kinds make pods beyond the built-in list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadKinds {
    /// The configured ones, first match wins.
    pub custom: Vec<CustomWorkload>,
}

/// What a container is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Runs as long as the pod.
    Main,
    /// Runs to its end before the main ones.
    Init,
    /// An init container with `restartPolicy: Always`: starts before the main ones and stays.
    Sidecar,
    /// Added to a running pod.
    Ephemeral,
}

/// A container and its role.
#[derive(Clone, Copy)]
pub struct PodContainer<'a> {
    /// Its fields.
    pub view: Container<'a>,
    /// What it is for.
    pub role: Role,
}

impl<'a> std::ops::Deref for PodContainer<'a> {
    type Target = Container<'a>;

    fn deref(&self) -> &Container<'a> {
        &self.view
    }
}

impl<'a> PodContainer<'a> {
    /// Its name, or what stands in for one in messages.
    pub fn label(&self) -> &'a str {
        self.view.name().get().unwrap_or("(no name)")
    }
}

/// A pod, or the template of one.
pub struct Pod<'a> {
    /// The object that holds it.
    pub object: &'a Object,
    /// The specification.
    pub spec: PodSpec<'a>,
    /// Metadata of the pod or of the template (labels and annotations of the pods that come of it).
    pub metadata: ObjectMeta<'a>,
    /// Every container: main, init, sidecar, ephemeral, in source order of these lists.
    pub containers: Vec<PodContainer<'a>>,
    /// The shape of the kind was guessed.
    pub guessed: bool,
}

impl<'a> Pod<'a> {
    /// Does it say that it runs on Windows (`spec.os.name`)? The upstream Pod Security checks look at nothing else.
    pub fn is_windows(&self) -> bool {
        self.spec.os().name().get() == Some("windows")
    }

    /// Does it run on Windows by `spec.os.name` or by its node selector?
    pub fn runs_on_windows(&self) -> bool {
        self.is_windows() || self.spec.node_selector().text("kubernetes.io/os") == Some("windows")
    }

    /// `hostUsers: false`: root inside is not root outside.
    pub fn has_user_namespace(&self) -> bool {
        self.spec.host_users().get() == Some(false)
    }

    /// Name of a container by its place in the tree.
    pub fn container_of(&self, node: NodeRef<'_>) -> Option<&PodContainer<'a>> {
        self.containers.iter().find(|c| c.view.spot().node().is_some_and(|n| n.id() == node.id()))
    }
}

/// One step of a path.
#[derive(Clone, Copy)]
enum Step {
    /// A field.
    Name(Symbol),
    /// Every field whose name ends so.
    Suffix(&'static str),
    /// Every item or value.
    Each,
}

use Step::{Each, Name, Suffix};

const TEMPLATE: &[Step] = &[Name(f::SPEC), Name(f::TEMPLATE)];

/// Paths of pod templates (mappings with `metadata` and `spec`) of the kinds that we know.
fn templates(kind: Kind) -> &'static [&'static [Step]] {
    match kind {
        Kind::POD => &[&[]],
        Kind::POD_TEMPLATE => &[&[Name(f::TEMPLATE)]],
        Kind::DEPLOYMENT
        | Kind::REPLICA_SET
        | Kind::STATEFUL_SET
        | Kind::DAEMON_SET
        | Kind::REPLICATION_CONTROLLER
        | Kind::JOB
        | Kind::DEPLOYMENT_CONFIG
        | Kind::ROLLOUT
        | Kind::KNATIVE_SERVICE
        | Kind::KNATIVE_CONFIGURATION
        | Kind::CLONE_SET
        | Kind::KRUISE_STATEFUL_SET
        | Kind::KRUISE_DAEMON_SET => &[TEMPLATE],
        Kind::CRON_JOB => &[&[Name(f::SPEC), Name(f::JOB_TEMPLATE), Name(f::SPEC), Name(f::TEMPLATE)]],
        Kind::KNATIVE_REVISION => &[&[]],
        Kind::RAY_CLUSTER => &[
            &[Name(f::SPEC), Name(f::HEAD_GROUP_SPEC), Name(f::TEMPLATE)],
            &[Name(f::SPEC), Name(f::WORKER_GROUP_SPECS), Each, Name(f::TEMPLATE)],
        ],
        Kind::RAY_JOB => &[
            &[Name(f::SPEC), Name(f::RAY_CLUSTER_SPEC), Name(f::HEAD_GROUP_SPEC), Name(f::TEMPLATE)],
            &[Name(f::SPEC), Name(f::RAY_CLUSTER_SPEC), Name(f::WORKER_GROUP_SPECS), Each, Name(f::TEMPLATE)],
            &[Name(f::SPEC), Name(f::SUBMITTER_POD_TEMPLATE)],
        ],
        Kind::RAY_SERVICE => &[
            &[Name(f::SPEC), Name(f::RAY_CLUSTER_CONFIG), Name(f::HEAD_GROUP_SPEC), Name(f::TEMPLATE)],
            &[Name(f::SPEC), Name(f::RAY_CLUSTER_CONFIG), Name(f::WORKER_GROUP_SPECS), Each, Name(f::TEMPLATE)],
        ],
        Kind::VOLCANO_JOB => &[&[Name(f::SPEC), Name(f::TASKS), Each, Name(f::TEMPLATE)]],
        Kind::PYTORCH_JOB | Kind::TF_JOB | Kind::MPI_JOB | Kind::XGBOOST_JOB | Kind::PADDLE_JOB | Kind::JAX_JOB => {
            &[&[Name(f::SPEC), Suffix("ReplicaSpecs"), Each, Name(f::TEMPLATE)]]
        }
        Kind::JOB_SET => {
            &[&[Name(f::SPEC), Name(f::REPLICATED_JOBS), Each, Name(f::TEMPLATE), Name(f::SPEC), Name(f::TEMPLATE)]]
        }
        Kind::LEADER_WORKER_SET => &[
            &[Name(f::SPEC), Name(f::LEADER_WORKER_TEMPLATE), Name(f::LEADER_TEMPLATE)],
            &[Name(f::SPEC), Name(f::LEADER_WORKER_TEMPLATE), Name(f::WORKER_TEMPLATE)],
        ],
        Kind::SANDBOX | Kind::SANDBOX_TEMPLATE => &[&[Name(f::SPEC), Name(f::POD_TEMPLATE)]],
        _ => &[],
    }
}

/// Do objects of this kind make pods, as far as we know?
pub fn makes_pods(kind: Kind) -> bool {
    let otherwise = matches!(
        kind,
        Kind::WORKFLOW
            | Kind::WORKFLOW_TEMPLATE
            | Kind::CLUSTER_WORKFLOW_TEMPLATE
            | Kind::CRON_WORKFLOW
            | Kind::TEKTON_TASK
            | Kind::TEKTON_CLUSTER_TASK
            | Kind::TEKTON_TASK_RUN
    );
    otherwise || !templates(kind).is_empty()
}

/// The pods of an object, in source order. Empty for kinds without any.
pub fn pods<'a>(object: &'a Object, kinds: &WorkloadKinds) -> Vec<Pod<'a>> {
    let root = object.root();
    if let Some(custom) = kinds
        .custom
        .iter()
        .find(|c| c.kind == object.kind_name() && (c.group == "*" || c.group == group_of(object.api_version())))
    {
        return follow_text(root, &custom.pod_spec_path)
            .into_iter()
            .map(|spec| pod_at(object, spec, None, false))
            .collect();
    }
    match object.kind() {
        Kind::VIRTUAL_MACHINE | Kind::CUSTOM_RESOURCE_DEFINITION | Kind::CONFIG_MAP | Kind::SECRET => Vec::new(),
        Kind::WORKFLOW | Kind::WORKFLOW_TEMPLATE | Kind::CLUSTER_WORKFLOW_TEMPLATE => {
            workflow(object, root.get(f::SPEC).map(|e| e.value())).into_iter().collect()
        }
        Kind::CRON_WORKFLOW => {
            let spec = follow(root, &[Name(f::SPEC), Name(f::WORKFLOW_SPEC)]);
            workflow(object, spec.first().copied()).into_iter().collect()
        }
        Kind::TEKTON_TASK | Kind::TEKTON_CLUSTER_TASK => {
            task(object, root.get(f::SPEC).map(|e| e.value()), None).into_iter().collect()
        }
        Kind::TEKTON_TASK_RUN => {
            let spec = follow(root, &[Name(f::SPEC), Name(f::TASK_SPEC)]).first().copied();
            let pod = follow(root, &[Name(f::SPEC), Name(f::POD_TEMPLATE)]).first().copied();
            task(object, spec, pod).into_iter().collect()
        }
        Kind::OTHER => {
            let mut found = Vec::new();
            guess(object, root, None, 0, &mut found);
            found
        }
        kind => templates(kind)
            .iter()
            .flat_map(|path| follow(root, path))
            .filter(|template| template.kind() == NodeKind::Mapping)
            .filter_map(|template| {
                let spec = template.get(f::SPEC)?.value();
                (spec.kind() == NodeKind::Mapping).then(|| pod_at(object, spec, Some(template), false))
            })
            .collect(),
    }
}

fn follow<'a>(from: NodeRef<'a>, path: &[Step]) -> Vec<NodeRef<'a>> {
    let mut found = vec![from];
    for step in path {
        found = found
            .into_iter()
            .flat_map(|node| -> Vec<NodeRef<'a>> {
                match *step {
                    Name(symbol) => node.get(symbol).map(|e| e.value()).into_iter().collect(),
                    Suffix(end) => node.entries().filter(|e| e.key().ends_with(end)).map(|e| e.value()).collect(),
                    Each if node.kind() == NodeKind::Sequence => node.items().collect(),
                    Each => node.entries().map(|e| e.value()).collect(),
                }
            })
            .collect();
    }
    found
}

fn follow_text<'a>(from: NodeRef<'a>, path: &str) -> Vec<NodeRef<'a>> {
    let mut found = vec![from];
    for step in path.trim_start_matches('.').split('.').filter(|s| !s.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|node| -> Vec<NodeRef<'a>> {
                match step {
                    "*" | "[]" if node.kind() == NodeKind::Sequence => node.items().collect(),
                    "*" => node.entries().map(|e| e.value()).collect(),
                    name => node.get_str(name).map(|e| e.value()).into_iter().collect(),
                }
            })
            .collect();
    }
    found.retain(|node| node.kind() == NodeKind::Mapping);
    found
}

fn pod_at<'a>(object: &'a Object, spec: NodeRef<'a>, template: Option<NodeRef<'a>>, guessed: bool) -> Pod<'a> {
    let spec = PodSpec::at(Spot::at(spec));
    let holder = template.unwrap_or_else(|| object.root());
    let metadata = ObjectMeta::at(Spot::at(holder).field(f::METADATA));
    let mut containers = Vec::new();
    add(&mut containers, spec.containers(), Role::Main);
    add(&mut containers, spec.init_containers(), Role::Init);
    add(&mut containers, spec.ephemeral_containers(), Role::Ephemeral);
    Pod { object, spec, metadata, containers, guessed }
}

fn add<'a>(containers: &mut Vec<PodContainer<'a>>, list: List<'a, Container<'a>>, role: Role) {
    containers.extend(list.iter().filter(|view| view.exists()).map(|view| {
        let sidecar = role == Role::Init && view.restart_policy().get() == Some("Always");
        PodContainer { view, role: if sidecar { Role::Sidecar } else { role } }
    }));
}

/// Argo: containers of every template, with the workflow's specification as the pod around them.
fn workflow<'a>(object: &'a Object, spec: Option<NodeRef<'a>>) -> Option<Pod<'a>> {
    let spec = spec.filter(|node| node.kind() == NodeKind::Mapping)?;
    let mut pod = pod_at(object, spec, None, false);
    pod.metadata = ObjectMeta::at(Spot::at(spec).field(f::POD_METADATA));
    pod.containers.clear();
    for template in spec.get(f::TEMPLATES).into_iter().flat_map(|e| e.value().items()) {
        let at = Spot::at(template);
        for single in [f::CONTAINER, f::SCRIPT] {
            let view = Container::at(at.field(single));
            if view.exists() {
                pod.containers.push(PodContainer { view, role: Role::Main });
            }
        }
        add(&mut pod.containers, List::at(at.field(f::CONTAINER_SET).field(f::CONTAINERS)), Role::Main);
        add(&mut pod.containers, List::at(at.field(f::SIDECARS)), Role::Sidecar);
        add(&mut pod.containers, List::at(at.field(f::INIT_CONTAINERS)), Role::Init);
    }
    Some(pod)
}

/// Tekton: steps and sidecars, with the task's (or the run's pod template's) fields around them.
fn task<'a>(object: &'a Object, spec: Option<NodeRef<'a>>, around: Option<NodeRef<'a>>) -> Option<Pod<'a>> {
    let spec = spec.filter(|node| node.kind() == NodeKind::Mapping)?;
    let mut pod = pod_at(object, around.unwrap_or(spec), None, false);
    pod.containers.clear();
    add(&mut pod.containers, List::at(Spot::at(spec).field(f::STEPS)), Role::Main);
    add(&mut pod.containers, List::at(Spot::at(spec).field(f::SIDECARS)), Role::Sidecar);
    Some(pod)
}

/// Depth at which guessing stops: pod specifications of real custom kinds lie within a handful of levels.
const GUESS_DEPTH: usize = 12;

/// Any mapping with `containers` that are maps with `name` and `image`, under a key that names a pod specification.
fn guess<'a>(
    object: &'a Object,
    node: NodeRef<'a>,
    parent: Option<NodeRef<'a>>,
    depth: usize,
    found: &mut Vec<Pod<'a>>,
) {
    if depth > GUESS_DEPTH {
        return;
    }
    for entry in node.entries() {
        let value = entry.value();
        let names_a_pod = matches!(entry.key(), "spec" | "podSpec" | "podTemplate" | "template");
        if names_a_pod && has_containers(value) {
            let template = (entry.key() == "spec" && parent.is_some()).then_some(node);
            found.push(pod_at(object, value, template, true));
        } else {
            guess(object, value, Some(node), depth + 1, found);
        }
    }
    if node.kind() == NodeKind::Sequence {
        for item in node.items() {
            guess(object, item, Some(node), depth + 1, found);
        }
    }
}

fn has_containers(node: NodeRef<'_>) -> bool {
    let Some(containers) = node.get(f::CONTAINERS).map(|e| e.value()) else { return false };
    let is_text = |item: NodeRef<'_>, symbol| item.get(symbol).is_some_and(|e| e.value().as_str().is_some());
    containers.kind() == NodeKind::Sequence
        && !containers.is_empty()
        && containers.items().all(|item| is_text(item, f::NAME) && is_text(item, f::IMAGE))
}
