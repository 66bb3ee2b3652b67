//! Strategic merge patches, as kyaml applies them (`kyaml/yaml/merge2` and `walk`).
//!
//! The steps are upstream's, oddities included, because what it makes is what gets deployed: lists are joined by the
//! keys of the schema with the patch's items in front, several keys (`containerPort`, `protocol`) may be missing in
//! part, and `$patch: replace` on an item of a list keeps the item that was there.

use crate::node::{Data, Node, Shape};
use crate::schema::{Keys, Schemas, Shape as Schema};
use crate::trail::Trail;

const DIRECTIVE: &str = "$patch";

/// The two trees of a step.
enum Pair<'n> {
    /// What is there, and what the patch says.
    Both(&'n mut Node, &'n mut Node),
    /// What is there; the patch says nothing.
    Dest(&'n mut Node),
    /// The patch's own tree, which stands for both: it was not there before.
    Same(&'n mut Node),
}

/// What a step gives.
enum Outcome {
    /// It goes away.
    Clear,
    /// What was there, changed in place (of [`Pair::Same`]: the patch's tree).
    Kept,
    /// This, in place of what was there.
    New(Node),
}

enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Applies a patch to an object; false where the object goes away.
pub(crate) fn apply(object: &mut Node, patch: &Node, schemas: &Schemas) -> Result<bool, String> {
    let mut patch = patch.clone();
    let schema = None;
    Ok(match walk(Pair::Both(object, &mut patch), schema, schemas)? {
        Outcome::Clear => false,
        Outcome::Kept => true,
        Outcome::New(node) => {
            *object = node;
            true
        }
    })
}

fn schema_of(node: &Node, schemas: &Schemas) -> Option<Schema> {
    let text = |key: &str| node.get(key).and_then(Node::text).filter(|text| !text.is_empty());
    schemas.kind(text("apiVersion")?, text("kind")?)
}

fn walk(pair: Pair<'_>, schema: Option<Schema>, schemas: &Schemas) -> Result<Outcome, String> {
    let schema = schema.or_else(|| match &pair {
        Pair::Both(dest, patch) => schema_of(dest, schemas).or_else(|| schema_of(patch, schemas)),
        Pair::Dest(node) | Pair::Same(node) => schema_of(node, schemas),
    });
    let shape = match &pair {
        Pair::Both(dest, patch) => match (dest.is_null(), patch.is_null()) {
            (true, true) => None,
            (false, true) => Some(dest.shape()),
            (true, false) => Some(patch.shape()),
            (false, false) if dest.shape() != patch.shape() => {
                return Err(format!(
                    "the patch has {} where the object has {}",
                    patch.shape().words(),
                    dest.shape().words()
                ));
            }
            (false, false) => Some(dest.shape()),
        },
        Pair::Dest(node) | Pair::Same(node) => (!node.is_null()).then(|| node.shape()),
    };
    match shape {
        // Null on all sides. Only a null that was written out, and that no patch mentions, stays.
        None => Ok(match pair {
            Pair::Dest(node) if node.text().is_some_and(|text| !text.is_empty()) => Outcome::Kept,
            _ => Outcome::Clear,
        }),
        Some(Shape::Map) => map(pair, schema, schemas),
        Some(Shape::List) => match schema.as_ref().and_then(Schema::keys).cloned() {
            Some(keys) => list(pair, schema, &keys, schemas),
            None => Ok(take_patch(pair)),
        },
        Some(Shape::Scalar) => Ok(take_patch(pair)),
    }
}

/// What the patch says wins as a whole.
fn take_patch(pair: Pair<'_>) -> Outcome {
    match pair {
        Pair::Both(_, patch) if patch.is_null() => Outcome::Clear,
        Pair::Both(_, patch) => Outcome::New(patch.clone()),
        Pair::Dest(_) | Pair::Same(_) => Outcome::Kept,
    }
}

fn directive(text: &str) -> Result<Directive, String> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => Err(format!("`$patch` is `{other}`: only delete, replace and merge are known")),
    }
}

/// Takes the directive out of a mapping.
fn map_directive(patch: &mut Node) -> Result<Directive, String> {
    let Some(text) = patch.get(DIRECTIVE).map(|node| node.text().unwrap_or_default().to_owned()) else {
        return Ok(Directive::Merge);
    };
    let found = directive(&text)?;
    patch.remove(DIRECTIVE);
    Ok(found)
}

/// Takes the directive out of a list: an item that holds nothing else.
fn list_directive(patch: &mut Node) -> Result<Directive, String> {
    let Data::List(items) = &mut patch.data else { return Ok(Directive::Merge) };
    let Some(item) = items.iter().find(|item| item.get(DIRECTIVE).is_some()).filter(|item| item.entries().len() <= 1)
    else {
        return Ok(Directive::Merge);
    };
    let text = item.get(DIRECTIVE).and_then(Node::text).unwrap_or_default().to_owned();
    let found = directive(&text)?;
    items.retain(|item| !(item.is_empty_map() || item.get(DIRECTIVE).is_some_and(|value| value.text() == Some(&text))));
    Ok(found)
}

