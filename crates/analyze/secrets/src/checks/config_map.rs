//! `secrets/config-map`

use crate::place::{Found, complete, of_verdict, search};
use ironclad_check::{Cx, Meta};
use ironclad_leak::{decode_base64, judge};
use ironclad_model::{Confidence, Kind, Object, Severity};
use ironclad_tree::NodeRef;

pub(super) static META: Meta = Meta {
    id: "secrets/config-map",
    title: "secret in a ConfigMap",
    severity: Severity::High,
    confidence: Confidence::Likely,
    reads: &[Kind::CONFIG_MAP],
    tags: &["nsa", "mitre:T1552"],
    page: include_str!("config_map.md"),
    ..Meta::DEFAULT
};

/// A ConfigMap holds no more than this.
const LARGEST: usize = 1 << 20;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for (key, node) in entries(object, "data") {
        let Some(value) = node.as_str() else { continue };
        report(key, node, in_entry(key, value), cx);
    }
    for (key, node) in entries(object, "binaryData") {
        let Some(value) = node.as_str().and_then(|text| decode_base64(text, LARGEST)) else { continue };
        // What is decoded has no place of its own in the source.
        let found = in_entry(key, &value).into_iter().map(|found| Found { range: 0..0, ..found });
        report(key, node, found.collect(), cx);
    }
}

fn entries<'a>(object: &'a Object, field: &str) -> Vec<(&'a str, NodeRef<'a>)> {
    let map = object.root().get_str(field).map(|entry| entry.value());
    map.into_iter().flat_map(|map| map.entries()).map(|entry| (entry.key(), entry.value())).collect()
}

/// A key with its value; a value of several lines is a file, which has keys of its own.
fn in_entry(key: &str, value: &str) -> Vec<Found> {
    if !value.trim_end().contains('\n')
        && let Some(verdict) = judge(key, value)
    {
        let (what, confidence) = of_verdict(&verdict, key);
        return vec![Found { what, confidence, range: 0..value.trim_end().len() }];
    }
    search(value)
}

fn report(key: &str, node: NodeRef<'_>, found: Vec<Found>, cx: &mut Cx<'_>) {
    for found in found {
        let finder = cx
            .find(node, format!("ConfigMap holds {}, under key `{key}`", found.what))
            .label("a ConfigMap is read by many more than a Secret, and never encrypted at rest");
        complete(finder, node, found.range, found.confidence);
    }
}
