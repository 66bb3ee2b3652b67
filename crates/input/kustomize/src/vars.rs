//! `vars`: `$(NAME)` in arguments, variables and annotations becomes a field of another object.

use crate::config::FieldSpec;
use crate::field::visit;
use crate::ids::{Gvk, ResId};
use crate::node::{Data, Node};
use crate::path::{look_up, split_brackets};
use crate::resource::{Resource, Resources};
use crate::scalar::{Scalar, Tag};
use crate::schema::Schemas;
use crate::trail::Trail;

/// A variable.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) name: String,
    gvk: Gvk,
    object: String,
    namespace: String,
    path: String,
    pub(crate) trail: Trail,
}

impl Var {
    pub(crate) fn read(node: &Node) -> Var {
        let text = |node: Option<&Node>, key: &str| {
            node.and_then(|node| node.get(key)).and_then(Node::text).unwrap_or_default().to_owned()
        };
        let object = node.get("objref");
        let version = text(object, "apiVersion");
        let mut gvk =
            Gvk { group: text(object, "group"), version: text(object, "version"), kind: text(object, "kind") };
        match *version.split('/').collect::<Vec<_>>().as_slice() {
            [""] => {}
            [version] => version.clone_into(&mut gvk.version),
            [group, version] => {
                group.clone_into(&mut gvk.group);
                version.clone_into(&mut gvk.version);
            }
            _ => {}
        }
        let path = text(node.get("fieldref"), "fieldPath");
        Var {
            name: text(Some(node), "name"),
            gvk,
            object: text(object, "name"),
            namespace: text(object, "namespace"),
            path: if path.is_empty() { "metadata.name".to_owned() } else { path },
            trail: node.trail.clone(),
        }
    }
}

/// Adds the variables of a kustomization, and marks the objects that they read.
pub(crate) fn add(
    all: &mut Vec<Var>,
    new: &[Var],
    resources: &mut Resources,
    schemas: &Schemas,
) -> Result<(), (Trail, String)> {
    for var in new {
        let id = ResId::new(var.gvk.clone(), &var.object, &var.namespace, schemas);
        let exact = !id.namespace.is_empty() || id.is_cluster;
        let fits = |other: &ResId| if exact { id.same(other) } else { id.same_kind_and_name(other) };
        match *resources.with_any_id(schemas, &fits).as_slice() {
            [at] => {
                if let Some(resource) = resources.all.get_mut(at) {
                    resource.variables.push(var.name.clone());
                }
            }
            [] => {}
            _ => return Err((var.trail.clone(), format!("variable `{}` could read several objects", var.name))),
        }
    }
    merge(all, new)
}

/// Adds variables; a name may be given once.
pub(crate) fn merge(all: &mut Vec<Var>, new: &[Var]) -> Result<(), (Trail, String)> {
    for var in new {
        if all.iter().any(|known| known.name == var.name) {
            return Err((var.trail.clone(), format!("variable `{}` is defined twice", var.name)));
        }
        all.push(var.clone());
    }
    Ok(())
}

/// A value that stands in for a variable.
struct Value {
    name: String,
    scalar: Option<Scalar>,
    trail: Trail,
}

fn value_of(var: &Var, resource: &Resource) -> Result<Value, String> {
    let mut path = Vec::new();
    for part in split_brackets(&var.path, '.') {
        // `list[0]` is two steps.
        match part.strip_suffix(']').and_then(|part| part.split_once('[')).filter(|(_, at)| at.parse::<usize>().is_ok())
        {
            Some((name, at)) => {
                path.extend((!name.is_empty()).then(|| name.to_owned()));
                path.push(at.to_owned());
            }
            None => path.push(part),
        }
    }
    let missing = || format!("variable `{}`: no field `{}` in {}", var.name, var.path, resource.name());
    let found = look_up(&resource.node, &path)?.ok_or_else(missing)?;
    let scalar = match &found.data {
        Data::Scalar(scalar) => Some(scalar.clone()),
        _ => None,
    };
    Ok(Value { name: var.name.clone(), scalar, trail: found.trail.clone() })
}

/// Puts the values in place.
pub(crate) fn resolve(vars: &[Var], resources: &mut Resources, specs: &[FieldSpec]) -> Result<(), (Trail, String)> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut values = Vec::new();
    let mut sorted: Vec<&Var> = vars.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    for var in sorted {
        let on = |message: String| (var.trail.clone(), message);
        let read = resources.all.iter().find(|resource| resource.variables.contains(&var.name));
        let missing = || on(format!("variable `{}` reads no object that is here", var.name));
        values.push(value_of(var, read.ok_or_else(missing)?).map_err(on)?);
    }
    for resource in &mut resources.all {
        for spec in specs {
            let set = &mut |node: &mut Node| replace(node, &values);
            visit(&mut resource.node, spec, None, &Trail::default(), set)
                .map_err(|message| (resource.node.trail.clone(), message))?;
        }
    }
    Ok(())
}

fn replace(node: &mut Node, values: &[Value]) -> Result<(), String> {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.data {
        Data::Scalar(_) => expand_node(node, values),
        Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| expand_node(value, values)),
        Data::List(items) => {
            for item in items.iter_mut() {
                if !matches!(&item.data, Data::Scalar(scalar) if scalar.is_text_like()) {
                    return Err("an item that is no text where a variable may stand".to_owned());
                }
                expand_node(item, values);
            }
        }
    }
    Ok(())
}

/// Expands a text; what it was made of is in its chain, and it is edited where it stands.
fn expand_node(node: &mut Node, values: &[Value]) {
    let Data::Scalar(scalar) = &mut node.data else { return };
    if !scalar.is_text_like() {
        return;
    }
    for value in values.iter().filter(|value| scalar.text.contains(&format!("$({})", value.name))) {
        node.trail = node.trail.through_all(&value.trail);
    }
    expand(scalar, values);
}

/// `$(NAME)` becomes the value, `$$` a dollar; a text that is nothing but a variable takes the value's type.
fn expand(scalar: &mut Scalar, values: &[Value]) {
    let input = scalar.text.clone();
    let find = |name: &str| values.iter().find(|value| value.name == name).and_then(|value| value.scalar.as_ref());
    if let Some(found) = input
        .strip_prefix("$(")
        .and_then(|rest| rest.strip_suffix(')'))
        .filter(|name| !name.contains(')'))
        .and_then(find)
    {
        let kind = found.kind();
        let mut text = found.text.clone();
        if matches!(kind, Tag::Int | Tag::Float | Tag::Bool) {
            text.clear();
            found.write_json(&mut text);
        }
        let tag = if matches!(kind, Tag::Int | Tag::Float | Tag::Bool) { kind } else { Tag::Text };
        *scalar = Scalar { text, tag, quoted: false };
        return;
    }
    let mut out = String::new();
    let mut rest = input.as_str();
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let after = after.get(1..).unwrap_or_default();
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match find(name) {
                Some(value) => out.push_str(&value.text),
                None => out.push_str(&format!("$({name})")),
            }
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    *scalar = Scalar::string(out);
}
