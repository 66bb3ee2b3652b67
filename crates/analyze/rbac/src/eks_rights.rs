//! What the access policies of EKS let whom do, as far as it can be known from what is written.
//!
//! Rules: those that AWS publishes ("Review access policy permissions" of the Amazon EKS user guide), in
//! `data/eks_access_policies.txt`. User names: that of the access entry, else the one that EKS makes ("Create access
//! entries"): the ARN of a user, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/{{SessionName}}` for a role, without its path.
//! Invariant: whatever is not certain (the policy's rules, who has it, where it holds, whether entries count in the
//! authentication mode) makes a right without rules, of which nothing but "maybe" may be said.

use crate::eks::{Entry, Grant, Policy, Scope, entries, modes, plain};
use ironclad_authz::PolicyRule;
use ironclad_model::Object;
use rustc_hash::FxHashMap;

const DATA: &str = include_str!("../data/eks_access_policies.txt");

/// User names by ARN; nothing for one that EKS makes.
type Names<'o> = FxHashMap<&'o str, Vec<Option<&'o str>>>;

/// A policy that somebody has.
pub struct Right<'o> {
    /// Who, which, where and by which line.
    pub grant: Grant<'o>,
    /// The document.
    pub object: &'o Object,
    /// The user names that the identity has in the cluster; `{{SessionName}}` in them is the name of any session. Empty where
    /// that cannot be known.
    pub users: Vec<String>,
    /// The rules; nothing where they, or whom or where they are for, are not known.
    pub rules: Option<Vec<PolicyRule>>,
}

/// The policies of EKS that identities of AWS have, by all documents together: one may name the user and another the policy.
pub fn rights<'o>(objects: &[&'o Object]) -> Vec<Right<'o>> {
    let mut found = Vec::new();
    let mut shared: Option<(Names<'_>, bool)> = None;
    for object in objects.iter().copied() {
        for entry in entries(object) {
            for policy in entry.policies() {
                let Some(name) = policy.name() else { continue };
                let (names, counts) = shared.get_or_insert_with(|| (user_names(objects), counts(objects)));
                let users = users(&entry, names);
                let known = !users.is_empty() && is_standard(&entry) && is_certain(&policy) && *counts;
                let rules = if known { rules_of(name) } else { None };
                let namespaces = match policy.scope {
                    Scope::Namespaces(_, names) => names,
                    Scope::Cluster | Scope::Unknown | Scope::Wrong(_) => Vec::new(),
                };
                let principal = entry.arn().map(|(_, arn)| arn);
                let grant = Grant { principal, policy: name, namespaces, node: policy.node };
                found.push(Right { grant, object, users, rules });
            }
        }
    }
    found
}

/// The published rules of a policy.
fn rules_of(policy: &str) -> Option<Vec<PolicyRule>> {
    let mut rules = Vec::new();
    let mut found = false;
    let mut here = false;
    for line in DATA.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            here = name == policy;
            found |= here;
        } else if here {
            match line.strip_prefix("like ") {
                // Of a policy before it: the table's test holds that it ends.
                Some(other) => rules.extend(rules_of(other)?),
                None => rules.push(rule(line)?),
            }
        }
    }
    found.then_some(rules)
}

/// `group | resources | verbs`
fn rule(line: &str) -> Option<PolicyRule> {
    let mut parts = line.split('|').map(str::trim);
    let (group, what, verbs) = (parts.next()?, parts.next()?, parts.next()?);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut rule = PolicyRule { verbs: words(verbs), ..PolicyRule::default() };
    match group {
        "path" => rule.non_resource_urls = words(what),
        group => {
            rule.api_groups = vec![if group == "core" { String::new() } else { group.to_owned() }];
            rule.resources = words(what);
        }
    }
    Some(rule)
}

