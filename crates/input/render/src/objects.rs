//! What templates are given besides values: `.Chart`, `.Capabilities`, `.Files`.

use crate::api_versions;
use crate::chart::{Chart, RawFile};
use crate::glob;
use ironclad_gotemplate::{
    Data, Dict, Elem, Object, Rope, Slot, Text, Trails, Value, Version, base_name, to_base64, to_yaml,
};
use ironclad_model::Role;
use ironclad_tree::{Source, Span};
use std::fmt;
use std::rc::Rc;

/// `.Chart`: the fields of `chart.Metadata` by their Go names, and `IsRoot`.
#[derive(Debug)]
pub(crate) struct Metadata {
    fields: Value,
    is_root: bool,
}

/// Name in Go, name in Chart.yaml, what it is where it is not set.
const FIELDS: &[(&str, &str, Zero)] = &[
    ("Name", "name", Zero::Text),
    ("Home", "home", Zero::Text),
    ("Sources", "sources", Zero::Texts),
    ("Version", "version", Zero::Text),
    ("Description", "description", Zero::Text),
    ("Keywords", "keywords", Zero::Texts),
    ("Maintainers", "maintainers", Zero::List),
    ("Icon", "icon", Zero::Text),
    ("APIVersion", "apiVersion", Zero::Text),
    ("Condition", "condition", Zero::Text),
    ("Tags", "tags", Zero::Text),
    ("AppVersion", "appVersion", Zero::Text),
    ("Deprecated", "deprecated", Zero::Flag),
    ("Annotations", "annotations", Zero::Map),
    ("KubeVersion", "kubeVersion", Zero::Text),
    ("Dependencies", "dependencies", Zero::List),
    ("Type", "type", Zero::Text),
];

#[derive(Clone, Copy)]
enum Zero {
    Text,
    Texts,
    List,
    Flag,
    Map,
}

impl Metadata {
    pub(crate) fn of(chart: &Chart, is_root: bool) -> Value {
        Value::object(Metadata { fields: chart.metadata.clone(), is_root })
    }
}

impl Object for Metadata {
    fn type_name(&self) -> &'static str {
        "struct { chart.Metadata; IsRoot bool }"
    }
    fn field(&self, name: &str) -> Option<Value> {
        if name == "IsRoot" {
            return Some(Value::bool(self.is_root));
        }
        let (_, yaml, zero) = FIELDS.iter().find(|(go, ..)| *go == name)?;
        if let Some(value) = self.fields.get(yaml) {
            return Some(match (&value.data, zero) {
                (Data::List(list), Zero::Texts) => Value::strings(list.items.to_vec()),
                (Data::List(list), Zero::List) => {
                    let fields = if name == "Maintainers" { MAINTAINER } else { DEPENDENCY };
                    let wrap = |item: &Value| Value::object(Struct { value: item.clone(), fields });
                    Value::list(list.items.iter().map(wrap).collect())
                }
                _ => value,
            });
        }
        Some(match zero {
            Zero::Text => Value::str(""),
            Zero::Texts => Value::strings(Vec::new()),
            Zero::List => Value::list(Vec::new()),
            Zero::Flag => Value::bool(false),
            Zero::Map => Value::dict(Dict::of(Elem::String)),
        })
    }
    fn print(&self) -> String {
        let text = |name: &str| self.field(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        format!("{{{} {} {}}}", text("Name"), text("Version"), self.is_root)
    }
    fn plain(&self) -> Value {
        let all = Value::map([("IsRoot".into(), Value::bool(self.is_root))]);
        for (_, yaml, _) in FIELDS {
            if let Some(value) = self.fields.get(yaml).filter(Value::truth) {
                all.set(*yaml, value);
            }
        }
        all
    }
}

/// A struct of Go's whose fields are a map's entries under other names.
#[derive(Debug)]
struct Struct {
    value: Value,
    fields: &'static [(&'static str, &'static str)],
}

const MAINTAINER: &[(&str, &str)] = &[("Name", "name"), ("Email", "email"), ("URL", "url")];
const DEPENDENCY: &[(&str, &str)] = &[
    ("Name", "name"),
    ("Version", "version"),
    ("Repository", "repository"),
    ("Condition", "condition"),
    ("Tags", "tags"),
    ("Enabled", "enabled"),
    ("ImportValues", "import-values"),
    ("Alias", "alias"),
];

