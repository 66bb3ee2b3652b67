//! Policies: whom they select, in which direction, and what that leaves open.
//!
//! | kind | a direction is closed when |
//! |---|---|
//! | NetworkPolicy | `policyTypes` names it; without `policyTypes`: ingress always, egress if there is an egress rule |
//! | Cilium's | it has a rule for the direction, or `enableDefaultDeny` says so |
//! | Calico's | `types` names it; without `types`: it has a rule for it, ingress if it has none at all |
//! | Admin, Baseline, ClusterNetworkPolicy | it has a rule for it (they decide, whatever the default is) |

use crate::{Answer, CalicoSelector, Namespace, Namespaces, answer, pods};
use ironclad_check::Cx;
use ironclad_model::{Kind, LabelSelector, Object, ObjectId, Requirement};
use ironclad_pod::service_account;
use ironclad_tree::{Kind as NodeKind, NodeRef, f};
use ironclad_views::Pod;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The kinds of policies that are read here, after others: for a check that lists what it reads.
///
/// `policy_kinds![Kind::NAMESPACE]` is a `&'static [Kind]`.
#[macro_export]
macro_rules! policy_kinds {
    ($($other:expr),* $(,)?) => {
        &[
            $($other,)*
            ironclad_model::Kind::NETWORK_POLICY,
            ironclad_model::Kind::CILIUM_NETWORK_POLICY,
            ironclad_model::Kind::CILIUM_CLUSTERWIDE_NETWORK_POLICY,
            ironclad_model::Kind::CALICO_NETWORK_POLICY,
            ironclad_model::Kind::CALICO_NETWORK_POLICY_CRD,
            ironclad_model::Kind::CALICO_GLOBAL_NETWORK_POLICY,
            ironclad_model::Kind::CALICO_GLOBAL_NETWORK_POLICY_CRD,
            ironclad_model::Kind::ADMIN_NETWORK_POLICY,
            ironclad_model::Kind::BASELINE_ADMIN_NETWORK_POLICY,
            ironclad_model::Kind::CLUSTER_NETWORK_POLICY,
        ]
    };
}

/// Kinds of policies that are read here.
pub const POLICY_KINDS: &[Kind] = policy_kinds![];

/// A direction, seen from the pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Into the pod.
    Ingress,
    /// Out of the pod.
    Egress,
}

impl Side {
    /// Both.
    pub const BOTH: [Side; 2] = [Side::Ingress, Side::Egress];

    /// The field of rules, which is the word for messages too.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Ingress => "ingress",
            Side::Egress => "egress",
        }
    }

    /// As in `policyTypes`.
    fn policy_type(self) -> &'static str {
        match self {
            Side::Ingress => "Ingress",
            Side::Egress => "Egress",
        }
    }
}

/// What a policy does to one direction.
#[derive(Clone, Copy, Default, Debug)]
struct Effect {
    /// What no rule allows is denied.
    closes: bool,
    /// A rule allows everything.
    opens: bool,
}

/// A policy, or one of the several specifications of one.
#[derive(Debug)]
pub struct Policy {
    /// The object.
    pub object: ObjectId,
    area: Area,
    subject: Subject,
    ingress: Effect,
    egress: Effect,
}

/// In which namespaces it counts.
#[derive(Debug)]
enum Area {
    In(Namespace),
    Everywhere,
    Labels(LabelSelector),
    Calico(CalicoSelector),
}

/// Which pods it is about.
#[derive(Debug)]
enum Subject {
    Labels(LabelSelector),
    Cilium(LabelSelector),
    Calico(CalicoSelector),
    /// A selector that the API server would refuse: whom it is meant for is not known.
    Unreadable,
}

/// Is a pod closed?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Isolation {
    /// To what comes in.
    pub ingress: Answer,
    /// To what goes out.
    pub egress: Answer,
}

impl Isolation {
    /// In this direction.
    pub fn of(self, side: Side) -> Answer {
        match side {
            Side::Ingress => self.ingress,
            Side::Egress => self.egress,
        }
    }
}

