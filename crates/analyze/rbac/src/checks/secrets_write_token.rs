//! `rbac/secrets-write-token`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-write-token",
    title: "tokens may be minted by writing Secrets",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.13", "mitre:T1528"],
    page: include_str!("secrets_write_token.md"),
    ..Meta::DEFAULT
};

const CREATE: Need = Need::of(&["create"], &[("", "secrets")]);
/// What runs a pod that mounts a Secret.
const PODS: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];
const WHAT: &str = "mint a token for any ServiceAccount";

/// The token is read from the Secret that was made.
pub(super) static READ: Risk = Risk {
    needs: &[
        CREATE,
        // The name is of their choice.
        Need::of(&["get", "list", "watch"], &[("", "secrets")]).any_name(),
    ],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: WHAT,
    named: Named::Lower,
};

/// A pod mounts the Secret and tells what it holds.
pub(super) static MOUNT: Risk = Risk {
    needs: &[CREATE, Need::of(&["create"], PODS)],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: WHAT,
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&READ, &MOUNT]);
}
