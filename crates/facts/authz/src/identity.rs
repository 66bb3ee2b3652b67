//! Users, and the groups that they are in whether anybody says so or not.

/// Members are allowed everything before any authorizer is asked (k8s.io/apiserver `pkg/authorization/authorizerfactory`).
pub const MASTERS: &str = "system:masters";
pub(crate) const ALL_AUTHENTICATED: &str = "system:authenticated";
pub(crate) const ALL_SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// User name; may be empty.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
}

impl User {
    /// This name and exactly these groups.
    pub fn literal(name: &str, groups: &[&str]) -> User {
        User { name: name.to_owned(), groups: groups.iter().map(|group| (*group).to_owned()).collect() }
    }

    /// This name, with the groups that authentication adds to it and to these: those of ServiceAccounts
    /// (k8s.io/apiserver `pkg/authentication/serviceaccount`), of nodes and bootstrap tokens, `system:authenticated`
    /// for all but the anonymous user.
    pub fn implied(name: &str, groups: &[String]) -> User {
        let mut user = User { name: name.to_owned(), groups: groups.to_vec() };
        if name == "system:anonymous" {
            user.add("system:unauthenticated");
            return user;
        }
        if let Some((namespace, _)) = service_account_of(name) {
            user.add(ALL_SERVICE_ACCOUNTS);
            user.add(&format!("{ALL_SERVICE_ACCOUNTS}:{namespace}"));
        } else if name.starts_with("system:node:") {
            user.add("system:nodes");
        } else if name.starts_with("system:bootstrap:") {
            user.add("system:bootstrappers");
        }
        user.add(ALL_AUTHENTICATED);
        user
    }

    /// The ServiceAccount of this namespace and name, with its groups.
    pub fn service_account(namespace: &str, name: &str) -> User {
        User::implied(&service_account_user(namespace, name), &[])
    }

    /// Is he in this group?
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }

    fn add(&mut self, group: &str) {
        if !self.is_in(group) {
            self.groups.push(group.to_owned());
        }
    }
}

/// The user name of a ServiceAccount.
pub(crate) fn service_account_user(namespace: &str, name: &str) -> String {
    format!("{SERVICE_ACCOUNT}{namespace}:{name}")
}

/// Namespace and name of the ServiceAccount that a user name belongs to.
pub fn service_account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}
