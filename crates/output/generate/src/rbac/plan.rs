//! From rights to roles: nothing wider than what was used, unless it was asked for and is said.

use super::need::Need;
use super::observed::Observed;
use ironclad_authz::{PolicyRule, User, World};
use std::collections::{BTreeMap, BTreeSet};

/// What may be wider than what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expand {
    /// Reading is one right (`get`, `list`, `watch`), changing is one (`update`, `patch`).
    pub verbs: bool,
    /// The same on so many names is the same on any name.
    pub names: Option<usize>,
    /// The same in so many namespaces is the same everywhere.
    pub namespaces: Option<usize>,
    /// Names that a controller made up (`web-7d4b9c6f5d-x2x7k`) are any name: the next pod has another.
    pub generated_names: bool,
}

/// What one user needs in one scope, as rules.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Namespace; empty for cluster-wide.
    pub namespace: String,
    /// Name of role and binding.
    pub name: String,
    /// The rules.
    pub rules: Vec<PolicyRule>,
    /// User names.
    pub users: Vec<String>,
}

/// The roles for what was observed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By scope, cluster-wide first, then name.
    pub grants: Vec<Grant>,
    /// What each user needs beyond what everybody has: what the roles must allow.
    pub needs: BTreeMap<String, BTreeSet<Need>>,
    /// Rights that the API server's own default bindings give, by user.
    pub by_default: BTreeMap<String, usize>,
    /// Rights that are granted wider than they were used, and what they became.
    pub widened: BTreeSet<(Need, Need)>,
}

/// Makes roles. `defaults` holds the API server's own roles and bindings: what they give is not given again.
pub fn plan(observed: &Observed, expand: Expand, refused: bool, defaults: &World, prefix: &str) -> Plan {
    let mut plan = Plan::default();
    // By scope and rules: users who need the same share a role.
    let mut shared: BTreeMap<(String, Vec<PolicyRule>), Vec<String>> = BTreeMap::new();
    for (name, identity) in observed.identities() {
        let groups: Vec<String> = identity.groups.iter().cloned().collect();
        // A member of system:masters is asked nothing; what he would need is found without that group.
        let groups: Vec<String> = groups.into_iter().filter(|group| group != ironclad_authz::MASTERS).collect();
        let user = User::implied(name, &groups);
        let all = identity.needs(refused);
        let (given, needs): (BTreeSet<Need>, BTreeSet<Need>) =
            all.into_iter().partition(|need| defaults.allows(&user, &need.request()));
        if !given.is_empty() {
            plan.by_default.insert(name.to_owned(), given.len());
        }
        let (atoms, widened) = widen(&needs, expand);
        plan.widened.extend(widened);
        for (namespace, atoms) in by_scope(atoms) {
            shared.entry((namespace, rules(&atoms))).or_default().push(name.to_owned());
        }
        if !needs.is_empty() {
            plan.needs.insert(name.to_owned(), needs);
        }
    }
    let mut taken = BTreeSet::new();
    for ((namespace, rules), users) in shared {
        let first = users.first().map(String::as_str).unwrap_or_default();
        let base = format!("{prefix}{}", name_of(first));
        let mut name = base.clone();
        let mut number = 2;
        while !taken.insert((namespace.clone(), name.clone())) {
            name = format!("{base}:{number}");
            number += 1;
        }
        plan.grants.push(Grant { namespace, name, rules, users });
    }
    plan.grants.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    plan
}

/// A user's name as that of an object: any text but `/` and `%`.
fn name_of(user: &str) -> String {
    let short = match ironclad_authz::service_account_of(user) {
        Some((namespace, name)) => format!("{namespace}:{name}"),
        None => user.to_owned(),
    };
    let safe: String = short.chars().map(|c| if matches!(c, '/' | '%') { '-' } else { c }).collect();
    if safe.is_empty() { "nobody".to_owned() } else { safe }
}

