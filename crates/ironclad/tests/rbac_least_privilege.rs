//! Least privilege from end to end, for every form of audit log: the same roles, every observed request allowed by them when
//! it is asked again, and at least one refused as soon as any right is taken away. The second and third are asked of
//! `can-i`, which knows nothing of how the roles were made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testkit::gzip;
use program::{ironclad, json, text};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const USER: &str = "system:serviceaccount:shop:ci";

/// Verb, group, resource, subresource, name, namespace, HTTP code.
type Asked = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, u16);

const ASKED: &[Asked] = &[
    ("get", "", "configmaps", "", "settings", "shop", 200),
    ("list", "", "pods", "", "", "shop", 200),
    ("watch", "", "pods", "", "", "shop", 200),
    ("create", "", "pods", "exec", "web-0", "shop", 200),
    ("get", "apps", "deployments", "", "web", "shop", 200),
    ("patch", "apps", "deployments", "scale", "web", "shop", 200),
    ("delete", "batch", "jobs", "", "gone", "other", 404),
    ("create", "batch", "jobs", "", "", "other", 409),
    ("list", "", "nodes", "", "", "", 200),
    ("get", "", "namespaces", "", "shop", "shop", 200),
];

fn version(group: &str) -> (&str, String) {
    ("v1", if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") })
}

/// An event as the API server writes it.
fn event(number: usize, asked: &Asked) -> Value {
    let (verb, group, resource, subresource, name, namespace, code) = *asked;
    let space = if namespace.is_empty() || resource == "namespaces" {
        String::new()
    } else {
        format!("/namespaces/{namespace}")
    };
    let mut object = json!({"resource": resource, "apiVersion": version(group).0});
    for (key, value) in [("apiGroup", group), ("subresource", subresource), ("name", name), ("namespace", namespace)] {
        if !value.is_empty() {
            object[key] = json!(value);
        }
    }
    let root = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", version(group).1) };
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": format!("id-{number}"),
        "stage": "ResponseComplete", "verb": verb, "requestURI": format!("{root}{space}/{resource}"),
        "user": {"username": USER, "groups": ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]},
        "objectRef": object, "responseStatus": {"code": code},
        "requestReceivedTimestamp": "2026-01-01T00:00:00.000000Z", "stageTimestamp": "2026-01-01T00:00:01.000000Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    })
}

/// The same as Cloud Logging has it.
fn google(number: usize, asked: &Asked) -> Value {
    let (verb, group, resource, subresource, name, namespace, code) = *asked;
    let short = if group.is_empty() { "core" } else { group };
    let mut method = vec!["io.k8s", short, "v1", resource];
    let mut path = format!("{short}/v1");
    if resource == "namespaces" {
        path.push_str(&format!("/namespaces/{name}"));
    } else {
        if !namespace.is_empty() {
            path.push_str(&format!("/namespaces/{namespace}"));
        }
        path.push_str(&format!("/{resource}"));
        for part in [name, subresource].into_iter().filter(|part| !part.is_empty()) {
            path.push_str(&format!("/{part}"));
        }
    }
    method.extend((!subresource.is_empty()).then_some(subresource));
    method.push(verb);
    let status = match code {
        404 => json!({"code": 5}),
        409 => json!({"code": 6}),
        _ => json!({}),
    };
    json!({
        "insertId": format!("id-{number}"), "timestamp": "2026-01-01T00:00:01Z",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "k8s.io",
            "authenticationInfo": {"principalEmail": USER}, "methodName": method.join("."), "resourceName": path,
            "authorizationInfo": [{"granted": true}], "status": status,
        },
    })
}

fn lines(values: &[Value]) -> Vec<u8> {
    values.iter().map(|value| format!("{value}\n")).collect::<String>().into_bytes()
}

/// A zstd frame of one raw block (RFC 8878).
fn zstd(data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    out.extend(length.to_le_bytes());
    out.extend(&(1 | length << 3).to_le_bytes()[..3]);
    out.extend(data);
    out
}

