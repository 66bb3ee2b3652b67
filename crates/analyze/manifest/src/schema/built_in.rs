//! Objects of built-in kinds: is the kind one of its group and version, are the fields known, the values of
//! enumerations among them, the required fields there. Types are the reader's to refuse (`input/type`), by a walk of its own:
//! an error of reading is no finding.

use super::{DROPPED, Fault, MOST, list_of, meant};
use crate::api_version::api_version_node;
use ironclad_model::{Object, group_of};
use ironclad_tree::{Kind, NodeRef, describe_value, f};
use ironclad_views::lifecycle::{api_version, lifecycle};
use ironclad_views::schema::{self, FieldSchema, KindSchema, Shape};
use ironclad_views::sops;

const METADATA: &str = "apimachinery.pkg.apis.meta.v1.ObjectMeta";
const POD_CONTEXT: &str = "api.core.v1.PodSecurityContext";
const CONTAINER_CONTEXT: &str = "api.core.v1.SecurityContext";

/// Deeper than this no built-in type goes but the schemas of custom resources, which refer to themselves.
const DEEPEST: usize = 64;

/// Kinds that exist in built-in groups without being created by themselves, and what others put under `v1`.
const ELSEWHERE_DEFINED: &[&str] = &["Scale", "Status", "Config", "Template", "List", "ComponentStatus"];

/// Faults that a check of their own names better: definition, field, check.
const OWNED: &[(&str, &str, &str)] = &[
    ("api.apps.v1.DaemonSetSpec", "selector", "wiring/selector-mismatch"),
    ("api.apps.v1.DeploymentSpec", "selector", "wiring/selector-mismatch"),
    ("api.apps.v1.ReplicaSetSpec", "selector", "wiring/selector-mismatch"),
    ("api.apps.v1.StatefulSetSpec", "selector", "wiring/selector-mismatch"),
    ("api.autoscaling.v1.HorizontalPodAutoscalerSpec", "maxReplicas", "reliability/hpa-max-replicas"),
    ("api.autoscaling.v2.HorizontalPodAutoscalerSpec", "maxReplicas", "reliability/hpa-max-replicas"),
    ("api.batch.v1.CronJobSpec", "schedule", "reliability/cronjob-schedule"),
    ("api.core.v1.TopologySpreadConstraint", "maxSkew", "reliability/topology-spread-invalid"),
    ("api.core.v1.TopologySpreadConstraint", "topologyKey", "reliability/topology-spread-invalid"),
    ("api.core.v1.TopologySpreadConstraint", "whenUnsatisfiable", "reliability/topology-spread-invalid"),
];

/// What an object's `apiVersion` and `kind` say.
pub(crate) enum Identity {
    /// A built-in kind of this minor version.
    BuiltIn(&'static KindSchema),
    /// A kind that is not built in.
    Custom,
    /// Reported, or somebody else's to report.
    Settled,
}

/// The minor version of the tables that is nearest to the one that is judged for.
fn covered(minor: u8) -> u8 {
    minor.clamp(*schema::VERSIONS.start(), *schema::VERSIONS.end())
}

/// Finds the kind; a wrong one is a fault.
pub(crate) fn identify<'a>(object: &'a Object, minor: u8, faults: &mut Vec<Fault<'a>>) -> Identity {
    let (written, kind) = (object.api_version(), object.kind_name());
    if lifecycle(written, kind).is_some_and(|row| row.is_removed_at(minor)) {
        return Identity::Settled;
    }
    let minor = covered(minor);
    let at = api_version_node(object);
    if let Some(found) = schema::kind(written, kind) {
        if found.versions.contains(&minor) {
            return Identity::BuiltIn(found);
        }
        let (first, last) = (found.versions.start(), found.versions.end());
        let when = if minor < *first { format!("only from 1.{first}") } else { format!("only up to 1.{last}") };
        faults.push(Fault::at(at, format!("{kind} of `{written}` is served {when}")));
        return Identity::Settled;
    }
    let group = group_of(written);
    let is_built_in = group == "extensions" || schema::kinds().iter().any(|known| known.group == group);
    if !is_built_in {
        return Identity::Custom;
    }
    if lifecycle(written, kind).is_some() || ELSEWHERE_DEFINED.contains(&kind) || kind.ends_with("List") {
        return Identity::Settled;
    }
    let served = || schema::kinds().iter().filter(move |known| known.versions.contains(&minor));
    // The shortest version is the stable one.
    let same =
        served().filter(|known| known.kind == kind).min_by_key(|known| (known.group != group, known.version.len()));
    if let Some(same) = same {
        let right = api_version(same.group, same.version);
        let what = if same.group == group { "version" } else { "API group" };
        faults.push(Fault::at(
            at,
            format!("{kind} is not in `{written}`, which is the wrong {what}: it is in `{right}`"),
        ));
        return Identity::Settled;
    }
    let near = meant(kind, served().filter(|known| known.group == group).map(|known| known.kind));
    // Under `v1` and without a group there are files of other programs as well.
    if near.is_some() || !group.is_empty() {
        let advice = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        let at = object.root().get(ironclad_tree::f::KIND).map_or(at, |entry| entry.value());
        faults.push(Fault::at(at, format!("unknown kind `{kind}` in `{written}`{advice}")));
    }
    Identity::Settled
}

/// The fields of an object of a built-in kind.
pub(crate) fn object<'a>(root: NodeRef<'a>, kind: &'static KindSchema, minor: u8, faults: &mut Vec<Fault<'a>>) {
    Walk { minor: covered(minor), faults }.run(root, kind.definition);
}

/// The fields of `metadata`, which a custom kind has as well.
pub(crate) fn metadata<'a>(node: NodeRef<'a>, minor: u8, faults: &mut Vec<Fault<'a>>) {
    Walk { minor: covered(minor), faults }.run(node, METADATA);
}

