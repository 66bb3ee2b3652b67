//! A permission, judged by who really holds it and where.
//!
//! A role alone grants nothing: severity follows from the bindings. Through a ClusterRoleBinding a right holds
//! everywhere, through a RoleBinding in one namespace (and then never for what has none, such as nodes). In a namespace
//! whose ServiceAccounts may do everything a right counts as one over the cluster. Rights limited to names count one step
//! lower, rights of everybody one step higher. A permission that needs several rights counts where one subject holds
//! them all, in whichever roles.
//!
//! What the API server grants by default is not reported, nor what a role that grants everything grants besides
//! (`rbac/cluster-admin` does), nor the default roles `view`, `edit` and `admin` (`rbac/broad-default-role` does).

use crate::facts::{Facts, UNNAMED, facts};
use ironclad_authz::{BindingId, Origin, PolicyRule, RoleId, SubjectId, SubjectKind};
use ironclad_check::Cx;
use ironclad_model::{Object, ObjectId, Severity, Spot};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// One right: any of these verbs on any of these resources (group, `resource` or `resource/subresource`).
pub(crate) struct Need {
    pub(crate) verbs: &'static [&'static str],
    pub(crate) on: &'static [(&'static str, &'static str)],
    /// Which objects it must reach.
    pub(crate) only: Only,
    /// In place of verbs and resources: does the rule, as it is written, give the right?
    pub(crate) written: Option<fn(&PolicyRule) -> bool>,
}

/// Which objects a right must reach.
pub(crate) enum Only {
    /// Any.
    Any,
    /// One of these names in one of these namespaces (a name that begins with `*` is any that ends so, and the reverse).
    Object { namespaces: &'static [&'static str], names: &'static [&'static str] },
    /// Whatever lies in a namespace whose claims may have administrative access to devices.
    AdminAccess,
}

impl Need {
    /// Any of these verbs on any of these resources.
    pub(crate) const fn of(verbs: &'static [&'static str], on: &'static [(&'static str, &'static str)]) -> Need {
        Need { verbs, on, only: Only::Any, written: None }
    }

    /// The same, which must reach an object of one of these names in one of these namespaces.
    pub(crate) const fn reaching(
        verbs: &'static [&'static str],
        on: &'static [(&'static str, &'static str)],
        namespaces: &'static [&'static str],
        names: &'static [&'static str],
    ) -> Need {
        Need { verbs, on, only: Only::Object { namespaces, names }, written: None }
    }

    /// Any of these verbs on any of these resources, in a namespace with administrative access to devices.
    pub(crate) const fn of_devices(
        verbs: &'static [&'static str],
        on: &'static [(&'static str, &'static str)],
    ) -> Need {
        Need { verbs, on, only: Only::AdminAccess, written: None }
    }

    /// What a rule is in its own words, wildcards and all.
    pub(crate) const fn custom(written: fn(&PolicyRule) -> bool) -> Need {
        Need { verbs: &[], on: &[], only: Only::Any, written: Some(written) }
    }
}

/// Verbs that write.
pub(crate) const WRITE: &[&str] = &["create", "update", "patch"];
/// Verbs that change what is there.
pub(crate) const CHANGE: &[&str] = &["update", "patch"];

/// A permission that matters.
pub(crate) struct Risk {
    /// All of these; the finding is at the first.
    pub(crate) needs: &'static [Need],
    /// Where it holds everywhere.
    pub(crate) cluster: Severity,
    /// Where it holds in a namespace.
    pub(crate) namespace: Severity,
    /// What it lets its holder do: "read every Secret".
    pub(crate) what: &'static str,
    /// What a rule with `resourceNames` is.
    pub(crate) named: Named,
}

/// What a rule that is limited to names is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// The same, one step lower.
    Lower,
    /// Nothing.
    Skip,
    /// The only thing that counts.
    Only,
}

/// How a rule meets a need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    /// For any name.
    whole: bool,
    /// On something that lives in namespaces: a RoleBinding can grant it.
    namespaced: bool,
}

/// Reports a risk.
pub(crate) fn report(cx: &mut Cx<'_>, risk: &Risk) {
    report_any(cx, &[risk]);
}

/// Reports a risk where no graver one, told by another check that runs too, holds for the same rule.
pub(crate) fn report_beside(cx: &mut Cx<'_>, risk: &Risk, other: (&str, &Risk)) {
    let facts = facts(cx);
    let told = if cx.runs(other.0) { sites(cx, &facts, &[other.1]) } else { BTreeMap::new() };
    for (site, hits) in sites(cx, &facts, &[risk]) {
        if told.get(&site).is_none_or(|graver| graver.severity < hits.severity) {
            tell(cx, &facts, risk, &site, &hits, None);
        }
    }
}

