//! `ironclad lsp` as an editor speaks to it: the real program, over pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_lsp::{Frame, read_frame};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n  containers:\n  - name: c\n    image: nginx:1.27.1\n";

/// Longer than any answer takes; a test that waits for what never comes fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

fn frames(output: ChildStdout) -> mpsc::Receiver<Frame> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let frame = read_frame(&mut output).unwrap_or(Frame::End);
            let last = frame == Frame::End;
            if send.send(frame).is_err() || last {
                return;
            }
        }
    });
    receive
}

struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    output: mpsc::Receiver<Frame>,
    /// What came while something else was awaited.
    heard: Vec<Value>,
    next: u64,
    folder: tempfile::TempDir,
}

impl Editor {
    fn start(arguments: &[&str]) -> Editor {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_ironclad"))
            .arg("lsp")
            .args(arguments)
            .current_dir(folder.path())
            .env("SOURCE_DATE_EPOCH", "1795478400")
            .env_remove("IRONCLAD_POLICY_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = server.stdin.take();
        let output = frames(server.stdout.take().unwrap());
        Editor { server, input, output, heard: Vec::new(), next: 1, folder }
    }

    /// Started, and introduced with the folder as workspace.
    fn open(capabilities: Value) -> Editor {
        let mut editor = Editor::start(&[]);
        editor.initialize(capabilities, true);
        editor
    }

    fn initialize(&mut self, capabilities: Value, workspace: bool) -> Value {
        let folders = json!([{"uri": self.uri(""), "name": "work"}]);
        let params = json!({
            "processId": null, "rootUri": null, "capabilities": capabilities,
            "workspaceFolders": if workspace { folders } else { Value::Null },
        });
        let result = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        result
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display()).trim_end_matches('/').replace(' ', "%20")
    }

    fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn receive(&mut self) -> Value {
        match self.output.recv_timeout(PATIENCE) {
            Ok(Frame::Message(message)) => message,
            other => panic!("the server says {other:?}; before that {:#?}", self.heard),
        }
    }

    /// Of what was said before, nothing counts any more.
    fn forget(&mut self) {
        while let Ok(Frame::Message(_)) = self.output.try_recv() {}
        self.heard.clear();
    }

    /// The first message that satisfies the question.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.heard.iter().position(&wanted) {
            return self.heard.remove(index);
        }
        loop {
            let message = self.receive();
            if wanted(&message) {
                return message;
            }
            self.heard.push(message);
        }
    }

    fn ask_whole(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_whole(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn did_open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}),
        );
    }

    fn did_change(&mut self, name: &str, version: u32, changes: Value) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}),
        );
    }

    /// The diagnostics of a document as of a version, once they satisfy the question.
    fn diagnostics(&mut self, name: &str, version: u32, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri(name);
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && message["params"]["version"] == version
                && enough(message["params"]["diagnostics"].as_array().unwrap())
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn actions(&mut self, name: &str, range: &Value) -> Vec<Value> {
        let uri = self.uri(name);
        let request = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        self.ask("textDocument/codeAction", request).as_array().unwrap().clone()
    }

    /// A text of ASCII as an action makes it.
    fn edited(&self, action: &Value, name: &str, text: &str) -> String {
        let mut edits = action["edit"]["changes"][self.uri(name)].as_array().unwrap().clone();
        edits.reverse();
        let mut text = text.to_owned();
        for edit in edits {
            let offset = |at: &Value| {
                let line = at["line"].as_u64().unwrap() as usize;
                let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
                start + at["character"].as_u64().unwrap() as usize
            };
            let (start, end) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
            text.replace_range(start..end, edit["newText"].as_str().unwrap());
        }
        text
    }

    fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.server.wait().unwrap().code().unwrap()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        drop(self.input.take());
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> = diagnostics.iter().map(|d| d["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes
}

fn of<'d>(diagnostics: &'d [Value], code: &str) -> &'d Value {
    diagnostics.iter().find(|d| d["code"] == code).unwrap_or_else(|| panic!("no {code} in {:?}", codes(diagnostics)))
}

