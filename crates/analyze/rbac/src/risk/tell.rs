//! Says who holds a permission, with every binding and rule that it takes.

use super::Risk;
use super::holders::{Hits, Holder, Search, Site, kept, sites};
use crate::facts::{Facts, UNNAMED, facts};
use ironclad_authz::{BindingId, PolicyRule, SubjectId, SubjectKind};
use ironclad_check::Cx;
use ironclad_model::{Object, ObjectId, Severity, Spot};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Reports a risk.
pub(crate) fn report(cx: &mut Cx<'_>, risk: &Risk) {
    report_any(cx, &[risk]);
}

/// Reports a risk where no graver one, told by another check that runs too, holds for the same rule.
pub(crate) fn report_beside(cx: &mut Cx<'_>, risk: &Risk, other: (&str, &Risk)) {
    let facts = facts(cx);
    let search = Search::default();
    let told = if cx.runs(other.0) { sites(cx, &facts, &[other.1], search) } else { BTreeMap::new() };
    for (site, hits) in sites(cx, &facts, &[risk], search) {
        if told.get(&site).is_none_or(|graver| graver.severity < hits.severity) {
            tell(cx, &facts, &[risk], &site, &hits, None);
        }
    }
}

/// Reports a risk of those who do not hold one of some others, which the check of this id tells if it runs too.
pub(crate) fn report_without(cx: &mut Cx<'_>, risk: &Risk, (id, without): (&str, &[&Risk])) {
    let facts = facts(cx);
    let without = if cx.runs(id) { without } else { &[] };
    for (site, hits) in sites(cx, &facts, &[risk], Search { without, ..Search::default() }) {
        tell(cx, &facts, &[risk], &site, &hits, None);
    }
}

/// Reports a risk that can be come by in several ways; the words are those of the first.
pub(crate) fn report_any(cx: &mut Cx<'_>, risks: &[&Risk]) {
    let facts = facts(cx);
    for (site, hits) in sites(cx, &facts, risks, Search::default()) {
        tell(cx, &facts, risks, &site, &hits, None);
    }
}

/// Reports rules of a form, as gravely as what they give of other risks.
pub(crate) fn report_rows(cx: &mut Cx<'_>, risk: &Risk, rows: &[&Risk], form: fn(&PolicyRule) -> bool) {
    let facts = facts(cx);
    // What is no graver than the risk itself adds nothing.
    let rows: Vec<&Risk> = rows.iter().copied().filter(|row| row.cluster.max(row.namespace) > risk.cluster).collect();
    let mut graver = sites(cx, &facts, &rows, Search { rules: Some(form), ..Search::default() });
    for (site, mut hits) in sites(cx, &facts, &[risk], Search { rules: Some(form), ..Search::default() }) {
        // Who is worst off is named first.
        if let Some(graver) = graver.remove(&site).filter(|graver| graver.severity > hits.severity) {
            let told: FxHashSet<SubjectId> = graver.holders.iter().map(|holder| holder.subject).collect();
            hits.severity = graver.severity;
            hits.holders.retain(|holder| !told.contains(&holder.subject));
            hits.holders.extend(graver.holders.into_iter().map(|holder| Holder { others: Vec::new(), ..holder }));
        }
        tell(cx, &facts, &[risk], &site, &hits, None);
    }
}

