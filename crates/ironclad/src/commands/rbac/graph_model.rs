//! The graph of grants, collapsed: subjects with the same grants are one node, roles with the same rules are one, and the
//! bindings between two such nodes are one.

use super::session::Session;
use ironclad_authz::{BindingId, Origin, RoleId, SubjectId};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NodeKind {
    Subject,
    Binding,
    Role,
}

impl NodeKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            NodeKind::Subject => "subject",
            NodeKind::Binding => "binding",
            NodeKind::Role => "role",
        }
    }
}

/// A node.
pub(super) struct Node {
    pub(super) id: String,
    pub(super) kind: NodeKind,
    pub(super) label: String,
    /// Everything that it stands for.
    pub(super) members: Vec<String>,
    /// Lines that say more: scopes of bindings, rules of roles.
    pub(super) detail: Vec<String>,
    /// Drawn, or counted as hidden.
    pub(super) shown: bool,
}

/// The graph.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Indexes of nodes: subject → binding, binding → role.
    pub(super) edges: Vec<(usize, usize)>,
    pub(super) subjects: usize,
    /// Subjects that the filter leaves out.
    pub(super) filtered: usize,
}

/// What subjects of one node share: roles, each with its scope.
type Signature = Vec<(RoleClass, String)>;

/// Which subjects and grants.
pub(super) struct Filter<'a> {
    pub(super) include: Option<Regex>,
    pub(super) exclude: Option<Regex>,
    pub(super) namespace: Option<&'a str>,
    pub(super) most: usize,
}

/// Roles with equal rules, or a role that is missing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum RoleClass {
    Rules(u32),
    Missing(String),
}

impl Filter<'_> {
    fn takes(&self, session: &Session, subject: SubjectId) -> bool {
        let label = session.world.subject_label(subject);
        let default = session.world.principal(subject).starts_with("system:") && !label.starts_with("ServiceAccount:")
            || label.starts_with("ServiceAccount:kube-system/");
        let excluded = match (&self.exclude, &self.include) {
            (Some(regex), _) => regex.is_match(&label),
            (None, Some(_)) => false,
            (None, None) => default,
        };
        !excluded && self.include.as_ref().is_none_or(|regex| regex.is_match(&label))
    }
}

/// Builds the graph.
pub(super) fn graph(session: &Session, filter: &Filter<'_>) -> Graph {
    let world = &session.world;
    let mut classes: BTreeMap<Signature, Vec<SubjectId>> = BTreeMap::new();
    let (mut subjects, mut filtered) = (0, 0);
    for subject in world.subjects() {
        if !filter.takes(session, *subject) {
            filtered += 1;
            continue;
        }
        let mut signature: BTreeSet<(RoleClass, String)> = BTreeSet::new();
        for binding in grants(session, *subject, filter) {
            signature.insert((class(session, binding), world.binding_namespace(binding).to_owned()));
        }
        if !signature.is_empty() {
            subjects += 1;
            classes.entry(signature.into_iter().collect()).or_default().push(*subject);
        }
    }
    let mut sorted: Vec<(Signature, Vec<SubjectId>)> = classes.into_iter().collect();
    sorted.sort_by_cached_key(|(_, members)| (usize::MAX - members.len(), world.subject_label(members[0])));
    let mut graph = Graph { nodes: Vec::new(), edges: Vec::new(), subjects, filtered };
    let mut roles: BTreeMap<RoleClass, usize> = BTreeMap::new();
    for (signature, members) in sorted {
        let labels: Vec<String> = members.iter().map(|id| world.subject_label(*id)).collect();
        let label = collapsed(&labels, "with the same grants");
        let subject = graph.add(NodeKind::Subject, label, labels, Vec::new());
        let mut scopes: BTreeMap<RoleClass, BTreeSet<String>> = BTreeMap::new();
        for (role, scope) in signature {
            scopes.entry(role).or_default().insert(scope);
        }
        for (class_of_role, scopes) in scopes {
            let own = |binding: &BindingId| class(session, *binding) == class_of_role;
            let bindings: BTreeSet<String> = members
                .iter()
                .flat_map(|id| grants(session, *id, filter))
                .filter(own)
                .map(|id| world.binding_label(id))
                .collect();
            let bindings: Vec<String> = bindings.into_iter().collect();
            let detail =
                scopes.iter().map(|s| if s.is_empty() { "cluster-wide".to_owned() } else { format!("namespace {s}") });
            let label = collapsed(&bindings, "");
            let binding = graph.add(NodeKind::Binding, label, bindings, detail.collect());
            let role = match roles.get(&class_of_role) {
                Some(role) => *role,
                None => {
                    let role = graph.role(session, &class_of_role);
                    roles.insert(class_of_role, role);
                    role
                }
            };
            graph.edges.push((subject, binding));
            graph.edges.push((binding, role));
        }
    }
    graph.cap(filter.most);
    graph
}

