//! Access policies of EKS in answers: rights that an authorizer of EKS gives beside RBAC.
//!
//! What is certain of them joins the index ([`ironclad_authz::Outside`]) and is answered like any right. What is not (the
//! rules of a policy that AWS describes in words alone, a name that a variable holds) stays a "maybe": a "no" is then unknown.

use super::proof::At;
use crate::args::Global;
use crate::output;
use ironclad_authz::{Outside, PolicyRule, Request, Target, User, means_user};
use ironclad_model::{Kind, Object, Snapshot};
use std::collections::BTreeSet;

/// Namespaces that every cluster has.
pub(super) const ALWAYS: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// A policy that somebody has.
pub(crate) struct Policy {
    /// `AmazonEKSViewPolicy`
    name: String,
    principal: Option<String>,
    users: Vec<String>,
    /// Names and patterns; none where it holds everywhere.
    spaces: Vec<String>,
    rules: Option<Vec<PolicyRule>>,
    /// Where it is associated.
    at: At,
}

/// What a policy that is not in the index says of a request.
pub(crate) enum Beside {
    /// It allows it.
    Allows(String),
    /// It may: its rules, or whom they are for, are not known.
    May(String),
}

/// The policies of a snapshot.
#[derive(Default)]
pub(crate) struct Policies {
    all: Vec<Policy>,
    /// For the index, with the position in `all` of each.
    rights: Vec<(usize, Outside)>,
    known: BTreeSet<String>,
}

impl Policies {
    /// Reads them. A pattern of namespaces holds in those that the snapshot knows, or that the question names.
    pub(crate) fn of<'n>(snapshot: &Snapshot, named: impl Iterator<Item = &'n str>) -> Policies {
        let objects: Vec<&Object> = snapshot.of_kind(Kind::OTHER).into_iter().collect();
        let rights = ironclad_rbac::eks_rights(&objects);
        if rights.is_empty() {
            return Policies::default();
        }
        let mut known: BTreeSet<String> =
            snapshot.of_kind(Kind::NAMESPACE).iter().map(|object| object.name().to_owned()).collect();
        known.extend(snapshot.objects().filter_map(|object| object.namespace()).map(str::to_owned));
        known.extend(ALWAYS.into_iter().chain(named).map(str::to_owned));
        let mut policies = Policies { known, ..Policies::default() };
        for right in rights {
            let spaces: Vec<String> = right.grant.namespaces.iter().map(|space| (*space).to_owned()).collect();
            let policy = Policy {
                name: right.grant.policy.to_owned(),
                principal: right.grant.principal.map(str::to_owned),
                users: right.users.clone(),
                spaces: spaces.clone(),
                rules: right.rules.clone(),
                at: At::of(right.object, right.grant.node.span()),
            };
            let index = policies.all.len();
            if let Some(rules) = &right.rules {
                let namespaces = (!spaces.is_empty()).then(|| policies.within(&spaces));
                for user in &right.users {
                    let outside = Outside {
                        role: format!("EKS/{}", policy.name),
                        label: policy.label(),
                        user: user.clone(),
                        also: right.aliases(),
                        namespaces: namespaces.clone(),
                        rules: rules.clone(),
                    };
                    policies.rights.push((index, outside));
                }
            }
            policies.all.push(policy);
        }
        policies
    }

    /// The known namespaces that these mean. A pattern that means none stands for itself: it is shown where it holds.
    fn within(&self, spaces: &[String]) -> Vec<String> {
        let mut found = BTreeSet::new();
        for space in spaces {
            let before = found.len();
            found.extend(self.known.iter().filter(|known| fits_namespace(space, known)).cloned());
            if found.len() == before {
                found.insert(space.clone());
            }
        }
        found.into_iter().collect()
    }

    /// For the index.
    pub(crate) fn rights(&self) -> Vec<Outside> {
        self.rights.iter().map(|(_, right)| right.clone()).collect()
    }

    /// Does any join the index?
    pub(crate) fn are_known(&self) -> bool {
        !self.rights.is_empty()
    }

    /// Where the right with this number in the index is associated.
    pub(crate) fn place(&self, number: u32) -> Option<&At> {
        let (index, _) = self.rights.get(number as usize)?;
        self.all.get(*index).map(|policy| &policy.at)
    }

    /// A policy that a user has where a request is made, and that the index does not hold there: one that is not known, or
    /// in a namespace that was not.
    pub(crate) fn beside(&self, user: &User, request: &Request) -> Option<Beside> {
        let theirs = |policy: &&Policy| policy.is_of(&user.name) && policy.is_here(place_of(request));
        let mut may = None;
        for policy in self.all.iter().filter(theirs) {
            match &policy.rules {
                Some(rules) if rules.iter().any(|rule| rule.allows(request)) => {
                    return Some(Beside::Allows(policy.found()));
                }
                Some(_) => {}
                None => {
                    may.get_or_insert_with(|| policy.name.clone());
                }
            }
        }
        may.map(Beside::May)
    }

    /// Who may make a request by a pattern of namespaces that means one which the index does not know: labels.
    pub(crate) fn unindexed(&self, request: &Request) -> Vec<String> {
        let place = place_of(request);
        if place.is_empty() || self.known.contains(place) {
            return Vec::new();
        }
        let by_pattern = self.all.iter().filter(|policy| {
            let patterns = policy.spaces.iter().any(|space| space.contains('*') && fits_namespace(space, place));
            patterns && policy.rules.iter().flatten().any(|rule| rule.allows(request))
        });
        by_pattern.flat_map(|policy| policy.users.iter().map(|user| format!("User:{user}"))).collect()
    }

    /// Says that rights are known of which nobody can tell what they are: they are not counted.
    pub(crate) fn say_what_is_not_counted(&self, global: &Global) {
        let count = self.all.iter().filter(|policy| policy.rules.is_none()).count();
        if count > 0 && !global.quiet {
            let s = if count == 1 { "access policy of EKS gives" } else { "access policies of EKS give" };
            output::note(&format!(
                "warning: {count} {s} rights beside roles and bindings of which it is not known what they are, for whom or \
                 where, and what follows does not count them; `ironclad rbac lookup` lists them"
            ));
        }
    }
}

