//! The objects as documents: canonical text, parsed again, with the trail of every node beside it.

use crate::node::{Data, Node};
use crate::scalar::write_string;
use crate::trail::Trail;
use ironclad_model::{OriginId, Origins};
use ironclad_tree::{Document, Limits, NodeId, NodeRef, Source, parse};
use rustc_hash::FxHashMap;

/// The document of an object, named after its kustomization.
pub(crate) fn document(node: &Node, name: &str) -> Option<(Document, Origins)> {
    let mut text = String::new();
    write(node, 0, &mut text);
    let source = Source::new(name, text);
    let document = parse(&source, &Limits::default()).documents.into_iter().next()?;
    let mut origins = Origins::default();
    let mut known: FxHashMap<*const (), (Trail, OriginId, OriginId)> = FxHashMap::default();
    let mut places: Vec<(NodeId, Trail)> = Vec::new();
    collect(document.root(), node, &Trail::default(), &mut places);
    for (id, trail) in places {
        let (_, whole, head) = known.entry(trail.address()).or_insert_with(|| {
            let (whole, head) = (origins.intern(trail.chain()), origins.intern(trail.head_chain()));
            (trail, whole, head)
        });
        origins.attach(id, *whole);
        origins.attach_missing(id, *head);
    }
    Some((document, origins))
}

/// Nodes whose trail differs from that above them.
fn collect(at: NodeRef<'_>, node: &Node, above: &Trail, out: &mut Vec<(NodeId, Trail)>) {
    let own = if node.trail.edited().is_some() { &node.trail } else { above };
    if !own.is_same(above) {
        out.push((at.id(), own.clone()));
    }
    match &node.data {
        Data::Scalar(_) => {}
        Data::List(items) => {
            for (below, item) in at.items().zip(items) {
                collect(below, item, own, out);
            }
        }
        Data::Map(entries) => {
            for (below, (_, value)) in at.entries().zip(entries) {
                collect(below.value(), value, own, out);
            }
        }
    }
}

/// Block YAML with every text in quotes: nothing is left to resolve.
fn write(node: &Node, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match &node.data {
        Data::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                out.push_str(&indent);
                write_string(key, out);
                out.push(':');
                below(value, depth, out);
            }
        }
        Data::List(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&indent);
                out.push('-');
                below(item, depth, out);
            }
        }
        Data::Map(_) => out.push_str("{}\n"),
        Data::List(_) => out.push_str("[]\n"),
        Data::Scalar(scalar) => {
            scalar.write_json(out);
            out.push('\n');
        }
    }
}

fn below(value: &Node, depth: usize, out: &mut String) {
    let is_block = match &value.data {
        Data::Map(entries) => !entries.is_empty(),
        Data::List(items) => !items.is_empty(),
        Data::Scalar(_) => false,
    };
    if is_block {
        out.push('\n');
        write(value, depth + 1, out);
    } else {
        out.push(' ');
        write(value, 0, out);
    }
}
