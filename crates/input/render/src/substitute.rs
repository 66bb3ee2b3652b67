//! Flux's `postBuild`: variables in the text of an object, as `fluxcd/pkg/envsubst` and `SubstituteVariables` of
//! `fluxcd/pkg/kustomize` put them in. The object is written as YAML, `${…}` is replaced in that text, and the text is
//! read again: a text that becomes a number is a number.

use crate::origins;
use ironclad_gotemplate::{Mark, Rope, Text, Trails, of_node, to_yaml};
use ironclad_model::{Origins, Role};
use ironclad_tree::{Document, Limits, Severity, Source, Span, parse};
use std::sync::Arc;

/// A variable and where its value stands.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; line breaks are taken out, as Flux does.
    pub value: String,
    /// Where the value stands.
    pub place: (Arc<Source>, Span),
}

/// Functions within functions before it is a trick.
const DEEPEST: usize = 32;

/// The object with its variables replaced; nothing where its text holds none. The origins lead into the object's own
/// text and to the variables.
pub fn substitute(document: &Document, variables: &[Variable]) -> Result<Option<(Document, Origins)>, String> {
    if !document.source().text().contains('$') {
        return Ok(None);
    }
    let trails = Trails::default();
    let own = trails.source(document.source());
    let text = to_yaml(&of_node(document.root(), &|span| trails.place(own, span, Role::Base)), &trails);
    let marks = variables
        .iter()
        .map(|variable| trails.place(trails.source(&variable.place.0), variable.place.1, Role::Values))
        .collect::<Vec<_>>();
    let names = Names { variables, marks };
    let mut eval = Eval { text: &text, bytes: text.as_str().as_bytes(), at: 0, names: &names, trails: &trails };
    let out = eval.run()?;
    if out.as_str() == text.as_str() {
        return Ok(None);
    }
    let source = Source::new(Arc::clone(document.source().name()), out.as_str());
    let parsed = parse(&source, &Limits::default());
    if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == Severity::Error) {
        return Err(format!("what the variables make of it is no YAML: {}", problem.message));
    }
    let Some(document) = parsed.documents.into_iter().next() else {
        return Err("the variables leave nothing of it".to_owned());
    };
    Ok(Some((document, origins::of_text(&out, &trails))))
}

struct Names<'a> {
    variables: &'a [Variable],
    marks: Vec<Mark>,
}

impl Names<'_> {
    /// The last one of a name counts.
    fn find(&self, name: &str) -> (String, Mark) {
        let known = self.variables.iter().zip(&self.marks).rev().find(|(variable, _)| variable.name == name);
        known.map(|(variable, mark)| (variable.value.replace('\n', ""), *mark)).unwrap_or_default()
    }
}

/// The scanner of `envsubst/parse`: `${` opens, `$$` is a dollar, everything else is text.
struct Eval<'a> {
    text: &'a Text,
    bytes: &'a [u8],
    at: usize,
    names: &'a Names<'a>,
    trails: &'a Trails,
}

