//! `ironclad rbac diff OLD NEW`: who gains and who loses which rights. Rights, not texts: a rule that is written in
//! another way, split or moved to another role, is no difference.

use super::audit_lists::overlay;
use super::risks;
use super::session::{Session, Setting, from};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::cluster::Cluster;
use crate::args::rbac::{Diff, RbacInput};
use crate::commands::settings;
use crate::exit::Exit;
use ironclad_authz::{Origin, PolicyRule, SubjectId, SubjectKind, World, breakdown, covers};
use ironclad_model::{Severity, Snapshot};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A right that came or went.
struct Change {
    subject: String,
    /// Namespace, empty for the whole cluster.
    scope: String,
    gained: bool,
    rule: PolicyRule,
    /// What the rbac checks say of it, where it is held.
    severity: Option<Severity>,
}

/// Compares.
pub(crate) fn run(arguments: &Diff, global: &Global) -> anyhow::Result<Exit> {
    let mut target = show::target(&arguments.output, &["table", "wide", "json", "yaml", "csv", "markdown"])?;
    target.is_wide();
    let setting = Setting { empty: true, ..Setting::default() };
    let example = "`ironclad rbac diff old/ new/`";
    let files = RbacInput { cluster: Cluster::default(), ..arguments.input.clone() };
    let old = from(&files, &[arguments.old.display().to_string()], example)?;
    let new: Vec<String> = arguments.new.iter().map(|path| path.display().to_string()).collect();
    let new = from(&arguments.input, &new, example)?;
    let old = Session::open(&files, &old, setting, global)?;
    let new = Session::open(&arguments.input, &new, setting, global)?;
    let floor = arguments.min_severity.as_deref().map(settings::severity).transpose()?;
    let mut changes = compare(&old, &new);
    changes.retain(|change| change.gained || !arguments.gained);
    weigh(&mut changes, &old, &new);
    if let Some(floor) = floor {
        changes.retain(|change| change.severity >= Some(floor));
    }
    // Neither a gain nor a severity of its own.
    let narrowed = arguments.gained || floor.is_some();
    let replaced = if narrowed { Vec::new() } else { replaced(&old.world, &new.world) };
    let mut sheet = Sheet::new(&["", "SUBJECT", "SCOPE", "RISK", "VERBS", "ON"]);
    for Change { subject, scope, gained, rule, severity } in &changes {
        let sign = if *gained { "+" } else { "-" };
        let scope = if scope.is_empty() { "cluster-wide" } else { scope };
        let on = rule.to_string();
        let on = on.split_once(' ').map_or("", |(_, rest)| rest);
        let risk = severity.map(|severity| severity.to_string()).unwrap_or_default();
        sheet.push([sign, subject, scope, &risk, &rule.verbs.join(","), on]);
    }
    for label in &replaced {
        sheet.push(["~", label, "", "", "", "refers to another role: it must be deleted and created again"]);
    }
    let values: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "subject": change.subject,
                "namespace": Some(&change.scope).filter(|scope| !scope.is_empty()),
                "change": if change.gained { "gained" } else { "lost" },
                "severity": change.severity.map(|severity| severity.to_string()),
                "verbs": change.rule.verbs,
                "apiGroups": change.rule.api_groups,
                "resources": change.rule.resources,
                "resourceNames": change.rule.resource_names,
                "nonResourceURLs": change.rule.non_resource_urls,
            })
        })
        .collect();
    let value = json!({"changes": values, "replacedBindings": replaced});
    target.show(&sheet, &value, "nobody gains or loses anything")?;
    let exit = if changes.is_empty() && replaced.is_empty() { Exit::Clean } else { Exit::Findings };
    Ok(old.exit(new.exit(exit)))
}

/// Gives each change the severity that the rbac checks give the right where it is held: gained ones beside all the rest that
/// the subject then has, lost ones beside what it had, so that rights which are dangerous together are seen together.
fn weigh(changes: &mut [Change], old: &Session, new: &Session) {
    for gained in [true, false] {
        let session = if gained { new } else { old };
        let own: Vec<usize> = (0..changes.len()).filter(|index| changes[*index].gained == gained).collect();
        let (judged, names) = taken_apart(session, changes, &own);
        for risk in risks::of(&judged, session.version) {
            let objects = std::iter::once(risk.object).chain(risk.related.iter().copied());
            let own = objects.filter_map(|id| judged.object(id)).filter_map(|object| names.get(object.name()));
            for index in own {
                let severity = &mut changes[*index].severity;
                *severity = (*severity).max(Some(risk.severity));
            }
        }
    }
}

