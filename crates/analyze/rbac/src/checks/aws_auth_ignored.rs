//! `rbac/aws-auth-ignored`

use crate::aws_auth::sections;
use crate::eks::{entries, modes};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-ignored",
    title: "entry of aws-auth that EKS does not look at",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::CONFIG_MAP, Kind::OTHER],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_ignored.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let objects = cx.objects(Kind::OTHER);
    let modes: Vec<(&Object, NodeRef<'_>, &str)> =
        objects.iter().flat_map(|object| modes(object).into_iter().map(|(node, mode)| (*object, node, mode))).collect();
    // Of several clusters nobody knows which one this is of.
    let off = modes.first().filter(|_| modes.iter().all(|(_, _, mode)| *mode == "API")).copied();
    let mut known: FxHashMap<String, (&Object, NodeRef<'_>)> = FxHashMap::default();
    for object in &objects {
        for (node, arn) in entries(object).iter().filter(|entry| entry.whole).filter_map(|entry| entry.arn()) {
            known.entry(arn.to_ascii_lowercase()).or_insert((*object, node));
        }
    }
    if off.is_none() && known.is_empty() {
        return;
    }
    for map in cx.objects(Kind::CONFIG_MAP) {
        let sections = sections(map);
        if let (Some((object, node, _)), Some(section)) = (off, sections.first()) {
            cx.find_in(map, section.value, "aws-auth is not read: the authentication mode of the cluster is API")
                .label("who is listed here alone has no access")
                .related_in(object, node, "here");
            continue;
        }
        for section in &sections {
            for arn in section.entries.iter().filter_map(|entry| entry.arn.as_ref()) {
                let Some((object, node)) = known.get(&arn.text.to_ascii_lowercase()) else { continue };
                section
                    .say(arn.line, format!("`{}` has an access entry, which counts in place of this", arn.text), cx)
                    .severity(Severity::Low)
                    .label("groups and name of this entry are not used")
                    .related_in(object, *node, "the access entry");
            }
        }
    }
}
