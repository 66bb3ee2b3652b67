//! Access policies of EKS in the answers of every command that says who may do what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{ironclad, json, text};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

/// One identity for each policy and scope.
const CLUSTER: &str = "apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: prod, region: eu-west-1}
accessConfig:
  authenticationMode: API
  accessEntries:
  - principalARN: arn:aws:iam::111122223333:role/admins/ops
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
      accessScope: {type: cluster}
  - principalARN: arn:aws:iam::111122223333:role/dev
    kubernetesUsername: dev:{{SessionName}}
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy
      accessScope: {type: namespace, namespaces: [dev-*, shop]}
  - principalARN: arn:aws:iam::111122223333:user/eve
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
      accessScope: {type: cluster}
  - principalARN: arn:aws:iam::111122223333:user/lead
    kubernetesUsername: lead
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy
      accessScope: {type: namespace, namespaces: [shop]}
  - principalARN: arn:aws:iam::111122223333:user/auditor
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy
      accessScope: {type: cluster}
  - principalARN: arn:aws:iam::111122223333:user/auto
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy
      accessScope: {type: cluster}
  - principalARN: arn:aws:iam::111122223333:role/nodes
    type: EC2_LINUX
    accessPolicies:
    - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
      accessScope: {type: cluster}
";

const RBAC: &str = "apiVersion: v1
kind: Namespace
metadata: {name: dev-a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads, namespace: shop}
rules:
- {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: bob}
";

const OPS: &str = "arn:aws:sts::111122223333:assumed-role/ops/eve";
const EVE: &str = "arn:aws:iam::111122223333:user/eve";
const AUDITOR: &str = "arn:aws:iam::111122223333:user/auditor";
const AUTO: &str = "arn:aws:iam::111122223333:user/auto";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.yaml"), CLUSTER).unwrap();
    fs::write(folder.path().join("rbac.yaml"), RBAC).unwrap();
    folder
}

fn ask(arguments: &[&str]) -> Output {
    let folder = folder();
    ironclad(&[&["rbac"], arguments, &["./cluster.yaml", "rbac.yaml"]].concat(), folder.path())
}

#[test]
fn who_has_a_policy_may_what_it_says() {
    const YES: i32 = 0;
    const NO: i32 = 1;
    const UNKNOWN: i32 = 2;
    for (user, verb, what, namespace, expected) in [
        (OPS, "delete", "nodes", "", YES),
        (OPS, "get", "/metrics", "", YES),
        ("arn:aws:iam::111122223333:role/admins/ops", "delete", "nodes", "", YES),
        ("arn:aws:sts::999922223333:assumed-role/ops/eve", "delete", "nodes", "", NO),
        ("dev:eve", "create", "pods/exec", "dev-a", YES),
        ("dev:eve", "create", "pods/exec", "dev-zz", YES),
        ("dev:eve", "create", "pods/exec", "shop", YES),
        ("dev:eve", "create", "pods/exec", "prod", NO),
        ("dev:eve", "list", "nodes", "", NO),
        ("dev:eve", "create", "roles", "dev-a", NO),
        ("dev:", "create", "pods/exec", "dev-a", NO),
        ("arn:aws:sts::111122223333:assumed-role/dev/eve", "create", "pods/exec", "dev-a", YES),
        (EVE, "list", "pods", "anywhere", YES),
        (EVE, "get", "secrets", "anywhere", NO),
        (EVE, "get", "/metrics", "", NO),
        ("lead", "create", "roles", "shop", YES),
        ("lead", "create", "roles", "dev-a", NO),
        (AUDITOR, "get", "secrets", "shop", YES),
        (AUDITOR, "delete", "secrets", "shop", NO),
        (AUTO, "get", "pods", "shop", UNKNOWN),
        ("arn:aws:sts::111122223333:assumed-role/nodes/i-1", "get", "pods", "shop", UNKNOWN),
        ("bob", "get", "pods", "shop", YES),
        ("bob", "get", "secrets", "shop", NO),
    ] {
        let scope: &[&str] = if namespace.is_empty() { &[] } else { &["-n", namespace] };
        for command in ["can-i", "why"] {
            let output = ask(&[&[command, verb, what, "--allow-unknown", "--as", user], scope].concat());
            assert_eq!(output.status.code(), Some(expected), "{user} {verb} {what} {namespace}: {}", text(&output));
        }
    }
}

