//! `rbac/eks-access-policy`

use crate::eks::{Scope, entries};
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/eks-access-policy",
    title: "AWS identity with a policy of EKS that reaches far",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::OTHER],
    tags: &["cis:5.1.1", "mitre:T1078"],
    page: include_str!("eks_access_policy.md"),
    ..Meta::DEFAULT
};

/// Policies as EKS has them, what they let their holder do, and how grave that is everywhere and in a namespace. They are no
/// roles of the cluster: an authorizer of EKS knows them ("Review access policy permissions" of its guide).
const POLICIES: &[(&str, &str, Severity, Option<Severity>)] = &[
    ("AmazonEKSClusterAdminPolicy", "do everything", Severity::Critical, Some(Severity::High)),
    (
        "AmazonEKSAdminPolicy",
        "do what the role `admin` may: read Secrets, run pods, act as ServiceAccounts",
        Severity::High,
        None,
    ),
    (
        "AmazonEKSEditPolicy",
        "do what the role `edit` may: read Secrets, run pods, act as ServiceAccounts",
        Severity::High,
        None,
    ),
    ("AmazonEKSAdminViewPolicy", "read everything, Secrets too", Severity::High, Some(Severity::High)),
    ("AmazonEKSSecretReaderPolicy", "read every Secret", Severity::High, Some(Severity::High)),
];

pub(super) fn check(cx: &mut Cx<'_>) {
    for object in cx.objects(Kind::OTHER) {
        for entry in entries(object) {
            for policy in entry.policies() {
                let known = policy.name().and_then(|name| POLICIES.iter().find(|known| known.0 == name));
                let Some((name, what, cluster, namespace)) = known else { continue };
                let facts = facts(cx);
                let (severity, place) = match &policy.scope {
                    Scope::Cluster => (Some(*cluster), "in the whole cluster".to_owned()),
                    Scope::Namespaces(_, names) => {
                        let wide = |name: &&&str| **name == "*" || facts.is_system(name);
                        let place = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
                        match names.iter().find(wide) {
                            Some(_) => (Some(*cluster), format!("in namespace {place}")),
                            None => (*namespace, format!("in namespace {place}")),
                        }
                    }
                    Scope::Unknown => (Some(*cluster), "wherever its scope says".to_owned()),
                    Scope::Wrong(_) => continue,
                };
                let Some(severity) = severity else { continue };
                let comma = if what.contains([',', ':']) { "," } else { "" };
                let message = format!("{} can {what}{comma} {place}", entry.who());
                cx.find_in(object, policy.arn.unwrap_or(policy.node), message)
                    .severity(severity)
                    .evidence("policy", *name)
                    .label("no role or binding shows it, and none takes it away");
            }
        }
    }
}
