//! The index: roles, bindings and subjects of a snapshot, with the arrows between them.
//!
//! Each distinct rule and list of rules is held once; proofs are not stored but found again when asked for.
//! Invariant: the index is a function of the snapshot and the options alone.

use crate::intern::Text;
use crate::object::{Binding, BindingId, Origin, Role, RoleId, RoleRef, Subject, SubjectId, SubjectKind};
use crate::query::{ListId, Rows, RuleId, Rules};
use crate::read::{self, Dangling, Duplicate, Invalid, items, text, texts};
use crate::{Defaults, PolicyRule, aggregate, identity};
use ironclad_model::{Kind, Object, Place, Snapshot};
use ironclad_tree::f;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// What decides an index besides the objects.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o> {
    /// Namespace of namespaced objects that do not name theirs.
    pub namespace: &'o str,
    /// Which default objects of the API server join those of the snapshot.
    pub defaults: Defaults,
    /// The objects are those of a running cluster: stored rules of aggregated roles are in force, and what is stored
    /// was accepted.
    pub live: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { namespace: "default", defaults: Defaults::None, live: false }
    }
}

/// Namespace of objects that name none, as checks of manifests see it: that of their unit, whatever it will be called.
pub const UNNAMED: &str = "(its own)";

/// An index of who may do what.
#[derive(Debug)]
pub struct World {
    pub(crate) rules: Rules,
    pub(crate) roles: Vec<Role>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) role_names: FxHashMap<(bool, Text, Text), RoleId>,
    pub(crate) principals: FxHashMap<(SubjectKind, Text), SubjectId>,
    pub(crate) binding_subjects: Rows,
    /// Bindings of a subject, those of the whole cluster first, then by number of the namespace's text.
    pub(crate) subject_bindings: Rows,
    pub(crate) role_bindings: Rows,
    pub(crate) list_roles: Rows,
    pub(crate) rule_lists: Rows,
    /// Rules by an entry of `resources`, `*` included.
    pub(crate) by_resource: FxHashMap<Text, Vec<u32>>,
    pub(crate) url_rules: Vec<u32>,
    pub(crate) order: OnceLock<Vec<SubjectId>>,
    /// Names of users of other authorizers that are in no map: patterns, and second names. Few, or none.
    pub(crate) aliases: Vec<(String, SubjectId)>,
    pub(crate) invalid: Vec<Invalid>,
    pub(crate) duplicates: Vec<Duplicate>,
}

/// An index under construction.
pub(crate) struct Builder<'o> {
    pub(crate) world: World,
    options: &'o Options<'o>,
    pub(crate) binding_subjects: Vec<(u32, u32)>,
    binding_names: FxHashMap<(bool, Text, Text), BindingId>,
    /// ServiceAccounts by namespace and name.
    accounts: FxHashMap<(Text, Text), SubjectId>,
}

impl World {
    /// Indexes the roles and bindings of a snapshot.
    pub fn of(snapshot: &Snapshot, options: &Options<'_>) -> World {
        World::builder(snapshot, options).finish()
    }

    /// All that a snapshot holds.
    pub(crate) fn builder<'o>(snapshot: &Snapshot, options: &'o Options<'o>) -> Builder<'o> {
        let mut builder = Builder::new(options);
        for (kind, cluster) in [(Kind::CLUSTER_ROLE, true), (Kind::ROLE, false)] {
            for object in snapshot.of_kind(kind) {
                builder.role(object, cluster);
            }
        }
        builder.default_roles();
        for (kind, cluster) in [(Kind::CLUSTER_ROLE_BINDING, true), (Kind::ROLE_BINDING, false)] {
            for object in snapshot.of_kind(kind) {
                builder.binding(object, cluster);
            }
        }
        builder.default_bindings();
        aggregate::compute(&mut builder.world, snapshot, options);
        builder
    }

    /// The index that checks of manifests share: namespaces that are not said stay [`UNNAMED`], and the default roles
    /// of a minor version are there.
    pub fn of_manifests(snapshot: &Snapshot, version: u8) -> World {
        World::of(snapshot, &Options { namespace: UNNAMED, defaults: Defaults::Roles(version), live: false })
    }

