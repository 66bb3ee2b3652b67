//! `ironclad lsp` as an editor speaks to it: the real program, over pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "lsp/editor.rs"]
mod editor;
#[path = "lsp/together.rs"]
mod together;

use editor::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

#[test]
fn a_session() {
    let mut editor = Editor::start(&["--stdio"]);
    let result = editor.initialize(json!({}), true);
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(result["capabilities"]["textDocumentSync"]["change"], 2);
    editor.did_open("pod.yaml", POD);
    let found = editor.diagnostics("pod.yaml", 1, |_| true);
    let pid = of(&found, "workload/host-pid");
    assert_eq!(pid["range"], json!({"start": at(4, 2), "end": at(4, 15)}));
    assert_eq!((&pid["severity"], &pid["source"]), (&json!(1), &json!("ironclad")));
    assert!(pid["codeDescription"]["href"].as_str().unwrap().ends_with("checks/workload/host-pid.md"));

    // Hover says why.
    let uri = editor.uri("pod.yaml");
    let place = json!({"textDocument": {"uri": uri}, "position": at(4, 5)});
    let hover = editor.ask("textDocument/hover", place);
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("`workload/host-pid`") && text.contains("high"), "{text}");
    let nothing = json!({"textDocument": {"uri": uri}, "position": at(0, 0)});
    assert_eq!(editor.ask("textDocument/hover", nothing), Value::Null);

    // The change removes the finding; the waiver of another comes by code action.
    editor.did_change("pod.yaml", 2, json!([{"range": {"start": at(4, 11), "end": at(4, 15)}, "text": "false"}]));
    let found = editor.diagnostics("pod.yaml", 2, |_| true);
    assert!(!codes(&found).contains(&"workload/host-pid"));

    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    let cleared =
        editor.wait(|m| m["method"] == "textDocument/publishDiagnostics" && m["params"].get("version").is_none());
    assert_eq!(cleared["params"]["diagnostics"], json!([]));
    assert_eq!(editor.end(), 0);
}

/// The edit of the waiver's action, applied by hand, with a reason, waives exactly that finding.
#[test]
fn a_waiver_by_code_action() {
    let mut editor = Editor::open(json!({}));
    for (name, text) in [
        ("pod.yaml", POD.to_owned()),
        ("crlf.yaml", POD.replace('\n', "\r\n")),
        ("seq.yaml", format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", POD.trim_end().replace('\n', "\n  "))),
    ] {
        editor.did_open(name, &text);
        let found = editor.diagnostics(name, 1, |_| true);
        let pid = of(&found, "workload/host-pid");
        let request = json!({
            "textDocument": {"uri": editor.uri(name)}, "range": pid["range"], "context": {"diagnostics": [pid]},
        });
        let actions = editor.ask("textDocument/codeAction", request.clone());
        let title = "waive workload/host-pid here";
        let action = actions.as_array().unwrap().iter().find(|a| a["title"] == title).expect("the action");
        assert_eq!(action["kind"], "quickfix");
        let edit = &action["edit"]["changes"][editor.uri(name)][0];
        let new = edit["newText"].as_str().unwrap();
        assert_eq!(edit["range"]["start"], edit["range"]["end"]);
        assert_eq!(new.ends_with("\r\n"), name == "crlf.yaml");
        // As it is offered there is no reason: the waiver says so, and waives nothing.
        editor.did_change(name, 2, json!([{"range": edit["range"], "text": new}]));
        let found = editor.diagnostics(name, 2, |_| true);
        assert!(codes(&found).contains(&"manifest/invalid-waiver"), "{:?}", codes(&found));
        assert!(codes(&found).contains(&"workload/host-pid"));
        // With one it holds.
        let line = edit["range"]["start"]["line"].as_u64().unwrap() as u32;
        let column = new.trim_end_matches(['\r', '\n']).encode_utf16().count() as u32;
        let here = json!({"start": at(line, column), "end": at(line, column)});
        editor.did_change(name, 3, json!([{"range": here, "text": "a node agent"}]));
        let found = editor.diagnostics(name, 3, |_| true);
        assert!(!codes(&found).iter().any(|c| c.contains("host-pid") || c.contains("waiver")), "{:?}", codes(&found));
        // Other kinds of actions are not ours.
        let mut other = request;
        other["context"]["only"] = json!(["refactor"]);
        assert_eq!(editor.ask("textDocument/codeAction", other), json!([]));
    }
    // JSON has no comments.
    let json_pod =
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"hostPID":true,"containers":[]}}"#;
    editor.did_open("pod.json", json_pod);
    let found = editor.diagnostics("pod.json", 1, |_| true);
    let range = of(&found, "workload/host-pid")["range"].clone();
    let uri = editor.uri("pod.json");
    let request = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", request);
    assert!(
        actions.as_array().unwrap().iter().all(|a| !a["title"].as_str().unwrap().starts_with("waive")),
        "{actions}"
    );
    assert_eq!(editor.end(), 0);
}

