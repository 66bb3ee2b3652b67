//! `--schema-location`: custom kinds against definitions and JSON Schemas that lie beside the set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{folder, ironclad};
use serde_json::Value;
use tempfile::TempDir;

const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: big\n  colours: red\n  colour: blue\n";

/// The schema of a Widget, as the usual script makes it of its definition.
const SCHEMA: &str = r#"{
  "type": "object",
  "required": ["spec", "status"],
  "additionalProperties": false,
  "properties": {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object"},
    "spec": {
      "type": "object",
      "additionalProperties": false,
      "required": ["size", "owner"],
      "properties": {
        "size": {"type": ["integer", "null"], "minimum": 1, "exclusiveMinimum": true},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "owner": {"type": "string", "pattern": "^[a-z]+$"},
        "ports": {"type": "array", "items": {"type": "object", "required": ["port"], "properties": {"port": {"type": "integer"}}}}
      }
    }
  }
}"#;

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties:\n              size: {type: integer}\n              colour: {type: string}\n";

struct Said {
    /// `line message` of each finding of `manifest/schema`.
    findings: Vec<String>,
    /// `source:line message` of each error.
    errors: Vec<String>,
    not_observed: Vec<String>,
    code: i32,
}

fn scan(folder: &TempDir, arguments: &[&str]) -> Said {
    let all = [&["scan", "--format", "json", "--select", "manifest/schema"], arguments].concat();
    let output = ironclad(&all, folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value, one: &dyn Fn(&Value) -> String| value.as_array().unwrap().iter().map(one).collect();
    Said {
        findings: list(&report["findings"], &|f| format!("{} {}", f["location"]["line"], text(&f["message"]))),
        errors: list(&report["errors"], &|e| format!("{}:{} {}", text(&e["source"]), e["line"], text(&e["message"]))),
        not_observed: list(&report["summary"]["notObserved"], &|n| text(&n["reason"])),
        code: output.status.code().unwrap(),
    }
}

const FROM_SCHEMA: [&str; 4] = [
    "4 required field `owner` is missing",
    "5 `size` is the text `big`, not a whole number",
    "6 unknown field `colours`: did you mean `colour`?",
    "7 `colour` is the text `blue`: it is `red` or `green`",
];

#[test]
fn a_kind_without_a_definition_is_named() {
    let folder = folder(&[("w.yaml", WIDGET), ("schemas/a.json", "{}")]);
    let said = scan(&folder, &["w.yaml"]);
    assert_eq!(said.not_observed, ["the CustomResourceDefinition of Widget (`example.com/v1`) is not in the set"]);
    let said = scan(&folder, &["w.yaml", "--schema-location", "schemas"]);
    let why =
        "the CustomResourceDefinition of Widget (`example.com/v1`) is neither in the set nor in the schema locations";
    assert_eq!((said.not_observed, said.code), (vec![why.to_owned()], 0));
}

#[test]
fn rules_that_are_not_evaluated_are_named() {
    let rules = "              size: {type: integer}\n              list: {type: array, items: {type: object, x-kubernetes-validations: [{rule: \"self.a > 0\"}]}}\n";
    let definition = DEFINITION.replace("              size: {type: integer}\n", rules);
    let fine = WIDGET.replace("size: big\n  colours: red", "size: 1");
    let why = ["the CEL rules of Widget (`example.com/v1`) are not evaluated"];
    let folder =
        folder(&[("w.yaml", fine.as_str()), ("crds/crd.yaml", definition.as_str()), ("plain/crd.yaml", DEFINITION)]);
    for arguments in [&["w.yaml", "crds/crd.yaml"][..], &["w.yaml", "--schema-location", "crds"]] {
        let said = scan(&folder, arguments);
        assert_eq!((said.findings.len(), said.not_observed), (0, why.map(str::to_owned).to_vec()), "{arguments:?}");
    }
    assert!(scan(&folder, &["w.yaml", "--schema-location", "plain"]).not_observed.is_empty());
}

#[test]
fn json_schemas_are_found_by_template_and_in_the_usual_layouts() {
    let template = "schemas/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";
    for (file, location) in [
        ("schemas/example.com/widget_v1.json", template),
        ("schemas/example.com/widget_v1.json", "schemas"),
        ("schemas/widget_v1.json", "schemas"),
        ("schemas/widget-example-v1.json", "schemas"),
        ("schemas/v1.34.0-standalone-strict/widget-example-v1.json", "schemas"),
        ("schemas/master-standalone/widget-example-v1.json", "schemas/"),
        ("example.com/v1.34.0-standalone/widget-example-v1.json", "{{ .Group }}"),
    ] {
        let folder = folder(&[("w.yaml", WIDGET), (file, SCHEMA)]);
        let said = scan(
            &folder,
            &["w.yaml", "--kubernetes-version", "1.34", "--schema-location", "default", "--schema-location", location],
        );
        assert_eq!(said.findings, FROM_SCHEMA, "{file} {location}");
        assert_eq!((said.errors.len(), said.not_observed.len(), said.code), (0, 0, 1), "{file}");
    }
}

#[test]
fn definitions_are_found_in_files_and_folders() {
    let of_definition =
        ["5 `size` is the text `big`, not a whole number", "6 unknown field `colours`: did you mean `colour`?"];
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", DEFINITION.trim_end().replace('\n', "\n  "));
    let beside = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: n}}\n---\n{DEFINITION}");
    for (file, text, location) in [
        ("crds/deep/widgets.yaml", DEFINITION, "crds"),
        ("crds/widgets.yaml", DEFINITION, "crds/widgets.yaml"),
        ("crds/all.yaml", beside.as_str(), "crds/all.yaml"),
        ("crds/list.yml", list.as_str(), "crds"),
        ("crds/example.com-widget.yaml", DEFINITION, "crds/{{ .Group }}-{{ .ResourceKind }}.yaml"),
        ("crds/example.com.yaml", beside.as_str(), "crds/{{ .Group }}.yaml"),
    ] {
        let folder =
            folder(&[("w.yaml", WIDGET), (file, text), ("crds/other.yaml", "a: {{ b }}\n"), ("crds/x.json", "{")]);
        let said = scan(&folder, &["w.yaml", "--schema-location", location]);
        assert_eq!(said.findings, of_definition, "{file}");
        assert_eq!((said.errors.len(), said.not_observed.len()), (0, 0), "{file}: {:?}", said.errors);
    }
}

