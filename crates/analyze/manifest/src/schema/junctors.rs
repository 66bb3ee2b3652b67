//! `allOf`, `anyOf`, `oneOf` and `not` of structural schemas. What they hold are conditions on values: they add no field
//! and no default, so a field that the schema around them defaults is not missing.

use super::structural::{bounds, child, fits_type, flag};
use ironclad_jsonschema::Patterns;
use ironclad_tree::{Kind, NodeRef};

/// Alternatives nest in the schema, which a stranger wrote.
const DEEPEST: usize = 32;

pub(super) struct Junctors<'p> {
    pub(super) patterns: &'p Patterns,
}

/// The schemas of a junctor.
fn of<'s>(schema: NodeRef<'s>, name: &str) -> Option<impl Iterator<Item = NodeRef<'s>> + Clone> {
    child(schema, name).filter(|all| all.kind() == Kind::Sequence && !all.is_empty()).map(|all| all.items())
}

impl Junctors<'_> {
    /// What a value breaks of its schema's junctors, as the rest of a sentence about it.
    pub(super) fn judge(&self, node: NodeRef<'_>, schema: NodeRef<'_>) -> Option<String> {
        // `anyOf` of a whole number and a text is how an int-or-string is written.
        if flag(schema, "x-kubernetes-int-or-string") {
            return None;
        }
        self.broken(node, schema, schema, 0).map(str::to_owned)
    }

    fn broken(
        &self,
        node: NodeRef<'_>,
        schema: NodeRef<'_>,
        around: NodeRef<'_>,
        depth: usize,
    ) -> Option<&'static str> {
        if depth > DEEPEST {
            return None;
        }
        let fits = |one: NodeRef<'_>| self.fits(node, one, around, depth + 1);
        if of(schema, "allOf").is_some_and(|mut all| !all.all(fits)) {
            return Some("does not fit all of the conditions of its definition (`allOf`)");
        }
        if of(schema, "anyOf").is_some_and(|mut any| !any.any(fits)) {
            return Some("fits none of the alternatives of its definition (`anyOf`)");
        }
        match of(schema, "oneOf").map(|one| one.filter(|one| fits(*one)).count()) {
            None | Some(1) => {}
            Some(0) => return Some("fits none of the alternatives of its definition (`oneOf`)"),
            Some(_) => return Some("fits more than one of the alternatives of its definition (`oneOf`)"),
        }
        child(schema, "not").is_some_and(fits).then_some("is what its definition excludes (`not`)")
    }

    /// Does a value meet a condition? `around` is the schema that says which fields there are, and their defaults.
    fn fits(&self, node: NodeRef<'_>, condition: NodeRef<'_>, around: NodeRef<'_>, depth: usize) -> bool {
        if depth > DEEPEST || condition.kind() != Kind::Mapping {
            return true;
        }
        let values = child(condition, "enum").filter(|values| values.kind() == Kind::Sequence);
        if !fits_type(node, condition).0
            || values.is_some_and(|values| !values.items().any(|value| value.eq_value(node)))
            || bounds(node, condition, self.patterns).is_some()
            || self.broken(node, condition, around, depth).is_some()
        {
            return false;
        }
        match node.kind() {
            Kind::Mapping => self.fields_fit(node, condition, around, depth),
            Kind::Sequence => match (child(condition, "items"), child(around, "items")) {
                (Some(items), around) => {
                    node.items().all(|item| self.fits(item, items, around.unwrap_or(items), depth + 1))
                }
                _ => true,
            },
            _ => true,
        }
    }

    fn fields_fit(&self, node: NodeRef<'_>, condition: NodeRef<'_>, around: NodeRef<'_>, depth: usize) -> bool {
        let own = child(around, "properties");
        let declared = |name: &str| own.and_then(|own| child(own, name));
        let is_there = |name: &str| {
            let written = node.get_str(name).is_some_and(|entry| !entry.value().is_null());
            written || declared(name).is_some_and(|field| child(field, "default").is_some())
        };
        let required = child(condition, "required").into_iter().flat_map(|required| required.items());
        if !required.filter_map(|name| name.as_str()).all(is_there) {
            return false;
        }
        let properties = child(condition, "properties").filter(|properties| properties.kind() == Kind::Mapping);
        properties.into_iter().flat_map(|properties| properties.entries()).all(|property| {
            let (name, wanted) = (property.key(), property.value());
            // The API server writes defaults before it judges.
            let default = || child(declared(name)?, "default");
            let written = node.get_str(name).map(|entry| entry.value()).filter(|value| !value.is_null());
            written
                .or_else(default)
                .is_none_or(|value| self.fits(value, wanted, declared(name).unwrap_or(wanted), depth + 1))
        })
    }
}
