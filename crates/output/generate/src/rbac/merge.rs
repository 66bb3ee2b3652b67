//! What an existing role lacks of what was observed, as a patch of it. Nothing is taken away.

use super::manifest;
use super::need::Need;
use super::observed::Observed;
use super::plan::rules;
use ironclad_authz::{RoleId, SubjectKind, User, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// A patch.
#[derive(Clone, Debug)]
pub struct Merge {
    /// JSON patch (RFC 6902) of the role; empty where it lacks nothing.
    pub patch: Value,
    /// Rights that it adds.
    pub added: BTreeSet<Need>,
    /// Rights that its users lack and that it cannot give: they are outside of its scope.
    pub outside: BTreeSet<(String, Need)>,
}

/// Why there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MergeError {
    /// The role is not there.
    NoSuchRole,
    /// Nobody who was observed has it.
    BoundToNobody,
    /// It is an aggregated role: a controller overwrites its rules.
    Aggregated,
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MergeError::NoSuchRole => "the role is not in the input",
            MergeError::BoundToNobody => "no binding gives the role to anybody whose events are in the log",
            MergeError::Aggregated => "the role is aggregated: its rules are overwritten",
        })
    }
}

impl std::error::Error for MergeError {}

/// What the role lacks for the users that it is bound to.
///
/// # Errors
///
/// Where there is no such role, or no such user.
pub fn merge(world: &World, observed: &Observed, namespace: Option<&str>, name: &str) -> Result<Merge, MergeError> {
    let role = world.role_named(namespace, name).ok_or(MergeError::NoSuchRole)?;
    if world.role(role).is_aggregated() {
        return Err(MergeError::Aggregated);
    }
    let mut merge = Merge { patch: json!([]), added: BTreeSet::new(), outside: BTreeSet::new() };
    let mut anybody = false;
    for (user_name, identity) in observed.identities() {
        let groups: Vec<String> = identity.groups.iter().cloned().collect();
        let user = User::implied(user_name, &groups);
        let scopes = scopes(world, role, &user);
        if scopes.is_empty() {
            continue;
        }
        anybody = true;
        for need in identity.needs(false) {
            if world.allows(&user, &need.request()) {
                continue;
            }
            let path = matches!(need, Need::Path { .. });
            let fits = scopes.iter().any(|scope| scope.is_empty() || (!path && scope == need.namespace()));
            if fits {
                merge.added.insert(unscoped(need));
            } else {
                merge.outside.insert((user_name.to_owned(), need));
            }
        }
    }
    if !anybody {
        return Err(MergeError::BoundToNobody);
    }
    let added: Vec<Need> = merge.added.iter().cloned().collect();
    let rules: Vec<Value> = rules(&added).iter().map(manifest::rule).collect();
    let has_rules = !world.rules_of(role).is_empty();
    merge.patch = match (rules.is_empty(), has_rules) {
        (true, _) => json!([]),
        (false, true) => rules.iter().map(|rule| json!({"op": "add", "path": "/rules/-", "value": rule})).collect(),
        (false, false) => json!([{"op": "add", "path": "/rules", "value": rules}]),
    };
    Ok(merge)
}

/// The role's rules hold in the scope of its bindings: a right is written without its namespace.
fn unscoped(need: Need) -> Need {
    match need {
        Need::Resource { group, resource, name, verb, .. } => {
            Need::Resource { namespace: String::new(), group, resource, name, verb }
        }
        path => path,
    }
}

/// Where the role gives the user its rules; empty text is everywhere.
fn scopes(world: &World, role: RoleId, user: &User) -> BTreeSet<String> {
    let is_he = |id| match world.subject(id).kind() {
        SubjectKind::Group => user.is_in(world.principal(id)),
        SubjectKind::User | SubjectKind::ServiceAccount => world.principal(id) == user.name,
    };
    let his = |binding: &ironclad_authz::BindingId| world.subjects_of(*binding).any(is_he);
    world.bindings_to(role).filter(his).map(|binding| world.binding_namespace(binding).to_owned()).collect()
}
