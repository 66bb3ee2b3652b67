//! What the checks ask of a snapshot, found out once a run.

use ironclad_authz::resources::Table;
use ironclad_authz::{
    BindingId, Options, Origin, PolicyRule, RoleId, SubjectId, SubjectKind, World, covers, is_default_binding,
    is_default_role,
};
use ironclad_check::Cx;
use ironclad_model::{Kind, Object, Snapshot};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Kinds that every check of this crate joins.
pub(crate) const READS: &[Kind] = &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING];

/// Those, and the accounts that controllers run as.
pub(crate) const OPERATOR_READS: &[Kind] =
    &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::SERVICE_ACCOUNT];

/// Those, and labels of namespaces.
pub(crate) const DEVICE_READS: &[Kind] =
    &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::NAMESPACE];

pub(crate) use ironclad_authz::UNNAMED;

/// The index and what follows from it.
pub(crate) struct Facts {
    pub(crate) world: Arc<World>,
    pub(crate) resources: Table,
    /// The distinct lists of rules: roles share most of them.
    lists: Vec<RuleList>,
    /// By an entry of `resources`: the rules that have it, as list and index.
    by_entry: FxHashMap<String, Vec<(u32, u32)>>,
    /// By role: is it as the API server makes it?
    default_role: Vec<bool>,
    /// By binding: is it as the API server makes it?
    default_binding: Vec<bool>,
    /// Namespaces in which a right is a right over the cluster: kube-system, and homes of ServiceAccounts that may do
    /// everything.
    system: BTreeSet<String>,
    /// Namespaces in which claims may have administrative access to devices.
    admin_access: BTreeSet<String>,
    /// Groups none of whose resources is in namespaces.
    without_namespaces: BTreeSet<String>,
}

/// What an operator runs as.
pub(crate) struct Controller {
    /// The account and its rights.
    pub(crate) words: String,
    /// Can it do everything, where that is known?
    pub(crate) everything: Option<bool>,
}

/// A list of rules, and the roles that hold it.
#[derive(Default)]
struct RuleList {
    rules: Vec<PolicyRule>,
    /// Those that are judged.
    roles: Vec<RoleId>,
    /// Do they grant everything?
    is_admin: bool,
}

/// Custom resources without a namespace, of operators that the checks know: said here because the definitions seldom lie
/// beside the roles.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("apiextensions.crossplane.io", "compositions"),
    ("apiextensions.crossplane.io", "compositeresourcedefinitions"),
    ("argoproj.io", "clusterworkflowtemplates"),
    ("cert-manager.io", "clusterissuers"),
    ("config.gatekeeper.sh", "configs"),
    ("external-secrets.io", "clusterexternalsecrets"),
    ("external-secrets.io", "clusterpushsecrets"),
    ("external-secrets.io", "clustersecretstores"),
    ("karpenter.k8s.aws", "ec2nodeclasses"),
    ("karpenter.sh", "nodeclaims"),
    ("karpenter.sh", "nodepools"),
    ("kubernetes.crossplane.io", "objects"),
    ("kyverno.io", "clustercleanuppolicies"),
    ("kyverno.io", "clusterpolicies"),
    ("olm.operatorframework.io", "clustercatalogs"),
    ("olm.operatorframework.io", "clusterextensions"),
    ("pkg.crossplane.io", "configurations"),
    ("pkg.crossplane.io", "functions"),
    ("pkg.crossplane.io", "providers"),
    ("policies.kyverno.io", "deletingpolicies"),
    ("policies.kyverno.io", "generatingpolicies"),
    ("policies.kyverno.io", "imagevalidatingpolicies"),
    ("policies.kyverno.io", "mutatingpolicies"),
    ("policies.kyverno.io", "validatingpolicies"),
    ("templates.gatekeeper.sh", "constrainttemplates"),
];

