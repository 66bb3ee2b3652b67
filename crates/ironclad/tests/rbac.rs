//! `ironclad rbac` as scripts use it: requests by the thousand, formats that parse, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testkit::{corpus, skipped};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

fn ironclad(arguments: &[&str], folder: &Path, input: &str) -> Output {
    program::ironclad_reading(input.as_bytes(), arguments, folder)
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Every generated world of the corpus through the batch forms.
#[test]
fn batches_answer_the_corpus() {
    let Some(folder) = corpus("rbac") else {
        skipped("batches_answer_the_corpus", "the corpus `rbac` is not here");
        return;
    };
    for (file, command, keys) in
        [("sar.jsonl", "can-i", &["allowed", "via"][..]), ("whocan.jsonl", "who-can", &["subjects"])]
    {
        let mut worlds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in fs::read_to_string(folder.join(file)).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            worlds.entry(row["world"].as_str().unwrap().to_owned()).or_default().push(row);
        }
        assert_eq!(worlds.len(), 30);
        for (world, rows) in worlds {
            let mut input = String::new();
            for row in &rows {
                let mut request = row["request"].clone();
                request["id"] = row["id"].clone();
                input.push_str(&format!("{request}\n"));
            }
            let path = format!("worlds/{world}");
            let output = ironclad(&["rbac", command, "--requests", "-", &path], &folder, &input);
            assert_eq!(code(&output), 0, "{world}: {}", String::from_utf8_lossy(&output.stderr));
            let answers = lines(&output);
            assert_eq!(answers.len(), rows.len());
            for (row, answer) in rows.iter().zip(&answers) {
                assert_eq!(answer["id"], row["id"]);
                for key in keys {
                    assert_eq!(answer[*key], row[*key], "{row}");
                }
            }
        }
    }
}

const WORLD: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: User, name: <eve & \"co\">}]\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.yaml"), WORLD.replace("<eve & \"co\">", "'<eve & \"co\">'")).unwrap();
    fs::write(folder.path().join("bad.yaml"), "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\tx: 1\n")
        .unwrap();
    folder
}

#[test]
fn a_bad_line_is_named_and_the_others_are_answered() {
    let folder = folder();
    let input = "{\"user\":\"x\",\"verb\":\"get\",\"resource\":\"pods\",\"note\":[1]}\n\nnot json\n{\"user\":3}\n{\"allowed\":\"old\",\"verb\":\"get\",\"path\":\"/x\"}\n";
    let output = ironclad(&["rbac", "can-i", "--requests", "-", "w.yaml"], folder.path(), input);
    assert_eq!(code(&output), 2);
    let answers = lines(&output);
    assert_eq!(
        answers[0],
        json!({"user": "x", "verb": "get", "resource": "pods", "note": [1], "allowed": false, "via": []})
    );
    assert_eq!((&answers[1]["line"], &answers[2]["line"]), (&json!(3), &json!(4)));
    assert_eq!(answers[3]["allowed"], json!(false));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("-:3: is not JSON") && errors.contains("-:4: `user` is not a text"), "{errors}");
}

#[test]
fn formats_are_what_they_say() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output = ironclad(arguments, folder.path(), "");
        assert_eq!(code(&output), 0, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        text(&output)
    };
    for command in [&["lookup"][..], &["who-can", "get", "pods"], &["rules", "--as", "x"], &["matrix", "--as", "x"]] {
        for format in ["json", "yaml", "csv", "markdown"] {
            let mut arguments = vec!["rbac"];
            arguments.extend(command);
            arguments.extend(["w.yaml", "--format", format]);
            let out = run(&arguments);
            assert!(!out.is_empty(), "{arguments:?}");
            if format == "json" {
                serde_json::from_str::<Value>(&out).unwrap();
            }
        }
    }
    let dot = run(&["rbac", "graph", "--format", "dot", "w.yaml"]);
    assert!(dot.starts_with("digraph rbac {") && dot.contains("<eve & \\\"co\\\">"), "{dot}");
    let graphml = run(&["rbac", "graph", "--format", "graphml", "w.yaml"]);
    assert!(graphml.contains("&lt;eve &amp; &quot;co&quot;&gt;") && !graphml.contains("<eve"), "{graphml}");
    let page = run(&["rbac", "graph", "--format", "html", "w.yaml"]);
    assert!(page.contains("User:&lt;eve &amp; &quot;co&quot;&gt;") && !page.contains("<eve"), "not escaped");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "the page asks for something: {outside}");
    }
    let value: Value = serde_json::from_str(&run(&["rbac", "graph", "--format", "json", "w.yaml"])).unwrap();
    assert_eq!(value["nodes"].as_array().unwrap().len(), 3);
}

