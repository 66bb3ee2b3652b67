//! A place where schemas lie: what `--schema-location` takes, as kubeconform's users write it.
//!
//! | written | means |
//! |---|---|
//! | `schemas/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json` | that file, of each kind |
//! | `schemas/{{ .Group }}` | kubeconform's layout below that folder |
//! | `crds/widgets.yaml` | that file: definitions, or the one schema there is |
//! | `schemas` | the usual layouts below that folder, and every definition in its YAML files |
//! | `default` | the built-in kinds, which are judged by the tables of this program anyway |

use ironclad_gotemplate::{Engine, Limits, Value};
use ironclad_tree::Source;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where kubeconform looks below a location that names no file (yannh/kubeconform, pkg/registry/registry.go).
const DEFAULT_LAYOUT: &str =
    "{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json";

/// Layouts of folders that people have: that of the CRDs catalogue, that of the script which turns definitions into
/// schemas, and kubeconform's own.
const LAYOUTS: &[&str] = &[
    "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json",
    "{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json",
    DEFAULT_LAYOUT,
    "{{ .ResourceKind }}{{ .KindSuffix }}.json",
];

/// The placeholders.
const NAMES: &[&str] =
    &["Group", "KindSuffix", "NormalizedKubernetesVersion", "ResourceAPIVersion", "ResourceKind", "StrictSuffix"];

/// A template of a file's name may not cost more than this.
const LIMITS: Limits = Limits { steps: 10_000, text: 1 << 16, produced: 1 << 20, elements: 1_000, depth: 16 };

/// A place where schemas lie.
#[derive(Clone, Debug)]
pub struct Place {
    what: What,
    /// Files are not read outside of it.
    root: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum What {
    /// Only what is built in.
    BuiltIn,
    /// Names of files, as templates.
    Template(String),
    File(PathBuf),
    Folder(PathBuf),
}

/// Why a text is no place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadPlace {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Place {
    /// The place that a text names, relative to a folder where it is relative. `root`: where its files must lie, for a text
    /// that comes with a tree.
    pub fn parse(text: &str, folder: &Path, root: Option<&Path>) -> Result<Place, BadPlace> {
        let root = root.map(Path::to_owned);
        let bad = |message: String, hint: &str| Err(BadPlace { message, hint: hint.to_owned() });
        if text == "default" {
            return Ok(Place { what: What::BuiltIn, root });
        }
        if text.contains("://") {
            let hint = "nothing is fetched: download the schemas, and name their folder";
            return bad(format!("schema location `{text}` is not on this machine"), hint);
        }
        let path = folder.join(text);
        if text.contains("{{") {
            let whole = path.to_string_lossy().into_owned();
            let names_file = [".json", ".yaml", ".yml"].iter().any(|end| whole.ends_with(end));
            let template = if names_file { whole } else { format!("{}/{DEFAULT_LAYOUT}", whole.trim_end_matches('/')) };
            let values = Values::new("example.com/v1", "Widget", "v1.30.0", "-strict");
            return match unknown_name(&template).map_or_else(|| values.fill(&template), Err) {
                Ok(_) => Ok(Place { what: What::Template(template), root }),
                Err(why) => bad(
                    format!("schema location `{text}` is no template: {why}"),
                    "as in `schemas/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`",
                ),
            };
        }
        match fs_err::metadata(&path) {
            Ok(metadata) => {
                let what = if metadata.is_dir() { What::Folder(path.clone()) } else { What::File(path.clone()) };
                let place = Place { what, root };
                match place.confined(&path) {
                    Ok(()) => Ok(place),
                    Err(why) => bad(format!("schema location `{text}` {why}"), "name it with `--schema-location`"),
                }
            }
            Err(error) => bad(
                format!("schema location `{text}` cannot be read: {}", crate::discover::errno(&error)),
                "name a file, a folder, or a template of file names",
            ),
        }
    }

    /// Files that may hold the schema of a kind, by their names, the likeliest first.
    pub(super) fn paths(&self, api_version: &str, kind: &str, version: u8) -> Vec<PathBuf> {
        if !is_plain(api_version, kind) {
            return Vec::new();
        }
        let below = |folder: &Path| -> Vec<String> {
            LAYOUTS.iter().map(|layout| folder.join(layout).to_string_lossy().into_owned()).collect()
        };
        let templates = match &self.what {
            What::Template(template) => vec![template.clone()],
            What::Folder(folder) => below(folder),
            What::File(_) | What::BuiltIn => return Vec::new(),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        let own = format!("v1.{version}.0");
        for template in &templates {
            for (release, strict) in [(own.as_str(), "-strict"), (&own, ""), ("master", "-strict"), ("master", "")] {
                let filled = Values::new(api_version, kind, release, strict).fill(template);
                paths.extend(filled.ok().map(PathBuf::from).filter(|path| !paths.contains(path)));
            }
        }
        paths
    }

    /// The file or folder whose files say themselves what they are about.
    pub(super) fn look_through(&self) -> Option<&Path> {
        match &self.what {
            What::File(path) | What::Folder(path) => Some(path),
            What::Template(_) | What::BuiltIn => None,
        }
    }

    /// May a file be read?
    pub(super) fn confined(&self, path: &Path) -> Result<(), String> {
        let Some(root) = &self.root else { return Ok(()) };
        match fs_err::canonicalize(path) {
            Ok(real) if real.starts_with(root) => Ok(()),
            Ok(_) => Err("lies outside the repository whose configuration names it".to_owned()),
            Err(error) => Err(format!("cannot be read: {}", crate::discover::errno(&error))),
        }
    }
}

/// Names of objects come from strangers: what is no name of an API leads nowhere.
fn is_plain(api_version: &str, kind: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    };
    api_version.split('/').count() == 2 && api_version.split('/').all(is_name) && is_name(kind)
}