fn map(pair: Pair<'_>, schema: Option<Schema>, schemas: &Schemas) -> Result<Outcome, String> {
    match pair {
        Pair::Both(_, patch) if patch.is_null() => Ok(Outcome::Clear),
        Pair::Both(dest, patch) => {
            // A directive that makes no sense counts only where there is something to merge with.
            let is_new = dest.is_null();
            let found = match map_directive(patch) {
                Err(_) if is_new => Directive::Merge,
                other => other?,
            };
            match found {
                Directive::Delete => Ok(Outcome::Clear),
                Directive::Merge if !is_new => {
                    fields(dest, Some(patch), schema.as_ref(), schemas)?;
                    Ok(Outcome::Kept)
                }
                _ => {
                    fields(patch, None, schema.as_ref(), schemas)?;
                    Ok(Outcome::New(patch.clone()))
                }
            }
        }
        Pair::Dest(dest) => {
            dest_fields(dest, schema.as_ref(), schemas)?;
            Ok(Outcome::Kept)
        }
        Pair::Same(node) => {
            if let Directive::Delete = map_directive(node)? {
                return Ok(Outcome::Clear);
            }
            fields(node, None, schema.as_ref(), schemas)?;
            Ok(Outcome::Kept)
        }
    }
}

/// The fields of a mapping, by name; without a patch, the mapping is the patch's own.
fn fields(
    dest: &mut Node,
    mut patch: Option<&mut Node>,
    schema: Option<&Schema>,
    schemas: &Schemas,
) -> Result<(), String> {
    let is_same = patch.is_none();
    let mut names: Vec<String> = dest.entries().iter().map(|(name, _)| name.clone()).collect();
    names.extend(patch.iter().flat_map(|patch| patch.entries().iter().map(|(name, _)| name.clone())));
    names.sort();
    names.dedup();
    for name in names {
        let below = schema.and_then(|schema| schemas.field(schema, &name));
        let own = dest.get_mut(&name);
        let other = patch.as_deref_mut().and_then(|patch| patch.get_mut(&name));
        let outcome = match (own, other) {
            (Some(own), Some(other)) => walk(Pair::Both(own, other), below, schemas),
            (Some(own), None) if is_same => walk(Pair::Same(own), below, schemas),
            (Some(own), None) => walk(Pair::Dest(own), below, schemas),
            (None, Some(other)) => fresh(other, below, schemas),
            (None, None) => continue,
        }
        .map_err(|message| deeper(&name, message))?;
        match outcome {
            Outcome::Kept => {}
            Outcome::Clear => drop(dest.remove(&name)),
            Outcome::New(node) => dest.set(&name, node),
        }
    }
    Ok(())
}

/// The fields of a mapping that no patch mentions: lists are joined with themselves.
fn dest_fields(dest: &mut Node, schema: Option<&Schema>, schemas: &Schemas) -> Result<(), String> {
    let Data::Map(entries) = &mut dest.data else { return Ok(()) };
    let mut gone = Vec::new();
    for (name, value) in entries.iter_mut() {
        let below = schema.and_then(|schema| schemas.field(schema, name));
        match walk(Pair::Dest(value), below, schemas).map_err(|message| deeper(name, message))? {
            Outcome::Kept => {}
            Outcome::Clear => gone.push(name.clone()),
            Outcome::New(node) => *value = node,
        }
    }
    entries.retain(|(name, _)| !gone.contains(name));
    Ok(())
}

/// What only the patch has.
fn fresh(patch: &mut Node, schema: Option<Schema>, schemas: &Schemas) -> Result<Outcome, String> {
    if patch.is_null() {
        return Ok(Outcome::Clear);
    }
    // A list that was not there before keeps its directive for an item.
    if patch.shape() == Shape::List
        && let Some(keys) = schema.as_ref().and_then(Schema::keys).cloned()
    {
        let below = schema.as_ref().and_then(|schema| schemas.items(schema));
        join(patch, None, &keys, below.as_ref(), schemas)?;
        return Ok(Outcome::New(patch.clone()));
    }
    Ok(match walk(Pair::Same(patch), schema, schemas)? {
        Outcome::Kept => Outcome::New(patch.clone()),
        other => other,
    })
}

/// Adds a step to the path in an error.
fn deeper(name: &str, message: String) -> String {
    match message.strip_prefix("at `") {
        Some(rest) => format!("at `{name}.{rest}"),
        None => format!("at `{name}`: {message}"),
    }
}

