//! The roles and bindings that the API server makes by itself, for each minor version.
//!
//! `data/defaults.txt` is written by `cargo xtask rbac-tables` from the published module k8s.io/kubernetes
//! (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`), with the feature gates that are on by default. Blocks: `KIND
//! [NAMESPACE] NAME FIRST-LAST`, then lines `l` label, `a` label that is selected, `r` rule (verbs; groups; resources;
//! names; paths; `-` is the core group), `b` role, `s` subject.

use crate::PolicyRule;
use crate::intern::Text;
use crate::object::{Binding, Origin, Role, RoleRef};
use crate::query::Rules;
use crate::world::Builder;
use ironclad_model::LabelSelector;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

const DATA: &str = include_str!("../data/defaults.txt");

/// Oldest minor version whose default objects are known.
pub const OLDEST: u8 = 34;
/// Newest.
pub const NEWEST: u8 = 37;

/// Which default objects join those of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defaults {
    /// None.
    None,
    /// Roles, so that bindings to them resolve.
    Roles(u8),
    /// Roles and bindings.
    All(u8),
}

impl Defaults {
    /// The minor version, brought into the range of what is known.
    fn version(self) -> Option<u8> {
        match self {
            Defaults::None => None,
            Defaults::Roles(version) | Defaults::All(version) => Some(version.clamp(OLDEST, NEWEST)),
        }
    }
}

/// A default object.
struct Block {
    kind: &'static str,
    namespace: &'static str,
    name: &'static str,
    minors: (u8, u8),
    labels: Vec<(&'static str, &'static str)>,
    selected: Vec<(&'static str, &'static str)>,
    rules: Vec<PolicyRule>,
    role: (&'static str, &'static str),
    subjects: Vec<(&'static str, &'static str, &'static str)>,
}

static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| parse(DATA));

/// Blocks of bindings by name.
static BINDINGS: LazyLock<FxHashMap<&str, Vec<&Block>>> = LazyLock::new(|| {
    let mut named: FxHashMap<&str, Vec<&Block>> = FxHashMap::default();
    for block in BLOCKS.iter().filter(|block| block.kind.ends_with("Binding")) {
        named.entry(block.name).or_default().push(block);
    }
    named
});

/// Blocks of ClusterRoles by name.
static ROLES: LazyLock<FxHashMap<&str, Vec<&Block>>> = LazyLock::new(|| {
    let mut named: FxHashMap<&str, Vec<&Block>> = FxHashMap::default();
    for block in BLOCKS.iter().filter(|block| block.kind == "ClusterRole") {
        named.entry(block.name).or_default().push(block);
    }
    named
});

fn parse(data: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in data.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&'static str> = line.split(' ').collect();
        let pair = || words.get(1).and_then(|word| word.split_once('=')).unwrap_or_default();
        match (words.first().copied().unwrap_or_default(), blocks.last_mut()) {
            ("l", Some(block)) => block.labels.push(pair()),
            ("a", Some(block)) => block.selected.push(pair()),
            ("r", Some(block)) => block.rules.push(rule(words.get(1).copied().unwrap_or_default())),
            ("b", Some(block)) => block.role = pair(),
            ("s", Some(block)) => {
                let word = |index: usize| words.get(index).copied().unwrap_or_default();
                let subject = if words.len() > 3 { (word(1), word(2), word(3)) } else { (word(1), "", word(2)) };
                block.subjects.push(subject);
            }
            (kind, _) => {
                let (namespace, name) = match words.as_slice() {
                    [_, name, _] => ("", *name),
                    [_, namespace, name, _] => (*namespace, *name),
                    _ => continue,
                };
                let minors = words.last().and_then(|range| range.split_once('-')).unwrap_or_default();
                let minor = |text: &str| text.parse().unwrap_or_default();
                blocks.push(Block {
                    kind,
                    namespace,
                    name,
                    minors: (minor(minors.0), minor(minors.1)),
                    labels: Vec::new(),
                    selected: Vec::new(),
                    rules: Vec::new(),
                    role: ("", ""),
                    subjects: Vec::new(),
                });
            }
        }
    }
    blocks
}

fn rule(text: &str) -> PolicyRule {
    let mut parts = text.split(';').map(|part| -> Vec<String> {
        let words = part.split(',').filter(|word| !word.is_empty());
        words.map(|word| if word == "-" { String::new() } else { word.to_owned() }).collect()
    });
    let mut next = || parts.next().unwrap_or_default();
    PolicyRule {
        verbs: next(),
        api_groups: next(),
        resources: next(),
        resource_names: next(),
        non_resource_urls: next(),
    }
}

fn of(version: u8) -> impl Iterator<Item = &'static Block> {
    let version = version.clamp(OLDEST, NEWEST);
    BLOCKS.iter().filter(move |block| (block.minors.0..=block.minors.1).contains(&version))
}

fn cluster_role(name: &str, version: u8) -> Option<&'static Block> {
    of(version).find(|block| block.kind == "ClusterRole" && block.name == name)
}

