//! Roles, bindings and subjects as the index holds them.

use crate::intern::Text;
use crate::query::ListId;
use ironclad_model::ObjectId;

/// Index of a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoleId(pub(crate) u32);

/// Index of a binding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BindingId(pub(crate) u32);

/// Index of a subject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubjectId(pub(crate) u32);

impl SubjectId {
    /// The number itself: below [`World::subjects`](crate::World::subjects)`.len()`.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl RoleId {
    /// The number itself.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl BindingId {
    /// The number itself.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where an object comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The snapshot.
    Object(ObjectId),
    /// The API server makes it by default.
    BuiltIn,
    /// Another authorizer than RBAC: position in the list of [`World::with`](crate::World::with).
    Outside(u32),
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    pub(crate) cluster: bool,
    pub(crate) namespace: Text,
    pub(crate) name: Text,
    pub(crate) origin: Origin,
    pub(crate) list: ListId,
    /// For an aggregated role, where each rule comes from: a role and the index of the rule there.
    pub(crate) aggregated: Option<Vec<(RoleId, u32)>>,
    /// The API server would refuse it: it grants nothing.
    pub(crate) refused: bool,
}

impl Role {
    /// Is it a ClusterRole?
    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Has it an aggregation rule?
    pub fn is_aggregated(&self) -> bool {
        self.aggregated.is_some()
    }

    /// Would the API server refuse it? It grants nothing then.
    pub fn is_refused(&self) -> bool {
        self.refused
    }
}

/// What a binding refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoleRef {
    /// A ClusterRole?
    pub cluster: bool,
    pub(crate) name: Text,
}

/// A binding.
#[derive(Clone, Debug)]
pub struct Binding {
    pub(crate) cluster: bool,
    pub(crate) namespace: Text,
    pub(crate) name: Text,
    pub(crate) origin: Origin,
    pub(crate) role_ref: RoleRef,
    pub(crate) role: Option<RoleId>,
    pub(crate) refused: bool,
}

impl Binding {
    /// Is it a ClusterRoleBinding?
    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What it refers to.
    pub fn role_ref(&self) -> RoleRef {
        self.role_ref
    }

    /// The role that it refers to, where it exists.
    pub fn role(&self) -> Option<RoleId> {
        self.role
    }

    /// Would the API server refuse it? It grants nothing then.
    pub fn is_refused(&self) -> bool {
        self.refused
    }
}

/// Kind of a subject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SubjectKind {
    /// A group.
    Group,
    /// A ServiceAccount.
    ServiceAccount,
    /// A user.
    User,
}

impl SubjectKind {
    /// As in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            SubjectKind::Group => "Group",
            SubjectKind::ServiceAccount => "ServiceAccount",
            SubjectKind::User => "User",
        }
    }
}

/// A subject, one for all bindings that name it.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub(crate) kind: SubjectKind,
    /// User or group name; for a ServiceAccount its user name.
    pub(crate) principal: Text,
    /// Name as written.
    pub(crate) name: Text,
    /// Of a ServiceAccount; may come from its binding.
    pub(crate) namespace: Text,
}

impl Subject {
    /// Its kind.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }
}