/// The policies of the run. Those that name one label and one value are found by it.
#[derive(Debug, Default)]
pub struct Policies {
    all: Vec<Policy>,
    by_label: FxHashMap<u64, Vec<u32>>,
    by_namespace: FxHashMap<Namespace, Vec<u32>>,
    elsewhere: Vec<u32>,
    namespaces: Namespaces,
}

/// The policies of the run; from a check that lists [`POLICY_KINDS`] and `Kind::NAMESPACE`.
pub fn policies(cx: &Cx<'_>) -> Arc<Policies> {
    cx.shared(|snapshot, _| {
        let objects = POLICY_KINDS.iter().flat_map(|kind| snapshot.of_kind(*kind));
        Policies::of(objects, Namespaces::of(snapshot.of_kind(Kind::NAMESPACE)))
    })
}

impl Policies {
    /// Reads policies.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>, namespaces: Namespaces) -> Policies {
        let mut policies = Policies { namespaces, ..Policies::default() };
        for object in objects {
            for policy in read(object) {
                let index = policies.all.len() as u32;
                policies.list(&policy, index);
                policies.all.push(policy);
            }
        }
        policies
    }

    fn list(&mut self, policy: &Policy, index: u32) {
        let Area::In(namespace) = &policy.area else { return self.elsewhere.push(index) };
        if let Subject::Labels(selector) = &policy.subject {
            for requirement in selector.requirements() {
                let Requirement::In(key, values) = requirement else { continue };
                if let [value] = values.as_slice()
                    && !pods::is_added(key)
                {
                    return self.by_label.entry(hash(namespace, key, value)).or_default().push(index);
                }
            }
        }
        self.by_namespace.entry(namespace.clone()).or_default().push(index);
    }

    /// No policy at all?
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The labels of namespaces.
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// Is the pod closed, and in which directions?
    pub fn isolation(&self, pod: &Pod<'_>) -> Isolation {
        let namespace = Namespace::of(pod.object);
        let labels = pod.metadata.labels();
        let subject = Selected {
            namespace: &namespace,
            kind: pod.object.kind(),
            label: &|key| labels.text(key),
            account: service_account(pod).name,
            namespaces: &self.namespaces,
        };
        let by_label = labels.iter().filter_map(|entry| {
            let value = entry.value().text().unwrap_or_default();
            self.by_label.get(&hash(&namespace, entry.key(), value))
        });
        let near = by_label.chain(self.by_namespace.get(&namespace)).chain([&self.elsewhere]).flatten();
        let mut found = Isolation { ingress: Answer::No, egress: Answer::No };
        for policy in near.map(|index| &self.all[*index as usize]) {
            let selects = policy.area.answer(&subject).and(policy.subject.answer(&subject));
            if policy.ingress.closes {
                found.ingress = found.ingress.or(selects);
            }
            if policy.egress.closes {
                found.egress = found.egress.or(selects);
            }
        }
        found
    }

    /// Does some policy deny all of a direction to all pods of the namespace, save what rules allow?
    pub fn denies_by_default(&self, namespace: &Namespace, side: Side) -> Answer {
        let here =
            Selected { namespace, kind: Kind::OTHER, label: &|_| None, account: "", namespaces: &self.namespaces };
        let near = self.by_namespace.get(namespace).into_iter().flatten().chain(&self.elsewhere);
        let mut found = Answer::No;
        for policy in near.map(|index| &self.all[*index as usize]) {
            let effect = policy.effect(side);
            if effect.closes && !effect.opens {
                found = found.or(policy.area.answer(&here).and(policy.subject.takes_all(&here)));
            }
        }
        found
    }
}

impl Policy {
    fn effect(&self, side: Side) -> Effect {
        match side {
            Side::Ingress => self.ingress,
            Side::Egress => self.egress,
        }
    }
}

/// A pod as policies see it.
struct Selected<'s> {
    namespace: &'s Namespace,
    kind: Kind,
    label: &'s dyn Fn(&str) -> Option<&'s str>,
    account: &'s str,
    namespaces: &'s Namespaces,
}

