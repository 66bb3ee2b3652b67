//! Every case of `corpus/rbac`: transcribed upstream tables, generated worlds with their verdicts, named edge cases.

use ironclad_authz::{Options, PolicyRule, Request, Target, User, World, covers};
use ironclad_testkit::{corpus, skipped, snapshot};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder(test: &str) -> Option<PathBuf> {
    let found = corpus("rbac");
    if found.is_none() {
        skipped(test, "the corpus `rbac` is not here");
    }
    found
}

fn rows(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

fn texts(of: &Value) -> Vec<String> {
    of.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn request(of: &Value) -> Request {
    let target = match of["path"].as_str() {
        Some(path) => Target::Path(path.to_owned()),
        None => Target::Resource {
            group: text(of, "group"),
            resource: text(of, "resource"),
            subresource: text(of, "subresource"),
            name: text(of, "name"),
            namespace: text(of, "namespace"),
        },
    };
    Request { verb: text(of, "verb"), target }
}

fn rule(of: &Value) -> PolicyRule {
    PolicyRule {
        verbs: texts(&of["verbs"]),
        api_groups: texts(&of["apiGroups"]),
        resources: texts(&of["resources"]),
        resource_names: texts(&of["resourceNames"]),
        non_resource_urls: texts(&of["nonResourceURLs"]),
    }
}

fn world(text: &str) -> World {
    World::of(&snapshot("world.yaml", text), &Options::default())
}

/// A world of one role with one rule, bound to one subject in one scope.
fn single(rule: &Value, subject: &Value, scope: &str) -> World {
    let binding = match scope.strip_prefix("namespace:") {
        Some(namespace) => format!("kind: RoleBinding\nmetadata: {{name: b, namespace: {namespace}}}"),
        None => "kind: ClusterRoleBinding\nmetadata: {name: b}".to_owned(),
    };
    world(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{rule}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\n{binding}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects: [{subject}]\n"
    ))
}

#[test]
fn upstream_rule_matches() {
    let Some(folder) = folder("upstream_rule_matches") else { return };
    let rows = rows(&folder, "rule-match.jsonl");
    assert!(rows.len() >= 34);
    let subject = serde_json::json!({"kind": "User", "name": "u"});
    for (index, row) in rows.iter().enumerate() {
        let request = request(&row["request"]);
        let expected = row["allowed"].as_bool().unwrap();
        assert_eq!(rule(&row["rule"]).allows(&request), expected, "row {index}: {row}");
        let world = single(&row["rule"], &subject, "cluster");
        assert_eq!(world.allows(&User::literal("u", &[]), &request), expected, "row {index}, indexed: {row}");
    }
}

#[test]
fn upstream_covers() {
    let Some(folder) = folder("upstream_covers") else { return };
    let rows = rows(&folder, "covers.jsonl");
    assert!(rows.len() >= 12);
    for row in &rows {
        let list = |name: &str| -> Vec<PolicyRule> { row[name].as_array().unwrap().iter().map(rule).collect() };
        let uncovered = covers(&list("owner"), &list("servant"));
        assert_eq!(uncovered, list("uncovered"), "{row}");
        assert_eq!(uncovered.is_empty(), row["covered"].as_bool().unwrap(), "{row}");
    }
}

#[test]
fn edge_cases() {
    let Some(folder) = folder("edge_cases") else { return };
    let rows = rows(&folder, "edge-cases.jsonl");
    assert!(rows.len() >= 29);
    for row in &rows {
        let world = single(&row["rule"], &row["subject"], row["scope"].as_str().unwrap());
        let user = User { name: text(row, "user"), groups: texts(&row["groups"]) };
        let request = request(&row["request"]);
        let decision = world.decide(&user, &request);
        assert_eq!(decision.allowed, row["allowed"].as_bool().unwrap(), "{row}");
        assert_eq!(world.allows(&user, &request), decision.allowed, "{row}");
    }
}

fn worlds(folder: &Path) -> BTreeMap<String, World> {
    let files = std::fs::read_dir(folder.join("worlds")).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, world(&std::fs::read_to_string(path).unwrap()))
        })
        .collect()
}

#[test]
fn access_reviews() {
    let Some(folder) = folder("access_reviews") else { return };
    let worlds = worlds(&folder);
    let rows = rows(&folder, "sar.jsonl");
    assert!(rows.len() >= 1800);
    for row in &rows {
        let world = &worlds[row["world"].as_str().unwrap()];
        let asked = &row["request"];
        let user = User { name: text(asked, "user"), groups: texts(&asked["groups"]) };
        let decision = world.decide(&user, &request(asked));
        assert_eq!(decision.allowed, row["allowed"].as_bool().unwrap(), "{row}");
        assert_eq!(decision.via(world), texts(&row["via"]), "{row}");
    }
}

#[test]
fn who_can() {
    let Some(folder) = folder("who_can") else { return };
    let worlds = worlds(&folder);
    let rows = rows(&folder, "whocan.jsonl");
    assert!(rows.len() >= 300);
    for row in &rows {
        let world = &worlds[row["world"].as_str().unwrap()];
        let who = world.who_can(&request(&row["request"]));
        assert_eq!(who.labels(world), texts(&row["subjects"]), "{row}");
    }
}