/// A fix by code action makes its finding go away, whatever the text looks like.
#[test]
fn a_fix_by_code_action() {
    let mut editor = Editor::open(json!({}));
    let pod = POD.replace(
        "image: nginx:1.27.1\n",
        "image: nginx:1.27.1   # 🦀 pinned\n    securityContext: {privileged: true}\n",
    );
    for (name, text) in [("pod.yaml", pod.clone()), ("crlf.yaml", pod.replace('\n', "\r\n"))] {
        editor.did_open(name, &text);
        let found = editor.diagnostics(name, 1, |_| true);
        let privileged = of(&found, "workload/privileged");
        let request = json!({
            "textDocument": {"uri": editor.uri(name)}, "range": privileged["range"], "context": {"diagnostics": []},
        });
        let actions = editor.ask("textDocument/codeAction", request);
        let actions = actions.as_array().unwrap();
        let concerned = |a: &&Value| a["diagnostics"][0]["code"] == "workload/privileged";
        let mut fixes = actions.iter().filter(concerned).filter(|a| a["title"].as_str().unwrap().starts_with("fix: "));
        let fix = fixes.next().unwrap_or_else(|| panic!("no fix in {actions:#?}"));
        let mut edits = fix["edit"]["changes"][editor.uri(name)].as_array().unwrap().clone();
        // Edits speak of the text before any of them: the last goes first.
        edits.reverse();
        let changes: Vec<Value> =
            edits.iter().map(|edit| json!({"range": edit["range"], "text": edit["newText"]})).collect();
        editor.did_change(name, 2, json!(changes));
        let found = editor.diagnostics(name, 2, |_| true);
        assert!(!codes(&found).contains(&"workload/privileged"), "{:?}", codes(&found));
        assert!(codes(&found).contains(&"workload/host-pid"));
    }
    assert_eq!(editor.end(), 0);
}