impl Policy {
    fn label(&self) -> String {
        format!("EKS access policy {}", self.name)
    }

    /// `EKS access policy AmazonEKSViewPolicy associated in entries.json:2`
    fn found(&self) -> String {
        format!("{} associated in {}", self.label(), self.at)
    }

    fn is_of(&self, user: &str) -> bool {
        self.users.iter().any(|own| means_user(own, user))
            || self.principal.as_deref().is_some_and(|arn| is_same_principal(arn, user))
    }

    fn is_here(&self, place: &str) -> bool {
        self.spaces.is_empty() || !place.is_empty() && self.spaces.iter().any(|own| fits_namespace(own, place))
    }
}

fn place_of(request: &Request) -> &str {
    match &request.target {
        Target::Resource { namespace, .. } => namespace.as_str(),
        Target::Path(_) => "",
    }
}

/// Is it the namespace, or one that a pattern (`dev-*`) means? `?`, of which AWS says nothing, may be any sign.
fn fits_namespace(pattern: &str, namespace: &str) -> bool {
    let same = |part: &str, text: &str| {
        part.len() == text.len() && part.bytes().zip(text.bytes()).all(|(own, other)| own == b'?' || own == other)
    };
    let Some((first, rest)) = pattern.split_once('*') else { return same(pattern, namespace) };
    let Some(mut left) = namespace.get(first.len()..) else { return false };
    if !namespace.get(..first.len()).is_some_and(|head| same(first, head)) {
        return false;
    }
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let found = (0..left.len()).find(|at| left.get(*at..*at + part.len()).is_some_and(|text| same(part, text)));
        let Some(at) = found else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.len().checked_sub(last.len()).and_then(|at| left.get(at..)).is_some_and(|tail| same(last, tail))
}

/// Is a user the one of an ARN: the ARN itself, or a session of the role that it names?
fn is_same_principal(arn: &str, user: &str) -> bool {
    let session = || {
        let (head, role) = arn.split_once(":role/")?;
        let account = head.rsplit(':').next()?;
        let name = role.rsplit('/').next()?;
        let (before, rest) = user.split_once(":assumed-role/")?;
        Some(before.ends_with(&format!(":sts::{account}")) && rest.split('/').next() == Some(name))
    };
    arn.eq_ignore_ascii_case(user) || session().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::fits_namespace;

    #[test]
    fn patterns_mean_namespaces() {
        for (pattern, namespace, expected) in [
            ("dev", "dev", true),
            ("dev", "dev-a", false),
            ("dev-*", "dev-a", true),
            ("dev-*", "dev-", true),
            ("dev-*", "dev", false),
            ("*-dev", "a-dev", true),
            ("*-dev", "a-dev-b", false),
            ("a*a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*b*b", "a-b", false),
            ("*", "shop", true),
            ("dev-?", "dev-a", true),
            ("dev-?", "dev-ab", false),
        ] {
            assert_eq!(fits_namespace(pattern, namespace), expected, "{pattern} {namespace}");
        }
    }
}
