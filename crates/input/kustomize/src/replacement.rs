//! `replacements`: a value of one object, or a part of it, into fields of others (`filters/replacement`).

use crate::ids::{Gvk, ResId};
use crate::node::{Data, Node, Shape};
use crate::path::{index, look_up, look_up_mut, selector, split_brackets};
use crate::resource::{Resource, Resources};
use crate::scalar::Scalar;
use crate::schema::Schemas;
use crate::selector::{Selector, loose_pattern};
use crate::trail::Trail;
use ironclad_tree::{Kind, Limits, NodeRef, Source, parse};

/// How a value is cut out, or put in.
#[derive(Default)]
struct Options<'n> {
    delimiter: &'n str,
    index: i64,
    create: bool,
}

impl<'n> Options<'n> {
    fn read(node: Option<&'n Node>) -> Options<'n> {
        let Some(node) = node.filter(|node| !node.is_null()) else { return Options::default() };
        let text = |key: &str| node.get(key).and_then(Node::text);
        Options {
            delimiter: text("delimiter").unwrap_or_default(),
            index: text("index").and_then(|text| text.parse().ok()).unwrap_or(0),
            create: node.get("create").and_then(Node::as_bool) == Some(true),
        }
    }
}

/// Applies one replacement. The error has its place.
pub(crate) fn apply(resources: &mut Resources, entry: &Node, schemas: &Schemas) -> Result<(), (Trail, String)> {
    let on = |message: String| (entry.trail.clone(), message);
    let source = entry.get("source").filter(|source| !source.is_null());
    let constant = entry.get("sourceValue").filter(|value| !value.is_null());
    let targets = entry.get("targets").filter(|targets| !targets.is_null());
    let Some(targets) = targets.filter(|_| source.is_some() || constant.is_some()) else {
        return Err(on("a replacement needs a source and targets".to_owned()));
    };
    let value = match (source, constant) {
        (Some(_), Some(_)) => return Err(on("a replacement has either `source` or `sourceValue`".to_owned())),
        (None, Some(text)) => crate::path::open(text.text().unwrap_or_default(), &text.trail),
        (Some(source), None) => read(resources, source, schemas).map_err(|message| (source.trail.clone(), message))?,
        (None, None) => return Ok(()),
    };
    for target in targets.items() {
        write(resources, target, &value, schemas).map_err(|message| (target.trail.clone(), message))?;
    }
    Ok(())
}

/// The value at the source.
fn read(resources: &Resources, source: &Node, schemas: &Schemas) -> Result<Node, String> {
    let text = |key: &str| source.get(key).and_then(Node::text).unwrap_or_default();
    let wanted = ResId::new(crate::config::gvk_of(source), text("name"), text("namespace"), schemas);
    let fits = |id: &ResId| {
        (wanted.name.is_empty() || wanted.name == id.name)
            && (wanted.namespace.is_empty() || wanted.same_namespace(id))
            && id.gvk.is_selected(&wanted.gvk)
    };
    let mut found = resources.all.iter().filter(|resource| resource.all_ids(schemas).iter().any(fits));
    let object = found.next().ok_or_else(|| "the source selects nothing".to_owned())?;
    if let Some(other) = found.next() {
        return Err(format!("the source selects {} and {}", object.id(schemas), other.id(schemas)));
    }
    let path = Some(text("fieldPath")).filter(|path| !path.is_empty()).unwrap_or("metadata.name");
    let value = look_up(&object.node, &split_brackets(path, '.'))?;
    let missing = || format!("`{path}` is missing in {}", object.id(schemas));
    let value = value.filter(|value| !value.is_empty()).ok_or_else(missing)?;
    let options = Options::read(source.get("options"));
    if options.delimiter.is_empty() {
        return Ok(value.clone());
    }
    let Data::Scalar(scalar) = &value.data else { return Err("`delimiter` cuts single values only".to_owned()) };
    let parts: Vec<&str> = scalar.text.split(options.delimiter).collect();
    let part = usize::try_from(options.index).ok().and_then(|at| parts.get(at));
    let part =
        part.ok_or_else(|| format!("`index` {} is beyond the {} parts of the value", options.index, parts.len()))?;
    Ok(Node::scalar(Scalar { text: (*part).to_owned(), ..scalar.clone() }, &value.trail))
}

fn write(resources: &mut Resources, target: &Node, value: &Node, schemas: &Schemas) -> Result<(), String> {
    let select = target.get("select").filter(|select| !select.is_null());
    let select = Selector::read(select.ok_or_else(|| "a target needs `select`".to_owned())?)?;
    let rejects = target.get("reject").map(Node::items).unwrap_or_default();
    let rejects = rejects.iter().map(Selector::read).collect::<Result<Vec<_>, _>>()?;
    let options = Options::read(target.get("options"));
    let listed = target.get("fieldPaths").map(Node::items).unwrap_or_default();
    let mut paths: Vec<&str> = listed.iter().map(|path| path.text().unwrap_or_default()).collect();
    if paths.is_empty() {
        paths.push("metadata.name");
    }
    for resource in &mut resources.all {
        let ids = raw_ids(resource, schemas);
        let is_rejected = rejects.iter().any(|reject| {
            (reject.names_maps() && reject.takes_maps(resource))
                || (reject.names_ids() && ids.iter().any(|id| reject.takes_id(id)))
        });
        if !select.takes_maps(resource) || is_rejected || !ids.iter().any(|id| select.takes_id(id)) {
            continue;
        }
        for path in &paths {
            put(&mut resource.node, value, path, &options)
                .map_err(|message| format!("{message} (in {})", resource.id(schemas)))?;
        }
    }
    Ok(())
}

/// Identities with the namespace as it is written.
fn raw_ids(resource: &Resource, schemas: &Schemas) -> Vec<ResId> {
    let gvk: Gvk = resource.gvk();
    let mut ids = vec![ResId::new(gvk, resource.name(), resource.namespace(), schemas)];
    ids.extend(resource.previous_ids(schemas));
    ids
}

fn put(object: &mut Node, value: &Node, path: &str, options: &Options<'_>) -> Result<(), String> {
    let parts = split_brackets(path, '.');
    if put_inside(object, value, &parts, options).is_ok() {
        return Ok(());
    }
    let missing = || format!("there is no field `{path}`");
    let create = options.create.then(|| value.shape());
    let mut found = 0;
    matching(object, &parts, create, &value.trail, &mut |node| {
        found += 1;
        set(node, value, options)
    })?;
    if found == 0 { Err(missing()) } else { Ok(()) }
}

/// Puts the value, or makes it a part of the text that is there.
fn set(node: &mut Node, value: &Node, options: &Options<'_>) -> Result<(), String> {
    let mut value = value.clone();
    if !options.delimiter.is_empty() {
        let Some(old) = node.text() else { return Err("`delimiter` joins single values only".to_owned()) };
        let mut parts: Vec<String> = old.split(options.delimiter).map(str::to_owned).collect();
        let new = if value.is_null() { "" } else { value.text().unwrap_or_default() }.to_owned();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, new),
            Ok(at) => match parts.get_mut(at) {
                Some(part) => *part = new,
                None => parts.push(new),
            },
        }
        let text = parts.join(options.delimiter);
        if let Data::Scalar(scalar) = &mut value.data {
            scalar.text = text;
        } else {
            return Err("`delimiter` joins single values only".to_owned());
        }
    }
    let trail = value.trail.over(&node.trail);
    match (&mut node.data, value.data) {
        // The type of the field stays, whatever is put there.
        (Data::Scalar(old), Data::Scalar(new)) => old.text = new.text,
        (Data::Scalar(old), _) => old.text.clear(),
        (data, new) => *data = new,
    }
    if let Data::Scalar(scalar) = &node.data
        && !scalar.fits()
    {
        return Err(format!("`{}` does not fit the type of the field", crate::build::clip(&scalar.text)));
    }
    node.trail = trail;
    Ok(())
}

