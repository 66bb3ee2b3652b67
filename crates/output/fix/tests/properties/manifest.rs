//! A manifest out of a tape of choices: what it says, and how it is laid out. A shorter tape makes a plainer one.

use std::fmt::Write as _;

/// A text, and whether parts of it are shared by anchors.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) text: String,
    pub(crate) shares: bool,
}

#[derive(Clone)]
enum Value {
    Raw(String),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// `&name value`
    Anchor(String, Box<Value>),
    /// `*name`
    Alias(String),
}

use Value::{List, Map, Raw, Text};

struct Tape<'a> {
    bytes: &'a [u8],
    at: usize,
    comments: usize,
}

impl Tape<'_> {
    fn pick(&mut self, of: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % of
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.pick(of) == of - 1
    }

    fn choose(&mut self, of: &[&str]) -> String {
        of[self.pick(of.len())].to_owned()
    }
}

fn text(value: &str) -> Value {
    Text(value.to_owned())
}

fn flag(value: bool) -> Value {
    Raw(value.to_string())
}

fn map(entries: Vec<(&str, Value)>) -> Value {
    Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn security(tape: &mut Tape<'_>) -> Value {
    let mut entries = Vec::new();
    for field in ["privileged", "allowPrivilegeEscalation", "runAsNonRoot", "readOnlyRootFilesystem"] {
        if tape.one_in(3) {
            entries.push((field, flag(tape.pick(2) == 1)));
        }
    }
    if tape.one_in(4) {
        entries.push(("procMount", text("Unmasked")));
    }
    if tape.one_in(4) {
        entries.push(("runAsUser", Raw(tape.choose(&["1000", "0", "20000"]))));
    }
    if tape.one_in(3) {
        let kind = tape.choose(&["RuntimeDefault", "Unconfined"]);
        entries.push(("seccompProfile", map(vec![("type", Text(kind))])));
    }
    if tape.one_in(3) {
        let mut lists = Vec::new();
        for name in ["add", "drop"] {
            let mut items = Vec::new();
            while items.len() < 3 && tape.one_in(2) {
                items.push(Text(tape.choose(&[
                    "ALL",
                    "NET_RAW",
                    "CHOWN",
                    "SYS_ADMIN",
                    "cap_net_admin",
                    "NET_BIND_SERVICE",
                ])));
            }
            if !items.is_empty() || tape.one_in(6) {
                lists.push((name, List(items)));
            }
        }
        entries.push(("capabilities", map(lists)));
    }
    if entries.is_empty() && tape.one_in(2) { Raw(tape.choose(&["", "null", "{}"])) } else { map(entries) }
}

fn container(tape: &mut Tape<'_>, name: &str) -> Value {
    let image =
        tape.choose(&["nginx:1.27", "k8s.gcr.io/pause:3.9", "nginx:latest", "registry.example.com:5000/a/b:v1"]);
    let mut entries = vec![("name", text(name)), ("image", Text(image))];
    if tape.one_in(3) {
        entries.push(("imagePullPolicy", Text(tape.choose(&["IfNotPresent", "Always"]))));
    }
    if tape.one_in(3) {
        let mut port = vec![("containerPort", Raw("8080".to_owned()))];
        if tape.one_in(2) {
            port.push(("hostPort", Raw("80".to_owned())));
        }
        entries.push(("ports", List(vec![map(port)])));
    }
    if tape.one_in(3) {
        entries.push(("command", List(vec![text("/bin/app"), text("yes")])));
    }
    if tape.one_in(2) {
        entries.push(("securityContext", security(tape)));
    }
    if tape.one_in(3) {
        entries.push(("volumeMounts", List(vec![map(vec![("name", text("host")), ("mountPath", text("/host"))])])));
    }
    if tape.one_in(4) {
        entries.push(("resources", map(vec![("limits", Raw(tape.choose(&["{}", "{cpu: 1}", ""])))])));
    }
    map(entries)
}

fn pod(tape: &mut Tape<'_>) -> Value {
    let mut entries = Vec::new();
    for field in ["hostPID", "hostIPC", "hostNetwork", "automountServiceAccountToken", "enableServiceLinks"] {
        if tape.one_in(4) {
            entries.push((field, flag(tape.pick(2) == 1)));
        }
    }
    if tape.one_in(4) {
        entries.push(("serviceAccount", text("web")));
    }
    if tape.one_in(3) {
        entries.push(("securityContext", security(tape)));
        if let Some((_, Map(fields))) = entries.last_mut() {
            let of_pods = ["runAsNonRoot", "runAsUser", "seccompProfile"];
            fields.retain(|(name, _)| of_pods.contains(&name.as_str()));
        }
    }
    let count = 1 + tape.pick(3);
    let containers = (0..count).map(|n| container(tape, &format!("name{n}"))).collect();
    entries.push(("containers", List(containers)));
    if tape.one_in(2) {
        entries.push((
            "volumes",
            List(vec![map(vec![("name", text("host")), ("hostPath", map(vec![("path", text("/data"))]))])]),
        ));
    }
    if tape.one_in(4) {
        entries.push(("hostUsers", flag(true)));
    }
    map(entries)
}

fn object(tape: &mut Tape<'_>, name: &str) -> Value {
    let labels = map(vec![("app", text(name)), ("canary", Raw(tape.choose(&["yes", "\"yes\"", "web"])))]);
    let metadata = map(vec![("name", text(name)), ("labels", labels)]);
    if tape.one_in(2) {
        let labels = map(vec![("app", text(name))]);
        let template = map(vec![("metadata", map(vec![("labels", labels.clone())])), ("spec", pod(tape))]);
        let spec = map(vec![
            ("replicas", Raw("3".to_owned())),
            ("selector", map(vec![("matchLabels", labels)])),
            ("template", template),
        ]);
        map(vec![("apiVersion", text("apps/v1")), ("kind", text("Deployment")), ("metadata", metadata), ("spec", spec)])
    } else {
        map(vec![("apiVersion", text("v1")), ("kind", text("Pod")), ("metadata", metadata), ("spec", pod(tape))])
    }
}

/// Makes the security contexts of two containers one, by an alias or a merge key. None where there are no two.
fn share(value: &mut Value, merge: bool) -> bool {
    match value {
        Map(entries) => {
            for (key, value) in entries.iter_mut() {
                let List(items) = value else {
                    if share(value, merge) {
                        return true;
                    }
                    continue;
                };
                if key != "containers" || items.len() < 2 {
                    continue;
                }
                let anchored = match &mut items[0] {
                    Map(fields) => {
                        fields.iter_mut().find(|(name, _)| name == "securityContext").map(|(_, value)| value)
                    }
                    _ => None,
                };
                let Some(anchored) = anchored.filter(|value| matches!(value, Map(fields) if !fields.is_empty())) else {
                    return false;
                };
                *anchored = Value::Anchor("sc".to_owned(), Box::new(anchored.clone()));
                let Map(fields) = &mut items[1] else { return false };
                fields.retain(|(name, _)| name != "securityContext");
                let alias = Value::Alias("sc".to_owned());
                let value = if merge { Map(vec![("<<".to_owned(), alias)]) } else { alias };
                fields.push(("securityContext".to_owned(), value));
                return true;
            }
            false
        }
        _ => false,
    }
}

impl Manifest {
    pub(crate) fn of(choices: &[u8]) -> Manifest {
        let mut tape = Tape { bytes: choices, at: 0, comments: 0 };
        let layout = tape.pick(6);
        let (line_break, ends) = (if tape.one_in(4) { "\r\n" } else { "\n" }, !tape.one_in(4));
        let mut out = String::new();
        let mut shares = false;
        let count = 1 + tape.pick(2);
        for n in 0..count {
            let mut value = object(&mut tape, &format!("name-o{n}"));
            match layout {
                0 => json(&value, None, 0, &mut out),
                1 => json(&value, Some(2 + 2 * tape.pick(2)), 0, &mut out),
                _ => {
                    if tape.one_in(4) {
                        let merge = tape.one_in(2);
                        shares |= share(&mut value, merge);
                    }
                    if n > 0 {
                        out.push_str("---\n");
                    }
                    let step = 2 + 2 * tape.pick(2);
                    let hyphen = if tape.one_in(2) { step } else { 0 };
                    Yaml { step, hyphen, tape: &mut tape, out: &mut out }.entries(&value, 0);
                }
            }
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
        if !ends {
            out.truncate(out.trim_end_matches('\n').len());
        }
        Manifest { text: out.replace('\n', line_break), shares }
    }
}

fn json(value: &Value, step: Option<usize>, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        if let Some(step) = step {
            let _ = write!(out, "\n{}", " ".repeat(step * depth));
        }
    };
    match value {
        Raw(raw) => out.push_str(match raw.as_str() {
            "" => "null",
            "yes" | "web" => "\"yes\"",
            "{cpu: 1}" => "{\"cpu\": 1}",
            other => other,
        }),
        Text(text) => {
            let _ = write!(out, "{text:?}");
        }
        List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, depth + 1);
                json(item, step, depth + 1, out);
            }
            if !items.is_empty() {
                line(out, depth);
            }
            out.push(']');
        }
        Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, depth + 1);
                let _ = write!(out, "{key:?}:{}", if step.is_some() { " " } else { "" });
                json(value, step, depth + 1, out);
            }
            if !entries.is_empty() {
                line(out, depth);
            }
            out.push('}');
        }
        Value::Anchor(..) | Value::Alias(_) => unreachable!("JSON has no anchors"),
    }
}

