//! One right that a request needed: the atom of a role.

use ironclad_authz::{PolicyRule, Request, Target};
use ironclad_events::{Event, UserInfo};
use std::fmt;

/// A right. Ordered as it is listed: by scope, resource, name, verb; paths last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// On a resource.
    Resource {
        /// Namespace, empty for cluster-wide.
        namespace: String,
        /// API group.
        group: String,
        /// `pods`, `pods/log`
        resource: String,
        /// Name of the object, empty for any and none.
        name: String,
        /// Verb.
        verb: String,
    },
    /// On a path.
    Path {
        /// Path.
        path: String,
        /// Verb: the method in lower case.
        verb: String,
    },
}

impl Need {
    pub(crate) fn on(namespace: &str, group: &str, resource: &str, name: &str, verb: &str) -> Need {
        Need::Resource {
            namespace: namespace.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            verb: verb.to_owned(),
        }
    }

    /// Where it is needed; empty for cluster-wide.
    pub fn namespace(&self) -> &str {
        match self {
            Need::Resource { namespace, .. } => namespace,
            Need::Path { .. } => "",
        }
    }

    /// The request that needs it.
    pub fn request(&self) -> Request {
        match self {
            Need::Resource { namespace, group, resource, name, verb } => {
                let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                Request::resource(verb, group, resource).subresource(subresource).named(name).within(namespace)
            }
            Need::Path { path, verb } => Request { verb: verb.clone(), target: Target::Path(path.clone()) },
        }
    }

    /// The rule that grants it and nothing else.
    pub fn rule(&self) -> PolicyRule {
        match self {
            Need::Resource { group, resource, name, verb, .. } => PolicyRule {
                verbs: vec![verb.clone()],
                api_groups: vec![group.clone()],
                resources: vec![resource.clone()],
                resource_names: if name.is_empty() { Vec::new() } else { vec![name.clone()] },
                ..PolicyRule::default()
            },
            Need::Path { path, verb } => {
                PolicyRule { verbs: vec![verb.clone()], non_resource_urls: vec![path.clone()], ..PolicyRule::default() }
            }
        }
    }

    /// A right whose generalisation would be dangerous: it is granted as it was used and no wider.
    pub fn is_protected(&self) -> bool {
        match self {
            Need::Resource { resource, verb, .. } => {
                matches!(verb.as_str(), "escalate" | "bind" | "approve" | "sign" | "attest" | "use" | "*")
                    || verb.starts_with("impersonate")
                    || matches!(resource.as_str(), "secrets" | "serviceaccounts/token" | "nodes/proxy")
            }
            Need::Path { .. } => true,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Need::Resource { namespace, group, resource, name, verb } => {
                write!(f, "{verb} {resource}")?;
                if !group.is_empty() {
                    write!(f, ".{group}")?;
                }
                if !name.is_empty() {
                    write!(f, " named {name}")?;
                }
                if !namespace.is_empty() {
                    write!(f, " in namespace {namespace}")?;
                }
                Ok(())
            }
            Need::Path { path, verb } => write!(f, "{verb} {path}"),
        }
    }
}

/// Parts of a right as an event has them, before anything is copied.
pub(crate) struct Asked<'e> {
    pub(crate) namespace: &'e str,
    pub(crate) group: &'e str,
    pub(crate) resource: &'e str,
    pub(crate) subresource: &'e str,
    pub(crate) name: &'e str,
    pub(crate) verb: &'e str,
    /// The path of a request that is on no resource.
    pub(crate) path: Option<&'e str>,
}

impl Asked<'_> {
    pub(crate) fn owned(&self) -> Need {
        match self.path {
            Some(path) => Need::Path { path: unescaped(path), verb: self.verb.to_owned() },
            None if self.subresource.is_empty() => {
                Need::on(self.namespace, self.group, self.resource, self.name, self.verb)
            }
            None => {
                let resource = format!("{}/{}", self.resource, self.subresource);
                Need::on(self.namespace, self.group, &resource, self.name, self.verb)
            }
        }
    }
}

