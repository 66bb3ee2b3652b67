//! Takes out of objects what must not be in a file that people pass on: the data of Secrets, and whatever looks like a
//! secret in variables, arguments, ConfigMaps, annotations and the objects of others.
//!
//! Invariant: a mark stands where a secret was, and the rules for secrets know the mark (`ironclad-redacted`), so that
//! the checks say of a snapshot what they say of the cluster. Equal secrets have equal marks only under a key of the
//! user: without one nobody can try passwords against a mark. A value that is known to be a secret from one place of a
//! reading is hidden in all places that hold free text: nothing is written before everything was looked at.

use super::hmac;
use super::known::Known;
use ironclad_leak::{assignments, decode_base64, find, judge};
use ironclad_model::Kind;
use ironclad_tree::{Choice, Document, Limits, NodeRef, Source, Step, parse};
use std::fmt::Write as _;
use std::ops::Range;

/// What stands where a secret was; the rule of this id in `ironclad-leak` finds it.
const MARK: &str = "ironclad-redacted";
/// A ConfigMap holds no more than this.
const LARGEST: usize = 1 << 20;
/// How base64 of what gzip made begins: a Helm release, which holds the values of its chart.
const GZIP: &str = "H4sI";

/// Hides secrets, and counts them.
pub(crate) struct Redactor {
    key: Option<Vec<u8>>,
    count: usize,
    known: Known,
}

impl Redactor {
    /// With a key equal secrets get equal marks.
    pub(crate) fn new(key: Option<Vec<u8>>) -> Redactor {
        Redactor { key, count: 0, known: Known::default() }
    }

    /// How many values were hidden so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Do equal secrets get equal marks?
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Takes note of the secrets of an object, to hide them in others as well.
    pub(crate) fn learn(&mut self, kind: Kind, document: &Document) {
        document.root().extract(document.source(), &mut |path, node| {
            if let Some(text) = node.as_str().filter(|text| !text.is_empty()) {
                self.learn_from(kind, path, node, text);
            }
            Choice::Keep
        });
    }