impl Area {
    fn answer(&self, pod: &Selected<'_>) -> Answer {
        match self {
            Area::Everywhere => Answer::Yes,
            Area::In(namespace) => (namespace == pod.namespace).into(),
            Area::Labels(selector) => pod.namespaces.answer(selector, pod.namespace),
            Area::Calico(selector) => selector.answer(&|key| match key {
                "projectcalico.org/name" => pod.namespace.name().map(Some).ok_or(()),
                _ if pod.namespaces.may_have(pod.namespace, key) => Err(()),
                _ => Ok(pod.namespaces.label(pod.namespace, key)),
            }),
        }
    }
}

impl Subject {
    fn answer(&self, pod: &Selected<'_>) -> Answer {
        let added = |key: &str| (pod.label)(key).is_none() && pods::adds_label(pod.kind, key);
        match self {
            Subject::Unreadable => Answer::Unknown,
            Subject::Labels(selector) => answer(selector, |key| (pod.label)(key), added),
            Subject::Cilium(selector) => answer(
                selector,
                |key| cilium_label(key, pod).unwrap_or_default(),
                |key| cilium_label(key, pod).is_err() || added(bare(key)),
            ),
            Subject::Calico(selector) => selector.answer(&|key| match key {
                "projectcalico.org/namespace" => pod.namespace.name().map(Some).ok_or(()),
                "projectcalico.org/serviceaccount" => Ok(Some(pod.account)),
                "projectcalico.org/orchestrator" => Ok(Some("k8s")),
                _ if added(key) => Err(()),
                _ => Ok((pod.label)(key)),
            }),
        }
    }

    /// Is it about every pod of the namespace?
    fn takes_all(&self, here: &Selected<'_>) -> Answer {
        match self {
            Subject::Unreadable => Answer::Unknown,
            Subject::Labels(selector) => selector.is_empty().into(),
            Subject::Cilium(selector) => {
                let about_pods = |requirement: &Requirement| !is_about_namespace(bare(requirement.key()));
                if selector.requirements().iter().any(about_pods) { Answer::No } else { self.answer(here) }
            }
            Subject::Calico(selector) => selector.is_all().into(),
        }
    }
}

const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

/// Cilium writes the source of a label before it.
fn bare(key: &str) -> &str {
    key.strip_prefix("k8s:").or_else(|| key.strip_prefix("any:")).unwrap_or(key)
}

fn is_about_namespace(key: &str) -> bool {
    key == "io.kubernetes.pod.namespace" || key.starts_with(NAMESPACE_LABELS)
}

/// A label as Cilium sees it; `Err` where the input does not say.
fn cilium_label<'s>(key: &str, pod: &Selected<'s>) -> Result<Option<&'s str>, ()> {
    let key = bare(key);
    if let Some(label) = key.strip_prefix(NAMESPACE_LABELS) {
        let hidden = pod.namespaces.may_have(pod.namespace, label);
        return if hidden { Err(()) } else { Ok(pod.namespaces.label(pod.namespace, label)) };
    }
    match key {
        "io.kubernetes.pod.namespace" => pod.namespace.name().map(Some).ok_or(()),
        "io.cilium.k8s.policy.serviceaccount" => Ok(Some(pod.account)),
        "io.cilium.k8s.policy.cluster" => Err(()),
        _ => Ok((pod.label)(key)),
    }
}

fn read(object: &Object) -> Vec<Policy> {
    let specs = [f::SPEC].iter().filter_map(|name| object.root().get(*name)).map(|entry| entry.value());
    match object.kind() {
        Kind::NETWORK_POLICY => specs.map(|spec| network_policy(object, spec)).collect(),
        Kind::CILIUM_NETWORK_POLICY | Kind::CILIUM_CLUSTERWIDE_NETWORK_POLICY => {
            let more = object.root().get_str("specs").into_iter().flat_map(|entry| entry.value().items());
            specs.chain(more).filter_map(|spec| cilium(object, spec)).collect()
        }
        Kind::ADMIN_NETWORK_POLICY | Kind::BASELINE_ADMIN_NETWORK_POLICY | Kind::CLUSTER_NETWORK_POLICY => {
            specs.filter_map(|spec| admin(object, spec)).collect()
        }
        _ => specs.map(|spec| calico(object, spec)).collect(),
    }
}

