//! Manifests, whole and broken, read by us and by the modules that kubectl is built from: the same objects, the same
//! verdict. 2,000 documents, 20,000 in the full run, the same ones every time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_load::{Progress, Request, load};
use ironclad_testkit::oracle::{Dice, ask, base64};
use ironclad_testkit::{corpus, is_full_run, skipped};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whole manifests that the others are made of.
const SEEDS: &[&str] = &[
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {app: web, \"tier\": 'front'}\ndata:\n  text: |\n    line one\n      line two\n\n    line three\n  folded: >-\n    one\n    two\n\n    three\n  plain: some words: no\n  empty:\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: nginx:1.27\n    args: [\"-c\", 'it''s', a b, \"\\u00e9\\n\"]\n    ports:\n    - containerPort: 0x50\n    - {containerPort: 8080, protocol: TCP}\n  hostPID: no\n  priority: 1_000\n",
    "# a comment\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  stringData: &d {k: v, l: w}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: c\n  data:\n    <<: *d\n    k: x\n...\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: i}\n  data: {n: \"1\"}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"j\"},\"data\":{\"a\":\"\\u0041\\ud83d\\ude00\",\"b\":\"x/y\\/z\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"k\"},\"n\":[1,2.5,1e3,-0,true,null]}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n  annotations:\n    ? complex key\n    : complex value\n    7: one\n    yes: '2'\n    1.5: three\nspec:\n  replicas: 010\n  template:\n    spec:\n      containers:\n        -\n          name: x\n          image: \"a\n            b\"\n          command:\n            - sh\n            - -c\n            - |-\n              echo hi\n              exit 0\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: t\ndata:\n  a: !!str 1\n  b: !!binary aGVsbG8=\n  c: 2024-01-02\n  d: ~\n  e: .5\n  f: 1e400\n  g: 0o17\n  h: 0b11\n  i: -0x1F\n  j: 9223372036854775808\n  k: &x [1, 2]\n  l: *x\n  m: {n: *x}\n",
];

const PIECES: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    "- ",
    ": ",
    "a: ",
    "b: 1",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "? ",
    "&x ",
    "*x",
    "<<: *d",
    "|\n",
    ">-\n",
    "|2-\n",
    "!!str ",
    "!t ",
    "!!int ",
    " # c\n",
    "\n---\n",
    "\n--- # c\n",
    "\n--- x\n",
    "\n...\n",
    "\t",
    "~",
    "0755",
    "yes",
    "1.5",
    "1e3",
    "é",
    "\r\n",
    "\r",
    "\\n",
    "\\u00e9",
    "%",
    "@",
    "\u{2028}",
    "\u{85}",
    "''",
    "  ",
    "::",
    "x:y",
    "{{ .v }}",
    "\"a\":1",
    "null",
    "null: ",
    ".inf",
    "\u{feff}",
    "\0",
    "\u{7}",
    "kind: ",
    "items: []\n",
    "apiVersion: v1\n",
    "- - - a\n",
    "? a\n: b\n",
    "!",
    "`",
    "||",
    "#",
    ",",
    ":",
    "-",
    "--- ",
    "{}",
    "\u{fffe}",
    "08",
    "+1",
    "=",
];

fn broken(dice: &mut Dice) -> String {
    let mut text: Vec<char> = dice.pick(SEEDS).chars().collect();
    for _ in 0..dice.below(4) {
        let at = dice.below(text.len() + 1);
        match dice.below(6) {
            0 => {
                let end = (at + 1 + dice.below(6)).min(text.len());
                text.drain(at..end);
            }
            1 => {
                let lines: Vec<usize> = text.iter().enumerate().filter(|(_, c)| **c == '\n').map(|(i, _)| i).collect();
                if !lines.is_empty() {
                    let from = *dice.pick(&lines);
                    let to = (from + 1 + dice.below(40)).min(text.len());
                    let part: Vec<char> = text[from..to].to_vec();
                    let at = *dice.pick(&lines);
                    text.splice(at..at, part);
                }
            }
            2 => {
                let other = dice.pick(SEEDS).chars().skip(dice.below(60)).take(dice.below(60));
                let part: Vec<char> = other.collect();
                text.splice(at..at, part);
            }
            _ => {
                let part: Vec<char> = dice.pick(PIECES).chars().collect();
                text.splice(at..at, part);
            }
        }
    }
    text.into_iter().collect()
}

