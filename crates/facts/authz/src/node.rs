//! The Node authorizer: what a kubelet may reach because of the pods that run on its node.
//!
//! Source: k8s.io/kubernetes `plugin/pkg/auth/authorizer/node`. What is not tied to a pod is decided by the rules of the
//! default role `system:node`. List and watch that the API server allows only with the field selector
//! `spec.nodeName=<self>` are not allowed here: a request of ours carries no selector.

use crate::chain::Verdict;
use crate::{PolicyRule, Request, Target, User, defaults};
use ironclad_model::{Kind, Object, Snapshot};
use ironclad_tree::{Kind as NodeKind, NodeRef};
use rustc_hash::{FxHashMap, FxHashSet};

/// An object that a pod reaches: resource, namespace, name.
type Reached = (&'static str, String, String);

/// Which objects the pods of each node reach.
#[derive(Debug, Default)]
pub struct NodeFacts {
    reached: FxHashMap<String, FxHashSet<Reached>>,
    rules: Vec<PolicyRule>,
    selectors: bool,
}

impl NodeFacts {
    /// From the pods of a snapshot, for a minor version of Kubernetes.
    pub fn of(snapshot: &Snapshot, version: u8) -> NodeFacts {
        let rules = defaults::role_rules("system:node", version);
        let mut facts = NodeFacts { reached: FxHashMap::default(), rules, selectors: version >= 34 };
        for pod in snapshot.of_kind(Kind::POD) {
            facts.pod(pod);
        }
        for volume in snapshot.of_kind(Kind::PERSISTENT_VOLUME) {
            facts.volume(volume);
        }
        for object in snapshot.objects() {
            let resource = match object.kind_name() {
                "VolumeAttachment" => "volumeattachments",
                "ResourceSlice" => "resourceslices",
                "PodCertificateRequest" => "podcertificaterequests",
                _ => continue,
            };
            let node = object.root().at_pointer("/spec/nodeName").and_then(|node| node.as_str());
            if let Some(node) = node {
                let reached = (resource, object.namespace().unwrap_or_default().to_owned(), object.name().to_owned());
                facts.reached.entry(node.to_owned()).or_default().insert(reached);
            }
        }
        facts
    }

    fn pod(&mut self, pod: &Object) {
        let at = |pointer: &str| pod.root().at_pointer(pointer);
        let Some(node) = at("/spec/nodeName").and_then(|n| n.as_str()).filter(|n| !n.is_empty()) else { return };
        let namespace = pod.namespace().unwrap_or("default").to_owned();
        let reached = self.reached.entry(node.to_owned()).or_default();
        reached.insert(("pods", namespace.clone(), pod.name().to_owned()));
        // A mirror pod comes from the node itself and reaches nothing through the API.
        if pod.annotation("kubernetes.io/config.mirror").is_some() {
            return;
        }
        let mut add = |resource, name: &str| {
            reached.insert((resource, namespace.clone(), name.to_owned()));
        };
        if let Some(account) = at("/spec/serviceAccountName").and_then(|n| n.as_str()) {
            add("serviceaccounts", account);
        }
        for volume in at("/spec/volumes").into_iter().flat_map(|list| list.items()) {
            let name = volume.get_str("name").and_then(|e| e.value().as_str()).unwrap_or_default();
            if volume.get_str("ephemeral").is_some() {
                add("persistentvolumeclaims", &format!("{}-{name}", pod.name()));
            }
        }
        for claim in at("/status/resourceClaimStatuses").into_iter().flat_map(|list| list.items()) {
            if let Some(name) = claim.get_str("resourceClaimName").and_then(|e| e.value().as_str()) {
                add("resourceclaims", name);
            }
        }
        for claim in at("/spec/resourceClaims").into_iter().flat_map(|list| list.items()) {
            if let Some(name) = claim.get_str("resourceClaimName").and_then(|e| e.value().as_str()) {
                add("resourceclaims", name);
            }
        }
        if let Some(spec) = at("/spec") {
            references(spec, &mut add);
        }
    }

    /// A volume is reached through its claim, and its secrets through it.
    fn volume(&mut self, volume: &Object) {
        let at = |pointer: &str| volume.root().at_pointer(pointer).and_then(|n| n.as_str()).unwrap_or_default();
        let claim =
            ("persistentvolumeclaims", at("/spec/claimRef/namespace").to_owned(), at("/spec/claimRef/name").to_owned());
        let mut secrets = Vec::new();
        if let Some(spec) = volume.root().at_pointer("/spec") {
            volume_secrets(spec, &claim.1, &mut secrets);
        }
        for reached in self.reached.values_mut().filter(|reached| reached.contains(&claim)) {
            reached.insert(("persistentvolumes", String::new(), volume.name().to_owned()));
            reached.extend(secrets.iter().cloned());
        }
    }

    /// Decides a request of a node; no opinion on anybody else's.
    pub fn decide(&self, user: &User, request: &Request) -> Verdict {
        let Some(node) = user.name.strip_prefix("system:node:").filter(|_| user.is_in("system:nodes")) else {
            return Verdict::NoOpinion;
        };
        if node.is_empty() {
            return Verdict::NoOpinion;
        }
        match &request.target {
            Target::Resource { group, resource, subresource, name, namespace } => {
                let asked = Asked { node, verb: &request.verb, subresource, name, namespace };
                self.resource(group, resource, &asked).unwrap_or_else(|| self.by_rules(request))
            }
            Target::Path(_) => self.by_rules(request),
        }
    }

    fn by_rules(&self, request: &Request) -> Verdict {
        opinion(self.rules.iter().any(|rule| rule.allows(request)))
    }

    /// Nothing where the resource is not tied to the node.
    fn resource(&self, group: &str, resource: &str, asked: &Asked<'_>) -> Option<Verdict> {
        let read = matches!(asked.verb, "get" | "list" | "watch");
        let whole = asked.subresource.is_empty();
        let write = matches!(asked.verb, "get" | "create" | "update" | "patch" | "delete");
        let own = asked.verb == "create" || asked.name == asked.node;
        Some(match (group, resource) {
            ("", "secrets") => self.reach("secrets", read && whole && !asked.namespace.is_empty(), asked),
            ("", "configmaps") => self.reach("configmaps", read && whole && !asked.namespace.is_empty(), asked),
            ("", "persistentvolumeclaims") if asked.subresource == "status" => {
                self.reach("persistentvolumeclaims", matches!(asked.verb, "update" | "patch"), asked)
            }
            ("", "persistentvolumeclaims") => self.reach("persistentvolumeclaims", asked.verb == "get" && whole, asked),
            ("", "persistentvolumes") => self.reach("persistentvolumes", asked.verb == "get" && whole, asked),
            ("resource.k8s.io", "resourceclaims") => self.reach("resourceclaims", asked.verb == "get" && whole, asked),
            ("storage.k8s.io", "volumeattachments") => {
                self.reach("volumeattachments", asked.verb == "get" && whole, asked)
            }
            ("", "serviceaccounts") if asked.verb == "get" && whole => self.reach("serviceaccounts", true, asked),
            ("", "serviceaccounts") => {
                self.reach("serviceaccounts", asked.verb == "create" && asked.subresource == "token", asked)
            }
            ("coordination.k8s.io", "leases") => opinion(write && asked.namespace == "kube-node-lease" && own),
            ("storage.k8s.io", "csinodes") => opinion(write && whole && own),
            ("resource.k8s.io", "resourceslices") => match asked.verb {
                "create" => opinion(whole),
                _ => self.reach("resourceslices", write && whole, asked),
            },
            ("", "nodes") if self.selectors => opinion(match (asked.subresource, asked.verb) {
                ("", "create" | "update" | "patch") | ("status", "update" | "patch") => true,
                ("", "get" | "list" | "watch") => asked.name == asked.node,
                _ => false,
            }),
            ("", "pods") if self.selectors => match (asked.subresource, asked.verb) {
                ("", "get" | "list" | "watch") => self.reach("pods", true, asked),
                ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => Verdict::Allow,
                _ => Verdict::NoOpinion,
            },
            _ => return None,
        })
    }

    fn reach(&self, resource: &'static str, fits: bool, asked: &Asked<'_>) -> Verdict {
        if !fits || asked.name.is_empty() {
            return Verdict::NoOpinion;
        }
        let Some(reached) = self.reached.get(asked.node) else {
            let why = format!("no pod of node \"{}\" is in the input: what its pods reach is not known", asked.node);
            return Verdict::Unknown(why);
        };
        let key = (resource, asked.namespace.to_owned(), asked.name.to_owned());
        opinion(reached.contains(&key))
    }
}

struct Asked<'a> {
    node: &'a str,
    verb: &'a str,
    subresource: &'a str,
    name: &'a str,
    namespace: &'a str,
}