#[test]
fn proofs_name_the_policy_and_its_place() {
    let why = text(&ask(&["why", "create", "pods/exec", "--as", "dev:eve", "-n", "dev-zz", "--allow-unknown"]));
    for part in [
        "User:dev:{{SessionName}}  (by its access entry)",
        "← EKS access policy AmazonEKSEditPolicy associated in cluster.yaml:14  (EKS/AmazonEKSEditPolicy)",
        "(as AWS publishes it)",
        "allowed by EKS access policy AmazonEKSEditPolicy to User \"dev:{{SessionName}}\"",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let why = json(&ask(&["why", "get", "secrets", "--as", AUDITOR, "-n", "shop", "--format", "json"]));
    assert_eq!((&why["verdict"], &why["by"]), (&json!("allow"), &json!("EKS")));
    let proof = &why["proofs"][0];
    assert_eq!(proof["source"], "eks-access-policy");
    assert_eq!(proof["role"]["source"], "eks-access-policy");
    assert_eq!(proof["role"]["label"], "EKS/AmazonEKSAdminViewPolicy");
    assert_eq!(proof["binding"]["location"], json!({"source": "cluster.yaml", "line": 27}));
    let can_i = json(&ask(&["can-i", "get", "secrets", "--as", AUDITOR, "-n", "shop", "--format", "json"]));
    assert_eq!(can_i["via"], json!(["EKS access policy AmazonEKSAdminViewPolicy"]));
    assert_eq!(can_i["proofs"][0]["source"], "eks-access-policy");
    // RBAC's own proofs are what they were.
    let bob = json(&ask(&["why", "get", "pods", "--as", "bob", "-n", "shop", "--format", "json"]));
    assert_eq!((&bob["by"], &bob["proofs"][0]["source"]), (&json!("RBAC"), &Value::Null));
}

#[test]
fn who_can_counts_them() {
    let who = |arguments: &[&str]| {
        let value = json(&ask(&[&["who-can", "--allow-unknown", "--format", "json"], arguments].concat()));
        let subjects = value["subjects"].as_array().unwrap().iter();
        let short = |label: &Value| label.as_str().unwrap().replace("arn:aws:iam::111122223333:", "");
        let mut labels: Vec<String> = subjects.map(short).collect();
        labels.sort();
        labels
    };
    let ops = "User:arn:aws:sts::111122223333:assumed-role/ops/{{SessionName}}";
    let masters = "Group:system:masters";
    assert_eq!(who(&["get", "secrets", "-n", "prod"]), [masters, ops, "User:user/auditor"]);
    let everybody =
        [masters, ops, "User:bob", "User:dev:{{SessionName}}", "User:lead", "User:user/auditor", "User:user/eve"];
    assert_eq!(who(&["get", "pods", "-n", "shop"]), everybody);
    assert_eq!(who(&["create", "pods", "-n", "dev-zz"]), [masters, ops, "User:dev:{{SessionName}}"]);
    assert_eq!(who(&["create", "pods", "-A"]), [masters, ops, "User:dev:{{SessionName}}", "User:lead"]);
    assert_eq!(who(&["delete", "nodes"]), [masters, ops]);
    let named = text(&ask(&["who-can", "get", "namespaces/dev-zz", "--allow-unknown"]));
    assert!(named.contains("User:dev:{{SessionName}}"), "{named}");
    let wide = text(&ask(&["who-can", "create", "pods", "-n", "shop", "-o", "wide"]));
    assert!(wide.contains("EKS access policy AmazonEKSEditPolicy") && wide.contains("cluster.yaml:14"), "{wide}");
    assert!(wide.contains("2 access policies of EKS give rights beside roles and bindings of which"), "{wide}");
    // Steps are those of roles and bindings; who may already is in no step.
    let escalated = json(&ask(&["who-can", "get", "secrets", "-n", "shop", "--escalated", "--format", "json"]));
    assert_eq!(escalated["escalated"], json!([]), "{escalated}");
    let note = text(&ask(&["who-can", "get", "secrets", "-n", "shop", "--escalated"]));
    assert!(note.contains("steps that somebody takes by an access policy of EKS are not followed"), "{note}");
}

#[test]
fn rules_matrix_and_lookup_show_them() {
    let rules = text(&ask(&["rules", "--as", "dev:eve", "-n", "dev-a", "-o", "wide"]));
    assert!(rules.contains("EKS/AmazonEKSEditPolicy ← EKS access policy AmazonEKSEditPolicy"), "{rules}");
    let none = json(&ask(&["rules", "--as", "dev:eve", "-n", "prod", "--format", "json"]));
    assert!(!none["rules"].as_array().unwrap().iter().any(|rule| rule["source"] == "eks-access-policy"), "{none}");
    let all = json(&ask(&["rules", "--regex", "auditor", "--format", "json"]));
    assert_eq!(all["rules"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!(all["rules"][0]["source"], "eks-access-policy");
    let matrix = text(&ask(&["matrix", "--as", AUDITOR, "-n", "shop", "--resources", "secrets", "-o", "csv"]));
    assert!(matrix.contains("secrets,yes,no,no,no"), "{matrix}");
    let matrix = json(&ask(&["matrix", "--for", "secrets", "-n", "shop", "--format", "json"])).to_string();
    assert!(matrix.contains("EKS access policy AmazonEKSEditPolicy") && !matrix.contains("user/eve"), "{matrix}");
    let lookup = json(&ask(&["lookup", "--format", "json"]));
    let rows: Vec<&Value> =
        lookup.as_array().unwrap().iter().filter(|row| row["source"] == "eks-access-policy").collect();
    assert_eq!(rows.len(), 7, "{lookup}");
    let known: Vec<bool> = rows.iter().map(|row| row["rulesKnown"] == true).collect();
    assert_eq!(known, [true, true, true, true, true, false, false], "{lookup}");
    let dev = json(&ask(&["lookup", "--pattern", "dev:{{", "--format", "json"]));
    assert_eq!((dev.as_array().unwrap().len(), &dev[0]["role"]), (1, &json!("EKS/AmazonEKSEditPolicy")), "{dev}");
    // The other side of a comparison is a namespace that the question names.
    let compare = |other: &str| {
        text(&ask(&["matrix", "--as", "dev:eve", "-n", "dev-a", "--resources", "pods", "--diff-with", other]))
    };
    let (same, other) = (compare("namespace=dev-zz"), compare("namespace=prod"));
    assert!(!same.contains("✔ → ✖") && other.contains("✔ → ✖"), "{same}{other}");
}

/// A line may ask for a namespace that nothing else names.
#[test]
fn questions_by_the_thousand_know_patterns() {
    let folder = folder();
    let question = |user: &str, namespace: &str| {
        json!({"user": user, "verb": "create", "resource": "pods", "namespace": namespace}).to_string()
    };
    let lines = [question("dev:eve", "dev-zz"), question("dev:eve", "prod"), question("dev:eve", "dev-a")].join("\n");
    fs::write(folder.path().join("questions.jsonl"), lines).unwrap();
    let run = |command: &str| {
        let arguments = ["rbac", command, "--requests", "questions.jsonl", "./cluster.yaml", "rbac.yaml"];
        let output = ironclad(&arguments, folder.path());
        let out = String::from_utf8(output.stdout).unwrap();
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let can_i = run("can-i");
    let allowed: Vec<&Value> = can_i.iter().map(|line| &line["allowed"]).collect();
    assert_eq!(allowed, [&json!(true), &json!(false), &json!(true)], "{can_i:?}");
    let by = "authorizer/EKS access policy AmazonEKSEditPolicy associated in cluster.yaml:14";
    assert_eq!(can_i[0]["via"], json!([by]));
    let who = run("who-can");
    let named: Vec<bool> =
        who.iter().map(|line| line["subjects"].to_string().contains("dev:{{SessionName}}")).collect();
    assert_eq!(named, [true, false, true], "{who:?}");
}

/// The association and the entry are two documents: the name is that of the entry. In a cluster that knows `aws-auth` alone
/// nothing is certain.
#[test]
fn outputs_of_aws_are_put_together() {
    let entry =
        json!({"accessEntry": {"clusterName": "prod", "principalArn": EVE, "username": "eve", "type": "STANDARD"}});
    let policies = json!([{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        "accessScope": {"type": "cluster", "namespaces": []}}]);
    let association = json!({"clusterName": "prod", "principalArn": EVE, "associatedAccessPolicies": policies});
    let cluster = |mode: &str| json!({"cluster": {"name": "prod", "accessConfig": {"authenticationMode": mode}}});
    for (mode, expected) in [("API_AND_CONFIG_MAP", 0), ("CONFIG_MAP", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let content = format!("{entry}\n{association}\n{}\n", cluster(mode));
        fs::write(folder.path().join("aws.json"), content).unwrap();
        for user in ["eve", EVE] {
            let output = ironclad(&["rbac", "can-i", "list", "pods", "--as", user, "aws.json"], folder.path());
            assert_eq!(output.status.code(), Some(expected), "{mode} {user}: {}", text(&output));
        }
    }
}
