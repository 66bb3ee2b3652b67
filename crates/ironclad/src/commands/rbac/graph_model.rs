//! The graph of grants, collapsed: subjects with the same grants are one node, roles with the same rules are one, and the
//! bindings between two such nodes are one.

use super::risks::{self, Risk};
use super::running::{Running, running};
use super::session::Session;
use ironclad_authz::{BindingId, Origin, RoleId, SubjectId};
use ironclad_model::{ObjectId, Severity};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NodeKind {
    Pod,
    Subject,
    Binding,
    Role,
}

impl NodeKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            NodeKind::Pod => "pod",
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
    /// The worst that the rbac checks say of it.
    pub(super) risk: Option<Severity>,
    /// What that is, the worst first.
    pub(super) why: Vec<String>,
}

/// The graph.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Indexes of nodes: pod → subject, subject → binding, binding → role.
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
    /// Only grants here, and cluster-wide ones; all where it is empty.
    pub(super) spaces: Vec<&'a str>,
    /// No grants here, and no ServiceAccounts of here.
    pub(super) without: Vec<&'a str>,
    /// Draw what runs, too.
    pub(super) pods: bool,
    /// Only ServiceAccounts that something runs as.
    pub(super) pods_only: bool,
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
        if self.without.contains(&session.world.subject_namespace(subject)) {
            return false;
        }
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
    let marks = Marks::of(session);
    let running = if filter.pods || filter.pods_only { running(session, false) } else { Vec::new() };
    let accounts: BTreeSet<String> = running.iter().map(Running::subject).collect();
    let mut classes: BTreeMap<Signature, Vec<SubjectId>> = BTreeMap::new();
    let (mut subjects, mut filtered) = (0, 0);
    for subject in world.subjects() {
        let runs = !filter.pods_only || accounts.contains(&world.subject_label(*subject));
        if !runs || !filter.takes(session, *subject) {
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
    // What is risky first: the rest may have to be hidden.
    sorted.sort_by_cached_key(|(_, members)| {
        let label = world.subject_label(members[0]);
        (std::cmp::Reverse(marks.of_subject(&label).0), usize::MAX - members.len(), label)
    });
    let mut graph = Graph { nodes: Vec::new(), edges: Vec::new(), subjects, filtered };
    let mut roles: BTreeMap<RoleClass, usize> = BTreeMap::new();
    for (signature, members) in sorted {
        let labels: Vec<String> = members.iter().map(|id| world.subject_label(*id)).collect();
        let label = collapsed(&labels, "with the same grants");
        let mark = marks.of_subject(&labels[0]);
        let pods: Vec<String> =
            running.iter().filter(|one| labels.contains(&one.subject())).map(Running::label).collect();
        let subject = graph.add(NodeKind::Subject, label, labels.clone(), Vec::new(), mark.clone());
        if !pods.is_empty() {
            let label = collapsed(&pods, "with accounts of the same grants");
            let pod = graph.add(NodeKind::Pod, label, pods, Vec::new(), mark);
            graph.edges.push((pod, subject));
        }
        let mut scopes: BTreeMap<RoleClass, BTreeSet<String>> = BTreeMap::new();
        for (role, scope) in signature {
            scopes.entry(role).or_default().insert(scope);
        }
        for (class_of_role, scopes) in scopes {
            let own = |binding: &BindingId| class(session, *binding) == class_of_role;
            let ids: BTreeSet<BindingId> =
                members.iter().flat_map(|id| grants(session, *id, filter)).filter(own).collect();
            let mut bindings: Vec<String> = ids.iter().map(|id| world.binding_label(*id)).collect();
            bindings.sort();
            let detail =
                scopes.iter().map(|s| if s.is_empty() { "cluster-wide".to_owned() } else { format!("namespace {s}") });
            let label = collapsed(&bindings, "");
            let mark = marks.of_bindings(session, &ids, &labels[0]);
            let binding = graph.add(NodeKind::Binding, label, bindings, detail.collect(), mark.clone());
            let role = match roles.get(&class_of_role) {
                Some(role) => *role,
                None => {
                    let role = graph.role(session, &class_of_role);
                    roles.insert(class_of_role, role);
                    role
                }
            };
            graph.nodes[role].worsen(mark);
            graph.edges.push((subject, binding));
            graph.edges.push((binding, role));
        }
    }
    graph.cap(filter.most);
    graph
}

/// How bad it is, and why.
type Mark = (Option<Severity>, Vec<String>);

/// Reasons that a node shows.
const REASONS: usize = 4;

/// What the rbac checks say, by subject and by object.
struct Marks {
    risks: Vec<Risk>,
    subjects: BTreeMap<String, Vec<usize>>,
    objects: BTreeMap<ObjectId, Vec<usize>>,
}

impl Marks {
    fn of(session: &Session) -> Marks {
        let risks = risks::of(&session.snapshot, session.version);
        let (mut subjects, mut objects) = (BTreeMap::<_, Vec<usize>>::new(), BTreeMap::<_, Vec<usize>>::new());
        for (index, risk) in risks.iter().enumerate() {
            objects.entry(risk.object).or_default().push(index);
            for subject in &risk.subjects {
                subjects.entry(subject.clone()).or_default().push(index);
            }
        }
        Marks { risks, subjects, objects }
    }

    /// Risks come the worst first.
    fn mark(&self, indexes: impl Iterator<Item = usize>) -> Mark {
        let found: Vec<&Risk> = indexes.map(|index| &self.risks[index]).collect();
        let reasons = found.iter().map(|risk| format!("{}: {}", risk.severity, risk.check));
        let mut why: Vec<String> = Vec::new();
        for reason in reasons {
            if why.len() < REASONS && !why.contains(&reason) {
                why.push(reason);
            }
        }
        (found.iter().map(|risk| risk.severity).max(), why)
    }

    fn of_subject(&self, label: &str) -> Mark {
        self.mark(self.subjects.get(label).into_iter().flatten().copied())
    }

    /// What these bindings, and the roles that they refer to, are to this subject.
    fn of_bindings(&self, session: &Session, bindings: &BTreeSet<BindingId>, subject: &str) -> Mark {
        let world = &session.world;
        let object = |origin: Origin| match origin {
            Origin::Object(id) => Some(id),
            Origin::BuiltIn | Origin::Outside(_) => None,
        };
        let mut objects: BTreeSet<ObjectId> = BTreeSet::new();
        for binding in bindings {
            objects.extend(object(world.binding(*binding).origin()));
            objects.extend(world.binding(*binding).role().and_then(|role| object(world.role(role).origin())));
        }
        let mut indexes: Vec<usize> = objects.iter().filter_map(|id| self.objects.get(id)).flatten().copied().collect();
        indexes.sort_unstable();
        self.mark(indexes.into_iter().filter(|index| self.risks[*index].subjects.contains(subject)))
    }
}

fn grants<'s>(
    session: &'s Session,
    subject: SubjectId,
    filter: &'s Filter<'_>,
) -> impl Iterator<Item = BindingId> + 's {
    let world = &session.world;
    world.bindings_of(subject).filter(move |binding| {
        world.binding(*binding).is_cluster()
            || (filter.spaces.is_empty() || filter.spaces.contains(&world.binding_namespace(*binding)))
                && !filter.without.contains(&world.binding_namespace(*binding))
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

impl Node {
    /// Takes a mark where it is worse.
    fn worsen(&mut self, (risk, why): Mark) {
        if risk > self.risk {
            self.risk = risk;
            self.why = why;
        }
    }
}

impl Graph {
    fn add(&mut self, kind: NodeKind, label: String, members: Vec<String>, detail: Vec<String>, mark: Mark) -> usize {
        let id = format!("n{}", self.nodes.len());
        let (risk, why) = mark;
        self.nodes.push(Node { id, kind, label, members, detail, shown: true, risk, why });
        self.nodes.len() - 1
    }

    fn role(&mut self, session: &Session, class: &RoleClass) -> usize {
        let world = &session.world;
        match class {
            RoleClass::Missing(label) => {
                let detail = vec!["does not exist: grants nothing".to_owned()];
                self.add(NodeKind::Role, format!("{label} (missing)"), vec![label.clone()], detail, (None, Vec::new()))
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
                let label = collapsed(&labels, "with the same rules");
                self.add(NodeKind::Role, label, labels, detail, (None, Vec::new()))
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
        // What runs is where its account is.
        let pods: Vec<(usize, bool)> = self.edges.iter().map(|(from, to)| (*from, self.nodes[*to].shown)).collect();
        for (from, shown) in pods {
            if self.nodes[from].kind == NodeKind::Pod {
                self.nodes[from].shown = shown;
            }
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

    /// The worst of the two ends, where both are risky: an arrow that a risk goes along.
    pub(super) fn risk_along(from: &Node, to: &Node) -> Option<Severity> {
        from.risk.min(to.risk)
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
