//! Rights beside RBAC: what another authorizer of the cluster gives to users by rules that are known, as the access
//! policies of EKS do.
//!
//! They join the index behind everything else, as roles and bindings that no object can name, replace or refer to; the
//! index of a snapshot without them is the same as ever, and all of its numbers hold in the one with them, too.

use crate::intern::Text;
use crate::object::{Binding, BindingId, Origin, Role, RoleId, RoleRef, Subject, SubjectId, SubjectKind};
use crate::world::Builder;
use crate::{Options, PolicyRule, World};
use ironclad_model::Snapshot;

/// A right that another authorizer gives to one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// What the rules are called, as the label of a role: `EKS/AmazonEKSViewPolicy`.
    pub role: String,
    /// What gives them to the user, as the label of a binding: `EKS access policy AmazonEKSViewPolicy`.
    pub label: String,
    /// The user name; what stands in `{{…}}` is any name of a session.
    pub user: String,
    /// By which other names the user may be asked for, in the same form.
    pub also: Vec<String>,
    /// Namespaces in which it holds; none where it holds in the whole cluster.
    pub namespaces: Option<Vec<String>>,
    /// The rules.
    pub rules: Vec<PolicyRule>,
}

impl World {
    /// Indexes the roles and bindings of a snapshot, and rights beside them. [`Origin::Outside`] holds the position in the
    /// list.
    pub fn with(snapshot: &Snapshot, options: &Options<'_>, outside: &[Outside]) -> World {
        let mut builder = World::builder(snapshot, options);
        for (index, right) in outside.iter().enumerate() {
            builder.outside(index as u32, right);
        }
        builder.finish()
    }

    /// Is the binding one of another authorizer?
    pub fn is_outside(&self, binding: BindingId) -> bool {
        matches!(self.binding(binding).origin, Origin::Outside(_))
    }

    /// Adds the subjects of other authorizers that a user name means: names of sessions are in no map.
    pub(crate) fn named_outside(&self, name: &str, found: &mut Vec<SubjectId>) {
        for (pattern, subject) in &self.aliases {
            if !found.contains(subject) && means_user(pattern, name) {
                found.push(*subject);
            }
        }
    }
}

impl Builder<'_> {
    fn outside(&mut self, index: u32, right: &Outside) {
        let subject = self.outside_user(&right.user);
        for pattern in std::iter::once(&right.user).chain(&right.also) {
            let alias = (pattern.clone(), subject);
            if (pattern.contains("{{") || *pattern != right.user) && !self.world.aliases.contains(&alias) {
                self.world.aliases.push(alias);
            }
        }
        let origin = Origin::Outside(index);
        let rules: Vec<u32> = right.rules.iter().map(|rule| self.world.rules.rule_of(rule).0).collect();
        let list = self.world.rules.list(&rules);
        let role_name = self.world.rules.texts.intern(&right.role);
        let role = RoleId(self.world.roles.len() as u32);
        self.world.roles.push(Role {
            cluster: true,
            namespace: Text::EMPTY,
            name: role_name,
            origin,
            list,
            aggregated: None,
            refused: false,
        });
        let name = self.world.rules.texts.intern(&right.label);
        let whole = [String::new()];
        for space in right.namespaces.as_deref().unwrap_or(&whole) {
            let namespace = self.world.rules.texts.intern(space);
            let id = self.world.bindings.len() as u32;
            self.world.bindings.push(Binding {
                cluster: right.namespaces.is_none(),
                namespace,
                name,
                origin,
                role_ref: RoleRef { cluster: true, name: role_name },
                role: Some(role),
                refused: false,
            });
            self.binding_subjects.push((id, subject.0));
        }
    }

    /// The subject of a user name. One for sessions is nobody whom a binding of RBAC could name.
    fn outside_user(&mut self, user: &str) -> SubjectId {
        let known = self.world.aliases.iter().find(|(pattern, _)| pattern == user && user.contains("{{"));
        if let Some((_, subject)) = known {
            return *subject;
        }
        let name = self.world.rules.texts.intern(user);
        let next = SubjectId(self.world.subjects.len() as u32);
        let id = match user.contains("{{") {
            true => next,
            false => *self.world.principals.entry((SubjectKind::User, name)).or_insert(next),
        };
        if id == next {
            self.world.subjects.push(Subject {
                kind: SubjectKind::User,
                principal: name,
                name,
                namespace: Text::EMPTY,
            });
        }
        id
    }
}

