//! `rbac/nonresource-wildcard`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/nonresource-wildcard",
    title: "rule covers every path of the API server",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1613"],
    page: include_str!("nonresource_wildcard.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "use every path of the API server that is no resource",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// A path with `*` at its end that is not one of the probes or of discovery.
fn matches(rule: &PolicyRule) -> bool {
    let harmless = ["/healthz", "/livez", "/readyz", "/version", "/api", "/openapi", "/.well-known"];
    let wide = |url: &String| url.ends_with('*') && !harmless.iter().any(|path| url.starts_with(path));
    rule.non_resource_urls.iter().any(wide)
}
