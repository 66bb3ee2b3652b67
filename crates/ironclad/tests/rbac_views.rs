//! Views of `ironclad rbac`: audits by holder, differences by what they are worth, graphs with their risks, IAM beside RBAC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testkit::gzip;
use program::{ironclad, json, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;

const HEAD: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ironclad(&[&["rbac"], arguments].concat(), folder)
}

/// A ClusterRole, bound in the whole cluster or in a namespace.
fn grant(name: &str, namespace: Option<&str>, rules: &str, subject: &str) -> String {
    let place = namespace.map(|namespace| format!(", namespace: {namespace}")).unwrap_or_default();
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    format!(
        "{HEAD}kind: ClusterRole\nmetadata: {{name: {name}, creationTimestamp: '2026-11-23T10:00:00Z'}}\nrules: [{rules}]\n---\n\
         {HEAD}kind: {kind}Binding\nmetadata: {{name: {name}{place}, creationTimestamp: '2026-11-01T10:00:00Z'}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\nsubjects: [{subject}]\n---\n"
    )
}

fn account(name: &str) -> String {
    format!("{{kind: ServiceAccount, name: {name}, namespace: shop}}")
}

fn pod(name: &str, account: &str, node: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\n\
         spec: {{serviceAccountName: {account}, nodeName: {node}, containers: [{{name: c, image: c}}]}}\n---\n"
    )
}

const ESCALATE: &str = "{verbs: [escalate], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles]}";
const UPDATE: &str = "{verbs: [update], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles]}";
const GET: &str = "{verbs: [get], apiGroups: [''], resources: [secrets]}";

fn of<'v>(list: &'v Value, key: &str, value: &str) -> &'v Value {
    let items = list.as_array().unwrap();
    items.iter().find(|item| item[key] == value).unwrap_or_else(|| panic!("no {value} in {list:#}"))
}

/// To write roles and to escalate are two accounts' rights, and dangerous together: on a node that has both tokens.
#[test]
fn a_node_is_all_its_tokens_together() {
    let folder = tempfile::tempdir().unwrap();
    let world = grant("make", None, UPDATE, &account("maker"))
        + &grant("read", None, ESCALATE, &account("reader"))
        + &pod("a", "maker", "n1")
        + &pod("b", "reader", "n1")
        + &pod("c", "maker", "n2")
        + &pod("d", "none", "n3");
    fs::write(folder.path().join("w.yaml"), &world).unwrap();
    let output = run(folder.path(), &["audit", "--collapse", "node", "--format", "json", "w.yaml"]);
    let nodes = json(&output);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let checks = |node: &str| -> Vec<String> {
        let rights = of(&nodes, "node", node)["rights"].as_array().unwrap().clone();
        rights.iter().map(|right| right["check"].as_str().unwrap().to_owned()).collect()
    };
    assert!(checks("n1").contains(&"rbac/escalate".to_owned()), "{nodes:#}");
    assert!(!checks("n2").contains(&"rbac/escalate".to_owned()), "{nodes:#}");
    assert!(checks("n3").is_empty(), "{nodes:#}");
    // Neither account holds both.
    let subjects =
        json(&run(folder.path(), &["audit", "--subjects", "^ServiceAccount:", "--format", "json", "w.yaml"]));
    assert!(!subjects.to_string().contains("rbac/escalate"), "{subjects:#}");
    let pods = json(&run(folder.path(), &["audit", "--pods", "--format", "json", "w.yaml"]));
    assert_eq!(of(&pods, "workload", "Pod shop/a")["account"], "ServiceAccount:shop/maker");
    assert_eq!(pods.as_array().unwrap().iter().filter(|row| row["workload"] == "Pod shop/d").count(), 0);
    for wrong in [&["audit", "--collapse", "pod", "w.yaml"][..], &["audit", "--subjects", "(", "w.yaml"]] {
        assert_eq!(run(folder.path(), wrong).status.code(), Some(2), "{wrong:?}");
    }
    fs::write(folder.path().join("none.yaml"), grant("make", None, UPDATE, &account("maker"))).unwrap();
    let none = run(folder.path(), &["audit", "--collapse", "node", "none.yaml"]);
    assert!(text(&none).contains("no pod of the input is on a node"), "{}", text(&none));
}