    fn learn_from(&mut self, kind: Kind, path: &[Step<'_>], node: NodeRef<'_>, text: &str) {
        match (kind, path.first()) {
            // The name of a user is hidden with the rest of a Secret, and no secret elsewhere.
            (Kind::SECRET, Some(Step::Key("data" | "stringData"))) => {}
            (Kind::CONFIG_MAP, Some(Step::Key("binaryData"))) if whole(kind, path, node, text) => {
                if let Some(content) = decode_base64(text, LARGEST).filter(|content| is_single(content)) {
                    self.known.learn(&content, encode);
                }
            }
            // What was given to a chart stands in the objects that it made.
            (Kind::CONFIG_MAP, Some(Step::Key("data"))) if text.starts_with(GZIP) => self.learn_from_release(text),
            _ if whole(kind, path, node, text) => self.known.learn(text, encode),
            _ => {
                for part in parts(kind, path, text) {
                    self.known.learn(text.get(part).unwrap_or_default(), encode);
                }
            }
        }
    }

    /// Values of a Helm release whose names or forms say that they are secrets.
    fn learn_from_release(&mut self, packed: &str) {
        let Some(record) = ironclad_cluster::unpacked_record(packed) else { return };
        let Ok(text) = std::str::from_utf8(&record) else { return };
        let limits = Limits { document_bytes: usize::MAX, ..Limits::default() };
        for document in parse(&Source::new("release", text), &limits).documents {
            for part in ["/config", "/chart/values"] {
                let Some(values) = document.root().at_pointer(part) else { continue };
                values.extract(document.source(), &mut |path, node| {
                    if let Some(text) = node.as_str().filter(|text| !text.is_empty()) {
                        self.learn_from(Kind::OTHER, path, node, text);
                    }
                    Choice::Keep
                });
            }
        }
    }

    /// The object without its secrets.
    pub(crate) fn document(&mut self, kind: Kind, document: &Document) -> Document {
        document.root().extract(document.source(), &mut |path, node| self.choose(kind, path, node))
    }

    fn choose(&mut self, kind: Kind, path: &[Step<'_>], node: NodeRef<'_>) -> Choice {
        if let [Step::Key("metadata"), Step::Key("annotations"), Step::Key(LAST_APPLIED)] = path {
            return Choice::Drop;
        }
        let Some(text) = node.as_str().filter(|text| !text.is_empty()) else { return Choice::Keep };
        if whole(kind, path, node, text) {
            let mark = self.mark(text);
            // A mark among bytes is written as bytes are.
            let is_binary = kind == Kind::CONFIG_MAP && path.first() == Some(&Step::Key("binaryData"));
            return Choice::Replace(if is_binary { encode(&mark) } else { mark });
        }
        let mut parts = parts(kind, path, text);
        if is_free_text(kind, path) {
            parts.extend(self.known.find(text));
            parts.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        }
        if parts.is_empty() { Choice::Keep } else { Choice::Replace(self.masked(text, &parts)) }
    }

    fn mark(&mut self, secret: &str) -> String {
        self.count += 1;
        let mut mark = MARK.to_owned();
        if let Some(key) = &self.key {
            mark.push('-');
            for byte in &hmac::code(key, secret.as_bytes())[..16] {
                let _ = write!(mark, "{byte:02x}");
            }
        }
        mark
    }

    fn masked(&mut self, text: &str, parts: &[Range<usize>]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for part in parts {
            // Parts may overlap: what is hidden stays hidden.
            let start = part.start.max(at);
            if part.end <= at {
                continue;
            }
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(&self.mark(text.get(start..part.end).unwrap_or_default()));
            at = part.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// Text in base64.
fn encode(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letters = (0..4).map(|index| char::from(LETTERS[(bits >> (18 - 6 * index) & 63) as usize]));
        out.extend(letters.enumerate().map(|(index, letter)| if index <= chunk.len() { letter } else { '=' }));
    }
    out
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Is the whole value a secret?
fn whole(kind: Kind, path: &[Step<'_>], node: NodeRef<'_>, text: &str) -> bool {
    match (kind, path) {
        (Kind::SECRET, [Step::Key("data" | "stringData"), ..]) => return true,
        (Kind::CONFIG_MAP, [Step::Key("binaryData"), Step::Key(key)]) => {
            // What is no text may be anything; what is compressed, too.
            return match decode_base64(text, LARGEST) {
                Some(content) => is_secret_entry(key, &content),
                None => true,
            };
        }
        (Kind::CONFIG_MAP, [Step::Key("data"), Step::Key(key)]) => {
            return text.starts_with(GZIP) || is_single(text) && judge(key, text).is_some();
        }
        _ => {}
    }
    name(kind, path, node).is_some_and(|name| judge(name, text).is_some())
}

fn is_single(text: &str) -> bool {
    !text.trim_end().contains('\n')
}

fn is_secret_entry(key: &str, content: &str) -> bool {
    is_single(content) && judge(key, content).is_some() || !secrets_in(content, true).is_empty()
}

/// What a value is the value of.
fn name<'a>(kind: Kind, path: &[Step<'a>], node: NodeRef<'a>) -> Option<&'a str> {
    match path {
        [.., Step::Key("value" | "default")] => {
            let parent = node.document().parent(node.id())?;
            parent.get_str("name").or_else(|| parent.get_str("key"))?.value().as_str()
        }
        // `--password`, `hunter2`
        [.., Step::Key("args" | "command"), Step::Index(index)] => {
            let before = node.document().parent(node.id())?.items().nth(index.checked_sub(1)?)?.as_str()?;
            (before.starts_with('-') && !before.contains('=')).then(|| before.trim_start_matches('-'))
        }
        [.., Step::Key(key)] if kind == Kind::OTHER && path.first() != Some(&Step::Key("metadata")) => Some(key),
        _ => None,
    }
}

/// May a person have written anything there? What names objects stays as it is, whatever a secret is.
fn is_free_text(kind: Kind, path: &[Step<'_>]) -> bool {
    match path {
        [Step::Key("metadata"), Step::Key("annotations"), ..] => true,
        [Step::Key("metadata" | "apiVersion" | "kind"), ..] => false,
        [Step::Key("data" | "binaryData"), ..] => kind == Kind::CONFIG_MAP,
        [.., Step::Key("args" | "command"), Step::Index(_)] | [.., Step::Key("value" | "default")] => true,
        [.., Step::Key("annotations"), Step::Key(_)] => true,
        _ => kind == Kind::OTHER,
    }
}

/// The parts of a text that are secrets, in order.
fn parts(kind: Kind, path: &[Step<'_>], text: &str) -> Vec<Range<usize>> {
    let holds_lines = || !is_single(text);
    let loose = match path {
        [.., Step::Key("args" | "command"), Step::Index(_)] => true,
        [Step::Key("data"), Step::Key(_)] => kind == Kind::CONFIG_MAP,
        _ => holds_lines(),
    };
    secrets_in(text, loose)
}

fn secrets_in(text: &str, loose: bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = find(text).into_iter().map(|leak| leak.range).collect();
    if loose {
        let named = assignments(text).filter(|one| judge(one.name, one.value).is_some());
        found.extend(named.map(|one| one.range));
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(kind: Kind, yaml: &str, key: Option<Vec<u8>>) -> (String, usize) {
        let documents = parse(&Source::new("t", yaml), &Limits::default()).documents;
        let mut redactor = Redactor::new(key);
        let document = redactor.document(kind, &documents[0]);
        let mut json = String::new();
        document.root().write_json(&mut json);
        (json, redactor.count())
    }

    /// `hunter2` in every place that it could be in; what is none stays.
    #[test]
    fn secrets_go_and_the_rest_stays() {
        let canary = "hunter2-Zx81Qv";
        for (kind, yaml, stays) in [
            (Kind::SECRET, format!("data: {{a: {canary}, b: eA==}}\ntype: Opaque\n"), "Opaque"),
            (Kind::CONFIG_MAP, format!("data: {{db-password: {canary}, colour: blue}}\n"), "blue"),
            (
                Kind::CONFIG_MAP,
                format!("data:\n  app.properties: |\n    db.user=web\n    db.password={canary}\n"),
                "db.user=web",
            ),
            (Kind::CONFIG_MAP, format!("data: {{release: {GZIP}{canary}}}\n"), "release"),
            (
                Kind::POD,
                format!(
                    "spec: {{containers: [{{env: [{{name: API_TOKEN, value: {canary}}}, {{name: MODE, value: fast}}]}}]}}\n"
                ),
                "fast",
            ),
            (
                Kind::POD,
                format!(
                    "spec: {{containers: [{{args: [--port=80, --password={canary}, --db-password, {canary}]}}]}}\n"
                ),
                "--port=80",
            ),
            (Kind::OTHER, format!("spec: {{password: {canary}, replicas: 3}}\n"), "3"),
            (
                Kind::DEPLOYMENT,
                format!(
                    "metadata: {{name: d, annotations: {{{LAST_APPLIED}: '{canary}', note: 'postgres://u:{canary}@h/d'}}}}\n"
                ),
                "postgres://u:",
            ),
        ] {
            let (json, count) = redacted(kind, &yaml, None);
            assert!(!json.contains(canary) && json.contains(stays), "{yaml}{json}");
            assert!(count > 0 || !json.contains(MARK), "{json}");
        }
    }

    /// What one object says is a secret is none the less one in another.
    #[test]
    fn a_secret_is_one_everywhere() {
        let canary = "hunter2-Zx81Qv";
        let objects = [
            (
                Kind::POD,
                format!(
                    "spec: {{containers: [{{name: a, env: [{{name: API_TOKEN, value: {canary}}}], \
                     args: [sh, -c, 'login me {canary} && run --mode=fast'], \
                     livenessProbe: {{exec: {{command: [check, '{canary}']}}}}, \
                     lifecycle: {{preStop: {{exec: {{command: [bye, 'x:{canary}@y']}}}}}}}}]}}\n"
                ),
            ),
            (Kind::CONFIG_MAP, format!("data: {{notes: 'ask for {canary} or {}', colour: blue}}\n", encode(canary))),
            (Kind::SERVICE, format!("metadata: {{name: s, annotations: {{motd: 'use {canary}'}}}}\n")),
            (Kind::OTHER, format!("spec: {{motd: 'use {canary}', size: large}}\n")),
        ];
        let documents =
            objects.map(|(kind, yaml)| (kind, parse(&Source::new("t", yaml), &Limits::default()).documents.remove(0)));
        let mut redactor = Redactor::new(None);
        documents.iter().for_each(|(kind, document)| redactor.learn(*kind, document));
        let mut json = String::new();
        for (kind, document) in &documents {
            redactor.document(*kind, document).root().write_json(&mut json);
        }
        assert!(!json.contains(canary) && !json.contains(encode(canary).trim_end_matches('=')), "{json}");
        for stays in ["login me ", "--mode=fast", "check", "bye", "ask for ", "blue", "large"] {
            assert!(json.contains(stays), "{stays}: {json}");
        }
    }

    /// What a release was given is hidden where its objects have it.
    #[test]
    fn secrets_of_a_release_are_known() {
        use std::io::Write;
        let canary = "hunter2-Zx81Qv";
        let record = serde_json::json!({
            "name": "web",
            "chart": {"metadata": {"name": "web"}, "values": {"mode": "standard-Mode", "adminPassword": "S3cond-one"}},
            "config": {"db": {"password": canary, "host": "db.shop.svc"}, "list": [{"token": "aB3dEf9hIj"}]},
            "manifest": "",
        });
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(record.to_string().as_bytes()).unwrap();
        let encoded = ironclad_testkit::oracle::base64(&packed.finish().unwrap());
        assert!(encoded.starts_with(GZIP));
        let release = format!("data: {{release: {encoded}}}\n");
        let pod = format!(
            "spec: {{containers: [{{args: [sh, -c, 'run {canary} S3cond-one aB3dEf9hIj standard-Mode db.shop.svc']}}]}}\n"
        );
        let mut redactor = Redactor::new(None);
        let documents = [(Kind::CONFIG_MAP, release), (Kind::POD, pod)]
            .map(|(kind, yaml)| (kind, parse(&Source::new("t", yaml), &Limits::default()).documents.remove(0)));
        documents.iter().for_each(|(kind, document)| redactor.learn(*kind, document));
        let mut json = String::new();
        redactor.document(Kind::POD, &documents[1].1).root().write_json(&mut json);
        for secret in [canary, "S3cond-one", "aB3dEf9hIj"] {
            assert!(!json.contains(secret), "{secret}: {json}");
        }
        assert!(json.contains("standard-Mode db.shop.svc"), "{json}");
        // What is no release teaches nothing, and costs nothing.
        for broken in ["H4sI", "H4sI====", "H4sIAAAAAAAA"] {
            assert!(ironclad_cluster::unpacked_record(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn equality_is_known_only_under_a_key() {
        let yaml = "data: {a: one, b: one, c: two}\n";
        let marks = |key: Option<Vec<u8>>| {
            let (json, count) = redacted(Kind::SECRET, yaml, key);
            assert_eq!(count, 3);
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            ["a", "b", "c"].map(|key| value["data"][key].as_str().unwrap().to_owned())
        };
        assert_eq!(marks(None), [MARK; 3]);
        let [a, b, c] = marks(Some(vec![7; 32]));
        assert!(a == b && a != c && a.starts_with("ironclad-redacted-") && a.len() == MARK.len() + 33);
        assert_ne!(marks(Some(vec![8; 32]))[0], a);
    }

    #[test]
    fn base64() {
        for text in ["", "a", "ab", "abc", "ironclad-redacted"] {
            assert_eq!(decode_base64(&encode(text), 100).unwrap_or_default(), text);
        }
    }

    /// The rules know the mark: a snapshot must not look cleaner than its cluster.
    #[test]
    fn the_mark_is_a_secret() {
        assert!(judge("password", MARK).is_some());
        assert_eq!(find(&format!("{MARK}-{}", "0f".repeat(16))).len(), 1);
    }
}
