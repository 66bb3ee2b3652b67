//! Pods, and what makes them, with the ServiceAccounts that they run as.

use super::session::Session;
use ironclad_model::Kind;
use ironclad_model::Object;
use ironclad_pod::{automount, names_its_account, service_account};
use ironclad_views::{WorkloadKinds, pods};

/// Something that runs.
pub(crate) struct Running<'s> {
    pub(crate) object: &'s Object,
    pub(crate) namespace: String,
    /// Name of its account.
    pub(crate) account: String,
    /// Is a token mounted into it?
    pub(crate) token: bool,
    /// The node it is on.
    pub(crate) node: Option<String>,
}

impl Running<'_> {
    /// `Deployment shop/web`
    pub(crate) fn label(&self) -> String {
        format!("{} {}/{}", self.object.kind_name(), self.namespace, self.object.name())
    }

    /// `ServiceAccount:shop/web`
    pub(crate) fn subject(&self) -> String {
        format!("ServiceAccount:{}/{}", self.namespace, self.account)
    }

    /// Labels of the subjects that it is by its token: the account and its groups.
    pub(crate) fn subjects(&self) -> [String; 4] {
        [
            self.subject(),
            format!("Group:system:serviceaccounts:{}", self.namespace),
            "Group:system:serviceaccounts".to_owned(),
            "Group:system:authenticated".to_owned(),
        ]
    }
}

/// Everything that runs: what another object makes is counted there, except where single pods are wanted.
pub(crate) fn running(session: &Session, single: bool) -> Vec<Running<'_>> {
    let kinds = WorkloadKinds::default();
    let snapshot = &session.snapshot;
    let mut found = Vec::new();
    for object in snapshot.objects() {
        let counts = if single { object.kind() == Kind::POD } else { snapshot.controller_of(object).is_none() };
        if !counts {
            continue;
        }
        for pod in pods(object, &kinds).iter().filter(|pod| names_its_account(pod)) {
            let name = service_account(pod).name;
            let account = snapshot.named(Kind::SERVICE_ACCOUNT, object.namespace(), name).into_iter().next();
            let node = object.root().at_pointer("/spec/nodeName").and_then(|node| node.as_str());
            found.push(Running {
                object,
                namespace: object.namespace().unwrap_or(&session.namespace).to_owned(),
                account: name.to_owned(),
                token: automount(pod, account).is_none_or(|mounted| mounted.is_on()),
                node: node.filter(|node| !node.is_empty()).map(str::to_owned),
            });
        }
    }
    found.sort_by_cached_key(Running::label);
    found
}
