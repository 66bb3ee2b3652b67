//! What the checks ask of a snapshot, found out once a run.

use ironclad_authz::resources::Table;
use ironclad_authz::{
    BindingId, Defaults, Options, Origin, PolicyRule, RoleId, SubjectId, World, covers, is_default_binding,
    is_default_role,
};
use ironclad_check::{Cx, RunConfig};
use ironclad_model::{Kind, Object, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Kinds that every check of this crate joins.
pub(crate) const READS: &[Kind] = &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING];

/// Namespace of objects that name none: that of their unit, whatever it will be called.
pub(crate) const UNNAMED: &str = "(its own)";

/// The index and what follows from it.
pub(crate) struct Facts {
    pub(crate) world: World,
    pub(crate) resources: Table,
    /// By role: its rules.
    rules: Vec<Vec<PolicyRule>>,
    /// By role: does it grant everything?
    admin: Vec<bool>,
    /// By role: is it as the API server makes it?
    default_role: Vec<bool>,
    /// By binding: is it as the API server makes it?
    default_binding: Vec<bool>,
    /// Namespaces in which a right is a right over the cluster: kube-system, and homes of ServiceAccounts that may do
    /// everything.
    system: BTreeSet<String>,
}

/// The facts of this run.
pub(crate) fn facts(cx: &Cx<'_>) -> Arc<Facts> {
    cx.shared(Facts::find_out)
}

impl Facts {
    fn find_out(snapshot: &Snapshot, config: &RunConfig) -> Facts {
        let options = Options { namespace: UNNAMED, defaults: Defaults::Roles(config.version), live: false };
        let world = World::of(snapshot, &options);
        let rules: Vec<Vec<PolicyRule>> = world.role_ids().map(|role| world.rules_of(role)).collect();
        let admin: Vec<bool> = rules.iter().map(|rules| is_everything(rules)).collect();
        let default_role = world
            .role_ids()
            .map(|role| {
                let built_in = world.role(role).origin() == Origin::BuiltIn;
                built_in
                    || (world.role(role).is_cluster() && is_default_role(world.role_name(role), &rules[role.index()]))
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
        let mut facts = Facts {
            resources: Table::of(config.version, snapshot),
            world,
            rules,
            admin,
            default_role,
            default_binding,
            system: BTreeSet::from(["kube-system".to_owned()]),
        };
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
        self.rules.get(role.index()).map_or(&[], Vec::as_slice)
    }

    /// Does the role grant everything, by what it holds and not by its name?
    pub(crate) fn is_admin(&self, role: RoleId) -> bool {
        self.admin.get(role.index()).copied().unwrap_or_default()
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

    /// Can the resource be asked for in a namespace? Unknown ones can. What only authorizers know, users and signers,
    /// is asked for without one: a RoleBinding never grants it.
    pub(crate) fn is_namespaced(&self, group: &str, resource: &str) -> bool {
        let name = resource.split('/').next().unwrap_or(resource);
        if matches!(name, "users" | "groups" | "uids" | "userextras" | "signers") {
            return false;
        }
        self.resources.get(group, name, "").is_none_or(|resource| resource.namespaced)
    }

    /// The object that a role or binding is.
    pub(crate) fn object<'s>(&self, origin: Origin, cx: &Cx<'s>) -> Option<&'s Object> {
        match origin {
            Origin::Object(id) => cx.object_of(id),
            Origin::BuiltIn => None,
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
