//! As much of JSON Schema (and of the OpenAPI schemas in custom resource definitions) as published schemas of reports
//! use. A keyword that is not known here fails the test: nothing passes because nobody looked.

use serde_json::Value;

/// Keywords that say nothing about what is valid.
const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "id",
    "title",
    "description",
    "default",
    "definitions",
    "$comment",
    "examples",
    "deprecated",
    "x-kubernetes-map-type",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "example",
];
/// Formats that are not looked into.
const FORMATS: &[&str] = &["uri", "uri-reference", "date-time", "int32", "int64"];

/// What is wrong with a value, each with its place; nothing where it is valid. `strict` also refuses fields that the
/// schema does not name.
pub fn schema_errors(schema: &Value, value: &Value, strict: bool) -> Vec<String> {
    let mut walk = Walk { root: schema, strict, errors: Vec::new() };
    walk.check(schema, value, "");
    walk.errors
}

struct Walk<'a> {
    root: &'a Value,
    strict: bool,
    errors: Vec<String>,
}

impl Walk<'_> {
    fn fail(&mut self, at: &str, why: impl std::fmt::Display) {
        self.errors.push(format!("{}: {why}", if at.is_empty() { "/" } else { at }));
    }

    fn passes(&self, schema: &Value, value: &Value) -> bool {
        let mut walk = Walk { root: self.root, strict: self.strict, errors: Vec::new() };
        walk.check(schema, value, "");
        walk.errors.is_empty()
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(keywords) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                self.fail(at, "nothing is allowed here");
            }
            return;
        };
        if let Some(target) = schema["$ref"].as_str() {
            match self.root.pointer(target.trim_start_matches('#')) {
                Some(found) => self.check(found, value, at),
                None => self.fail(at, format!("the schema has no `{target}`")),
            }
            return;
        }
        for (keyword, rule) in keywords {
            self.keyword(schema, keyword, rule, value, at);
        }
        if let (Some(fields), true) = (value.as_object(), self.strict && schema.get("properties").is_some()) {
            for name in fields.keys().filter(|name| schema["properties"].get(name).is_none()) {
                if schema.get("additionalProperties").is_none() && !at.ends_with("/properties") {
                    self.fail(at, format!("`{name}` is not in the schema"));
                }
            }
        }
    }

    fn keyword(&mut self, schema: &Value, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let list = || rule.as_array().into_iter().flatten();
        match keyword {
            "type" => {
                let types: Vec<&str> = rule.as_str().into_iter().chain(list().filter_map(Value::as_str)).collect();
                if !types.iter().any(|wanted| is_a(value, wanted)) {
                    self.fail(at, format!("{value} is not {types:?}"));
                }
            }
            "const" if rule != value => self.fail(at, format!("{value} is not {rule}")),
            "enum" if !list().any(|allowed| allowed == value) => self.fail(at, format!("{value} is not one of {rule}")),
            "required" => {
                for name in list().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|fields| !fields.contains_key(name)) {
                        self.fail(at, format!("`{name}` is missing"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in rule.as_object().into_iter().flatten() {
                    if let Some(field) = value.get(name) {
                        self.check(inner, field, &format!("{at}/{name}"));
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                for (name, field) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(name)) {
                        self.check(rule, field, &format!("{at}/{name}"));
                    }
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(rule, item, &format!("{at}/{index}"));
                }
            }
            "minItems" if value.as_array().is_some_and(|v| (v.len() as u64) < rule.as_u64().unwrap_or(0)) => {
                self.fail(at, "too few items");
            }
            "maxItems" if value.as_array().is_some_and(|v| v.len() as u64 > rule.as_u64().unwrap_or(u64::MAX)) => {
                self.fail(at, "too many items");
            }
            "uniqueItems" if rule == &Value::Bool(true) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                // Long arrays of results are unique by their fingerprints; a square search would take minutes.
                if items.len() < 500 && items.iter().enumerate().any(|(i, item)| items[..i].contains(item)) {
                    self.fail(at, "the same item twice");
                }
            }
            "minimum" if value.as_f64().is_some_and(|v| v < rule.as_f64().unwrap_or(f64::MIN)) => {
                self.fail(at, format!("{value} is below {rule}"));
            }
            "maximum" if value.as_f64().is_some_and(|v| v > rule.as_f64().unwrap_or(f64::MAX)) => {
                self.fail(at, format!("{value} is above {rule}"));
            }
            "minLength" if value.as_str().is_some_and(|v| (v.chars().count() as u64) < rule.as_u64().unwrap_or(0)) => {
                self.fail(at, "too short");
            }
            "maxLength" if value.as_str().is_some_and(|v| v.chars().count() as u64 > rule.as_u64().unwrap_or(0)) => {
                self.fail(at, "too long");
            }
            "pattern" => {
                let pattern = rule.as_str().and_then(|pattern| regex::Regex::new(pattern).ok());
                match (pattern, value.as_str()) {
                    (None, _) => self.fail(at, format!("the pattern {rule} cannot be read")),
                    (Some(pattern), Some(text)) if !pattern.is_match(text) => {
                        self.fail(at, format!("`{text}` does not match {rule}"));
                    }
                    _ => {}
                }
            }
            "format" if !rule.as_str().is_some_and(|format| FORMATS.contains(&format)) => {
                self.fail(at, format!("the format {rule} is not known"));
            }
            "allOf" => list().for_each(|inner| self.check(inner, value, at)),
            "anyOf" if !list().any(|inner| self.passes(inner, value)) => self.fail(at, "none of the ways is met"),
            "oneOf" if list().filter(|inner| self.passes(inner, value)).count() != 1 => {
                self.fail(at, "not exactly one of the ways is met");
            }
            "not" if self.passes(rule, value) => self.fail(at, "what must not be met is met"),
            "const" | "enum" | "minItems" | "maxItems" | "uniqueItems" | "minimum" | "maximum" | "minLength"
            | "maxLength" | "format" | "anyOf" | "oneOf" | "not" => {}
            known if SILENT.contains(&known) => {}
            unknown => self.fail(at, format!("the schema's keyword `{unknown}` is not known")),
        }
    }
}

fn is_a(value: &Value, wanted: &str) -> bool {
    match wanted {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::schema_errors;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_found() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"$ref": "#/definitions/n"}, "b": {"enum": ["x"]}, "c": {"items": {"pattern": "^k"}}},
            "definitions": {"n": {"type": "integer", "minimum": 1, "anyOf": [{"maximum": 5}, {"const": 9}]}},
        });
        for (value, errors) in [
            (json!({"a": 1}), 0),
            (json!({"a": 9, "b": "x", "c": ["k1"]}), 0),
            (json!({}), 1),
            (json!({"a": 0}), 1),
            (json!({"a": 6}), 1),
            (json!({"a": 1.5}), 1),
            (json!({"a": 1, "b": "y", "c": ["z"], "d": 1}), 3),
            (json!([]), 1),
        ] {
            let found = schema_errors(&schema, &value, false);
            assert_eq!(found.len(), errors, "{value}: {found:?}");
        }
        assert_eq!(schema_errors(&json!({"maxProperties": 1}), &json!({}), false).len(), 1);
        assert_eq!(schema_errors(&json!({"properties": {}}), &json!({"a": 1}), true).len(), 1);
    }
}