/// The right that a request was authorized by.
///
/// After a create has succeeded the audit log holds the name that the object got; the authorizer was asked without one,
/// unless the request was for a subresource, whose URL has it.
pub(crate) fn asked<'e>(event: &'e Event<'_>) -> Asked<'e> {
    let verb: &str = &event.verb;
    match &event.object_ref {
        Some(object) => Asked {
            namespace: &object.namespace,
            group: object.group(),
            resource: &object.resource,
            subresource: &object.subresource,
            name: if verb == "create" && object.subresource.is_empty() { "" } else { &object.name },
            verb,
            path: None,
        },
        None => {
            Asked { namespace: "", group: "", resource: "", subresource: "", name: "", verb, path: Some(event.path()) }
        }
    }
}

/// Rights that the same request needed beside [`asked`].
pub(crate) fn beside(event: &Event<'_>, version: u8) -> Vec<Need> {
    let Some(object) = &event.object_ref else { return Vec::new() };
    let mut needs = Vec::new();
    let mut also = |name: &str, verb: &str| {
        let full = match &*object.subresource {
            "" => object.resource.to_string(),
            subresource => format!("{}/{subresource}", &*object.resource),
        };
        needs.push(Need::on(&object.namespace, object.group(), &full, name, verb));
    };
    // An update or an apply that made the object was authorized as a create as well, with its name kept.
    if matches!(&*event.verb, "patch" | "update") && event.code() == Some(201) {
        also(&object.name, "create");
    }
    // A websocket's GET needs `create` too, since 1.35.
    let streams = matches!(&*object.subresource, "exec" | "attach" | "portforward");
    if version >= 35 && streams && &*object.resource == "pods" && &*event.verb == "get" {
        also(&object.name, "create");
    }
    needs
}

/// What an impersonator needed for being somebody else.
pub(crate) fn impersonation(event: &Event<'_>, as_user: &UserInfo<'_>) -> Vec<Need> {
    const GROUP: &str = "authentication.k8s.io";
    let constraint = event.authentication_metadata.as_ref().map_or("", |m| &*m.impersonation_constraint);
    let constrained = !constraint.is_empty();
    let verb = if constrained { constraint } else { "impersonate" };
    let identity = if constrained { GROUP } else { "" };
    let mut needs = Vec::new();
    let account = ironclad_authz::service_account_of(&as_user.username);
    match account {
        Some((namespace, name)) => needs.push(Need::on(namespace, identity, "serviceaccounts", name, verb)),
        None if constraint.ends_with("-node") => {
            let node = as_user.username.strip_prefix("system:node:").unwrap_or(&as_user.username);
            // The mode of a node's own pods is checked with the literal name `*`.
            let name = if constraint == "impersonate:associated-node" { "*" } else { node };
            needs.push(Need::on("", GROUP, "nodes", name, verb));
        }
        None => needs.push(Need::on("", identity, "users", &as_user.username, verb)),
    }
    let fixed = constrained && constraint != "impersonate:user-info";
    for group in as_user.groups.iter().filter(|_| !fixed) {
        // Added by the server itself.
        let implied = &**group == "system:authenticated"
            || account.is_some_and(|(namespace, _)| {
                &**group == "system:serviceaccounts" || group.strip_prefix("system:serviceaccounts:") == Some(namespace)
            });
        if !implied {
            needs.push(Need::on("", identity, "groups", group, verb));
        }
    }
    if !fixed && !as_user.uid.is_empty() {
        needs.push(Need::on("", GROUP, "uids", &as_user.uid, verb));
    }
    for (key, values) in as_user.extra.iter().filter(|_| !fixed) {
        let resource = format!("userextras/{}", key.to_lowercase());
        needs.extend(values.iter().map(|value| Need::on("", GROUP, &resource, value, verb)));
    }
    if let Some(mode) = constraint.strip_prefix("impersonate:") {
        let mut target = asked(event).owned();
        match &mut target {
            Need::Resource { verb, .. } | Need::Path { verb, .. } => *verb = format!("impersonate-on:{mode}:{verb}"),
        }
        needs.push(target);
    }
    needs
}

/// A path as the authorizer sees it: `%2F` and the like decoded.
pub(crate) fn unescaped(path: &str) -> String {
    let bytes = path.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
