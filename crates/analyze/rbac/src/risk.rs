//! A permission, judged by who really holds it and where.
//!
//! A role alone grants nothing: severity follows from the bindings. Through a ClusterRoleBinding a right holds
//! everywhere, through a RoleBinding in one namespace (and then never for what has none, such as nodes). In a namespace
//! whose ServiceAccounts may do everything a right counts as one over the cluster. Rights limited to names count one step
//! lower, where the name is not what makes them dangerous; rights of everybody one step higher. A permission that needs
//! several rights counts where one subject holds them all, in whichever roles; where one of them holds everywhere and
//! another in a namespace, there.
//!
//! What the API server grants by default is not reported, nor what a role that grants everything grants besides
//! (`rbac/cluster-admin` does), nor the default roles `view`, `edit` and `admin` (`rbac/broad-default-role` does).
//!
//! Here is what a permission is and which rules give it; [`holders`] finds who holds it, [`tell`] says so.

mod holders;
mod tell;

pub(crate) use holders::{Limit, Worth, gravest};
pub(crate) use tell::{
    Operator, report, report_any, report_beside, report_noting, report_operator, report_people, report_rows,
    report_without, rule_node, scope_words,
};

use crate::facts::Facts;
use ironclad_authz::PolicyRule;
use ironclad_model::Severity;

/// One right: any of these verbs on any of these resources (group, `resource` or `resource/subresource`).
pub(crate) struct Need {
    verbs: &'static [&'static str],
    on: &'static [(&'static str, &'static str)],
    /// Which objects it must reach.
    only: Only,
    /// In place of verbs and resources: does the rule, as it is written, give the right?
    written: Option<fn(&PolicyRule) -> bool>,
    /// As a further right: is it of use wherever it is held?
    anywhere: bool,
    /// What is left of the right where a rule limits it to names.
    worth: fn(&Facts, &Limit<'_>) -> Worth,
}

/// Which objects a right must reach.
enum Only {
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
        Need { verbs, on, only: Only::Any, written: None, anywhere: false, worth: |_, _| Worth::Less }
    }

    /// The same, which must reach an object of one of these names in one of these namespaces.
    pub(crate) const fn reaching(
        verbs: &'static [&'static str],
        on: &'static [(&'static str, &'static str)],
        namespaces: &'static [&'static str],
        names: &'static [&'static str],
    ) -> Need {
        Need { only: Only::Object { namespaces, names }, ..Need::of(verbs, on) }
    }

    /// Any of these verbs on any of these resources, in a namespace with administrative access to devices.
    pub(crate) const fn of_devices(
        verbs: &'static [&'static str],
        on: &'static [(&'static str, &'static str)],
    ) -> Need {
        Need { only: Only::AdminAccess, ..Need::of(verbs, on) }
    }

    /// What a rule is in its own words, wildcards and all.
    pub(crate) const fn custom(written: fn(&PolicyRule) -> bool) -> Need {
        Need { written: Some(written), ..Need::of(&[], &[]) }
    }

    /// The same of a rule that is about these resources: one that a RoleBinding cannot grant is not granted by it.
    pub(crate) const fn custom_on(
        written: fn(&PolicyRule) -> bool,
        on: &'static [(&'static str, &'static str)],
    ) -> Need {
        Need { written: Some(written), ..Need::of(&[], on) }
    }

    /// A further right that is of use wherever it is held.
    pub(crate) const fn anywhere(self) -> Need {
        Need { anywhere: true, ..self }
    }

    /// One whose worth under `resourceNames` depends on the names.
    pub(crate) const fn worth(self, worth: fn(&Facts, &Limit<'_>) -> Worth) -> Need {
        Need { worth, ..self }
    }

    /// One that a limit to names does not limit: the holder chooses the name.
    pub(crate) const fn any_name(self) -> Need {
        self.worth(|_, _| Worth::Whole)
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
    /// The same, one step lower where the need does not say otherwise.
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

/// Verbs that are asked for beside a write: no check of wildcards tells what they give on every resource.
const SPECIAL: &[&str] = &["approve", "attest", "bind", "escalate", "impersonate", "sign"];

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
        let in_namespaces = match need.on {
            [] => is_in_namespaces(facts, rule),
            on => on.iter().any(|(group, resource)| facts.is_namespaced(group, resource)),
        };
        let namespaced = rule.non_resource_urls.is_empty() && in_namespaces;
        return written(rule).then_some(Met { whole: !is_named, namespaced });
    }
    let has = |verb: &&str| rule.verbs.iter().any(|own| own == "*" || own == verb);
    if !need.verbs.iter().any(has) {
        return None;
    }
    let every = rule.resources.iter().any(|resource| resource == "*");
    let special = |verb: &&str| {
        let asked = SPECIAL.contains(verb) || verb.starts_with("impersonate:");
        asked && rule.verbs.iter().any(|own| own == verb)
    };
    let whole = !is_named || matches!(need.only, Only::Object { .. });
    let mut found: Option<Met> = None;
    for (group, resource) in need.on {
        let literal = rule.api_groups.iter().any(|own| own == group);
        if !literal && !rule.api_groups.iter().any(|own| own == "*") {
            continue;
        }
        // What `*` grants is told by the checks of wildcards, once, and not by each of these: but those do not know what
        // the group of an operator is good for.
        let by_wildcard = every && (need.verbs.iter().any(special) || literal && is_of_operator(group));
        if every && !by_wildcard {
            continue;
        }
        // The Namespace object is asked for within its namespace, where it has a name.
        let itself = group.is_empty()
            && *resource == "namespaces"
            && need.verbs.iter().any(|verb| matches!(*verb, "get" | "update" | "patch" | "delete") && has(verb));
        let fits = |own: &&String| *own == "*" || resource_fits(own, resource);
        for own in rule.resources.iter().filter(fits) {
            let named = if resource.starts_with('*') { own.as_str() } else { *resource };
            found = found.max(Some(Met { whole, namespaced: itself || facts.is_namespaced(group, named) }));
        }
    }
    found
}

/// Is anything that a rule is about in namespaces?
fn is_in_namespaces(facts: &Facts, rule: &PolicyRule) -> bool {
    let any = |group: &String| {
        rule.resources.iter().any(|resource| match (group.as_str(), resource.as_str()) {
            ("*", _) => true,
            (group, "*") => facts.has_namespaced(group),
            (group, resource) => facts.is_namespaced(group, resource),
        })
    };
    rule.api_groups.iter().any(any)
}

/// Is it a group of custom resources, and not one of Kubernetes and its projects?
fn is_of_operator(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
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

/// Does an entry of `resources` match `resource` or `resource/subresource`? The entry `*` is no matter of this.
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
