//! What a scan may need to see, as the rules of a role.

use crate::Resource;
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
