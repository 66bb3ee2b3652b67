//! What the API server serves in its own groups, in any supported release: what a rule can mean there, and what it
//! cannot.
//!
//! Nothing is said of other groups: a CustomResourceDefinition or an aggregated server may add to them. Whatever a
//! definition of the input adds to a group of the API server's own is known as well.

use ironclad_authz::resources::{Table, VERBS, built_in, distance};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The verbs that a kubelet asks for, by the method of the request.
const KUBELET_VERBS: &[&str] = &["get", "create", "update", "patch", "delete"];
/// What a kubelet asks for instead of the path that was called: the subresource of `nodes`.
const KUBELET: &[&str] = &["metrics", "stats", "log", "spec", "checkpoint", "healthz", "pods", "configz", "proxy"];

/// The built-in resources.
pub(crate) struct Served {
    groups: FxHashSet<&'static str>,
    /// By `resource` or `resource/subresource`: groups, and the verbs there.
    by_name: BTreeMap<&'static str, Vec<(&'static str, Vec<&'static str>)>>,
    /// By singular, kind or short name: group and resource.
    nicknames: FxHashMap<String, Vec<(&'static str, &'static str)>>,
}

impl Served {
    /// Reads the table.
    pub(crate) fn new() -> Served {
        let mut served =
            Served { groups: FxHashSet::default(), by_name: BTreeMap::new(), nicknames: FxHashMap::default() };
        for resource in built_in() {
            // A group that only authorizers know may hold anything else.
            if resource.group != "security.openshift.io" {
                served.groups.insert(resource.group);
            }
            served.by_name.entry(resource.name).or_default().push((resource.group, resource.verbs));
            if !resource.name.contains('/') {
                for word in resource.nicknames {
                    served.nicknames.entry(word).or_default().push((resource.group, resource.name));
                }
            }
        }
        served
    }

    /// Are all of these the API server's own groups?
    pub(crate) fn knows(&self, groups: &[&str]) -> bool {
        !groups.is_empty() && groups.iter().all(|group| self.groups.contains(group))
    }

    /// The verbs that an entry of `resources` can be asked with in any of these groups, all of them known; nothing
    /// where no request can ask for it.
    pub(crate) fn verbs(&self, custom: &Table, groups: &[&str], entry: &str) -> Option<Vec<&'static str>> {
        let mut verbs: Vec<&'static str> = Vec::new();
        let mut found = false;
        for (group, own) in self.by_name.get(entry).into_iter().flatten() {
            if groups.contains(group) {
                found = true;
                verbs.extend(own);
            }
        }
        let (name, subresource) = entry.split_once('/').unwrap_or((entry, ""));
        let defined = || groups.iter().any(|group| custom.get(group, name, subresource).is_some());
        if entry == "*" || !found && defined() {
            return Some(VERBS.to_vec());
        }
        if name == "*" && !subresource.is_empty() {
            for (own, served) in &self.by_name {
                if own.split_once('/').is_some_and(|(_, own)| own == subresource) {
                    let here = served.iter().filter(|(group, _)| groups.contains(group));
                    here.for_each(|(_, own)| {
                        found = true;
                        verbs.extend(own);
                    });
                }
            }
        }
        if groups.contains(&"") && matches!(name, "nodes" | "*") && KUBELET.contains(&subresource) {
            found = true;
            verbs.extend(KUBELET_VERBS);
        }
        // Who may set an owner that blocks deletion (admission plugin OwnerReferencesPermissionEnforcement).
        if subresource == "finalizers" && (name == "*" || self.verbs(custom, groups, name).is_some()) {
            return Some(VERBS.to_vec());
        }
        // OpenShift asks who may write addresses of pods by hand (admission plugin RestrictedEndpointsAdmission).
        if entry == "endpoints/restricted" && groups.contains(&"") {
            return Some(VERBS.to_vec());
        }
        // One subresource for each key.
        if !subresource.is_empty() && matches!(name, "userextras" | "*") && groups.contains(&"authentication.k8s.io") {
            return Some(VERBS.to_vec());
        }
        found.then_some(verbs)
    }

    /// What an entry that no request can ask for may have meant.
    pub(crate) fn meant(&self, groups: &[&str], entry: &str) -> Option<String> {
        let (name, subresource) = entry.split_once('/').unwrap_or((entry, ""));
        // Another word for it.
        for (group, resource) in self.nicknames.get(name).into_iter().flatten() {
            if groups.contains(group) && subresource.is_empty() {
                return Some(format!("write `{resource}`"));
            }
        }
        // The same in another group.
        if let Some((group, _)) = self.by_name.get(entry).and_then(|served| served.first()) {
            return Some(match *group {
                "" => "it is in the core group, `\"\"`".to_owned(),
                group => format!("it is in group `{group}`"),
            });
        }
        // A slip of the pen.
        let here = self.by_name.iter().filter(|(own, served)| {
            own.contains('/') == entry.contains('/') && served.iter().any(|(group, _)| groups.contains(group))
        });
        let near = here.map(|(own, _)| (distance(entry, own), *own)).min()?;
        (near.0 <= 2 && near.0 * 3 < entry.len()).then(|| format!("write `{}`", near.1))
    }

    /// The group that a word without a dot may have meant: groups of others have one (a CustomResourceDefinition must).
    pub(crate) fn group_meant(&self, word: &str) -> Option<&'static str> {
        if word.contains('.') || matches!(word, "" | "*" | "extensions") || self.groups.contains(word) {
            return None;
        }
        let plain = self.groups.iter().filter(|group| !group.is_empty() && !group.contains('.'));
        let near = plain.map(|group| (distance(word, group), *group)).min()?;
        (near.0 == 1).then_some(near.1)
    }
}
