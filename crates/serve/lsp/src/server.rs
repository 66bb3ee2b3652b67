//! The conversation: messages in, messages out, one at a time.

use crate::actions::{self, Place};
use crate::documents::{Document, offset};
use crate::due::Due;
use crate::frames::{Frame, read_frame, write_frame};
use crate::shown::{Shown, shown};
use crate::{Encoding, Engine, Lines, Texts, hover, uri};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const NOT_INITIALIZED: i32 = -32002;

/// What the loop waits for.
enum Event {
    Frame(Frame),
    /// A folder was judged: what it says of each document that was open, and how long that took.
    Scanned(Vec<Seen>, Duration),
}

/// What a folder says of an open document.
struct Seen {
    uri: String,
    /// The version that was seen.
    version: i64,
    shown: Vec<Shown>,
    is_rendered: bool,
}

#[derive(PartialEq, Eq)]
enum State {
    Fresh,
    Running,
    ShutDown,
}

struct Server<W> {
    engine: Arc<dyn Engine>,
    out: W,
    events: Sender<Event>,
    version: &'static str,
    state: State,
    encoding: Encoding,
    watches: bool,
    folders: Vec<PathBuf>,
    documents: BTreeMap<String, Document>,
    due: Due,
    scanning: bool,
}

/// Speaks the protocol until `exit` or the end of the input. Returns the exit code that the protocol demands: 0 after
/// `shutdown`, 1 without.
pub fn serve(
    mut input: impl BufRead + Send + 'static,
    out: impl Write,
    engine: Arc<dyn Engine>,
    version: &'static str,
) -> u8 {
    let (events, queue) = mpsc::channel();
    let frames = events.clone();
    // Never joined: at `exit` it may still wait for the editor.
    std::thread::spawn(move || {
        loop {
            let frame = read_frame(&mut input).unwrap_or(Frame::End);
            let last = frame == Frame::End;
            if frames.send(Event::Frame(frame)).is_err() || last {
                return;
            }
        }
    });
    let mut server = Server {
        engine,
        out,
        events,
        version,
        state: State::Fresh,
        encoding: Encoding::Utf16,
        watches: false,
        folders: Vec::new(),
        documents: BTreeMap::new(),
        due: Due::default(),
        scanning: false,
    };
    server.run(&queue)
}

impl<W: Write> Server<W> {
    fn run(&mut self, queue: &Receiver<Event>) -> u8 {
        loop {
            let event = match queue.try_recv() {
                Ok(event) => event,
                // Nothing waits: what was typed meanwhile is judged once, not key by key.
                Err(TryRecvError::Empty) => {
                    self.judge_all();
                    self.scan_due();
                    // While a folder is judged, its end is the next event of interest.
                    let wait = self.due.wait(Instant::now()).filter(|_| !self.scanning);
                    let event = match wait {
                        Some(wait) => queue.recv_timeout(wait),
                        None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    };
                    match event {
                        Ok(event) => event,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return 1,
                    }
                }
                Err(TryRecvError::Disconnected) => return 1,
            };
            match event {
                Event::Frame(Frame::End) => return u8::from(self.state != State::ShutDown),
                Event::Frame(Frame::Broken(why)) => self.fail(&Value::Null, PARSE_ERROR, &why),
                Event::Frame(Frame::Message(message)) => {
                    if let Some(code) = self.message(&message) {
                        return code;
                    }
                }
                Event::Scanned(results, took) => {
                    self.scanning = false;
                    self.due.took(took);
                    results.into_iter().for_each(|seen| self.scanned(seen));
                }
            }
        }
    }

    fn send(&mut self, message: &Value) {
        // An editor that closed its end gets nothing more; the end of the input follows.
        let _ = write_frame(&mut self.out, message);
    }

    fn answer(&mut self, id: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
    }

