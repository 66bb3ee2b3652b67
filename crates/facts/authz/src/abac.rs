//! The ABAC authorizer: a file of policies, one JSON object a line.
//!
//! Source: k8s.io/kubernetes `pkg/auth/authorizer/abac/abac.go` and the conversions in `pkg/apis/abac`. A property that
//! is not set matches nothing; `*` matches everything. Objects without `kind` are of the unversioned form, in which an
//! unset property matches everything.

use crate::{Request, Target, User, identity::ALL_AUTHENTICATED};
use serde_json::Value;
use std::fmt;

/// One policy, as converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbacPolicy {
    /// 1-based line of the file.
    pub line: usize,
    /// User name; empty says nothing about the user.
    pub user: String,
    /// Group; empty says nothing about groups.
    pub group: String,
    /// Only `get`, `list` and `watch`.
    pub readonly: bool,
    /// API group.
    pub api_group: String,
    /// Resource.
    pub resource: String,
    /// Namespace.
    pub namespace: String,
    /// Path, `*` at its end for every continuation.
    pub non_resource_path: String,
}

/// A line that the API server would refuse to start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbacError {
    /// 1-based line.
    pub line: usize,
    /// Why.
    pub message: String,
}

impl fmt::Display for AbacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// The policies of a file.
#[derive(Clone, Debug, Default)]
pub struct AbacPolicies {
    /// In the order of the file; the first that matches allows.
    pub policies: Vec<AbacPolicy>,
}

impl AbacPolicies {
    /// Reads a policy file. One bad line and the API server does not start: the first is the error.
    pub fn parse(text: &str) -> Result<AbacPolicies, AbacError> {
        let mut policies = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let error = |message: String| AbacError { line: index + 1, message };
            let value: Value = serde_json::from_str(trimmed).map_err(|e| error(format!("is not JSON: {e}")))?;
            policies.push(policy(&value, index + 1).map_err(error)?);
        }
        Ok(AbacPolicies { policies })
    }

    /// The first policy that allows the request.
    pub fn allowing(&self, user: &User, request: &Request) -> Option<&AbacPolicy> {
        self.policies.iter().find(|policy| policy.allows(user, request))
    }
}

fn policy(value: &Value, line: usize) -> Result<AbacPolicy, String> {
    let text = |of: &Value, name: &str| -> Result<String, String> {
        match of.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(format!("`{name}` is not a text")),
        }
    };
    let flag = |of: &Value| match of.get("readonly") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err("`readonly` is neither true nor false".to_owned()),
    };
    if value.get("kind").is_none() || value.get("apiVersion").is_none() {
        return unversioned(value, line, text, flag);
    }
    let version = text(value, "apiVersion")?;
    if text(value, "kind")? != "Policy" || version != "abac.authorization.kubernetes.io/v1beta1" {
        return Err(format!("`{version}` is no version of a Policy: abac.authorization.kubernetes.io/v1beta1"));
    }
    let spec = value.get("spec").cloned().unwrap_or_default();
    let mut policy = AbacPolicy {
        line,
        user: text(&spec, "user")?,
        group: text(&spec, "group")?,
        readonly: flag(&spec)?,
        api_group: text(&spec, "apiGroup")?,
        resource: text(&spec, "resource")?,
        namespace: text(&spec, "namespace")?,
        non_resource_path: text(&spec, "nonResourcePath")?,
    };
    policy.everybody();
    Ok(policy)
}

fn unversioned(
    value: &Value,
    line: usize,
    text: impl Fn(&Value, &str) -> Result<String, String>,
    flag: impl Fn(&Value) -> Result<bool, String>,
) -> Result<AbacPolicy, String> {
    let (resource, namespace) = (text(value, "resource")?, text(value, "namespace")?);
    let any = |written: &str| if written.is_empty() { "*".to_owned() } else { written.to_owned() };
    let mut policy = AbacPolicy {
        line,
        user: text(value, "user")?,
        group: text(value, "group")?,
        readonly: flag(value)?,
        api_group: "*".to_owned(),
        resource: any(&resource),
        namespace: any(&namespace),
        non_resource_path: if resource.is_empty() && namespace.is_empty() { "*".to_owned() } else { String::new() },
    };
    if policy.user.is_empty() && policy.group.is_empty() {
        ALL_AUTHENTICATED.clone_into(&mut policy.group);
    }
    policy.everybody();
    Ok(policy)
}