fn at(line: u32, character: u32) -> Value {
    json!({"line": line, "character": character})
}

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

/// A Service that selects nothing is found when the folder is judged, and only then.
#[test]
fn folders_are_joined_when_saved() {
    let mut editor = Editor::start(&["--profile", "all"]);
    editor.initialize(json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}}), true);
    let registration = editor.wait(|message| message["method"] == "client/registerCapability");
    assert_eq!(registration["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let folder = editor.path("");
    fs::write(folder.join("pod.yaml"), POD.replace("{name: p}", "{name: p, labels: {app: web}}")).unwrap();
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: wbe}\n  ports:\n  - port: 80\n";
    fs::write(folder.join("service.yaml"), service).unwrap();
    editor.did_open("service.yaml", service);
    let alone = editor.diagnostics("service.yaml", 1, |_| true);
    let expected = scan(&folder, "service.yaml");
    let joined: Vec<&str> = expected.iter().map(String::as_str).filter(|code| !codes(&alone).contains(code)).collect();
    let all = editor.diagnostics("service.yaml", 1, |found| codes(found) == expected);
    assert_eq!(codes(&all), expected);
    if joined.is_empty() {
        ironclad_testkit::skipped(
            "joining checks in the editor",
            "no check of this build joins a Service with its pods",
        );
    }
    // The open text counts, not the file.
    let fixed = service.replace("wbe", "web");
    editor.did_change("service.yaml", 2, json!([{"text": fixed}]));
    editor.diagnostics("service.yaml", 2, |_| true);
    let uri = editor.uri("service.yaml");
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": uri}}));
    editor.diagnostics("service.yaml", 2, |found| !joined.iter().any(|code| codes(found).contains(code)));
    assert_eq!(editor.end(), 0);
}

/// What only the folder knows stays while somebody types, and the folder is judged anew when they pause: what is open
/// and not saved counts, in every document.
#[test]
fn joined_findings_stay_while_typing() {
    let mut editor = Editor::start(&["--profile", "all"]);
    editor.initialize(json!({}), true);
    let dangling = "wiring/dangling-service";
    let pod = POD.replace("{name: p}", "{name: p, labels: {app: web}}");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: wbe}\n  ports:\n  - port: 80\n";
    fs::write(editor.path("pod.yaml"), &pod).unwrap();
    fs::write(editor.path("service.yaml"), service).unwrap();
    editor.did_open("service.yaml", service);
    let all = editor.diagnostics("service.yaml", 1, |found| codes(found).contains(&dangling));
    let line = of(&all, dangling)["range"]["start"]["line"].as_u64().unwrap();

    // A comment above: the finding is there with the very next diagnostics, two lines down.
    let top = json!({"start": at(0, 0), "end": at(0, 0)});
    editor.did_change("service.yaml", 2, json!([{"range": top, "text": "# one\n# two\n"}]));
    let found = editor.diagnostics("service.yaml", 2, |_| true);
    assert_eq!(of(&found, dangling)["range"]["start"]["line"], line + 2, "{found:?}");

    // Its label is corrected where nobody saves it: the pause brings the news to the other document.
    editor.did_open("pod.yaml", &pod);
    editor.diagnostics("pod.yaml", 1, |_| true);
    editor.did_change("pod.yaml", 2, json!([{"text": pod.replace("app: web", "app: wbe")}]));
    editor.diagnostics("service.yaml", 2, |found| !codes(found).contains(&dangling));
    // And away with it again, by closing without saving.
    editor.forget();
    let uri = editor.uri("pod.yaml");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    editor.diagnostics("service.yaml", 2, |found| codes(found).contains(&dangling));

    // What the folder shows can be waived, and is proved with the folder.
    let range = of(&found, dangling)["range"].clone();
    let actions = editor.actions("service.yaml", &range);
    let waive = named(&actions, "waive wiring/dangling-service here");
    let text = editor.edited(waive, "service.yaml", &format!("# one\n# two\n{service}"));
    assert!(text.contains("  # ironclad: ignore[wiring/dangling-service] \n  selector: {app: wbe}"), "{text}");
    assert_eq!(editor.end(), 0);
}

