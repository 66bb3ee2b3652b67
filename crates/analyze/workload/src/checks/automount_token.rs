//! `workload/automount-token`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Safety, Severity};
use ironclad_pod::{Automount, automount, names_its_account, projected_tokens, service_account};
use ironclad_views::Pod;
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "workload/automount-token",
    title: "token of the ServiceAccount reaches the pod",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::SERVICE_ACCOUNT, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING],
    tags: &["cis:5.1.6", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("automount_token.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !names_its_account(pod) {
        return;
    }
    let name = service_account(pod).name;
    let account = cx.named(Kind::SERVICE_ACCOUNT, pod.object.namespace(), name);
    let bound = is_bound(name, pod, cx);
    let field = pod.spec.automount_service_account_token();
    if automount(pod, account).is_some_and(Automount::is_on) {
        let finder = cx.find(field, format!("the token of ServiceAccount \"{name}\" is mounted"));
        // Where rights are given on purpose the token is meant to be there.
        let finder = if bound {
            finder.severity(Severity::Info).label("a role is bound to it")
        } else {
            finder.label("whoever reads it talks to the API server in its name")
        };
        let safety = if bound { Safety::Unsafe } else { Safety::Safe };
        finder.fix_set("set `automountServiceAccountToken: false`", safety, field, "false");
    }
    for (volume, token) in projected_tokens(pod) {
        let volume = volume.name().get().unwrap_or("(no name)");
        cx.find(token, format!("volume \"{volume}\" holds a token for the API server")).severity(Severity::Info);
    }
}

/// ServiceAccounts that some role is bound to: name and namespace, where one is written.
type Bound = FxHashMap<String, Vec<Option<String>>>;

fn bound_accounts(cx: &Cx<'_>) -> Bound {
    let mut bound = Bound::default();
    for binding in cx.objects(Kind::ROLE_BINDING).into_iter().chain(cx.objects(Kind::CLUSTER_ROLE_BINDING)) {
        for subject in binding.root().get_str("subjects").into_iter().flat_map(|entry| entry.value().items()) {
            let text = |key: &str| subject.get_str(key).and_then(|entry| entry.value().as_str());
            let (Some("ServiceAccount"), Some(name)) = (text("kind"), text("name")) else { continue };
            let namespace = text("namespace").or(binding.namespace()).map(str::to_owned);
            bound.entry(name.to_owned()).or_default().push(namespace);
        }
    }
    bound
}

/// Is some role bound to the account in the snapshot?
fn is_bound(name: &str, pod: &Pod<'_>, cx: &Cx<'_>) -> bool {
    let own = pod.object.namespace();
    let fits = |namespace: &Option<String>| namespace.is_none() || own.is_none() || namespace.as_deref() == own;
    cx.once(bound_accounts).get(name).is_some_and(|namespaces| namespaces.iter().any(fits))
}
