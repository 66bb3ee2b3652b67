//! Google's IAM policies beside RBAC: roles that reach into every cluster of a project.
//!
//! A policy is what `gcloud projects|resource-manager folders|organizations get-iam-policy --format json` prints: bindings of
//! a role to members, some with a condition. Only roles that reach into clusters count. On GKE a user or a Google service
//! account is a user by e-mail address, a Google group a group of it.

use crate::failure::user_error;
use ironclad_authz::SubjectKind;
use ironclad_tree::{Limits, NodeRef, Source, parse};
use std::path::Path;

/// Largest policy that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// IAM roles that reach into clusters, and what they come to there (cloud.google.com/kubernetes-engine/docs/how-to/iam and
/// the permissions `container.*` of the basic roles).
const ROLES: &[(&str, &str)] = &[
    ("roles/container.admin", "everything in every cluster"),
    ("roles/container.clusterAdmin", "clusters and node pools, nothing inside of them but credentials to log in"),
    ("roles/container.developer", "read and write of objects, Secrets among them, in every cluster"),
    ("roles/container.viewer", "read of objects, without Secrets, in every cluster"),
    ("roles/container.clusterViewer", "logs in to every cluster, nothing more"),
    ("roles/owner", "everything in every cluster"),
    ("roles/editor", "read and write of objects, Secrets among them, in every cluster"),
    ("roles/viewer", "read of objects, without Secrets, in every cluster"),
    ("roles/admin", "everything in every cluster"),
    ("roles/writer", "read and write of objects, Secrets among them, in every cluster"),
    ("roles/reader", "read of objects, without Secrets, in every cluster"),
];

/// A grant of an IAM role.
pub(crate) struct Grant {
    /// User or group, and which.
    pub(crate) kind: SubjectKind,
    pub(crate) name: String,
    /// `container.developer`
    pub(crate) role: String,
    pub(crate) meaning: &'static str,
    /// The condition under which it holds, as it is titled.
    pub(crate) condition: Option<String>,
    /// Line of the member in the file.
    pub(crate) line: usize,
}

/// The grants of a policy that reach into clusters.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Grant>> {
    let size = fs_err::metadata(path)?.len();
    if size > LARGEST {
        let message = format!("{} is larger than {} MiB", path.display(), LARGEST >> 20);
        return Err(user_error(message, "a policy of IAM has at most some thousand members".to_owned()));
    }
    let bytes = fs_err::read(path)?;
    let (source, _) = Source::decode(path.display().to_string(), bytes);
    let parsed = parse(&source, &Limits::default());
    if let Some(problem) = parsed.problems.first() {
        let at = source.position(problem.span.start);
        return Err(user_error(format!("{}:{}:{}: {}", path.display(), at.line, at.column, problem.message), None));
    }
    let help = "it is what `gcloud projects get-iam-policy PROJECT --format json` prints".to_owned();
    let root = parsed.documents.first().map(|document| document.root());
    let bindings = root.and_then(|root| root.get_str("bindings")).map(|entry| entry.value());
    let Some(bindings) = bindings else {
        return Err(user_error(format!("{}: no `bindings`: not a policy of IAM", path.display()), help));
    };
    let text = |node: NodeRef<'_>, name: &str| {
        node.get_str(name).and_then(|entry| entry.value().as_str()).unwrap_or_default().to_owned()
    };
    let mut grants = Vec::new();
    for binding in bindings.items() {
        let role = text(binding, "role");
        let Some((_, meaning)) = ROLES.iter().find(|(known, _)| *known == role) else { continue };
        let condition = binding.get_str("condition").map(|entry| {
            let title = text(entry.value(), "title");
            if title.is_empty() { text(entry.value(), "expression") } else { title }
        });
        for member in binding.get_str("members").into_iter().flat_map(|entry| entry.value().items()) {
            let written = member.as_str().unwrap_or_default();
            let (kind, name) = subject(written);
            let role = role.trim_start_matches("roles/").to_owned();
            let line = source.position(member.span().start).line as usize;
            grants.push(Grant { kind, name, role, meaning, condition: condition.clone(), line });
        }
    }
    Ok(grants)
}

/// Who a member is to a cluster. What stands for many, or for the deleted, keeps its prefix.
fn subject(member: &str) -> (SubjectKind, String) {
    match member.split_once(':') {
        Some(("user" | "serviceAccount", name)) => (SubjectKind::User, name.to_owned()),
        Some(("group", name)) => (SubjectKind::Group, name.to_owned()),
        _ => (SubjectKind::Group, member.to_owned()),
    }
}
