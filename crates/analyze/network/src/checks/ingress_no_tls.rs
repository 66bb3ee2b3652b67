//! `network/ingress-no-tls`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_views::{Ingress, View};

pub(super) static META: Meta = Meta {
    id: "network/ingress-no-tls",
    title: "Ingress serves a host without TLS",
    severity: Severity::Medium,
    reads: &[Kind::INGRESS],
    page: include_str!("ingress_no_tls.md"),
    ..Meta::DEFAULT
};

/// Annotations by which controllers take certificates from elsewhere.
const CERTIFICATES: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "traefik.ingress.kubernetes.io/router.tls",
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let spec = Ingress::at(object.root().into()).spec();
    let has = |key: &&str| object.annotation(key).is_some_and(|value| !matches!(value, "" | "false"));
    if CERTIFICATES.iter().any(has) {
        return;
    }
    let tls = spec.tls();
    if tls.is_empty() {
        cx.find(tls.spot(), "Ingress serves its hosts without TLS")
            .label("what is sent can be read and changed on the way");
        return;
    }
    // A certificate that names no host is for all of them.
    if tls.iter().any(|entry| entry.hosts().is_empty()) {
        return;
    }
    let covered: Vec<&str> = tls.iter().flat_map(|entry| entry.hosts().iter()).map(|(_, host)| host).collect();
    for rule in spec.rules().iter() {
        let field = rule.host();
        let Some(host) = field.get().filter(|host| !host.is_empty()) else { continue };
        if !covered.iter().any(|pattern| covers(pattern, host)) {
            cx.find(Spot::from(field), format!("no entry of `tls` is for host \"{host}\""))
                .label("what is sent to it can be read and changed on the way");
        }
    }
}

/// Is the certificate's host the rule's, or a wildcard for its last labels but one?
fn covers(pattern: &str, host: &str) -> bool {
    let wildcard = pattern.strip_prefix("*.").and_then(|rest| host.split_once('.').map(|(_, parent)| (rest, parent)));
    pattern.eq_ignore_ascii_case(host) || wildcard.is_some_and(|(rest, parent)| rest.eq_ignore_ascii_case(parent))
}
