//! Who may do what: the decisions of the API server's authorizers, with their proofs.
//!
//! Start with [`World`]: an index of the roles and bindings of a snapshot. It answers whether a [`User`] may make a
//! [`Request`] ([`World::decide`]), who may ([`World::who_can`]), what a user may do ([`World::rules_for`]), all of it at
//! once ([`World::matrix`]) and why not ([`World::misses`]). [`covers`] and [`World::role_write`] say whether a
//! user could give away what he does not have, [`Impersonation`] whether he could be somebody else, [`World::who_could`] who
//! could come to a right by such steps. [`Chain`] puts RBAC
//! between the other authorizers.
//!
//! The semantics are those of k8s.io/kubernetes `plugin/pkg/auth/authorizer/rbac`, `pkg/registry/rbac/validation` and
//! `pkg/apis/rbac/v1/evaluation_helpers.go`; each module names its own.
//!
//! Deliberately absent: any I/O, any look-up in a live cluster, conditions in CEL (a webhook that has some may or may not
//! be asked: the answer is [`Verdict::Unknown`]).

mod abac;
mod aggregate;
mod chain;
mod climb;
mod condition;
mod covers;
mod decide;
mod defaults;
mod escalate;
mod identity;
mod impersonate;
mod intern;
mod matrix;
mod nearest;
mod node;
mod object;
mod outside;
mod query;
mod read;
mod request;
pub mod resources;
mod rule;
mod rules;
mod takeover;
mod who;
mod world;

pub use abac::{AbacError, AbacPolicies, AbacPolicy};
pub use chain::{Authorizer, Chain, ChainDecision, ChainError, Verdict, Webhook};
pub use climb::{Climb, Step, Surroundings, Way};
pub use covers::{breakdown, covers, rule_covers};
pub use decide::{Decision, Proof};
pub use defaults::{Defaults, NEWEST, OLDEST, added_to_default, is_default_binding, is_default_role};
pub use escalate::{BindingWrite, Escalation, RoleWrite};
pub use identity::{MASTERS, User, service_account_of};
pub use impersonate::{Impersonated, Impersonation, Legacy};
pub use matrix::{Cell, Column, Matrix};
pub use nearest::{Miss, Reason};
pub use node::NodeFacts;
pub use object::{Binding, BindingId, Origin, Role, RoleId, RoleRef, Subject, SubjectId, SubjectKind};
pub use outside::{Outside, means_user};
pub use read::{Dangling, Duplicate, Invalid};
pub use request::{Request, Target};
pub use rule::PolicyRule;
pub use rules::Grant;
pub use takeover::{Reach, Takeover};
pub use who::Who;
pub use world::{Options, UNNAMED, World};
