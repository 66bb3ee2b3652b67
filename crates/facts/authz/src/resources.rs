//! The resources of the API, as discovery would list them: built in for each minor version, and those of the
//! CustomResourceDefinitions of a snapshot.
//!
//! `data/resources.txt` is written by `cargo xtask rbac-tables` from the published module k8s.io/kubernetes
//! (`api/discovery`): group, version, name, scope, kind, singular, short names, verbs, minors; `-` is empty.

use crate::defaults::{NEWEST, OLDEST};
use ironclad_model::{Kind, Object, Snapshot};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashMap;

const DATA: &str = include_str!("../data/resources.txt");

/// The verbs of every stored resource, in the order of tables.
pub const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// Verbs that authorizers are asked for and discovery never lists.
pub const VIRTUAL_VERBS: &[&str] = &[
    "*",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "proxy",
    "request-serviceaccounts-token-audience",
];

/// Every built-in resource of every supported release, once for each release that has it alike: group, `resource` or
/// `resource/subresource`, kind, singular, short names, verbs.
pub fn built_in() -> impl Iterator<Item = BuiltIn> {
    let of = |line: &'static str| {
        let words: Vec<&'static str> = line.split(' ').collect();
        let [group, _version, name, _scope, kind, singular, short, verbs, _minors] = words.as_slice() else {
            return None;
        };
        let clean = |text: &'static str| if text == "-" { "" } else { text };
        let list = |text: &'static str| clean(text).split(',').filter(|text| !text.is_empty()).collect();
        let words = [clean(singular), kind].into_iter().chain(clean(short).split(','));
        Some(BuiltIn {
            group: clean(group),
            name,
            nicknames: words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect(),
            verbs: list(verbs),
        })
    };
    let asked = UNLISTED.iter().map(|(group, name, singular, _, verbs)| BuiltIn {
        group,
        name,
        nicknames: vec![(*singular).to_owned()],
        verbs: verbs.to_vec(),
    });
    DATA.lines().filter(|line| !line.starts_with('#')).filter_map(of).chain(asked)
}

/// A built-in resource or subresource, in some release.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    /// API group; empty is the core group.
    pub group: &'static str,
    /// `resource` or `resource/subresource`.
    pub name: &'static str,
    /// Singular, kind and short names, in lower case.
    pub nicknames: Vec<String>,
    /// Verbs.
    pub verbs: Vec<&'static str>,
}

/// A resource or subresource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty is the core group.
    pub group: String,
    /// Plural.
    pub name: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Has it a namespace?
    pub namespaced: bool,
    /// Kind.
    pub kind: String,
    /// Singular, or empty.
    pub singular: String,
    /// Short names.
    pub short: Vec<String>,
    /// Verbs.
    pub verbs: Vec<String>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<'t> {
    /// This resource.
    One(&'t Resource),
    /// Nothing known; these names are near.
    Unknown(Vec<String>),
}

/// A table of resources.
#[derive(Clone, Debug, Default)]
pub struct Table {
    resources: Vec<Resource>,
    /// By plural: places in `resources`.
    by_name: FxHashMap<String, Vec<u32>>,
    /// What only authorizers are asked for: it can be named, and is in no list.
    unlisted: Vec<Resource>,
}

/// Resources that authorizers are asked for and discovery never lists: group, plural, singular, short name, verbs. None
/// has a namespace. (k8s.io/apiserver `pkg/endpoints/filters/impersonation`, `plugin/pkg/admission/certificates`,
/// PodSecurityPolicy until 1.25, OpenShift's SecurityContextConstraints.)
const UNLISTED: &[(&str, &str, &str, &str, &[&str])] = &[
    ("", "users", "user", "", &["impersonate"]),
    ("", "groups", "group", "", &["impersonate"]),
    ("authentication.k8s.io", "users", "user", "", &["impersonate:user-info"]),
    ("authentication.k8s.io", "groups", "group", "", &["impersonate:user-info"]),
    ("authentication.k8s.io", "uids", "uid", "", &["impersonate", "impersonate:user-info"]),
    ("authentication.k8s.io", "userextras", "userextra", "", &["impersonate", "impersonate:user-info"]),
    ("authentication.k8s.io", "nodes", "node", "", &["impersonate:arbitrary-node", "impersonate:associated-node"]),
    ("authentication.k8s.io", "serviceaccounts", "serviceaccount", "", &["impersonate:serviceaccount"]),
    ("certificates.k8s.io", "signers", "signer", "", &["approve", "sign", "attest"]),
    ("policy", "podsecuritypolicies", "podsecuritypolicy", "psp", &["use"]),
    ("security.openshift.io", "securitycontextconstraints", "securitycontextconstraint", "scc", &["use"]),
];

