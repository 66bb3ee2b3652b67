//! Schemas of kinds that are not built in, from the files and folders that a person names beside the objects
//! (`--schema-location`): CustomResourceDefinitions and JSON Schemas.
//!
//! Places are looked into in their order, and the first that has a definition of a kind is taken. A schema is read when an
//! object of its kind is there, as catalogues hold thousands; only YAML files of a folder are all looked into, as their
//! names say nothing of what they define. What was read is kept for the next question of the same session.
//!
//! Nothing is fetched, and no part of an object's name leads out of the place that a person named.

mod place;

pub use place::{BadPlace, Place};

use crate::discover::{display, errno, problem};
use ironclad_check::Schemas;
use ironclad_model::{Kind, ReportedProblem, Snapshot, UnitId};
use ironclad_tree::{Document, Kind as NodeKind, Limits, NodeRef, Problem, Severity, Source, describe, parse};
use ironclad_views::schema;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most files of one folder that are looked at for definitions.
const MOST_FILES: usize = 20_000;
/// Folders are nested no deeper.
const DEEPEST: usize = 32;
/// A file that nobody named and that does not hold this word defines nothing.
const DEFINITION: &[u8] = b"CustomResourceDefinition";

/// API version and kind.
type Type = (String, String);
/// API group and kind.
type GroupKind = (String, String);

/// Reads schemas from places, each once.
#[derive(Debug, Default)]
pub struct SchemaReader {
    places: Vec<Place>,
    max_file_size: u64,
    known: Mutex<Known>,
}

/// What the files of a place say that they are about.
#[derive(Debug, Default)]
struct Contents {
    definitions: BTreeMap<GroupKind, Arc<Document>>,
    schemas: BTreeMap<Type, Arc<Document>>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Known {
    /// For each place that has been looked through.
    contents: BTreeMap<usize, Contents>,
    /// What each kind is to be judged by; nothing where no place has anything.
    kinds: BTreeMap<Type, Option<Schema>>,
    /// Files that templates name.
    files: BTreeMap<PathBuf, Option<File>>,
    problems: Vec<ReportedProblem>,
}

/// What a file that a template names holds.
#[derive(Clone, Debug)]
enum File {
    Definitions(BTreeMap<GroupKind, Arc<Document>>),
    Schema(Arc<Document>),
}

#[derive(Clone, Debug)]
enum Schema {
    /// A document with a CustomResourceDefinition of the kind.
    Definition(Arc<Document>),
    /// A JSON Schema.
    Json(Arc<Document>),
}

impl SchemaReader {
    /// One for these places; files larger than this are not read.
    pub fn new(places: Vec<Place>, max_file_size: u64) -> SchemaReader {
        SchemaReader { places, max_file_size, known: Mutex::default() }
    }

