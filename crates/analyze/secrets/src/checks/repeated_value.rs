//! `secrets/repeated-value`

use crate::place::complete;
use ironclad_check::{Applies, Cx, Fact, Meta, SecretMarks, SecretPlace, Told};
use ironclad_leak::{Confidence, assignments, find};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use std::ops::Range;

pub(super) static META: Meta = Meta {
    id: "secrets/repeated-value",
    title: "value of a Secret in plain sight",
    severity: Severity::Critical,
    reads: &[Kind::ANY_POD, Kind::CONFIG_MAP],
    facts: &[Fact::SecretValues],
    applies: Applies::Live,
    tags: &["nsa", "mitre:T1552"],
    page: include_str!("repeated_value.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let marks = match &cx.beside().secrets {
        Told::Yes(marks) => marks,
        Told::No(reason) => return cx.not_observed(reason.clone()),
    };
    for object in cx.objects(Kind::CONFIG_MAP) {
        let data = object.root().get_str("data").map(|entry| entry.value());
        for entry in data.into_iter().flat_map(|data| data.entries()) {
            search(object, entry.value(), None, &format!("key `{}`", entry.key()), marks, cx);
        }
    }
    let objects: Vec<&Object> = cx.snapshot().objects().filter(|object| object.kind() != Kind::CONFIG_MAP).collect();
    for object in objects {
        for pod in cx.pods_of(object) {
            for container in &pod.containers {
                for variable in container.env().iter() {
                    if let Some(node) = variable.value().spot().node() {
                        let what = format!("environment variable `{}`", variable.name().get().unwrap_or_default());
                        search(object, node, Some(container.label()), &what, marks, cx);
                    }
                }
                for arguments in [container.args(), container.command()] {
                    for node in arguments.spot().node().into_iter().flat_map(|list| list.items()) {
                        search(object, node, Some(container.label()), "an argument", marks, cx);
                    }
                }
            }
        }
    }
}

/// The whole text, what is assigned in it, and what has the form of a secret.
fn search(
    object: &Object,
    node: NodeRef<'_>,
    container: Option<&str>,
    what: &str,
    marks: &SecretMarks,
    cx: &mut Cx<'_>,
) {
    let Some(text) = node.as_str() else { return };
    let Some((place, range)) = hit(text, marks) else { return };
    let SecretPlace { namespace, name, key } = place;
    let message = match container {
        Some(container) => format!("container \"{container}\" has the value of a Secret, in {what}"),
        None => format!("ConfigMap holds the value of a Secret, under {what}"),
    };
    let mut finder = cx
        .find_in(object, node, message)
        .label(format!("it is key \"{key}\" of Secret {namespace}/{name}: refer to it, and change it"))
        .evidence("secret", format!("{namespace}/{name}"))
        .evidence("key", key.clone());
    if let Some(container) = container {
        finder = finder.container(container);
    }
    complete(finder, node, range, Confidence::Confirmed);
}

fn hit<'m>(text: &str, marks: &'m SecretMarks) -> Option<(&'m SecretPlace, Range<usize>)> {
    if let Some(place) = marks.find(text) {
        return Some((place, 0..text.len()));
    }
    let assigned = assignments(text).map(|one| one.range);
    let leaks = find(text).into_iter().map(|leak| leak.range);
    // `--password=…` of an argument, the value of a line that is none of a name that the rules know.
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    let after = lines.filter_map(|(start, line)| {
        let cut = line.find(['=', ':'])? + 1;
        let value = line[cut..].trim().trim_matches(['"', '\'']);
        let offset = start + cut + line[cut..].find(value)?;
        Some(offset..offset + value.len())
    });
    assigned.chain(leaks).chain(after).find_map(|range| Some((marks.find(text.get(range.clone())?)?, range)))
}