fn list(pair: Pair<'_>, schema: Option<Schema>, keys: &Keys, schemas: &Schemas) -> Result<Outcome, String> {
    let below = schema.as_ref().and_then(|schema| schemas.items(schema));
    match pair {
        Pair::Both(_, patch) if patch.is_null() => Ok(Outcome::Clear),
        Pair::Both(dest, patch) if dest.is_null() => {
            join(patch, None, keys, below.as_ref(), schemas)?;
            Ok(Outcome::New(patch.clone()))
        }
        Pair::Both(dest, patch) => match list_directive(patch)? {
            Directive::Delete => Ok(Outcome::Clear),
            Directive::Replace => {
                join(patch, None, keys, below.as_ref(), schemas)?;
                Ok(Outcome::New(patch.clone()))
            }
            Directive::Merge => {
                join(dest, Some(patch), keys, below.as_ref(), schemas)?;
                Ok(Outcome::Kept)
            }
        },
        Pair::Dest(dest) => {
            let mut nothing = Node::empty(Shape::List, &Trail::default());
            join(dest, Some(&mut nothing), keys, below.as_ref(), schemas)?;
            Ok(Outcome::Kept)
        }
        Pair::Same(node) => {
            if let Directive::Delete = list_directive(node)? {
                return Ok(Outcome::Clear);
            }
            join(node, None, keys, below.as_ref(), schemas)?;
            Ok(Outcome::Kept)
        }
    }
}

/// The value of a key of an item, empty where it has none (kyaml's `ElementValuesList`).
fn key_value(item: &Node, key: &str) -> String {
    item.get(key).filter(|field| !field.is_empty()).and_then(Node::text).unwrap_or_default().to_owned()
}

fn key_values(items: &[Node], keys: &[String], seen: &mut Vec<Vec<String>>) {
    for item in items {
        let values: Vec<String> = match keys {
            [key] if key.is_empty() => vec![item.text().unwrap_or_default().to_owned()],
            _ => keys.iter().map(|key| key_value(item, key)).collect(),
        };
        if !values.is_empty() && !seen.contains(&values) {
            seen.push(values);
        }
    }
}

/// Which keys count: those that any item has (kyaml's `validateKeys`).
fn valid(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let used: Vec<bool> = (0..keys.len())
        .map(|at| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty())))
        .collect();
    if !used.contains(&true) {
        return (keys.to_vec(), values.to_vec());
    }
    let pick = |list: &[String]| -> Vec<String> {
        list.iter().zip(&used).filter(|(_, used)| **used).map(|(text, _)| text.clone()).collect()
    };
    (pick(keys), pick(values))
}

/// Values that agree where both are given become one (kyaml's `mergeValues`).
fn unite(all: &mut [Vec<String>]) {
    for i in 0..all.len() {
        // As kyaml has it: what these values become on the way does not count until the next round.
        let Some(a) = all.get(i).cloned() else { continue };
        for j in 0..all.len() {
            let Some(b) = all.get(j) else { continue };
            let mut common = false;
            let mut united = Vec::with_capacity(a.len());
            let agree = a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| {
                    common |= a == b;
                    united.push(if a.is_empty() { b.clone() } else { a.clone() });
                    a == b || a.is_empty() || b.is_empty()
                });
            if agree && common {
                all[i].clone_from(&united);
                all[j] = united;
            }
        }
    }
}

/// The item with these values, every one given (kyaml's `ElementMatcher`).
fn position(items: &[Node], keys: &[String], values: &[String]) -> Option<usize> {
    if keys.len() != values.len() && !keys.iter().all(String::is_empty) {
        return None;
    }
    items.iter().position(|item| match keys {
        [] => item.text() == Some(""),
        [key, ..] if key.is_empty() => {
            item.shape() == Shape::Scalar && item.text() == values.first().map(String::as_str)
                || item.shape() != Shape::Scalar && values.first().is_some_and(String::is_empty)
        }
        _ => keys
            .iter()
            .zip(values)
            .all(|(key, value)| item.get(key).is_some_and(|field| field.text().unwrap_or_default() == value)),
    })
}

