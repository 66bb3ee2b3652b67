//! Visiting and making the fields that a field specification names (kustomize's `filters/fieldspec`).

use crate::config::FieldSpec;
use crate::ids::Gvk;
use crate::node::{Data, Node, Shape};
use crate::path::split;
use crate::scalar::{Scalar, Tag};
use crate::trail::Trail;

/// What is done with a field that was found.
pub(crate) type Setter<'s> = dyn FnMut(&mut Node) -> Result<(), String> + 's;

/// Does the specification speak of this object?
pub(crate) fn matches(spec: &FieldSpec, object: &Node) -> bool {
    let text = |key: &str| object.get(key).and_then(Node::text).unwrap_or_default();
    Gvk::of(text("apiVersion"), text("kind")).is_selected(&spec.gvk)
}

/// Sets the fields of an object that a specification names; `create` is the shape of what is made where it says so.
pub(crate) fn visit(
    object: &mut Node,
    spec: &FieldSpec,
    create: Option<Shape>,
    trail: &Trail,
    set: &mut Setter<'_>,
) -> Result<(), String> {
    if !matches(spec, object) {
        return Ok(());
    }
    let path = split(&spec.path, '/');
    let create = create.filter(|_| spec.create);
    walk(object, &path, create, trail, set).map_err(|message| format!("at `{}`: {message}", spec.path))
}

/// As [`visit`], for all specifications in order.
pub(crate) fn visit_all(
    object: &mut Node,
    specs: &[FieldSpec],
    create: Option<Shape>,
    trail: &Trail,
    set: &mut Setter<'_>,
) -> Result<(), String> {
    specs.iter().try_for_each(|spec| visit(object, spec, create, trail, set))
}

fn walk(
    node: &mut Node,
    path: &[String],
    create: Option<Shape>,
    trail: &Trail,
    set: &mut Setter<'_>,
) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else { return set(node) };
    if node.is_null() {
        return Ok(());
    }
    match &mut node.data {
        Data::List(items) => items.iter_mut().try_for_each(|item| walk(item, path, create, trail, set)),
        Data::Map(_) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            let is_list = name.len() != first.len();
            if name.is_empty() {
                return Err("an empty field name".to_owned());
            }
            let wanted = create.filter(|_| !is_list).map(|last| if rest.is_empty() { last } else { Shape::Map });
            if node.get(name).is_none() {
                let Some(shape) = wanted else { return Ok(()) };
                node.set(name, Node::empty(shape, trail));
            }
            let Some(field) = node.get_mut(name) else { return Ok(()) };
            let shape = if is_list { Some(Shape::List) } else { wanted };
            if field.is_null()
                && let Some(shape) = shape
            {
                field.data = Node::empty(shape, trail).data;
                field.trail = trail.over(&field.trail);
            }
            walk(field, rest, create, trail, set)
        }
        Data::Scalar(_) => Err("a single value stands where a mapping or a list is expected".to_owned()),
    }
}

/// Puts a scalar in place of another (kyaml's `SetEntry` without a name).
pub(crate) fn set_scalar(node: &mut Node, text: &str, tag: Tag, trail: &Trail) -> Result<(), String> {
    crate::path::expect(node, Shape::Scalar)?;
    node.replace(Node::scalar(Scalar { text: text.to_owned(), tag, quoted: false }, trail));
    Ok(())
}

/// Sets an entry of a mapping to a text (kyaml's `SetEntry` with a name).
pub(crate) fn set_entry(node: &mut Node, key: &str, text: &str, trail: &Trail) -> Result<(), String> {
    if node.is_null() {
        node.data = Data::Map(Vec::new());
    }
    crate::path::expect(node, Shape::Map)?;
    node.set(key, Node::string(text, trail));
    Ok(())
}
