//! `rbac/authz-invalid`

use crate::apiserver::{File, field, items, judge, seconds, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "rbac/authz-invalid",
    title: "authorization file that the API server refuses",
    severity: Severity::High,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &[],
    page: include_str!("authz_invalid.md"),
    ..Meta::DEFAULT
};

/// What the server knows (k8s.io/kubernetes `pkg/kubeapiserver/authorizer/modes`).
const TYPES: [&str; 6] = ["AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node"];

/// Conditions that a webhook may have at most.
const MOST: usize = 64;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authorization.is(object) {
        return;
    }
    judge(File::Authorization, object, cx);
    let is_list = field(object.root(), "authorizers").is_none_or(|list| list.kind() == ironclad_tree::Kind::Sequence);
    if is_list && items(object.root(), "authorizers").next().is_none() {
        cx.find_missing(object.root(), "authorizers", "the file names no authorizer");
    }
    let mut types = FxHashSet::default();
    let mut names = FxHashSet::default();
    for authorizer in items(object.root(), "authorizers") {
        let Some(mode) = text(authorizer, "type") else {
            cx.find_missing(authorizer, "type", "authorizer has no `type`");
            continue;
        };
        let at = field(authorizer, "type").unwrap_or(authorizer);
        if !TYPES.contains(&mode) {
            cx.find(at, format!("\"{mode}\" is no type of authorizer")).label(format!("one of {}", TYPES.join(", ")));
            continue;
        }
        if !types.insert(mode) && mode != "Webhook" {
            cx.find(at, format!("authorizer {mode} is there twice"));
            continue;
        }
        named(authorizer, mode, &mut names, cx);
        match (mode, field(authorizer, "webhook")) {
            ("Webhook", Some(hook)) => webhook(hook, cx),
            ("Webhook", None) => {
                cx.find_missing(authorizer, "webhook", "authorizer of type Webhook has no `webhook`");
            }
            (_, Some(hook)) => {
                cx.find(hook, format!("authorizer {mode} has a `webhook`"));
            }
            (_, None) => {}
        }
    }
}

fn named<'a>(authorizer: NodeRef<'a>, mode: &str, names: &mut FxHashSet<&'a str>, cx: &mut Cx<'_>) {
    let Some(name) = text(authorizer, "name") else {
        cx.find_missing(authorizer, "name", "authorizer has no `name`");
        return;
    };
    let at = field(authorizer, "name").unwrap_or(authorizer);
    if !names.insert(name) {
        cx.find(at, format!("authorizer \"{name}\" is there twice"));
    } else if mode != "Webhook" && name != mode.to_lowercase() {
        let expected = mode.to_lowercase();
        cx.find(at, format!("authorizer {mode} is named \"{name}\"")).label(format!("its name must be \"{expected}\""));
    }
}

fn webhook(webhook: NodeRef<'_>, cx: &mut Cx<'_>) {
    match field(webhook, "timeout") {
        None => {
            cx.find_missing(webhook, "timeout", "webhook has no `timeout`");
        }
        Some(node) => {
            let written = node.as_str().unwrap_or_default();
            if !seconds(written).is_some_and(|timeout| timeout > 0.0 && timeout <= 30.0) {
                cx.find(node, format!("`timeout` \"{written}\" is not between 0s and 30s"));
            }
        }
    }
    for name in ["authorizedTTL", "unauthorizedTTL"] {
        if let Some(node) = field(webhook, name)
            && let written = node.as_str().unwrap_or_default()
            // Nothing and zero are the default.
            && !written.is_empty()
            && !seconds(written).is_some_and(|ttl| ttl >= 0.0)
        {
            cx.find(node, format!("`{name}` \"{written}\" is no duration"));
        }
    }
    one_of(webhook, "subjectAccessReviewVersion", &["v1", "v1beta1"], cx);
    one_of(webhook, "failurePolicy", &["NoOpinion", "Deny"], cx);
    let conditions = items(webhook, "matchConditions").count();
    if conditions > 0 || text(webhook, "matchConditionSubjectAccessReviewVersion").is_some() {
        one_of(webhook, "matchConditionSubjectAccessReviewVersion", &["v1"], cx);
    }
    if conditions > MOST {
        cx.find(field(webhook, "matchConditions").unwrap_or(webhook), format!("more than {MOST} `matchConditions`"));
    }
    let mut seen = FxHashSet::default();
    for condition in items(webhook, "matchConditions") {
        let expression = text(condition, "expression").map(str::trim).unwrap_or_default();
        if expression.is_empty() || !seen.insert(expression) {
            cx.find(condition, "condition without an expression, or with that of another");
        }
    }
    connection(webhook, cx);
}

fn connection(webhook: NodeRef<'_>, cx: &mut Cx<'_>) {
    let Some(connection) = field(webhook, "connectionInfo") else {
        cx.find_missing(webhook, "connectionInfo", "webhook has no `connectionInfo`");
        return;
    };
    // `InClusterConfig` is for other servers than kube-apiserver (`pkg/apis/apiserver` types).
    if !one_of(connection, "type", &["KubeConfigFile"], cx) {
        return;
    }
    match text(connection, "kubeConfigFile") {
        None => {
            cx.find_missing(connection, "kubeConfigFile", "webhook has no `kubeConfigFile`");
        }
        Some(path) if !path.starts_with('/') => {
            cx.find(
                field(connection, "kubeConfigFile").unwrap_or(connection),
                format!("`kubeConfigFile` \"{path}\" is no absolute path"),
            );
        }
        Some(_) => {}
    }
}

/// Reports a field that is missing or has another value; true where it is well.
fn one_of(node: NodeRef<'_>, name: &str, known: &[&str], cx: &mut Cx<'_>) -> bool {
    match (text(node, name), field(node, name)) {
        (Some(value), _) if known.contains(&value) => return true,
        (Some(value), Some(at)) => {
            cx.find(at, format!("`{name}` \"{value}\" is not {}", known.join(" or ")));
        }
        _ => {
            cx.find_missing(node, name, format!("webhook has no `{name}`"))
                .label(format!("{} is needed", known.join(" or ")));
        }
    }
    false
}
