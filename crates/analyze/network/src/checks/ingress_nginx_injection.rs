//! `network/ingress-nginx-injection`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "network/ingress-nginx-injection",
    title: "annotation breaks out of its directive of nginx",
    severity: Severity::Critical,
    reads: &[Kind::INGRESS],
    page: include_str!("ingress_nginx_injection.md"),
    ..Meta::DEFAULT
};

struct Annotation {
    name: &'static str,
    cve: &'static str,
    /// Characters that no honest value holds, beside control characters and quotes.
    ends: &'static [char],
}

/// What ends a directive, opens or closes a block, or begins a comment; in an address also what no address holds.
const ADDRESS: &[char] = &[';', '{', '}', '#', '<', '>', '|', '^', '`', '\\'];

const ANNOTATIONS: &[Annotation] = &[
    Annotation { name: "auth-url", cve: "CVE-2025-24514", ends: ADDRESS },
    // A regular expression: alternatives and escapes are its own, braces are not, as nginx takes them for a block.
    Annotation { name: "auth-tls-match-cn", cve: "CVE-2025-1097", ends: &[';', '{', '}', '#'] },
    Annotation { name: "mirror-target", cve: "CVE-2025-1098", ends: ADDRESS },
    Annotation { name: "mirror-host", cve: "CVE-2025-1098", ends: ADDRESS },
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for annotation in ANNOTATIONS {
        let key = format!("nginx.ingress.kubernetes.io/{}", annotation.name);
        let entry = object.metadata().and_then(|node| node.get_str("annotations")?.value().get_str(&key));
        let Some(value) = entry.map(|entry| entry.value()) else { continue };
        let Some(text) = value.text() else { continue };
        let breaks = |c: &char| c.is_control() || matches!(c, '"' | '\'') || annotation.ends.contains(c);
        if let Some(character) = text.trim().chars().find(breaks) {
            let name = annotation.name;
            cx.find(value, format!("`{name}` holds {} and can leave its directive", shown(character)))
                .label(format!("{}: what follows is read as configuration of the controller", annotation.cve));
        }
    }
}

fn shown(character: char) -> String {
    match character {
        '\n' | '\r' => "a line break".to_owned(),
        c if c.is_control() => "a control character".to_owned(),
        c => format!("`{c}`"),
    }
}
