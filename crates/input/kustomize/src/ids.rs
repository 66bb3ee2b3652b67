//! Who an object is: group, version, kind, name, namespace (kyaml's `resid`).

use crate::schema::Schemas;

/// Group, version, kind; empty parts of a selector select everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

impl Gvk {
    pub(crate) fn of(api_version: &str, kind: &str) -> Gvk {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Does a selector take it?
    pub(crate) fn is_selected(&self, selector: &Gvk) -> bool {
        let fits = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        fits(&selector.group, &self.group) && fits(&selector.version, &self.version) && fits(&selector.kind, &self.kind)
    }
}

impl std::fmt::Display for Gvk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.api_version();
        let kind = if self.kind.is_empty() { "any kind" } else { &self.kind };
        if version.is_empty() || version == "/" { f.write_str(kind) } else { write!(f, "{kind} ({version})") }
    }
}

/// An object's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResId {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) is_cluster: bool,
}

impl ResId {
    pub(crate) fn new(gvk: Gvk, name: &str, namespace: &str, schemas: &Schemas) -> ResId {
        let is_cluster = schemas.is_cluster(&gvk.api_version(), &gvk.kind);
        ResId { gvk, name: name.to_owned(), namespace: namespace.to_owned(), is_cluster }
    }

    /// The namespace for comparisons: one name stands for none at all, and none means `default`.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.is_cluster {
            "_non_namespaceable_"
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    pub(crate) fn same_namespace(&self, other: &ResId) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    pub(crate) fn same_kind_and_name(&self, other: &ResId) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    pub(crate) fn same(&self, other: &ResId) -> bool {
        self.same_namespace(other) && self.same_kind_and_name(other)
    }
}

impl std::fmt::Display for ResId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} \"", self.gvk)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}\"", self.name)
    }
}