/// The world with the rights of every subject that changes taken apart: each change is a role of its own, named as the
/// answer says, and what else the subject has in the same scope is another. Nobody has more or less than before.
fn taken_apart(session: &Session, changes: &[Change], own: &[usize]) -> (Snapshot, BTreeMap<String, usize>) {
    let world = &session.world;
    let labelled: BTreeMap<String, SubjectId> = world.subject_ids().map(|id| (world.subject_label(id), id)).collect();
    let changed: BTreeSet<SubjectId> =
        own.iter().filter_map(|index| labelled.get(&changes[*index].subject)).copied().collect();
    let mut added: Vec<Value> = Vec::new();
    let mut names = BTreeMap::new();
    for index in own {
        let change = &changes[*index];
        if let Some(id) = labelled.get(&change.subject) {
            let name = format!("(change) {index}");
            added.extend(role_of(&name, std::slice::from_ref(&change.rule)));
            added.push(binding_of(&name, &change.scope, "ClusterRole", &name, vec![subject_of(world, *id)]));
            names.insert(name, *index);
        }
    }
    for id in &changed {
        let label = world.subject_label(*id);
        for (scope, rules) in held(world, *id) {
            let mine = own.iter().map(|index| &changes[*index]).filter(|c| c.subject == label && c.scope == scope);
            let mine: Vec<PolicyRule> = mine.map(|change| change.rule.clone()).collect();
            let rest = compact(covers(&mine, &rules));
            if !rest.is_empty() {
                let name = format!("(rest) {} {scope}", id.index());
                added.extend(role_of(&name, &rest));
                added.push(binding_of(&name, &scope, "ClusterRole", &name, vec![subject_of(world, *id)]));
            }
        }
    }
    let mut removed = Vec::new();
    for binding in world.binding_ids() {
        let Origin::Object(object) = world.binding(binding).origin() else { continue };
        let all: Vec<SubjectId> = world.subjects_of(binding).collect();
        let others: Vec<Value> =
            all.iter().filter(|id| !changed.contains(id)).map(|id| subject_of(world, *id)).collect();
        if others.len() == all.len() {
            continue;
        }
        removed.push(object);
        let label = world.role_ref_label(binding);
        let kind = label.split('/').next().unwrap_or_default();
        let (name, scope) = (world.binding_name(binding), world.binding_namespace(binding));
        if !others.is_empty() {
            added.push(binding_of(name, scope, kind, world.role_ref_name(binding), others));
        }
    }
    (overlay(&session.snapshot, removed, &added), names)
}

fn role_of(name: &str, rules: &[PolicyRule]) -> Option<Value> {
    let rules = rules.iter().map(|rule| {
        json!({
            "verbs": rule.verbs, "apiGroups": rule.api_groups, "resources": rule.resources,
            "resourceNames": rule.resource_names, "nonResourceURLs": rule.non_resource_urls,
        })
    });
    let rules: Vec<Value> = rules.collect();
    (!rules.is_empty()).then(|| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules,
        })
    })
}

fn binding_of(name: &str, scope: &str, kind: &str, role: &str, subjects: Vec<Value>) -> Value {
    let mut metadata = json!({"name": name});
    if !scope.is_empty() {
        metadata["namespace"] = json!(scope);
    }
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": if scope.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" },
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": subjects,
    })
}

fn subject_of(world: &World, id: SubjectId) -> Value {
    match world.subject(id).kind() {
        SubjectKind::ServiceAccount => json!({
            "kind": "ServiceAccount", "name": world.subject_name(id), "namespace": world.subject_namespace(id),
        }),
        kind => json!({
            "kind": kind.as_str(), "apiGroup": "rbac.authorization.k8s.io", "name": world.subject_name(id),
        }),
    }
}

/// Rules of a subject by scope.
type Held = BTreeMap<String, Vec<PolicyRule>>;