impl Eval<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn opens(&self) -> bool {
        self.bytes.get(self.at..self.at + 2) == Some(b"${")
    }

    fn run(&mut self) -> Result<Text, String> {
        let mut out = Rope::default();
        let mut from = self.at;
        while let Some(byte) = self.peek() {
            if self.bytes.get(self.at..self.at + 2) == Some(b"$$") {
                // The first dollar goes, and the second opens nothing.
                out.push_slice(self.text, from..self.at);
                from = self.at + 1;
                self.at += 2;
            } else if byte == b'$' && self.opens() {
                out.push_slice(self.text, from..self.at);
                let start = self.at;
                let (value, mark) = self.function(0)?;
                let written = self.text.mark_of(start..self.at, self.trails);
                out.push_str(&value, self.trails.via(written, mark));
                from = self.at;
            } else {
                self.at += 1;
            }
        }
        out.push_slice(self.text, from..self.at);
        Ok(out.finish())
    }

    /// `${name…}`
    fn function(&mut self, depth: usize) -> Result<(String, Mark), String> {
        if depth > DEEPEST {
            return Err(format!("variables nested deeper than {DEEPEST}"));
        }
        self.at += 2;
        if self.peek() == Some(b'#') {
            self.at += 1;
            let name = self.name();
            if name.is_empty() {
                return Err("bad substitution".to_owned());
            }
            self.close()?;
            let (value, mark) = self.names.find(&name);
            return Ok((value.len().to_string(), mark));
        }
        let name = self.name();
        if name.is_empty() {
            return Err("unable to parse variable name".to_owned());
        }
        let (value, own) = self.names.find(&name);
        let mut used = own;
        let out = match self.peek() {
            Some(b'}') => value,
            Some(b':') if !matches!(self.bytes.get(self.at + 1), Some(b'=' | b'-' | b'?' | b'+')) => {
                self.at += 1;
                let start = self.part(&|c| c != b':' && c != b'}', depth)?.0;
                let length = match self.peek() {
                    Some(b':') => {
                        self.at += 1;
                        Some(self.part(&|c| c != b'}', depth)?.0)
                    }
                    _ => None,
                };
                part_of(&value, &start, length.as_deref())
            }
            Some(b':' | b'=') => {
                self.at += if self.peek() == Some(b'=') { 1 } else { 2 };
                let mut default = String::new();
                let mut marks = Vec::new();
                while self.peek() != Some(b'}') {
                    let (text, mark) = self.part(&|c| c != b'}', depth)?;
                    default.push_str(&text);
                    marks.push(mark);
                }
                if value.is_empty() {
                    used = self.trails.join(marks);
                    default
                } else {
                    value
                }
            }
            Some(c @ (b',' | b'^')) => {
                let mut count = 0;
                while matches!(self.peek(), Some(b',' | b'^')) && count < 2 {
                    count += 1;
                    self.at += 1;
                }
                let change = |text: &str| if c == b',' { text.to_lowercase() } else { text.to_uppercase() };
                match value.chars().next() {
                    Some(first) if count == 1 => {
                        let rest = value.get(first.len_utf8()..).unwrap_or_default();
                        change(&first.to_string()) + rest
                    }
                    _ => change(&value),
                }
            }
            Some(b'/') => {
                self.at += 1;
                let mode = self.peek().filter(|c| matches!(c, b'/' | b'#' | b'%'));
                self.at += usize::from(mode.is_some());
                let wanted = self.escaped(&|c| c != b'/', depth)?;
                if self.peek() != Some(b'/') {
                    return Err("bad substitution".to_owned());
                }
                while self.peek() == Some(b'/') {
                    self.at += 1;
                }
                let by = if self.peek() == Some(b'}') { None } else { Some(self.escaped(&|c| c != b'}', depth)?) };
                replaced(&value, mode, &wanted, by.as_deref())
            }
            Some(c @ (b'#' | b'%')) => {
                let mut count = 0;
                while self.peek() == Some(c) && count < 2 {
                    count += 1;
                    self.at += 1;
                }
                let pattern = self.part(&|c| c != b'}', depth)?.0;
                trimmed(&value, c, count == 2, &pattern)
            }
            _ => return Err("missing closing brace".to_owned()),
        };
        self.close()?;
        Ok((out, used))
    }

    fn close(&mut self) -> Result<(), String> {
        if self.peek() != Some(b'}') {
            return Err("missing closing brace".to_owned());
        }
        self.at += 1;
        Ok(())
    }

    fn name(&mut self) -> String {
        let rest = self.text.as_str().get(self.at..).unwrap_or_default();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        self.at += name.len();
        name
    }

    /// A function, or text up to the end of a parameter.
    fn part(&mut self, accept: &dyn Fn(u8) -> bool, depth: usize) -> Result<(String, Mark), String> {
        if self.opens() {
            return self.function(depth + 1);
        }
        let start = self.at;
        while self.peek().is_some_and(accept) && !(self.at > start && self.opens()) {
            self.at += 1;
        }
        if start == self.at {
            return Err("unable to parse substitution within function".to_owned());
        }
        let text = self.text.as_str().get(start..self.at).ok_or("bad substitution")?;
        Ok((text.to_owned(), self.text.mark_of(start..self.at, self.trails)))
    }

    /// The same, where `\/` and `\\` are meant literally.
    fn escaped(&mut self, accept: &dyn Fn(u8) -> bool, depth: usize) -> Result<String, String> {
        if self.opens() {
            return Ok(self.function(depth + 1)?.0);
        }
        let mut out = Vec::new();
        while let Some(byte) = self.peek() {
            let next = self.bytes.get(self.at + 1).copied();
            if byte == b'\\' && matches!(next, Some(b'/' | b'\\')) || byte == b'$' && next == Some(b'$') {
                out.extend(next);
                self.at += 2;
            } else if accept(byte) && !self.opens() {
                out.push(byte);
                self.at += 1;
            } else {
                break;
            }
        }
        String::from_utf8(out).map_err(|_| "bad substitution".to_owned())
    }
}

fn part_of(value: &str, start: &str, length: Option<&str>) -> String {
    let Ok(start) = start.parse::<i64>() else { return value.to_owned() };
    let size = value.len() as i64;
    let start = if start < 0 { (size + start).max(0) } else { start };
    if start >= size {
        return String::new();
    }
    let end = match length.map(str::parse::<i64>) {
        None => size,
        Some(Err(_)) => return value.to_owned(),
        Some(Ok(length)) => start.saturating_add(length).clamp(start, size),
    };
    let bytes = value.as_bytes().get(start as usize..end as usize).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn replaced(value: &str, mode: Option<u8>, wanted: &str, by: Option<&str>) -> String {
    match (mode, by) {
        (None, by) => value.replacen(wanted, by.unwrap_or_default(), 1),
        (Some(b'/'), by) => value.replace(wanted, by.unwrap_or_default()),
        (Some(b'#'), Some(by)) if value.starts_with(wanted) => value.replacen(wanted, by, 1),
        (Some(b'%'), Some(by)) => value.strip_suffix(wanted).map_or(value.to_owned(), |rest| rest.to_owned() + by),
        _ => value.to_owned(),
    }
}

/// `${x#pattern}` and its kin.
fn trimmed(value: &str, side: u8, longest: bool, pattern: &str) -> String {
    // A star crosses slashes here, unlike in globs of files.
    let turn = |text: &str| -> String {
        let text = text.replace('/', "\u{1}");
        if side == b'%' { text.chars().rev().collect() } else { text }
    };
    let (text, pattern) = (turn(value), turn(pattern));
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let mut fitting = ends.filter(|end| crate::glob::matches(&pattern, text.get(..*end).unwrap_or_default()));
    let end = if longest { fitting.next_back() } else { fitting.next() };
    let rest = end.and_then(|end| text.get(end..)).unwrap_or(&text);
    let rest: String = if side == b'%' { rest.chars().rev().collect() } else { rest.to_owned() };
    rest.replace('\u{1}', "/")
}
