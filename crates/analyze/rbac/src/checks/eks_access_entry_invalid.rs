//! `rbac/eks-access-entry-invalid`

use crate::aws_auth::{Arn, arn};
use crate::eks::{Entry, Scope, entries, modes, plain, wrong_types};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "rbac/eks-access-entry-invalid",
    title: "access entry that EKS refuses",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1078"],
    page: include_str!("eks_access_entry_invalid.md"),
    ..Meta::DEFAULT
};

/// Types of entries (`CreateAccessEntry` of its API).
const TYPES: &[&str] =
    &["STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX"];

/// What names of groups and users may not begin with.
const RESERVED: &[&str] = &["system:", "eks:", "aws:", "amazon:", "iam:"];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for (node, message) in wrong_types(object) {
        cx.find(node, message).label("what reads it refuses the whole file");
    }
    let entries = entries(object);
    if let Some((node, _)) = modes(object).into_iter().find(|(_, mode)| *mode == "CONFIG_MAP" && !entries.is_empty()) {
        cx.find(node, "access entries are not used in the authentication mode CONFIG_MAP")
            .label("`API_AND_CONFIG_MAP` or `API` uses them");
    }
    let mut seen = FxHashSet::default();
    for entry in &entries {
        if let Some((node, text)) = entry.arn() {
            principal(entry, cx);
            if entry.whole && !seen.insert(text.to_ascii_lowercase()) {
                cx.find(node, format!("`{text}` has an access entry already")).label("EKS takes one of each");
            }
        }
        names(entry, cx);
        policies(entry, cx);
    }
}

fn principal(entry: &Entry<'_>, cx: &mut Cx<'_>) {
    let Some((node, text)) = entry.arn() else { return };
    let why = match arn(text).0 {
        Arn::Role { .. } | Arn::User | Arn::Root | Arn::Federated => return,
        Arn::Session { .. } => "a session of a role: it is the role that has the entry",
        Arn::Group => "a group of IAM, which nobody logs in as",
        Arn::Other | Arn::Not => "no ARN of a role or user",
    };
    cx.find(node, format!("`{text}` is {why}"));
}

fn names(entry: &Entry<'_>, cx: &mut Cx<'_>) {
    let standard = match entry.kind() {
        Some((node, kind)) if !TYPES.contains(&kind) => {
            cx.find(node, format!("\"{kind}\" is no type of access entry"))
                .label(format!("one of {}", TYPES.join(", ")));
            true
        }
        Some((_, kind)) => kind == "STANDARD",
        None => true,
    };
    let kind = entry.kind().map_or("STANDARD", |(_, kind)| kind);
    for (node, group) in entry.groups() {
        // What EKS itself gives nodes is shown by its command line.
        if !standard && !matches!(group, "system:nodes" | "system:bootstrappers") && !group.starts_with("eks:") {
            cx.find(node, format!("an entry of type {kind} has no groups of its own"));
        } else if standard && RESERVED.iter().any(|start| group.starts_with(start)) {
            cx.find(node, format!("no access entry can be in group \"{group}\""))
                .label(format!("EKS takes no name that begins with {}", RESERVED.join(", ")));
        }
    }
    let Some((node, user)) = entry.username().filter(|_| standard) else { return };
    if RESERVED.iter().any(|start| user.starts_with(start)) && !user.starts_with("arn:") {
        cx.find(node, format!("no access entry can be named \"{user}\""))
            .label(format!("EKS takes no name that begins with {}", RESERVED.join(", ")));
    } else if let Some(before) = user.split("{{SessionName").next().filter(|before| before.len() < user.len())
        && !before.contains(':')
    {
        cx.find(node, format!("`{user}` has no colon before the name of the session"))
            .label("without one whoever takes the role would choose any name: EKS refuses it");
    }
}

fn policies(entry: &Entry<'_>, cx: &mut Cx<'_>) {
    let kind = entry.kind().map_or("STANDARD", |(_, kind)| kind);
    for policy in entry.policies() {
        if kind != "STANDARD" && TYPES.contains(&kind) {
            cx.find(policy.node, format!("an entry of type {kind} has no policies"));
            continue;
        }
        if let Some(node) = policy.arn
            && let Some(text) = plain(node)
            && policy.name().is_none_or(str::is_empty)
        {
            cx.find(node, format!("`{text}` is no access policy of EKS"))
                .label("such as `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`");
        }
        match policy.scope {
            Scope::Wrong(node) => {
                cx.find(node, "the scope of a policy is neither `cluster` nor `namespace`");
            }
            Scope::Namespaces(node, _) if node.is_empty() || node.kind() != ironclad_tree::Kind::Sequence => {
                cx.find(node, "a policy for namespaces names none");
            }
            _ => {}
        }
    }
}