    /// What the API server would refuse.
    pub fn invalid(&self) -> &[Invalid] {
        &self.invalid
    }

    /// What a later object of the same name replaces.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Bindings to roles that are not there.
    pub fn dangling(&self) -> Vec<Dangling> {
        let missing = self.binding_ids().filter(|id| self.binding(*id).role.is_none() && !self.binding(*id).refused);
        missing.map(|binding| Dangling { binding }).collect()
    }

    /// All roles.
    pub fn role_ids(&self) -> impl Iterator<Item = RoleId> + use<> {
        (0..self.roles.len() as u32).map(RoleId)
    }

    /// All bindings.
    pub fn binding_ids(&self) -> impl Iterator<Item = BindingId> + use<> {
        (0..self.bindings.len() as u32).map(BindingId)
    }

    /// All subjects that a binding names.
    pub fn subject_ids(&self) -> impl Iterator<Item = SubjectId> + use<> {
        (0..self.subjects.len() as u32).map(SubjectId)
    }

    /// A role.
    pub fn role(&self, id: RoleId) -> &Role {
        &self.roles[id.0 as usize]
    }

    /// A binding.
    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[id.0 as usize]
    }

    /// A subject.
    pub fn subject(&self, id: SubjectId) -> &Subject {
        &self.subjects[id.0 as usize]
    }

    /// Number of subjects.
    pub fn subject_count(&self) -> usize {
        self.subjects.len()
    }

    /// The role of this name; a Role in this namespace, a ClusterRole where there is none.
    pub fn role_named(&self, namespace: Option<&str>, name: &str) -> Option<RoleId> {
        let space = self.rules.texts.find(namespace.unwrap_or_default());
        self.role_names.get(&(namespace.is_none(), space, self.rules.texts.find(name))).copied()
    }

    /// Subjects of a binding, in its order.
    pub fn subjects_of(&self, binding: BindingId) -> impl Iterator<Item = SubjectId> + '_ {
        self.binding_subjects.get(binding.0 as usize).iter().map(|id| SubjectId(*id))
    }

    /// Bindings that name a subject.
    pub fn bindings_of(&self, subject: SubjectId) -> impl Iterator<Item = BindingId> + '_ {
        self.subject_bindings.get(subject.0 as usize).iter().map(|id| BindingId(*id))
    }

    /// Bindings that refer to a role.
    pub fn bindings_to(&self, role: RoleId) -> impl Iterator<Item = BindingId> + '_ {
        self.role_bindings.get(role.0 as usize).iter().map(|id| BindingId(*id))
    }

    /// Rules of a role, in its order.
    pub fn rules_of(&self, role: RoleId) -> Vec<PolicyRule> {
        let list = self.rules.of_list(self.role(role).list);
        list.iter().map(|rule| self.rules.plain(RuleId(*rule))).collect()
    }

    /// One rule of a role.
    pub fn rule_of(&self, role: RoleId, index: u32) -> PolicyRule {
        let list = self.rules.of_list(self.role(role).list);
        list.get(index as usize).map(|rule| self.rules.plain(RuleId(*rule))).unwrap_or_default()
    }

    /// Do two roles have the same rules in the same order? A number that is equal where they do.
    pub fn rules_class(&self, role: RoleId) -> u32 {
        self.role(role).list.0
    }

    /// Where a rule of an aggregated role comes from: role and index. The role itself for any other.
    pub fn rule_source(&self, role: RoleId, index: u32) -> (RoleId, u32) {
        let sources = self.role(role).aggregated.as_ref();
        sources.and_then(|sources| sources.get(index as usize)).copied().unwrap_or((role, index))
    }

    /// Name of a role.
    pub fn role_name(&self, id: RoleId) -> &str {
        self.rules.texts.get(self.role(id).name)
    }

    /// Namespace of a role, empty for a ClusterRole.
    pub fn role_namespace(&self, id: RoleId) -> &str {
        self.rules.texts.get(self.role(id).namespace)
    }

    /// `ClusterRole/name` or `Role/namespace/name`; of another authorizer its own words.
    pub fn role_label(&self, id: RoleId) -> String {
        if matches!(self.role(id).origin, Origin::Outside(_)) {
            return self.role_name(id).to_owned();
        }
        match self.role(id).cluster {
            true => format!("ClusterRole/{}", self.role_name(id)),
            false => format!("Role/{}/{}", self.role_namespace(id), self.role_name(id)),
        }
    }

    /// Name of a binding.
    pub fn binding_name(&self, id: BindingId) -> &str {
        self.rules.texts.get(self.binding(id).name)
    }

    /// Namespace of a binding, empty for a ClusterRoleBinding.
    pub fn binding_namespace(&self, id: BindingId) -> &str {
        self.rules.texts.get(self.binding(id).namespace)
    }

    /// `ClusterRoleBinding/name` or `RoleBinding/namespace/name`; of another authorizer its own words.
    pub fn binding_label(&self, id: BindingId) -> String {
        if self.is_outside(id) {
            return self.binding_name(id).to_owned();
        }
        match self.binding(id).cluster {
            true => format!("ClusterRoleBinding/{}", self.binding_name(id)),
            false => format!("RoleBinding/{}/{}", self.binding_namespace(id), self.binding_name(id)),
        }
    }

    /// `ClusterRole/name` or `Role/name`: what a binding refers to.
    pub fn role_ref_label(&self, id: BindingId) -> String {
        let RoleRef { cluster, name } = self.binding(id).role_ref;
        if self.is_outside(id) {
            return self.rules.texts.get(name).to_owned();
        }
        format!("{}/{}", if cluster { "ClusterRole" } else { "Role" }, self.rules.texts.get(name))
    }

    /// Name that a binding refers to.
    pub fn role_ref_name(&self, id: BindingId) -> &str {
        self.rules.texts.get(self.binding(id).role_ref.name)
    }

    /// Name of a subject, without its namespace.
    pub fn subject_name(&self, id: SubjectId) -> &str {
        self.rules.texts.get(self.subject(id).name)
    }

    /// Namespace of a ServiceAccount, empty for others.
    pub fn subject_namespace(&self, id: SubjectId) -> &str {
        self.rules.texts.get(self.subject(id).namespace)
    }

    /// User or group name; of a ServiceAccount its user name.
    pub fn principal(&self, id: SubjectId) -> &str {
        self.rules.texts.get(self.subject(id).principal)
    }

    /// `Group:name`, `User:name` or `ServiceAccount:namespace/name`.
    pub fn subject_label(&self, id: SubjectId) -> String {
        let subject = self.subject(id);
        match subject.kind {
            SubjectKind::ServiceAccount => {
                format!("ServiceAccount:{}/{}", self.subject_namespace(id), self.subject_name(id))
            }
            kind => format!("{}:{}", kind.as_str(), self.subject_name(id)),
        }
    }

    /// The subject with this label or, for a ServiceAccount, user name.
    pub fn subject_named(&self, kind: SubjectKind, principal: &str) -> Option<SubjectId> {
        self.principals.get(&(kind, self.rules.texts.find(principal))).copied()
    }

    /// All subjects by the bytes of their labels.
    pub fn subjects(&self) -> &[SubjectId] {
        self.order.get_or_init(|| {
            let mut labelled: Vec<(String, SubjectId)> =
                self.subject_ids().map(|id| (self.subject_label(id), id)).collect();
            labelled.sort();
            labelled.into_iter().map(|(_, id)| id).collect()
        })
    }
}