/// A placeholder that there is none of.
fn unknown_name(template: &str) -> Option<String> {
    let inside = template.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or(rest));
    let unquoted = inside.flat_map(|action| action.split('"').step_by(2));
    let words = unquoted.flat_map(|action| action.split(|c: char| !c.is_ascii_alphanumeric() && c != '.'));
    let mut names = words.filter_map(|word| word.strip_prefix('.')).filter(|name| !name.is_empty());
    let unknown = names.find(|name| !NAMES.contains(name))?;
    let near = ironclad_check::suggest(unknown, NAMES.iter().copied());
    let advice = near.map(|near| format!(": did you mean `.{near}`?")).unwrap_or_default();
    Some(format!("there is no `.{unknown}`{advice}"))
}

/// What the placeholders stand for.
struct Values([(&'static str, String); 6]);

impl Values {
    fn new(api_version: &str, kind: &str, release: &str, strict: &str) -> Values {
        let (group, version) = api_version.rsplit_once('/').unwrap_or((api_version, api_version));
        let first = group.split('.').next().unwrap_or_default();
        let suffix = format!("-{first}-{version}").to_ascii_lowercase();
        Values([
            ("Group", group.to_owned()),
            ("KindSuffix", suffix),
            ("NormalizedKubernetesVersion", release.to_owned()),
            ("ResourceAPIVersion", version.to_owned()),
            ("ResourceKind", kind.to_ascii_lowercase()),
            ("StrictSuffix", strict.to_owned()),
        ])
    }

    fn fill(&self, template: &str) -> Result<String, String> {
        let engine = Engine::new(Rc::default(), LIMITS, 0);
        let source = Source::new("schema location", template);
        engine.add("schema location", &source).map_err(|failure| failure.message)?;
        let values = Value::map(self.0.iter().map(|(name, value)| (Rc::from(*name), Value::str(value.as_str()))));
        engine
            .render("schema location", &values)
            .map(|text| text.as_str().to_owned())
            .map_err(|failure| failure.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<Place, BadPlace> {
        Place::parse(text, Path::new("/s"), None)
    }

    fn paths(text: &str, api_version: &str, kind: &str) -> Vec<String> {
        let paths = template(text).unwrap().paths(api_version, kind, 34);
        paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn templates_are_filled_as_kubeconform_does() {
        let catalogue = "{{.Group}}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";
        assert_eq!(paths(catalogue, "cert-manager.io/v1", "Certificate"), ["/s/cert-manager.io/certificate_v1.json"]);
        let own = paths("x{{ .KindSuffix }}.json", "networking.example.com/V1", "A");
        assert_eq!(own, ["/s/x-networking-v1.json"]);
        let layout = paths("{{ .Group }}", "example.com/v1", "Widget");
        assert_eq!(layout[0], "/s/example.com/v1.34.0-standalone-strict/widget-example-v1.json");
        assert_eq!(layout[3], "/s/example.com/master-standalone/widget-example-v1.json");
        let cased = paths("{{ .ResourceKind | upper }}.json", "example.com/v1", "Widget");
        assert_eq!(cased, ["/s/WIDGET.json"]);
        let short = paths("{{ trimSuffix \".io\" .Group }}.json", "cert-manager.io/v1", "Issuer");
        assert_eq!(short, ["/s/cert-manager.json"]);
    }

    #[test]
    fn what_is_no_place_is_said() {
        let error = template("{{ .Kind }}.json").unwrap_err();
        assert!(error.message.contains("there is no `.Kind`"), "{error:?}");
        assert!(template("{{ .ResourceKnd }}.json").unwrap_err().message.contains("did you mean `.ResourceKind`?"));
        assert!(template("{{ .Group }.json").is_err());
        assert!(template("{{ range until 100000 }}x{{ end }}.json").is_err());
        assert!(template("https://example.com/{{ .Group }}.json").unwrap_err().hint.contains("nothing is fetched"));
        assert!(template("nowhere").unwrap_err().message.contains("no such file"));
        assert!(template("default").unwrap().paths("example.com/v1", "Widget", 34).is_empty());
    }

    #[test]
    fn names_of_objects_lead_nowhere_else() {
        let catalogue = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";
        for (api_version, kind) in [
            ("../../etc/v1", "A"),
            ("..//v1", "A"),
            ("a/../v1", "A"),
            ("example.com/v1", "../A"),
            ("a/v1", ""),
            ("v1", "A"),
        ] {
            assert!(paths(catalogue, api_version, kind).is_empty(), "{api_version} {kind}");
        }
    }
}