/// Visits every node that a path with `*`, indices and `[name=pattern]` means (kyaml's `PathMatcher`).
fn matching(
    node: &mut Node,
    path: &[String],
    create: Option<Shape>,
    trail: &Trail,
    visit: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), String> {
    let Some((part, rest)) = path.split_first() else { return visit(node) };
    let next_shape = |last: Shape| match rest.first() {
        None => last,
        Some(next) if index(next).is_some() || next.starts_with('[') && next.ends_with(']') => Shape::List,
        Some(_) => Shape::Map,
    };
    let list_wanted = index(part).is_some() || part == "*" || selector(part).is_some();
    crate::path::expect(node, if list_wanted { Shape::List } else { Shape::Map })?;
    if let Some(at) = index(part) {
        let Data::List(items) = &mut node.data else { return Err(format!("no item {at} in what is no list")) };
        if at == items.len()
            && let Some(last) = create
        {
            items.push(Node::empty(next_shape(last), trail));
        }
        let length = items.len();
        let item = items.get_mut(at).ok_or_else(|| format!("item {at} is asked for, and there are {length}"))?;
        return matching(item, rest, create, trail, visit);
    }
    if part == "*" {
        let Data::List(items) = &mut node.data else { return Ok(()) };
        return items.iter_mut().try_for_each(|item| matching(item, rest, create, trail, visit));
    }
    if let Some(found) = selector(part) {
        let (name, value) = found?;
        let pattern = loose_pattern(value)?;
        let Data::List(items) = &mut node.data else { return Ok(()) };
        let takes = |item: &Node| {
            let field = if name.is_empty() { Some(item) } else { item.get(name) };
            field.and_then(Node::text).is_some_and(|text| pattern.is_match(text.trim()))
        };
        if create.is_some() && !items.iter().any(takes) {
            let mut item = if name.is_empty() { crate::path::open(value, trail) } else { Node::map(trail) };
            item.set(name, crate::path::open(value, trail));
            items.push(item);
        }
        // A pattern on bare values ends the path, whatever follows.
        let rest = if name.is_empty() { &[] } else { rest };
        return items
            .iter_mut()
            .filter(|item| takes(item))
            .try_for_each(|item| matching(item, rest, create, trail, visit));
    }
    if node.get(part).is_none() {
        let Some(last) = create else { return Ok(()) };
        node.set(part, Node::empty(next_shape(last), trail));
    }
    node.get_mut(part).map_or(Ok(()), |field| matching(field, rest, create, trail, visit))
}

