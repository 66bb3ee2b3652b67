//! Could a user act as another?
//!
//! Source: k8s.io/apiserver `pkg/endpoints/filters/impersonation`. Constrained modes (KEP-5284, on by default from
//! 1.36) are tried first and need two grants each: `impersonate:MODE` on the identity and `impersonate-on:MODE:VERB` on
//! what is then asked for. The plain verb `impersonate` is tried last and is bound to no request.

use crate::{Request, User, World, identity, service_account_of};

const AUTHENTICATION: &str = "authentication.k8s.io";
/// From this many groups or extra values on, the name `*` is tried before each (`manyAuthorizationChecksInLoop`).
const MANY: usize = 4;

/// Who is wanted to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonated {
    /// `Impersonate-User`; the API server refuses a request without one.
    pub user: String,
    /// `Impersonate-Group`.
    pub groups: Vec<String>,
    /// `Impersonate-Uid`.
    pub uid: String,
    /// `Impersonate-Extra-…`: key and values.
    pub extra: Vec<(String, Vec<String>)>,
}

/// A wish to act as somebody else.
#[derive(Clone, Debug)]
pub struct Impersonation<'a> {
    /// Who asks.
    pub actor: &'a User,
    /// As whom.
    pub wanted: &'a Impersonated,
    /// The node that the asking ServiceAccount's token is bound to, where it is.
    pub node: Option<&'a str>,
    /// Does the cluster know constrained impersonation?
    pub constrained: bool,
}

/// What it comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Legacy {
    /// Allowed; with the mode that did (`user-info`), or none for the plain verb, and the user that results.
    Allowed(Option<&'static str>, User),
    /// Refused: the check of the plain verb that failed.
    Refused(Request),
    /// The request is malformed: no user.
    NoUser,
}

/// Which of the constrained modes applies.
const MODES: [&str; 4] = ["associated-node", "arbitrary-node", "serviceaccount", "user-info"];

impl Impersonation<'_> {
    /// May the actor make this request as the other? Whether the other may is a question of its own.
    pub fn check(&self, world: &World, request: &Request) -> Legacy {
        if self.wanted.user.is_empty() {
            return Legacy::NoUser;
        }
        if self.constrained {
            for mode in MODES {
                if self.applies(mode)
                    && self.allowed_on(world, mode, request)
                    && self.identity(world, Some(mode)).is_none()
                {
                    return Legacy::Allowed(Some(mode), self.result(true));
                }
            }
        }
        match self.identity(world, None) {
            None => Legacy::Allowed(None, self.result(false)),
            Some(refused) => Legacy::Refused(refused),
        }
    }

    fn applies(&self, mode: &str) -> bool {
        let wanted = self.wanted;
        let only_name = wanted.groups.is_empty() && wanted.uid.is_empty() && wanted.extra.is_empty();
        let node = node_of(&wanted.user);
        let account = service_account_of(&wanted.user).is_some();
        match mode {
            "associated-node" => only_name && node.is_some() && node == self.node && is_account(self.actor),
            "arbitrary-node" => only_name && node.is_some(),
            "serviceaccount" => only_name && account,
            _ => node.is_none() && !account && self.is_plain(),
        }
    }

    /// What the mode `user-info` refuses outright.
    fn is_plain(&self) -> bool {
        let groups = self.wanted.groups.iter().all(|group| !group.is_empty() && group != crate::MASTERS);
        let key_is_fine = |key: &str| !key.is_empty() && key.contains('/') && key == key.to_lowercase();
        let mut extra = self.wanted.extra.iter();
        groups
            && extra.all(|(key, values)| {
                key_is_fine(key) && !values.is_empty() && values.iter().all(|value| !value.is_empty())
            })
    }

    fn allowed_on(&self, world: &World, mode: &str, request: &Request) -> bool {
        let verb = format!("impersonate-on:{mode}:{}", request.verb);
        world.allows(self.actor, &Request { verb, target: request.target.clone() })
    }

    /// The first check of the identity that fails.
    fn identity(&self, world: &World, mode: Option<&str>) -> Option<Request> {
        let refused = |request: Request| (!world.allows(self.actor, &request)).then_some(request);
        let mut checks = vec![self.name_check(mode)];
        let verb = verb_of(mode);
        if !self.wanted.uid.is_empty() {
            checks.push(Request::resource(&verb, AUTHENTICATION, "uids").named(&self.wanted.uid));
        }
        let group = if mode.is_some() { AUTHENTICATION } else { "" };
        let groups = Request::resource(&verb, group, "groups");
        let any_group =
            mode.is_some() && self.wanted.groups.len() >= MANY && world.allows(self.actor, &groups.clone().named("*"));
        if !any_group {
            checks.extend(self.wanted.groups.iter().map(|name| groups.clone().named(name)));
        }
        let extras = Request::resource(&verb, AUTHENTICATION, "userextras");
        let values: usize = self.wanted.extra.iter().map(|(_, values)| values.len()).sum();
        let large = self.wanted.extra.len() >= MANY || values >= MANY;
        let any_extra =
            mode.is_some() && large && world.allows(self.actor, &extras.clone().subresource("*").named("*"));
        if !any_extra {
            for (key, values) in &self.wanted.extra {
                // Header names have no case; the API server sees them lower-cased.
                let extra = extras.clone().subresource(&key.to_lowercase());
                checks.extend(values.iter().map(|value| extra.clone().named(value)));
            }
        }
        checks.into_iter().find_map(refused)
    }

    fn name_check(&self, mode: Option<&str>) -> Request {
        let verb = verb_of(mode);
        let group = if mode.is_some() { AUTHENTICATION } else { "" };
        if let Some((namespace, name)) = service_account_of(&self.wanted.user) {
            return Request::resource(&verb, group, "serviceaccounts").named(name).within(namespace);
        }
        match (mode, node_of(&self.wanted.user)) {
            // Holds for every node: the check is made once for all of them.
            (Some("associated-node"), _) => Request::resource(&verb, group, "nodes").named("*"),
            (Some(_), Some(node)) => Request::resource(&verb, group, "nodes").named(node),
            _ => Request::resource(&verb, group, "users").named(&self.wanted.user),
        }
    }

    fn result(&self, constrained: bool) -> User {
        let mut user = User { name: self.wanted.user.clone(), groups: self.wanted.groups.clone() };
        if user.groups.is_empty()
            && let Some((namespace, _)) = service_account_of(&user.name)
        {
            user.groups.push(identity::ALL_SERVICE_ACCOUNTS.to_owned());
            user.groups.push(format!("{}:{namespace}", identity::ALL_SERVICE_ACCOUNTS));
        }
        if constrained && node_of(&user.name).is_some() {
            user.groups = vec!["system:nodes".to_owned()];
        }
        let unauthenticated = "system:unauthenticated";
        let anonymous = user.name == "system:anonymous";
        if anonymous && !user.is_in(unauthenticated) {
            user.groups.push(unauthenticated.to_owned());
        } else if !anonymous && !user.is_in(unauthenticated) && !user.is_in(identity::ALL_AUTHENTICATED) {
            user.groups.push(identity::ALL_AUTHENTICATED.to_owned());
        }
        user
    }
}