fn unlisted() -> Vec<Resource> {
    let of = |(group, name, singular, short, verbs): &(&str, &str, &str, &str, &[&str])| Resource {
        group: (*group).to_owned(),
        name: (*name).to_owned(),
        subresource: String::new(),
        // Asked for in the ServiceAccount's own namespace, all others without one.
        namespaced: *name == "serviceaccounts",
        kind: String::new(),
        singular: (*singular).to_owned(),
        short: (!short.is_empty()).then(|| (*short).to_owned()).into_iter().collect(),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
    };
    UNLISTED.iter().map(of).collect()
}

impl Table {
    /// Resources of a minor version and of the definitions in a snapshot.
    pub fn of(version: u8, snapshot: &Snapshot) -> Table {
        let version = version.clamp(OLDEST, NEWEST);
        let mut table = Table { unlisted: unlisted(), ..Table::default() };
        for line in DATA.lines().filter(|line| !line.starts_with('#')) {
            table.built_in(line, version);
        }
        for definition in snapshot.of_kind(Kind::CUSTOM_RESOURCE_DEFINITION) {
            table.custom(definition);
        }
        table
    }

    fn built_in(&mut self, line: &str, version: u8) {
        let words: Vec<&str> = line.split(' ').collect();
        let [group, _version, name, scope, kind, singular, short, verbs, minors] = words.as_slice() else { return };
        let (first, last) = minors.split_once('-').unwrap_or_default();
        let minor = |text: &str| text.parse::<u8>().unwrap_or_default();
        let (name, subresource) = name.split_once('/').unwrap_or((name, ""));
        let clean = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        let known = self.get(&clean(group), name, subresource).is_some();
        if known || !(minor(first)..=minor(last)).contains(&version) {
            return;
        }
        let list = |text: &str| clean(text).split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        self.add(Resource {
            group: clean(group),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
            namespaced: *scope == "namespaced",
            kind: (*kind).to_owned(),
            singular: clean(singular),
            short: list(short),
            verbs: list(verbs),
        });
    }

    fn custom(&mut self, definition: &Object) {
        let root = definition.root();
        let text = |pointer: &str| root.at_pointer(pointer).and_then(|n| n.as_str()).unwrap_or_default().to_owned();
        let (group, name) = (text("/spec/group"), text("/spec/names/plural"));
        let known = self.listed(&group, &name, "").is_some();
        if group.is_empty() || name.is_empty() || known {
            return;
        }
        let short = root.at_pointer("/spec/names/shortNames").into_iter().flat_map(|list| list.items());
        let resource = Resource {
            group,
            name,
            subresource: String::new(),
            namespaced: text("/spec/scope") != "Cluster",
            kind: text("/spec/names/kind"),
            singular: text("/spec/names/singular"),
            short: short.filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            verbs: VERBS.iter().map(|verb| (*verb).to_owned()).collect(),
        };
        let versions = root.at_pointer("/spec/versions").into_iter().flat_map(|list| list.items());
        let holders: Vec<NodeRef<'_>> = versions.chain(root.at_pointer("/spec")).collect();
        for subresource in ["status", "scale"] {
            let pointer = format!("/subresources/{subresource}");
            if holders.iter().any(|holder| holder.at_pointer(&pointer).is_some()) {
                self.add(Resource {
                    subresource: subresource.to_owned(),
                    singular: String::new(),
                    short: Vec::new(),
                    verbs: ["get", "patch", "update"].map(str::to_owned).to_vec(),
                    ..resource.clone()
                });
            }
        }
        self.add(resource);
    }

    /// As a cluster serves them, in its order.
    pub fn served(resources: impl IntoIterator<Item = Resource>) -> Table {
        let mut table = Table { unlisted: unlisted(), ..Table::default() };
        resources.into_iter().for_each(|resource| table.add(resource));
        table
    }

    fn add(&mut self, resource: Resource) {
        self.by_name.entry(resource.name.clone()).or_default().push(self.resources.len() as u32);
        self.resources.push(resource);
    }