fn opinion(allowed: bool) -> Verdict {
    if allowed { Verdict::Allow } else { Verdict::NoOpinion }
}

/// Secrets, config maps and claims that a pod's specification names, wherever it does.
fn references(node: NodeRef<'_>, add: &mut impl FnMut(&'static str, &str)) {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        for entry in node.entries() {
            let (key, value) = (entry.key(), entry.value());
            let name = value.get_str("name").and_then(|e| e.value().as_str());
            match key {
                "secretName" => value.as_str().into_iter().for_each(|name| add("secrets", name)),
                "claimName" => value.as_str().into_iter().for_each(|name| add("persistentvolumeclaims", name)),
                "configMap" | "configMapRef" | "configMapKeyRef" => {
                    name.into_iter().for_each(|name| add("configmaps", name));
                }
                "secret" | "secretRef" | "secretKeyRef" | "nodePublishSecretRef" => {
                    name.into_iter().for_each(|name| add("secrets", name));
                }
                "imagePullSecrets" => {
                    let names = value.items().filter_map(|item| item.get_str("name")?.value().as_str());
                    names.for_each(|name| add("secrets", name));
                }
                _ => {}
            }
            if matches!(value.kind(), NodeKind::Mapping | NodeKind::Sequence) {
                pending.push(value);
            }
        }
        pending.extend(node.items());
    }
}

/// Secrets that a PersistentVolume names; those without a namespace are in the claim's.
fn volume_secrets(spec: NodeRef<'_>, namespace: &str, out: &mut Vec<Reached>) {
    let mut pending = vec![spec];
    while let Some(node) = pending.pop() {
        for entry in node.entries() {
            let value = entry.value();
            let text = |name: &str| value.get_str(name).and_then(|e| e.value().as_str());
            if entry.key() == "secretName"
                && let Some(name) = value.as_str()
            {
                let space = node.get_str("secretNamespace").and_then(|e| e.value().as_str()).unwrap_or(namespace);
                out.push(("secrets", space.to_owned(), name.to_owned()));
            } else if entry.key().to_lowercase().ends_with("secretref")
                && let Some(name) = text("name")
            {
                out.push(("secrets", text("namespace").unwrap_or(namespace).to_owned(), name.to_owned()));
            } else if value.kind() == NodeKind::Mapping {
                pending.push(value);
            }
        }
    }
}
