//! The corpus `workload/yaml-kubectl`: what kubectl makes of 55 odd manifests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_tree::{Kind, Limits, NodeRef, Severity, Source, parse};
use serde_json::Value;
use std::path::Path;

/// Measured with kubectl 1.32; the reader that is pinned in `tools/oracle` decides otherwise: why.
const NEWER_READER: &[(&str, &str)] = &[];

/// Objects of a document as kubectl's visitor finds them; false for what has no kind or version. (`ironclad-load` does
/// this for the product; its tests have the cases of that side.)
fn objects(root: NodeRef<'_>, out: &mut Vec<Value>) -> bool {
    let mut json = String::new();
    root.write_json(&mut json);
    let value: Value = serde_json::from_str(&json).expect("write_json writes JSON");
    let (Some(kind), Some(_)) = (value["kind"].as_str(), value["apiVersion"].as_str()) else { return false };
    match root.get_str("items").filter(|_| kind.ends_with("List")) {
        Some(items) => match items.value().kind() {
            Kind::Sequence => items.value().items().all(|item| objects(item, out)),
            _ => true,
        },
        None => {
            out.push(value);
            true
        }
    }
}

#[test]
fn reads_what_kubectl_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus/workload/yaml-kubectl");
    let Ok(cases) = std::fs::read_to_string(folder.join("cases.jsonl")) else {
        println!("skipped: no corpus workload/yaml-kubectl");
        return;
    };
    let (mut agreed, mut differ) = (0, Vec::new());
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).expect("a case")) {
        let name = case["manifest"].as_str().expect("a file");
        let (source, _) = Source::decode(name, std::fs::read(folder.join(name)).expect("a manifest"));
        let parsed = parse(&source, &Limits::default());
        let mut found = Vec::new();
        let whole = parsed.documents.iter().all(|document| objects(document.root(), &mut found));
        let expected = case["expect_objects"].as_array().cloned().unwrap_or_default();
        let failed = !whole || parsed.problems.iter().any(|p| p.severity == Severity::Error);
        let expects_failure = case["expect_error"].as_bool().unwrap_or_else(|| !case["expect_error"].is_null());
        // kubectl stops at an error and we go on, so it saw the first documents only.
        let same = if expects_failure { found.starts_with(&expected) } else { found == expected };
        if same && failed == expects_failure {
            agreed += 1;
        } else if !NEWER_READER.iter().any(|(listed, _)| *listed == name) {
            differ.push(format!(
                "{name}: error {failed} (kubectl {expects_failure}) {:?}\n  ours   {}\n  theirs {}",
                parsed.problems.iter().map(|p| &p.message).collect::<Vec<_>>(),
                Value::from(found),
                Value::from(expected)
            ));
        }
    }
    println!("kubectl corpus: {agreed} agree, {} listed", NEWER_READER.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