const CHART: &[(&str, &str)] = &[
    ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("web/values.yaml", "privileged: true\nimage: nginx:1.27.1\n"),
    (
        "web/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostPID: true\n  containers:\n  - name: c\n    image: {{ .Values.image }}\n    securityContext:\n      privileged: {{ .Values.privileged }}\n",
    ),
];

/// A template and its values have the diagnostics of what they render to: when they are opened, while somebody types in
/// them, and with the ways out.
#[test]
fn charts_are_judged_in_the_editor() {
    let mut editor = Editor::open(json!({}));
    for (name, text) in CHART {
        fs::create_dir_all(editor.path(name).parent().unwrap()).unwrap();
        fs::write(editor.path(name), text).unwrap();
    }
    let (values, template) = (CHART[1].1, CHART[2].1);
    editor.did_open("web/values.yaml", values);
    let found = editor.diagnostics("web/values.yaml", 1, |found| !found.is_empty());
    let privileged = of(&found, "workload/privileged").clone();
    assert_eq!(privileged["range"], json!({"start": at(0, 0), "end": at(0, 16)}));
    // It says which template prints the value.
    let related = &privileged["relatedInformation"][0];
    assert_eq!(related["message"], "template");
    assert!(related["location"]["uri"].as_str().unwrap().ends_with("web/templates/pod.yaml"), "{related}");
    editor.did_open("web/templates/pod.yaml", template);
    let found = editor.diagnostics("web/templates/pod.yaml", 1, |found| !found.is_empty());
    assert_eq!(of(&found, "workload/host-pid")["range"]["start"], at(5, 2));
    assert!(!codes(&found).iter().any(|code| code.starts_with("input/")), "a template is no manifest: {found:?}");

    // Values that are typed and not saved render the template.
    editor.did_change(
        "web/values.yaml",
        2,
        json!([{"range": {"start": at(0, 12), "end": at(0, 16)}, "text": "false"}]),
    );
    editor.diagnostics("web/values.yaml", 2, |found| !codes(found).contains(&"workload/privileged"));
    editor.forget();
    editor.did_change("web/values.yaml", 3, json!([{"text": values}]));
    editor.diagnostics("web/values.yaml", 3, |found| codes(found).contains(&"workload/privileged"));
    // A template that does not render says so where it is, and is well again.
    editor.did_change("web/templates/pod.yaml", 2, json!([{"text": template.replace("privileged }}", "privileged")}]));
    editor.diagnostics("web/templates/pod.yaml", 2, |found| codes(found) == ["input/helm"]);
    editor.did_change("web/templates/pod.yaml", 3, json!([{"text": template}]));
    editor.diagnostics("web/templates/pod.yaml", 3, |found| codes(found).contains(&"workload/host-pid"));

    // The fix of a value is an edit of the values; a waiver of it stands there too.
    let actions = editor.actions("web/values.yaml", &privileged["range"]);
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    assert_eq!(fix["isPreferred"], true);
    assert_eq!(editor.edited(fix, "web/values.yaml", values), "privileged: false\nimage: nginx:1.27.1\n");
    let waive = named(&actions, "waive workload/privileged here");
    let waived = editor.edited(waive, "web/values.yaml", values);
    assert_eq!(waived, format!("# ironclad: ignore[workload/privileged] \n{values}"));
    let waived = waived.replace("] \n", "] a node agent\n");
    editor.did_change("web/values.yaml", 4, json!([{"text": waived}]));
    editor.diagnostics("web/values.yaml", 4, |found| !codes(found).contains(&"workload/privileged"));
    // The same in the template, for what the template says itself.
    let actions = editor.actions("web/templates/pod.yaml", &json!({"start": at(5, 3), "end": at(5, 3)}));
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    let fixed = editor.edited(fix, "web/templates/pod.yaml", template);
    assert!(!fixed.contains("hostPID: true"), "{fixed}");
    let waive = named(&actions, "waive workload/host-pid here");
    let waived = editor.edited(waive, "web/templates/pod.yaml", template).replace("] \n", "] a node agent\n");
    editor.did_change("web/templates/pod.yaml", 4, json!([{"text": waived}]));
    let found = editor.diagnostics("web/templates/pod.yaml", 4, |found| !codes(found).contains(&"workload/host-pid"));
    assert!(!codes(&found).iter().any(|code| code.contains("waiver")), "{found:?}");
    assert_eq!(editor.end(), 0);
}