impl Object for Struct {
    fn type_name(&self) -> &'static str {
        if self.fields.len() == MAINTAINER.len() { "*chart.Maintainer" } else { "*chart.Dependency" }
    }
    fn kind_name(&self) -> &'static str {
        "ptr"
    }
    fn field(&self, name: &str) -> Option<Value> {
        let (_, yaml) = self.fields.iter().find(|(go, _)| *go == name)?;
        Some(self.value.get(yaml).unwrap_or_else(|| Value::str("")))
    }
    fn print(&self) -> String {
        let of = |yaml: &str| self.value.get(yaml).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let all: Vec<String> = self.fields.iter().map(|(_, yaml)| of(yaml)).collect();
        format!("&{{{}}}", all.join(" "))
    }
    fn plain(&self) -> Value {
        self.value.clone()
    }
}

/// `.Capabilities`
#[derive(Debug)]
pub(crate) struct Capabilities {
    version: String,
    api_versions: Vec<String>,
}

impl Capabilities {
    /// `version` as `v1.N.P`; `more` versions of APIs besides Helm's own.
    pub(crate) fn new(version: &str, more: &[String]) -> Capabilities {
        let known = api_versions::DEFAULT.iter().map(|v| (*v).to_owned());
        Capabilities { version: version.to_owned(), api_versions: known.chain(more.iter().cloned()).collect() }
    }

    fn kube(&self) -> KubeVersion {
        KubeVersion(self.version.clone())
    }
}

impl Object for Capabilities {
    fn type_name(&self) -> &'static str {
        "*chartutil.Capabilities"
    }
    fn kind_name(&self) -> &'static str {
        "ptr"
    }
    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "KubeVersion" => Value::object(self.kube()),
            "APIVersions" => Value::object(VersionSet(self.api_versions.clone())),
            "HelmVersion" => Value::object(HelmVersion),
            _ => return None,
        })
    }
    fn print(&self) -> String {
        format!(
            "{{{} {} {}}}",
            KubeVersion(self.version.clone()).fields(),
            words(&self.api_versions),
            HelmVersion.print()
        )
    }
    fn plain(&self) -> Value {
        let versions = self.api_versions.iter().map(|v| Value::str(v.as_str())).collect();
        Value::map([
            ("APIVersions".into(), Value::strings(versions)),
            ("HelmVersion".into(), HelmVersion.plain()),
            ("KubeVersion".into(), self.kube().plain()),
        ])
    }
}

fn words(all: &[String]) -> String {
    format!("[{}]", all.join(" "))
}

#[derive(Debug)]
struct KubeVersion(String);

impl KubeVersion {
    fn part(&self, index: usize) -> String {
        let parsed = Version::parse(&self.0);
        parsed.map(|v| if index == 0 { v.major } else { v.minor }).unwrap_or(0).to_string()
    }

    fn fields(&self) -> String {
        format!("{{{} {} {}}}", self.0, self.part(0), self.part(1))
    }
}

impl Object for KubeVersion {
    fn type_name(&self) -> &'static str {
        "chartutil.KubeVersion"
    }
    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "Version" | "GitVersion" | "String" => Value::str(self.0.as_str()),
            "Major" => Value::str(self.part(0)),
            "Minor" => Value::str(self.part(1)),
            _ => return None,
        })
    }
    fn print(&self) -> String {
        self.0.clone()
    }
    fn plain(&self) -> Value {
        Value::map([
            ("Major".into(), Value::str(self.part(0))),
            ("Minor".into(), Value::str(self.part(1))),
            ("Version".into(), Value::str(self.0.as_str())),
        ])
    }
}

#[derive(Debug)]
struct VersionSet(Vec<String>);

impl Object for VersionSet {
    fn type_name(&self) -> &'static str {
        "chartutil.VersionSet"
    }
    fn kind_name(&self) -> &'static str {
        "slice"
    }
    fn field(&self, _: &str) -> Option<Value> {
        None
    }
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let wanted = arguments.first().filter(|_| name == "Has")?;
        Some(match wanted.as_str() {
            Some(wanted) => Ok(Value::bool(self.0.iter().any(|v| v == wanted))),
            None => Err(format!("wrong type for value; expected string; got {}", wanted.type_name())),
        })
    }
    fn print(&self) -> String {
        words(&self.0)
    }
    fn plain(&self) -> Value {
        Value::strings(self.0.iter().map(|v| Value::str(v.as_str())).collect())
    }
    fn is_collection(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct HelmVersion;

impl Object for HelmVersion {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }
    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "Version" => Value::str(api_versions::HELM),
            "GitCommit" | "GitTreeState" | "GoVersion" => Value::str(""),
            _ => return None,
        })
    }
    fn print(&self) -> String {
        format!("{{{}   }}", api_versions::HELM)
    }
    fn plain(&self) -> Value {
        Value::map([("version".into(), Value::str(api_versions::HELM))])
    }
}

