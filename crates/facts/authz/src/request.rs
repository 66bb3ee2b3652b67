//! A request as authorizers see it: what the `spec` of a SubjectAccessReview holds, without the user.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Verb, case-sensitive; any text.
    pub verb: String,
    /// On what.
    pub target: Target,
}

/// A resource or a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A resource request. Empty texts are absent fields.
    Resource {
        /// API group; empty is the core group.
        group: String,
        /// Plural resource.
        resource: String,
        /// Subresource.
        subresource: String,
        /// Name of the object.
        name: String,
        /// Namespace; empty is cluster-wide.
        namespace: String,
    },
    /// A path that is no resource: `/healthz`.
    Path(String),
}

impl Request {
    /// A request on a resource, with neither name nor namespace.
    pub fn resource(verb: &str, group: &str, resource: &str) -> Request {
        Request {
            verb: verb.to_owned(),
            target: Target::Resource {
                group: group.to_owned(),
                resource: resource.to_owned(),
                subresource: String::new(),
                name: String::new(),
                namespace: String::new(),
            },
        }
    }

    /// A request on a path.
    pub fn path(verb: &str, path: &str) -> Request {
        Request { verb: verb.to_owned(), target: Target::Path(path.to_owned()) }
    }

    /// The same on a subresource.
    pub fn subresource(mut self, of: &str) -> Request {
        if let Target::Resource { subresource, .. } = &mut self.target {
            of.clone_into(subresource);
        }
        self
    }

    /// The same for an object of this name.
    pub fn named(mut self, of: &str) -> Request {
        if let Target::Resource { name, .. } = &mut self.target {
            of.clone_into(name);
        }
        self
    }

    /// The same in a namespace.
    pub fn within(mut self, of: &str) -> Request {
        if let Target::Resource { namespace, .. } = &mut self.target {
            of.clone_into(namespace);
        }
        self
    }

    /// The namespace, empty for cluster-wide requests and paths.
    pub fn namespace(&self) -> &str {
        match &self.target {
            Target::Resource { namespace, .. } => namespace,
            Target::Path(_) => "",
        }
    }
}