/// A base, a patch and the overlay have the diagnostics of what the overlay builds.
#[test]
fn kustomizations_are_judged_in_the_editor() {
    let mut editor = Editor::open(json!({}));
    let patch = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostIPC: true\n";
    for (name, text) in [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches:\n- path: patch.yaml\nimages:\n- name: nginx\n  newTag: latest\n",
        ),
        ("prod/patch.yaml", patch),
    ] {
        fs::create_dir_all(editor.path(name).parent().unwrap()).unwrap();
        fs::write(editor.path(name), text).unwrap();
    }
    editor.did_open("prod/patch.yaml", patch);
    let found = editor.diagnostics("prod/patch.yaml", 1, |found| {
        // What the patch lacks is the base's business.
        codes(found) == ["workload/host-ipc"]
    });
    assert_eq!(of(&found, "workload/host-ipc")["range"]["start"], at(4, 2));
    let overlay = fs::read_to_string(editor.path("prod/kustomization.yaml")).unwrap();
    editor.did_open("prod/kustomization.yaml", &overlay);
    let found = editor.diagnostics("prod/kustomization.yaml", 1, |found| !found.is_empty());
    assert_eq!(of(&found, "image/tag-latest")["range"]["start"]["line"], 4);
    editor.did_open("base/pod.yaml", POD);
    editor.diagnostics("base/pod.yaml", 1, |found| codes(found).contains(&"workload/host-pid"));
    // The patch takes away what the base has: nothing is left of it in the base.
    editor.did_change("prod/patch.yaml", 2, json!([{"text": patch.replace("hostIPC: true", "hostPID: false")}]));
    editor.diagnostics("base/pod.yaml", 1, |found| !codes(found).contains(&"workload/host-pid"));
    editor.forget();
    editor.did_change("prod/patch.yaml", 3, json!([{"text": patch}]));
    editor.diagnostics("base/pod.yaml", 1, |found| codes(found).contains(&"workload/host-pid"));
    // Fix and waiver in the patch.
    let actions = editor.actions("prod/patch.yaml", &json!({"start": at(4, 2), "end": at(4, 2)}));
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    assert!(!editor.edited(fix, "prod/patch.yaml", patch).contains("hostIPC: true"));
    let waive = named(&actions, "waive workload/host-ipc here");
    let waived = editor.edited(waive, "prod/patch.yaml", patch).replace("] \n", "] a node agent\n");
    editor.did_change("prod/patch.yaml", 4, json!([{"text": waived}]));
    editor.diagnostics("prod/patch.yaml", 4, <[Value]>::is_empty);
    assert_eq!(editor.end(), 0);
}

/// The action of this title.
fn named<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let titles = || actions.iter().map(|action| action["title"].to_string()).collect::<Vec<_>>();
    actions.iter().find(|action| action["title"] == title).unwrap_or_else(|| panic!("no \"{title}\" in {:?}", titles()))
}

/// What `scan` says of a file of the folder.
fn scan(folder: &Path, file: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(["scan", ".", "--profile", "all", "--format", "json"])
        .current_dir(folder)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = report["findings"].as_array().unwrap().iter().filter(|f| f["location"]["source"] == file);
    let mut codes: Vec<String> = found.map(|f| f["check"].as_str().unwrap().to_owned()).collect();
    codes.sort_unstable();
    codes
}
