//! Patches from dice: objects and patches full of what merges trip over (missing keys, doubles, nulls, directives, other
//! types), each built by kustomize's own module and by us.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod cases;

use cases::Case;
use ironclad_testkit::oracle::Dice;
use serde_json::{Value, json};
use std::collections::BTreeMap;

struct Maker {
    dice: Dice,
    is_patch: bool,
}

impl Maker {
    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    fn word(&mut self) -> Value {
        match self.dice.below(12) {
            0 => Value::Null,
            1 => json!(self.dice.below(3)),
            2 => json!(true),
            3 => json!(""),
            other => json!(["a", "b", "c", "80", "yes", "x y", "é", "<&>"][other % 8]),
        }
    }

    fn directive(&mut self, map: &mut serde_json::Map<String, Value>, percent: usize) {
        if self.is_patch && self.chance(percent) {
            let word = *self.dice.pick(&["delete", "replace", "merge"]);
            map.insert("$patch".to_owned(), json!(word));
        }
    }

    fn map(&mut self, fields: &[(&str, usize)]) -> Value {
        let mut map = serde_json::Map::new();
        for (name, kind) in fields {
            if self.chance(55) {
                let value = self.value(*kind);
                map.insert((*name).to_owned(), value);
            }
        }
        self.directive(&mut map, 7);
        Value::Object(map)
    }

    fn list(&mut self, kind: usize) -> Value {
        let mut items: Vec<Value> = (0..self.dice.below(4)).map(|_| self.value(kind)).collect();
        if self.is_patch && self.chance(8) {
            let word = *self.dice.pick(&["delete", "replace", "merge"]);
            let at = self.dice.below(items.len() + 1);
            items.insert(at, json!({"$patch": word}));
        }
        Value::Array(items)
    }

    /// A keyed item: mostly with its keys.
    fn item(&mut self, keys: &[(&str, Value)], fields: &[(&str, usize)]) -> Value {
        let mut item = self.map(fields);
        for (key, value) in keys {
            if self.chance(92) {
                item[*key] = value.clone();
            }
        }
        item
    }

    fn value(&mut self, kind: usize) -> Value {
        if self.chance(6) {
            return Value::Null;
        }
        let name = json!(*self.dice.pick(&["a", "b", "c"]));
        match kind {
            0 => self.word(),
            1 => self.map(&[("app", 0), ("tier", 0)]),
            2 => self.list(3),
            3 => self.item(
                &[("name", name)],
                &[
                    ("image", 0),
                    ("args", 4),
                    ("env", 5),
                    ("ports", 7),
                    ("volumeMounts", 9),
                    ("resources", 11),
                    ("securityContext", 12),
                ],
            ),
            4 => self.list(0),
            5 => self.list(6),
            6 => self.item(&[("name", name)], &[("value", 0), ("valueFrom", 13)]),
            7 => self.list(8),
            8 => {
                let port = json!(80 + self.dice.below(3));
                let mut keys = vec![("containerPort", port)];
                if self.chance(50) {
                    keys.push(("protocol", json!(*self.dice.pick(&["TCP", "UDP"]))));
                }
                self.item(&keys, &[("name", 0), ("hostPort", 0)])
            }
            9 => self.list(10),
            10 => self.item(&[("mountPath", name)], &[("name", 0), ("readOnly", 0)]),
            11 => self.map(&[("limits", 1), ("requests", 1)]),
            12 => self.map(&[("runAsUser", 0), ("capabilities", 14)]),
            13 => self.map(&[("fieldRef", 1)]),
            14 => self.map(&[("add", 4), ("drop", 4)]),
            15 => self.list(16),
            16 => self.item(&[("name", name)], &[("emptyDir", 1), ("configMap", 1), ("hostPath", 1)]),
            17 => self.list(1),
            _ => self.map(&[
                ("containers", 2),
                ("initContainers", 2),
                ("volumes", 15),
                ("tolerations", 17),
                ("nodeSelector", 1),
                ("securityContext", 12),
                ("imagePullSecrets", 15),
                ("hostNetwork", 0),
            ]),
        }
    }

