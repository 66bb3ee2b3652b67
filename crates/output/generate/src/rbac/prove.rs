//! The proof of a plan: its own manifests, read back and asked.
//!
//! Everything that was observed is allowed by them, and every atom of them is the only one that allows some request:
//! without it that request would be refused.

use super::manifest::objects;
use super::need::Need;
use super::plan::Plan;
use ironclad_authz::{Options, PolicyRule, User, World, breakdown};
use ironclad_model::Snapshot;
use ironclad_tree::{Limits, Source, parse};
use std::collections::{BTreeMap, BTreeSet};

/// What the replay showed.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Distinct rights of users that were replayed.
    pub replayed: usize,
    /// Those that the manifests do not allow. Nothing, or the plan is wrong.
    pub refused: Vec<(String, Need)>,
    /// Atoms of the manifests, by user.
    pub atoms: usize,
    /// Atoms that are granted and were never used as they stand.
    pub excess: BTreeSet<(String, Need)>,
    /// Atoms without which nothing would be refused.
    pub idle: BTreeSet<(String, Need)>,
}

impl Proof {
    /// All is allowed.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    /// Nothing can be taken away.
    pub fn is_minimal(&self) -> bool {
        self.idle.is_empty()
    }
}

/// Replays what was observed.
pub fn prove(plan: &Plan) -> Proof {
    let world = index(plan);
    let mut proof = Proof::default();
    // Atoms by user, verb and resource: a request meets only those that could allow it.
    type Key<'p> = (&'p str, String, String);
    let mut atoms: Vec<(String, Need, PolicyRule)> = Vec::new();
    for grant in &plan.grants {
        for user in &grant.users {
            for rule in grant.rules.iter().flat_map(breakdown) {
                if let Some(need) = need_of(&grant.namespace, &rule) {
                    atoms.push((user.clone(), need, rule));
                }
            }
        }
    }
    let mut by_key: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (index, (user, need, _)) in atoms.iter().enumerate() {
        by_key.entry(key(user, need)).or_default().push(index);
    }
    proof.atoms = atoms.len();
    let mut alone = vec![false; atoms.len()];
    for (name, needs) in &plan.needs {
        let user = User::literal(name, &[]);
        for need in needs {
            proof.replayed += 1;
            let request = need.request();
            if !world.allows(&user, &request) {
                proof.refused.push((name.clone(), need.clone()));
            }
            let candidates = by_key.get(&key(name, need)).into_iter().flatten().copied();
            let allowing: Vec<usize> = candidates
                .filter(|index| {
                    let (_, atom, rule) = &atoms[*index];
                    (atom.namespace().is_empty() || atom.namespace() == need.namespace()) && rule.allows(&request)
                })
                .collect();
            if let [only] = allowing.as_slice() {
                alone[*only] = true;
            }
        }
    }
    for ((user, atom, _), alone) in atoms.iter().zip(&alone) {
        if !plan.needs.get(user).is_some_and(|needs| needs.contains(atom)) {
            proof.excess.insert((user.clone(), atom.clone()));
        }
        if !alone {
            proof.idle.insert((user.clone(), atom.clone()));
        }
    }
    proof
}

fn key<'p>(user: &'p str, need: &Need) -> (&'p str, String, String) {
    match need {
        Need::Resource { group, resource, verb, .. } => (user, format!("{resource}.{group}"), verb.clone()),
        Need::Path { path, verb } => (user, path.clone(), verb.clone()),
    }
}

/// The atom of a rule with one of each.
fn need_of(namespace: &str, rule: &PolicyRule) -> Option<Need> {
    let first = |list: &[String]| list.first().cloned();
    match first(&rule.non_resource_urls) {
        Some(path) => Some(Need::Path { path, verb: first(&rule.verbs)? }),
        None => Some(Need::Resource {
            namespace: namespace.to_owned(),
            group: first(&rule.api_groups)?,
            resource: first(&rule.resources)?,
            name: first(&rule.resource_names).unwrap_or_default(),
            verb: first(&rule.verbs)?,
        }),
    }
}

/// The index of a plan's manifests, through their text: what is printed is what is proved.
fn index(plan: &Plan) -> World {
    let texts: Vec<String> = objects(plan).iter().map(ToString::to_string).collect();
    let limits = Limits { document_bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
    let parsed = parse(&Source::new("generated", texts.join("\n---\n")), &limits);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    World::of(&builder.build(), &Options::default())
}