/// Each form of the log by its name.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let events: Vec<Value> = ASKED.iter().enumerate().map(|(number, asked)| event(number, asked)).collect();
    let google: Vec<Value> = ASKED.iter().enumerate().map(|(number, asked)| google(number, asked)).collect();
    let texts: Vec<String> = events.iter().map(ToString::to_string).collect();
    let stream = |text: &String| json!({"logStreamName": "kube-apiserver-audit-1", "timestamp": 1, "message": text});
    let azure = |text: &String| {
        json!({"category": "kube-audit", "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
               "properties": {"log": text, "stream": "stdout", "pod": "kube-apiserver-1"}})
    };
    vec![
        ("lines", lines(&events)),
        (
            "EventList",
            json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": events}).to_string().into_bytes(),
        ),
        ("array", Value::Array(events.clone()).to_string().into_bytes()),
        ("indented", serde_json::to_vec_pretty(&Value::Array(events.clone())).unwrap()),
        ("gzip", gzip(&lines(&events))),
        ("zstd", zstd(&lines(&events))),
        ("gzip, two members", [gzip(&lines(&events[..4])), gzip(&lines(&events[4..]))].concat()),
        (
            "EKS, filter-log-events",
            json!({"events": texts.iter().map(stream).collect::<Vec<_>>()}).to_string().into_bytes(),
        ),
        (
            "EKS, subscription",
            json!({"messageType": "DATA_MESSAGE", "logGroup": "/aws/eks/prod/cluster",
                   "logEvents": texts.iter().map(stream).collect::<Vec<_>>()})
            .to_string()
            .into_bytes(),
        ),
        (
            "EKS, export to files, gzip",
            gzip(texts.iter().map(|text| format!("2026-01-01T00:00:00.000Z {text}\n")).collect::<String>().as_bytes()),
        ),
        ("GKE, lines", lines(&google)),
        ("GKE, array", Value::Array(google.clone()).to_string().into_bytes()),
        ("AKS, records", json!({"records": texts.iter().map(azure).collect::<Vec<_>>()}).to_string().into_bytes()),
        ("AKS, lines, zstd", zstd(&lines(&texts.iter().map(azure).collect::<Vec<_>>()))),
    ]
}

/// How many of the requests are allowed by these objects.
fn allowed(folder: &Path, objects: &[Value]) -> usize {
    fs::write(folder.join("roles.json"), json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string())
        .unwrap();
    let output = ironclad(&["rbac", "can-i", "--requests", "requests.jsonl", "roles.json", "-q"], folder);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().filter(|line| serde_json::from_str::<Value>(line).unwrap()["allowed"] == true).count()
}

/// Every way to take one atom from the rules: group, resource, verb and name.
fn without_one(rules: &[Value]) -> Vec<Vec<Value>> {
    let list = |rule: &Value, key: &str| rule[key].as_array().cloned().unwrap_or_default();
    let mut atoms = Vec::new();
    for rule in rules {
        for group in list(rule, "apiGroups") {
            for resource in list(rule, "resources") {
                for verb in list(rule, "verbs") {
                    let names = list(rule, "resourceNames");
                    let mut atom = json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]});
                    if names.is_empty() {
                        atoms.push(atom);
                        continue;
                    }
                    for name in names {
                        atom["resourceNames"] = json!([name]);
                        atoms.push(atom.clone());
                    }
                }
            }
        }
    }
    (0..atoms.len()).map(|gone| [&atoms[..gone], &atoms[gone + 1..]].concat()).collect()
}

