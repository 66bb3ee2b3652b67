//! Argo CD's `ApplicationSet`, as far as its generators can be known from a tree: lists, folders and files of this
//! repository, and the products of these (`applicationset/generators`).

use super::Context;
use super::home::{Expanded, Home, Seen, at, masked, text};
use super::plan::{Left, Told};
use globset::GlobBuilder;
use ironclad_gotemplate::{Data, Engine, Limits, Mark, Value, of_node};
use ironclad_tree::{Kind, NodeRef, Severity, Source, Span, parse};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// Applications of one set before it is a trick.
const MOST: usize = 2_000;

/// The parameters of one Application: as Go templates see them, and flat.
#[derive(Clone, Debug, Default)]
struct Parameters {
    nested: Vec<(String, Value)>,
    flat: Vec<(String, String)>,
}

impl Parameters {
    fn over(&self, other: &Parameters) -> Parameters {
        let mut both = self.clone();
        both.nested.extend(other.nested.iter().cloned());
        both.flat.extend(other.flat.iter().cloned());
        both
    }
}

/// The Applications of a set.
pub(crate) fn application_set(seen: &Arc<Seen>, context: &Context<'_>) -> Told {
    let mut told = Told::default();
    let Some(spec) = seen.at(&["spec"]) else { return told };
    let Some(template) = at(spec, &["template"]) else { return told };
    if let Some(patch) = at(spec, &["templatePatch"]) {
        told.left.push(Left::new(patch, "`templatePatch` is not applied: its Applications are not followed"));
        return told;
    }
    let is_go = at(spec, &["goTemplate"]).and_then(|node| node.as_bool()) == Some(true);
    let set = Set { seen, context };
    let mut all = Vec::new();
    for generator in at(spec, &["generators"]).into_iter().flat_map(|list| list.items()) {
        match set.generate(generator, 0) {
            Ok(mut parameters) => all.append(&mut parameters),
            Err(left) => told.left.push(left),
        }
    }
    all.truncate(MOST);
    for parameters in &all {
        match set.expand(template, parameters, is_go) {
            Ok(application) => told.objects.push(application),
            Err(message) => {
                told.left.push(Left::new(template, message));
                break;
            }
        }
    }
    told
}

struct Set<'a> {
    seen: &'a Arc<Seen>,
    context: &'a Context<'a>,
}