#[test]
fn a_page_of_many_subjects_is_collapsed_and_never_blank() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = String::new();
    let subjects: Vec<String> = (0..5_000).map(|n| format!("{{kind: User, name: user-{n}}}")).collect();
    manifest.push_str(&format!("{}\n", WORLD.replace("{kind: User, name: <eve & \"co\">}", &subjects.join(", "))));
    for n in 0..400 {
        manifest.push_str(&format!(
            "---\n{}",
            WORLD
                .replace("name: b}", &format!("name: b{n}}}"))
                .replace("view", &format!("r{n}"))
                .replace("<eve & \"co\">", &format!("lone-{n}"))
        ));
    }
    fs::write(folder.path().join("w.yaml"), manifest).unwrap();
    let output = ironclad(&["rbac", "graph", "-o", "page.html", "w.yaml"], folder.path(), "");
    assert_eq!(code(&output), 0);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("User:user-0 and 4999 more with the same grants"));
    assert!(page.contains("<b>251</b> are hidden"), "401 groups, 150 drawn");
    let dot = ironclad(&["rbac", "graph", "w.yaml"], folder.path(), "");
    assert!(String::from_utf8_lossy(&dot.stderr).contains("251 groups of subjects hidden"));
    assert!(text(&dot).lines().count() < 1_000);
}

