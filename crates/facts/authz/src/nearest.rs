//! Why not: grants that would allow a request if one thing about them were different.

use crate::intern::Text;
use crate::object::{BindingId, RoleId, SubjectId, SubjectKind};
use crate::query::{Query, RuleId};
use crate::rule::resource_matches;
use crate::{PolicyRule, Request, Target, User, World, service_account_of};

/// What is different.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The binding holds in another namespace only.
    Namespace(String),
    /// The binding names a ServiceAccount of this name in another namespace.
    SubjectNamespace(String),
    /// The binding names a subject of this name of another kind.
    SubjectKind(SubjectKind),
    /// The role that the binding refers to does not exist.
    NoRole(String),
    /// The rule names other API groups.
    Group(Vec<String>),
    /// The rule names these objects, and the request another or none.
    Name(Vec<String>),
    /// The rule writes the resource in a way that does not match it.
    Resource(String),
    /// The rule is for other verbs.
    Verb(Vec<String>),
    /// A RoleBinding never grants a path.
    Path,
}

/// A grant that misses by one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Miss {
    /// The binding.
    pub binding: BindingId,
    /// The subject of it that the user is, or nearly is.
    pub subject: SubjectId,
    /// The role, where it exists.
    pub role: Option<RoleId>,
    /// Index of the rule.
    pub rule: Option<u32>,
    /// What is different.
    pub reason: Reason,
}

impl World {
    /// The nearest misses of a request that is not granted, nearest first; at most `limit`.
    pub fn misses(&self, user: &User, request: &Request, limit: usize) -> Vec<Miss> {
        let mut misses = Vec::new();
        let identities = self.identities(user);
        for subject in &identities {
            for binding in self.bindings_of(*subject) {
                self.miss_of(binding, *subject, request, None, &mut misses);
            }
        }
        for (subject, reason) in self.namesakes(user, &identities) {
            for binding in self.bindings_of(subject) {
                self.miss_of(binding, subject, request, Some(&reason), &mut misses);
            }
        }
        misses.sort_by_cached_key(|miss| (miss.reason.clone(), self.binding_label(miss.binding), miss.rule));
        misses.dedup_by(|a, b| (a.binding, a.role, a.rule) == (b.binding, b.role, b.rule));
        misses.truncate(limit);
        misses
    }

    /// Subjects that look like the user and are somebody else.
    fn namesakes(&self, user: &User, own: &[SubjectId]) -> Vec<(SubjectId, Reason)> {
        let account = service_account_of(&user.name);
        let mut found = Vec::new();
        for id in self.subject_ids().filter(|id| !own.contains(id)) {
            let (name, namespace) = (self.subject_name(id), self.subject_namespace(id));
            let kind = self.subject(id).kind;
            match (account, kind) {
                (Some((_, own_name)), SubjectKind::ServiceAccount) if name == own_name => {
                    found.push((id, Reason::SubjectNamespace(namespace.to_owned())));
                }
                (Some((_, own_name)), SubjectKind::User) if name == own_name => {
                    found.push((id, Reason::SubjectKind(kind)));
                }
                (None, _) if name == user.name => found.push((id, Reason::SubjectKind(kind))),
                _ => {}
            }
        }
        found
    }

    fn miss_of(
        &self,
        binding: BindingId,
        subject: SubjectId,
        request: &Request,
        other: Option<&Reason>,
        out: &mut Vec<Miss>,
    ) {
        let bound = self.binding(binding);
        let here = bound.cluster
            || bound.namespace == self.rules.texts.find(request.namespace()) && bound.namespace != Text::EMPTY;
        let mut push = |role, rule, reason| out.push(Miss { binding, subject, role, rule, reason });
        let Some(role) = bound.role else {
            if here && other.is_none() {
                push(None, None, Reason::NoRole(self.role_ref_label(binding)));
            }
            return;
        };
        let query = Query::of(request, &self.rules.texts);
        for (index, rule) in self.rules.of_list(self.role(role).list).iter().enumerate() {
            let mut place = |reason| push(Some(role), Some(index as u32), reason);
            let matches = self.rules.matches(RuleId(*rule), &query);
            match (matches, here, other) {
                (true, true, Some(reason)) => place(reason.clone()),
                (true, true, None) => {}
                (true, false, None) if matches!(request.target, Target::Path(_)) => place(Reason::Path),
                (true, false, None) => place(Reason::Namespace(self.binding_namespace(binding).to_owned())),
                (false, true, None) => {
                    let plain = self.rules.plain(RuleId(*rule));
                    if let Some(reason) = difference(&plain, request) {
                        place(reason);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The one thing in which a rule differs from what the request needs; nothing where there are more.
fn difference(rule: &PolicyRule, request: &Request) -> Option<Reason> {
    let has = |list: &[String], text: &str| list.iter().any(|own| own == "*" || own == text);
    let verb = has(&rule.verbs, &request.verb);
    match &request.target {
        Target::Path(_) => {
            let mut any = rule.clone();
            any.verbs = vec!["*".to_owned()];
            (!verb && any.allows(request)).then(|| Reason::Verb(rule.verbs.clone()))
        }
        Target::Resource { group, resource, subresource, name, .. } => {
            let in_group = has(&rule.api_groups, group);
            let named = rule.resource_names.is_empty() || rule.resource_names.contains(name);
            let exact = rule.resources.iter().any(|own| resource_matches(own, resource, subresource));
            let nearly = rule.resources.iter().find(|own| looks_like(own, resource, subresource));
            match (verb, in_group, named, exact) {
                (true, false, true, true) => Some(Reason::Group(rule.api_groups.clone())),
                (true, true, false, true) => Some(Reason::Name(rule.resource_names.clone())),
                (false, true, true, true) => Some(Reason::Verb(rule.verbs.clone())),
                (true, true, true, false) => nearly.map(|own| Reason::Resource(own.clone())),
                _ => None,
            }
        }
    }
}

/// Would somebody who wrote `own` have meant this resource?
fn looks_like(own: &str, resource: &str, subresource: &str) -> bool {
    let (head, tail) = own.split_once('/').unwrap_or((own, ""));
    let head = head.to_lowercase();
    let same = head == resource
        || head == "*"
        || resource.strip_suffix('s') == Some(&head)
        || resource.strip_suffix("es") == Some(&head)
        || (head.ends_with('*') && resource.starts_with(head.trim_end_matches('*')));
    same && (tail == subresource || tail.is_empty() || tail == "*" || subresource.is_empty())
}