impl Set<'_> {
    fn generate(&self, generator: NodeRef<'_>, depth: usize) -> Result<Vec<Parameters>, Left> {
        let Some(entry) = generator.entries().find(|entry| entry.key() != "selector") else { return Ok(Vec::new()) };
        if let Some(selector) = at(generator, &["selector"]) {
            return Err(Left::new(selector, "the selector of a generator is not evaluated"));
        }
        let own = entry.value();
        if at(own, &["template"]).is_some_and(|template| !template.is_empty()) {
            return Err(Left::new(own, "the template of a generator is not evaluated"));
        }
        match entry.key() {
            "list" if at(own, &["elementsYaml"]).is_none() => {
                Ok(at(own, &["elements"]).into_iter().flat_map(|list| list.items()).map(of_element).collect())
            }
            "git" => self.git(own),
            "matrix" if depth < 2 => {
                let mut all = vec![Parameters::default()];
                for inner in at(own, &["generators"]).into_iter().flat_map(|list| list.items()) {
                    let next = self.generate(inner, depth + 1)?;
                    all = all.iter().flat_map(|one| next.iter().map(|other| one.over(other))).take(MOST).collect();
                }
                Ok(all)
            }
            other => Err(Left::new(own, format!("generator `{other}` asks for what is not in this tree"))),
        }
    }

    fn git(&self, own: NodeRef<'_>) -> Result<Vec<Parameters>, Left> {
        let url = text(own, "repoURL").unwrap_or_default();
        if self.context.tree.is_other(&self.seen.file, url) {
            return Err(Left::new(own, format!("{url} is another repository")));
        }
        for name in ["pathParamPrefix", "values"] {
            if let Some(node) = at(own, &[name]).filter(|node| !node.is_empty() || node.text().is_some()) {
                return Err(Left::new(node, format!("`{name}` of a git generator is not evaluated")));
            }
        }
        let Some(root) = self.context.tree.root(&self.seen.file) else { return Ok(Vec::new()) };
        if let Some(folders) = at(own, &["directories"]) {
            let paths = chosen(&root, folders, false);
            return Ok(paths.iter().map(|path| of_path(path, None)).collect());
        }
        let mut all = Vec::new();
        for path in at(own, &["files"]).map(|files| chosen(&root, files, true)).unwrap_or_default() {
            let Some(source) = self.context.source(&root.join(&path)) else { continue };
            let parsed = parse(&source, &ironclad_tree::Limits::default());
            let Some(document) = parsed.documents.first() else { continue };
            let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            let file = path.rsplit('/').next().unwrap_or(&path);
            let items = match document.root().kind() {
                Kind::Sequence => document.root().items().collect(),
                _ => vec![document.root()],
            };
            all.extend(items.into_iter().map(|item| of_element(item).over(&of_path(folder, Some(file)))));
        }
        Ok(all)
    }

    /// The template with its parameters, as an Application whose lines are the template's.
    fn expand(&self, template: NodeRef<'_>, parameters: &Parameters, is_go: bool) -> Result<Seen, String> {
        let behind = &self.seen.document;
        let span = template.span();
        let text = masked(behind.source(), &[span]);
        // What is before the template is blank; its lines are counted, and what follows is cut off.
        let end = span.end as usize;
        let kept = text.text().get(..end).unwrap_or_default();
        let filled = if is_go { go(kept, parameters)? } else { plain(kept, &parameters.flat) };
        let source = Source::new(Arc::clone(behind.source().name()), filled);
        let parsed = parse(&source, &ironclad_tree::Limits::default());
        if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == Severity::Error) {
            return Err(format!("with its parameters the template is no YAML: {}", problem.message));
        }
        let document = parsed.documents.into_iter().next().ok_or("the template is empty")?;
        let lines = if source.line_count() == text.line_count_to(end) {
            (1..=source.line_count())
                .map(|line| (trimmed(&source, line), trimmed(behind.source(), line)))
                .filter(|(_, there)| there.end > span.start)
                .collect()
        } else {
            Vec::new()
        };
        let expanded = Expanded { lines, whole: span, behind: Arc::clone(self.seen) };
        let root = document.root().id();
        let file = self.seen.file.clone();
        Ok(Seen { document: Arc::new(document), root, home: Home::Expanded(Arc::new(expanded)), file })
    }
}

/// Number of lines up to a byte.
trait Lines {
    fn line_count_to(&self, end: usize) -> u32;
}

impl Lines for Source {
    fn line_count_to(&self, end: usize) -> u32 {
        Source::new("", self.text().get(..end).unwrap_or_default()).line_count()
    }
}

/// A line without its indentation.
fn trimmed(source: &Source, line: u32) -> Span {
    let range = source.line_range(line.min(source.line_count()));
    let text = source.text().get(range.clone()).unwrap_or_default();
    let start = range.start + text.len() - text.trim_start().len();
    Span { start: start as u32, end: (start + text.trim().len()) as u32 }
}

/// `fasttemplate`: `{{name}}` where the name is known.
fn plain(text: &str, parameters: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((tag, behind)) = behind.split_once("}}") else {
            out.push_str("{{");
            rest = behind;
            continue;
        };
        match parameters.iter().rev().find(|(name, _)| name == tag.trim()) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push_str("{{");
                out.push_str(tag);
                out.push_str("}}");
            }
        }
        rest = behind;
    }
    out + rest
}

fn go(text: &str, parameters: &Parameters) -> Result<String, String> {
    let engine = Engine::new(Rc::default(), Limits::default(), 0);
    let source = Source::new("template", text);
    engine.add("template", &source).map_err(|failure| failure.message)?;
    let data = Value::map(parameters.nested.iter().map(|(key, value)| (key.as_str().into(), value.clone())));
    let text = engine.render("template", &data).map_err(|failure| failure.message)?;
    Ok(text.as_str().to_owned())
}