/// The user names that entries give to an ARN: nothing where one leaves it to EKS.
fn user_names<'o>(objects: &[&'o Object]) -> Names<'o> {
    let mut names = Names::default();
    for object in objects.iter().copied() {
        for entry in entries(object).into_iter().filter(|entry| entry.whole) {
            let (Some((_, arn)), true) = (entry.arn(), entry.has_plain_username()) else { continue };
            let own = entry.username().map(|(_, name)| name);
            let of_arn = names.entry(arn).or_default();
            if !of_arn.contains(&own) {
                of_arn.push(own);
            }
        }
    }
    names
}

fn users(entry: &Entry<'_>, names: &Names<'_>) -> Vec<String> {
    let Some((_, arn)) = entry.arn() else { return Vec::new() };
    let own = match entry.whole {
        true if !entry.has_plain_username() => return Vec::new(),
        true => vec![entry.username().map(|(_, name)| name)],
        // What is said elsewhere of the same identity; several clusters may call it by several names.
        false => names.get(arn).cloned().unwrap_or_else(|| vec![None]),
    };
    let name = |own: Option<&str>| own.map_or_else(|| default_user(arn), |name| Some(name.to_owned()));
    let found: Option<Vec<String>> = own.into_iter().map(name).collect();
    found.unwrap_or_default().into_iter().filter(|name| name.matches("{{").count() < 2).collect()
}

/// The user name that EKS makes of the ARN of a user or role.
fn default_user(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(partition), Some("iam"), Some(_), Some(account), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let (kind, path) = resource.split_once('/')?;
    match kind {
        "user" => Some(arn.to_owned()),
        "role" => session_of(partition, account, path),
        _ => None,
    }
}

/// The name of any session of a role.
fn session_of(partition: &str, account: &str, path: &str) -> Option<String> {
    let role = path.rsplit('/').next().filter(|role| !role.is_empty())?;
    Some(format!("arn:{partition}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}"))
}

impl Right<'_> {
    /// By which names besides the user name the identity may be meant: its ARN and, of a role, that of a session.
    pub fn aliases(&self) -> Vec<String> {
        let arn = self.grant.principal.into_iter();
        arn.flat_map(|arn| [Some(arn.to_owned()), default_user(arn)]).flatten().collect()
    }
}

/// Policies can be given to entries of this type alone.
fn is_standard(entry: &Entry<'_>) -> bool {
    entry.has_plain_kind() && entry.kind().is_none_or(|(_, kind)| kind == "STANDARD")
}

/// Is it certain where a policy holds? `*` in a namespace is documented, no other sign.
fn is_certain(policy: &Policy<'_>) -> bool {
    match &policy.scope {
        Scope::Cluster => true,
        Scope::Namespaces(list, names) => {
            let all = list.items().all(|item| plain(item).is_some());
            all && !names.is_empty() && names.iter().all(|name| !name.contains(['?', '[', '{']))
        }
        Scope::Unknown | Scope::Wrong(_) => false,
    }
}

