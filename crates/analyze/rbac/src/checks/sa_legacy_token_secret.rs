//! `rbac/sa-legacy-token-secret`

use ironclad_check::{Cx, Fact, Meta};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-legacy-token-secret",
    title: "token of a ServiceAccount that never expires",
    severity: Severity::Medium,
    reads: &[Kind::SECRET],
    facts: &[Fact::SecretType("kubernetes.io/service-account-token")],
    tags: &["mitre:T1528", "cis:5.1.13"],
    page: include_str!("sa_legacy_token_secret.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let kind = object.root().get(f::TYPE).and_then(|entry| entry.value().as_str());
    if kind != Some("kubernetes.io/service-account-token") {
        return;
    }
    let name = object.annotation("kubernetes.io/service-account.name").unwrap_or_default();
    let label = |key: &str| object.labels()?.get_str(key)?.value().as_str();
    let at = Spot::at(object.root()).field(f::TYPE);
    let finder = cx.find(at, format!("Secret holds a token of ServiceAccount \"{name}\" that never expires"));
    // Labels of the controller that cleans up (k8s.io/kubernetes `pkg/controlplane/controller/legacytokentracking`).
    match (label("kubernetes.io/legacy-token-invalid-since"), label("kubernetes.io/legacy-token-last-used")) {
        (Some(date), _) => finder.severity(Severity::Info).label(format!("invalid since {date}")),
        (None, Some(date)) => finder.label(format!("last used on {date}")),
        (None, None) => finder.label("whoever reads it once has it until it is deleted"),
    };
}