fn of_element(element: NodeRef<'_>) -> Parameters {
    let mut parameters = Parameters::default();
    for entry in element.entries() {
        let value = of_node(entry.value(), &|_| Mark::NONE);
        flatten(entry.key(), &value, &mut parameters.flat);
        parameters.nested.push((entry.key().to_owned(), value));
    }
    parameters
}

fn flatten(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match &value.data {
        Data::Map(map) => {
            for (key, slot) in &map.borrow().entries {
                flatten(&format!("{name}.{key}"), &slot.value, out);
            }
        }
        Data::List(list) => {
            for (index, item) in list.items.iter().enumerate() {
                flatten(&format!("{name}.{index}"), item, out);
            }
        }
        Data::Str(text) => out.push((name.to_owned(), text.as_str().to_owned())),
        Data::Bool(flag) => out.push((name.to_owned(), flag.to_string())),
        Data::Float(number) => out.push((name.to_owned(), number.to_string())),
        Data::Int(number, _) => out.push((name.to_owned(), number.to_string())),
        Data::Nil | Data::Object(_) => {}
    }
}

/// `path` and what is made of it.
fn of_path(path: &str, file: Option<&str>) -> Parameters {
    let base = path.rsplit('/').next().unwrap_or(path);
    let mut texts =
        vec![("path", path.to_owned()), ("basename", base.to_owned()), ("basenameNormalized", normal(base))];
    if let Some(file) = file {
        texts.extend([("filename", file.to_owned()), ("filenameNormalized", normal(file))]);
    }
    let segments: Vec<Value> = path.split('/').map(Value::str).collect();
    let nested = texts.iter().map(|(name, text)| ((*name).into(), Value::str(text.as_str())));
    let nested = Value::map(nested.chain([("segments".into(), Value::strings(segments))]).collect::<Vec<_>>());
    let mut flat: Vec<(String, String)> = texts
        .into_iter()
        .map(|(name, text)| (if name == "path" { name.to_owned() } else { format!("path.{name}") }, text))
        .collect();
    flat.extend(path.split('/').enumerate().map(|(index, part)| (format!("path[{index}]"), part.to_owned())));
    Parameters { nested: vec![("path".to_owned(), nested)], flat }
}

/// `SanitizeName`: what a DNS name allows.
fn normal(name: &str) -> String {
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' })
        .collect();
    let cut = name.get(..253.min(name.len())).unwrap_or(&name);
    cut.trim_matches(['-', '.']).to_owned()
}

/// Folders or files of a repository that the items choose and none of them excludes.
fn chosen(root: &Path, items: NodeRef<'_>, files: bool) -> Vec<String> {
    let pattern = |item: NodeRef<'_>| {
        let glob = GlobBuilder::new(text(item, "path").unwrap_or_default()).literal_separator(true).build().ok()?;
        let excludes = at(item, &["exclude"]).and_then(|node| node.as_bool()) == Some(true);
        Some((glob.compile_matcher(), excludes))
    };
    let patterns: Vec<_> = items.items().filter_map(pattern).collect();
    let mut all = Vec::new();
    let mut pending = vec![(root.to_owned(), String::new())];
    let mut looked = 0_usize;
    while let Some((folder, below)) = pending.pop() {
        looked += 1;
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        if looked > 50_000 {
            break;
        }
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links are not followed, as in Argo CD.
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{below}{name}");
            if kind.is_dir() {
                pending.push((entry.path(), format!("{path}/")));
            }
            if kind.is_dir() != files {
                let fits = |excludes: bool| patterns.iter().any(|(glob, own)| *own == excludes && glob.is_match(&path));
                if fits(false) && !fits(true) {
                    all.push(path);
                }
            }
        }
    }
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_stays() {
        let parameters = [("name".to_owned(), "web".to_owned())];
        assert_eq!(plain("a {{name}} {{ name }} {{other}} {{", &parameters), "a web web {{other}} {{");
    }

    #[test]
    fn parameters_of_a_path() {
        let parameters = of_path("apps/My_App", None);
        let flat: Vec<(&str, &str)> = parameters.flat.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            flat,
            [
                ("path", "apps/My_App"),
                ("path.basename", "My_App"),
                ("path.basenameNormalized", "my-app"),
                ("path[0]", "apps"),
                ("path[1]", "My_App")
            ]
        );
    }
}