impl<'o> Builder<'o> {
    fn new(options: &'o Options<'o>) -> Builder<'o> {
        let world = World {
            rules: Rules::new(),
            roles: Vec::new(),
            bindings: Vec::new(),
            subjects: Vec::new(),
            role_names: FxHashMap::default(),
            principals: FxHashMap::default(),
            binding_subjects: Rows::default(),
            subject_bindings: Rows::default(),
            role_bindings: Rows::default(),
            list_roles: Rows::default(),
            rule_lists: Rows::default(),
            by_resource: FxHashMap::default(),
            url_rules: Vec::new(),
            order: OnceLock::new(),
            aliases: Vec::new(),
            invalid: Vec::new(),
            duplicates: Vec::new(),
        };
        Builder {
            world,
            options,
            binding_subjects: Vec::new(),
            binding_names: FxHashMap::default(),
            accounts: FxHashMap::default(),
        }
    }

    fn namespace_of(&mut self, object: &Object, cluster: bool) -> Text {
        match cluster {
            true => Text::EMPTY,
            false => self.world.rules.texts.intern(object.namespace().unwrap_or(self.options.namespace)),
        }
    }

    fn refused(&mut self, object: &Object, refusal: Option<(ironclad_model::Spot<'_>, String)>) -> bool {
        let Some((spot, message)) = refusal.filter(|_| !self.options.live) else { return false };
        self.world.invalid.push(Invalid { object: object.id(), place: Place::of(spot), message });
        true
    }

    fn role(&mut self, object: &Object, cluster: bool) {
        if !read::is_rbac(object) {
            return;
        }
        let refused = self.refused(object, read::refuses_role(object, cluster));
        let namespace = self.namespace_of(object, cluster);
        let name = self.world.rules.texts.intern(object.name());
        let mut list = Vec::new();
        if !refused {
            for rule in items(object.root(), f::RULES) {
                let parts = [f::VERBS, f::API_GROUPS, f::RESOURCES, f::RESOURCE_NAMES, f::NON_RESOURCE_URLS];
                list.push(self.world.rules.rule(parts.map(|part| texts(rule, part))).0);
            }
        }
        let list = self.world.rules.list(&list);
        let origin = Origin::Object(object.id());
        self.add_role(Role { cluster, namespace, name, origin, list, aggregated: None, refused });
    }

    pub(crate) fn add_role(&mut self, role: Role) -> RoleId {
        let key = (role.cluster, role.namespace, role.name);
        if let Some(&id) = self.world.role_names.get(&key) {
            self.replaced(self.world.roles[id.0 as usize].origin, role.origin);
            self.world.roles[id.0 as usize] = role;
            return id;
        }
        let id = RoleId(self.world.roles.len() as u32);
        self.world.role_names.insert(key, id);
        self.world.roles.push(role);
        id
    }

    fn replaced(&mut self, lost: Origin, kept: Origin) {
        if let (Origin::Object(lost), Origin::Object(kept)) = (lost, kept) {
            self.world.duplicates.push(Duplicate { lost, kept });
        }
    }

    fn binding(&mut self, object: &Object, cluster: bool) {
        if !read::is_rbac(object) {
            return;
        }
        let refused = self.refused(object, read::refuses_binding(object, cluster));
        let namespace = self.namespace_of(object, cluster);
        let name = self.world.rules.texts.intern(object.name());
        let role_ref = object.root().get(f::ROLE_REF).map(|entry| entry.value());
        let (kind, role) = role_ref.map_or(("", ""), |node| (text(node, f::KIND), text(node, f::NAME)));
        let mut subjects = Vec::new();
        if !refused {
            let old = object.api_version().ends_with("/v1alpha1");
            for subject in items(object.root(), f::SUBJECTS) {
                let (kind, name, own) = (text(subject, f::KIND), text(subject, f::NAME), text(subject, f::NAMESPACE));
                match (kind, name) {
                    ("User", "*") if old => subjects.extend(self.subject("Group", identity::ALL_AUTHENTICATED, "")),
                    ("ServiceAccount", _) if own.is_empty() => {
                        let space = self.world.rules.texts.get(namespace).to_owned();
                        subjects.extend(self.subject(kind, name, &space));
                    }
                    _ => subjects.extend(self.subject(kind, name, own)),
                }
            }
        }
        let origin = Origin::Object(object.id());
        let role_ref = RoleRef { cluster: kind == "ClusterRole", name: self.world.rules.texts.intern(role) };
        self.add_binding(Binding { cluster, namespace, name, origin, role_ref, role: None, refused }, &subjects);
    }

    /// The subject of this kind and name; nothing for what never matches anybody.
    pub(crate) fn subject(&mut self, kind: &str, name: &str, namespace: &str) -> Option<SubjectId> {
        let texts = &mut self.world.rules.texts;
        let (kind, principal, namespace) = match kind {
            "User" => (SubjectKind::User, texts.intern(name), Text::EMPTY),
            "Group" => (SubjectKind::Group, texts.intern(name), Text::EMPTY),
            "ServiceAccount" if !namespace.is_empty() => {
                let key = (texts.intern(namespace), texts.intern(name));
                if let Some(known) = self.accounts.get(&key) {
                    return Some(*known);
                }
                let user = identity::service_account_user(namespace, name);
                (SubjectKind::ServiceAccount, texts.intern(&user), key.0)
            }
            _ => return None,
        };
        let next = SubjectId(self.world.subjects.len() as u32);
        let id = *self.world.principals.entry((kind, principal)).or_insert(next);
        if id == next {
            let name = texts.intern(name);
            self.world.subjects.push(Subject { kind, principal, name, namespace });
            if kind == SubjectKind::ServiceAccount {
                self.accounts.insert((namespace, name), id);
            }
        }
        Some(id)
    }

    pub(crate) fn add_binding(&mut self, mut binding: Binding, subjects: &[SubjectId]) {
        let space = if binding.role_ref.cluster { Text::EMPTY } else { binding.namespace };
        let role = self.world.role_names.get(&(binding.role_ref.cluster, space, binding.role_ref.name));
        binding.role = role.copied();
        let key = (binding.cluster, binding.namespace, binding.name);
        let next = BindingId(self.world.bindings.len() as u32);
        let id = *self.binding_names.entry(key).or_insert(next);
        if id == next {
            self.world.bindings.push(binding);
        } else {
            self.replaced(self.world.bindings[id.0 as usize].origin, binding.origin);
            self.world.bindings[id.0 as usize] = binding;
            self.binding_subjects.retain(|(owner, _)| *owner != id.0);
        }
        let start = self.binding_subjects.len();
        for subject in subjects {
            let pair = (id.0, subject.0);
            if !self.binding_subjects[start..].contains(&pair) {
                self.binding_subjects.push(pair);
            }
        }
    }

    pub(crate) fn has_binding(&self, cluster: bool, namespace: Text, name: Text) -> bool {
        self.binding_names.contains_key(&(cluster, namespace, name))
    }

    pub(crate) fn defaults(&self) -> Defaults {
        self.options.defaults
    }

    pub(crate) fn finish(self) -> World {
        let Builder { mut world, binding_subjects, .. } = self;
        world.rules.finish();
        world.binding_subjects = Rows::grouped(world.bindings.len(), &binding_subjects);
        // By scope, so that a look-up finds the bindings of one namespace without walking the others.
        let mut turned: Vec<(u32, u32)> =
            binding_subjects.iter().map(|(binding, subject)| (*subject, *binding)).collect();
        turned.sort_unstable_by_key(|(subject, binding)| {
            let binding_scope = &world.bindings[*binding as usize];
            (*subject, !binding_scope.cluster, binding_scope.namespace, *binding)
        });
        world.subject_bindings = Rows::grouped(world.subjects.len(), &turned);
        let pairs = |pairs: Vec<(u32, u32)>, rows| Rows::grouped(rows, &pairs);
        let bindings = world.bindings.iter().enumerate();
        let role_bindings = bindings.filter_map(|(id, binding)| Some((binding.role?.0, id as u32))).collect();
        world.role_bindings = pairs(role_bindings, world.roles.len());
        let list_roles = world.roles.iter().enumerate().map(|(id, role)| (role.list.0, id as u32)).collect();
        world.list_roles = pairs(list_roles, world.rules.lists());
        let mut rule_lists = Vec::new();
        for list in 0..world.rules.lists() as u32 {
            let mut seen: Vec<u32> = world.rules.of_list(ListId(list)).to_vec();
            seen.sort_unstable();
            seen.dedup();
            rule_lists.extend(seen.into_iter().map(|rule| (rule, list)));
        }
        world.rule_lists = pairs(rule_lists, world.rules.all().len());
        for (id, rule) in world.rules.all().iter().enumerate() {
            for resource in rule.resources() {
                world.by_resource.entry(*resource).or_default().push(id as u32);
            }
            if !rule.urls().is_empty() {
                world.url_rules.push(id as u32);
            }
        }
        world
    }
}