/// Items of a list of rules; nothing where there is no list.
fn rules<'a>(spec: NodeRef<'a>, name: &str) -> Vec<NodeRef<'a>> {
    spec.get_str(name).into_iter().flat_map(|entry| entry.value().items()).collect()
}

/// Neither absent nor null nor empty.
fn says_something(rule: NodeRef<'_>, name: &str) -> bool {
    rule.get_str(name).is_some_and(|entry| !entry.value().is_null() && !entry.value().is_empty())
}

/// Does a NetworkPolicy close this direction for the pods that it selects
/// (`k8s.io/kubernetes/pkg/apis/networking/v1.SetDefaults_NetworkPolicy`)?
pub fn isolates(policy: &Object, side: Side) -> bool {
    policy.root().get(f::SPEC).is_some_and(|spec| closes(spec.value(), side))
}

fn closes(spec: NodeRef<'_>, side: Side) -> bool {
    let types = rules(spec, "policyTypes");
    if types.is_empty() {
        return side == Side::Ingress || !rules(spec, "egress").is_empty();
    }
    types.iter().any(|node| node.as_str() == Some(side.policy_type()))
}

fn network_policy(object: &Object, spec: NodeRef<'_>) -> Policy {
    let subject = match spec.get(f::POD_SELECTOR).map(|entry| LabelSelector::of(entry.value())) {
        Some(Ok(selector)) => Subject::Labels(selector),
        Some(Err(_)) => Subject::Unreadable,
        None => Subject::Labels(LabelSelector::default()),
    };
    let effect = |side: Side| {
        let peers = if side == Side::Ingress { "from" } else { "to" };
        let opens = |rule: &NodeRef<'_>| !says_something(*rule, peers) && !says_something(*rule, "ports");
        Effect { closes: closes(spec, side), opens: rules(spec, side.as_str()).iter().any(opens) }
    };
    let (ingress, egress) = (effect(Side::Ingress), effect(Side::Egress));
    Policy { object: object.id(), area: Area::In(Namespace::of(object)), subject, ingress, egress }
}

/// `github.com/cilium/cilium/pkg/policy/api.(*Rule).Sanitize`.
fn cilium(object: &Object, spec: NodeRef<'_>) -> Option<Policy> {
    let selector = spec.get(f::ENDPOINT_SELECTOR)?.value();
    let subject = LabelSelector::of(selector).map_or(Subject::Unreadable, Subject::Cilium);
    let area = match object.kind() {
        Kind::CILIUM_NETWORK_POLICY => Area::In(Namespace::of(object)),
        _ => Area::Everywhere,
    };
    let effect = |side: Side, entities: &str| {
        let name = side.as_str();
        let allowing = rules(spec, name);
        let set = spec.get_str("enableDefaultDeny").and_then(|entry| entry.value().get_str(name)?.value().as_bool());
        let closes = set.unwrap_or(!allowing.is_empty() || !rules(spec, &format!("{name}Deny")).is_empty());
        let opens = |rule: &NodeRef<'_>| {
            let all = rules(*rule, entities).iter().any(|node| node.as_str() == Some("all"));
            all && !says_something(*rule, "toPorts")
        };
        Effect { closes, opens: allowing.iter().any(opens) }
    };
    let (ingress, egress) = (effect(Side::Ingress, "fromEntities"), effect(Side::Egress, "toEntities"));
    Some(Policy { object: object.id(), area, subject, ingress, egress })
}

