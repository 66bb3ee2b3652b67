//! `values.schema.json` beside the validator that Helm uses: keywords that few charts have, and each draft's own. A line
//! is a schema of the value `v`; every value is held against every schema.

use ironclad_render::{ChartFile, ChartFiles, Options, render};
use ironclad_testkit::{oracle, skipped};
use ironclad_tree::{Severity, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SCHEMAS: &str = include_str!("schemas.txt");

/// Values of `v`.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "3",
    "2.5",
    "-7",
    "\"\"",
    "\"a\"",
    "\"2024-02-29\"",
    "[]",
    "[1]",
    "[1, \"a\"]",
    "[1, 2, 3]",
    "[\"a\", \"b\"]",
    "[1, \"a\", true]",
    "[[1], [2]]",
    "{}",
    "{\"a\": 1}",
    "{\"a\": \"x\"}",
    "{\"a\": 1, \"b\": 2}",
    "{\"a\": 1, \"b\": 2, \"c\": 3}",
    "{\"b\": []}",
    "{\"data\": 1, \"children\": []}",
    "{\"data\": 1, \"children\": [{\"data\": 2}]}",
    "{\"data\": 1, \"children\": [{\"daat\": 2}]}",
    "{\"children\": [{\"children\": [{\"data\": \"x\"}]}]}",
    "{\"a\": {\"a\": {\"a\": 1}}}",
    "{\"a\": {\"b\": {}}}",
];

fn ours(schema: &str, values: &str) -> bool {
    let file = |name: &str, text: &str| ChartFile {
        name: name.to_owned(),
        shown: format!("c/{name}"),
        bytes: text.as_bytes().to_vec(),
    };
    let files =
        vec![file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"), file("values.schema.json", schema)];
    let mut options = Options::default();
    options.values.files = vec![Source::new("values.yaml", values)];
    let rendered = render(&ChartFiles { root: "c".to_owned(), files }, &options);
    rendered.problems.iter().all(|problem| problem.problem.severity != Severity::Error)
}

fn whole(line: &str) -> String {
    let schema: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    // `$schema`, `$id` and definitions are those of the whole.
    let mut all = json!({"type": "object"});
    let mut own = schema.as_object().unwrap().clone();
    for key in ["$schema", "$id", "id", "$defs", "definitions", "$dynamicAnchor", "$recursiveAnchor", "$anchor"] {
        if let Some(value) = own.remove(key) {
            all[key] = value;
        }
    }
    all["properties"] = json!({"v": own});
    all.to_string()
}

#[test]
fn schemas_refuse_what_helm_refuses() {
    let path = format!("{}/tests/schemas.json", env!("CARGO_MANIFEST_DIR"));
    let lines: Vec<&str> = SCHEMAS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let values = |value: &str| format!("{{\"v\": {value}}}");
    let question = |line: &str, value: &str| json!({"op": "schema", "id": format!("{line} {value}"), "schema": whole(line), "values": [values(value)]});
    let pairs: Vec<(&str, &str)> =
        lines.iter().flat_map(|line| VALUES.iter().map(move |value| (*line, *value))).collect();
    let recorded: Option<BTreeMap<String, String>> =
        std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str(&text).unwrap());
    let expected = match oracle::ask_helm(pairs.iter().map(|(line, value)| question(line, value))) {
        Some(answers) => {
            let mut all: BTreeMap<String, String> = BTreeMap::new();
            for ((line, _), answer) in pairs.iter().zip(&answers) {
                let sign = if answer["valid"] == true { '+' } else { '-' };
                all.entry((*line).to_owned()).or_default().push(sign);
                assert!(answer["error"].is_null(), "{line}: {answer}");
            }
            if std::env::var_os("IRONCLAD_UPDATE").is_some() {
                std::fs::write(&path, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
            } else {
                assert!(recorded.as_ref() == Some(&all), "the record is old: run with IRONCLAD_UPDATE=1");
            }
            all
        }
        None => {
            skipped("render: schemas.json checked against Helm", "the Helm oracle is not built");
            recorded.unwrap()
        }
    };
    let mut wrong = Vec::new();
    for line in &lines {
        let schema = whole(line);
        for (value, theirs) in VALUES.iter().zip(expected[*line].chars()) {
            if ours(&schema, &values(value)) != (theirs == '+') {
                wrong.push(format!("{line}\n  {value}: Helm says {theirs}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}
