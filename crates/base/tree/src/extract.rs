//! Parts of a document as documents of their own: the objects of a listing, without what nobody will look at.
//!
//! Invariant: what is kept is numbered as a reader would number it, each collection before its content and every
//! subtree contiguous, because parents are found by number.

use crate::document::{Document, Kind, Node, NodeId, OWN_TEXT};
use crate::symbol::Interner;
use crate::{NodeRef, Source, Span, Step, Style};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What becomes of a node on its way into the new document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// It is taken, and what lies below it is asked about.
    Keep,
    /// It is left out with its key.
    Drop,
    /// A text takes its place.
    Replace(String),
}

/// The new document while it grows.
struct Growing<'a> {
    nodes: Vec<Node>,
    pool: Vec<u32>,
    texts: Vec<(u32, u32)>,
    arena: String,
    interner: Interner,
    seen: FxHashMap<&'a str, u32>,
}

/// A collection whose children are being taken: its place in the pool, and the children that are left, last first.
struct Open<'a> {
    step: Step<'a>,
    payload: usize,
    rest: Vec<(Step<'a>, NodeRef<'a>)>,
}

impl<'a> Growing<'a> {
    fn leaf(&mut self, kind: Kind, text: u32) -> u32 {
        let mut node = Node::new(0, kind, Style::Json);
        node.set(OWN_TEXT);
        node.payload = text;
        self.push(node)
    }