#[test]
fn the_set_comes_first_and_then_the_first_place() {
    let folder = folder(&[
        ("w.yaml", WIDGET),
        ("set/w.yaml", WIDGET),
        ("set/crd.yaml", DEFINITION),
        ("a/widget_v1.json", SCHEMA),
        ("b/widget_v1.json", "{\"properties\": {\"spec\": {\"type\": \"string\"}}}"),
    ]);
    assert_eq!(scan(&folder, &["w.yaml", "--schema-location", "a", "--schema-location", "b"]).findings, FROM_SCHEMA);
    let said = scan(&folder, &["w.yaml", "--schema-location", "b", "--schema-location", "a"]);
    assert_eq!(said.findings, ["4 `spec` is an object, not a text"]);
    assert_eq!(scan(&folder, &["set", "--schema-location", "a"]).findings.len(), 2, "its own definition");
}

#[test]
fn one_schema_says_itself_of_which_kind_it_is() {
    let named = SCHEMA.replacen("\"type\"", "\"x-kubernetes-group-version-kind\": [{\"group\": \"example.com\", \"version\": \"v1\", \"kind\": \"Widget\"}], \"type\"", 1);
    let only = SCHEMA
        .replace("\"apiVersion\": {\"type\": \"string\"}", "\"apiVersion\": {\"enum\": [\"example.com/v1\"]}")
        .replace("\"kind\": {\"type\": \"string\"}", "\"kind\": {\"const\": \"Widget\"}");
    let folder = folder(&[("w.yaml", WIDGET), ("named.json", &named), ("only.json", &only), ("bare.json", SCHEMA)]);
    for file in ["named.json", "only.json"] {
        assert_eq!(scan(&folder, &["w.yaml", "--schema-location", file]).findings, FROM_SCHEMA, "{file}");
    }
    let said = scan(&folder, &["w.yaml", "--schema-location", "bare.json"]);
    assert_eq!(
        (said.errors, said.code),
        (vec!["bare.json:1 the schema does not say of which kind it is".to_owned()], 2)
    );
}