/// The clock of the run is 2026-11-24: the role is one day old, its binding three weeks.
#[test]
fn an_audit_by_age() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("w.yaml"),
        grant("read", None, "{verbs: ['*'], apiGroups: ['*'], resources: [secrets]}", "{kind: User, name: eve}"),
    )
    .unwrap();
    fs::write(folder.path().join("new.yaml"), format!("{HEAD}kind: ClusterRole\nmetadata: {{name: n}}\nrules: []\n"))
        .unwrap();
    let found = |arguments: &[&str]| {
        let all = [&["audit", "--format", "json", "--fail-on", "never"], arguments, &["w.yaml"]].concat();
        let output = run(folder.path(), &all);
        let report = json(&output);
        let findings = report["findings"].as_array().unwrap().clone();
        findings.iter().filter(|f| f["check"] == "rbac/secrets-read-all").count()
    };
    assert_eq!(found(&[]), 1);
    assert_eq!((found(&["--newer-than", "7d"]), found(&["--older-than", "7d"])), (1, 0));
    assert_eq!((found(&["--newer-than", "1h"]), found(&["--older-than", "1h"])), (0, 1));
    assert_eq!(found(&["--newer-than", "2w", "--older-than", "36h"]), 0);
    let ageless = run(folder.path(), &["audit", "--newer-than", "7d", "--fail-on", "never", "new.yaml"]);
    assert!(text(&ageless).contains("left out for want of a time of creation"), "{}", text(&ageless));
    for wrong in ["7x", "", "-1"] {
        assert_eq!(run(folder.path(), &["audit", &format!("--newer-than={wrong}"), "w.yaml"]).status.code(), Some(2));
    }
}

/// What counts in a difference is what the right is worth where it is held, beside what is held already.
#[test]
fn a_difference_is_narrowed_by_what_it_is_worth() {
    let folder = tempfile::tempdir().unwrap();
    let eve = "{kind: User, name: eve}";
    let pods = "{verbs: [get], apiGroups: [''], resources: [pods]}";
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("old.yaml", grant("a", Some("shop"), pods, eve));
    write(
        "pods.yaml",
        grant("a", Some("shop"), &format!("{pods}, {{verbs: [get], apiGroups: [''], resources: [services]}}"), eve),
    );
    write(
        "secrets.yaml",
        grant("a", Some("shop"), &format!("{pods}, {{verbs: [list], apiGroups: [''], resources: [secrets]}}"), eve),
    );
    write("update.yaml", grant("a", None, UPDATE, eve));
    write("both.yaml", grant("a", None, UPDATE, eve) + &grant("b", None, ESCALATE, eve));
    write("escalate.yaml", grant("b", None, ESCALATE, eve));
    let code = |old: &str, new: &str, more: &[&str]| {
        let all = [&["diff", old, new], more].concat();
        run(folder.path(), &all).status.code()
    };
    assert_eq!(code("old.yaml", "pods.yaml", &[]), Some(1));
    assert_eq!(code("old.yaml", "pods.yaml", &["--min-severity", "medium"]), Some(0));
    assert_eq!(code("old.yaml", "secrets.yaml", &["--min-severity", "high"]), Some(1));
    assert_eq!(code("secrets.yaml", "old.yaml", &["--min-severity", "high", "--gained"]), Some(0));
    // `escalate` and `update` are worth little alone, and all together: whichever of them comes second.
    for old in ["update.yaml", "escalate.yaml"] {
        let value = json(&run(folder.path(), &["diff", old, "both.yaml", "--gained", "--format", "json"]));
        assert_eq!(value["changes"][0]["severity"], "critical", "{value:#}");
    }
    assert_eq!(code("old.yaml", "escalate.yaml", &["--gained", "--min-severity", "critical"]), Some(0));
    assert_eq!(code("old.yaml", "pods.yaml", &["--min-severity", "dire"]), Some(2));
    assert_eq!(code("old.yaml", "nowhere.yaml", &[]), Some(2));
}