    fn push(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn text(&mut self, text: &str) -> u32 {
        self.texts.push((self.arena.len() as u32, text.len() as u32));
        self.arena.push_str(text);
        (self.texts.len() - 1) as u32
    }

    fn own(&mut self, text: &'a str) -> u32 {
        if let Some(&index) = self.seen.get(text) {
            return index;
        }
        let index = self.text(text);
        self.seen.insert(text, index);
        index
    }

    /// Opens a collection; its count is raised as children come.
    fn open(&mut self, node: NodeRef<'a>, step: Step<'a>) -> (u32, Open<'a>) {
        let mut data = Node::new(0, node.kind(), Style::Json);
        data.payload = self.pool.len() as u32;
        let width = if node.kind() == Kind::Mapping { 3 } else { 1 };
        // The children's numbers follow in one block, of which what is dropped leaves a part unused.
        self.pool.resize(self.pool.len() + 1 + node.len() * width, 0);
        let mut rest: Vec<_> = match node.kind() {
            Kind::Mapping => node.entries().map(|entry| (Step::Key(entry.key()), entry.value())).collect(),
            _ => node.items().enumerate().map(|(index, item)| (Step::Index(index), item)).collect(),
        };
        rest.reverse();
        let payload = data.payload as usize;
        (self.push(data), Open { step, payload, rest })
    }

    fn add_child(&mut self, payload: usize, step: Step<'a>, child: u32) {
        let count = self.pool[payload] as usize;
        self.pool[payload] += 1;
        match step {
            Step::Key(key) => {
                let symbol = self.interner.intern(key);
                let at = payload + 1 + count * 3;
                self.pool[at] = symbol.0;
                self.pool[at + 2] = child;
            }
            Step::Index(_) => self.pool[payload + 1 + count] = child,
        }
    }
}

impl<'a> NodeRef<'a> {
    /// A detached document of this value. `choose` is asked about every node below it, with the steps from here; steps
    /// into a list count what was left out.
    pub fn extract(self, source: &Arc<Source>, choose: &mut dyn FnMut(&[Step<'a>], NodeRef<'a>) -> Choice) -> Document {
        let mut growing = Growing {
            nodes: Vec::new(),
            pool: Vec::new(),
            texts: Vec::new(),
            arena: String::new(),
            interner: Interner::default(),
            seen: FxHashMap::default(),
        };
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut path: Vec<Step<'a>> = Vec::new();
        if matches!(self.kind(), Kind::Sequence | Kind::Mapping) {
            open.push(growing.open(self, Step::Index(0)).1);
        } else {
            let text = growing.own(self.text().unwrap_or_default());
            growing.leaf(self.kind(), text);
        }
        while let Some(top) = open.last_mut() {
            let payload = top.payload;
            let Some((step, node)) = top.rest.pop() else {
                open.pop();
                path.pop();
                continue;
            };
            path.push(step);
            let choice = choose(&path, node);
            if choice == Choice::Keep && matches!(node.kind(), Kind::Sequence | Kind::Mapping) {
                let (child, below) = growing.open(node, step);
                growing.add_child(payload, below.step, child);
                open.push(below);
                continue;
            }
            path.pop();
            let child = match choice {
                Choice::Drop => continue,
                Choice::Keep => {
                    let text = growing.own(node.text().unwrap_or_default());
                    growing.leaf(node.kind(), text)
                }
                Choice::Replace(text) => {
                    let text = growing.text(&text);
                    growing.leaf(Kind::String, text)
                }
            };
            growing.add_child(payload, step, child);
        }
        growing.finish(source)
    }
}

impl Growing<'_> {
    fn finish(mut self, source: &Arc<Source>) -> Document {
        self.nodes.shrink_to_fit();
        self.pool.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.arena.shrink_to_fit();
        debug_assert!(self.nodes.len() > NodeId::ROOT.index());
        Document {
            source: Arc::clone(source),
            span: Span { start: 0, end: 0 },
            nodes: self.nodes,
            pool: self.pool,
            texts: self.texts,
            arena: self.arena,
            locals: self.interner.take(),
            long: FxHashMap::default(),
            key_ends: FxHashMap::default(),
            comments: Vec::new(),
            duplicates: Vec::new(),
            aliases: Vec::new(),
            notes: Vec::new(),
            is_json: true,
            detached: true,
            ordered: true,
            parents: std::sync::OnceLock::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, parse};

    fn extracted(text: &str, at: &str, choose: &mut dyn FnMut(&[Step<'_>], NodeRef<'_>) -> Choice) -> Document {
        let documents = parse(&Source::new("t", text), &Limits::default()).documents;
        let node = documents[0].root().at_pointer(at).unwrap();
        node.extract(&Source::new("cluster:test", ""), choose)
    }

    fn json(document: &Document) -> String {
        let mut out = String::new();
        document.root().write_json(&mut out);
        out
    }

    #[test]
    fn a_part_without_what_nobody_looks_at() {
        let text = "items:\n- metadata: {name: a, managedFields: [{f: {x: 1}}], labels: {b: &b c, own/key: *b}}\n  data: {k: [1, {p: s3cret}, 2.5, null, true]}\n";
        let document = extracted(text, "/items/0", &mut |path, node| match path {
            [Step::Key("metadata"), Step::Key("managedFields")] => Choice::Drop,
            [Step::Key("data"), .., Step::Key("p")] => Choice::Replace(format!("({})", node.text().unwrap().len())),
            _ => Choice::Keep,
        });
        let expected =
            r#"{"metadata":{"name":"a","labels":{"b":"c","own/key":"c"}},"data":{"k":[1,{"p":"(6)"},2.5,null,true]}}"#;
        assert_eq!(json(&document), expected);
        let root = document.root();
        let deep = root.at_pointer("/data/k/1/p").unwrap();
        assert_eq!(document.path_to(deep.id()).len(), 4);
        assert_eq!(root.get_str("metadata").unwrap().value().get_str("labels").unwrap().value().len(), 2);
        assert_eq!(document.source().name().as_ref(), "cluster:test");
    }

    #[test]
    fn scalars_and_empty_collections() {
        assert_eq!(json(&extracted("a: 7", "/a", &mut |_, _| Choice::Keep)), "7");
        assert_eq!(json(&extracted("a: {}", "/a", &mut |_, _| Choice::Keep)), "{}");
        assert_eq!(
            json(&extracted("a: [1, 2, 3]", "/a", &mut |_, n| match n.as_i64() {
                Some(2) => Choice::Drop,
                _ => Choice::Keep,
            })),
            "[1,3]"
        );
        assert_eq!(json(&extracted("a: {b: 1}", "/a", &mut |_, _| Choice::Drop)), "{}");
    }
}