    fn listed(&self, group: &str, name: &str, subresource: &str) -> Option<&Resource> {
        let places = self.by_name.get(name)?;
        let mut own = places.iter().filter_map(|&place| self.resources.get(place as usize));
        own.find(|resource| resource.group == group && resource.subresource == subresource)
    }

    /// All of them: the built-in ones first, in the order of the API.
    pub fn all(&self) -> &[Resource] {
        &self.resources
    }

    /// A resource by its exact names.
    pub fn get(&self, group: &str, name: &str, subresource: &str) -> Option<&Resource> {
        let unlisted =
            || self.unlisted.iter().find(|r| r.group == group && r.name == name && r.subresource == subresource);
        self.listed(group, name, subresource).or_else(unlisted)
    }

    /// Is this group known?
    pub fn has_group(&self, group: &str) -> bool {
        self.resources.iter().any(|resource| resource.group == group)
    }

    /// Resources of this exact plural, in any group.
    pub fn of_name<'t>(&'t self, name: &'t str) -> impl Iterator<Item = &'t Resource> + 't {
        self.resources.iter().filter(move |resource| resource.name == name)
    }

    /// What kubectl would take a word for: plural, singular, kind or short name in any case, `.GROUP` or
    /// `.VERSION.GROUP` behind it. Earlier resources win, as in discovery.
    pub fn named(&self, word: &str) -> Named<'_> {
        let lower = word.to_lowercase();
        let (head, group) = lower.split_once('.').map_or((lower.as_str(), None), |(head, group)| (head, Some(group)));
        let in_group = |resource: &Resource| {
            group.is_none_or(|group| {
                resource.group == group
                    || group
                        .split_once('.')
                        .is_some_and(|(version, rest)| is_version(version) && rest == resource.group)
                    || (is_version(group) && resource.group.is_empty())
            })
        };
        let whole = self.resources.iter().chain(&self.unlisted).filter(|r| r.subresource.is_empty());
        let by_name = whole
            .clone()
            .find(|r| in_group(r) && (r.name == head || r.singular == head || r.kind.to_lowercase() == head));
        let by_short = || whole.clone().find(|r| in_group(r) && r.short.iter().any(|short| *short == head));
        match by_name.or_else(by_short) {
            Some(resource) => Named::One(resource),
            None => Named::Unknown(self.near(head)),
        }
    }

    /// The three nearest names.
    fn near(&self, word: &str) -> Vec<String> {
        let mut names: Vec<(usize, String)> = Vec::new();
        for resource in self.resources.iter().filter(|resource| resource.subresource.is_empty()) {
            let candidates = [&resource.name, &resource.singular].into_iter();
            // A short name is near to everything short.
            let short = resource.short.iter().filter(|_| word.len() < 5);
            let best = candidates.chain(short).filter(|name| !name.is_empty()).map(|name| distance(word, name)).min();
            let written = match resource.group.as_str() {
                "" => resource.name.clone(),
                group => format!("{}.{group}", resource.name),
            };
            names.push((best.unwrap_or(usize::MAX), written));
        }
        names.sort();
        names.dedup();
        names.truncate(3);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Levenshtein distance.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_testkit::snapshot;

    #[test]
    fn words_are_found_as_kubectl_finds_them() {
        let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: w}\nspec: {group: example.com, scope: Cluster, names: {plural: widgets, kind: Widget, shortNames: [wd]}, versions: [{name: v1, subresources: {status: {}}}]}\n";
        let table = Table::of(37, &snapshot("a.yaml", crd));
        let named = |word: &str| match table.named(word) {
            Named::One(resource) => format!("{}/{}", resource.group, resource.name),
            Named::Unknown(near) => format!("near {}", near.join(",")),
        };
        for (word, found) in [
            ("deploy", "apps/deployments"),
            ("Deployment", "apps/deployments"),
            ("deployments.apps", "apps/deployments"),
            ("deployments.v1.apps", "apps/deployments"),
            ("po", "/pods"),
            ("pods.v1", "/pods"),
            ("events", "/events"),
            ("events.events.k8s.io", "events.k8s.io/events"),
            ("wd", "example.com/widgets"),
        ] {
            assert_eq!(named(word), found, "{word}");
        }
        assert!(named("deploymets").starts_with("near deployments.apps"), "{}", named("deploymets"));
        assert!(!table.get("example.com", "widgets", "").unwrap().namespaced);
        assert!(table.get("example.com", "widgets", "status").is_some());
        assert!(table.get("", "pods", "exec").is_some());
    }
}