/// A path that leads into a text which is itself YAML or JSON changes that text.
fn put_inside(object: &mut Node, value: &Node, parts: &[String], options: &Options<'_>) -> Result<(), String> {
    let no = || "no structured text on the way".to_owned();
    let end = (1..parts.len()).find(|&end| {
        let found = parts.get(..end).and_then(|front| look_up(object, front).ok().flatten());
        found.is_some_and(|node| node.text().is_some_and(|text| !text.is_empty()))
    });
    let (front, rest) = end.and_then(|end| parts.split_at_checked(end)).ok_or_else(no)?;
    let Some(Node { data: Data::Scalar(scalar), trail }) = look_up_mut(object, front)? else { return Err(no()) };
    let text = scalar.text.clone();
    let is_json = text.trim_start().starts_with(['{', '[']);
    let source = Source::new("", text.as_str());
    let parsed = parse(&source, &Limits::default());
    let [document] = parsed.documents.as_slice() else { return Err(no()) };
    if !matches!(document.root().kind(), Kind::Mapping | Kind::Sequence) {
        return Err(no());
    }
    let read = Node::read(document.root(), &source, ironclad_model::Role::Base, crate::node::Reading::Kyaml);
    let mut inner = read.map_err(|(_, message)| message)?;
    let mut found = 0;
    matching(&mut inner, rest, options.create.then(|| value.shape()), &value.trail, &mut |node| {
        found += 1;
        set(node, value, options)
    })?;
    if found == 0 {
        return Err(no());
    }
    scalar.text = if is_json {
        let mut out = String::new();
        inner.write_json(true, &mut out);
        if text.contains('\n') && text.contains("  ") { indented(&out) } else { out }
    } else {
        spliced(&text, document.root(), &inner)?
    };
    *trail = value.trail.over(trail);
    Ok(())
}

/// The text of a YAML document with the values that changed put in their places: single values only.
fn spliced(text: &str, before: NodeRef<'_>, after: &Node) -> Result<String, String> {
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let mut pending = vec![(before, after)];
    while let Some((old, new)) = pending.pop() {
        let no = || "a replacement in YAML within a text changes single values only".to_owned();
        match (&new.data, old.kind()) {
            (Data::Map(entries), Kind::Mapping) => {
                for (key, value) in entries {
                    let field = old.entries().find(|entry| entry.key() == key).ok_or_else(no)?;
                    pending.push((field.value(), value));
                }
            }
            (Data::List(items), Kind::Sequence) if items.len() == old.len() => pending.extend(old.items().zip(items)),
            (Data::Scalar(scalar), Kind::Mapping | Kind::Sequence) => return Err(format!("{}: {}", no(), scalar.text)),
            (Data::Scalar(scalar), _) => {
                if old.text() == Some(&scalar.text) {
                    continue;
                }
                let span = old.span();
                let mut shown = String::new();
                if scalar.quoted
                    || scalar.kind() == crate::scalar::Tag::Text && crate::scalar::looks_typed(&scalar.text)
                {
                    crate::scalar::write_string(&scalar.text, &mut shown);
                } else {
                    shown.push_str(&scalar.text);
                }
                edits.push((span.start as usize..span.end as usize, shown));
            }
            _ => return Err(no()),
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, shown) in edits.into_iter().rev() {
        out.replace_range(range, &shown);
    }
    Ok(out.trim().to_owned())
}

/// Compact JSON with two blanks for each level, as Go's `MarshalIndent` writes it.
fn indented(json: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(c) = chars.next() {
        out.push(c);
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => in_text = true,
            '{' | '[' => {
                if chars.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    out.extend(chars.next());
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                out.pop();
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn json_is_indented_as_go_does() {
        assert_eq!(
            indented(r#"{"a":[1,{"b":"x,:"}],"c":{}}"#),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,:\"\n    }\n  ],\n  \"c\": {}\n}"
        );
    }
}