#[test]
fn exit_codes_say_what_happened() {
    let folder = folder();
    for (arguments, expected) in [
        (vec!["can-i", "get", "pods", "--as", "x", "w.yaml"], 1),
        (vec!["can-i", "get", "pods", "--as", "x", "--as-group", "system:masters", "w.yaml"], 0),
        (vec!["can-i", "get", "pods", "w.yaml"], 2),
        (vec!["can-i", "get", "pods", "--as", "x"], 2),
        (vec!["can-i", "get", "--as", "x", "w.yaml"], 2),
        (vec!["can-i", "get", "pods", "--as", "x", "--authorization-mode", "Webhook,RBAC", "w.yaml"], 2),
        (vec!["can-i", "get", "pods", "--as", "x", "--authorization-mode", "AlwaysAllow", "w.yaml"], 0),
        (vec!["can-i", "get", "pods", "--as", "x", "--authorization-mode", "Magic", "w.yaml"], 2),
        (vec!["can-i", "get", "/version", "--as", "system:anonymous", "w.yaml"], 1),
        (vec!["can-i", "get", "/version", "--as", "system:anonymous", "--assume-defaults", "w.yaml"], 0),
        (vec!["who-can", "get", "pods", "w.yaml", "bad.yaml"], 2),
        (vec!["who-can", "get", "pods/log", "w.yaml"], 0),
        (vec!["who-can", "get", "pods", "--subresource", "nope", "w.yaml"], 2),
        (vec!["who-can", "get", "widgets", "w.yaml"], 2),
        (vec!["who-can", "get", "widgets", "--allow-unknown", "w.yaml"], 0),
        (vec!["lookup", "w.yaml"], 0),
        (vec!["lookup", "nobody", "w.yaml"], 0),
        (vec!["lookup", "--kind", "robot", "w.yaml"], 2),
        (vec!["lookup", "w.yaml", "bad.yaml"], 2),
        (vec!["lookup", "-e", "(", "w.yaml"], 2),
        (vec!["who-can", "get", "pods", "w.yaml", "--expect", "User:<eve & \"co\">"], 0),
        (vec!["who-can", "get", "pods", "w.yaml", "--expect", "Group:system:masters,User:<eve & \"co\">"], 0),
        (vec!["who-can", "get", "pods", "w.yaml", "--expect", "User:bob"], 1),
        (vec!["who-can", "get", "pods", "w.yaml", "--expect", "User:bob,User:<eve & \"co\">"], 1),
        (vec!["who-can", "get", "pods", "w.yaml", "bad.yaml", "--expect", "User:<eve & \"co\">"], 2),
        (vec!["who-can", "get", "pods", "w.yaml", "--expect", "bob"], 2),
        (vec!["diff", "w.yaml", "w.yaml"], 0),
        (vec!["why", "get", "pods", "--as", "x", "w.yaml"], 1),
        (vec!["generate", "role", "r", "--groups", "nope"], 2),
        (vec!["matrix", "--as", "x", "w.yaml", "--format", "nope"], 2),
    ] {
        let mut all = vec!["rbac"];
        all.extend(&arguments);
        let output = ironclad(&all, folder.path(), "");
        assert_eq!(code(&output), expected, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A word that is none is answered with what helps.
#[test]
fn bad_questions_are_answered_with_what_helps() {
    let folder = folder();
    for (arguments, part) in [
        (vec!["who-can", "get", "podz", "w.yaml"], "near are pods"),
        (vec!["who-can", "get", "pod,secret", "w.yaml"], "one resource at a time"),
        (vec!["who-can", "get,list", "pods", "w.yaml"], "one verb"),
        (vec!["who-can", "", "pods", "w.yaml"], "one verb"),
        (vec!["who-can", "get", "healthz", "w.yaml"], "`/healthz`"),
        (vec!["who-can", "get", "pods", "--name", "a/b", "w.yaml"], "has a `/`"),
        (vec!["who-can", "get", "pods", "-n", "BAD", "w.yaml"], "not the name of a namespace"),
        (vec!["can-i", "get", "pods", "--as", "", "w.yaml"], "system:anonymous"),
        (vec!["can-i", "get", "pods", "--sa", "a:b:c", "w.yaml"], "NAMESPACE:NAME"),
        (vec!["can-i", "get", "pods", "--sa", ":b", "w.yaml"], "NAMESPACE:NAME"),
        (
            vec!["can-i", "get", "pods", "--as", "system:serviceaccount:b", "w.yaml"],
            "system:serviceaccount:NAMESPACE:NAME",
        ),
        (vec!["can-i", "get", "pods", "--as-group", "g", "w.yaml"], "a group and no user"),
        (vec!["can-i", "get", "pods", "--as", "x", "--live-sar", "w.yaml"], "--context NAME"),
        (vec!["diff", "w.yaml"], "no PATH"),
        (vec!["whoami", "--offline", "--kubeconfig", "none"], "none"),
    ] {
        let output = ironclad(&[&["rbac"][..], &arguments].concat(), folder.path(), "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{arguments:?}: {said}");
        assert!(said.contains("help: ") && said.contains(part), "{arguments:?}: {said}");
    }
    // A verb that the resource has not may still be in a rule: a warning, with the one that was meant.
    for (verb, part) in [("gett", "did you mean `get`"), ("GET", "did you mean `get`"), ("escalate", "")] {
        let output = ironclad(&["rbac", "who-can", verb, "pods", "w.yaml"], folder.path(), "");
        assert_eq!(code(&output), 0);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(part) && (part.is_empty() != said.contains("warning")), "{verb}: {said}");
    }
}

/// Roles that gather each other come to an end, and a hundred thousand groups are no trouble.
#[test]
fn circles_and_crowds() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n";
    let gathers = |name: &str, own: &str, other: &str| {
        format!(
            "{head}metadata: {{name: {name}, labels: {{{own}: 'true'}}}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{other}: 'true'}}}}]}}\nrules: []\n---\n"
        )
    };
    let world = gathers("a", "to-b", "to-a")
        + &gathers("b", "to-a", "to-b")
        + &gathers("c", "to-a", "to-a")
        + &format!(
            "{head}metadata: {{name: base, labels: {{to-b: 'true'}}}}\nrules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]\n---\n"
        )
        + &WORLD.replace("view", "a").replace("<eve & \"co\">", "eve");
    fs::write(folder.path().join("w.yaml"), world).unwrap();
    let why = ironclad(&["rbac", "why", "get", "pods", "--as", "eve", "w.yaml"], folder.path(), "");
    assert_eq!(code(&why), 0);
    assert!(text(&why).contains("rule 1, from ClusterRole/base"), "{}", text(&why));
    let groups: Vec<String> = (0..100_000).map(|n| format!("group-{n}")).collect();
    let request = json!({"user": "x", "groups": groups, "verb": "get", "resource": "pods"});
    let many = ironclad(&["rbac", "can-i", "--requests", "-", "w.yaml"], folder.path(), &format!("{request}\n"));
    assert_eq!((code(&many), &lines(&many)[0]["allowed"]), (0, &json!(false)));
}

/// A table for programs says by which bindings.
#[test]
fn a_matrix_for_programs_has_its_proofs() {
    let folder = folder();
    let eve = "<eve & \"co\">";
    let value = |arguments: &[&str]| -> Value {
        let output = ironclad(arguments, folder.path(), "");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let mine = value(&[
        "rbac",
        "matrix",
        "--as",
        eve,
        "--resources",
        "pods",
        "--verbs",
        "get,create",
        "--format",
        "json",
        "w.yaml",
    ]);
    assert_eq!(mine["rows"][0]["via"], json!({"get": ["ClusterRoleBinding/b"]}), "{mine:#}");
    let of = value(&["rbac", "matrix", "--for", "pods", "--verbs", "get,create", "--format", "json", "w.yaml"]);
    assert_eq!(of["rows"][0]["via"], json!({"get": ["ClusterRoleBinding/b"]}), "{of:#}");
}

/// A node reaches what its pods name, and nothing else.
#[test]
fn nodes_are_authorized_by_their_pods() {
    let folder = tempfile::tempdir().unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  nodeName: n1\n  serviceAccountName: web\n  containers: [{name: c, image: nginx, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: k}}}]}]\n  volumes: [{name: v, configMap: {name: settings}}]\n";
    fs::write(folder.path().join("p.yaml"), pod).unwrap();
    let ask = |node: &str, arguments: &[&str]| {
        let user = format!("system:node:{node}");
        let mut all = vec!["rbac", "can-i"];
        all.extend(arguments);
        all.extend(["--as", &user, "--as-group", "system:nodes", "--assume-defaults", "-n", "shop", "p.yaml"]);
        code(&ironclad(&all, folder.path(), ""))
    };
    assert_eq!(ask("n1", &["get", "secrets/db"]), 0);
    assert_eq!(ask("n1", &["get", "configmaps/settings"]), 0);
    assert_eq!(ask("n1", &["get", "secrets/other"]), 1);
    assert_eq!(ask("n1", &["list", "secrets"]), 1);
    assert_eq!(ask("n1", &["create", "serviceaccounts", "--subresource", "token", "--name", "web"]), 0);
    assert_eq!(ask("n1", &["create", "serviceaccounts", "--subresource", "token", "--name", "admin"]), 1);
    assert_eq!(ask("n2", &["get", "secrets/db"]), 2, "no pod of it is known");
    assert_eq!(ask("n1", &["get", "nodes/n1"]), 0);
    assert_eq!(ask("n1", &["get", "nodes/n2"]), 1);
}

