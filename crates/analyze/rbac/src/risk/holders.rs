//! Who holds a permission, through which rule and binding, and how much of it.

use super::{Met, Named, Need, Only, Risk, gives_by_wildcard, meets};
use crate::facts::Facts;
use ironclad_authz::{BindingId, Origin, PolicyRule, RoleId, SubjectId, SubjectKind};
use ironclad_check::Cx;
use ironclad_model::Severity;
use std::collections::BTreeMap;

/// Where a finding is: a rule of a role, or the `roleRef` of a binding to a role that is not in the input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Site {
    Rule(RoleId, u32),
    Binding(BindingId),
}

/// Who holds it through a site.
#[derive(Default)]
pub(super) struct Hits {
    pub(super) severity: Option<Severity>,
    pub(super) holders: Vec<Holder>,
}

pub(super) struct Holder {
    pub(super) subject: SubjectId,
    pub(super) binding: BindingId,
    /// The binding that says where all rights that it takes are held together.
    pub(super) place: BindingId,
    pub(super) severity: Severity,
    /// The other rights that it takes, where several are needed.
    pub(super) others: Vec<Held>,
}

/// A right, and what gives it.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) binding: BindingId,
    pub(super) role: RoleId,
    pub(super) rule: u32,
    worth: Worth,
}

/// A rule that is limited to names, and who holds it where.
pub(crate) struct Limit<'a> {
    pub(crate) names: &'a [String],
    pub(crate) subject: SubjectId,
    /// Empty where it holds everywhere.
    pub(crate) namespace: &'a str,
}

impl Limit<'_> {
    /// Is one of the names such?
    pub(crate) fn any(&self, is: impl FnMut(&str) -> bool) -> bool {
        self.names.iter().map(String::as_str).any(is)
    }
}

/// What is left of a right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worth {
    /// Little.
    Little,
    /// One step less.
    Less,
    /// All of it.
    Whole,
}

/// What is looked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Search<'a> {
    /// Only in such rules.
    pub(super) rules: Option<fn(&PolicyRule) -> bool>,
    /// Not of those who hold one of these whole, in the same place.
    pub(super) without: &'a [&'a Risk],
}

/// Where any of these risks is held.
pub(super) fn sites(cx: &Cx<'_>, facts: &Facts, risks: &[&Risk], search: Search<'_>) -> BTreeMap<Site, Hits> {
    let mut sites: BTreeMap<Site, Hits> = BTreeMap::new();
    for risk in risks {
        find(cx, facts, risk, search, &mut sites);
    }
    sites
}

fn find(cx: &Cx<'_>, facts: &Facts, risk: &Risk, search: Search<'_>, sites: &mut BTreeMap<Site, Hits>) {
    let Some(need) = risk.needs.first() else { return };
    // Roles with the same rules are looked at once, and of these only the rules that name what is needed.
    let mut met: Vec<(RoleId, u32, Met)> = Vec::new();
    for place @ (class, index) in candidates(facts, need) {
        let rule = facts.rule_at(place).filter(|rule| search.rules.is_none_or(|wanted| wanted(rule)));
        let Some(how) = rule.and_then(|rule| meets(facts, rule, need, risk.named)) else { continue };
        met.extend(facts.judged_roles(class).iter().map(|role| (*role, index, how)));
    }
    met.sort_unstable_by_key(|(role, index, _)| (*role, *index));
    for (role, index, how) in met {
        let bound = collect(facts, risk, (role, index), how, search.without, sites);
        if !bound && is_loose(cx, facts, risk, role, index) && !search.without.iter().any(|r| gives(facts, role, r)) {
            sites.entry(Site::Rule(role, index)).or_default();
        }
    }
}

