//! One policy rule, and whether it allows a request: the semantics in plain text. The index compiles rules to numbers
//! and must agree with this file (the tests hold both against a third, naive evaluator).
//!
//! Source: k8s.io/kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go` and `RuleAllows` in
//! `plugin/pkg/auth/authorizer/rbac/rbac.go`.

use crate::{Request, Target};
use ironclad_tree::{NodeRef, f};
use std::fmt;

/// A rule of a role. Empty lists are as the API has them: no `resource_names` means any name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyRule {
    /// Verbs; `*` is every verb.
    pub verbs: Vec<String>,
    /// API groups; `""` is the core group, `*` every group.
    pub api_groups: Vec<String>,
    /// `resource`, `resource/subresource`, `*/subresource` or `*`.
    pub resources: Vec<String>,
    /// Names of objects; empty is any name and no name.
    pub resource_names: Vec<String>,
    /// Paths; `*` is every path, a trailing `*` any continuation.
    pub non_resource_urls: Vec<String>,
}

impl PolicyRule {
    /// Reads a rule from its node.
    pub fn of(node: NodeRef<'_>) -> PolicyRule {
        let list = |symbol| -> Vec<String> {
            let texts = node.get(symbol).into_iter().flat_map(|entry| entry.value().items());
            texts.map(|item| crate::read::written(item).to_owned()).collect()
        };
        PolicyRule {
            verbs: list(f::VERBS),
            api_groups: list(f::API_GROUPS),
            resources: list(f::RESOURCES),
            resource_names: list(f::RESOURCE_NAMES),
            non_resource_urls: list(f::NON_RESOURCE_URLS),
        }
    }

    /// Does the rule allow the request?
    pub fn allows(&self, request: &Request) -> bool {
        if !any(&self.verbs, |verb| verb == "*" || verb == request.verb) {
            return false;
        }
        match &request.target {
            Target::Resource { group, resource, subresource, name, .. } => {
                any(&self.api_groups, |g| g == "*" || g == group)
                    && any(&self.resources, |r| resource_matches(r, resource, subresource))
                    && (self.resource_names.is_empty() || any(&self.resource_names, |n| n == name))
            }
            Target::Path(path) => any(&self.non_resource_urls, |url| url_matches(url, path)),
        }
    }
}

fn any(texts: &[String], matches: impl Fn(&str) -> bool) -> bool {
    texts.iter().any(|text| matches(text))
}

/// Does this entry of `resources` name the resource? `pods/*` and `*/*` do not: the only wildcards are `*` alone and
/// `*` before the slash of the very subresource.
pub(crate) fn resource_matches(written: &str, resource: &str, subresource: &str) -> bool {
    if written == "*" {
        return true;
    }
    if subresource.is_empty() {
        return written == resource;
    }
    match written.strip_suffix(subresource).and_then(|rest| rest.strip_suffix('/')) {
        Some(rest) => rest == "*" || rest == resource,
        None => false,
    }
}

/// Does this entry of `nonResourceURLs` name the path?
pub(crate) fn url_matches(written: &str, path: &str) -> bool {
    written == "*" || written == path || (written.ends_with('*') && path.starts_with(written.trim_end_matches('*')))
}

impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verbs.join(","))?;
        if !self.resources.is_empty() {
            let groups: Vec<&str> = self.api_groups.iter().map(|g| if g.is_empty() { "core" } else { g }).collect();
            write!(f, " {} in {}", self.resources.join(","), groups.join(","))?;
        }
        if !self.resource_names.is_empty() {
            write!(f, " named {}", self.resource_names.join(","))?;
        }
        if !self.non_resource_urls.is_empty() {
            write!(f, " {}", self.non_resource_urls.join(","))?;
        }
        Ok(())
    }
}
