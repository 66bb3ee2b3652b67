//! Trust policies of roles of AWS: who may take them with a token of a cluster (IRSA).
//!
//! Read are policies of IAM as JSON, what `aws iam get-role` prints, `AWS::IAM::Role` of CloudFormation, `aws_iam_role` of a
//! plan of Terraform, and `Role` of AWS's controller (`iam.services.k8s.aws`), of which the last two hold JSON in a text.

use crate::eks::{plain, resources};
use ironclad_model::{Object, group_of};
use ironclad_tree::{Document, Kind, Limits, NodeRef, Source, parse};

/// A text of IAM is at most 2,048 characters by default, and 6,144 elsewhere.
const LIMITS: Limits = Limits { depth: 64, document_bytes: 64 << 10, nodes: 1 << 14 };

/// A policy, written out or in a text.
pub(crate) struct Policy<'o> {
    /// Where it is.
    pub(crate) node: NodeRef<'o>,
    text: Option<Document>,
}

/// Whom a statement lets in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// No condition says which ServiceAccount.
    AnySubject,
    /// A pattern fits accounts of namespaces that it does not name.
    Namespaces(String),
    /// A pattern fits every account of a namespace, or several.
    Accounts(String),
    /// A pattern where only equal texts count.
    Literal(String),
    /// No condition says for whom the token is made.
    AnyAudience,
}

/// The trust policies of a document.
pub(crate) fn policies(object: &Object) -> Vec<Policy<'_>> {
    let root = object.root();
    let nodes: Vec<NodeRef<'_>> = match (group_of(object.api_version()), object.kind_name()) {
        ("aws.amazon.com", "TrustPolicy") => match field(root, "Role") {
            Some(role) => field(role, "AssumeRolePolicyDocument").into_iter().collect(),
            None => vec![root],
        },
        ("aws.amazon.com", "CloudFormationTemplate") => {
            let roles = resources(object, "AWS::IAM::Role", "").into_iter();
            roles.filter_map(|role| field(role, "AssumeRolePolicyDocument")).collect()
        }
        ("aws.amazon.com", "TerraformPlan") => {
            let roles = resources(object, "", "aws_iam_role").into_iter();
            roles.filter_map(|role| field(role, "assume_role_policy")).collect()
        }
        ("iam.services.k8s.aws", "Role") => {
            field(root, "spec").and_then(|spec| field(spec, "assumeRolePolicyDocument")).into_iter().collect()
        }
        _ => Vec::new(),
    };
    nodes.into_iter().filter_map(policy).collect()
}

fn policy(node: NodeRef<'_>) -> Option<Policy<'_>> {
    if node.kind() == Kind::Mapping {
        return Some(Policy { node, text: None });
    }
    let text = plain(node)?;
    let parsed = parse(&Source::new("policy", text), &LIMITS);
    Some(Policy { node, text: parsed.documents.into_iter().next() })
}

impl<'o> Policy<'o> {
    /// Calls with each hole of each statement, and the place to show.
    pub(crate) fn holes(&self, mut say: impl FnMut(NodeRef<'o>, Hole)) {
        match &self.text {
            None => {
                for statement in one_or_many(self.node, "Statement") {
                    holes(statement).into_iter().for_each(|hole| say(statement, hole));
                }
            }
            Some(document) => {
                for statement in one_or_many(document.root(), "Statement") {
                    holes(statement).into_iter().for_each(|hole| say(self.node, hole));
                }
            }
        }
    }
}

fn field<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value()).filter(|value| !value.is_null())
}

/// A field that is a value or a list of them.
fn one_or_many<'a>(node: NodeRef<'a>, name: &str) -> Vec<NodeRef<'a>> {
    match field(node, name) {
        Some(list) if list.kind() == Kind::Sequence => list.items().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn texts<'a>(node: NodeRef<'a>, name: &str) -> Vec<&'a str> {
    one_or_many(node, name).into_iter().filter_map(|node| node.as_str()).collect()
}

/// What is open in a statement that lets tokens of a cluster in; nothing of any other.
fn holes(statement: NodeRef<'_>) -> Vec<Hole> {
    let allows = field(statement, "Effect").and_then(|effect| effect.as_str()) == Some("Allow");
    let takes = texts(statement, "Action").iter().any(|action| {
        let action = action.to_ascii_lowercase();
        matches!(action.as_str(), "sts:assumerolewithwebidentity" | "sts:*" | "*")
    });
    let issuers = field(statement, "Principal").map(|principal| texts(principal, "Federated")).unwrap_or_default();
    let mut subjects: Vec<(bool, &str)> = Vec::new();
    let mut audience = false;
    for operator in field(statement, "Condition").into_iter().flat_map(|conditions| conditions.entries()) {
        let name = operator.key().rsplit(':').next().unwrap_or_default();
        let name = name.strip_suffix("IfExists").unwrap_or(name);
        let pattern = match name {
            "StringEquals" | "StringEqualsIgnoreCase" => false,
            "StringLike" | "ArnLike" => true,
            _ => continue,
        };
        for key in operator.value().entries() {
            let lower = key.key().to_ascii_lowercase();
            if lower.ends_with(":sub") {
                subjects.extend(texts(operator.value(), key.key()).into_iter().map(|value| (pattern, value)));
            } else if lower.ends_with(":aud") {
                audience = true;
            }
        }
    }
    let of_eks = issuers.iter().any(|issuer| issuer.contains(":oidc-provider/") && issuer.contains("oidc.eks."));
    let of_cluster = of_eks || subjects.iter().any(|(_, value)| value.starts_with("system:serviceaccount:"));
    if !allows || !takes || !of_cluster {
        return Vec::new();
    }
    let mut found: Vec<Hole> = Vec::new();
    if subjects.is_empty() {
        found.push(Hole::AnySubject);
    }
    found.extend(subjects.iter().filter_map(|(pattern, value)| hole(*pattern, value)));
    if !audience {
        found.push(Hole::AnyAudience);
    }
    found
}

fn hole(pattern: bool, value: &str) -> Option<Hole> {
    if !value.contains(['*', '?']) || value.contains("${") {
        return None;
    }
    if !pattern {
        return Some(Hole::Literal(value.to_owned()));
    }
    let rest = value.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    Some(match rest {
        Some((namespace, _)) if !namespace.contains(['*', '?']) => Hole::Accounts(value.to_owned()),
        _ => Hole::Namespaces(value.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Hole, hole};

    #[test]
    fn patterns_of_subjects() {
        let of = |pattern, value: &str| hole(pattern, value);
        assert_eq!(of(true, "system:serviceaccount:shop:web"), None);
        assert_eq!(
            of(false, "system:serviceaccount:shop:*"),
            Some(Hole::Literal("system:serviceaccount:shop:*".into()))
        );
        assert_eq!(
            of(true, "system:serviceaccount:shop:*"),
            Some(Hole::Accounts("system:serviceaccount:shop:*".into()))
        );
        assert_eq!(
            of(true, "system:serviceaccount:*:web"),
            Some(Hole::Namespaces("system:serviceaccount:*:web".into()))
        );
        assert_eq!(of(true, "system:serviceaccount:*"), Some(Hole::Namespaces("system:serviceaccount:*".into())));
        assert_eq!(of(true, "*"), Some(Hole::Namespaces("*".into())));
        assert_eq!(of(true, "system:serviceaccount:${ns}:*"), None);
    }
}
