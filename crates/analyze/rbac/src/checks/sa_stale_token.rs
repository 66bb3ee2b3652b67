//! `rbac/sa-stale-token`

use ironclad_check::{Applies, Cx, Meta, Profile};
use ironclad_model::{Kind, Object, ObjectId, Severity};
use ironclad_tree::{NodeRef, f};
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-stale-token",
    title: "pod is older than what its ServiceAccount says now",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::POD, Kind::ANY_POD, Kind::SERVICE_ACCOUNT],
    applies: Applies::Live,
    tags: &["mitre:T1528"],
    page: include_str!("sa_stale_token.md"),
    ..Meta::DEFAULT
};

/// What became of the account after the pod began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stale {
    /// It was deleted and made again: the pod's token is of the one that is gone.
    Recreated,
    /// It gives no token any more, and the pod has one.
    NoMore,
}

pub(super) fn check(cx: &mut Cx<'_>) {
    // One finding for all pods of a workload.
    let mut found: BTreeMap<(ObjectId, Stale), Vec<(&Object, &Object)>> = BTreeMap::new();
    for pod in cx.objects(Kind::POD) {
        let phase = text(pod.root(), "/status/phase").unwrap_or_default();
        if !pod.is_live() || matches!(phase, "Succeeded" | "Failed") || !has_token(pod) {
            continue;
        }
        let name = text(pod.root(), "/spec/serviceAccountName").unwrap_or("default");
        let Some(account) = cx.named(Kind::SERVICE_ACCOUNT, pod.namespace(), name) else { continue };
        if let Some(stale) = stale(pod, account) {
            found.entry((top(pod, cx).id(), stale)).or_default().push((pod, account));
        }
    }
    for ((owner, stale), pods) in found {
        let (Some(owner), Some((pod, account))) = (cx.object_of(owner), pods.first()) else { continue };
        let others = match pods.len() - 1 {
            0 => String::new(),
            1 => " and one more".to_owned(),
            more => format!(" and {more} more"),
        };
        let (name, pod_name) = (account.name(), pod.name());
        let (message, label) = match stale {
            Stale::Recreated => (
                format!("pod \"{pod_name}\"{others} began before ServiceAccount \"{name}\" was made again"),
                "the API server refuses the token of the account that is gone: restart it",
            ),
            Stale::NoMore => (
                format!("pod \"{pod_name}\"{others} keeps a token that ServiceAccount \"{name}\" gives no more"),
                "`automountServiceAccountToken: false` counts for pods that begin after it: restart it",
            ),
        };
        let at = account.root().get(f::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN).map_or(account.root(), |entry| entry.value());
        let place = account_place(owner).unwrap_or(owner.root());
        let finder = cx.find_in(owner, place, message).label(label).related_in(account, at, "the ServiceAccount");
        if stale == Stale::Recreated {
            finder.severity(Severity::Low);
        }
    }
}

fn stale(pod: &Object, account: &Object) -> Option<Stale> {
    let made = |object: &Object| text(object.root(), "/metadata/creationTimestamp").map(str::to_owned);
    // RFC 3339 in UTC, always of the same length: later times are larger texts.
    if let (Some(pod), Some(account)) = (made(pod), made(account))
        && pod < account
    {
        return Some(Stale::Recreated);
    }
    let says =
        |node: NodeRef<'_>| node.get(f::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN).and_then(|entry| entry.value().as_bool());
    let own = pod.root().get(f::SPEC).and_then(|spec| says(spec.value()));
    (own != Some(true) && says(account.root()) == Some(false)).then_some(Stale::NoMore)
}

/// The volume that the API server adds to a pod that is given a token.
fn has_token(pod: &Object) -> bool {
    let volumes = pod.root().at_pointer("/spec/volumes");
    let name = |volume: NodeRef<'_>| volume.get(f::NAME).and_then(|entry| entry.value().as_str()).map(str::to_owned);
    volumes.is_some_and(|volumes| {
        volumes.items().any(|volume| name(volume).is_some_and(|name| name.starts_with("kube-api-access-")))
    })
}

/// Where an owner names the account of its pods.
fn account_place(owner: &Object) -> Option<NodeRef<'_>> {
    ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"].iter().find_map(|pointer| {
        let spec = owner.root().at_pointer(pointer)?;
        Some(spec.get_str("serviceAccountName")?.value())
    })
}

fn top<'a>(pod: &'a Object, cx: &Cx<'a>) -> &'a Object {
    let mut at = pod;
    // Owners of owners; more than a few are a loop.
    for _ in 0..5 {
        match cx.snapshot().controller_of(at).filter(|owner| owner.kind() != Kind::NODE) {
            Some(owner) => at = owner,
            None => break,
        }
    }
    at
}

fn text<'a>(node: NodeRef<'a>, pointer: &str) -> Option<&'a str> {
    node.at_pointer(pointer).and_then(|node| node.as_str())
}