/// Rules of a default ClusterRole.
pub(crate) fn role_rules(name: &str, version: u8) -> Vec<PolicyRule> {
    cluster_role(name, version).map(|block| block.rules.clone()).unwrap_or_default()
}

/// Labels of a default ClusterRole.
pub(crate) fn labels(name: &str, defaults: Defaults) -> &'static [(&'static str, &'static str)] {
    let block = defaults.version().and_then(|version| cluster_role(name, version));
    block.map_or(&[], |block| block.labels.as_slice())
}

/// Selectors of a default ClusterRole that is aggregated.
pub(crate) fn selectors(name: &str, defaults: Defaults) -> Vec<LabelSelector> {
    let Some(block) = defaults.version().and_then(|version| cluster_role(name, version)) else { return Vec::new() };
    let written = block.selected.iter().map(|(key, value)| format!("{key}={value}"));
    written.filter_map(|text| LabelSelector::parse(&text).ok()).collect()
}

impl Builder<'_> {
    /// Adds the default roles that the snapshot does not hold itself.
    pub(crate) fn default_roles(&mut self) {
        let Some(version) = self.defaults().version() else { return };
        for block in of(version).filter(|block| block.role.1.is_empty()) {
            let cluster = block.kind == "ClusterRole";
            let texts = &mut self.world.rules.texts;
            let (namespace, name) = (texts.intern(block.namespace), texts.intern(block.name));
            if self.world.role_names.contains_key(&(cluster, namespace, name)) {
                continue;
            }
            let list = compile(&mut self.world.rules, &block.rules);
            let origin = Origin::BuiltIn;
            self.add_role(Role { cluster, namespace, name, origin, list, aggregated: None, refused: false });
        }
    }

    /// Adds the default bindings that the snapshot does not hold itself.
    pub(crate) fn default_bindings(&mut self) {
        let Defaults::All(version) = self.defaults() else { return };
        for block in of(version).filter(|block| !block.role.1.is_empty()) {
            let cluster = block.kind == "ClusterRoleBinding";
            let texts = &mut self.world.rules.texts;
            let (namespace, name): (Text, Text) = (texts.intern(block.namespace), texts.intern(block.name));
            let role_ref = RoleRef { cluster: block.role.0 == "ClusterRole", name: texts.intern(block.role.1) };
            if self.has_binding(cluster, namespace, name) {
                continue;
            }
            let mut subjects = Vec::new();
            for (kind, space, subject) in &block.subjects {
                subjects.extend(self.subject(kind, subject, space));
            }
            let binding =
                Binding { cluster, namespace, name, origin: Origin::BuiltIn, role_ref, role: None, refused: false };
            self.add_binding(binding, &subjects);
        }
    }
}

fn compile(rules: &mut Rules, plain: &[PolicyRule]) -> crate::query::ListId {
    let ids: Vec<u32> = plain.iter().map(|rule| rules.rule_of(rule).0).collect();
    rules.list(&ids)
}

/// Is this a default ClusterRole of some supported version, with exactly these rules?
pub fn is_default_role(name: &str, rules: &[PolicyRule]) -> bool {
    let Some(blocks) = ROLES.get(name) else { return false };
    let mut sorted = rules.to_vec();
    sorted.sort();
    blocks.iter().any(|block| {
        let mut own = block.rules.clone();
        own.sort();
        own == sorted
    })
}

/// What a ClusterRole with the name of a default one grants beyond that in every supported version: index of the rule,
/// and the right. Nothing where the name is no default one, or one whose rules others gather.
pub fn added_to_default(name: &str, rules: &[PolicyRule]) -> Option<Vec<(u32, PolicyRule)>> {
    let blocks = ROLES.get(name).filter(|blocks| blocks.iter().all(|block| block.selected.is_empty()))?;
    let own: Vec<PolicyRule> = blocks.iter().flat_map(|block| block.rules.iter().cloned()).collect();
    let added = |(index, rule): (usize, &PolicyRule)| {
        let missing = crate::covers(&own, std::slice::from_ref(rule));
        missing.into_iter().map(move |atom| (index as u32, atom)).collect::<Vec<_>>()
    };
    Some(rules.iter().enumerate().flat_map(added).collect())
}

/// Is this a default binding of some supported version: to this role (`ClusterRole/name`), of exactly these subjects (as
/// `Group:name`, `User:name`, `ServiceAccount:namespace/name`)?
/// The subjects are only asked for where the name is a default one.
pub fn is_default_binding(namespace: &str, name: &str, role: &str, subjects: impl FnOnce() -> Vec<String>) -> bool {
    let Some(blocks) = BINDINGS.get(name) else { return false };
    let mut sorted = subjects();
    sorted.sort_unstable();
    blocks.iter().filter(|block| block.namespace == namespace).any(|block| {
        let mut own: Vec<String> = block
            .subjects
            .iter()
            .map(|(kind, space, name)| match *space {
                "" => format!("{kind}:{name}"),
                space => format!("{kind}:{space}/{name}"),
            })
            .collect();
        own.sort_unstable();
        format!("{}/{}", block.role.0, block.role.1) == role && own == sorted
    })
}
