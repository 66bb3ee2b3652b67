//! Kinds and fields of the supported versions of Kubernetes, from a compact table that is derived from the published
//! OpenAPI documents: `cargo xtask oracle` prints the path of the oracle, and `oracle schema -o crates/base/views/data`
//! writes the table anew. Its notation is in its first lines.
//!
//! The table is indexed on first use, and each definition is read when it is first asked for.

use memchr::memmem;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::{LazyLock, OnceLock};

const TABLE: &str = include_str!("../data/schema.txt");

/// Minor versions that the table covers.
pub const VERSIONS: RangeInclusive<u8> = 33..=37;

/// A built-in kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindSchema {
    /// API group; empty for the core.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Does it live in a namespace?
    pub namespaced: bool,
    /// Name of its definition, without `io.k8s.`.
    pub definition: &'static str,
    /// Minor versions that have it.
    pub versions: RangeInclusive<u8>,
}

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// Bytes in base64.
    Bytes,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A quantity: text or number.
    Quantity,
    /// An integer or a text.
    IntOrText,
    /// A time.
    Time,
    /// Anything.
    Any,
    /// A list of what the rest of the notation says.
    List(&'static str),
    /// A mapping to what the rest of the notation says.
    Map(&'static str),
    /// An object, by the name of its definition.
    Object(&'static str),
}

impl Shape {
    /// Reads the table's notation.
    pub fn parse(text: &'static str) -> Shape {
        match (text.as_bytes().first(), text) {
            (Some(b'['), _) => Shape::List(&text[1..]),
            (Some(b'{'), _) => Shape::Map(&text[1..]),
            (Some(b'@'), _) => Shape::Object(&text[1..]),
            (_, "text") => Shape::Text,
            (_, "bytes") => Shape::Bytes,
            (_, "int32") => Shape::Int32,
            (_, "int") => Shape::Int,
            (_, "number") => Shape::Number,
            (_, "flag") => Shape::Flag,
            (_, "quantity") => Shape::Quantity,
            (_, "port") => Shape::IntOrText,
            (_, "time") => Shape::Time,
            _ => Shape::Any,
        }
    }
}

/// A field of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSchema {
    /// Name as in manifests.
    pub name: &'static str,
    /// Type.
    pub shape: Shape,
    /// Must it be there?
    pub required: bool,
    /// Keys by which list elements are merged.
    pub merge_keys: Option<&'static str>,
    /// The values of an enumeration (of the items, for a list or a map), in the table's notation.
    values: Option<&'static str>,
    /// Minor versions that have it.
    pub versions: RangeInclusive<u8>,
}

impl FieldSchema {
    /// Is it an enumeration?
    pub fn is_enumeration(&self) -> bool {
        self.values.is_some()
    }

    /// The values of the enumeration, sorted; those of all supported versions.
    pub fn values(&self) -> impl Iterator<Item = Cow<'static, str>> {
        self.values.into_iter().flat_map(|values| values.split('|')).map(|value| match value.contains('~') {
            true => Cow::Owned(value.replace('~', " ")),
            false => Cow::Borrowed(value),
        })
    }
}

struct Tables {
    kinds: Vec<KindSchema>,
    /// Places in `kinds`, by kind.
    by_kind: FxHashMap<&'static str, Vec<usize>>,
    definitions: FxHashMap<&'static str, Definition>,
}

/// A definition's lines, read when somebody first asks for its fields: a run meets a tenth of the table.
struct Definition {
    lines: &'static str,
    fields: OnceLock<Fields>,
}

/// The fields of a definition, sorted by name.
#[derive(Debug)]
pub struct Fields {
    list: Vec<FieldSchema>,
    by_name: FxHashMap<&'static str, usize>,
}

impl Fields {
    /// One by its name.
    pub fn named(&self, name: &str) -> Option<&FieldSchema> {
        self.list.get(*self.by_name.get(name)?)
    }
}

impl std::ops::Deref for Fields {
    type Target = [FieldSchema];

    fn deref(&self) -> &[FieldSchema] {
        &self.list
    }
}

static TABLES: LazyLock<Tables> = LazyLock::new(read);

fn read() -> Tables {
    let first = TABLE.find("\nD ").map_or(TABLE.len(), |at| at + 1);
    let (kinds, definitions) = TABLE.split_at(first);
    let kinds = kinds.lines().filter_map(|line| line.strip_prefix("K ")).map(|line| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (group, version, kind, scope, definition) = (word(), word(), word(), word(), word());
        KindSchema {
            group: if group == "-" { "" } else { group },
            version,
            kind,
            namespaced: scope == "namespaced",
            definition,
            versions: words.next().and_then(span).unwrap_or(VERSIONS),
        }
    });
    let starts: Vec<usize> = memmem::find_iter(definitions.as_bytes(), "\nD ").map(|at| at + 1).collect();
    let ends = starts.iter().copied().chain([definitions.len()]);
    let definitions = [0].into_iter().chain(starts.iter().copied()).zip(ends).filter_map(|(start, end)| {
        let (name, lines) = definitions.get(start..end)?.strip_prefix("D ")?.split_once('\n')?;
        Some((name, Definition { lines, fields: OnceLock::new() }))
    });
    let kinds: Vec<KindSchema> = kinds.collect();
    let mut by_kind: FxHashMap<&'static str, Vec<usize>> = FxHashMap::default();
    for (at, row) in kinds.iter().enumerate() {
        by_kind.entry(row.kind).or_default().push(at);
    }
    Tables { kinds, by_kind, definitions: definitions.collect() }
}

