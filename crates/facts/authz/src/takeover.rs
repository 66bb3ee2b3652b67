//! Rights that lead to every right: the one table by which checks call an account powerful.
//!
//! Decided by the engine as any request is, default roles and implied groups included.

use crate::{Proof, Request, UNNAMED, User, World};

/// A right that leads to every right.
struct Power {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
    /// What it lets its holder do.
    what: &'static str,
    /// Can a RoleBinding grant it, and is it as bad in a namespace whose ServiceAccounts may do everything?
    namespaced: bool,
    /// Does it lead on only from a token that lies on every node?
    on_nodes: bool,
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// By gravity: messages list them so.
const POWERS: &[Power] = &[
    cluster("escalate", RBAC, "clusterroles", "", "give itself any right"),
    cluster("bind", RBAC, "clusterroles", "", "bind itself to any role"),
    cluster("impersonate", "", "users", "", "be any user"),
    namespaced("impersonate", "serviceaccounts", "", "be any ServiceAccount"),
    namespaced("create", "serviceaccounts", "token", "take the token of any ServiceAccount"),
    namespaced("list", "secrets", "", "read every Secret"),
    namespaced("create", "pods", "", "start pods as any ServiceAccount"),
    namespaced("create", "pods", "exec", "run commands in every pod"),
    cluster("get", "", "nodes", "proxy", "run commands in every pod through its node"),
    cluster("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", "change what others create"),
    // Whoever fell into one node makes the others unfit, and what they ran comes to it.
    Power { on_nodes: true, ..cluster("patch", "", "nodes", "", "steer pods to a node") },
];

const fn cluster(
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
    what: &'static str,
) -> Power {
    Power { verb, group, resource, subresource, what, namespaced: false, on_nodes: false }
}

const fn namespaced(
    verb: &'static str,
    resource: &'static str,
    subresource: &'static str,
    what: &'static str,
) -> Power {
    Power { verb, group: "", resource, subresource, what, namespaced: true, on_nodes: false }
}

/// What an account holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// All of it, in words: "read every Secret, run commands in every pod".
    pub what: String,
    /// What gives the first of it.
    pub proof: Proof,
}

/// Where the token of an account lies, and where its rights count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach<'n> {
    /// On every node?
    pub on_nodes: bool,
    /// In this namespace, not in the whole cluster.
    pub within: Option<&'n str>,
}

impl World {
    /// The rights of a ServiceAccount that lead to every right. An account without a namespace is one of the namespace
    /// that its unit will have, and of `default`, which it will mostly be.
    pub fn takeover(&self, namespace: Option<&str>, account: &str, reach: Reach<'_>) -> Option<Takeover> {
        let homes: &[&str] = match &namespace {
            Some(namespace) => &[*namespace],
            None => &[UNNAMED, "default"],
        };
        homes.iter().find_map(|home| self.takeover_of(&User::service_account(home, account), reach))
    }

    fn takeover_of(&self, user: &User, reach: Reach<'_>) -> Option<Takeover> {
        let proof = |verb, group, resource, subresource| {
            let request = Request::resource(verb, group, resource).subresource(subresource);
            let request = match reach.within {
                Some(namespace) => request.within(namespace),
                None => request,
            };
            self.decide(user, &request).proofs.first().copied()
        };
        let place = match reach.within {
            Some(namespace) => format!(" in namespace \"{namespace}\""),
            None => String::new(),
        };
        if let Some(proof) = proof("*", "*", "*", "") {
            let place = if reach.within.is_some() { place.as_str() } else { " in the cluster" };
            return Some(Takeover { what: format!("do everything{place}"), proof });
        }
        let fits = |power: &&Power| (reach.on_nodes || !power.on_nodes) && (reach.within.is_none() || power.namespaced);
        let held = POWERS
            .iter()
            .filter(fits)
            .filter_map(|power| Some((power.what, proof(power.verb, power.group, power.resource, power.subresource)?)));
        let (words, proofs): (Vec<&str>, Vec<Proof>) = held.unzip();
        Some(Takeover { what: format!("{}{place}", words.join(", ")), proof: *proofs.first()? })
    }
}