/// Do access entries count? Not where the only mode that is written is the one of `aws-auth` alone.
fn counts(objects: &[&Object]) -> bool {
    let mut modes = objects.iter().flat_map(|object| modes(object)).map(|(_, mode)| mode).peekable();
    modes.peek().is_none() || modes.any(|mode| mode != "CONFIG_MAP")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{DATA, default_user, rule, rules_of};
    use ironclad_authz::Request;

    /// Each line is read, and takes only what stands before it.
    #[test]
    fn the_table_is_whole() {
        let mut seen: Vec<&str> = Vec::new();
        for line in DATA.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                seen.push(name.strip_suffix(']').unwrap());
            } else if let Some(other) = line.strip_prefix("like ") {
                assert!(seen[..seen.len() - 1].contains(&other), "{line}");
            } else {
                let rule = rule(line).unwrap();
                assert_eq!(line.split('|').count(), 3, "{line}");
                assert!(!rule.verbs.is_empty() && rule.resources.len() + rule.non_resource_urls.len() > 0, "{line}");
            }
        }
        let counts: Vec<(&str, usize)> = seen.iter().map(|name| (*name, rules_of(name).unwrap().len())).collect();
        let expected = [
            ("AmazonEKSClusterAdminPolicy", 2),
            ("AmazonEKSAdminViewPolicy", 1),
            ("AmazonEKSSecretReaderPolicy", 1),
            ("AmazonEKSHybridPolicy", 1),
            ("AmazonEKSViewPolicy", 10),
            ("AmazonEKSEditPolicy", 20),
            ("AmazonEKSAdminPolicy", 22),
        ];
        assert_eq!(counts, expected);
        assert!(rules_of("AmazonEKSComputePolicy").is_none());
    }

    /// Questions, and the policies that answer them with yes: as the tables of the guide have it.
    #[test]
    fn policies_allow_what_the_guide_says() {
        const ALL: [(&str, char); 7] = [
            ("AmazonEKSClusterAdminPolicy", 'c'),
            ("AmazonEKSAdminPolicy", 'a'),
            ("AmazonEKSEditPolicy", 'e'),
            ("AmazonEKSViewPolicy", 'v'),
            ("AmazonEKSAdminViewPolicy", 'w'),
            ("AmazonEKSSecretReaderPolicy", 's'),
            ("AmazonEKSHybridPolicy", 'h'),
        ];
        let asked = |verb: &str, group: &str, resource: &str, sub: &str| {
            Request::resource(verb, group, resource).subresource(sub).within("dev")
        };
        let rbac = "rbac.authorization.k8s.io";
        for (request, expected) in [
            (asked("get", "", "pods", ""), "caevw"),
            (asked("get", "", "pods", "log"), "caevw"),
            (asked("get", "", "pods", "exec"), "caew"),
            (asked("create", "", "pods", "exec"), "cae"),
            (asked("get", "", "secrets", ""), "caews"),
            (asked("update", "", "secrets", ""), "cae"),
            (asked("impersonate", "", "serviceaccounts", ""), "cae"),
            (asked("create", "", "serviceaccounts", "token"), "c"),
            (asked("create", rbac, "rolebindings", ""), "ca"),
            (asked("get", rbac, "roles", ""), "caw"),
            (asked("bind", rbac, "roles", ""), "c"),
            (asked("create", "authorization.k8s.io", "localsubjectaccessreviews", ""), "ca"),
            (asked("list", "", "nodes", ""), "cwh"),
            (asked("get", "", "nodes", ""), "cw"),
            (asked("list", "", "namespaces", ""), "caevw"),
            (asked("create", "", "namespaces", ""), "c"),
            (asked("patch", "apps", "deployments", ""), "cae"),
            (asked("patch", "apps", "deployments", "status"), "c"),
            (asked("list", "cert-manager.io", "certificates", ""), "cw"),
            (asked("create", "", "events", ""), "cae"),
            (asked("create", "", "persistentvolumeclaims", ""), "cae"),
            (asked("create", "policy", "poddisruptionbudgets", ""), "cae"),
            (Request::path("get", "/metrics"), "c"),
        ] {
            let allows = |name| rules_of(name).unwrap().iter().any(|rule| rule.allows(&request));
            let found: String = ALL.iter().filter(|(name, _)| allows(name)).map(|(_, sign)| *sign).collect();
            assert_eq!(found, expected, "{request:?}");
        }
    }

    #[test]
    fn names_are_those_that_eks_makes() {
        for (arn, expected) in [
            ("arn:aws:iam::1:user/path/eve", Some("arn:aws:iam::1:user/path/eve")),
            ("arn:aws:iam::1:role/ops", Some("arn:aws:sts::1:assumed-role/ops/{{SessionName}}")),
            ("arn:aws-cn:iam::1:role/a/b/ops", Some("arn:aws-cn:sts::1:assumed-role/ops/{{SessionName}}")),
            ("arn:aws:iam::1:role/", None),
            ("arn:aws:iam::1:root", None),
            ("arn:aws:sts::1:assumed-role/ops/eve", None),
            ("eve", None),
        ] {
            assert_eq!(default_user(arn).as_deref(), expected, "{arn}");
        }
    }
}
