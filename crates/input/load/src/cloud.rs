//! Documents of a cloud that say who is who in a cluster: what its command line prints, templates and plans. They are no
//! Kubernetes, and have neither `apiVersion` nor `kind`; those that are known by their form are read as objects of the
//! group `aws.amazon.com`, which no server has, and only the checks that know them look at them.
//!
//! A template or a plan without any such resource stays what it is: another program's.

use ironclad_tree::{Document, Kind, NodeRef};
use std::sync::Arc;

/// `apiVersion` and `kind` of an object that does not say them.
pub(crate) type Type = Arc<(String, String)>;

/// Resources of AWS that say who may do what in a cluster: of CloudFormation, and of Terraform's provider.
const RESOURCES: &[(&str, &str)] = &[
    ("AWS::EKS::AccessEntry", "aws_eks_access_entry"),
    ("AWS::EKS::AccessEntry", "aws_eks_access_policy_association"),
    ("AWS::EKS::PodIdentityAssociation", "aws_eks_pod_identity_association"),
    ("AWS::EKS::Cluster", "aws_eks_cluster"),
];

/// What a document without `apiVersion` and `kind` is, where it is one of these.
pub(crate) fn type_of(document: &Document) -> Option<Type> {
    let root = document.root();
    if root.kind() != Kind::Mapping || ["apiVersion", "kind"].iter().any(|name| root.get_str(name).is_some()) {
        return None;
    }
    let kind = match () {
        () if has(root, "accessEntry", "principalArn") => "AccessEntry",
        () if root.get_str("associatedAccessPolicies").is_some() => "AssociatedAccessPolicies",
        () if has(root, "association", "serviceAccount") => "PodIdentityAssociation",
        () if has(root, "cluster", "accessConfig") => "Cluster",
        () if is_trust(root) || has(root, "Role", "AssumeRolePolicyDocument") => "TrustPolicy",
        () if is_template(root) => "CloudFormationTemplate",
        () if is_plan(root) => "TerraformPlan",
        () => return None,
    };
    Some(Arc::new(("aws.amazon.com/v1".to_owned(), kind.to_owned())))
}

fn field<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value())
}

fn has(root: NodeRef<'_>, outer: &str, inner: &str) -> bool {
    field(root, outer).is_some_and(|node| node.get_str(inner).is_some())
}

/// Does a policy of IAM let tokens of an issuer take a role?
fn is_trust(root: NodeRef<'_>) -> bool {
    let federated = |statement: NodeRef<'_>| has(statement, "Principal", "Federated");
    field(root, "Statement").is_some_and(|list| list.items().any(federated) || federated(list))
}

fn is_template(root: NodeRef<'_>) -> bool {
    let Some(resources) = field(root, "Resources") else { return false };
    resources.entries().any(|entry| {
        let kind = field(entry.value(), "Type").and_then(|kind| kind.as_str()).unwrap_or_default();
        RESOURCES.iter().any(|(own, _)| *own == kind)
            || kind == "AWS::IAM::Role"
                && field(entry.value(), "Properties")
                    .and_then(|properties| field(properties, "AssumeRolePolicyDocument"))
                    .is_some_and(is_trust)
    })
}

/// What `terraform show -json` prints, of a plan or of a state.
fn is_plan(root: NodeRef<'_>) -> bool {
    if root.get_str("format_version").is_none() || root.get_str("terraform_version").is_none() {
        return false;
    }
    let mut modules: Vec<NodeRef<'_>> = ["planned_values", "values"]
        .iter()
        .filter_map(|name| field(root, name).and_then(|values| field(values, "root_module")))
        .collect();
    while let Some(module) = modules.pop() {
        let resources = field(module, "resources").into_iter().flat_map(|list| list.items());
        let mut kinds = resources.filter_map(|resource| field(resource, "type")?.as_str());
        if kinds.any(|kind| kind == "aws_iam_role" || RESOURCES.iter().any(|(_, own)| *own == kind)) {
            return true;
        }
        modules.extend(field(module, "child_modules").into_iter().flat_map(|list| list.items()));
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::type_of;
    use ironclad_tree::{Limits, Source, parse};

    #[test]
    fn documents_are_known_by_their_form() {
        for (text, expected) in [
            ("accessEntry: {principalArn: a}", Some("AccessEntry")),
            ("associatedAccessPolicies: []", Some("AssociatedAccessPolicies")),
            ("association: {serviceAccount: a}", Some("PodIdentityAssociation")),
            ("cluster: {accessConfig: {}}", Some("Cluster")),
            ("Statement: [{Principal: {Federated: a}}]", Some("TrustPolicy")),
            ("Role: {AssumeRolePolicyDocument: {}}", Some("TrustPolicy")),
            ("Resources: {A: {Type: 'AWS::EKS::AccessEntry'}}", Some("CloudFormationTemplate")),
            ("Resources: {A: {Type: 'AWS::S3::Bucket'}}", None),
            ("Statement: [{Principal: {Service: a}}]", None),
            ("accessEntry: yes", None),
            ("{kind: A, accessEntry: {principalArn: a}}", None),
            ("cluster: {server: a}", None),
            ("[accessEntry]", None),
            (
                "{format_version: '1', terraform_version: '1', planned_values: {root_module: {child_modules: [{resources: [{type: aws_eks_access_entry}]}]}}}",
                Some("TerraformPlan"),
            ),
            (
                "{format_version: '1', terraform_version: '1', planned_values: {root_module: {resources: [{type: aws_vpc}]}}}",
                None,
            ),
        ] {
            let parsed = parse(&Source::new("cloud", text), &Limits::default());
            let kind = type_of(parsed.documents.first().unwrap()).map(|of| of.1.clone());
            assert_eq!(kind.as_deref(), expected, "{text}");
        }
    }
}