/// What has no namespace is never granted by a RoleBinding: not in a list of everybody, not in a difference.
#[test]
fn role_bindings_grant_nothing_without_a_namespace() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let role = |resources: &str| {
        format!(
            "{head}kind: ClusterRole\nmetadata: {{name: r}}\nrules: [{{verbs: [get], apiGroups: [''], resources: [{resources}]}}]\n"
        )
    };
    let binding = format!(
        "---\n{head}kind: RoleBinding\nmetadata: {{name: b, namespace: a}}\nroleRef: {{kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: eve}}]\n"
    );
    fs::write(folder.path().join("pods.yaml"), role("pods") + &binding).unwrap();
    fs::write(folder.path().join("nodes.yaml"), role("pods, nodes") + &binding).unwrap();
    let who = |resource: &str| {
        let output =
            ironclad(&["rbac", "who-can", "get", resource, "-A", "--format", "json", "nodes.yaml"], folder.path(), "");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["subjects"].clone()
    };
    assert_eq!(who("nodes"), json!(["Group:system:masters"]));
    assert_eq!(who("pods"), json!(["Group:system:masters", "User:eve"]));
    let output = ironclad(&["rbac", "diff", "pods.yaml", "nodes.yaml"], folder.path(), "");
    assert_eq!(code(&output), 0, "{}", text(&output));
    let output =
        ironclad(&["rbac", "can-i", "get", "nodes", "--as", "eve", "-n", "a", "nodes.yaml"], folder.path(), "");
    assert_eq!(code(&output), 1);
}

