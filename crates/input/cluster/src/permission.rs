//! What a scan may need to see, as the rules of a role.

use crate::{Request, Resource, Want};
use ironclad_model::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that allows to list some resources of one group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rule {
    /// API group, empty for the core group.
    pub group: String,
    /// Resources.
    pub resources: Vec<String>,
    /// Verbs.
    pub verbs: Vec<&'static str>,
}

/// The resources of kinds that are wanted, where no cluster says which it serves. A rule for a resource that is not
/// there does no harm.
pub fn likely_resources(request: &Request) -> Vec<Resource> {
    let wanted = Kind::all().filter(|kind| request.wants(*kind));
    let wanted = wanted.filter(|kind| !(request.without_secrets && *kind == Kind::SECRET));
    let custom = request.workloads.iter().filter(|workload| workload.group != "*");
    let custom = custom.map(|workload| (workload.group.clone(), workload.kind.clone()));
    let named = request.wanted.iter().filter_map(|want| match want {
        Want::Named(group, kind) => Some((group.clone(), kind.clone())),
        Want::Kind(_) => None,
    });
    wanted
        .map(|kind| (kind.group().to_owned(), kind.name().to_owned()))
        .chain(named)
        .chain(custom)
        .map(|(group, kind)| Resource {
            group,
            version: "v1".to_owned(),
            plural: plural(&kind),
            kind,
            namespaced: true,
        })
        .collect()
}

/// The plural by the rule of `k8s.io/apimachinery/pkg/api/meta.UnsafeGuessKindToResource`, which is also how the
/// generators of custom resources name them.
fn plural(kind: &str) -> String {
    let singular = kind.to_ascii_lowercase();
    if matches!(singular.as_str(), "endpoints" | "securitycontextconstraints") {
        return singular;
    }
    match singular.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if singular.ends_with(['s', 'x']) || singular.ends_with("ch") => format!("{singular}es"),
        _ => format!("{singular}s"),
    }
}

/// What values of Secrets take, beside listing them: records of Helm are got one by one.
pub fn with_secret_values(rules: &mut Vec<Rule>) {
    let mut verbs = vec!["get"];
    for rule in rules.iter_mut().filter(|rule| rule.group.is_empty()) {
        if rule.resources.iter().any(|resource| resource == "secrets") {
            rule.resources.retain(|resource| resource != "secrets");
            verbs.append(&mut rule.verbs.clone());
        }
    }
    rules.retain(|rule| !rule.resources.is_empty());
    // Of checks none may look at Secrets, and the records of Helm are read all the same.
    if verbs.len() == 1 {
        verbs.push("list");
    }
    rules.push(Rule { group: String::new(), resources: vec!["secrets".to_owned()], verbs });
}

/// The smallest set of rules that shows these resources: one rule a group, nothing with a wildcard.
pub fn least_role<'r>(resources: impl IntoIterator<Item = &'r Resource>, watch: bool) -> Vec<Rule> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for resource in resources {
        groups.entry(&resource.group).or_default().insert(&resource.plural);
    }
    let verbs = if watch { vec!["list", "watch"] } else { vec!["list"] };
    groups
        .into_iter()
        .map(|(group, resources)| Rule {
            group: group.to_owned(),
            resources: resources.into_iter().map(str::to_owned).collect(),
            verbs: verbs.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_what_listing_takes_and_more() {
        let rule = |resources: &[&str], verbs: &[&'static str]| Rule {
            group: String::new(),
            resources: resources.iter().map(|name| (*name).to_owned()).collect(),
            verbs: verbs.to_vec(),
        };
        for (before, after) in [
            (vec![], vec![rule(&["secrets"], &["get", "list"])]),
            (vec![rule(&["secrets"], &["list"])], vec![rule(&["secrets"], &["get", "list"])]),
            (
                vec![rule(&["pods", "secrets"], &["list", "watch"])],
                vec![rule(&["pods"], &["list", "watch"]), rule(&["secrets"], &["get", "list", "watch"])],
            ),
        ] {
            let mut rules = before;
            with_secret_values(&mut rules);
            assert_eq!(rules, after);
        }
    }

    #[test]
    fn plurals() {
        for (kind, expected) in [
            ("Pod", "pods"),
            ("NetworkPolicy", "networkpolicies"),
            ("Gateway", "gateways"),
            ("Ingress", "ingresses"),
            ("Sandbox", "sandboxes"),
            ("Endpoints", "endpoints"),
            ("StorageClass", "storageclasses"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }
}