    fn object(&mut self, api: &str, kind: &str) -> Value {
        let mut spec = self.map(&[("replicas", 0), ("strategy", 1), ("selector", 1)]);
        if self.chance(90) {
            spec["template"] = json!({"metadata": {"labels": self.value(1)}, "spec": self.value(18)});
        }
        let mut meta = json!({"name": "d"});
        if self.chance(40) {
            meta["labels"] = self.value(1);
        }
        if self.chance(20) {
            meta["finalizers"] = self.list(0);
        }
        json!({"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec})
    }
}

fn case(seed: u64) -> Case {
    let mut maker = Maker { dice: Dice::new(seed * 7919 + 1), is_patch: false };
    let (api, kind) =
        *maker.dice.pick(&[("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("example.com/v1", "Thing")]);
    let object = maker.object(api, kind);
    maker.is_patch = true;
    let patch = maker.object(api, kind);
    let with_target = maker.chance(30);
    let target = if with_target { "\n  target: {kind: \".*\"}" } else { "" };
    let files = BTreeMap::from([
        ("kustomization.yaml".to_owned(), format!("resources: [a.yaml]\npatches:\n- path: p.yaml{target}\n")),
        ("a.yaml".to_owned(), object.to_string()),
        ("p.yaml".to_owned(), patch.to_string()),
    ]);
    Case { name: format!("seed {seed}"), root: ".".to_owned(), files }
}

#[test]
fn random_patches_are_merged_as_kustomize_does() {
    // `IRONCLAD_RANDOM=FIRST..LAST` takes these numbers instead.
    let chosen = std::env::var("IRONCLAD_RANDOM").ok();
    let range = chosen
        .as_deref()
        .and_then(|text| text.split_once(".."))
        .map(|(first, last)| (first.parse().expect("a number"), last.parse().expect("a number")));
    let (first, last) = range.unwrap_or((0, if ironclad_testkit::is_full_run() { 20_000 } else { 300 }));
    let all: Vec<Case> = (first..last).map(case).collect();
    let question = |case: &Case| json!({"op": "build", "id": case.name, "root": case.root, "files": case.files});
    let Some(answers) = ironclad_testkit::oracle::ask_kustomize(all.iter().map(question)) else {
        ironclad_testkit::skipped("random_patches_are_merged_as_kustomize_does", "the kustomize oracle was not built");
        return;
    };
    let (mut wrong, mut errors) = (Vec::new(), 0);
    for (case, answer) in all.iter().zip(&answers) {
        let (rendered, _folder) = case.render();
        let own: Result<Vec<String>, String> = cases::objects(&rendered);
        let theirs: Result<Vec<String>, &str> = match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap()),
            None => Ok(answer["objects"].as_array().unwrap().iter().map(Value::to_string).collect()),
        };
        errors += usize::from(theirs.is_err());
        let same = match (&own, &theirs) {
            (Ok(own), Ok(theirs)) => own == theirs,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if !same {
            let show = |result: Result<&Vec<String>, String>| {
                result.map_or_else(|e| format!("error: {e}"), |all| all.join("\n"))
            };
            wrong.push(format!(
                "{}\n  object: {}\n  patch:  {}\n  kustomize: {}\n  ironclad:  {}",
                case.name,
                case.files["a.yaml"],
                case.files["p.yaml"],
                show(theirs.as_ref().map_err(|e| (*e).chars().take(300).collect())),
                show(own.as_ref().map_err(Clone::clone))
            ));
        }
    }
    assert!(errors * 2 < all.len(), "{errors} of {} are errors: the dice are too wild", all.len());
    let shown: Vec<String> = wrong.iter().take(8).cloned().collect();
    assert!(wrong.is_empty(), "{} of {} differ ({errors} errors):\n{}", wrong.len(), all.len(), shown.join("\n"));
}