#[test]
fn characters_beyond_the_basic_plane() {
    // The emoji is one scalar, two units of UTF-16, four bytes.
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {\"🦀\": ä, hostPID: true, containers: []}\n";
    for (offered, expected, start) in [
        (json!(["utf-8", "utf-16"]), "utf-8", 19),
        (json!(["utf-16", "utf-32"]), "utf-16", 16),
        (Value::Null, "utf-16", 16),
    ] {
        let mut editor = Editor::start(&[]);
        let result = editor.initialize(json!({"general": {"positionEncodings": offered}}), false);
        assert_eq!(result["capabilities"]["positionEncoding"], expected);
        editor.did_open("crab.yaml", text);
        let found = editor.diagnostics("crab.yaml", 1, |_| true);
        let range = of(&found, "workload/host-pid")["range"].clone();
        assert_eq!(range, json!({"start": at(3, start), "end": at(3, start + 13)}), "{expected}");
        // A change behind the emoji hits what it aims at.
        let word = json!({"start": at(3, start + 9), "end": at(3, start + 13)});
        editor.did_change("crab.yaml", 2, json!([{"range": word, "text": "false"}]));
        assert!(!codes(&editor.diagnostics("crab.yaml", 2, |_| true)).contains(&"workload/host-pid"));
        assert_eq!(editor.end(), 0);
    }
}

#[test]
fn what_is_broken_costs_only_itself() {
    let mut editor = Editor::start(&[]);
    let early = editor.ask_whole("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    editor.initialize(json!({}), true);
    for (bytes, code) in [
        (&b"Content-Length: 5\r\n\r\n{nope"[..], -32700),
        (b"Content-Length: many\r\n\r\n", -32700),
        (b"nonsense\r\n\r\n", -32700),
        (b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 2\r\n\r\n42", -32600),
        (b"Content-Length: 22\r\n\r\n{\"id\":7,\"method\":null}", -32600),
    ] {
        editor.raw(bytes);
        let answer = editor.wait(|m| m.get("error").is_some());
        assert_eq!(answer["error"]["code"], code, "{}", String::from_utf8_lossy(bytes));
    }
    let unknown = editor.ask_whole("textDocument/willSaveWaitUntil", json!({"x": 1}));
    assert_eq!(unknown["error"]["code"], -32601);
    let absent = json!({"textDocument": {"uri": "file:///not/open.yaml"}, "position": at(0, 0)});
    assert_eq!(editor.ask_whole("textDocument/hover", absent)["error"]["code"], -32602);
    // Notifications that make no sense are no reason to stop.
    editor.tell("$/cancelRequest", json!({"id": 99}));
    editor.tell("textDocument/didChange", json!({"textDocument": {"uri": "file:///not/open.yaml", "version": 3}}));
    editor.tell("textDocument/didOpen", json!({"textDocument": {}}));
    editor.tell("textDocument/didClose", json!(null));
    editor.tell("nonsense", json!([1, 2]));
    editor.send(&json!({"jsonrpc": "2.0", "id": "ours", "result": null}));
    editor.did_open("untitled name.yaml", POD);
    assert!(codes(&editor.diagnostics("untitled name.yaml", 1, |_| true)).contains(&"workload/host-pid"));
    // Positions past every end are clamped.
    editor.did_change(
        "untitled name.yaml",
        2,
        json!([{"range": {"start": at(900, 7), "end": at(999, 9)}, "text": "#\n"}]),
    );
    assert!(codes(&editor.diagnostics("untitled name.yaml", 2, |_| true)).contains(&"workload/host-pid"));
    let again = editor.ask_whole("initialize", json!({}));
    assert_eq!(again["error"]["code"], -32601);
    assert_eq!(editor.ask("shutdown", Value::Null), Value::Null);
    let late = editor.ask_whole("textDocument/hover", json!({}));
    assert_eq!(late["error"]["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(0));
}

#[test]
fn without_shutdown_the_end_is_an_error() {
    let mut editor = Editor::start(&[]);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
    let mut editor = Editor::open(json!({}));
    drop(editor.input.take());
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
}

#[test]
fn broken_and_foreign_documents() {
    let mut editor = Editor::open(json!({}));
    editor.did_open("broken.yaml", "apiVersion: v1\nkind: Pod\n\tx: 1\n");
    let found = editor.diagnostics("broken.yaml", 1, |_| true);
    assert_eq!(of(&found, "input/yaml-syntax")["range"]["start"], at(2, 0));
    editor.did_open("values.yaml", "replicas: 3\nimage: nginx\n");
    assert_eq!(editor.diagnostics("values.yaml", 1, |_| true), Vec::<Value>::new());
    editor.did_open("template.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}\n");
    let found = editor.diagnostics("template.yaml", 1, |_| true);
    assert_eq!(found[0]["severity"], 3, "a template is no error of its author");
    editor.did_open("empty.yaml", "");
    assert_eq!(editor.diagnostics("empty.yaml", 1, |_| true), Vec::<Value>::new());
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_document_of_ten_mebibytes() {
    let mut editor = Editor::open(json!({}));
    let mut text = String::from(POD);
    text.push_str("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata:\n  text: |\n");
    while text.len() < 10 << 20 {
        text.push_str("    a line of text in a large document that somebody opened by mistake\n");
    }
    editor.did_open("large.yaml", &text);
    assert!(codes(&editor.diagnostics("large.yaml", 1, |_| true)).contains(&"workload/host-pid"));
    // Many changes at once: what is judged is the last.
    for version in 2..40 {
        editor.did_change(
            "large.yaml",
            version,
            json!([{"range": {"start": at(0, 0), "end": at(0, 0)}, "text": "#\n"}]),
        );
    }
    let found = editor.diagnostics("large.yaml", 39, |_| true);
    assert_eq!(of(&found, "workload/host-pid")["range"]["start"], at(42, 2));
    assert_eq!(editor.end(), 0);
}

#[test]
fn the_configuration_holds() {
    let mut editor = Editor::open(json!({}));
    let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
    write(&editor.path("ironclad.yaml"), "checks: {workload/host-pid: {severity: low}}\nignore: [image/]\n");
    editor.did_open("pod.yaml", POD);
    let found = editor.diagnostics("pod.yaml", 1, |_| true);
    assert_eq!(of(&found, "workload/host-pid")["severity"], 3);
    assert!(!codes(&found).iter().any(|code| code.starts_with("image/")));
    // Saved anew, it is read anew.
    write(&editor.path("ironclad.yaml"), "ignore: [workload/host-pid]\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.diagnostics("pod.yaml", 1, |found| !codes(found).contains(&"workload/host-pid"));
    // A mistake in it is shown where it is.
    let text = "ignroe: [workload/host-pid]\n";
    write(&editor.path("ironclad.yaml"), text);
    editor.tell("workspace/didChangeConfiguration", json!({"settings": null}));
    editor.did_open("ironclad.yaml", text);
    let found = editor.diagnostics("ironclad.yaml", 1, |found| !found.is_empty());
    assert!(found[0]["message"].as_str().unwrap().contains("ignore"), "{found:?}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn custom_kinds_are_held_against_schemas_beside_them() {
    let mut editor = Editor::open(json!({}));
    let schema =
        |kind: &str| format!(r#"{{"properties": {{"spec": {{"properties": {{"size": {{"type": "{kind}"}}}}}}}}}}"#);
    let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
    fs::create_dir(editor.path("schemas")).unwrap();
    write(&editor.path("schemas/widget_v1.json"), &schema("integer"));
    write(&editor.path("ironclad.yaml"), "schema-locations: [schemas]\n");
    editor.did_open("w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: big}\n");
    let found = editor.diagnostics("w.yaml", 1, |found| !found.is_empty());
    assert_eq!(of(&found, "manifest/schema")["range"]["start"], at(3, 7));
    // A schema that is written anew is read anew.
    write(&editor.path("schemas/widget_v1.json"), &schema("string"));
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.diagnostics("w.yaml", 1, |found| !codes(found).contains(&"manifest/schema"));
    assert_eq!(editor.end(), 0);
}
