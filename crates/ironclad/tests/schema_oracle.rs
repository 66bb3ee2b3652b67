//! Random objects of every built-in kind, whole and broken, beside the strict decoder of the API machinery: the same
//! unknown fields, and the same verdict on types. 2,000 objects, 20,000 in the full run, the same ones every time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_check::{Enabled, Params, RunConfig, run};
use ironclad_load::{Progress, Request, load};
use ironclad_testkit::oracle::{Dice, ask};
use ironclad_testkit::{is_full_run, skipped};
use ironclad_views::schema::{self, Shape};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const DEEPEST: usize = 7;

struct Writer {
    dice: Dice,
    /// How many more mistakes to make, of each sort.
    unknown: usize,
    wrong: usize,
}

impl Writer {
    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    fn object(&mut self, definition: &'static str, depth: usize) -> Value {
        let fields = schema::definition(definition).map_or(&[][..], |fields| fields);
        if fields.is_empty() {
            return json!({"x": 1});
        }
        let mut object = Map::new();
        for field in fields.iter().filter(|field| field.versions.contains(&37)) {
            if depth == 0 && matches!(field.name, "apiVersion" | "kind" | "metadata" | "status") {
                continue;
            }
            let share = if depth < 2 { 60 } else { 25 };
            if field.required || depth < DEEPEST && self.chance(share) {
                let values: Vec<String> = field.values().map(|value| value.into_owned()).collect();
                let value = self.value(field.shape, &values, depth);
                object.insert(field.name.to_owned(), value);
            }
        }
        if self.unknown > 0 && self.chance(30) {
            self.unknown -= 1;
            let known = self.dice.pick(fields).name;
            let key = match self.dice.below(4) {
                0 => known.to_ascii_uppercase(),
                1 => known[..known.len() - 1].to_owned(),
                2 => format!("{known}s"),
                _ => "nonsense".to_owned(),
            };
            // Who looks for the kind of an object takes `KIND` for `kind`, and then does not understand it.
            let confuses = depth == 0 && matches!(known, "apiVersion" | "kind");
            if schema::field(definition, &key).is_none() && !key.is_empty() && !confuses {
                object.insert(key, json!({"a": [1, "b"]}));
            }
        }
        Value::Object(object)
    }

    fn value(&mut self, shape: Shape, values: &[String], depth: usize) -> Value {
        if self.wrong > 0 && self.chance(5) {
            self.wrong -= 1;
            return match self.dice.below(5) {
                0 => json!(7),
                1 => json!(true),
                2 => json!("some text"),
                3 => json!([1]),
                _ => json!({"a": 1}),
            };
        }
        match shape {
            Shape::Text if !values.is_empty() => json!(self.dice.pick(values)),
            Shape::Text => json!("text"),
            Shape::Bytes => json!("eA=="),
            Shape::Int32 | Shape::Int | Shape::Number => json!(self.dice.below(100)),
            Shape::Flag => json!(self.chance(50)),
            Shape::Quantity => json!("100m"),
            Shape::IntOrText if self.chance(50) => json!(80),
            Shape::IntOrText => json!("http"),
            Shape::Time => json!("2026-01-31T12:00:00.000000Z"),
            Shape::Any => json!({"free": 1}),
            Shape::List(inner) => {
                let count = self.dice.below(3);
                (0..count).map(|_| self.value(Shape::parse(inner), values, depth + 1)).collect()
            }
            Shape::Map(inner) => {
                let count = self.dice.below(3);
                let entry = |at| (format!("k{at}"), self.value(Shape::parse(inner), values, depth + 1));
                Value::Object((0..count).map(entry).collect())
            }
            Shape::Object(definition) => self.object(definition, depth + 1),
        }
    }
}

/// `unknown field "spec.containers[0].x"` as the pointer that a finding has.
fn pointer(message: &str) -> Option<String> {
    let path = message.strip_prefix("unknown field \"")?.strip_suffix('"')?;
    Some(format!("/{}", path.replace("].", "/").replace(']', "").replace(['.', '['], "/")))
}

