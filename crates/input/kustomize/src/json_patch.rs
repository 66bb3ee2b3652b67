//! JSON patches of RFC 6902, as `gopkg.in/evanphx/json-patch.v4` applies them for kustomize: negative indices count from
//! the end, `add` does not make parents, and one operation that fails fails the patch.

use crate::node::{Data, Node, Shape};
use crate::scalar::Scalar;
use crate::trail::Trail;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    op: String,
    path: String,
    from: String,
    value: Option<Node>,
    /// Where it is written.
    pub(crate) trail: Trail,
}

impl Operation {
    /// Gives every part another trail.
    pub(crate) fn move_trails(&mut self, to: &dyn Fn(&Trail) -> Trail) {
        self.trail = to(&self.trail);
        self.value.iter_mut().for_each(|value| crate::inline::map_trails(value, to));
    }
}

/// Reads a list of operations; none where it is no list of mappings.
pub(crate) fn read(node: &Node) -> Result<Vec<Operation>, String> {
    if node.shape() != Shape::List {
        return Err("a JSON patch is a list of operations".to_owned());
    }
    let one = |item: &Node| {
        if item.shape() != Shape::Map {
            return Err("an operation of a JSON patch is a mapping".to_owned());
        }
        let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let mut value = item.get("value").cloned();
        if let Some(value) = &mut value {
            value.settle_types();
        }
        Ok(Operation { op: text("op"), path: text("path"), from: text("from"), value, trail: item.trail.clone() })
    };
    node.items().iter().map(one).collect()
}

/// Applies all operations to an object.
pub(crate) fn apply(object: &mut Node, operations: &[Operation]) -> Result<(), (Trail, String)> {
    object.settle_types();
    for operation in operations {
        one(object, operation).map_err(|message| (operation.trail.clone(), message))?;
    }
    Ok(())
}

fn one(object: &mut Node, operation: &Operation) -> Result<(), String> {
    let value =
        || operation.value.clone().unwrap_or_else(|| Node::scalar(crate::scalar::Scalar::null(), &operation.trail));
    match operation.op.as_str() {
        "add" => add(object, &operation.path, value()),
        "remove" => remove(object, &operation.path, "remove").map(drop),
        "replace" => replace(object, &operation.path, value()),
        "move" => {
            let node = remove(object, &operation.from, "move")?;
            add(object, &operation.path, node)
        }
        "copy" => {
            let nothing = || format!("nothing at `{}` to copy", operation.from);
            let node = match at(object, &operation.from)?.cloned() {
                Some(node) => node,
                // Of a key that is not there, null is copied.
                None => {
                    let (holder, _) = parent(object, &operation.from, "copy").map_err(|_| nothing())?;
                    if holder.shape() != Shape::Map {
                        return Err(nothing());
                    }
                    Node::scalar(Scalar::null(), &operation.trail)
                }
            };
            // A few copies of the whole into itself would fill any memory.
            if size(object) > LARGEST {
                return Err(format!("copies make the object larger than {LARGEST} values"));
            }
            add(object, &operation.path, node)
        }
        "test" => {
            let found = at(object, &operation.path)?;
            let same = match (found, &operation.value) {
                (Some(found), Some(value)) => found.eq_value(value),
                (None, value) => value.as_ref().is_none_or(Node::is_null),
                (Some(found), None) => found.is_null(),
            };
            if same { Ok(()) } else { Err(format!("`{}` is not what `test` says", operation.path)) }
        }
        other => Err(format!("unknown operation `{other}`")),
    }
}

/// Values that an object may hold before something of it is copied.
const LARGEST: usize = 200_000;

fn size(node: &Node) -> usize {
    let items: usize = node.items().iter().map(size).sum();
    1 + items + node.entries().iter().map(|(_, value)| size(value)).sum::<usize>()
}

fn tokens(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let rest = path.strip_prefix('/').ok_or_else(|| format!("path `{path}` does not begin with `/`"))?;
    Ok(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

/// The index of an item; negative ones count from behind.
fn position(token: &str, length: usize) -> Option<usize> {
    let number: i64 = token.parse().ok()?;
    let at = if number < 0 { number.checked_add(length as i64)? } else { number };
    usize::try_from(at).ok()
}

fn step<'n>(node: &'n Node, token: &str) -> Option<&'n Node> {
    match &node.data {
        Data::Map(_) => node.get(token),
        Data::List(items) => items.get(position(token, items.len())?),
        Data::Scalar(_) => None,
    }
}

fn at<'n>(object: &'n Node, path: &str) -> Result<Option<&'n Node>, String> {
    Ok(tokens(path)?.iter().try_fold(object, |node, token| step(node, token)))
}

/// The collection that a path leads into, and the last token.
fn parent<'n>(object: &'n mut Node, path: &str, what: &str) -> Result<(&'n mut Node, String), String> {
    let mut all = tokens(path)?;
    let last = all.pop().ok_or_else(|| format!("cannot {what} the whole object"))?;
    let mut node = object;
    for token in &all {
        let next = match &mut node.data {
            Data::Map(entries) => entries.iter_mut().find(|(key, _)| key == token).map(|(_, value)| value),
            Data::List(items) => position(token, items.len()).and_then(|at| items.get_mut(at)),
            Data::Scalar(_) => None,
        };
        node = next.ok_or_else(|| format!("cannot {what} `{path}`: there is no `{token}` on the way"))?;
    }
    if node.shape() == Shape::Scalar {
        return Err(format!("cannot {what} `{path}`: a single value is on the way"));
    }
    Ok((node, last))
}

fn add(object: &mut Node, path: &str, value: Node) -> Result<(), String> {
    let (node, last) = parent(object, path, "add")?;
    match &mut node.data {
        Data::Map(_) => put(node, &last, value),
        Data::List(items) if last == "-" => items.push(value),
        Data::List(items) => {
            // One more place than there are items.
            let at = position(&last, items.len() + 1).filter(|at| *at <= items.len());
            let at = at.ok_or_else(|| format!("cannot add `{path}`: the list has {} items", items.len()))?;
            items.insert(at, value);
        }
        Data::Scalar(_) => {}
    }
    Ok(())
}

fn put(node: &mut Node, key: &str, mut value: Node) {
    if let Data::Map(entries) = &mut node.data {
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => {
                value.trail = value.trail.over(&old.trail);
                *old = value;
            }
            None => entries.push((key.to_owned(), value)),
        }
    }
}

fn remove(object: &mut Node, path: &str, what: &str) -> Result<Node, String> {
    let (node, last) = parent(object, path, what)?;
    let missing = || format!("cannot {what} `{path}`: it is not there");
    match &mut node.data {
        Data::Map(_) => node.remove(&last).ok_or_else(missing),
        Data::List(items) => {
            let at = position(&last, items.len()).filter(|at| *at < items.len()).ok_or_else(missing)?;
            Ok(items.remove(at))
        }
        Data::Scalar(_) => Err(missing()),
    }
}

fn replace(object: &mut Node, path: &str, mut value: Node) -> Result<(), String> {
    let (node, last) = parent(object, path, "replace")?;
    let missing = || format!("cannot replace `{path}`: it is not there");
    match &mut node.data {
        // The library asks whether a key is there, and takes any answer.
        Data::Map(_) => put(node, &last, value),
        Data::List(items) => {
            let at = position(&last, items.len()).ok_or_else(missing)?;
            let old = items.get_mut(at).ok_or_else(missing)?;
            value.trail = value.trail.over(&old.trail);
            *old = value;
        }
        Data::Scalar(_) => return Err(missing()),
    }
    Ok(())
}