#[test]
fn a_broken_schema_is_an_error_with_its_line() {
    let place = "{{ .ResourceKind }}.json";
    for (text, error) in [
        ("{\n  \"type\": \"object\"\n  \"required\": []\n}", "widget.json:3 "),
        ("[1]", "widget.json:1 the file holds a list, and neither a schema nor a definition"),
        (r#"{"apiVersion": "v1", "kind": "Pod"}"#, "widget.json:1 the file holds an object, and neither"),
    ] {
        let folder = folder(&[("w.yaml", WIDGET), ("widget.json", text)]);
        let said = scan(&folder, &["w.yaml", "--schema-location", place]);
        assert!(said.errors.len() == 1 && said.errors[0].starts_with(error), "{:?}", said.errors);
        assert_eq!(said.code, 2);
    }
    let folder = folder(&[("w.yaml", WIDGET), ("widget.json", &" ".repeat((1 << 20) + 1))]);
    let said = scan(&folder, &["w.yaml", "--schema-location", place, "--max-file-size", "1"]);
    assert_eq!(said.errors, ["widget.json:null file is larger than 1 MiB, the limit"]);
}

#[test]
fn what_a_schema_cannot_say_here_is_not_observed() {
    let schema =
        r#"{"$ref": "_definitions.json#/a", "properties": {"spec": {"properties": {"colour": {"pattern": "(?!x)"}}}}}"#;
    let folder = folder(&[("w.yaml", WIDGET), ("schemas/widget_v1.json", schema)]);
    let said = scan(&folder, &["w.yaml", "--schema-location", "schemas"]);
    assert_eq!(
        said.not_observed,
        ["the schema of Widget (`example.com/v1`) refers to another document, which is not read"]
    );
    let schema = schema.replace("\"$ref\": \"_definitions.json#/a\", ", "");
    std::fs::write(folder.path().join("schemas/widget_v1.json"), schema).unwrap();
    let said = scan(&folder, &["w.yaml", "--schema-location", "schemas"]);
    let why = "the schema of Widget (`example.com/v1`) has a pattern that is no regular expression, or a large one";
    assert_eq!(said.not_observed, [why]);
}

#[test]
fn a_schema_without_end_is_not_observed_and_costs_little() {
    let again = r##"{"anyOf":[{"$ref":"#"},{"not":{"$ref":"#"}}]}"##;
    let folder = folder(&[("w.yaml", WIDGET), ("widget.json", &format!("{{\"oneOf\":[{again},{again},{again}]}}"))]);
    let said = scan(&folder, &["w.yaml", "--schema-location", "{{ .ResourceKind }}.json"]);
    let why = "the schema of Widget (`example.com/v1`) is nested too deeply, or asks for too much";
    assert_eq!((said.findings.len(), said.not_observed, said.code), (0, vec![why.to_owned()], 0));
}

#[test]
fn the_configuration_names_places_of_its_repository() {
    let config = "schema-locations:\n- schemas\n- https://example.com/schemas\n- ../outside\n- 'x/{{ .Knd }}.json'\n";
    let folder = folder(&[
        ("outside/widget_v1.json", SCHEMA),
        ("repo/.git/HEAD", ""),
        ("repo/ironclad.yaml", config),
        ("repo/schemas/widget_v1.json", SCHEMA),
        ("repo/deploy/w.yaml", WIDGET),
    ]);
    let said = scan(&folder, &["repo/deploy"]);
    assert_eq!(said.findings, FROM_SCHEMA);
    assert_eq!(
        said.errors,
        [
            "repo/ironclad.yaml:3 schema location `https://example.com/schemas` is not on this machine",
            "repo/ironclad.yaml:4 schema location `../outside` lies outside the repository whose configuration names it",
            "repo/ironclad.yaml:5 schema location `x/{{ .Knd }}.json` is no template: there is no `.Knd`",
        ]
    );
    let shown = ironclad(&["config", "show", "repo/deploy"], folder.path());
    assert!(String::from_utf8_lossy(&shown.stdout).contains("schemas"), "{shown:?}");
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_repository() {
    let config = "schema-locations: ['{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json', linked]\n";
    let folder = folder(&[
        ("outside/widget_v1.json", SCHEMA),
        ("repo/.git/HEAD", ""),
        ("repo/ironclad.yaml", config),
        ("repo/w.yaml", WIDGET),
    ]);
    let outside = folder.path().join("outside");
    std::os::unix::fs::symlink(outside.join("widget_v1.json"), folder.path().join("repo/widget_v1.json")).unwrap();
    std::os::unix::fs::symlink(&outside, folder.path().join("repo/linked")).unwrap();
    let said = scan(&folder, &["repo/w.yaml"]);
    assert!(said.findings.is_empty(), "{:?}", said.findings);
    assert_eq!((said.errors.len(), said.code), (2, 2), "{:?}", said.errors);
    assert!(said.errors.iter().all(|error| error.contains("lies outside the repository")), "{:?}", said.errors);
}

#[test]
fn a_place_that_is_none_is_bad_usage() {
    let folder = folder(&[("w.yaml", WIDGET)]);
    for (location, words) in [
        ("nowhere", "cannot be read: no such file or directory"),
        ("https://example.com", "nothing is fetched"),
        ("{{ .Kind }}.json", "there is no `.Kind`"),
    ] {
        let output = ironclad(&["scan", "w.yaml", "--schema-location", location], folder.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn fix_names_a_schema_that_cannot_be_read() {
    let folder = folder(&[("w.yaml", WIDGET), ("widget.json", "{")]);
    let output = ironclad(&["fix", "w.yaml", "--schema-location", "{{ .ResourceKind }}.json"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("widget.json:1"), "{output:?}");
}