fn grants<'s>(
    session: &'s Session,
    subject: SubjectId,
    filter: &'s Filter<'_>,
) -> impl Iterator<Item = BindingId> + 's {
    let world = &session.world;
    world.bindings_of(subject).filter(move |binding| {
        world.binding(*binding).is_cluster()
            || filter.namespace.is_none_or(|namespace| world.binding_namespace(*binding) == namespace)
    })
}

fn class(session: &Session, binding: BindingId) -> RoleClass {
    match session.world.binding(binding).role() {
        Some(role) => RoleClass::Rules(session.world.rules_class(role)),
        None => RoleClass::Missing(session.world.role_ref_label(binding)),
    }
}

fn collapsed(labels: &[String], words: &str) -> String {
    match labels {
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more {words}", rest.len()).trim_end().to_owned(),
        [] => String::new(),
    }
}

impl Graph {
    fn add(&mut self, kind: NodeKind, label: String, members: Vec<String>, detail: Vec<String>) -> usize {
        let id = format!("n{}", self.nodes.len());
        self.nodes.push(Node { id, kind, label, members, detail, shown: true });
        self.nodes.len() - 1
    }

    fn role(&mut self, session: &Session, class: &RoleClass) -> usize {
        let world = &session.world;
        match class {
            RoleClass::Missing(label) => {
                let detail = vec!["does not exist: grants nothing".to_owned()];
                self.add(NodeKind::Role, format!("{label} (missing)"), vec![label.clone()], detail)
            }
            RoleClass::Rules(class) => {
                let bound = |id: &RoleId| {
                    world.rules_class(*id) == *class
                        && (world.bindings_to(*id).next().is_some() || world.role(*id).origin() != Origin::BuiltIn)
                };
                let ids: Vec<RoleId> = world.role_ids().filter(bound).collect();
                let mut labels: Vec<String> = ids.iter().map(|id| world.role_label(*id)).collect();
                labels.sort();
                let rules = ids.first().map(|id| world.rules_of(*id)).unwrap_or_default();
                let mut detail: Vec<String> = rules.iter().map(ToString::to_string).collect();
                if detail.is_empty() {
                    detail.push("no rules".to_owned());
                }
                self.add(NodeKind::Role, collapsed(&labels, "with the same rules"), labels, detail)
            }
        }
    }

    /// Hides what is beyond the cap: subjects in their order, then what only hidden subjects reach.
    fn cap(&mut self, most: usize) {
        let mut seen = 0;
        for node in self.nodes.iter_mut().filter(|node| node.kind == NodeKind::Subject) {
            seen += 1;
            node.shown = seen <= most;
        }
        for kind in [NodeKind::Binding, NodeKind::Role] {
            let mut reached: Vec<bool> = vec![false; self.nodes.len()];
            for (from, to) in &self.edges {
                if self.nodes[*from].shown && self.nodes[*to].kind == kind {
                    reached[*to] = true;
                }
            }
            let mut seen = 0;
            let most = if kind == NodeKind::Binding { most.saturating_mul(3) } else { most };
            for (node, reached) in self.nodes.iter_mut().zip(reached).filter(|(node, _)| node.kind == kind) {
                seen += usize::from(reached);
                node.shown = reached && seen <= most;
            }
        }
    }

    /// How many nodes of a kind are not drawn.
    pub(super) fn hidden(&self, kind: NodeKind) -> usize {
        self.nodes.iter().filter(|node| node.kind == kind && !node.shown).count()
    }

    /// Nodes that are drawn.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.shown)
    }

    /// Edges between nodes that are drawn.
    pub(super) fn shown_edges(&self) -> impl Iterator<Item = (&Node, &Node)> {
        let pairs = self.edges.iter().map(|(from, to)| (&self.nodes[*from], &self.nodes[*to]));
        pairs.filter(|(from, to)| from.shown && to.shown)
    }

    /// What is not drawn, in words; empty where everything is.
    pub(super) fn remark(&self) -> String {
        let mut parts = Vec::new();
        for (kind, words) in [
            (NodeKind::Subject, "groups of subjects"),
            (NodeKind::Binding, "groups of bindings"),
            (NodeKind::Role, "roles"),
        ] {
            if self.hidden(kind) > 0 {
                parts.push(format!("{} {words} hidden (--most)", self.hidden(kind)));
            }
        }
        if self.filtered > 0 {
            parts.push(format!("subjects filtered out: {} (--include-subjects, --exclude-subjects)", self.filtered));
        }
        parts.join("; ")
    }
}