/// The facts of this run.
pub(crate) fn facts(cx: &Cx<'_>) -> Arc<Facts> {
    cx.shared(|snapshot, config| {
        // Without a role or binding there is nothing to hold anything against: most folders of manifests.
        if !READS.iter().any(|kind| snapshot.has_kind(*kind)) {
            let nothing = World::of(&Snapshot::default(), &Options { namespace: UNNAMED, ..Options::default() });
            return Facts::find_out(Arc::new(nothing), Table::default(), snapshot);
        }
        let world = cx.shared(|snapshot, config| World::of_manifests(snapshot, config.version));
        Facts::find_out(world, Table::of(config.version, snapshot), snapshot)
    })
}

impl Facts {
    fn find_out(world: Arc<World>, resources: Table, snapshot: &Snapshot) -> Facts {
        let mut lists: Vec<RuleList> = Vec::new();
        for role in world.role_ids() {
            let class = world.rules_class(role) as usize;
            if class >= lists.len() {
                lists.resize_with(class + 1, RuleList::default);
            }
            let Some(list) = lists.get_mut(class) else { continue };
            if list.roles.is_empty() {
                list.rules = world.rules_of(role);
                list.is_admin = is_everything(&list.rules);
            }
            list.roles.push(role);
        }
        let mut by_entry: FxHashMap<String, Vec<(u32, u32)>> = FxHashMap::default();
        for (class, list) in lists.iter().enumerate() {
            for (index, rule) in list.rules.iter().enumerate() {
                for entry in &rule.resources {
                    let place = (class as u32, index as u32);
                    match by_entry.get_mut(entry) {
                        // An entry that is written twice is one.
                        Some(places) if places.last() == Some(&place) => {}
                        Some(places) => places.push(place),
                        None => drop(by_entry.insert(entry.clone(), vec![place])),
                    }
                }
            }
        }
        let rules_of = |role: RoleId| lists.get(world.rules_class(role) as usize).map_or(&[][..], |list| &list.rules);
        let default_role: Vec<bool> = world
            .role_ids()
            .map(|role| {
                let built_in = world.role(role).origin() == Origin::BuiltIn;
                built_in || (world.role(role).is_cluster() && is_default_role(world.role_name(role), rules_of(role)))
            })
            .collect();
        let default_binding = world
            .binding_ids()
            .map(|binding| {
                let subjects = || world.subjects_of(binding).map(|id| world.subject_label(id)).collect();
                let namespace = world.binding_namespace(binding);
                is_default_binding(namespace, world.binding_name(binding), &world.role_ref_label(binding), subjects)
            })
            .collect();
        // `view`, `edit` and `admin` as the API server makes them.
        let is_for_people = |role: RoleId| {
            let name = world.role_name(role);
            matches!(name, "view" | "edit" | "admin") && world.role(role).origin() == Origin::BuiltIn
                || name.starts_with("system:aggregate-to-") && default_role.get(role.index()) == Some(&true)
        };
        for list in &mut lists {
            list.roles.retain(|role| !is_for_people(*role));
        }
        let mut facts = Facts {
            resources,
            world,
            lists,
            by_entry,
            default_role,
            default_binding,
            system: BTreeSet::from(["kube-system".to_owned()]),
            admin_access: BTreeSet::new(),
            without_namespaces: BTreeSet::new(),
        };
        facts.without_namespaces = facts.resources.all().iter().map(|resource| resource.group.clone()).collect();
        for resource in facts.resources.all().iter().filter(|resource| resource.namespaced) {
            facts.without_namespaces.remove(&resource.group);
        }
        for namespace in snapshot.of_kind(Kind::NAMESPACE) {
            // k8s.io/api `resource/v1`: DRAAdminNamespaceLabelKey.
            let label = namespace.labels().and_then(|labels| labels.get_str("resource.kubernetes.io/admin-access"));
            if label.is_some_and(|entry| entry.value().as_str() == Some("true")) {
                facts.admin_access.insert(namespace.name().to_owned());
            }
        }
        for binding in facts.world.binding_ids() {
            let of_all = facts.world.binding(binding).is_cluster();
            if of_all && facts.world.binding(binding).role().is_some_and(|role| facts.is_admin(role)) {
                let homes = facts.world.subjects_of(binding).map(|id| facts.world.subject_namespace(id).to_owned());
                facts.system.extend(homes.filter(|home| !home.is_empty() && home != UNNAMED));
            }
        }
        facts
    }