/// `.Files`: what is neither template nor chart.
#[derive(Clone)]
pub(crate) struct Files {
    files: Rc<Vec<RawFile>>,
    trails: Rc<Trails>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files", self.files.len())
    }
}

impl Files {
    pub(crate) fn of(files: &Rc<Vec<RawFile>>, trails: &Rc<Trails>) -> Files {
        Files { files: Rc::clone(files), trails: Rc::clone(trails) }
    }

    /// The text of a file, each byte at its own place.
    fn text(&self, file: &RawFile) -> Text {
        let text = String::from_utf8_lossy(&file.bytes);
        let source = Source::new(&*file.shown, text.as_ref());
        let number = self.trails.source(&source);
        let mark = self.trails.place(number, Span { start: 0, end: text.len() as u32 }, Role::File);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            self.trails.set_raw(mark, &file.bytes);
            // Its bytes are not those of the place, one by one.
            return Text::marked(text.as_ref(), mark);
        }
        let mut rope = Rope::default();
        rope.push_linear(&text, mark, 0);
        rope.finish()
    }

    fn named(&self, name: &str) -> Option<&RawFile> {
        self.files.iter().find(|file| &*file.name == name)
    }

    fn glob(&self, pattern: &str) -> Files {
        let matching = self.files.iter().filter(|file| glob::matches_file(pattern, &file.name)).cloned().collect();
        Files { files: Rc::new(matching), trails: Rc::clone(&self.trails) }
    }

    fn as_map(&self, value: impl Fn(&RawFile) -> Text) -> Value {
        let mut dict = Dict::of(Elem::Any);
        for file in self.files.iter() {
            let text = value(file);
            let key = text.mark(&self.trails);
            dict.insert(base_name(&file.name).into(), Slot { key, value: Value::text(text) });
        }
        Value::dict(dict)
    }

    fn secrets(&self) -> Value {
        self.as_map(|file| Text::marked(to_base64(&file.bytes), self.text(file).mark(&self.trails)))
    }
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }
    fn kind_name(&self) -> &'static str {
        "map"
    }
    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "AsConfig" => Some(Value::text(to_yaml(&self.as_map(|file| self.text(file)), &self.trails))),
            "AsSecrets" => Some(Value::text(to_yaml(&self.secrets(), &self.trails))),
            // As a map, it has its files as fields.
            name => self.named(name).map(|file| Value::text(self.text(file))),
        }
    }
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        if !matches!(name, "Get" | "GetBytes" | "Glob" | "Lines") {
            return None;
        }
        let first = arguments.first()?;
        let Some(path) = first.as_str() else {
            return Some(Err(format!("wrong type for value; expected string; got {}", first.type_name())));
        };
        Some(Ok(match name {
            "Glob" => Value::object(self.glob(path)),
            "Lines" => {
                let text = self.named(path).map(|file| self.text(file)).unwrap_or_else(|| Text::plain(""));
                let whole = text.as_str().strip_suffix('\n').unwrap_or(text.as_str());
                let mut lines = Vec::new();
                let mut at = 0;
                if !text.as_str().is_empty() {
                    for line in whole.split('\n') {
                        lines.push(Value::text(text.slice(at..at + line.len())));
                        at += line.len() + 1;
                    }
                }
                Value::strings(lines)
            }
            _ => Value::text(self.named(path).map(|file| self.text(file)).unwrap_or_else(|| Text::plain(""))),
        }))
    }
    fn print(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|file| &*file.name).collect();
        format!("map[{}]", names.join(" "))
    }
    fn plain(&self) -> Value {
        let mut dict = Dict::of(Elem::Any);
        for file in self.files.iter() {
            let slot = Slot { key: Default::default(), value: Value::text(self.text(file)) };
            dict.insert(Rc::clone(&file.name), slot);
        }
        Value::dict(dict)
    }
    fn is_collection(&self) -> bool {
        true
    }
}
