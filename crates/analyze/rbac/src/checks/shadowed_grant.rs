//! `rbac/shadowed-grant`

use crate::bindings::{Named, subjects};
use crate::facts::{Facts, READS, facts};
use ironclad_authz::{BindingId, RoleId, covers};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "rbac/shadowed-grant",
    title: "grant that another one covers",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("shadowed_grant.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    // Of two lists of rules: does the first cover the second?
    let mut known: FxHashMap<(u32, u32), bool> = FxHashMap::default();
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let Some(role) = world.binding(binding).role() else { continue };
        let shadowing = world.bindings_of(subject).find(|other| {
            let Some(wider) = world.binding(*other).role() else { return false };
            // The same role in the same place is `rbac/duplicate-binding`.
            let same_place = world.binding_namespace(*other) == world.binding_namespace(binding);
            let reaches = world.binding(*other).is_cluster() || same_place;
            if *other == binding || !reaches || same_place && wider == role {
                return false;
            }
            let mut covered = |a: RoleId, b: RoleId| {
                let key = (world.rules_class(a), world.rules_class(b));
                key.0 == key.1 || *known.entry(key).or_insert_with(|| covers_all(&facts, a, b))
            };
            // Of two that cover each other in one place, the later one is to go.
            covered(wider, role) && (!same_place || *other < binding || !covered(role, wider))
        });
        let Some(other) = shadowing else { continue };
        let at = facts.object(world.binding(other).origin(), cx);
        let message = format!(
            "{} has all of {} by {} already",
            facts.subject(subject),
            world.role_ref_label(binding),
            by(&facts, other)
        );
        let finder = cx.find_in(object, named.node(&facts), message);
        if let Some(at) = at {
            finder.related_in(at, at.root(), "here");
        }
    }
}

fn by(facts: &Facts, binding: BindingId) -> String {
    format!("{} ({})", facts.world.binding_label(binding), facts.world.role_ref_label(binding))
}

/// Do the rules of one role cover those of another? The first atom is held against all of them before anything is
/// built: most pairs differ there.
fn covers_all(facts: &Facts, wider: RoleId, role: RoleId) -> bool {
    let Some(first) = facts.rules(role).first() else { return false };
    let has = |set: &[String], wanted: Option<&String>| {
        wanted.is_none_or(|wanted| set.iter().any(|own| own == "*" || own == wanted))
    };
    // The resource tells most pairs apart.
    let has_resource = |set: &[String]| {
        let Some(wanted) = first.resources.first() else { return true };
        let subresource = wanted.split_once('/').map(|(_, subresource)| subresource);
        let of_any = |own: &String| own.strip_prefix("*/").is_some_and(|own| Some(own) == subresource);
        set.iter().any(|own| own == "*" || own == wanted || of_any(own))
    };
    let quick = facts.rules(wider).iter().any(|rule| {
        has_resource(&rule.resources)
            && has(&rule.verbs, first.verbs.first())
            && has(&rule.api_groups, first.api_groups.first())
    });
    quick && covers(facts.rules(wider), facts.rules(role)).is_empty()
}