    /// Rules of a role.
    pub(crate) fn rules(&self, role: RoleId) -> &[PolicyRule] {
        self.list(role).map_or(&[], |list| &list.rules)
    }

    /// Does the role grant everything, by what it holds and not by its name?
    pub(crate) fn is_admin(&self, role: RoleId) -> bool {
        self.list(role).is_some_and(|list| list.is_admin)
    }

    /// Does any binding name the group?
    pub(crate) fn is_bound_group(&self, name: &str) -> bool {
        let subject = self.world.subject_named(SubjectKind::Group, name);
        subject.is_some_and(|subject| self.world.bindings_of(subject).next().is_some())
    }

    fn list(&self, role: RoleId) -> Option<&RuleList> {
        self.lists.get(self.world.rules_class(role) as usize)
    }

    /// Every distinct rule, by list of rules and index.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, u32)> {
        let lists = self.lists.iter().enumerate();
        lists.flat_map(|(class, list)| (0..list.rules.len() as u32).map(move |index| (class as u32, index)))
    }

    /// The distinct rules with this entry among their resources, in order.
    pub(crate) fn places_of(&self, entry: &str) -> &[(u32, u32)] {
        self.by_entry.get(entry).map_or(&[], Vec::as_slice)
    }

    /// The rule at a place.
    pub(crate) fn rule_at(&self, (class, index): (u32, u32)) -> Option<&PolicyRule> {
        self.lists.get(class as usize)?.rules.get(index as usize)
    }

    /// The roles to judge that hold a list of rules, in order; none where it grants everything.
    pub(crate) fn judged_roles(&self, class: u32) -> &[RoleId] {
        self.lists.get(class as usize).filter(|list| !list.is_admin).map_or(&[], |list| &list.roles)
    }

    /// Is the role as the API server makes it?
    pub(crate) fn is_default_role(&self, role: RoleId) -> bool {
        self.default_role.get(role.index()).copied().unwrap_or_default()
    }

    /// Is the binding as the API server makes it?
    pub(crate) fn is_default_binding(&self, binding: BindingId) -> bool {
        self.default_binding.get(binding.index()).copied().unwrap_or_default()
    }

    /// Is a right in this namespace a right over the cluster?
    pub(crate) fn is_system(&self, namespace: &str) -> bool {
        self.system.contains(namespace)
    }

    /// All of those namespaces.
    pub(crate) fn system(&self) -> impl Iterator<Item = &str> {
        self.system.iter().map(String::as_str)
    }

    /// Can the resource be asked for in a namespace? Unknown ones can. What only authorizers know, users and signers,
    /// is asked for without one: a RoleBinding never grants it.
    pub(crate) fn is_namespaced(&self, group: &str, resource: &str) -> bool {
        let name = resource.split('/').next().unwrap_or(resource);
        if matches!(name, "users" | "groups" | "uids" | "userextras" | "signers") {
            return false;
        }
        if group == "authentication.k8s.io" && name == "nodes" {
            return false;
        }
        // Not the constraints of Gatekeeper either, whatever their kind.
        if group == "constraints.gatekeeper.sh" || CLUSTER_SCOPED.contains(&(group, name)) {
            return false;
        }
        self.resources.get(group, name, "").is_none_or(|resource| resource.namespaced)
    }

    /// Is any resource of a group in namespaces? One that is not known may be.
    pub(crate) fn has_namespaced(&self, group: &str) -> bool {
        !self.without_namespaces.contains(group)
    }

    /// Has a namespace administrative access to devices? Has any, where none is named?
    pub(crate) fn has_admin_access(&self, namespace: Option<&str>) -> bool {
        namespace.map_or(!self.admin_access.is_empty(), |namespace| self.admin_access.contains(namespace))
    }

    /// Does a subject hold everything in the whole cluster, by bindings that name it?
    pub(crate) fn is_cluster_admin(&self, subject: SubjectId) -> bool {
        let mut bindings = self.world.bindings_of(subject).map(|id| self.world.binding(id));
        bindings.any(|binding| binding.is_cluster() && binding.role().is_some_and(|role| self.is_admin(role)))
    }

    /// Is a user or group of this name one that can do everything? The API server's own are known.
    pub(crate) fn is_admin_named(&self, kind: SubjectKind, principal: &str) -> bool {
        let own = match kind {
            SubjectKind::Group => [ironclad_authz::MASTERS, "kubeadm:cluster-admins"].contains(&principal),
            _ => matches!(principal, "system:kube-controller-manager" | "kubernetes-admin" | "kubernetes-super-admin"),
        };
        own || self.world.subject_named(kind, principal).is_some_and(|id| self.is_cluster_admin(id))
    }

    /// Can a ServiceAccount of this name do everything, in this namespace, or in any where none is named?
    pub(crate) fn is_admin_account(&self, namespace: &str, name: &str) -> bool {
        let mut subjects = self.world.subject_ids().filter(|id| self.world.subject_name(*id) == name);
        subjects.any(|id| {
            self.world.subject(id).kind() == SubjectKind::ServiceAccount
                && (namespace.is_empty() || self.world.subject_namespace(id) == namespace)
                && self.is_cluster_admin(id)
        })
    }

    /// The ServiceAccounts of the input with a name of a controller, and what they may, in words.
    pub(crate) fn controller(&self, cx: &Cx<'_>, names: &[&str]) -> Option<Controller> {
        let fits = |name: &str| names.iter().any(|pattern| crate::risk::name_fits(name, pattern));
        let mut found: BTreeSet<(String, String)> = BTreeSet::new();
        for account in cx.objects(Kind::SERVICE_ACCOUNT) {
            if fits(account.name()) {
                found.insert((account.namespace().unwrap_or(UNNAMED).to_owned(), account.name().to_owned()));
            }
        }
        let subjects = || {
            let all = self.world.subject_ids();
            all.filter(move |id| self.world.subject(*id).kind() == SubjectKind::ServiceAccount)
        };
        for id in subjects().filter(|id| fits(self.world.subject_name(*id))) {
            found.insert((self.world.subject_namespace(id).to_owned(), self.world.subject_name(id).to_owned()));
        }
        let (space, name) = found.first()?;
        let same = |id: &SubjectId| {
            self.world.subject_name(*id) == name && self.world.subject_namespace(*id) == space.as_str()
        };
        let (rights, everything) = match subjects().find(same) {
            Some(id) if self.is_cluster_admin(id) => ("which can do everything".to_owned(), Some(true)),
            Some(id) => match self.world.bindings_of(id).count() {
                1 => ("which has 1 role, not everything".to_owned(), Some(false)),
                count => (format!("which has {count} roles, not everything"), Some(false)),
            },
            None => ("whose rights are not among the input".to_owned(), None),
        };
        let place = if space == UNNAMED { String::new() } else { format!("{space}/") };
        Some(Controller { words: format!("ServiceAccount \"{place}{name}\", {rights}"), everything })
    }

    /// The object that a role or binding is.
    pub(crate) fn object<'s>(&self, origin: Origin, cx: &Cx<'s>) -> Option<&'s Object> {
        match origin {
            Origin::Object(id) => cx.object_of(id),
            Origin::BuiltIn | Origin::Outside(_) => None,
        }
    }

    /// A subject as a message names it.
    pub(crate) fn subject(&self, id: SubjectId) -> String {
        let (kind, name) = (self.world.subject(id).kind().as_str(), self.world.subject_name(id));
        match self.world.subject_namespace(id) {
            "" | UNNAMED => format!("{kind} \"{name}\""),
            namespace => format!("{kind} \"{namespace}/{name}\""),
        }
    }
}

/// Do the rules cover every verb on every resource?
pub(crate) fn is_everything(rules: &[PolicyRule]) -> bool {
    let star = || vec!["*".to_owned()];
    let all = PolicyRule { verbs: star(), api_groups: star(), resources: star(), ..PolicyRule::default() };
    covers(rules, &[all]).is_empty()
}
