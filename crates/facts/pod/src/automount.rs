//! Does the token of its ServiceAccount reach a pod?

use crate::same_namespace;
use ironclad_model::{Kind, Object, Spot};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{Pod, State, Volume};

/// What decides whether the token is mounted.
#[derive(Clone, Copy)]
pub enum Automount<'a> {
    /// `automountServiceAccountToken` of the pod, whatever the account says.
    Pod(bool),
    /// The same field of the ServiceAccount, at this node.
    Account(bool, NodeRef<'a>),
    /// Neither says anything, or the account is not known: it is mounted.
    Unset,
}

impl Automount<'_> {
    /// Is it mounted?
    pub fn is_on(self) -> bool {
        match self {
            Automount::Pod(on) | Automount::Account(on, _) => on,
            Automount::Unset => true,
        }
    }
}

/// The pod's setting, else the account's, else on (k8s.io/kubernetes `plugin/pkg/admission/serviceaccount`). None
/// where the pod's field has the wrong type. An account from another namespace than the pod's is not looked at.
pub fn automount<'a>(pod: &Pod<'a>, account: Option<&'a Object>) -> Option<Automount<'a>> {
    match pod.spec.automount_service_account_token().state() {
        State::Is(on) => return Some(Automount::Pod(on)),
        State::Wrong => return None,
        State::Absent | State::Null => {}
    }
    let account = account.filter(|account| same_namespace(account, pod.object));
    let setting = account.and_then(|account| account.root().get(f::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN));
    let setting = setting.and_then(|entry| Some((entry.value().as_bool()?, entry.value())));
    Some(setting.map_or(Automount::Unset, |(on, node)| Automount::Account(on, node)))
}

/// Audiences by which API servers are known: none (the server's own), and the names of its Service, which `kubeadm` and
/// the large providers put into `--api-audiences`.
const API_AUDIENCES: [&str; 4] = [
    "",
    "https://kubernetes.default",
    "https://kubernetes.default.svc",
    "https://kubernetes.default.svc.cluster.local",
];

/// The tokens for the API server that the pod's volumes hold, each with its volume: projected, whatever the settings
/// of mounting say.
pub fn projected_tokens<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (Volume<'a>, Spot<'a>)> {
    pod.spec.volumes().iter().flat_map(|volume| {
        volume.projected().sources().iter().filter_map(move |source| {
            let token = source.service_account_token();
            let is_for_api = API_AUDIENCES.contains(&token.audience().get().unwrap_or_default());
            (token.exists() && is_for_api).then(|| (volume, token.spot()))
        })
    })
}

/// Does the object say itself which ServiceAccount its pods run as? A Tekton task does not: the run that starts it
/// does, outside of the fields that serve as its pod.
pub fn names_its_account(pod: &Pod<'_>) -> bool {
    !matches!(pod.object.kind(), Kind::TEKTON_TASK | Kind::TEKTON_CLUSTER_TASK | Kind::TEKTON_TASK_RUN)
}

/// Is the specification a whole PodSpec? Workflows and tasks only have some of its fields.
pub fn is_whole_spec(pod: &Pod<'_>) -> bool {
    names_its_account(pod)
        && !matches!(
            pod.object.kind(),
            Kind::WORKFLOW | Kind::WORKFLOW_TEMPLATE | Kind::CLUSTER_WORKFLOW_TEMPLATE | Kind::CRON_WORKFLOW
        )
}