/// Nothing of a rule that a RoleBinding brings holds for paths, nor for what has no namespace.
fn counts(session: &Session, scope: &str, atom: &PolicyRule) -> bool {
    let (group, resource) = match (atom.api_groups.first(), atom.resources.first()) {
        (Some(group), Some(resource)) => (group, resource.split('/').next().unwrap_or(resource)),
        _ => return scope.is_empty(),
    };
    let known = session.resources.get(group, resource, "");
    scope.is_empty() || resource == "namespaces" || known.is_none_or(|known| known.namespaced)
}

fn held(world: &World, subject: SubjectId) -> Held {
    let mut held = Held::new();
    for grant in world.grants_of(subject) {
        let scope = world.binding_namespace(grant.proof.binding).to_owned();
        held.entry(scope).or_default().push(grant.rule);
    }
    held
}

fn compare(old_session: &Session, new_session: &Session) -> Vec<Change> {
    let (old, new) = (&old_session.world, &new_session.world);
    let labelled = |world: &World| -> BTreeMap<String, SubjectId> {
        world.subject_ids().map(|id| (world.subject_label(id), id)).collect()
    };
    let (before, after) = (labelled(old), labelled(new));
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for subject in all {
        let of = |world: &World, ids: &BTreeMap<String, SubjectId>| {
            ids.get(subject).map(|id| held(world, *id)).unwrap_or_default()
        };
        let (was, is) = (of(old, &before), of(new, &after));
        for (gained, from, to) in [(true, &was, &is), (false, &is, &was)] {
            for (scope, rules) in to {
                let empty = Vec::new();
                let mut owned: Vec<PolicyRule> = from.get(scope).unwrap_or(&empty).clone();
                if !scope.is_empty() {
                    owned.extend(from.get("").unwrap_or(&empty).iter().cloned());
                }
                let atoms: Vec<PolicyRule> = {
                    let session = if gained { new_session } else { old_session };
                    let atoms: BTreeSet<PolicyRule> = rules.iter().flat_map(breakdown).collect();
                    atoms.into_iter().filter(|atom| counts(session, scope, atom)).collect()
                };
                for rule in compact(covers(&owned, &atoms)) {
                    changes.push(Change {
                        subject: subject.clone(),
                        scope: scope.clone(),
                        gained,
                        rule,
                        severity: None,
                    });
                }
            }
        }
    }
    changes.sort_by(|a, b| (&a.subject, &a.scope, !a.gained, &a.rule).cmp(&(&b.subject, &b.scope, !b.gained, &b.rule)));
    changes
}

/// Atoms that differ in one list alone, as one rule: verbs first, then resources, names, paths and groups.
fn compact(atoms: Vec<PolicyRule>) -> Vec<PolicyRule> {
    let lists: [fn(&mut PolicyRule) -> &mut Vec<String>; 5] = [
        |rule| &mut rule.verbs,
        |rule| &mut rule.resources,
        |rule| &mut rule.resource_names,
        |rule| &mut rule.non_resource_urls,
        |rule| &mut rule.api_groups,
    ];
    let mut rules = atoms;
    for list in lists {
        let mut merged: BTreeMap<(PolicyRule, bool), BTreeSet<String>> = BTreeMap::new();
        for mut rule in rules {
            let own = std::mem::take(list(&mut rule));
            // No names is every name: it does not merge with some.
            merged.entry((rule, own.is_empty())).or_default().extend(own);
        }
        rules = Vec::new();
        for ((mut rule, _), own) in merged {
            *list(&mut rule) = own.into_iter().collect();
            rules.push(rule);
        }
    }
    rules
}

/// Bindings whose `roleRef` changed: the API server does not allow that.
fn replaced(old: &World, new: &World) -> Vec<String> {
    let labelled = |world: &World| -> BTreeMap<String, String> {
        world.binding_ids().map(|id| (world.binding_label(id), world.role_ref_label(id))).collect()
    };
    let before = labelled(old);
    let after = labelled(new);
    let changed = after.iter().filter(|(label, role)| before.get(*label).is_some_and(|was| was != *role));
    changed.map(|(label, _)| label.clone()).collect()
}