/// Reports a risk that can be come by in several ways; the words are those of the first.
pub(crate) fn report_any(cx: &mut Cx<'_>, risks: &[&Risk]) {
    let facts = facts(cx);
    let Some(words) = risks.first() else { return };
    for (site, hits) in sites(cx, &facts, risks) {
        tell(cx, &facts, words, &site, &hits, None);
    }
}

/// Reports a risk that every ServiceAccount of a controller runs: only where people or groups hold it.
pub(crate) fn report_people(cx: &mut Cx<'_>, risk: &Risk) {
    let facts = facts(cx);
    for (site, mut hits) in sites(cx, &facts, &[risk]) {
        hits.holders.retain(|holder| facts.world.subject(holder.subject).kind() != SubjectKind::ServiceAccount);
        hits.severity = hits.holders.iter().map(|holder| holder.severity).max();
        if !hits.holders.is_empty() {
            tell(cx, &facts, risk, &site, &hits, None);
        }
    }
}

/// Reports what objects of an operator are worth: as much as its controller may, where that is known.
pub(crate) fn report_operator(cx: &mut Cx<'_>, operator: &Operator) {
    let facts = facts(cx);
    let Some(words) = operator.risks.first() else { return };
    let sites = sites(cx, &facts, operator.risks);
    if sites.is_empty() {
        return;
    }
    let controller = facts.controller(cx, operator.controllers);
    let label = match &controller {
        Some(words) => format!("{} acts on it as {words}", operator.name),
        None => format!("no controller of {} is among the input: what it would do is not known", operator.name),
    };
    let told = Told { label, known: controller.is_some() };
    for (site, hits) in sites {
        tell(cx, &facts, words, &site, &hits, Some(&told));
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

/// What is known of a controller.
struct Told {
    label: String,
    /// Is it among the input? All is a note where it is not.
    known: bool,
}

fn sites(cx: &Cx<'_>, facts: &Facts, risks: &[&Risk]) -> BTreeMap<Site, Hits> {
    let mut sites: BTreeMap<Site, Hits> = BTreeMap::new();
    for risk in risks {
        find(cx, facts, risk, &mut sites);
    }
    sites
}

fn find(cx: &Cx<'_>, facts: &Facts, risk: &Risk, sites: &mut BTreeMap<Site, Hits>) {
    // Roles with the same rules are looked at once.
    let mut known: BTreeMap<u32, Vec<(u32, Met)>> = BTreeMap::new();
    for role in facts.world.role_ids() {
        if facts.is_admin(role) || is_for_people(facts, role) {
            continue;
        }
        let met = known.entry(facts.world.rules_class(role)).or_insert_with(|| {
            let rules = facts.rules(role).iter().enumerate();
            rules.filter_map(|(i, rule)| Some((i as u32, meets(facts, rule, &risk.needs[0], risk.named)?))).collect()
        });
        for (index, met) in met {
            let bound = collect(facts, risk, role, *index, *met, sites);
            if !bound && is_loose(cx, facts, risk, role, *index) {
                sites.entry(Site::Rule(role, *index)).or_default();
            }
        }
    }
}

/// Nobody holds it here, and somebody may elsewhere: a role of the input that no binding refers to, with all rights that
/// are needed in itself. What the API server makes in some release is bound by it.
fn is_loose(cx: &Cx<'_>, facts: &Facts, risk: &Risk, role: RoleId, index: u32) -> bool {
    let world = &facts.world;
    let Some(object) = facts.object(world.role(role).origin(), cx) else { return false };
    let label = object.labels().and_then(|labels| labels.get_str("kubernetes.io/bootstrapping"));
    let has = |need: &Need| facts.rules(role).iter().any(|rule| meets(facts, rule, need, risk.named).is_some());
    world.rule_source(role, index).0 == role
        && label.is_none()
        && !facts.is_default_role(role)
        && risk.needs.iter().skip(1).all(has)
}

/// `view`, `edit` and `admin` as the API server makes them.
fn is_for_people(facts: &Facts, role: RoleId) -> bool {
    let name = facts.world.role_name(role);
    matches!(name, "view" | "edit" | "admin") && facts.world.role(role).origin() == Origin::BuiltIn
        || name.starts_with("system:aggregate-to-") && facts.is_default_role(role)
}

fn meets(facts: &Facts, rule: &PolicyRule, need: &Need, named: Named) -> Option<Met> {
    let is_named = !rule.resource_names.is_empty();
    match (&need.only, named, is_named) {
        (_, Named::Only, false) | (Only::Any, Named::Skip, true) => return None,
        (Only::Object { names, .. }, _, true) => {
            let fits = |own: &String| names.iter().any(|name| name_fits(own, name));
            if !rule.resource_names.iter().any(fits) {
                return None;
            }
        }
        _ => {}
    }
    if let Some(written) = need.written {
        let namespaced = rule.non_resource_urls.is_empty();
        return written(rule).then_some(Met { whole: !is_named, namespaced });
    }
    // What `*` grants is told by the checks of wildcards, once, and not by each of these.
    if rule.resources.iter().any(|resource| resource == "*") {
        return None;
    }
    if !need.verbs.iter().any(|verb| rule.verbs.iter().any(|own| own == "*" || own == verb)) {
        return None;
    }
    let whole = !is_named || matches!(need.only, Only::Object { .. });
    let mut found: Option<Met> = None;
    for (group, resource) in need.on {
        if !rule.api_groups.iter().any(|own| own == "*" || own == group) {
            continue;
        }
        for own in rule.resources.iter().filter(|own| resource_fits(own, resource)) {
            let named = if resource.starts_with('*') { own.as_str() } else { *resource };
            found = found.max(Some(Met { whole, namespaced: facts.is_namespaced(group, named) }));
        }
    }
    found
}

/// Does a rule give the right by `*` in place of the resource?
fn gives_by_wildcard(facts: &Facts, rule: &PolicyRule, need: &Need, cluster: bool) -> bool {
    let any = |set: &[String], wanted: &str| set.iter().any(|own| own == "*" || own == wanted);
    rule.resources.iter().any(|resource| resource == "*")
        && rule.resource_names.is_empty()
        && need.written.is_none()
        && need.verbs.iter().any(|verb| any(&rule.verbs, verb))
        && need
            .on
            .iter()
            .any(|(group, resource)| any(&rule.api_groups, group) && (cluster || facts.is_namespaced(group, resource)))
}

/// Does an entry of `resources` match `resource` or `resource/subresource`? The entry `*` is no matter of these checks.
/// What is wanted may be every resource of the group that ends so: `*policies`, or `*` alone; or any subresource of a
/// resource: `userextras/*`, which the entry `userextras/*` itself is not (it is the subresource of that very name).
fn resource_fits(own: &str, wanted: &str) -> bool {
    if let Some(resource) = wanted.strip_suffix("/*") {
        let subresource = |(of, name): (&str, &str)| (of == resource || of == "*") && !matches!(name, "" | "*");
        return own.split_once('/').is_some_and(subresource);
    }
    if let Some(end) = wanted.strip_prefix('*') {
        return !own.contains('/') && own.ends_with(end);
    }
    let any = |subresource: &str| own.strip_prefix("*/") == Some(subresource);
    own == wanted || wanted.split_once('/').is_some_and(|(_, subresource)| any(subresource))
}

/// Is it the name, or does it end or begin as a pattern with `*` says?
pub(crate) fn name_fits(own: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => own.ends_with(end),
        (None, Some(start)) => own.starts_with(start),
        (None, None) => own == pattern,
    }
}

/// Where a finding is: a rule of a role, or the `roleRef` of a binding to a role that is not in the input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Site {
    Rule(RoleId, u32),
    Binding(BindingId),
}