/// A mapping to judge.
struct Step<'a> {
    node: NodeRef<'a>,
    definition: &'static str,
    /// The definition around it.
    outer: &'static str,
    depth: usize,
}

struct Walk<'f, 'a> {
    minor: u8,
    faults: &'f mut Vec<Fault<'a>>,
}

impl<'a> Walk<'_, 'a> {
    fn run(&mut self, root: NodeRef<'a>, definition: &'static str) {
        let mut pending = vec![Step { node: root, definition, outer: "", depth: 0 }];
        while let Some(step) = pending.pop() {
            if self.faults.len() >= MOST {
                return;
            }
            let Some(fields) = schema::definition(step.definition) else { continue };
            if step.node.kind() != Kind::Mapping || step.depth > DEEPEST {
                continue;
            }
            // Required fields that are written.
            let mut written = 0;
            for entry in step.node.entries() {
                // The status is the server's: what is written of it is dropped, and live objects carry it.
                if step.depth == 0 && [f::API_VERSION, f::KIND, f::STATUS].contains(&entry.symbol()) {
                    continue;
                }
                match fields.named(entry.key()) {
                    None if step.depth == 0 && sops::is_note(entry.key(), entry.value()) => {}
                    None => self.unknown(entry.value(), entry.key(), &step, fields),
                    Some(field) => {
                        written += usize::from(field.required && !entry.value().is_null());
                        self.known(entry.value(), field, &step, &mut pending);
                    }
                }
            }
            if written == fields.iter().filter(|field| field.required).count() {
                continue;
            }
            for field in fields.iter().filter(|field| field.required && field.versions.contains(&self.minor)) {
                let written = step.node.get_str(field.name).is_some_and(|entry| !entry.value().is_null());
                if !written && field.name != "status" && !is_owned(step.definition, field.name) {
                    self.faults.push(Fault::missing(step.node, field.name));
                }
            }
        }
    }

    fn unknown(&mut self, node: NodeRef<'a>, name: &str, step: &Step<'a>, fields: &'static [FieldSchema]) {
        let message = match (step.definition, name) {
            (POD_CONTEXT, _) if schema::field(CONTAINER_CONTEXT, name).is_some() => {
                format!("`{name}` has no effect at pod level: set it in the `securityContext` of each container")
            }
            (CONTAINER_CONTEXT, _) if schema::field(POD_CONTEXT, name).is_some() => {
                format!("`{name}` has no effect in a container: set it in the `securityContext` of the pod")
            }
            _ if schema::field(step.outer, name).is_some() => {
                format!("unknown field `{name}`: it belongs one level up")
            }
            _ => {
                let names = fields.iter().filter(|field| field.versions.contains(&self.minor)).map(|field| field.name);
                match meant(name, names) {
                    Some(near) => format!("unknown field `{name}`: did you mean `{near}`?"),
                    None => format!("unknown field `{name}`"),
                }
            }
        };
        self.faults.push(Fault { label: DROPPED, ..Fault::at(node, message) });
    }

    fn known(&mut self, node: NodeRef<'a>, field: &'static FieldSchema, step: &Step<'a>, pending: &mut Vec<Step<'a>>) {
        if !field.versions.contains(&self.minor) {
            let (first, last) = (field.versions.start(), field.versions.end());
            let when = if self.minor < *first { format!("from 1.{first}") } else { format!("up to 1.{last}") };
            let message = format!("unknown field `{}`: Kubernetes has it only {when}", field.name);
            self.faults.push(Fault { label: DROPPED, ..Fault::at(node, message) });
            return;
        }
        if let Shape::Object(definition) = field.shape {
            if node.kind() == Kind::Mapping {
                pending.push(Step { node, definition, outer: step.definition, depth: step.depth + 1 });
            }
            return;
        }
        if !field.is_enumeration() && !matches!(field.shape, Shape::List(_) | Shape::Map(_)) {
            return;
        }
        let judged = field.is_enumeration() && !is_owned(step.definition, field.name);
        let mut shapes = vec![(node, field.shape)];
        while let Some((node, shape)) = shapes.pop() {
            match (shape, node.kind()) {
                (Shape::List(inner), Kind::Sequence) => {
                    shapes.extend(node.items().map(|item| (item, Shape::parse(inner))));
                }
                (Shape::Map(inner), Kind::Mapping) => {
                    shapes.extend(node.entries().map(|entry| (entry.value(), Shape::parse(inner))));
                }
                (Shape::Object(definition), Kind::Mapping) => {
                    pending.push(Step { node, definition, outer: step.definition, depth: step.depth + 1 });
                }
                (Shape::Text, Kind::String) if judged => self.value(node, field),
                _ => {}
            }
        }
    }

    fn value(&mut self, node: NodeRef<'a>, field: &'static FieldSchema) {
        let text = node.as_str().unwrap_or_default();
        if sops::is_encrypted(text) || field.values().any(|value| value == text) {
            return;
        }
        let values: Vec<_> = field.values().collect();
        let names = values.iter().map(AsRef::as_ref);
        let advice = match meant(text, names.clone()) {
            Some(near) if !near.is_empty() => format!("did you mean `{near}`?"),
            _ => format!("it is {}", list_of(names)),
        };
        self.faults.push(Fault::at(node, format!("`{}` is {}: {advice}", field.name, describe_value(node))));
    }
}

fn is_owned(definition: &str, name: &str) -> bool {
    OWNED.iter().any(|(owner, field, _)| *owner == definition && *field == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_other_checks_exist() {
        for (definition, field, check) in OWNED {
            assert!(schema::field(definition, field).is_some(), "{definition}.{field} of {check}");
        }
    }
}
