//! Objects of custom kinds: against the CustomResourceDefinition of the same set, else against the definition or JSON
//! Schema ([`given`]) that lies beside it.

use super::structural::{Structural, has_rules};
use super::{Fault, built_in, given, list_of};
use crate::api_version::api_version_node;
use ironclad_check::Cx;
use ironclad_jsonschema::{Partial, Patterns};
use ironclad_model::{Kind, Object, group_of};
use ironclad_tree::{Document, NodeId, NodeRef, f};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The definitions of a set and of what lies beside it, by group and kind.
pub(crate) struct Definitions {
    kinds: FxHashMap<(String, String), Definition>,
    patterns: Patterns,
}

struct Definition {
    /// The document of the CustomResourceDefinition.
    document: Arc<Document>,
    versions: Vec<Version>,
    /// `apiextensions.k8s.io/v1beta1` kept unknown fields unless told otherwise.
    keeps_unknown: bool,
}

struct Version {
    name: String,
    served: bool,
    deprecated: bool,
    /// What the API server says of it, where the definition has words of its own.
    warning: Option<String>,
    schema: Option<NodeId>,
    /// Has the schema CEL rules?
    has_rules: bool,
}

impl Definitions {
    /// Those of the run's set, and those beside it that the set does not have.
    pub(crate) fn of(cx: &Cx<'_>) -> Definitions {
        let of_set = cx.objects(Kind::CUSTOM_RESOURCE_DEFINITION).into_iter().filter_map(read);
        let mut kinds: FxHashMap<(String, String), Definition> = of_set.collect();
        let beside = cx.schemas().definitions.of_kind(Kind::CUSTOM_RESOURCE_DEFINITION);
        for (key, definition) in beside.into_iter().filter_map(read) {
            kinds.entry(key).or_insert(definition);
        }
        Definitions { kinds, patterns: Patterns::default() }
    }
}

fn text<'a>(node: NodeRef<'a>, name: &str) -> Option<&'a str> {
    node.get_str(name)?.value().as_str()
}

fn child<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value())
}

fn read(object: &Object) -> Option<((String, String), Definition)> {
    let spec = child(object.root(), "spec")?;
    let key = (text(spec, "group")?.to_owned(), text(child(spec, "names")?, "kind")?.to_owned());
    let is_old = object.api_version().ends_with("/v1beta1");
    let shared = child(spec, "validation").and_then(|validation| child(validation, "openAPIV3Schema"));
    let mut versions: Vec<Version> = child(spec, "versions")
        .into_iter()
        .flat_map(|versions| versions.items())
        .filter_map(|version| {
            let own = child(version, "schema").and_then(|schema| child(schema, "openAPIV3Schema"));
            Some(Version {
                name: text(version, "name")?.to_owned(),
                served: child(version, "served").and_then(|served| served.as_bool()) != Some(false),
                deprecated: child(version, "deprecated").and_then(|old| old.as_bool()) == Some(true),
                warning: text(version, "deprecationWarning").map(str::to_owned),
                schema: own.or(shared).map(|schema| schema.id()),
                has_rules: own.or(shared).is_some_and(has_rules),
            })
        })
        .collect();
    if versions.is_empty() {
        let name = text(spec, "version")?.to_owned();
        let (schema, has_rules) = (shared.map(|schema| schema.id()), shared.is_some_and(has_rules));
        versions.push(Version { name, served: true, deprecated: false, warning: None, schema, has_rules });
    }
    let keeps = child(spec, "preserveUnknownFields").and_then(|keeps| keeps.as_bool());
    Some((
        key,
        Definition { document: Arc::clone(object.document()), versions, keeps_unknown: keeps.unwrap_or(is_old) },
    ))
}

/// What the definition of a custom kind says of a deprecated version: its own words, or the version to use.
pub(crate) fn deprecation(object: &Object, cx: &Cx<'_>) -> Option<String> {
    let definitions = cx.once(Definitions::of);
    let (group, written) = object.api_version().rsplit_once('/')?;
    let definition = definitions.kinds.get(&(group.to_owned(), object.kind_name().to_owned()))?;
    let version = definition.versions.iter().find(|version| version.name == written && version.deprecated)?;
    let other = definition.versions.iter().find(|version| version.served && !version.deprecated);
    Some(match (&version.warning, other) {
        (Some(warning), _) => format!("is deprecated by its definition: {warning}"),
        (None, Some(other)) => format!("is deprecated by its definition: use `{group}/{}`", other.name),
        (None, None) => "is deprecated by its definition".to_owned(),
    })
}

/// How far an object of a kind that is not built in could be judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// By all that its definition says.
    Whole,
    /// By all but the CEL rules of its definition.
    ButRules,
    /// By its JSON Schema, but for this.
    ButPart(Partial),
    /// Not at all: there is no definition of it.
    Not,
}

/// Judges an object of a kind that is not built in.
pub(crate) fn judge<'a>(object: &'a Object, cx: &Cx<'a>, faults: &mut Vec<Fault<'a>>) -> Judged {
    let definitions = cx.once(Definitions::of);
    let key = (group_of(object.api_version()).to_owned(), object.kind_name().to_owned());
    let Some(definition) = definitions.kinds.get(&key) else {
        let of_type = (object.api_version().to_owned(), key.1);
        let Some(schema) = cx.schemas().kinds.get(&of_type) else { return Judged::Not };
        metadata(object, cx, faults);
        let partial = given::judge(object.root(), schema.root(), &definitions.patterns, faults);
        return if partial.is_none() { Judged::Whole } else { Judged::ButPart(partial) };
    };
    let written = object.api_version().rsplit_once('/').map_or(object.api_version(), |(_, version)| version);
    let served = definition.versions.iter().filter(|version| version.served);
    let Some(version) = served.clone().find(|version| version.name == written) else {
        let all = list_of(served.map(|version| version.name.as_str()));
        let message = format!("{} of `{}` has no version `{written}`: its definition serves {all}", key.1, key.0);
        faults.push(Fault::at(api_version_node(object), message));
        return Judged::Whole;
    };
    metadata(object, cx, faults);
    if let Some(schema) = version.schema {
        let schema = definition.document.node(schema);
        Structural {
            keeps_unknown: definition.keeps_unknown,
            patterns: &definitions.patterns,
            minor: cx.version(),
            faults,
        }
        .run(object.root(), schema);
    }
    if version.has_rules { Judged::ButRules } else { Judged::Whole }
}

fn metadata<'a>(object: &'a Object, cx: &Cx<'a>, faults: &mut Vec<Fault<'a>>) {
    if let Some(entry) = object.root().get(f::METADATA) {
        built_in::metadata(entry.value(), cx.version(), faults);
    }
}
