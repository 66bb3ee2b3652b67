//! `rbac/authz-webhook`

use crate::apiserver::{File, field, items, seconds, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;

pub(super) static META: Meta = Meta {
    id: "rbac/authz-webhook",
    title: "webhook whose outage or cache decides",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1098.006"],
    page: include_str!("authz_webhook.md"),
    ..Meta::DEFAULT
};

/// Seconds for which the server keeps an answer by default.
const DEFAULT_TTL: f64 = 300.0;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authorization.is(object) {
        return;
    }
    let mut authorizers = items(object.root(), "authorizers");
    while let Some(authorizer) = authorizers.next() {
        if text(authorizer, "type") != Some("Webhook") {
            continue;
        }
        let Some(webhook) = field(authorizer, "webhook") else { continue };
        let name = text(authorizer, "name").unwrap_or("(no name)");
        // Behind the last one that may allow, no opinion is a refusal.
        let later = authorizers.clone().filter_map(|later| text(later, "type"));
        let goes_on = later.clone().any(|mode| mode != "AlwaysDeny");
        let before_rbac = later.clone().any(|mode| mode == "RBAC" || mode == "Node");
        outage(webhook, name, goes_on, cx);
        if before_rbac && items(webhook, "matchConditions").next().is_none() {
            cx.find_missing(
                webhook,
                "matchConditions",
                format!("webhook \"{name}\" is asked before RBAC or Node, on every request"),
            )
            .severity(Severity::Low)
            .label("those of kubelets and controllers wait for it too; only `system:masters` does not");
        }
        cache(webhook, name, cx);
    }
}

fn outage(webhook: NodeRef<'_>, name: &str, goes_on: bool, cx: &mut Cx<'_>) {
    if goes_on
        && text(webhook, "failurePolicy") == Some("NoOpinion")
        && let Some(policy) = field(webhook, "failurePolicy")
    {
        cx.find(policy, format!("what webhook \"{name}\" would deny is left to those behind it when it fails"))
            .label("`Deny` refuses it; `matchConditions` keep that to what it is asked for");
    }
}

fn cache(webhook: NodeRef<'_>, name: &str, cx: &mut Cx<'_>) {
    let cached = field(webhook, "cacheAuthorizedRequests").and_then(|cached| cached.as_bool()) != Some(false);
    let (Some(written), Some(node)) = (text(webhook, "authorizedTTL"), field(webhook, "authorizedTTL")) else { return };
    if cached && seconds(written).is_some_and(|ttl| ttl > DEFAULT_TTL) {
        cx.find(node, format!("what webhook \"{name}\" allowed once stays allowed for {written}"))
            .severity(Severity::Low)
            .label("who loses a right keeps it that long; the default is 5m");
    }
}