#[test]
fn a_graph_shows_what_runs_and_what_is_risky() {
    let folder = tempfile::tempdir().unwrap();
    let everything = "{verbs: ['*'], apiGroups: ['*'], resources: ['*']}";
    let world = grant("all", None, everything, &account("root"))
        + &grant("look", None, "{verbs: [get], apiGroups: [''], resources: [pods]}", &account("idle"))
        + &pod("a", "root", "n1");
    fs::write(folder.path().join("w.yaml"), world).unwrap();
    let graph = json(&run(folder.path(), &["graph", "--pods", "--format", "json", "w.yaml"]));
    let nodes = &graph["nodes"];
    let root = of(nodes, "label", "ServiceAccount:shop/root");
    let pod = of(nodes, "label", "Pod shop/a");
    assert_eq!((&root["risk"], &pod["risk"]), (&Value::from("critical"), &Value::from("critical")), "{graph:#}");
    assert!(root["why"].to_string().contains("rbac/cluster-admin"), "{root}");
    assert_eq!(of(nodes, "label", "ClusterRole/all")["risk"], "critical");
    assert_eq!(of(nodes, "label", "ServiceAccount:shop/idle")["risk"], Value::Null);
    let edges = graph["edges"].as_array().unwrap();
    assert!(edges.iter().any(|edge| edge["from"] == pod["id"] && edge["to"] == root["id"]), "{graph:#}");
    let only = json(&run(folder.path(), &["graph", "--include-pods-only", "--format", "json", "w.yaml"]));
    assert!(!only.to_string().contains("shop/idle"), "{only:#}");
    for (format, mark) in [
        ("dot", "penwidth=2"),
        ("mermaid", "stroke-width:3px"),
        ("graphml", "<data key=\"risk\">critical"),
        ("html", "<p class=\"risk\""),
    ] {
        let output = run(folder.path(), &["graph", "--pods", "--format", format, "w.yaml"]);
        assert!(text(&output).contains(mark), "{format}: {}", text(&output));
    }
}

#[test]
fn google_policies_stand_beside_bindings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.yaml"), grant("look", None, GET, "{kind: User, name: al@example.com}")).unwrap();
    let policy = r#"{"bindings": [
        {"role": "roles/container.developer", "members": ["user:al@example.com", "group:dev@example.com", "serviceAccount:ci@p.iam.gserviceaccount.com"]},
        {"role": "roles/owner", "members": ["user:root@example.com"], "condition": {"title": "office hours", "expression": "request.time"}},
        {"role": "roles/storage.admin", "members": ["user:other@example.com"]}
    ], "etag": "x", "version": 3}"#;
    fs::write(folder.path().join("iam.json"), policy).unwrap();
    let all = text(&run(folder.path(), &["lookup", "w.yaml", "--gke-policy", "iam.json", "-o", "wide"]));
    for part in [
        "User:al@example.com",
        "Group:dev@example.com",
        "User:ci@p.iam.gserviceaccount.com",
        "IAM/owner (if: office hours)",
        "iam.json:2",
        "project-wide",
        "ClusterRole/look",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(!all.contains("other@example.com"), "{all}");
    let one = json(&run(
        folder.path(),
        &["lookup", "al@", "--kind", "user", "w.yaml", "--gke-policy", "iam.json", "--format", "json"],
    ));
    assert_eq!(one.as_array().unwrap().len(), 2, "{one:#}");
    let alone = run(folder.path(), &["lookup", "--gke-policy", "iam.json"]);
    assert!(alone.status.success() && text(&alone).contains("IAM/container.developer"), "{}", text(&alone));
    fs::write(folder.path().join("bad.json"), "{\"members\": []}").unwrap();
    fs::write(folder.path().join("broken.json"), "{\"bindings\": [\n").unwrap();
    for (file, part) in
        [("bad.json", "not a policy of IAM"), ("broken.json", "broken.json:"), ("none.json", "none.json")]
    {
        let output = run(folder.path(), &["lookup", "w.yaml", "--gke-policy", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains(part), "{file}: {}", text(&output));
    }
}

#[test]
fn rules_as_sarif_name_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.yaml"), grant("look", None, GET, "{kind: User, name: eve}")).unwrap();
    let sarif = json(&run(folder.path(), &["rules", "--as", "eve", "w.yaml", "--format", "sarif"]));
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4, "{sarif:#}");
    assert!(result["message"]["text"].as_str().unwrap().starts_with("User:eve may get secrets in core cluster-wide"));
}

#[test]
fn paths_are_rows_of_a_matrix_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "{verbs: [get], nonResourceURLs: [/metrics, /own/path, '/logs*']}";
    fs::write(folder.path().join("w.yaml"), grant("look", None, rule, "{kind: User, name: eve}")).unwrap();
    let arguments =
        ["matrix", "--as", "eve", "--include-nonresource", "--resources", "pods", "--format", "csv", "w.yaml"];
    let csv = text(&run(folder.path(), &arguments));
    assert!(csv.starts_with("RESOURCE,GET,LIST,CREATE,UPDATE,DELETE\n"), "{csv}");
    for row in ["/metrics,yes,n/a", "/own/path,yes,n/a", "/logs/,yes,n/a", "/healthz,no,n/a", "pods,no,no"] {
        assert!(csv.contains(&format!("\n{row}")), "{row}: {csv}");
    }
    assert!(
        !text(&run(folder.path(), &["matrix", "--as", "eve", "--resources", "pods", "w.yaml"])).contains("/metrics")
    );
    let everybody = [
        "matrix",
        "--all-subjects",
        "--include-nonresource",
        "--resources",
        "pods",
        "--verbs",
        "get",
        "--format",
        "csv",
        "w.yaml",
    ];
    assert!(
        text(&run(folder.path(), &everybody)).contains("User:eve  /own/path,yes"),
        "{}",
        text(&run(folder.path(), &everybody))
    );
}