/// Is it the user name, or one that a name with one `{{…}}` in it means? The name of a session has no `/` and no `:`.
pub fn means_user(pattern: &str, name: &str) -> bool {
    let parts = pattern.split_once("{{").and_then(|(head, rest)| Some((head, rest.split_once("}}")?.1)));
    match parts {
        None => pattern == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|session| !session.is_empty() && !session.contains(['/', ':'])),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{Outside, means_user};
    use crate::{Options, PolicyRule, Request, User, World};
    use ironclad_model::Snapshot;

    #[test]
    fn names_of_sessions_are_one_part() {
        let role = "arn:aws:sts::1:assumed-role/ops/{{SessionName}}";
        for (pattern, name, expected) in [
            (role, "arn:aws:sts::1:assumed-role/ops/eve", true),
            (role, "arn:aws:sts::1:assumed-role/ops/", false),
            (role, "arn:aws:sts::1:assumed-role/ops/eve/eve", false),
            (role, "arn:aws:sts::1:assumed-role/other/eve", false),
            ("jo:{{SessionName}}:x", "jo:eve:x", true),
            ("jo:{{SessionName}}:x", "jo::x", false),
            ("alice", "alice", true),
            ("alice", "alic", false),
            ("a{{", "a{{", true),
        ] {
            assert_eq!(means_user(pattern, name), expected, "{pattern} {name}");
        }
    }

    fn right(user: &str, namespaces: Option<&[&str]>) -> Outside {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Outside {
            role: "EKS/View".to_owned(),
            label: "EKS access policy View".to_owned(),
            user: user.to_owned(),
            also: vec!["arn:aws:iam::1:role/ops".to_owned()],
            namespaces: namespaces.map(texts),
            rules: vec![PolicyRule {
                verbs: texts(&["get"]),
                api_groups: texts(&[""]),
                resources: texts(&["pods"]),
                ..PolicyRule::default()
            }],
        }
    }

    #[test]
    fn rights_beside_rbac_join_every_answer() {
        let rights = [right("ops:{{SessionName}}", Some(&["shop"])), right("alice", None)];
        let world = World::with(&Snapshot::default(), &Options::default(), &rights);
        let pods = |space: &str| Request::resource("get", "", "pods").within(space);
        let may = |user: &str, space: &str| world.allows(&User::implied(user, &[]), &pods(space));
        assert!(may("ops:eve", "shop") && !may("ops:eve", "other") && !may("ops:eve", "") && !may("ops:", "shop"));
        assert!(may("alice", "shop") && may("alice", "") && !may("bob", "shop"));
        assert!(may("arn:aws:iam::1:role/ops", "shop"));
        let labels = world.who_can(&pods("shop")).labels(&world);
        assert_eq!(labels, ["Group:system:masters", "User:alice", "User:ops:{{SessionName}}"]);
        let proofs = world.decide(&User::implied("ops:eve", &[]), &pods("shop")).proofs;
        assert_eq!(world.binding_label(proofs[0].binding), "EKS access policy View");
        assert_eq!(world.role_label(proofs[0].role), "EKS/View");
        assert!(world.is_outside(proofs[0].binding) && world.role_named(None, "EKS/View").is_none());
        assert_eq!(world.reason(&proofs[0]), "allowed by EKS access policy View to User \"ops:{{SessionName}}\"");
        assert_eq!(world.rules_for(&User::implied("ops:eve", &[]), "shop").len(), 1);
    }
}
