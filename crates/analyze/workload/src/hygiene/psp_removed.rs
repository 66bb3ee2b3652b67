//! `hygiene/psp-removed`

use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_tree::{NodeRef, f};

pub(super) static META: Meta = Meta {
    id: "hygiene/psp-removed",
    title: "PodSecurityPolicy, which no cluster reads any more",
    severity: Severity::Low,
    reads: &[Kind::POD_SECURITY_POLICY],
    params: &[Param {
        name: "legacy-psp",
        default: ParamDefault::Bool(false),
        doc: "judge what the policy allows as well, for clusters older than 1.25",
    }],
    page: include_str!("psp_removed.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let root = Spot::at(object.root());
    cx.find(root.field(f::METADATA).field(f::NAME), "PodSecurityPolicy has no effect since 1.25")
        .label("Pod Security levels and admission policies took its place");
    let spec = root.field(f::SPEC);
    let Some(node) = spec.node().filter(|_| cx.flag("legacy-psp")) else { return };
    let value = |name: &str| node.get_str(name).map(|entry| entry.value());
    let is_true = |name: &str| value(name).filter(|node| node.as_bool() == Some(true));
    for name in ["privileged", "hostPID", "hostIPC", "hostNetwork"] {
        if let Some(node) = is_true(name) {
            cx.find(node, format!("policy allows `{name}`")).severity(Severity::High);
        }
    }
    if value("allowPrivilegeEscalation").and_then(|node| node.as_bool()) != Some(false) {
        let at = value("allowPrivilegeEscalation").map_or(spec, Spot::at);
        cx.find(at, "policy allows privilege escalation").severity(Severity::High);
    }
    let field = spec.field(f::RUN_AS_USER);
    let rule = field.node().and_then(|node| Some(node.get_str("rule")?.value()));
    if allows_root(field.node(), rule.and_then(|rule| rule.as_str())) {
        cx.find(rule.map_or(field, Spot::at), "policy allows to run as root").severity(Severity::High);
    }
    let texts = |name: &str| -> Vec<&str> {
        value(name).into_iter().flat_map(|node| node.items()).filter_map(|node| node.as_str()).collect()
    };
    if let Some(node) = value("allowedCapabilities").filter(|_| !texts("allowedCapabilities").is_empty()) {
        cx.find(node, "policy allows further capabilities").severity(Severity::Medium);
    }
    if !texts("requiredDropCapabilities").iter().any(|name| matches!(*name, "ALL" | "all")) {
        let at = value("requiredDropCapabilities").map_or(spec, Spot::at);
        cx.find(at, "policy does not drop all capabilities").severity(Severity::Medium);
    }
}

/// `MustRunAsNonRoot`, or ranges without user 0, forbid it.
fn allows_root(field: Option<NodeRef<'_>>, rule: Option<&str>) -> bool {
    match rule {
        Some("MustRunAsNonRoot") => false,
        Some("MustRunAs") => {
            let ranges = field.and_then(|node| node.get_str("ranges")).map(|entry| entry.value());
            let above_root = |range: NodeRef<'_>| range.get_str("min").and_then(|e| e.value().as_i64()) > Some(0);
            ranges.is_none_or(|ranges| ranges.is_empty() || !ranges.items().all(above_root))
        }
        _ => true,
    }
}