/// What is worth noting of a rule in these namespaces (none: everywhere), and how grave that makes it.
pub(crate) type Note = fn(&Cx<'_>, &PolicyRule, &[&str]) -> Option<(String, Severity)>;

/// Reports a risk with a note.
pub(crate) fn report_noting(cx: &mut Cx<'_>, risk: &Risk, note: Note) {
    let facts = facts(cx);
    for (site, mut hits) in sites(cx, &facts, &[risk], Search::default()) {
        let Site::Rule(role, index) = site else {
            tell(cx, &facts, &[risk], &site, &hits, None);
            continue;
        };
        let mut spaces: Vec<&str> =
            hits.holders.iter().map(|holder| facts.world.binding_namespace(holder.place)).collect();
        spaces.sort_unstable();
        spaces.dedup();
        if spaces.first().is_some_and(|space| space.is_empty()) {
            spaces.clear();
        }
        let noted = facts.rules(role).get(index as usize).and_then(|rule| note(cx, rule, &spaces));
        let told = noted.map(|(label, severity)| {
            hits.severity = hits.severity.map(|own| own.max(severity));
            Told { label, most: None }
        });
        tell(cx, &facts, &[risk], &site, &hits, told.as_ref());
    }
}

/// Reports a risk that every ServiceAccount of a controller runs: only where people or groups hold it.
pub(crate) fn report_people(cx: &mut Cx<'_>, risk: &Risk) {
    let facts = facts(cx);
    for (site, mut hits) in sites(cx, &facts, &[risk], Search::default()) {
        hits.holders.retain(|holder| facts.world.subject(holder.subject).kind() != SubjectKind::ServiceAccount);
        hits.severity = hits.holders.iter().map(|holder| holder.severity).max();
        if !hits.holders.is_empty() {
            tell(cx, &facts, &[risk], &site, &hits, None);
        }
    }
}

/// Reports what objects of an operator are worth: as much as its controller may, where that is known.
pub(crate) fn report_operator(cx: &mut Cx<'_>, operator: &Operator) {
    let facts = facts(cx);
    let sites = sites(cx, &facts, operator.risks, Search::default());
    if sites.is_empty() {
        return;
    }
    let told = match facts.controller(cx, operator.controllers) {
        Some(controller) => Told {
            label: format!("{} acts on it as {}", operator.name, controller.words),
            // Nobody gets everything from a controller that has not got it.
            most: (controller.everything == Some(false)).then_some(Severity::High),
        },
        None => Told {
            label: format!("no controller of {} is among the input: what it would do is not known", operator.name),
            most: Some(Severity::Info),
        },
    };
    for (site, hits) in sites {
        tell(cx, &facts, operator.risks, &site, &hits, Some(&told));
    }
}

/// Objects that a controller acts on with its own rights.
pub(crate) struct Operator {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Names of the ServiceAccounts that its controllers run as; `*` in front is any that ends so.
    pub(crate) controllers: &'static [&'static str],
    /// Any of these; the words are those of the first.
    pub(crate) risks: &'static [&'static Risk],
}

/// What is said besides.
struct Told {
    label: String,
    /// No graver than this.
    most: Option<Severity>,
}

fn tell(cx: &mut Cx<'_>, facts: &Facts, risks: &[&Risk], site: &Site, hits: &Hits, told: Option<&Told>) {
    let Some(risk) = risks.first() else { return };
    let world = &facts.world;
    let origin = match site {
        Site::Rule(role, _) => world.role(*role).origin(),
        Site::Binding(binding) => world.binding(*binding).origin(),
    };
    let Some(object) = facts.object(origin, cx) else { return };
    let root = object.root();
    let at: Spot<'_> = match site {
        Site::Rule(_, index) => rule_node(root, *index).map_or(Spot::at(root), Spot::at),
        Site::Binding(_) => root.get_str("roleRef").map_or(Spot::at(root), |entry| Spot::at(entry.value())),
    };
    let mut holders: Vec<&Holder> = hits.holders.iter().collect();
    let key = |holder: &'_ Holder| {
        let (subject, place) = (world.subject(holder.subject), world.binding(holder.place));
        let holder_key = (subject.kind(), world.subject_namespace(holder.subject), world.subject_name(holder.subject));
        let binding_key = (world.binding_namespace(holder.place), world.binding_name(holder.binding));
        (std::cmp::Reverse(holder.severity), holder_key, !place.is_cluster(), binding_key)
    };
    holders.sort_by(|a, b| key(a).cmp(&key(b)));
    let severity = hits.severity.unwrap_or(Severity::Low);
    let severity = told.and_then(|told| told.most).map_or(severity, |most| severity.min(most));
    let mut seen: FxHashSet<SubjectId> = FxHashSet::default();
    let mut names: Vec<String> = Vec::new();
    for holder in &holders {
        if seen.insert(holder.subject) {
            names.push(facts.subject(holder.subject));
        }
    }
    let message = match (names.as_slice(), holders.first()) {
        ([first, rest @ ..], Some(worst)) => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let comma = if risk.what.contains(',') { "," } else { "" };
            format!("{first}{more} can {}{comma}{}", risk.what, scope_words(facts, worst.place))
        }
        _ => format!("whoever this role is bound to can {}", risk.what),
    };
    let message = match limits(facts, site) {
        Some(names) => format!("{message} (only for {names})"),
        None => message,
    };
    let mut related: Vec<(&Object, NodeRef<'_>, String)> = Vec::new();
    for holder in holders.iter().take(RELATED) {
        if let Some(binding) = facts.object(world.binding(holder.binding).origin(), cx)
            && binding.id() != object.id()
        {
            related.push((
                binding,
                metadata(binding),
                format!("{} binds it to {}", world.binding_label(holder.binding), facts.subject(holder.subject)),
            ));
        }
        for held in &holder.others {
            let (source, index) = world.rule_source(held.role, held.rule);
            // The finding's own rule gives this right too: there is no other place to show.
            if Site::Rule(source, index) == *site {
                continue;
            }
            if let Some(object) = facts.object(world.role(source).origin(), cx) {
                let node = rule_node(object.root(), index).unwrap_or(object.root());
                related.push((object, node, format!("and this through {}", world.binding_label(held.binding))));
            }
        }
    }
    let mut known: Vec<(ObjectId, String)> = Vec::new();
    related.retain(|(object, _, text)| {
        let key = (object.id(), text.clone());
        !known.contains(&key) && {
            known.push(key);
            true
        }
    });
    let mut finder = cx.find_in(object, at, message).severity(severity);
    if !names.is_empty() {
        finder = finder.evidence("subjects", names.join(", "));
    }
    let label = told.map(|told| told.label.clone()).or_else(|| cut(facts, risks, *site, &holders));
    if let Some(label) = label {
        finder = finder.label(label);
    }
    for (object, node, text) in related {
        finder = finder.related_in(object, node, text);
    }
}

