//! An editor: the real program over pipes, what it is sent and what it says.

use ironclad_lsp::{Frame, read_frame};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub(crate) const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n  containers:\n  - name: c\n    image: nginx:1.27.1\n";

/// Longer than any answer takes; a test that waits for what never comes fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn frames(output: ChildStdout) -> mpsc::Receiver<Frame> {
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

pub(crate) struct Editor {
    pub(crate) server: Child,
    pub(crate) input: Option<ChildStdin>,
    pub(crate) output: mpsc::Receiver<Frame>,
    /// What came while something else was awaited.
    pub(crate) heard: Vec<Value>,
    pub(crate) next: u64,
    pub(crate) folder: tempfile::TempDir,
}

impl Editor {
    pub(crate) fn start(arguments: &[&str]) -> Editor {
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
    pub(crate) fn open(capabilities: Value) -> Editor {
        let mut editor = Editor::start(&[]);
        editor.initialize(capabilities, true);
        editor
    }

    pub(crate) fn initialize(&mut self, capabilities: Value, workspace: bool) -> Value {
        let folders = json!([{"uri": self.uri(""), "name": "work"}]);
        let params = json!({
            "processId": null, "rootUri": null, "capabilities": capabilities,
            "workspaceFolders": if workspace { folders } else { Value::Null },
        });
        let result = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        result
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display()).trim_end_matches('/').replace(' ', "%20")
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    pub(crate) fn receive(&mut self) -> Value {
        match self.output.recv_timeout(PATIENCE) {
            Ok(Frame::Message(message)) => message,
            other => panic!("the server says {other:?}; before that {:#?}", self.heard),
        }
    }

    /// Of what was said before, nothing counts any more.
    pub(crate) fn forget(&mut self) {
        while let Ok(Frame::Message(_)) = self.output.try_recv() {}
        self.heard.clear();
    }

    /// The first message that satisfies the question.
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
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

    pub(crate) fn ask_whole(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_whole(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub(crate) fn did_open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}),
        );
    }

    pub(crate) fn did_change(&mut self, name: &str, version: u32, changes: Value) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}),
        );
    }

    /// The diagnostics of a document as of a version, once they satisfy the question.
    pub(crate) fn diagnostics(&mut self, name: &str, version: u32, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri(name);
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && message["params"]["version"] == version
                && enough(message["params"]["diagnostics"].as_array().unwrap())
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    pub(crate) fn actions(&mut self, name: &str, range: &Value) -> Vec<Value> {
        let uri = self.uri(name);
        let request = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        self.ask("textDocument/codeAction", request).as_array().unwrap().clone()
    }

    /// A text of ASCII as an action makes it.
    pub(crate) fn edited(&self, action: &Value, name: &str, text: &str) -> String {
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

    pub(crate) fn end(mut self) -> i32 {
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

pub(crate) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> = diagnostics.iter().map(|d| d["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes
}

pub(crate) fn of<'d>(diagnostics: &'d [Value], code: &str) -> &'d Value {
    diagnostics.iter().find(|d| d["code"] == code).unwrap_or_else(|| panic!("no {code} in {:?}", codes(diagnostics)))
}

pub(crate) fn at(line: u32, character: u32) -> Value {
    json!({"line": line, "character": character})
}

/// The action of this title.
pub(crate) fn named<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let titles = || actions.iter().map(|action| action["title"].to_string()).collect::<Vec<_>>();
    actions.iter().find(|action| action["title"] == title).unwrap_or_else(|| panic!("no \"{title}\" in {:?}", titles()))
}

/// What `scan` says of a file of the folder.
pub(crate) fn scan(folder: &Path, file: &str) -> Vec<String> {
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