/// Puts an item in place of the one with these values, or at the end; without one, takes it out (kyaml's
/// `ElementSetter`). Empty mappings and nulls go away on the way.
fn put(items: &mut Vec<Node>, keys: &[String], values: &[String], element: Option<&Node>) -> Result<(), String> {
    let by_fields = keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|v| !v.is_empty());
    let mut found_one = false;
    let mut out: Vec<Node> = Vec::with_capacity(items.len() + 1);
    for item in items.drain(..) {
        if item.is_empty_map() {
            continue;
        }
        if item.shape() != Shape::Map && by_fields {
            out.push(item);
            continue;
        }
        if keys.first().is_some_and(String::is_empty) && item.shape() != Shape::Scalar {
            return Err("a list of single values has an item of another kind".to_owned());
        }
        // Without a value, what was found for the key before counts.
        let mut has = false;
        let is_it = keys.iter().enumerate().all(|(at, key)| {
            if let Some(value) = values.get(at) {
                has = if key.is_empty() {
                    item.text().unwrap_or_default() == value
                } else {
                    // An empty value asks only for the field.
                    item.get(key).is_some_and(|field| value.is_empty() || field.text() == Some(value))
                };
            }
            has
        });
        if !is_it {
            if !values.is_empty() {
                out.push(item);
            }
            continue;
        }
        found_one = true;
        out.extend(element.cloned());
    }
    if let Some(element) = element.filter(|element| !element.is_null() && !found_one) {
        out.push(element.clone());
    }
    *items = out;
    Ok(())
}

/// Joins two lists by keys, the patch's items in front (kyaml's `setAssociativeSequenceElements`). Without a patch the
/// list is the patch's own.
fn join(
    dest: &mut Node,
    mut patch: Option<&mut Node>,
    keys: &Keys,
    below: Option<&Schema>,
    schemas: &Schemas,
) -> Result<(), String> {
    let keys: Vec<String> = match keys {
        Keys::Value => vec![String::new()],
        Keys::Fields(keys) => keys.clone(),
    };
    let is_same = patch.is_none();
    let mut all = Vec::new();
    key_values(patch.as_deref().unwrap_or(dest).items(), &keys, &mut all);
    key_values(dest.items(), &keys, &mut all);
    if keys.len() > 1 {
        unite(&mut all);
    }
    let Data::List(own) = &mut dest.data else { return Ok(()) };
    let mut added: Vec<Node> = Vec::new();
    let mut last_keys = Vec::new();
    for values in &all {
        let (valid_keys, valid_values) = valid(&all, values, &keys);
        last_keys.clone_from(&valid_keys);
        // Each side is searched by the keys that these values have.
        let (wanted_keys, wanted) = valid(std::slice::from_ref(&valid_values), &valid_values, &valid_keys);
        let at = position(own, &wanted_keys, &wanted);
        let other = match patch.as_deref_mut().map(|patch| &mut patch.data) {
            Some(Data::List(items)) => position(items, &wanted_keys, &wanted).and_then(|at| items.get_mut(at)),
            _ => None,
        };
        let name = || format!("[{}]", wanted.join(","));
        let outcome = match (at.and_then(|at| own.get_mut(at)), other) {
            (Some(own), Some(other)) => walk(Pair::Both(own, other), below.cloned(), schemas),
            (Some(own), None) if is_same => walk(Pair::Same(own), below.cloned(), schemas),
            (Some(own), None) => walk(Pair::Dest(own), below.cloned(), schemas),
            (None, Some(other)) => fresh(other, below.cloned(), schemas),
            (None, None) => Ok(Outcome::Clear),
        }
        .map_err(|message| deeper(&name(), message))?;
        let (mut value, from_own) = match outcome {
            Outcome::Clear => (None, false),
            Outcome::Kept => (at.and_then(|at| own.get(at)).cloned(), true),
            Outcome::New(node) => (Some(node), false),
        };
        let is_gone = value.as_ref().is_none_or(Node::is_empty_map);
        if is_gone {
            put(own, &valid_keys, &valid_values, None)?;
            continue;
        }
        let Some(value) = &mut value else { continue };
        for (key, text) in valid_keys.iter().zip(&valid_values) {
            if !key.is_empty() && value.shape() == Shape::Map && value.get(key).is_none() && !text.is_empty() {
                let trail = value.trail.clone();
                value.set(key, crate::path::open(text, &trail));
            }
        }
        if from_own && let Some(item) = at.and_then(|at| own.get_mut(at)) {
            item.clone_from(value);
        }
        put(&mut added, &valid_keys, &valid_values, Some(value))?;
    }
    if all.is_empty() {
        return Ok(());
    }
    append(&mut added, own, &last_keys)?;
    *own = added;
    Ok(())
}

/// Adds the items of a list to another, each in place of the one that it equals (kyaml's `appendListNode`).
fn append(into: &mut Vec<Node>, items: &[Node], keys: &[String]) -> Result<(), String> {
    for item in items {
        if keys.first().is_none_or(String::is_empty) {
            let text = item.text().unwrap_or_default().to_owned();
            put(into, &[String::new()], &[text], Some(item))?;
            continue;
        }
        let mut values = Vec::new();
        for key in keys {
            match item.get(key) {
                Some(value) => values.push(value.text().unwrap_or_default().to_owned()),
                None => into.push(item.clone()),
            }
        }
        if keys.len() > 1 {
            put(into, keys, &values, None)?;
        }
        put(into, keys, &values, Some(item))?;
    }
    Ok(())
}
