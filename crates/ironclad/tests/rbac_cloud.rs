//! Who is who in a cluster, as a cloud writes it: documents that are no Kubernetes and are read all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{ironclad, json, text};
use serde_json::Value;
use std::fs;

/// What the command line of AWS prints, one output behind the other.
const OUTPUTS: &str = r#"{"accessEntry": {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/ops", "kubernetesGroups": ["ops"], "username": "arn:aws:sts::111122223333:assumed-role/ops/{{SessionName}}", "type": "STANDARD"}}
{"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/ops", "associatedAccessPolicies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", "accessScope": {"type": "cluster", "namespaces": []}}]}
{"association": {"clusterName": "prod", "namespace": "shop", "serviceAccount": "web", "roleArn": "arn:aws:iam::111122223333:role/web"}}
{"accessEntry": {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/nodes", "kubernetesGroups": ["system:nodes"], "username": "system:node:{{EC2PrivateDNSName}}", "type": "EC2_LINUX"}}
{"cluster": {"name": "prod", "accessConfig": {"authenticationMode": "API"}}}
"#;

const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Bucket: {Type: "AWS::S3::Bucket"}
  Admin:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: !Ref Cluster
      PrincipalArn: !GetAtt AdminRole.Arn
      KubernetesGroups: [!Ref Group]
      AccessPolicies:
      - PolicyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
        AccessScope: {Type: cluster}
  Pod:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: !Ref Cluster
      Namespace: shop
      ServiceAccount: default
      RoleArn: !Sub "arn:aws:iam::${AWS::AccountId}:role/web"
  Web:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
        - Effect: Allow
          Principal: {Federated: !Ref Provider}
          Action: sts:AssumeRoleWithWebIdentity
          Condition:
            StringLike:
              oidc.eks.eu-west-1.amazonaws.com/id/A:sub: system:serviceaccount:shop:*
              oidc.eks.eu-west-1.amazonaws.com/id/A:aud: sts.amazonaws.com
"#;

const PLAN: &str = r#"{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {
  "resources": [{"type": "aws_eks_cluster", "values": {"access_config": [{"authentication_mode": "CONFIG_MAP"}]}}],
  "child_modules": [{"resources": [
    {"type": "aws_eks_access_entry", "values": {"principal_arn": "arn:aws:iam::111122223333:role/ops", "kubernetes_groups": ["system:masters"], "type": "STANDARD"}},
    {"type": "aws_eks_access_policy_association", "values": {"principal_arn": "arn:aws:iam::111122223333:role/ops", "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy", "access_scope": [{"type": "namespace", "namespaces": ["dev-*"]}]}},
    {"type": "aws_iam_role", "values": {"assume_role_policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"arn:aws:iam::1:oidc-provider/oidc.eks.x.amazonaws.com/id/A\"},\"Action\":\"sts:AssumeRoleWithWebIdentity\"}]}"}}
  ]}]}}}
"#;

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/oidc.eks.x.amazonaws.com/id/A"}, "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"oidc.eks.x.amazonaws.com/id/A:sub": "system:serviceaccount:shop:web", "oidc.eks.x.amazonaws.com/id/A:aud": "sts.amazonaws.com"}}},
  {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}
]}
"#;

/// Check, severity and line of what is found in a file.
fn found(name: &str, content: &str) -> Vec<(String, String, u64)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    let output = ironclad(&["rbac", "audit", "--format", "json", name], folder.path());
    let report = json(&output);
    assert_eq!(report["errors"], Value::Array(Vec::new()), "{name}");
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches("rbac/").to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|f| (text(&f["check"]), text(&f["severity"]), f["location"]["line"].as_u64().unwrap())).collect()
}

fn expect(name: &str, content: &str, expected: &[(&str, &str, u64)]) {
    let mut found = found(name, content);
    found.sort_by_key(|(check, _, line)| (*line, check.clone()));
    let found: Vec<(&str, &str, u64)> = found.iter().map(|(c, s, l)| (c.as_str(), s.as_str(), *l)).collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn documents_of_aws_are_judged() {
    expect(
        "outputs.json",
        OUTPUTS,
        &[
            ("eks-access-group-unbound", "info", 1),
            ("eks-access-policy", "critical", 2),
            ("eks-pod-identity", "info", 3),
        ],
    );
    expect(
        "template.yaml",
        TEMPLATE,
        &[
            ("eks-access-policy", "critical", 11),
            ("eks-pod-identity", "medium", 18),
            ("irsa-trust-wildcard", "medium", 25),
        ],
    );
    expect(
        "plan.json",
        PLAN,
        &[
            ("eks-access-entry-invalid", "medium", 2),
            ("eks-access-entry-invalid", "medium", 4),
            ("irsa-trust-wildcard", "high", 6),
            ("irsa-trust-wildcard", "low", 6),
        ],
    );
    expect("trust.json", TRUST, &[]);
}

/// What has nothing to say of a cluster stays what it was: another program's where it lies around, an error where it is named.
#[test]
fn other_documents_stay_foreign() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bucket.yaml"), "Resources: {Bucket: {Type: 'AWS::S3::Bucket'}}\n").unwrap();
    fs::write(folder.path().join("entries.json"), r#"{"accessEntries": ["arn:aws:iam::111122223333:role/ops"]}"#)
        .unwrap();
    for name in ["bucket.yaml", "entries.json"] {
        let output = ironclad(&["rbac", "audit", name], folder.path());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("input/no-kind"), "{}", text(&output));
    }
}

#[test]
fn policies_of_eks_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("outputs.json"), OUTPUTS).unwrap();
    fs::write(folder.path().join("plan.json"), PLAN).unwrap();
    let run = |arguments: &[&str]| text(&ironclad(&[&["rbac"], arguments].concat(), folder.path()));
    let lookup = run(&["lookup", "role/ops", "outputs.json", "plan.json"]);
    assert!(lookup.contains("cluster-wide  EKS/AmazonEKSClusterAdminPolicy"), "{lookup}");
    assert!(lookup.contains("dev-*         EKS/AmazonEKSEditPolicy"), "{lookup}");
    let shop = run(&["lookup", "role/ops", "-n", "shop", "-o", "wide", "outputs.json", "plan.json"]);
    assert!(shop.contains("AmazonEKSClusterAdminPolicy") && shop.contains("outputs.json:2"), "{shop}");
    assert!(!run(&["lookup", "-k", "group", "outputs.json"]).contains("EKS/"));
    // Of a session of the role, too. The plan is of a cluster that knows `aws-auth` alone: nobody may say "no" there, nor "yes".
    let can_i = |user: &str, namespace: &str, file: &str| {
        let arguments = ["rbac", "can-i", "get", "pods", "--as", user, "-n", namespace, "--allow-unknown", file];
        ironclad(&arguments, folder.path()).status.code()
    };
    let session = "arn:aws:sts::111122223333:assumed-role/ops/eve";
    assert_eq!(can_i("arn:aws:iam::111122223333:role/ops", "shop", "outputs.json"), Some(0));
    assert_eq!(can_i(session, "shop", "outputs.json"), Some(0));
    assert_eq!(can_i("arn:aws:sts::111122223333:assumed-role/other/eve", "shop", "outputs.json"), Some(1));
    assert_eq!(can_i(session, "dev-a", "plan.json"), Some(2));
    assert_eq!(can_i(session, "shop", "plan.json"), Some(1));
    let who = run(&["who-can", "get", "secrets", "plan.json"]);
    assert!(who.contains("1 access policy of EKS gives rights beside roles and bindings"), "{who}");
}