    fn fail(&mut self, id: &Value, code: i32, message: &str) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}));
    }

    /// Handles a message; the exit code, where it was the last.
    fn message(&mut self, message: &Value) -> Option<u8> {
        let id = message.get("id").filter(|id| id.is_string() || id.is_number());
        let Some(method) = message["method"].as_str() else {
            // A response to one of our requests needs no answer; anything else is no message.
            if message.get("result").is_none() && message.get("error").is_none() {
                self.fail(id.unwrap_or(&Value::Null), INVALID_REQUEST, "neither a request nor a notification");
            }
            return None;
        };
        let params = &message["params"];
        match (id, method) {
            (None, "exit") => return Some(u8::from(self.state != State::ShutDown)),
            (Some(id), "initialize") if self.state == State::Fresh => self.initialize(id, params),
            (Some(id), _) if self.state == State::Fresh => self.fail(id, NOT_INITIALIZED, "`initialize` comes first"),
            (Some(id), _) if self.state == State::ShutDown => self.fail(id, INVALID_REQUEST, "the server is shut down"),
            (Some(id), "shutdown") => {
                self.state = State::ShutDown;
                self.answer(id, Value::Null);
            }
            (Some(id), "textDocument/hover") => self.hover(id, params),
            (Some(id), "textDocument/codeAction") => self.code_action(id, params),
            (Some(id), _) => self.fail(id, METHOD_NOT_FOUND, &format!("`{method}` is not supported")),
            (None, _) if self.state == State::Running => self.notification(method, params),
            (None, _) => {}
        }
        None
    }

    fn initialize(&mut self, id: &Value, params: &Value) {
        let offered = params["capabilities"]["general"]["positionEncodings"].as_array();
        let offers = |name: &str| offered.is_some_and(|offered| offered.iter().any(|o| o == name));
        // UTF-8 is what texts are in; UTF-16 is what every client can do.
        self.encoding = if offers("utf-8") { Encoding::Utf8 } else { Encoding::Utf16 };
        self.watches = params["capabilities"]["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"] == true;
        let listed = params["workspaceFolders"].as_array().into_iter().flatten().filter_map(|f| f["uri"].as_str());
        self.folders = listed.filter_map(uri::path_of).collect();
        if self.folders.is_empty() {
            self.folders.extend(params["rootUri"].as_str().and_then(uri::path_of));
        }
        self.state = State::Running;
        let result = json!({
            "capabilities": {
                "positionEncoding": self.encoding.as_str(),
                "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
                "hoverProvider": true,
                "codeActionProvider": {"codeActionKinds": ["quickfix"]},
                "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
            },
            "serverInfo": {"name": "ironclad", "version": self.version},
        });
        self.answer(id, result);
    }

    fn notification(&mut self, method: &str, params: &Value) {
        let document = &params["textDocument"];
        let uri = document["uri"].as_str().unwrap_or_default().to_owned();
        match method {
            "initialized" if self.watches => {
                let watchers = ["**/*.{yaml,yml,json,tpl}"].map(|glob| json!({"globPattern": glob}));
                let registration = json!({
                    "id": "files",
                    "method": "workspace/didChangeWatchedFiles",
                    "registerOptions": {"watchers": watchers},
                });
                self.send(&json!({
                    "jsonrpc": "2.0",
                    "id": "ironclad/watch",
                    "method": "client/registerCapability",
                    "params": {"registrations": [registration]},
                }));
            }
            "textDocument/didOpen" => {
                let Some(text) = document["text"].as_str() else { return };
                let file = uri::path_of(&uri);
                let opened = Document::new(Arc::from(text), document["version"].as_i64().unwrap_or(0), file);
                self.documents.insert(uri.clone(), opened);
                // Files may have changed while nobody looked.
                self.engine.forget();
                self.want_scan(&uri);
            }
            "textDocument/didChange" => {
                let encoding = self.encoding;
                if let (Some(open), Some(changes)) = (self.documents.get_mut(&uri), params["contentChanges"].as_array())
                {
                    open.version = document["version"].as_i64().unwrap_or(open.version + 1);
                    open.change(changes, encoding);
                    if let Some(root) = self.root_of(&uri) {
                        self.due.at_pause(root, Instant::now());
                    }
                }
            }
            "textDocument/didSave" => {
                self.engine.forget();
                self.want_scan(&uri);
            }
            "textDocument/didClose" => {
                let root = self.root_of(&uri);
                if self.documents.remove(&uri).is_some() {
                    self.publish(&uri, None, Vec::new());
                    // What was not saved counts no more.
                    if let Some(root) = root.filter(|_| !self.documents.is_empty()) {
                        self.due.at_once(root, Instant::now());
                    }
                }
            }
            "workspace/didChangeConfiguration" | "workspace/didChangeWatchedFiles" => self.start_over(),
            "workspace/didChangeWorkspaceFolders" => {
                let paths = |key: &str| -> Vec<PathBuf> {
                    let list = params["event"][key].as_array().into_iter().flatten();
                    list.filter_map(|folder| folder["uri"].as_str()).filter_map(uri::path_of).collect()
                };
                let removed = paths("removed");
                self.folders.retain(|folder| !removed.contains(folder));
                self.folders.extend(paths("added"));
                self.start_over();
            }
            _ => {}
        }
    }

    fn start_over(&mut self) {
        self.engine.forget();
        let uris: Vec<String> = self.documents.keys().cloned().collect();
        for uri in uris {
            if let Some(document) = self.documents.get_mut(&uri) {
                document.alone = None;
            }
            self.want_scan(&uri);
        }
    }

    /// What is judged together with a document, if anything is.
    fn root_of(&self, uri: &str) -> Option<PathBuf> {
        let file = self.documents.get(uri)?.file.as_deref()?;
        self.engine.root(file, self.folder_of(file))
    }

    /// The innermost workspace folder that a file is in.
    fn folder_of(&self, file: &Path) -> Option<&Path> {
        let above = self.folders.iter().filter(|folder| file.starts_with(folder));
        above.max_by_key(|folder| folder.as_os_str().len()).map(PathBuf::as_path)
    }

    fn want_scan(&mut self, uri: &str) {
        if let Some(root) = self.root_of(uri) {
            self.due.at_once(root, Instant::now());
        }
    }

    /// Judges the next folder on another thread; one at a time.
    fn scan_due(&mut self) {
        if self.scanning {
            return;
        }
        let Some(root) = self.due.next(Instant::now()) else { return };
        self.scanning = true;
        let engine = Arc::clone(&self.engine);
        let events = self.events.clone();
        let encoding = self.encoding;
        let texts = self.texts();
        let of_root = self.documents.iter().filter(|(uri, _)| self.root_of(uri).as_ref() == Some(&root));
        let open: Vec<(String, i64, PathBuf)> = of_root
            .filter_map(|(uri, document)| Some((uri.clone(), document.version, document.file.clone()?)))
            .collect();
        std::thread::spawn(move || {
            let start = Instant::now();
            let judged = engine.folder(&root, &texts);
            // A document that was never saved, or that a walk leaves out, is judged alone.
            let results = open.into_iter().filter_map(|(uri, version, file)| {
                let covered = judged.covered.iter().find(|covered| covered.file == file)?;
                let shown = shown(&judged, &file.to_string_lossy(), encoding);
                Some(Seen { uri, version, shown, is_rendered: covered.is_rendered })
            });
            // The loop may have ended meanwhile: then nobody wants to know.
            let _ = events.send(Event::Scanned(results.collect(), start.elapsed()));
        });
    }

    /// What is open, by file.
    fn texts(&self) -> Texts {
        let open = self.documents.values();
        open.filter_map(|document| Some((document.file.clone()?, Arc::clone(&document.text)))).collect()
    }

    fn scanned(&mut self, seen: Seen) {
        // What was typed since then is judged at the next pause.
        let is_current = self.documents.get(&seen.uri).is_some_and(|document| document.version == seen.version);
        if !is_current {
            return;
        }
        self.judge(&seen.uri);
        if let Some(document) = self.documents.get_mut(&seen.uri) {
            document.settle(seen.shown, seen.is_rendered);
            self.show(&seen.uri);
        }
    }

    fn judge_all(&mut self) {
        let stale: Vec<String> = self
            .documents
            .iter()
            .filter(|(_, document)| document.alone.is_none())
            .map(|(uri, _)| uri.clone())
            .collect();
        for uri in stale {
            self.judge(&uri);
        }
    }

    /// Judges a document alone, if it changed since it was judged last.
    fn judge(&mut self, uri: &str) {
        let Some(document) = self.documents.get(uri).filter(|document| document.alone.is_none()) else { return };
        let mut alone = Vec::new();
        if !document.is_rendered() {
            let file = file_of(document, uri);
            let joins = self.root_of(uri).is_none();
            let judged = self.engine.document(&file, &document.text, joins);
            alone = shown(&judged, &file.to_string_lossy(), self.encoding);
        }
        if let Some(document) = self.documents.get_mut(uri) {
            document.alone = Some(alone);
        }
        self.show(uri);
    }

    fn show(&mut self, uri: &str) {
        let Some(document) = self.documents.get(uri) else { return };
        let lines = Lines::new(&document.text);
        let catalogue = self.engine.catalogue();
        let shown = document.shown().into_iter();
        let diagnostics = shown.map(|shown| shown.diagnostic(&lines, self.encoding, catalogue)).collect();
        let version = document.version;
        self.publish(uri, Some(version), diagnostics);
    }

    fn publish(&mut self, uri: &str, version: Option<i64>, diagnostics: Vec<Value>) {
        let mut params = json!({"uri": uri, "diagnostics": diagnostics});
        if let Some(version) = version {
            params["version"] = version.into();
        }
        self.send(&json!({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params}));
    }

    fn hover(&mut self, id: &Value, params: &Value) {
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
        self.judge(&uri);
        let Some(document) = self.documents.get(&uri) else {
            return self.fail(id, INVALID_PARAMS, "the document is not open");
        };
        let lines = Lines::new(&document.text);
        let at = offset(&lines, &params["position"], self.encoding);
        let found: Vec<&Shown> = document.shown().into_iter().filter(|shown| shown.touches(at, at)).collect();
        if found.is_empty() {
            return self.answer(id, Value::Null);
        }
        let value = hover::text(&found, self.engine.catalogue());
        self.answer(id, json!({"contents": {"kind": "markdown", "value": value}}));
    }

    fn code_action(&mut self, id: &Value, params: &Value) {
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
        self.judge(&uri);
        let Some(document) = self.documents.get(&uri) else {
            return self.fail(id, INVALID_PARAMS, "the document is not open");
        };
        let only = params["context"]["only"].as_array();
        if only.is_some_and(|only| !only.iter().any(|kind| kind == "quickfix")) {
            return self.answer(id, json!([]));
        }
        let lines = Lines::new(&document.text);
        let start = offset(&lines, &params["range"]["start"], self.encoding);
        let end = offset(&lines, &params["range"]["end"], self.encoding);
        let found: Vec<&Shown> =
            document.shown().into_iter().filter(|shown| shown.touches(start, end.max(start))).collect();
        let file = file_of(document, &uri);
        let place = Place {
            engine: &*self.engine,
            uri: &uri,
            file: &file,
            text: &document.text,
            encoding: self.encoding,
            is_rendered: document.is_rendered(),
            folder: self.root_of(&uri).map(|root| (root, self.texts())),
        };
        let actions = actions::actions(&place, &found);
        self.answer(id, actions.into());
    }
}

/// The file of a document, or a name for one that has none.
fn file_of(document: &Document, uri: &str) -> PathBuf {
    document.file.clone().unwrap_or_else(|| PathBuf::from(uri))
}