/// The checks of this domain as a report of their own: no others, and the exit codes of a scan.
#[test]
fn an_audit_is_the_rbac_checks_alone() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let role = |verbs: &str| {
        format!(
            "{head}kind: ClusterRole\nmetadata: {{name: r}}\nrules: [{{verbs: [{verbs}], apiGroups: [argoproj.io], resources: [applications]}}]\n"
        )
    };
    let rest = format!(
        "---\n{head}kind: ClusterRoleBinding\nmetadata: {{name: b}}\nroleRef: {{kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: eve}}]\n\
         ---\n{head}kind: ClusterRoleBinding\nmetadata: {{name: argo}}\nroleRef: {{kind: ClusterRole, name: cluster-admin}}\nsubjects: [{{kind: ServiceAccount, name: argocd-application-controller, namespace: argocd}}]\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: c}}]}}\n"
    );
    fs::write(folder.path().join("a.yaml"), role("create") + &rest).unwrap();
    let found = |arguments: &[&str]| -> (i32, Vec<(String, String)>) {
        let all = [&["rbac", "audit", "--format", "json"], arguments, &["a.yaml"]].concat();
        let output = ironclad(&all, folder.path(), "");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let findings = report["findings"].as_array().unwrap().iter();
        (code(&output), findings.map(|finding| (text(finding, "check"), text(finding, "severity"))).collect())
    };
    let (exit, findings) = found(&[]);
    assert_eq!(exit, 1);
    assert!(findings.iter().all(|(check, _)| check.starts_with("rbac/")), "{findings:?}");
    let pair = |check: &str, severity: &str| (check.to_owned(), severity.to_owned());
    assert!(findings.contains(&pair("rbac/op-argocd", "critical")), "{findings:?}");
    assert!(!findings.iter().any(|(check, _)| check == "rbac/user-subject"), "{findings:?}");
    assert_eq!(found(&["--select", "rbac/op-argocd"]).1, [pair("rbac/op-argocd", "critical")]);
    // Without its controller it is a note.
    let rest = rest.replace("argocd-application-controller", "other");
    fs::write(folder.path().join("a.yaml"), role("create") + &rest).unwrap();
    assert_eq!(found(&["--select", "rbac/op-argocd"]), (0, vec![pair("rbac/op-argocd", "info")]));
}