#[test]
fn random_objects_are_judged_as_strict_decoding_judges_them() {
    let count = if is_full_run() { 20_000 } else { 2_000 };
    let kinds: Vec<_> = schema::kinds().iter().filter(|kind| kind.versions.contains(&37)).collect();
    let mut writer = Writer { dice: Dice::new(0x5eed), unknown: 0, wrong: 0 };
    let folder = tempfile::tempdir().unwrap();
    let mut objects: BTreeMap<String, Value> = BTreeMap::new();
    for index in 0..count {
        let kind = kinds[index % kinds.len()];
        (writer.unknown, writer.wrong) = match writer.dice.below(4) {
            0 => (0, 0),
            1 => (0, 1),
            _ => (1 + writer.dice.below(3), 0),
        };
        let mut object = writer.object(kind.definition, 0);
        object["apiVersion"] = json!(ironclad_views::lifecycle::api_version(kind.group, kind.version));
        object["kind"] = json!(kind.kind);
        object["metadata"] = json!({"name": "o", "labels": {"a": "b"}});
        let name = format!("o{index:05}.json");
        std::fs::write(folder.path().join(&name), object.to_string()).unwrap();
        objects.insert(name, object);
    }
    let questions = objects.iter().map(|(name, object)| json!({"op": "strict", "id": name, "object": object}));
    let Some(answers) = ask(questions) else {
        skipped("objects beside strict decoding", "the oracle is not built: `cargo xtask test` builds it with Go");
        return;
    };
    let loaded = load(&Request::of(vec![folder.path().to_owned()]), &Progress::default());
    let shown = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let mut mistyped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for problem in &loaded.problems {
        mistyped.entry(shown(&problem.source)).or_default().push(problem.problem.message.clone());
    }
    let check = ironclad_manifest::CHECKS.iter().find(|check| check.meta.id == "manifest/schema").unwrap();
    let enabled = vec![Enabled { check, severity: None, params: Params::default() }];
    let outcome = run(&loaded.snapshot, &RunConfig { enabled, version: 37, ..RunConfig::default() });
    assert!(outcome.failures.is_empty());
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in &outcome.findings {
        let is_unknown = finding.message.starts_with("unknown field") || finding.message.contains("has no effect");
        if is_unknown {
            unknown.entry(shown(finding.source_name(&loaded.snapshot))).or_default().insert(finding.pointer.clone());
        }
    }
    let (mut judged, mut broken, mut fields, mut differ) = (0, 0, 0, Vec::new());
    for (name, answer) in objects.keys().zip(&answers) {
        if answer["known"] != json!(true) {
            continue;
        }
        judged += 1;
        let ours = (mistyped.get(name).cloned().unwrap_or_default(), unknown.remove(name).unwrap_or_default());
        let error = answer["error"].as_str().unwrap_or_default();
        broken += usize::from(!error.is_empty());
        let theirs: BTreeSet<String> =
            answer["unknown"].as_array().unwrap().iter().filter_map(|text| pointer(text.as_str()?)).collect();
        fields += theirs.len();
        // A decoder that fails on a type says nothing of fields.
        if ours.0.is_empty() != error.is_empty() || error.is_empty() && ours.1 != theirs {
            differ.push(format!("{}\n  ours   {ours:?}\n  theirs {error:?} {theirs:?}", objects[name]));
        }
    }
    println!(
        "strict decoding: {} of {judged} agree ({fields} unknown fields, {broken} of a wrong type)",
        judged - differ.len()
    );
    assert!(judged > count / 2 && fields > count / 5 && broken > count / 20, "{judged} {fields} {broken}");
    let shown: Vec<&str> = differ.iter().take(8).map(String::as_str).collect();
    assert!(differ.is_empty(), "{} differ, the first:\n{}", differ.len(), shown.join("\n"));
}