/// What we read of each file: objects as JSON, and whether anything was wrong.
fn ours(files: &[(String, Vec<u8>)]) -> Vec<(Vec<Value>, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        paths.push(path);
    }
    let shown = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let loaded = load(&Request::of(paths), &Progress::default());
    let mut objects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in loaded.snapshot.objects() {
        let mut json = String::new();
        object.root().write_json(&mut json);
        let mut value: Value = serde_json::from_str(&json).unwrap();
        // Items of a typed list take their type from it.
        for (key, text) in [("apiVersion", object.api_version()), ("kind", object.kind_name())] {
            if value[key].as_str().unwrap_or_default().is_empty() {
                value[key] = text.into();
            }
        }
        objects.entry(shown(object.source_name())).or_default().push(value);
    }
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for problem in &loaded.problems {
        if problem.problem.severity == ironclad_tree::Severity::Error {
            let line = format!("{}: {}", problem.problem.code, problem.problem.message);
            problems.entry(shown(&problem.source)).or_default().push(line);
        }
    }
    files
        .iter()
        .map(|(name, _)| (objects.remove(name).unwrap_or_default(), problems.remove(name).unwrap_or_default()))
        .collect()
}

/// Are these objects among those, in this order?
fn is_within(part: &[Value], whole: &[Value]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|value| rest.any(|other| other == value))
}

fn compare(files: &[(String, Vec<u8>)]) -> Option<(usize, Vec<String>)> {
    let questions = files.iter().map(|(name, bytes)| json!({"op": "read", "id": name, "data": base64(bytes)}));
    let answers = ask(questions)?;
    let mut differ = Vec::new();
    for (((name, bytes), (objects, problems)), answer) in files.iter().zip(ours(files)).zip(&answers) {
        let mut theirs = answer["objects"].as_array().cloned().unwrap_or_default();
        // The local builder lets an object without a version pass that no server takes (kubernetes/kubernetes#109023).
        let whole = theirs.len();
        theirs.retain(|object| object["apiVersion"].as_str().is_some_and(|version| !version.is_empty()));
        let error = if theirs.len() < whole { "no version" } else { answer["error"].as_str().unwrap_or_default() };
        // A null in a typed list is an object of that type with nothing in it: nothing to judge.
        let is_type = |key: &String| key == "apiVersion" || key == "kind";
        let is_something = |object: &Value| object.as_object().is_some_and(|fields| !fields.keys().all(is_type));
        theirs.retain(is_something);
        let objects: Vec<Value> = objects.into_iter().filter(is_something).collect();
        // kubectl stops at an error and we go on: what it saw before must be there.
        let same = match (problems.is_empty(), error.is_empty()) {
            // What the API server's decoder refuses must not pass in silence either.
            (true, true) => {
                objects == theirs && answer["typed"].as_array().is_some_and(|all| all.iter().all(|t| t == ""))
            }
            (false, false) => is_within(&theirs, &objects),
            // kubectl leaves the types of fields to the API server, whose decoder is the judge then. Neither looks into
            // the metadata of list items before they are created.
            (false, true) => {
                let refused = answer["typed"].as_array().is_some_and(|all| all.iter().any(|text| text != ""));
                objects == theirs
                    && problems
                        .iter()
                        .all(|p| p.starts_with("input/type: `metadata") || refused && p.starts_with("input/type"))
            }
            (true, false) => false,
        };
        if !same {
            differ.push(format!(
                "{name} {:?}\n  ours   {problems:?} {}\n  theirs {error:?} typed {} {}",
                String::from_utf8_lossy(bytes),
                Value::from(objects),
                answer["typed"],
                Value::from(theirs)
            ));
        }
    }
    Some((files.len() - differ.len(), differ))
}

#[test]
fn random_manifests_read_as_kubectl_reads_them() {
    let count = if is_full_run() { 20_000 } else { 2_000 };
    let mut dice = Dice::new(0x1505);
    let files: Vec<(String, Vec<u8>)> =
        (0..count).map(|index| (format!("m{index:05}.yaml"), broken(&mut dice).into_bytes())).collect();
    let Some((agreed, differ)) = compare(&files) else {
        skipped("manifests beside kubectl's reader", "the oracle is not built: `cargo xtask test` builds it with Go");
        return;
    };
    println!("kubectl's reader: {agreed} of {count} agree");
    let shown: Vec<&str> = differ.iter().take(20).map(String::as_str).collect();
    assert!(differ.is_empty(), "{} differ, the first:\n{}", differ.len(), shown.join("\n"));
}

#[test]
fn the_corpus_reads_as_the_pinned_reader_reads_it() {
    let Some(root) = corpus("workload/yaml-kubectl/manifests") else {
        skipped("the corpus beside kubectl's reader", "corpus workload/yaml-kubectl is not here");
        return;
    };
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    let Some((agreed, differ)) = compare(&files) else {
        skipped("the corpus beside kubectl's reader", "the oracle is not built: `cargo xtask test` builds it with Go");
        return;
    };
    println!("corpus: {agreed} of {} agree", files.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