    /// The schemas of the kinds in a set that are not built in, as for this minor version of Kubernetes, and what could not
    /// be read on the way.
    pub fn read(&self, snapshot: &Snapshot, version: u8) -> (Arc<Schemas>, Vec<ReportedProblem>) {
        if self.places.is_empty() {
            return (Arc::default(), Vec::new());
        }
        let types: BTreeSet<(&str, &str)> =
            snapshot.objects().map(|object| (object.api_version(), object.kind_name())).collect();
        let mut known = self.lock();
        let mut schemas = Schemas { asked: true, ..Schemas::default() };
        let mut definitions: Vec<Arc<Document>> = Vec::new();
        for (api_version, kind) in types.into_iter().filter(|(api_version, kind)| is_custom(api_version, kind)) {
            let of_type = (api_version.to_owned(), kind.to_owned());
            let schema = match known.kinds.get(&of_type) {
                Some(schema) => schema.clone(),
                None => {
                    let schema = self.find(&mut known, api_version, kind, version);
                    known.kinds.insert(of_type.clone(), schema.clone());
                    schema
                }
            };
            match schema {
                Some(Schema::Definition(document)) if !definitions.iter().any(|d| Arc::ptr_eq(d, &document)) => {
                    definitions.push(document);
                }
                Some(Schema::Json(document)) => {
                    schemas.kinds.insert(of_type, document);
                }
                Some(Schema::Definition(_)) | None => {}
            }
        }
        let mut builder = Snapshot::builder();
        for document in definitions {
            builder.add_shared(document, UnitId::default(), None);
        }
        schemas.definitions = Arc::new(builder.build());
        (Arc::new(schemas), known.problems.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first place that has something for a kind.
    fn find(&self, known: &mut Known, api_version: &str, kind: &str, version: u8) -> Option<Schema> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let of_kind = (group.to_owned(), kind.to_owned());
        for (index, place) in self.places.iter().enumerate() {
            for path in place.paths(api_version, kind, version) {
                match self.file(known, &path, place) {
                    Some(File::Schema(document)) => return Some(Schema::Json(document)),
                    Some(File::Definitions(found)) => {
                        if let Some(document) = found.get(&of_kind) {
                            return Some(Schema::Definition(Arc::clone(document)));
                        }
                    }
                    None => {}
                }
            }
            if !known.contents.contains_key(&index) {
                let found = self.look_through(known, place);
                known.contents.insert(index, found);
            }
            let Some(contents) = known.contents.get(&index) else { continue };
            if let Some(document) = contents.definitions.get(&of_kind) {
                return Some(Schema::Definition(Arc::clone(document)));
            }
            let of_type = (api_version.to_owned(), kind.to_owned());
            if let Some(document) = contents.schemas.get(&of_type) {
                return Some(Schema::Json(Arc::clone(document)));
            }
        }
        None
    }

    /// What a file or the files of a folder say themselves that they are about.
    fn look_through(&self, known: &mut Known, place: &Place) -> Contents {
        let mut contents = Contents::default();
        let Some(path) = place.look_through() else { return contents };
        let named = !path.is_dir();
        let files = match named {
            true => Ok(vec![path.to_owned()]),
            false => manifests_below(path),
        };
        let files = files.unwrap_or_else(|problem| {
            known.problems.push(problem);
            Vec::new()
        });
        for path in files {
            for document in self.documents(known, &path, place, named) {
                let found = definitions_in(&document);
                if found.is_empty() && named {
                    match types_of(document.root()) {
                        types if types.is_empty() && !is_object(document.root()) => {
                            known.problems.push(nameless(document.root()));
                        }
                        types => {
                            let all = types.into_iter().map(|of_type| (of_type, Arc::clone(&document)));
                            contents.schemas.extend(all);
                        }
                    }
                }
                for of_kind in found {
                    contents.definitions.entry(of_kind).or_insert_with(|| Arc::clone(&document));
                }
            }
        }
        contents
    }

    /// A file that a template names, and that may not be there.
    fn file(&self, known: &mut Known, path: &Path, place: &Place) -> Option<File> {
        if let Some(file) = known.files.get(path) {
            return file.clone();
        }
        let documents = if path.is_file() { self.documents(known, path, place, true) } else { Vec::new() };
        let mut found = BTreeMap::new();
        for document in &documents {
            for of_kind in definitions_in(document) {
                found.entry(of_kind).or_insert_with(|| Arc::clone(document));
            }
        }
        let file = match documents.first() {
            _ if !found.is_empty() => Some(File::Definitions(found)),
            Some(first) if is_schema(first.root()) => Some(File::Schema(Arc::clone(first))),
            Some(first) => {
                let what = match is_object(first.root()) {
                    true => "an object".to_owned(),
                    false => describe(first.root()),
                };
                let message = format!("the file holds {what}, and neither a schema nor a definition");
                known.problems.push(at(first.root(), message, "a schema is an object that describes others"));
                None
            }
            None => None,
        };
        known.files.insert(path.to_owned(), file.clone());
        file
    }

    /// Everything in a file. One that nobody named and that holds no definition is left alone.
    fn documents(&self, known: &mut Known, path: &Path, place: &Place, named: bool) -> Vec<Arc<Document>> {
        let name = display(path);
        let bytes = match place.confined(path).and_then(|()| self.bytes(path)) {
            Ok(bytes) => bytes,
            Err(message) => {
                known.problems.push(problem("input/schema", &name, message, "check the schema location"));
                return Vec::new();
            }
        };
        if !named && !bytes.windows(DEFINITION.len()).any(|window| window == DEFINITION) {
            return Vec::new();
        }
        let (source, odd) = Source::decode(name.as_str(), bytes);
        let limits = Limits { document_bytes: self.max_file_size as usize, ..Limits::default() };
        let parsed = parse(&source, &limits);
        let report = |problem| ReportedProblem { source: name.clone(), text: Some(Arc::clone(&source)), problem };
        known.problems.extend(odd.into_iter().chain(parsed.problems).map(report));
        parsed.documents.into_iter().map(Arc::new).collect()
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, String> {
        let unread = |error: std::io::Error| format!("cannot be read: {}", errno(&error));
        let mut bytes = Vec::new();
        let file = fs_err::File::open(path).map_err(unread)?;
        file.take(self.max_file_size + 1).read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 > self.max_file_size {
            return Err(format!("file is larger than {} MiB, the limit", self.max_file_size >> 20));
        }
        Ok(bytes)
    }
}

/// Is it a kind that the built-in tables do not know?
fn is_custom(api_version: &str, kind: &str) -> bool {
    api_version.contains('/') && schema::kind(api_version, kind).is_none()
}

/// The kinds that a document defines.
fn definitions_in(document: &Arc<Document>) -> Vec<GroupKind> {
    let mut builder = Snapshot::builder();
    builder.add_shared(Arc::clone(document), UnitId::default(), None);
    let snapshot = builder.build();
    let kind_of = |object: &&ironclad_model::Object| {
        let spec = object.root().get_str("spec")?.value();
        let text = |node: NodeRef<'_>, name| Some(node.get_str(name)?.value().as_str()?.to_owned());
        Some((text(spec, "group")?, text(spec.get_str("names")?.value(), "kind")?))
    };
    snapshot.of_kind(Kind::CUSTOM_RESOURCE_DEFINITION).iter().filter_map(kind_of).collect()
}

/// May it be a JSON Schema?
fn is_schema(root: NodeRef<'_>) -> bool {
    match root.kind() {
        NodeKind::Mapping => !is_object(root),
        kind => kind == NodeKind::Bool,
    }
}

/// Is it an object of Kubernetes, such as an installation has beside its definitions?
fn is_object(root: NodeRef<'_>) -> bool {
    root.get_str("apiVersion").is_some() && root.get_str("kind").is_some()
}

/// The kinds that a JSON Schema says it is of: by `x-kubernetes-group-version-kind`, or by the one value that it leaves
/// `apiVersion` and `kind`.
fn types_of(schema: NodeRef<'_>) -> Vec<Type> {
    let text = |node: NodeRef<'_>, name: &str| Some(node.get_str(name)?.value().as_str()?.to_owned());
    let named = schema.get_str("x-kubernetes-group-version-kind").into_iter().flat_map(|entry| entry.value().items());
    let named = named.filter_map(|one| {
        let (group, version) = (text(one, "group")?, text(one, "version")?);
        Some((format!("{group}/{version}"), text(one, "kind")?))
    });
    let properties = schema.get_str("properties").map(|entry| entry.value());
    let only = |name: &str| -> Option<String> {
        let property = properties?.get_str(name)?.value();
        let of_list = || property.get_str("enum").map(|entry| entry.value()).filter(|values| values.len() == 1);
        text(property, "const").or_else(|| Some(of_list()?.items().next()?.as_str()?.to_owned()))
    };
    named.chain(only("apiVersion").zip(only("kind"))).collect()
}

fn nameless(root: NodeRef<'_>) -> ReportedProblem {
    let hint = "name the file by a template, as in `{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`";
    at(root, "the schema does not say of which kind it is".to_owned(), hint)
}

/// A problem at the first line of a node.
fn at(node: NodeRef<'_>, message: String, hint: &str) -> ReportedProblem {
    let source = node.document().source();
    let mut span = node.span();
    let line = source.line_range(source.position(span.start).line);
    span.end = span.end.min(line.end as u32).max(span.start);
    ReportedProblem {
        source: source.name().to_string(),
        text: Some(Arc::clone(source)),
        problem: Problem {
            code: "input/schema",
            severity: Severity::Error,
            span,
            message,
            hint: Some(hint.to_owned()),
        },
    }
}

/// The YAML files below a folder, in the order of their names. Links to folders are not followed.
fn manifests_below(folder: &Path) -> Result<Vec<PathBuf>, ReportedProblem> {
    let unread = |path: &Path, error: &std::io::Error| {
        let message = format!("cannot be read: {}", errno(error));
        problem("input/schema", &display(path), message, "check the schema location")
    };
    let mut found = Vec::new();
    let mut pending = vec![(folder.to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = pending.pop() {
        let entries = fs_err::read_dir(&folder).map_err(|error| unread(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unread(&folder, &error))?;
            let file_type = entry.file_type().map_err(|error| unread(&entry.path(), &error))?;
            let path = entry.path();
            seen += 1;
            if seen > MOST_FILES {
                let message = format!("the folder holds more than {MOST_FILES} files");
                let hint =
                    "name the files by a template: `{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`";
                return Err(problem("input/schema", &display(&folder), message, hint));
            }
            if file_type.is_dir() && depth >= DEEPEST {
                let message = format!("folders are nested more than {DEEPEST} deep");
                return Err(problem(
                    "input/schema",
                    &display(&path),
                    message,
                    "name the folder that holds the schemas",
                ));
            } else if file_type.is_dir() {
                pending.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
                && path.is_file()
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