/// Who holds it through a site.
#[derive(Default)]
struct Hits {
    severity: Option<Severity>,
    holders: Vec<Holder>,
}

struct Holder {
    subject: SubjectId,
    binding: BindingId,
    severity: Severity,
    /// The other rights that it takes, where several are needed.
    others: Vec<(BindingId, RoleId, u32)>,
}

/// Adds who holds the right through a rule. Is the role bound to anybody?
fn collect(facts: &Facts, risk: &Risk, role: RoleId, index: u32, met: Met, sites: &mut BTreeMap<Site, Hits>) -> bool {
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
            let Some(others) = others(facts, risk, subject, namespace) else { continue };
            let severity = severity(facts, risk, cluster, namespace, met, subject);
            let site = if in_input { Site::Rule(source, source_index) } else { Site::Binding(binding) };
            let hits = sites.entry(site).or_default();
            hits.severity = hits.severity.max(Some(severity));
            hits.holders.push(Holder { subject, binding, severity, others });
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

/// Rules that give the subject the other rights in the same scope; nothing where one is missing.
fn others(facts: &Facts, risk: &Risk, subject: SubjectId, namespace: &str) -> Option<Vec<(BindingId, RoleId, u32)>> {
    let world = &facts.world;
    let mut found = Vec::new();
    for need in risk.needs.iter().skip(1) {
        let held = world.bindings_of(subject).find_map(|binding| {
            let cluster = world.binding(binding).is_cluster();
            if !cluster && world.binding_namespace(binding) != namespace {
                return None;
            }
            let role = world.binding(binding).role()?;
            let index = facts.rules(role).iter().position(|rule| {
                gives_by_wildcard(facts, rule, need, cluster)
                    || meets(facts, rule, need, Named::Lower).is_some_and(|met| cluster || met.namespaced)
            })?;
            Some((binding, role, index as u32))
        });
        found.push(held?);
    }
    Some(found)
}

fn severity(facts: &Facts, risk: &Risk, cluster: bool, namespace: &str, met: Met, subject: SubjectId) -> Severity {
    let base = if cluster || facts.is_system(namespace) { risk.cluster } else { risk.namespace };
    let base = if met.whole || risk.named == Named::Only { base } else { step(base, -1) };
    if is_everybody(facts, subject) { step(base, 1) } else { base }
}

/// Groups whose members nobody chose.
pub(crate) fn is_everybody(facts: &Facts, subject: SubjectId) -> bool {
    facts.world.subject(subject).kind() == SubjectKind::Group
        && matches!(
            facts.world.principal(subject),
            "system:authenticated" | "system:unauthenticated" | "system:serviceaccounts"
        )
}

/// A severity some steps worse or milder, never below low.
fn step(severity: Severity, by: i8) -> Severity {
    let order = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let at = order.iter().position(|own| *own == severity).unwrap_or(0) as i8 + by;
    order.get(at.clamp(0, 3) as usize).copied().unwrap_or(severity)
}

fn tell(cx: &mut Cx<'_>, facts: &Facts, risk: &Risk, site: &Site, hits: &Hits, told: Option<&Told>) {
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
        let (subject, binding) = (world.subject(holder.subject), world.binding(holder.binding));
        let holder_key = (subject.kind(), world.subject_namespace(holder.subject), world.subject_name(holder.subject));
        let binding_key = (world.binding_namespace(holder.binding), world.binding_name(holder.binding));
        (std::cmp::Reverse(holder.severity), holder_key, !binding.is_cluster(), binding_key)
    };
    holders.sort_by(|a, b| key(a).cmp(&key(b)));
    let severity = match told {
        Some(Told { known: false, .. }) => Severity::Info,
        _ => hits.severity.unwrap_or(Severity::Low),
    };
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
            format!("{first}{more} can {}{comma}{}", risk.what, scope_words(facts, worst.binding))
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
        for (other, role, index) in &holder.others {
            let (source, index) = world.rule_source(*role, *index);
            // The finding's own rule gives this right too: there is no other place to show.
            if Site::Rule(source, index) == *site {
                continue;
            }
            if let Some(object) = facts.object(world.role(source).origin(), cx) {
                let node = rule_node(object.root(), index).unwrap_or(object.root());
                related.push((object, node, format!("and this through {}", world.binding_label(*other))));
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
    if let Some(Told { label, .. }) = told {
        finder = finder.label(label.clone());
    }
    for (object, node, text) in related {
        finder = finder.related_in(object, node, text);
    }
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

#[cfg(test)]
mod tests {
    use super::resource_fits;

    #[test]
    fn entries_of_rules_fit_what_is_wanted() {
        for (own, wanted, fits) in [
            ("pods", "pods", true),
            ("pods", "pods/exec", false),
            ("*/exec", "pods/exec", true),
            ("clusterpolicies", "*policies", true),
            ("clusterpolicies/status", "*policies", false),
            ("userextras/foo", "userextras/*", true),
            ("userextras/example.com%2fteam", "userextras/*", true),
            ("*/foo", "userextras/*", true),
            ("userextras", "userextras/*", false),
            ("userextras/", "userextras/*", false),
            ("userextras/*", "userextras/*", false),
            ("*/*", "userextras/*", false),
            ("uids/foo", "userextras/*", false),
        ] {
            assert_eq!(resource_fits(own, wanted), fits, "{own} for {wanted}");
        }
    }
}