/// docs.tigera.io/calico/latest/reference/resources/networkpolicy.
fn calico(object: &Object, spec: NodeRef<'_>) -> Policy {
    let text = |name: &str| spec.get_str(name).and_then(|entry| entry.value().as_str()).unwrap_or_default();
    let global = matches!(object.kind(), Kind::CALICO_GLOBAL_NETWORK_POLICY | Kind::CALICO_GLOBAL_NETWORK_POLICY_CRD);
    let area = match CalicoSelector::parse(text("namespaceSelector")) {
        _ if !global => Area::In(Namespace::of(object)),
        Ok(CalicoSelector::All) => Area::Everywhere,
        Ok(selector) => Area::Calico(selector),
        // Whom it is meant for is not known; the subject below says so.
        Err(_) => Area::Everywhere,
    };
    let readable =
        CalicoSelector::parse(text("namespaceSelector")).is_ok() && text("serviceAccountSelector").is_empty();
    let subject = match CalicoSelector::parse(text("selector")) {
        Ok(selector) if readable => Subject::Calico(selector),
        _ => Subject::Unreadable,
    };
    let types = rules(spec, "types");
    let (incoming, outgoing) = (rules(spec, "ingress"), rules(spec, "egress"));
    let effect = |side: Side| {
        let (own, other) = if side == Side::Ingress { (&incoming, &outgoing) } else { (&outgoing, &incoming) };
        let named = types.iter().any(|node| node.as_str() == Some(side.policy_type()));
        let implied = !own.is_empty() || (side == Side::Ingress && other.is_empty());
        let opens = |rule: &NodeRef<'_>| {
            let action = rule.get_str("action").and_then(|entry| entry.value().as_str());
            let narrow = ["source", "destination", "protocol", "notProtocol", "icmp", "http", "ipVersion"];
            action == Some("Allow") && !narrow.iter().any(|name| says_something(*rule, name))
        };
        Effect { closes: if types.is_empty() { implied } else { named }, opens: own.iter().any(opens) }
    };
    let (ingress, egress) = (effect(Side::Ingress), effect(Side::Egress));
    Policy { object: object.id(), area, subject, ingress, egress }
}

/// `sigs.k8s.io/network-policy-api`: the subject is either namespaces or pods.
fn admin(object: &Object, spec: NodeRef<'_>) -> Option<Policy> {
    let subject = spec.get(f::SUBJECT)?.value();
    let selector = |node: Option<NodeRef<'_>>| node.map_or(Ok(LabelSelector::default()), LabelSelector::of);
    let field =
        |node: NodeRef<'_>, name| -> Option<LabelSelector> { selector(node.get(name).map(|entry| entry.value())).ok() };
    let (area, pods) = match (subject.get(f::NAMESPACES), subject.get_str("pods")) {
        (Some(namespaces), _) => (selector(Some(namespaces.value())).ok(), Some(LabelSelector::default())),
        (None, Some(pods)) => (field(pods.value(), f::NAMESPACE_SELECTOR), field(pods.value(), f::POD_SELECTOR)),
        (None, None) => return None,
    };
    let (area, subject) = match (area, pods) {
        (Some(area), Some(pods)) => (Area::Labels(area), Subject::Labels(pods)),
        _ => (Area::Everywhere, Subject::Unreadable),
    };
    let effect = |side: Side| {
        let all = rules(spec, side.as_str());
        let denies = all.iter().any(|rule| denies_all(*rule, side));
        Effect { closes: !all.is_empty(), opens: !denies }
    };
    let (ingress, egress) = (effect(Side::Ingress), effect(Side::Egress));
    Some(Policy { object: object.id(), area, subject, ingress, egress })
}

/// A rule of an admin policy that denies all pods, whatever the port.
fn denies_all(rule: NodeRef<'_>, side: Side) -> bool {
    let action = rule.get_str("action").and_then(|entry| entry.value().as_str());
    let peers = if side == Side::Ingress { "from" } else { "to" };
    let every = |peer: &NodeRef<'_>| {
        let namespaces = peer.get(f::NAMESPACES).map(|entry| entry.value());
        namespaces.is_some_and(|node| node.kind() == NodeKind::Mapping && node.is_empty())
    };
    action == Some("Deny")
        && !says_something(rule, "ports")
        && !says_something(rule, "protocols")
        && rules(rule, peers).iter().any(every)
}

fn hash(namespace: &Namespace, key: &str, value: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (namespace, key, value).hash(&mut hasher);
    hasher.finish()
}