/// As many holders are asked what they keep.
const ASKED: usize = 32;

/// What ends it, found out by taking it away: the rule or binding that the finding is at, or another one besides.
fn cut(facts: &Facts, risks: &[&Risk], site: Site, holders: &[&Holder]) -> Option<String> {
    if holders.is_empty() || holders.len() > ASKED {
        return None;
    }
    let world = &facts.world;
    let what = match site {
        Site::Rule(..) => "rule",
        Site::Binding(_) => "binding",
    };
    let mut keeping = holders.iter().filter_map(|holder| {
        let namespace = world.binding_namespace(holder.place);
        Some((holder.subject, kept(facts, risks, holder.subject, namespace, site)?))
    });
    Some(match (keeping.next(), site, holders) {
        (Some((subject, other)), ..) => format!(
            "to take out this {what} is not enough: {} has it by {} too",
            facts.subject(subject),
            world.binding_label(other)
        ),
        (None, Site::Rule(..), [one]) if one.others.is_empty() => {
            format!("this rule, or {}, is all that has to go", world.binding_label(one.binding))
        }
        _ => format!("this {what} is all that has to go"),
    })
}

/// The names that a rule is limited to, in words.
fn limits(facts: &Facts, site: &Site) -> Option<String> {
    let Site::Rule(role, index) = site else { return None };
    let names = &facts.rules(*role).get(*index as usize)?.resource_names;
    let quoted: Vec<String> = names.iter().take(RELATED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > RELATED { format!(" and {} more", names.len() - RELATED) } else { String::new() };
    (!names.is_empty()).then(|| format!("{}{more}", quoted.join(", ")))
}

/// Most bindings that a finding lists.
const RELATED: usize = 6;

fn metadata(object: &Object) -> NodeRef<'_> {
    object.metadata().unwrap_or(object.root())
}

/// A rule of a role.
pub(crate) fn rule_node(root: NodeRef<'_>, index: u32) -> Option<NodeRef<'_>> {
    root.get_str("rules")?.value().items().nth(index as usize)
}

/// Where a binding holds.
pub(crate) fn scope_words(facts: &Facts, binding: BindingId) -> String {
    match facts.world.binding_namespace(binding) {
        "" => " in the whole cluster".to_owned(),
        UNNAMED => " in its namespace".to_owned(),
        namespace => format!(" in namespace \"{namespace}\""),
    }
}
