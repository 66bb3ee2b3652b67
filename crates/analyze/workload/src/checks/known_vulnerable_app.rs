//! `workload/known-vulnerable-app`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/known-vulnerable-app",
    title: "image of a version with a known hole",
    severity: Severity::High,
    page: include_str!("known_vulnerable_app.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let Some(version) = reference.tag.and_then(version) else { continue };
        let name = reference.name();
        for rule in RULES.iter().filter(|rule| rule.images.iter().any(|path| name.ends_with(path))) {
            if rule.ranges.iter().any(|(from, to)| *from <= version && version < *to) {
                let message = format!("image `{}` {}", image.text, rule.what);
                let finder = cx.find(image.spot, message).label(rule.consequence);
                if let Some(container) = image.container {
                    finder.of(container);
                }
            }
        }
    }
}

type Version = (u32, u32, u32);

struct Rule {
    /// Ends of image names.
    images: &'static [&'static str],
    /// From, inclusive, to, exclusive.
    ranges: &'static [(Version, Version)],
    what: &'static str,
    consequence: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        images: &["/argoproj/argocd"],
        ranges: &[((0, 0, 0), (2, 1, 9)), ((2, 2, 0), (2, 2, 4))],
        what: "has CVE-2022-24348",
        consequence: "a crafted chart reads the secrets of other applications",
    },
    Rule {
        images: &["/grafana/grafana", "/grafana/grafana-oss", "/grafana/grafana-enterprise"],
        ranges: &[((9, 2, 0), (9, 2, 4))],
        what: "has CVE-2022-39328",
        consequence: "a race lets requests pass without a login",
    },
    Rule {
        images: &["/kyverno/kyverno"],
        ranges: &[((1, 8, 3), (1, 8, 5))],
        what: "has CVE-2022-47633",
        consequence: "image signatures can be bypassed",
    },
    Rule {
        images: &["/ingress-nginx/controller"],
        ranges: &[((0, 0, 0), (u32::MAX, 0, 0))],
        what: "reached its end of life in March 2026",
        consequence: "no fix will come for the next hole",
    },
];

/// `v2.2.3`, `9.2.1-ubuntu`: three numbers, a missing one is 0.
fn version(tag: &str) -> Option<Version> {
    let digits = tag.trim_start_matches('v').split(['-', '+']).next()?;
    let mut parts = digits.split('.').map(|part| part.parse::<u32>().ok());
    let first = parts.next()??;
    Some((first, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)))
}