/// Rights by scope, without those that a wider one of them covers.
fn by_scope(atoms: BTreeSet<Need>) -> BTreeMap<String, Vec<Need>> {
    let mut scopes: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    for atom in &atoms {
        if !covered(atom, &atoms) {
            scopes.entry(atom.namespace().to_owned()).or_default().push(atom.clone());
        }
    }
    scopes
}

/// Is it within another one: the same for any name, or everywhere?
fn covered(atom: &Need, atoms: &BTreeSet<Need>) -> bool {
    let Need::Resource { namespace, group, resource, name, verb } = atom else { return false };
    let wider = [("", name.as_str()), (namespace.as_str(), ""), ("", "")];
    wider.iter().any(|(space, object)| {
        (*space, *object) != (namespace.as_str(), name.as_str())
            && atoms.contains(&Need::on(space, group, resource, object, verb))
    })
}

fn widen(needs: &BTreeSet<Need>, expand: Expand) -> (BTreeSet<Need>, BTreeSet<(Need, Need)>) {
    let mut atoms = BTreeSet::new();
    let mut widened = BTreeSet::new();
    // How many names and namespaces the same has.
    type Same<'n> = (&'n str, &'n str, &'n str);
    let mut names: BTreeMap<(&str, Same<'_>), BTreeSet<&str>> = BTreeMap::new();
    let mut spaces: BTreeMap<Same<'_>, BTreeSet<&str>> = BTreeMap::new();
    for need in needs {
        if let Need::Resource { namespace, group, resource, name, verb } = need {
            let same = (group.as_str(), resource.as_str(), verb.as_str());
            if !name.is_empty() {
                names.entry((namespace, same)).or_default().insert(name);
            }
            spaces.entry(same).or_default().insert(namespace);
        }
    }
    for need in needs {
        let mut became = need.clone();
        let mut verbs: &[&str] = &[];
        if let (Need::Resource { namespace, group, resource, name, verb }, false) = (need, need.is_protected()) {
            let same = (group.as_str(), resource.as_str(), verb.as_str());
            let many = |limit: Option<usize>, count: usize| limit.is_some_and(|limit| count >= limit.max(2));
            let any_name = expand.generated_names && is_generated(name)
                || many(expand.names, names.get(&(namespace.as_str(), same)).map_or(0, BTreeSet::len));
            let everywhere =
                !namespace.is_empty() && many(expand.namespaces, spaces.get(&same).map_or(0, BTreeSet::len));
            became = Need::on(
                if everywhere { "" } else { namespace },
                group,
                resource,
                if any_name { "" } else { name },
                verb,
            );
            if expand.verbs {
                verbs = match verb.as_str() {
                    "get" | "list" | "watch" => &["get", "list", "watch"],
                    "update" | "patch" => &["update", "patch"],
                    _ => &[],
                };
            }
        }
        if became != *need {
            widened.insert((need.clone(), became.clone()));
        }
        if let Need::Resource { namespace, group, resource, name, verb } = &became {
            for other in verbs.iter().filter(|other| *other != verb) {
                let other = Need::on(namespace, group, resource, name, other);
                if !needs.contains(&other) {
                    widened.insert((need.clone(), other.clone()));
                }
                atoms.insert(other);
            }
        }
        atoms.insert(became);
    }
    (atoms, widened)
}

/// Letters and digits that the API server makes names of (k8s.io/apimachinery `util/rand`): no vowel, no 0, 1 or 3.
const MADE_UP: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Does a controller make up names like this: `web-x2x7k`, `web-7d4b9c6f5d-x2x7k`, `web-28374650-x2x7k`, the name of an
/// event (`web.17a3b5c7d9e1f203`)?
fn is_generated(name: &str) -> bool {
    if let Some((_, suffix)) = name.rsplit_once('.')
        && suffix.len() == 16
        && suffix.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    {
        return true;
    }
    let Some((stem, suffix)) = name.rsplit_once('-') else { return false };
    let made_up = |text: &str| text.chars().all(|c| MADE_UP.contains(c));
    let hash =
        |text: &str| (8..=10).contains(&text.len()) && made_up(text) && text.contains(|c: char| c.is_ascii_digit());
    // Five letters alone could be a word; a digit among them, or a hash before them, tells.
    suffix.len() == 5
        && made_up(suffix)
        && (suffix.contains(|c: char| c.is_ascii_digit())
            || stem
                .rsplit_once('-')
                .is_some_and(|(_, middle)| hash(middle) || middle.bytes().all(|b| b.is_ascii_digit())))
        || hash(suffix)
}

