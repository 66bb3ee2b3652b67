//! References within a schema: by pointer, by anchor, by the `$id` of a schema in it, and dynamic ones, which look for
//! the outermost schema on the way here that has the same anchor.

use crate::Instance;
use crate::check::Check;
use ironclad_tree::NodeRef;

impl<'a, V: Instance> Check<'a, V> {
    /// Notes that a schema with an `$id` of its own is entered; gives how many are to be left again.
    pub(crate) fn enter(&mut self, schema: NodeRef<'a>) -> usize {
        let is_resource = schema.id() == self.root.id() || self.is_resource(schema);
        self.within(Some(schema).filter(|_| is_resource))
    }

    pub(crate) fn within(&mut self, resource: Option<NodeRef<'a>>) -> usize {
        let Some(resource) =
            resource.filter(|resource| self.scope.last().is_none_or(|last| last.id() != resource.id()))
        else {
            return 0;
        };
        self.scope.push(resource);
        1
    }

    pub(crate) fn leave(&mut self, entered: usize) {
        self.scope.truncate(self.scope.len().saturating_sub(entered));
    }

    fn id_of(&self, schema: NodeRef<'a>) -> Option<&'a str> {
        let key = if self.draft == 4 { "id" } else { "$id" };
        schema.get_str(key).and_then(|entry| entry.value().as_str())
    }

    fn is_resource(&self, schema: NodeRef<'a>) -> bool {
        self.id_of(schema).is_some_and(|id| !id.starts_with('#'))
    }

    /// The schemas that one refers to, each with the one with an `$id` that it lies in.
    pub(crate) fn referred(&mut self, schema: NodeRef<'a>) -> Vec<(NodeRef<'a>, Option<NodeRef<'a>>)> {
        let text = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_str());
        let mut all = Vec::new();
        if let Some(name) = text("$ref") {
            all.extend(self.reference(name));
        }
        if let Some(name) = text("$dynamicRef").filter(|_| self.draft >= 2020) {
            all.extend(self.dynamic(name));
        }
        if text("$recursiveRef").is_some_and(|_| self.draft == 2019) {
            all.push(self.recursive());
        }
        all
    }

    fn resource(&self) -> NodeRef<'a> {
        self.scope.last().copied().unwrap_or(self.root)
    }

    fn reference(&mut self, name: &str) -> Option<(NodeRef<'a>, Option<NodeRef<'a>>)> {
        let (base, fragment) = name.split_once('#').unwrap_or((name, ""));
        let resource = if base.is_empty() { Some(self.resource()) } else { self.named(base) };
        let Some(resource) = resource else {
            self.partial.remote = true;
            return None;
        };
        let target = if fragment.is_empty() || fragment.starts_with('/') {
            resource.at_pointer(&decoded(fragment))
        } else {
            self.anchored(resource, fragment, false)
        };
        target.map(|target| (target, Some(resource)))
    }

    /// An anchor that is a dynamic one means the outermost schema that has it too.
    fn dynamic(&mut self, name: &str) -> Option<(NodeRef<'a>, Option<NodeRef<'a>>)> {
        let (target, within) = self.reference(name)?;
        let anchor = name.split_once('#').map_or("", |(_, fragment)| fragment);
        let own = target.get_str("$dynamicAnchor").and_then(|entry| entry.value().as_str());
        if anchor.is_empty() || own != Some(anchor) {
            return Some((target, within));
        }
        let outer = self.scope.iter().find_map(|resource| Some((self.anchored(*resource, anchor, true)?, *resource)));
        Some(outer.map_or((target, within), |(target, resource)| (target, Some(resource))))
    }

    /// `$recursiveRef: "#"`: the outermost schema on the way that says `$recursiveAnchor`, if this one does.
    fn recursive(&self) -> (NodeRef<'a>, Option<NodeRef<'a>>) {
        let says = |schema: &&NodeRef<'a>| {
            schema.get_str("$recursiveAnchor").is_some_and(|entry| entry.value().as_bool() == Some(true))
        };
        let own = self.resource();
        let outer = self.scope.iter().rev().take_while(says).last().copied();
        let target = outer.filter(|_| says(&&own)).unwrap_or(own);
        (target, Some(target))
    }

    /// The schema whose `$id` is this, as a person writes it: whole, or without what both have in front.
    fn named(&self, base: &str) -> Option<NodeRef<'a>> {
        let mut pending = vec![self.root];
        while let Some(node) = pending.pop() {
            if let Some(id) = self.id_of(node).map(|id| id.trim_end_matches('#')).filter(|id| !id.is_empty())
                && (id == base || ends(id, base) || ends(base, id))
            {
                return Some(node);
            }
            pending.extend(node.entries().map(|entry| entry.value()));
            pending.extend(node.items());
        }
        None
    }

    /// The part of a schema that carries a name (`$anchor`, `$dynamicAnchor`, `$id` up to draft 7), without those parts
    /// that have an `$id` of their own.
    fn anchored(&self, resource: NodeRef<'a>, name: &str, dynamic: bool) -> Option<NodeRef<'a>> {
        let mut pending = vec![resource];
        while let Some(node) = pending.pop() {
            if node.id() != resource.id() && self.is_resource(node) {
                continue;
            }
            let text = |key: &str| node.get_str(key).and_then(|entry| entry.value().as_str());
            let is = match self.draft {
                0..=7 => text("$id").or(text("id")).and_then(|id| id.strip_prefix('#')) == Some(name),
                2019 => text("$anchor") == Some(name),
                _ => text("$dynamicAnchor") == Some(name) || !dynamic && text("$anchor") == Some(name),
            };
            if is {
                return Some(node);
            }
            pending.extend(node.entries().map(|entry| entry.value()));
            pending.extend(node.items());
        }
        None
    }
}

/// Does a longer URI end with a shorter one, as a whole part of its path?
fn ends(long: &str, short: &str) -> bool {
    long.strip_suffix(short.trim_start_matches('/')).is_some_and(|rest| rest.ends_with('/'))
}

/// A fragment without its percent signs.
fn decoded(fragment: &str) -> String {
    let mut out = Vec::with_capacity(fragment.len());
    let mut at = 0;
    while let Some(&byte) = fragment.as_bytes().get(at) {
        let hex =
            fragment.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
