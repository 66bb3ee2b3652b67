//! Kubescape's own cases of edits by path: what comes out is theirs byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_fix::{Operation, edit_text};
use ironclad_testkit::{corpus, skipped};
use ironclad_tree::{Kind, Limits, NodeRef, Source, parse};

/// JSON in the order of the case's own text.
fn json(node: NodeRef<'_>) -> String {
    let mut out = String::new();
    node.write_json(&mut out);
    out
}

#[test]
fn byte_for_byte() {
    let Some(folder) = corpus("workload") else {
        return skipped("kubescape::byte_for_byte", "no ../shared/corpus/workload");
    };
    let folder = folder.join("kubescape-fix");
    let cases = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let mut judged = 0;
    for line in cases.lines() {
        let parsed = parse(&Source::new("case", line), &Limits::default());
        let case = parsed.documents[0].root();
        let field = |node: NodeRef<'_>, name: &str| node.get_str(name).map(|e| e.value().id()).unwrap();
        let text = |name: &str| parsed.documents[0].node(field(case, name)).as_str().unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(text(name))).unwrap();
        let mut operations = Vec::new();
        for edit in parsed.documents[0].node(field(case, "edits")).items() {
            let get = |name: &str| edit.get_str(name).map(|entry| entry.value());
            let document = get("doc").unwrap().as_i64().unwrap() as usize;
            let path = get("path").unwrap().as_str().unwrap().to_owned();
            let op = get("op").unwrap().as_str().unwrap();
            let values: Vec<String> = match get("value") {
                Some(list) if op == "append" && list.kind() == Kind::Sequence => list.items().map(json).collect(),
                Some(value) => vec![json(value)],
                None => vec![String::new()],
            };
            for value in values {
                let operation = match op {
                    "set" => Operation::Set(path.clone(), value),
                    "append" => Operation::Append(path.clone(), value),
                    "remove" => Operation::Remove(path.clone()),
                    other => panic!("{other}"),
                };
                operations.push((document, operation));
            }
        }
        let edited = edit_text(&read("manifest"), &operations).unwrap();
        assert_eq!(edited, read("expected"), "{}", text("manifest"));
        judged += 1;
    }
    assert_eq!(judged, 10);
}