#[test]
fn every_form_of_log_makes_the_same_least_roles() {
    let folder = tempfile::tempdir().unwrap();
    let requests = ASKED.iter().map(|(verb, group, resource, subresource, name, namespace, _)| {
        json!({"user": USER, "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name,
               "namespace": namespace})
    });
    fs::write(folder.path().join("requests.jsonl"), lines(&requests.collect::<Vec<_>>())).unwrap();
    let mut first: Option<Vec<Value>> = None;
    for (form, bytes) in forms() {
        fs::write(folder.path().join("log"), bytes).unwrap();
        let output = ironclad(&["rbac", "least-privilege", "--exact", "--format", "json", "log"], folder.path());
        assert_eq!(output.status.code(), Some(0), "{form}: {}", text(&output));
        let report = json(&output);
        assert_eq!(report["log"]["requests"], ASKED.len(), "{form}: {report:#}");
        assert_eq!(report["proof"]["minimal"], true, "{form}: {report:#}");
        assert_eq!(report["proof"]["refused"], 0, "{form}");
        let objects = report["objects"].as_array().unwrap().clone();
        match &first {
            None => first = Some(objects),
            Some(first) => assert_eq!(*first, objects, "{form}"),
        }
    }
    let objects = first.unwrap();
    assert_eq!(allowed(folder.path(), &objects), ASKED.len(), "{objects:#?}");
    let mut tried = 0;
    for (index, object) in objects.iter().enumerate() {
        let Some(rules) = object["rules"].as_array() else { continue };
        for less in without_one(rules) {
            let mut all = objects.clone();
            all[index]["rules"] = json!(less);
            assert!(allowed(folder.path(), &all) < ASKED.len(), "a right can go: {less:#?}");
            tried += 1;
        }
    }
    assert!(tried >= ASKED.len() - 1, "{tried} rights");
}

/// What exists is compared with the log, patched, and the policy's blind spots are named.
#[test]
fn beside_what_exists() {
    let folder = tempfile::tempdir().unwrap();
    let events: Vec<Value> = ASKED.iter().enumerate().map(|(number, asked)| event(number, asked)).collect();
    fs::write(folder.path().join("audit.log"), lines(&events)).unwrap();
    let head = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let roles = format!(
        "{head}kind: Role\nmetadata: {{name: ci, namespace: shop}}\nrules:\n- {{apiGroups: [''], resources: [pods], verbs: [list, watch, delete]}}\n- {{apiGroups: [''], resources: [secrets], verbs: [get]}}\n\
         ---\n{head}kind: RoleBinding\nmetadata: {{name: ci, namespace: shop}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}}\nsubjects: [{{kind: ServiceAccount, name: ci, namespace: shop}}]\n\
         ---\n{head}kind: RoleBinding\nmetadata: {{name: idle, namespace: shop}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}}\nsubjects: [{{kind: User, name: nobody}}]\n"
    );
    fs::write(folder.path().join("roles.yaml"), roles).unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["rbac", "least-privilege"], arguments, &["audit.log"]].concat();
        let output = ironclad(&all, folder.path());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
        output
    };
    let unused = text(&run(&["--unused", "--rbac", "roles.yaml"]));
    for part in ["RoleBinding/shop/idle", "rule 2: get secrets in core", "delete"] {
        assert!(unused.contains(part), "{part}: {unused}");
    }
    let merge = run(&["--merge", "Role/shop/ci", "--rbac", "roles.yaml"]);
    let patch = json(&merge);
    assert!(patch.as_array().unwrap().iter().all(|step| step["op"] == "add"), "{patch:#}");
    assert!(patch.to_string().contains("pods/exec") && !patch.to_string().contains("\"watch\""), "{}", text(&merge));
    // What lies outside of the role's bindings is said, not granted.
    assert!(text(&merge).contains("lacks list nodes, which is outside"), "{}", text(&merge));
    let policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  resources: [{group: '', resources: [secrets]}]\n- level: Metadata\n  verbs: [get, list]\n";
    fs::write(folder.path().join("policy.yaml"), policy).unwrap();
    let blind = text(&run(&["--audit-policy", "policy.yaml"]));
    assert!(blind.contains("blind spot: ") && blind.contains("secrets"), "{blind}");
    for (arguments, part) in [
        (&["--merge", "ci", "--rbac", "roles.yaml"][..], "Role/NAMESPACE/NAME"),
        (&["--merge", "Role/shop/none", "--rbac", "roles.yaml"], "Role/shop/none"),
        (&["--unused"], "--rbac FILE-OR-FOLDER, or --cluster"),
        (&["--as", "nobody"], "no event of `nobody` counts"),
        (&["--generate-labels", "x"], "no pair"),
        (&["--audit-policy", "roles.yaml"], "no audit policy"),
    ] {
        let all = [&["rbac", "least-privilege"], arguments, &["audit.log"]].concat();
        let output = ironclad(&all, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(part), "{part}: {}", text(&output));
    }
}