struct Yaml<'t, 'b> {
    step: usize,
    hyphen: usize,
    tape: &'t mut Tape<'b>,
    out: &'t mut String,
}

impl Yaml<'_, '_> {
    fn comment(&mut self, word: &str) -> String {
        self.tape.comments += 1;
        format!("# {word} {}", self.tape.comments)
    }

    fn end_line(&mut self) {
        if self.tape.one_in(6) {
            let comment = self.comment("beside");
            let _ = write!(self.out, "  {comment}");
        }
        self.out.push('\n');
    }

    /// Comments above a line: one that stays whatever happens has a blank line behind it.
    fn above(&mut self, column: usize) {
        let indent = " ".repeat(column);
        if self.tape.one_in(10) {
            let comment = self.comment("keep");
            let _ = writeln!(self.out, "{indent}{comment}\n");
        }
        if self.tape.one_in(10) {
            let comment = self.comment("above");
            let _ = writeln!(self.out, "{indent}{comment}");
        }
    }

    fn entries(&mut self, value: &Value, column: usize) {
        let Map(entries) = value else { return };
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 || column == 0 {
                self.above(column);
                self.out.push_str(&" ".repeat(column));
            }
            let _ = write!(self.out, "{key}:");
            self.value(value, column);
        }
    }

    fn value(&mut self, value: &Value, column: usize) {
        let (value, anchor) = match value {
            Value::Anchor(name, value) => (&**value, Some(name)),
            other => (other, None),
        };
        if let Some(name) = anchor {
            let _ = write!(self.out, " &{name}");
        }
        match value {
            List(items) if !items.is_empty() && !self.tape.one_in(4) => {
                self.end_line();
                let column = column + self.hyphen;
                for item in items {
                    self.above(column);
                    let _ = write!(self.out, "{}-", " ".repeat(column));
                    match item {
                        Map(entries) if !entries.is_empty() && !self.tape.one_in(5) => {
                            self.out.push(' ');
                            self.entries(item, column + 2);
                        }
                        other => {
                            self.out.push(' ');
                            self.flow(other);
                            self.end_line();
                        }
                    }
                }
            }
            Map(entries) if !entries.is_empty() && (column == 0 || !self.tape.one_in(4)) => {
                self.end_line();
                let column = column + self.step;
                self.above(column);
                self.out.push_str(&" ".repeat(column));
                self.entries(value, column);
            }
            other => {
                self.out.push(' ');
                self.flow(other);
                while self.out.ends_with(' ') {
                    self.out.pop();
                }
                self.end_line();
            }
        }
    }

    fn flow(&mut self, value: &Value) {
        match value {
            Raw(raw) if raw.is_empty() && !self.out.ends_with(": ") => self.out.push_str("null"),
            Raw(raw) => self.out.push_str(raw),
            Text(text) => {
                let quoted = match self.tape.pick(4) {
                    0 => format!("\"{text}\""),
                    1 => format!("'{text}'"),
                    _ if text == "yes" || text.contains(':') => format!("\"{text}\""),
                    _ => text.clone(),
                };
                self.out.push_str(&quoted);
            }
            List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.flow(item);
                }
                self.out.push(']');
            }
            Map(entries) => {
                let space = if self.tape.one_in(3) { " " } else { "" };
                let _ = write!(self.out, "{{{space}");
                for (index, (key, value)) in entries.iter().enumerate() {
                    let _ = write!(self.out, "{}{key}: ", if index > 0 { ", " } else { "" });
                    match value {
                        Raw(raw) if raw.is_empty() => self.out.push_str("null"),
                        other => self.flow(other),
                    }
                }
                let _ = write!(self.out, "{space}}}");
            }
            Value::Anchor(name, value) => {
                let _ = write!(self.out, "&{name} ");
                self.flow(value);
            }
            Value::Alias(name) => {
                let _ = write!(self.out, "*{name}");
            }
        }
    }
}
