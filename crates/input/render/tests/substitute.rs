//! Flux's variables beside Flux's own scanner: `substitute.json` holds what `fluxcd/pkg/envsubst` v1.4.0 makes of each
//! text in a ConfigMap, once it is written and read again as `fluxcd/pkg/kustomize` does.

use ironclad_model::{Place, Role};
use ironclad_render::{Variable, substitute};
use ironclad_tree::{Document, Limits, Source, Span, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const VARIABLES: &[(&str, &str)] = &[
    ("name", "web"),
    ("empty", ""),
    ("num", "3"),
    ("yes", "true"),
    ("path", "/usr/local/bin/x.tar.gz"),
    ("mixed", "HeLLo wORLD"),
    ("colon", "a: b"),
    ("quote", "it's"),
    ("hash", "a #b"),
    ("tag", "1.10"),
    ("uni", "élan"),
];

fn variables() -> Vec<Variable> {
    let source = Source::new("vars.yaml", "x".repeat(100));
    let place = |index: usize| (source.clone(), Span { start: index as u32, end: index as u32 + 1 });
    let all = VARIABLES.iter().enumerate();
    all.map(|(index, (name, value))| Variable {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        place: place(index),
    })
    .collect()
}

fn document(text: &str) -> Document {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": text}});
    parse(&Source::new("kustomization.yaml", object.to_string()), &Limits::default()).documents.remove(0)
}

#[test]
fn texts_are_those_of_flux() {
    let expected: BTreeMap<String, String> = serde_json::from_str(include_str!("substitute.json")).unwrap();
    assert!(expected.len() > 90);
    let mut wrong = Vec::new();
    for (text, theirs) in &expected {
        let document = document(text);
        let ours = match substitute(&document, &variables()) {
            Ok(made) => {
                let made = made.as_ref().map_or(&document, |(made, _)| made);
                let mut json = String::new();
                made.root().get_str("data").unwrap().value().write_json(&mut json);
                json
            }
            Err(_) => "error".to_owned(),
        };
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        if value(&ours) != value(theirs) {
            wrong.push(format!("{text:?}\nflux: {theirs}\nours: {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

#[test]
fn a_value_is_edited_where_its_variable_stands() {
    let document = document("${name}");
    let (made, origins) = substitute(&document, &variables()).unwrap().unwrap();
    let node = made.root().at_pointer("/data/a").unwrap();
    let place = Place { node: node.id(), missing: Vec::new(), part: None };
    let chain = origins.resolve(&made, &place, place.span(&made));
    let roles: Vec<(Role, String)> = chain.iter().map(|link| (link.role, link.source.name().to_string())).collect();
    assert_eq!(roles, [(Role::Base, "kustomization.yaml".to_owned()), (Role::Values, "vars.yaml".to_owned())]);
    let untouched = made.root().at_pointer("/metadata/name").unwrap();
    let place = Place { node: untouched.id(), missing: Vec::new(), part: None };
    assert_eq!(origins.resolve(&made, &place, place.span(&made)).last().unwrap().role, Role::Base);
}