impl Definition {
    fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| {
            let list: Vec<FieldSchema> = self.lines.lines().map(field_of).collect();
            let by_name = list.iter().enumerate().map(|(index, field)| (field.name, index)).collect();
            Fields { list, by_name }
        })
    }
}

/// Reads a field's line.
fn field_of(line: &'static str) -> FieldSchema {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let shape = words.next().unwrap_or_default();
    let (mut merge_keys, mut values, mut versions) = (None, None, VERSIONS);
    for word in words {
        match (word.as_bytes().first(), word.get(1..)) {
            (Some(b'*'), keys) => merge_keys = keys,
            (Some(b'='), list) => values = list,
            _ => versions = span(word).unwrap_or(VERSIONS),
        }
    }
    FieldSchema {
        name,
        shape: Shape::parse(shape.trim_end_matches('!')),
        required: shape.ends_with('!'),
        merge_keys,
        values,
        versions,
    }
}

fn span(text: &str) -> Option<RangeInclusive<u8>> {
    let (first, last) = text.split_once('-')?;
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// Every built-in kind.
pub fn kinds() -> &'static [KindSchema] {
    &TABLES.kinds
}

/// A built-in kind by `apiVersion` and `kind`.
pub fn kind(api_version: &str, kind: &str) -> Option<&'static KindSchema> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let mut rows = TABLES.by_kind.get(kind)?.iter().filter_map(|at| TABLES.kinds.get(*at));
    rows.find(|row| row.version == version && row.group == group)
}

/// The fields of a definition.
pub fn definition(name: &str) -> Option<&'static Fields> {
    TABLES.definitions.get(name).map(Definition::fields)
}

/// A field of a definition.
pub fn field(definition_name: &str, name: &str) -> Option<&'static FieldSchema> {
    definition(definition_name)?.named(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let pod = kind("v1", "Pod").expect("a Pod");
        assert!(pod.namespaced && pod.definition == "api.core.v1.Pod" && pod.versions == VERSIONS);
        assert!(!kind("v1", "Namespace").expect("a Namespace").namespaced);
        assert!(kind("apps/v1", "Pod").is_none());
        let ports = field("api.core.v1.Container", "ports").expect("ports");
        assert_eq!(ports.shape, Shape::List("@api.core.v1.ContainerPort"));
        assert_eq!(ports.merge_keys, Some("containerPort,protocol"));
        assert!(field("api.core.v1.Container", "name").expect("name").required);
        assert!(kinds().len() > 60 && TABLES.definitions.len() > 500, "{} {}", kinds().len(), TABLES.definitions.len());
        let values = |definition, name| field(definition, name).expect("listed").values().collect::<Vec<_>>();
        assert_eq!(values("api.core.v1.Container", "imagePullPolicy"), ["Always", "IfNotPresent", "Never"]);
        assert!(values("api.core.v1.HostPathVolumeSource", "type").contains(&Cow::Borrowed("")));
        assert!(
            values("api.certificates.v1.CertificateSigningRequestSpec", "usages").contains(&Cow::Borrowed("cert sign"))
        );
        assert!(values("api.core.v1.Container", "name").is_empty());
        let definitions = TABLE.lines().filter_map(|line| line.strip_prefix("D "));
        for fields in definitions.filter_map(definition) {
            assert!(fields.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
    }

    /// Every view's field exists in the published definition, with the type that the view reads.
    #[test]
    fn views_agree_with_the_published_schemas() {
        let mut seen = 0;
        for (definition_name, symbol, shape) in crate::declared() {
            let name = symbol.well_known_name().expect("declared by constant");
            let short = definition_name.strip_prefix("io.k8s.").expect("a definition of Kubernetes");
            let field = field(short, name).unwrap_or_else(|| panic!("{short} has no field {name}"));
            let agrees = match (*shape, field.shape) {
                ("text", Shape::Text | Shape::Time) => true,
                ("flag", Shape::Flag) => true,
                ("int", Shape::Int | Shape::Int32) => true,
                ("port", Shape::IntOrText) => true,
                ("texts", Shape::List("text")) => true,
                ("map", Shape::Map(_)) => true,
                ("any", _) => true,
                (view, Shape::List(inner)) => view.starts_with('[') && inner.starts_with('@'),
                (view, Shape::Object(_)) => !view.starts_with('[') && view.starts_with(char::is_uppercase),
                _ => false,
            };
            assert!(agrees, "{short}.{name} is {:?}, and the view reads {shape}", field.shape);
            seen += 1;
        }
        assert!(seen > 190, "{seen}");
    }
}
