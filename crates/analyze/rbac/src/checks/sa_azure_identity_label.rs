//! `rbac/sa-azure-identity-label`

use crate::cloud::AZURE_CLIENT;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{names_its_account, service_account};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-azure-identity-label",
    title: "half of an Azure workload identity",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::ANY_POD, Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_azure_identity_label.md"),
    ..Meta::DEFAULT
};

/// The webhook of azure-workload-identity looks at pods with this label alone (its `objectSelector`).
const LABEL: &str = "azure.workload.identity/use";

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !names_its_account(pod) {
        return;
    }
    let name = service_account(pod).name;
    let labels = pod.metadata.labels();
    let label = labels.node().and_then(|node| node.get_str(LABEL)).map(|entry| entry.value());
    let is_on = label.and_then(|value| value.as_str()) == Some("true");
    let Some(account) = cx.named(Kind::SERVICE_ACCOUNT, pod.object.namespace(), name) else { return };
    let client = account.annotation(AZURE_CLIENT).filter(|client| !client.is_empty());
    match (client, is_on) {
        // Pods that name no account need not know of the identity of `default`.
        (Some(_), false) if name != "default" => {
            let message =
                format!("the pods have no label `{LABEL}: \"true\"`, and get nothing of ServiceAccount \"{name}\"");
            let at = label.map_or_else(|| labels.spot(), Into::into);
            let related = account.metadata().unwrap_or(account.root());
            cx.find(at, message).label("the webhook adds the token to pods with that label alone").related_in(
                account,
                related,
                "this one is an Azure application",
            );
        }
        (None, true) if !names_a_client(pod) => {
            let Some(value) = label else { return };
            let message = format!(
                "ServiceAccount \"{name}\" has no annotation `{AZURE_CLIENT}`: the pods do not know whom to be"
            );
            cx.find(value, message)
                .severity(Severity::Low)
                .label("they get a token and no `AZURE_CLIENT_ID`")
                .related_in(account, account.root(), "their ServiceAccount");
        }
        _ => {}
    }
}

/// Does a container say itself which application it is, or take its environment from where nobody sees it?
fn names_a_client(pod: &Pod<'_>) -> bool {
    pod.containers.iter().any(|container| {
        let named = container.view.env().iter().any(|variable| variable.name().get() == Some("AZURE_CLIENT_ID"));
        named || container.view.env_from().iter().next().is_some()
    })
}
