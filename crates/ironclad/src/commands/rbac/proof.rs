//! Proofs as people and as programs read them: subject, binding, role, rule, each with file and line.

use super::session::Session;
use ironclad_authz::{BindingId, Origin, Proof, RoleId, SubjectId};
use ironclad_model::{Object, ObjectId};
use ironclad_tree::{NodeRef, Span};
use serde_json::{Map, Value, json};

/// Where rights come from that an access policy of EKS gives, for programs.
const EKS: &str = "eks-access-policy";

/// `file:line`; of an object of a cluster the cluster alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) source: String,
    pub(crate) line: Option<usize>,
}

impl At {
    /// Where a part of an object is.
    pub(crate) fn of(object: &Object, span: Span) -> At {
        let line = || object.document().source().position(span.start).line as usize;
        At { source: object.source_name().to_owned(), line: (!object.is_live()).then(line) }
    }

    /// For programs: `source` and, where there is one, `line`.
    pub(crate) fn json(&self) -> Value {
        match self.line {
            Some(line) => json!({"source": self.source, "line": line}),
            None => json!({"source": self.source}),
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

impl Session {
    fn place<'s>(&'s self, origin: Origin, pick: impl Fn(NodeRef<'s>) -> Option<NodeRef<'s>>) -> Option<At> {
        let id = match origin {
            Origin::Object(id) => id,
            Origin::BuiltIn => return None,
            Origin::Outside(number) => return self.policies.place(number).cloned(),
        };
        let object = self.object(id)?;
        let node = pick(object.root()).unwrap_or_else(|| object.root());
        Some(At::of(object, node.span()))
    }

    fn object(&self, id: ObjectId) -> Option<&Object> {
        self.snapshot.object(id)
    }

    /// Where a binding names a subject.
    pub(crate) fn subject_place(&self, binding: BindingId, subject: SubjectId) -> Option<At> {
        let name = self.world.subject_name(subject);
        let kind = self.world.subject(subject).kind().as_str();
        self.place(self.world.binding(binding).origin(), |root| {
            let subjects = root.get_str("subjects")?.value();
            let text = |item: NodeRef<'_>, field: &str| {
                item.get_str(field).and_then(|e| e.value().as_str()).unwrap_or_default().to_owned()
            };
            subjects.items().find(|item| text(*item, "name") == name && text(*item, "kind") == kind)
        })
    }

    /// Where a binding is.
    pub(crate) fn binding_place(&self, binding: BindingId) -> Option<At> {
        self.place(self.world.binding(binding).origin(), |root| Some(root.get_str("metadata")?.value()))
    }

    /// Where a role is.
    pub(crate) fn role_place(&self, role: RoleId) -> Option<At> {
        self.place(self.world.role(role).origin(), |root| Some(root.get_str("metadata")?.value()))
    }

    /// Where a rule is: for an aggregated role, in the role that it comes from.
    pub(crate) fn rule_place(&self, role: RoleId, index: u32) -> Option<At> {
        let (role, index) = self.world.rule_source(role, index);
        self.place(self.world.role(role).origin(), |root| root.get_str("rules")?.value().items().nth(index as usize))
    }

    /// A proof for programs.
    pub(crate) fn proof_json(&self, proof: &Proof) -> Value {
        let world = &self.world;
        let rule = world.rule_of(proof.role, proof.rule);
        let source = world.rule_source(proof.role, proof.rule);
        let mut rule_json = Map::new();
        rule_json.insert("index".to_owned(), json!(source.1));
        for (name, list) in [
            ("verbs", &rule.verbs),
            ("apiGroups", &rule.api_groups),
            ("resources", &rule.resources),
            ("resourceNames", &rule.resource_names),
            ("nonResourceURLs", &rule.non_resource_urls),
        ] {
            if !list.is_empty() {
                rule_json.insert(name.to_owned(), json!(list));
            }
        }
        if source.0 != proof.role {
            rule_json.insert("from".to_owned(), json!(world.role_label(source.0)));
        }
        insert_place(&mut rule_json, self.rule_place(proof.role, proof.rule));
        let mut binding = Map::new();
        binding.insert("label".to_owned(), json!(world.binding_label(proof.binding)));
        insert_place(&mut binding, self.subject_place(proof.binding, proof.subject));
        let mut role = Map::new();
        role.insert("label".to_owned(), json!(world.role_label(proof.role)));
        if world.role(proof.role).origin() == Origin::BuiltIn {
            role.insert("source".to_owned(), json!("builtin"));
        }
        insert_place(&mut role, self.role_place(proof.role));
        let outside = world.is_outside(proof.binding);
        if outside {
            role.insert("source".to_owned(), json!(EKS));
        }
        let mut value = json!({
            "subject": world.subject_label(proof.subject),
            "binding": binding,
            "role": role,
            "rule": rule_json,
            "reason": world.reason(proof),
        });
        if outside {
            value["source"] = json!(EKS);
        }
        value
    }

    /// A proof for people: four lines, `indent` in front of each; three for an access policy of EKS, which is no binding.
    pub(crate) fn proof_text(&self, proof: &Proof, indent: &str) -> String {
        let world = &self.world;
        let or = |place: Option<At>| place.map_or_else(|| "built in".to_owned(), |at| at.to_string());
        let rule = world.rule_of(proof.role, proof.rule);
        let (source, index) = world.rule_source(proof.role, proof.rule);
        let from = if source == proof.role { String::new() } else { format!(", from {}", world.role_label(source)) };
        let mut lines = vec![
            (world.subject_label(proof.subject), or(self.subject_place(proof.binding, proof.subject))),
            (format!("← {}", world.binding_label(proof.binding)), or(self.binding_place(proof.binding))),
            (format!("← {}", world.role_label(proof.role)), or(self.role_place(proof.role))),
            (format!("← rule {}{from}: {rule}", index + 1), or(self.rule_place(proof.role, proof.rule))),
        ];
        if world.is_outside(proof.binding) {
            let at = or(self.binding_place(proof.binding));
            let policy = format!("← {} associated in {at}", world.binding_label(proof.binding));
            let published = "as AWS publishes it".to_owned();
            lines = vec![
                (world.subject_label(proof.subject), "by its access entry".to_owned()),
                (policy, world.role_label(proof.role)),
                (format!("← rule {}: {rule}", index + 1), published),
            ];
        }
        let mut out = String::new();
        for (depth, (text, place)) in lines.iter().enumerate() {
            out.push_str(&format!("{indent}{}{text}  ({place})\n", "  ".repeat(depth)));
        }
        out
    }
}

fn insert_place(map: &mut Map<String, Value>, place: Option<At>) {
    if let Some(at) = place {
        map.insert("location".to_owned(), at.json());
    }
}
