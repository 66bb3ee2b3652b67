//! The published schema of the JSON report, applied: as much of JSON Schema as it uses.

use serde_json::Value;

/// As much of JSON Schema as the published schema uses.
pub(crate) fn check(schema: &Value, root: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).expect("a definition");
        return check(target, root, value, at);
    }
    if let Some(expected) = schema.get("const") {
        assert_eq!(expected, value, "{at}");
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{at}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(wanted) => assert_eq!(wanted, kind, "{at}"),
        Value::Array(wanted) => assert!(wanted.contains(&kind.into()), "{at}: {kind}"),
        _ => {}
    }
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str()) {
        let matches = regex::Regex::new(pattern).unwrap().is_match(text);
        assert!(matches, "{at}: `{text}` is not {pattern}");
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(fields.contains_key(name.as_str().unwrap()), "{at}: no {name}");
        }
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(inner) => check(inner, root, field, &format!("{at}/{name}")),
                None => match schema.get("additionalProperties") {
                    Some(inner) => check(inner, root, field, &format!("{at}/{name}")),
                    // A field that the schema does not know is a field that nobody was told of.
                    None => panic!("{at}/{name} is not in the schema"),
                },
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&schema["items"], root, item, &format!("{at}/{index}"));
    }
}
