//! The JSON schema of the configuration, for editors: derived from the catalogue, parameters included.

use ironclad_check::{Catalogue, Meta, ParamDefault, ProfileName};
use serde_json::{Map, Value, json};

/// The schema as text.
pub fn json_schema(catalogue: &Catalogue) -> String {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let severity = json!({"enum": ["critical", "high", "medium", "low", "info"]});
    let profiles = ProfileName::names();
    let mut checks = Map::new();
    for check in catalogue.checks() {
        checks.insert(check.meta.id.to_owned(), settings(check.meta));
    }
    let waiver = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["checks", "reason"],
        "properties": {
            "checks": {"description": "Ids, globs, prefixes, tags or peers' names.", "oneOf": [{"type": "string"}, texts]},
            "reason": {"type": "string", "minLength": 1},
            "by": {"type": "string"},
            "expires": {"description": "Last day on which it holds.", "type": "string", "format": "date"},
            "object": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "kind": {"type": "string"},
                    "namespace": {"type": "string"},
                    "name": {"type": "string"},
                },
            },
            "selector": {"description": "Label selector in kubectl's notation.", "type": "string"},
            "subject": {"description": "Who holds the right: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME, globs too; all holders must match.", "type": "string"},
            "container": {"type": "string"},
            "image": {"type": "string"},
            "path": {"description": "Field path; covers everything below.", "type": "string"},
            "files": texts,
        },
    });
    let workload = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["kind", "podSpecPath"],
        "properties": {
            "group": {"type": "string"},
            "kind": {"type": "string"},
            "podSpecPath": {"description": "Dotted path of the pod specification; `*` for each.", "type": "string"},
            "replicasPath": {"type": "string"},
        },
    });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ironclad.yaml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "extends": {"description": "Files of this repository whose values hold where this one says nothing.", "oneOf": [{"type": "string"}, texts]},
            "profile": {"enum": profiles},
            "select": texts,
            "ignore": texts,
            "fail-on": {"enum": ["critical", "high", "medium", "low", "info", "never"]},
            "min-severity": severity,
            "kubernetes-version": {"type": "string", "pattern": "^v?1\\.[0-9]+$"},
            "exclude": texts,
            "schema-locations": {"description": "Where schemas of custom kinds lie: files, folders, templates of file names.", "oneOf": [{"type": "string"}, texts]},
            "complete": {"type": "boolean"},
            "assume-namespace": {"type": "string"},
            "strict-init": {"type": "boolean"},
            "checks": {"type": "object", "properties": checks, "additionalProperties": base()},
            "workloads": {"type": "array", "items": workload},
            "waivers": {"type": "array", "items": waiver},
            "waiver-files": texts,
            "waiver-policy": {
                "description": "What waivers must have. Only in the organisation's file (`--policy-config`).",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "require": {"type": "array", "items": {"enum": ["reason", "by", "expires"]}},
                    "max-days": {"type": "integer", "minimum": 0},
                    "peer-waivers": {"description": "What becomes of the waivers of other tools.", "enum": ["honour", "report", "ignore"]},
                    "sources": {"type": "array", "items": {"enum": ["annotation", "comment", "config", "file"]}},
                },
            },
        },
    });
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// What can be said of every check.
fn base() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "enabled": {"type": "boolean"},
            "severity": {"enum": ["critical", "high", "medium", "low", "info"]},
            "paths": {"type": "array", "items": {"type": "string"}},
            "locked": {"description": "Cannot be waived. Only in the organisation's file.", "type": "boolean"},
            "params": {"type": "object"},
        },
    })
}

fn settings(meta: &Meta) -> Value {
    let mut schema = base();
    schema["description"] = meta.title.into();
    let mut params = Map::new();
    for param in meta.params {
        let mut one = match param.default {
            ParamDefault::Int(value) => json!({"type": "integer", "default": value}),
            ParamDefault::Bool(value) => json!({"type": "boolean", "default": value}),
            ParamDefault::Text(value) => json!({"type": "string", "default": value}),
            ParamDefault::Texts(value) => json!({"type": "array", "items": {"type": "string"}, "default": value}),
            ParamDefault::Map(value) => {
                let map: Map<String, Value> = value.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
                json!({"type": "object", "additionalProperties": {"type": "string"}, "default": map})
            }
        };
        one["description"] = param.doc.into();
        params.insert(param.name.to_owned(), one);
    }
    schema["properties"]["params"] = json!({"type": "object", "additionalProperties": false, "properties": params});
    schema
}