fn verb_of(mode: Option<&str>) -> String {
    mode.map_or_else(|| "impersonate".to_owned(), |mode| format!("impersonate:{mode}"))
}

fn node_of(user: &str) -> Option<&str> {
    user.strip_prefix("system:node:").filter(|name| !name.is_empty())
}

fn is_account(user: &User) -> bool {
    service_account_of(&user.name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use ironclad_testkit::snapshot;

    fn world(rules: &str) -> World {
        let text = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{rules}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\n\
             roleRef: {{kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: eve}}]\n"
        );
        World::of(&snapshot("a.yaml", &text), &Options::default())
    }

    fn check(rules: &str, user: &str, groups: &[&str], constrained: bool) -> Legacy {
        let actor = User::literal("eve", &[]);
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let wanted = Impersonated { user: user.to_owned(), groups, ..Impersonated::default() };
        let request = Request::resource("get", "", "pods").within("a");
        Impersonation { actor: &actor, wanted: &wanted, node: None, constrained }.check(&world(rules), &request)
    }

    #[test]
    fn groups_alone_are_nobody() {
        let groups = "{verbs: [impersonate], apiGroups: [''], resources: [groups]}";
        assert!(matches!(check(groups, "x", &["system:masters"], true), Legacy::Refused(_)));
        assert_eq!(check(groups, "", &["system:masters"], true), Legacy::NoUser);
        let both = "{verbs: [impersonate], apiGroups: [''], resources: [groups, users]}";
        let Legacy::Allowed(None, user) = check(both, "x", &["system:masters"], true) else { panic!("refused") };
        assert_eq!(user.groups, ["system:masters", "system:authenticated"]);
    }

    #[test]
    fn the_group_of_the_constrained_form_does_nothing_for_the_plain_verb() {
        let dead = "{verbs: [impersonate], apiGroups: [authentication.k8s.io], resources: [users]}";
        assert!(matches!(check(dead, "x", &[], true), Legacy::Refused(_)));
    }

    #[test]
    fn constrained_needs_both_grants() {
        let who = "{verbs: ['impersonate:user-info'], apiGroups: [authentication.k8s.io], resources: [users]}";
        let on = "{verbs: ['impersonate-on:user-info:get'], apiGroups: [''], resources: [pods]}";
        assert!(matches!(check(who, "x", &[], true), Legacy::Refused(_)));
        assert!(matches!(check(on, "x", &[], true), Legacy::Refused(_)));
        let both = format!("{who}, {on}");
        assert!(matches!(check(&both, "x", &[], true), Legacy::Allowed(Some("user-info"), _)));
        assert!(matches!(check(&both, "x", &[], false), Legacy::Refused(_)));
        assert!(matches!(check(&both, "system:node:n", &[], true), Legacy::Refused(_)));
        assert!(matches!(check(&both, "x", &["system:masters"], true), Legacy::Refused(_)));
    }

    #[test]
    fn an_account_gets_its_groups() {
        let rule = "{verbs: [impersonate], apiGroups: [''], resources: [serviceaccounts]}";
        let Legacy::Allowed(None, user) = check(rule, "system:serviceaccount:a:s", &[], true) else {
            panic!("refused")
        };
        assert_eq!(user.groups, ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
        assert!(matches!(check(rule, "system:serviceaccount:a:s", &["g"], true), Legacy::Refused(_)));
    }
}