/// A waiver by who holds the right: it covers a finding whose every holder is meant, and no other.
#[test]
fn a_waiver_by_subject() {
    let folder = tempfile::tempdir().unwrap();
    let read = "{verbs: [list], apiGroups: [''], resources: [secrets]}";
    let both = format!("{}, {{kind: User, name: eve}}", account("backup"));
    let world = grant("one", None, read, &account("backup")) + &grant("two", None, read, &both);
    fs::write(folder.path().join("w.yaml"), world).unwrap();
    let waivers =
        "waivers:\n- checks: [rbac/secrets-read-all]\n  reason: it backs them up\n  subject: ServiceAccount:shop/*\n";
    fs::write(folder.path().join("ironclad.yaml"), waivers).unwrap();
    let output = run(folder.path(), &["audit", "--select", "rbac/secrets-read-all", "--format", "json", "w.yaml"]);
    let report = json(&output);
    let status = |name: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|f| f["object"]["name"] == name).unwrap_or_else(|| panic!("{report:#}"))["status"].clone()
    };
    assert_eq!((status("one"), status("two")), ("waived".into(), "open".into()), "{report:#}");
}

/// What gzip packed is read as it was; what is broken, or too much, is said.
#[test]
fn packed_manifests_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let world = grant("look", None, GET, "{kind: User, name: eve}");
    let packed = gzip(world.as_bytes());
    fs::write(folder.path().join("w.yaml.gz"), &packed).unwrap();
    fs::write(folder.path().join("cut.yaml.gz"), &packed[..packed.len() / 2]).unwrap();
    // A hundred members of 60 KB: little on the disk of who packs better, and more than may come out.
    fs::write(folder.path().join("many.yaml.gz"), gzip(&[b' '; 60_000]).repeat(20)).unwrap();
    let whole = run(folder.path(), &["lookup", "w.yaml.gz", "-o", "wide"]);
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));
    assert!(text(&whole).contains("w.yaml.gz:10"), "{}", text(&whole));
    let cut = run(folder.path(), &["lookup", "cut.yaml.gz"]);
    assert_eq!(cut.status.code(), Some(2));
    assert!(text(&cut).contains("cannot be unpacked"), "{}", text(&cut));
    let many = run(folder.path(), &["lookup", "many.yaml.gz", "--max-file-size", "1"]);
    assert!(text(&many).contains("larger than 1 MiB"), "{}", text(&many));
}

/// A webhook in front of RBAC: whom its conditions keep away is answered, and for the others the answer is unknown.
#[test]
fn conditions_of_a_webhook_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let reader = "{apiGroups: [''], resources: [pods], verbs: [get]}";
    let user = "{kind: User, apiGroup: rbac.authorization.k8s.io, name: alice}";
    fs::write(folder.path().join("w.yaml"), grant("reader", None, reader, user)).unwrap();
    let chain = |condition: &str| {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n\
             - name: guard\n  type: Webhook\n  webhook:\n    timeout: 3s\n    subjectAccessReviewVersion: v1\n    \
             matchConditionSubjectAccessReviewVersion: v1\n    failurePolicy: Deny\n    \
             connectionInfo: {{type: KubeConfigFile, kubeConfigFile: /etc/guard.conf}}\n    matchConditions:\n    \
             - expression: {condition:?}\n- {{type: RBAC, name: rbac}}\n"
        );
        fs::write(folder.path().join("authorization.yaml"), text).unwrap();
    };
    let can_i = || run(folder.path(), &["can-i", "get", "pods", "--as", "alice", "w.yaml", "authorization.yaml"]);
    chain("request.user.startsWith('system:') || request.resourceAttributes.namespace == 'kube-system'");
    assert_eq!(can_i().status.code(), Some(0), "{}", text(&can_i()));
    chain("!('system:nodes' in request.groups)");
    assert_eq!(can_i().status.code(), Some(2));
    assert!(text(&can_i()).contains("webhook \"guard\" is asked before it is decided"), "{}", text(&can_i()));
    chain("request.user.matches('^a')");
    assert!(text(&can_i()).contains("hangs on its match condition `request.user.matches('^a')`"), "{}", text(&can_i()));
}