impl AbacPolicy {
    /// `*` as user or group is everybody who is authenticated.
    fn everybody(&mut self) {
        if self.user == "*" || self.group == "*" {
            self.user.clear();
            ALL_AUTHENTICATED.clone_into(&mut self.group);
        }
    }

    /// Does it allow the request?
    pub fn allows(&self, user: &User, request: &Request) -> bool {
        self.names(user) && self.verb(&request.verb) && self.covers(&request.target)
    }

    fn names(&self, user: &User) -> bool {
        let by_user = self.user.is_empty() || self.user == user.name;
        let by_group = self.group.is_empty() || user.is_in(&self.group);
        !(self.user.is_empty() && self.group.is_empty()) && by_user && by_group
    }

    fn verb(&self, verb: &str) -> bool {
        !self.readonly || matches!(verb, "get" | "list" | "watch")
    }

    fn covers(&self, target: &Target) -> bool {
        let is = |own: &str, asked: &str| own == "*" || own == asked;
        match target {
            Target::Resource { group, resource, namespace, .. } => {
                is(&self.namespace, namespace) && is(&self.resource, resource) && is(&self.api_group, group)
            }
            Target::Path(path) => crate::rule::url_matches(&self.non_resource_path, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(line: &str, user: &str, groups: &[&str], request: &Request) -> bool {
        AbacPolicies::parse(line).unwrap().allowing(&User::literal(user, groups), request).is_some()
    }

    #[test]
    fn unset_matches_nothing_and_star_everything() {
        let pods = Request::resource("get", "", "pods").within("a");
        let v1 = |spec: &str| {
            format!(r#"{{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{{{spec}}}}}"#)
        };
        let all = v1(r#""user":"eve","apiGroup":"*","resource":"*","namespace":"*""#);
        assert!(allows(&all, "eve", &[], &pods));
        assert!(!allows(&all, "eve", &[], &Request::path("get", "/healthz")));
        assert!(!allows(&v1(r#""user":"eve","resource":"pods""#), "eve", &[], &pods), "no namespace matches nothing");
        assert!(allows(&v1(r#""user":"eve","resource":"pods","namespace":"a""#), "eve", &[], &pods));
        assert!(!allows(&v1(r#""apiGroup":"*","resource":"*","namespace":"*""#), "eve", &[], &pods), "nobody is named");
        let read = v1(r#""group":"g","readonly":true,"nonResourcePath":"/foo/*""#);
        assert!(allows(&read, "x", &["g"], &Request::path("get", "/foo/bar")));
        assert!(!allows(&read, "x", &["g"], &Request::path("post", "/foo/bar")));
        let everybody = v1(r#""user":"*","resource":"*","namespace":"*","apiGroup":"*""#);
        assert!(allows(&everybody, "x", &["system:authenticated"], &pods));
        assert!(!allows(&everybody, "system:anonymous", &["system:unauthenticated"], &pods));
    }

    #[test]
    fn the_unversioned_form_is_wide() {
        let pods = Request::resource("delete", "apps", "deployments").within("a");
        assert!(allows(r#"{"user":"eve"}"#, "eve", &[], &pods));
        assert!(allows("{}", "x", &["system:authenticated"], &Request::path("get", "/x")));
        assert!(!allows(r#"{"user":"eve","resource":"pods"}"#, "eve", &[], &Request::path("get", "/x")));
        assert!(!allows(r#"{"user":"eve","readonly":true}"#, "eve", &[], &pods));
    }

    #[test]
    fn bad_lines_are_named() {
        let error = AbacPolicies::parse("# comment\n\n{\"user\":\n").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(AbacPolicies::parse(r#"{"user": 3}"#).is_err());
        assert!(AbacPolicies::parse(r#"{"apiVersion":"v1","kind":"Policy"}"#).is_err());
    }
}