/// Rules that grant exactly these rights of one scope: verbs of the same object, then names, then resources are joined,
/// each only where everything else is equal, so that no pair arises that was not there.
pub(crate) fn rules(atoms: &[Need]) -> Vec<PolicyRule> {
    type Set = BTreeSet<String>;
    let mut verbs: BTreeMap<(&str, &str, &str), Set> = BTreeMap::new();
    let mut paths: BTreeMap<&str, Set> = BTreeMap::new();
    for atom in atoms {
        match atom {
            Need::Resource { group, resource, name, verb, .. } => {
                verbs.entry((group, resource, name)).or_default().insert(verb.clone());
            }
            Need::Path { path, verb } => {
                paths.entry(path).or_default().insert(verb.clone());
            }
        }
    }
    let mut names: BTreeMap<(&str, &str, Set, bool), Set> = BTreeMap::new();
    for ((group, resource, name), verbs) in verbs {
        let named = !name.is_empty();
        names.entry((group, resource, verbs, named)).or_default().extend(named.then(|| name.to_owned()));
    }
    let mut resources: BTreeMap<(&str, Set, Set), Set> = BTreeMap::new();
    for ((group, resource, verbs, _), names) in names {
        resources.entry((group, names, verbs)).or_default().insert(resource.to_owned());
    }
    let mut urls: BTreeMap<Set, Set> = BTreeMap::new();
    for (path, verbs) in paths {
        urls.entry(verbs).or_default().insert(path.to_owned());
    }
    let list = |set: Set| set.into_iter().collect::<Vec<_>>();
    let of_resources = resources.into_iter().map(|((group, names, verbs), resources)| PolicyRule {
        verbs: list(verbs),
        api_groups: vec![group.to_owned()],
        resources: list(resources),
        resource_names: list(names),
        ..PolicyRule::default()
    });
    let of_paths = urls.into_iter().map(|(verbs, urls)| PolicyRule {
        verbs: list(verbs),
        non_resource_urls: list(urls),
        ..PolicyRule::default()
    });
    let mut rules: Vec<PolicyRule> = of_resources.chain(of_paths).collect();
    rules.sort_by(|a, b| {
        let key = |rule: &PolicyRule| {
            (
                rule.resources.is_empty(),
                rule.api_groups.clone(),
                rule.resources.clone(),
                rule.resource_names.clone(),
                rule.verbs.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_controllers_make_up() {
        for name in
            ["web-7d4b9c6f5d-x2x7k", "web-x2x7k", "job-28374650-bcdfg", "web.17a3b5c7d9e1f203", "web-6b8f5c9d74"]
        {
            assert!(is_generated(name), "{name}");
        }
        for name in ["web", "web-nginx", "web-proxy", "db-0", "web-blue", "my-app-prod", "cm-tls", "a-bcdfg", ""] {
            assert!(!is_generated(name), "{name}");
        }
    }

    #[test]
    fn joined_rules_hold_no_pair_that_was_not_there() {
        let on = |resource: &str, name: &str, verb: &str| Need::on("a", "", resource, name, verb);
        let atoms = [
            on("configmaps", "x", "get"),
            on("configmaps", "y", "get"),
            on("configmaps", "y", "patch"),
            on("pods", "", "get"),
            on("services", "", "get"),
            on("services", "", "list"),
        ];
        let mut back: Vec<PolicyRule> = rules(&atoms).iter().flat_map(ironclad_authz::breakdown).collect();
        let mut given: Vec<PolicyRule> = atoms.iter().map(Need::rule).collect();
        back.sort();
        given.sort();
        assert_eq!(back, given);
    }
}
