//! ServiceAccounts and the pods that run as them, found out once a run.

use crate::facts::{Facts, UNNAMED};
use ironclad_authz::{SubjectId, SubjectKind};
use ironclad_check::{Cx, RunConfig};
use ironclad_model::{Kind, Object, ObjectId, Snapshot};
use ironclad_pod::{NamespaceKey, automount, names_its_account, service_account};
use ironclad_tree::f;
use ironclad_views::pods;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Kinds that the checks of accounts join.
pub(crate) const ACCOUNT_READS: &[Kind] = &[
    Kind::SERVICE_ACCOUNT,
    Kind::ANY_POD,
    Kind::SECRET,
    Kind::ROLE,
    Kind::CLUSTER_ROLE,
    Kind::ROLE_BINDING,
    Kind::CLUSTER_ROLE_BINDING,
];

/// Those that the check of DaemonSets joins.
pub(crate) const DAEMON_READS: &[Kind] = &[
    Kind::DAEMON_SET,
    Kind::SERVICE_ACCOUNT,
    Kind::NODE,
    Kind::ROLE,
    Kind::CLUSTER_ROLE,
    Kind::ROLE_BINDING,
    Kind::CLUSTER_ROLE_BINDING,
];

/// Who runs as which account.
pub(crate) struct Accounts {
    /// By namespace and name of an account: the workloads whose pods run as it.
    pods: FxHashMap<(NamespaceKey, String), Vec<ObjectId>>,
    /// Accounts that a Secret holds a token of.
    tokens: FxHashSet<(NamespaceKey, String)>,
    /// DaemonSets into whose pods the token is mounted, with the name of their account.
    daemon_sets: Vec<(ObjectId, String)>,
}

/// The accounts of this run.
pub(crate) fn accounts(cx: &Cx<'_>) -> Arc<Accounts> {
    cx.shared(Accounts::find_out)
}

impl Accounts {
    fn find_out(snapshot: &Snapshot, config: &RunConfig) -> Accounts {
        let mut found = Accounts { pods: FxHashMap::default(), tokens: FxHashSet::default(), daemon_sets: Vec::new() };
        for object in snapshot.objects() {
            // What another object makes is counted there.
            if snapshot.controller_of(object).is_some() {
                continue;
            }
            for pod in pods(object, &config.workloads).iter().filter(|pod| names_its_account(pod)) {
                let name = service_account(pod).name;
                let users = found.pods.entry((NamespaceKey::of(object), name.to_owned())).or_default();
                if users.last() != Some(&object.id()) {
                    users.push(object.id());
                }
                let account = snapshot.named(Kind::SERVICE_ACCOUNT, object.namespace(), name).into_iter().next();
                if object.kind() == Kind::DAEMON_SET && automount(pod, account).is_some_and(|mounted| mounted.is_on()) {
                    found.daemon_sets.push((object.id(), name.to_owned()));
                }
            }
        }
        for secret in snapshot.of_kind(Kind::SECRET) {
            let kind = secret.root().get(f::TYPE).and_then(|entry| entry.value().as_str());
            if kind == Some("kubernetes.io/service-account-token")
                && let Some(name) = secret.annotation("kubernetes.io/service-account.name")
            {
                found.tokens.insert((NamespaceKey::of(secret), name.to_owned()));
            }
        }
        found
    }

    /// The workloads that run as an account.
    pub(crate) fn pods_of(&self, account: &Object) -> &[ObjectId] {
        self.pods.get(&key(account)).map_or(&[], Vec::as_slice)
    }

    /// Does a Secret hold a token of it?
    pub(crate) fn has_token(&self, account: &Object) -> bool {
        self.tokens.contains(&key(account))
    }

    /// DaemonSets into whose pods a token is mounted, and of which account.
    pub(crate) fn daemon_sets(&self) -> impl Iterator<Item = (ObjectId, &str)> {
        self.daemon_sets.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// The account as bindings name it.
    pub(crate) fn subject(&self, facts: &Facts, account: &Object) -> Option<SubjectId> {
        let namespace = account.namespace().unwrap_or(UNNAMED);
        let user = format!("system:serviceaccount:{namespace}:{}", account.name());
        facts.world.subject_named(SubjectKind::ServiceAccount, &user)
    }
}

fn key(account: &Object) -> (NamespaceKey, String) {
    (NamespaceKey::of(account), account.name().to_owned())
}