/// The rules that may meet a need, in order: those that [`meets`] need not be asked about are left out.
fn candidates(facts: &Facts, need: &Need) -> Vec<(u32, u32)> {
    let is_pattern = |(_, resource): &(&str, &str)| resource.starts_with('*') || resource.ends_with("/*");
    if need.written.is_some() || need.on.iter().any(is_pattern) {
        return facts.places().collect();
    }
    let mut found = facts.places_of("*").to_vec();
    for (_, resource) in need.on {
        found.extend(facts.places_of(resource));
        if let Some((_, subresource)) = resource.split_once('/') {
            found.extend(facts.places_of(&format!("*/{subresource}")));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Has a role all rights of a risk in itself?
fn gives(facts: &Facts, role: RoleId, risk: &Risk) -> bool {
    let has = |need: &Need| facts.rules(role).iter().any(|rule| meets(facts, rule, need, risk.named).is_some());
    risk.needs.iter().all(has)
}

/// The gravest of these risks that a role gives in itself, as held everywhere.
pub(crate) fn gravest(facts: &Facts, role: RoleId, risks: &[&Risk]) -> Option<Severity> {
    let everything = |need: &Need| facts.rules(role).iter().any(|rule| gives_by_wildcard(facts, rule, need, true));
    let given = |risk: &&&Risk| gives(facts, role, risk) || risk.needs.iter().all(everything);
    risks.iter().filter(given).map(|risk| risk.cluster).max()
}

/// Nobody holds it here, and somebody may elsewhere: a role of the input that no binding refers to, with all rights that
/// are needed in itself. What the API server makes in some release is bound by it.
fn is_loose(cx: &Cx<'_>, facts: &Facts, risk: &Risk, role: RoleId, index: u32) -> bool {
    let world = &facts.world;
    let Some(object) = facts.object(world.role(role).origin(), cx) else { return false };
    let label = object.labels().and_then(|labels| labels.get_str("kubernetes.io/bootstrapping"));
    let has = |need: &Need| facts.rules(role).iter().any(|rule| meets(facts, rule, need, Named::Lower).is_some());
    world.rule_source(role, index).0 == role
        && label.is_none()
        && !facts.is_default_role(role)
        && risk.needs.iter().skip(1).all(has)
}

/// Adds who holds the right through a rule. Is the role bound to anybody?
fn collect(
    facts: &Facts,
    risk: &Risk,
    (role, index): (RoleId, u32),
    met: Met,
    without: &[&Risk],
    sites: &mut BTreeMap<Site, Hits>,
) -> bool {
    let world = &facts.world;
    let (source, source_index) = world.rule_source(role, index);
    let in_input = world.role(source).origin() != Origin::BuiltIn;
    let mut bound = false;
    for binding in world.bindings_to(role) {
        bound = true;
        if facts.is_default_binding(binding) {
            continue;
        }
        let cluster = world.binding(binding).is_cluster();
        let namespace = world.binding_namespace(binding);
        if !cluster && !met.namespaced || !in_place(facts, &risk.needs[0], cluster, namespace) {
            continue;
        }
        for subject in world.subjects_of(binding) {
            // Its members are allowed everything anyway.
            if world.principal(subject) == ironclad_authz::MASTERS {
                continue;
            }
            for (place, others) in ways(facts, risk, subject, binding) {
                let namespace = world.binding_namespace(place);
                if without.iter().any(|risk| holds(facts, risk, subject, namespace)) {
                    continue;
                }
                let first = match met.whole || risk.named == Named::Only {
                    true => Worth::Whole,
                    false => limited(facts, &risk.needs[0], (role, index), subject, namespace),
                };
                let worth = others.iter().map(|held| held.worth).chain([first]).min().unwrap_or(Worth::Whole);
                let severity = severity(facts, risk, namespace, worth, subject);
                let site = if in_input { Site::Rule(source, source_index) } else { Site::Binding(binding) };
                let hits = sites.entry(site).or_default();
                hits.severity = hits.severity.max(Some(severity));
                hits.holders.push(Holder { subject, binding, place, severity, others });
            }
        }
    }
    bound
}

/// Does the binding reach the place that the right must be held in?
fn in_place(facts: &Facts, need: &Need, cluster: bool, namespace: &str) -> bool {
    match &need.only {
        Only::Any => true,
        Only::AdminAccess => facts.has_admin_access((!cluster).then_some(namespace)),
        Only::Object { namespaces, .. } => cluster || namespaces.is_empty() || namespaces.contains(&namespace),
    }
}

/// Where a subject that has the first right by a binding has the others too, and what gives them. Whoever has the first
/// everywhere and another in some namespaces has them all there.
fn ways(facts: &Facts, risk: &Risk, subject: SubjectId, binding: BindingId) -> Vec<(BindingId, Vec<Held>)> {
    let world = &facts.world;
    let [_, others @ ..] = risk.needs else { return Vec::new() };
    if others.is_empty() {
        return vec![(binding, Vec::new())];
    }
    let all = |namespace: &str| {
        others
            .iter()
            .map(|need| held(facts, need, subject, namespace, Apart { first: Some(binding), without: None }))
            .collect()
    };
    if let Some(others) = all(world.binding_namespace(binding)) {
        return vec![(binding, others)];
    }
    let mut places: BTreeMap<&str, BindingId> = BTreeMap::new();
    if world.binding(binding).is_cluster() {
        for other in world.bindings_of(subject).filter(|other| !world.binding(*other).is_cluster()) {
            places.entry(world.binding_namespace(other)).or_insert(other);
        }
    }
    places.into_iter().filter_map(|(namespace, place)| Some((place, all(namespace)?))).collect()
}

/// Has a subject every right of a risk here, and none of them limited to names?
fn holds(facts: &Facts, risk: &Risk, subject: SubjectId, namespace: &str) -> bool {
    let whole = |need: &Need| {
        held(facts, need, subject, namespace, Apart::default()).is_some_and(|held| held.worth == Worth::Whole)
    };
    risk.needs.iter().all(whole)
}

/// The binding by which a subject has any of these risks in a namespace (everywhere, where none is named) even without a
/// site.
pub(super) fn kept(
    facts: &Facts,
    risks: &[&Risk],
    subject: SubjectId,
    namespace: &str,
    without: Site,
) -> Option<BindingId> {
    risks.iter().find_map(|risk| {
        let all: Option<Vec<Held>> = risk
            .needs
            .iter()
            .map(|need| held(facts, need, subject, namespace, Apart { first: None, without: Some(without) }))
            .collect();
        all?.first().map(|held| held.binding)
    })
}

/// What is looked at first, and what is left out.
#[derive(Clone, Copy, Default)]
struct Apart {
    first: Option<BindingId>,
    without: Option<Site>,
}

/// What gives a subject a right in a namespace, or everywhere where none is named; the least limited.
fn held(facts: &Facts, need: &Need, subject: SubjectId, namespace: &str, apart: Apart) -> Option<Held> {
    let world = &facts.world;
    let Apart { first, without } = apart;
    let mut best: Option<Held> = None;
    for binding in first.into_iter().chain(world.bindings_of(subject)) {
        let cluster = world.binding(binding).is_cluster();
        let place = world.binding_namespace(binding);
        if !cluster && !need.anywhere && place != namespace
            || !in_place(facts, need, cluster, place)
            || without == Some(Site::Binding(binding))
        {
            continue;
        }
        let Some(role) = world.binding(binding).role() else { continue };
        for (index, rule) in facts.rules(role).iter().enumerate() {
            let rule_at = index as u32;
            let source = || world.rule_source(role, rule_at);
            if without.is_some_and(|without| matches!(without, Site::Rule(role, rule) if (role, rule) == source())) {
                continue;
            }
            let worth = if gives_by_wildcard(facts, rule, need, cluster) {
                Worth::Whole
            } else {
                match meets(facts, rule, need, Named::Lower).filter(|met| cluster || met.namespaced) {
                    Some(met) if met.whole => Worth::Whole,
                    Some(_) => limited(facts, need, (role, rule_at), subject, world.binding_namespace(binding)),
                    None => continue,
                }
            };
            if best.is_none_or(|best| best.worth < worth) {
                best = Some(Held { binding, role, rule: rule_at, worth });
            }
            if worth == Worth::Whole {
                return best;
            }
        }
    }
    best
}

/// What names leave of a right.
fn limited(facts: &Facts, need: &Need, (role, rule): (RoleId, u32), subject: SubjectId, namespace: &str) -> Worth {
    let names = facts.rules(role).get(rule as usize).map_or(&[][..], |rule| &rule.resource_names);
    (need.worth)(facts, &Limit { names, subject, namespace })
}

fn severity(facts: &Facts, risk: &Risk, namespace: &str, worth: Worth, subject: SubjectId) -> Severity {
    let cluster = namespace.is_empty() || facts.is_system(namespace);
    let base = if cluster { risk.cluster } else { risk.namespace };
    let base = match worth {
        Worth::Whole => base,
        Worth::Less => step(base, -1),
        Worth::Little => base.min(Severity::Low),
    };
    if is_everybody(facts, subject) { step(base, 1) } else { base }
}

/// Groups whose members nobody chose.
fn is_everybody(facts: &Facts, subject: SubjectId) -> bool {
    facts.world.subject(subject).kind() == SubjectKind::Group
        && matches!(
            facts.world.principal(subject),
            "system:authenticated" | "system:unauthenticated" | "system:serviceaccounts"
        )
}

/// A severity some steps worse or milder, never below low; a note stays one.
fn step(severity: Severity, by: i8) -> Severity {
    let order = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let Some(at) = order.iter().position(|own| *own == severity) else { return severity };
    order.get((at as i8 + by).clamp(0, 3) as usize).copied().unwrap_or(severity)
}
