//! The snapshot: everything that is judged together, immutable and indexed.
//!
//! Overlays share the documents of their base: they hold only what changed and the set of what went away. Object and
//! document ids go on counting from the base's, so an id is never reused along a chain of overlays.
//! Invariant: an index never lists an object that the snapshot does not hold.

use crate::{Kind, LabelSelector, Object, ObjectId, Origins};
use ironclad_tree::{Document, Kind as NodeKind, NodeId, NodeRef, f};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Index of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DocumentId(pub u32);

/// Index of a unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnitId(pub u32);

/// What is deployed as one: a chart with one set of values, an overlay, a folder, a cluster. Objects without a
/// namespace are in the same, unknown namespace as the others of their unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Root and variant as fingerprints name them; empty for plain manifests.
    pub name: String,
    /// Nobody said which namespace a chart is for: what its templates print of it is our word, not theirs.
    pub is_namespace_assumed: bool,
}

/// Layers below an overlay before it is flattened: look-ups walk them all.
const DEEPEST: usize = 16;

/// An immutable set of objects.
#[derive(Debug, Default)]
pub struct Snapshot {
    base: Option<Arc<Snapshot>>,
    depth: usize,
    first_object: u32,
    first_document: u32,
    objects: Vec<Object>,
    documents: Vec<Arc<Document>>,
    units: Arc<Vec<Unit>>,
    removed: FxHashSet<ObjectId>,
    by_kind: FxHashMap<Kind, Vec<ObjectId>>,
    by_name: FxHashMap<(Kind, u64), Vec<ObjectId>>,
    /// The namespace of objects that name none, kept for overlays.
    assumed: Option<(Arc<str>, IsNamespaced)>,
}

/// Collects documents for a [`Snapshot`].
#[derive(Debug, Default)]
pub struct SnapshotBuilder {
    snapshot: Snapshot,
    units: Vec<Unit>,
    assumed: Option<(Arc<str>, IsNamespaced)>,
}

/// Do objects of this `apiVersion` and `kind` live in a namespace?
pub type IsNamespaced = fn(&str, &str) -> bool;

impl Snapshot {
    /// An empty builder.
    pub fn builder() -> SnapshotBuilder {
        SnapshotBuilder { snapshot: Snapshot::default(), units: vec![Unit::default()], assumed: None }
    }

    /// A builder on top of `base`, whose objects in `removed` are gone. Nothing of `base` is copied.
    pub fn overlay(base: &Arc<Snapshot>, removed: impl IntoIterator<Item = ObjectId>) -> SnapshotBuilder {
        let units = base.units.as_ref().clone();
        let mut snapshot = Snapshot {
            depth: base.depth + 1,
            first_object: base.first_object + base.objects.len() as u32,
            first_document: base.first_document + base.documents.len() as u32,
            removed: removed.into_iter().collect(),
            ..Snapshot::default()
        };
        snapshot.base = Some(Arc::clone(base));
        let assumed = base.assumed.clone();
        SnapshotBuilder { snapshot, units, assumed }
    }

    /// All objects, oldest first.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        let mut layers = Vec::new();
        let mut gone: Vec<&FxHashSet<ObjectId>> = Vec::new();
        let mut layer = Some(self);
        while let Some(current) = layer {
            layers.push((current, gone.clone()));
            gone.push(&current.removed);
            layer = current.base.as_deref();
        }
        layers.into_iter().rev().flat_map(|(layer, gone)| {
            layer.objects.iter().filter(move |object| !gone.iter().any(|set| set.contains(&object.id)))
        })
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.objects().count()
    }

    /// No object at all?
    pub fn is_empty(&self) -> bool {
        self.objects().next().is_none()
    }

    /// The object with this id, unless it is gone.
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        let mut layer = Some(self);
        while let Some(current) = layer {
            if id.0 >= current.first_object {
                return current.objects.get((id.0 - current.first_object) as usize);
            }
            if current.removed.contains(&id) {
                return None;
            }
            layer = current.base.as_deref();
        }
        None
    }

    /// The document with this id.
    pub fn document(&self, id: DocumentId) -> Option<&Arc<Document>> {
        let mut layer = Some(self);
        while let Some(current) = layer {
            if id.0 >= current.first_document {
                return current.documents.get((id.0 - current.first_document) as usize);
            }
            layer = current.base.as_deref();
        }
        None
    }

    /// The unit with this id.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.get(id.0 as usize)
    }

    /// All objects of a kind, oldest first.
    pub fn of_kind(&self, kind: Kind) -> Vec<&Object> {
        self.indexed(|layer| layer.by_kind.get(&kind))
    }

    /// Is there an object of this kind?
    pub fn has_kind(&self, kind: Kind) -> bool {
        let mut layer = Some(self);
        while let Some(current) = layer {
            let ids = current.by_kind.get(&kind).map_or(&[][..], Vec::as_slice);
            if ids.iter().any(|id| self.object(*id).is_some()) {
                return true;
            }
            layer = current.base.as_deref();
        }
        false
    }

    /// Objects of this kind, namespace (`None`: not set) and name.
    pub fn named(&self, kind: Kind, namespace: Option<&str>, name: &str) -> Vec<&Object> {
        let mut found = self.indexed(|layer| layer.by_name.get(&(kind, hash_name(name))));
        found.retain(|object| object.name() == name && object.namespace() == namespace);
        found
    }

    /// Objects of this kind whose labels match.
    pub fn selected<'a>(&'a self, kind: Kind, selector: &LabelSelector) -> Vec<&'a Object> {
        let mut found = self.of_kind(kind);
        found.retain(|object| selector.matches(object.labels()));
        found
    }

    /// The controller that owns this object, where it is in the snapshot: the `ownerReferences` entry with
    /// `controller: true`.
    pub fn controller_of(&self, object: &Object) -> Option<&Object> {
        let owners = object.metadata()?.get(f::OWNER_REFERENCES)?.value();
        let owner = owners.items().find(|o| o.get(f::CONTROLLER).and_then(|e| e.value().as_bool()) == Some(true))?;
        let text = |symbol| owner.get(symbol).and_then(|e| e.value().text());
        let kind = Kind::of(text(f::API_VERSION)?, text(f::KIND)?);
        self.named(kind, object.namespace(), text(f::NAME)?).into_iter().next()
    }

    fn indexed<'a>(&'a self, of: impl Fn(&'a Snapshot) -> Option<&'a Vec<ObjectId>>) -> Vec<&'a Object> {
        let mut layers = Vec::new();
        let mut layer = Some(self);
        while let Some(current) = layer {
            layers.push(current);
            layer = current.base.as_deref();
        }
        layers.into_iter().rev().filter_map(of).flatten().filter_map(|id| self.object(*id)).collect()
    }

    fn insert(&mut self, object: Object) {
        self.by_kind.entry(object.kind).or_default().push(object.id);
        self.by_name.entry((object.kind, hash_name(object.name()))).or_default().push(object.id);
        self.objects.push(object);
    }
}

impl SnapshotBuilder {
    /// Objects that are added from here on and name no namespace are in this one, where their kind lives in any.
    pub fn assume_namespace(&mut self, namespace: &str, is_namespaced: IsNamespaced) {
        self.assumed = Some((namespace.into(), is_namespaced));
    }

    /// As [`assume_namespace`](Self::assume_namespace), for what is added until the next call; with none, nothing is
    /// assumed.
    pub fn in_namespace(&mut self, namespace: Option<&str>, is_namespaced: IsNamespaced) {
        self.assumed = namespace.map(|namespace| (namespace.into(), is_namespaced));
    }

    /// Adds a unit; objects added with its id belong to it. Unit 0 exists and is the plain one.
    pub fn unit(&mut self, unit: Unit) -> UnitId {
        self.units.push(unit);
        UnitId((self.units.len() - 1) as u32)
    }

    /// Adds a document and its objects: the root, or the items of a list, flattened at any depth. Returns how many.
    pub fn add(&mut self, document: Document, unit: UnitId) -> usize {
        self.add_shared(Arc::new(document), unit, None)
    }

    /// Adds one object that does not say what it is, as the items of a listing do not.
    pub fn add_typed(&mut self, document: Arc<Document>, unit: UnitId, of_type: &Arc<(String, String)>) -> ObjectId {
        let snapshot = &mut self.snapshot;
        let document_id = DocumentId(snapshot.first_document + snapshot.documents.len() as u32);
        snapshot.documents.push(Arc::clone(&document));
        let id = ObjectId(snapshot.first_object + snapshot.objects.len() as u32);
        let root = document.root().id();
        let inherited = Some(Arc::clone(of_type));
        let kind = Kind::of(&of_type.0, &of_type.1);
        snapshot.insert(Object {
            id,
            document,
            document_id,
            root,
            unit,
            kind,
            inherited,
            assumed: None,
            origins: None,
        });
        id
    }

    /// As [`add`](Self::add), for a document that others hold, or one with origins.
    pub fn add_shared(&mut self, document: Arc<Document>, unit: UnitId, origins: Option<Arc<Origins>>) -> usize {
        let snapshot = &mut self.snapshot;
        let document_id = DocumentId(snapshot.first_document + snapshot.documents.len() as u32);
        snapshot.documents.push(Arc::clone(&document));
        let before = snapshot.objects.len();
        let mut pending = vec![(document.root().id(), None)];
        while let Some((root, inherited)) = pending.pop() {
            let node = document.node(root);
            if let Some(items) = list_items(node) {
                let item_type = item_type(node).map(Arc::new);
                let mut items: Vec<_> = items.map(|item| (item, item_type.clone())).collect();
                items.reverse();
                pending.extend(items);
                continue;
            }
            if node.kind() != NodeKind::Mapping {
                continue;
            }
            let id = ObjectId(snapshot.first_object + snapshot.objects.len() as u32);
            let mut object = Object {
                id,
                document: Arc::clone(&document),
                document_id,
                root,
                unit,
                kind: Kind::OTHER,
                inherited,
                assumed: None,
                origins: origins.clone(),
            };
            // What does not say what it is cannot be judged; the reader names it.
            if object.kind_name().is_empty() {
                continue;
            }
            object.kind = Kind::of(object.api_version(), object.kind_name());
            if let Some((namespace, is_namespaced)) = &self.assumed
                && is_namespaced(object.api_version(), object.kind_name())
            {
                object.assumed = Some(Arc::clone(namespace));
            }
            snapshot.insert(object);
        }
        snapshot.objects.len() - before
    }

    /// The finished snapshot.
    pub fn build(self) -> Snapshot {
        let mut snapshot = self.snapshot;
        snapshot.units = Arc::new(self.units);
        snapshot.assumed = self.assumed;
        if snapshot.depth > DEEPEST { flatten(&snapshot) } else { snapshot }
    }
}

/// One layer with the same ids: gaps are left where objects went away.
fn flatten(layered: &Snapshot) -> Snapshot {
    let mut documents = Vec::new();
    let end = layered.first_document + layered.documents.len() as u32;
    for id in 0..end {
        documents.extend(layered.document(DocumentId(id)).cloned());
    }
    let mut flat = Snapshot { documents, units: Arc::clone(&layered.units), ..Snapshot::default() };
    let end = layered.first_object + layered.objects.len() as u32;
    let mut gone = FxHashSet::default();
    for id in 0..end {
        match layered.object(ObjectId(id)) {
            Some(object) => flat.insert(object.clone()),
            None => {
                // The id must stay taken: keep the last holder of it, out of every index.
                gone.insert(ObjectId(id));
                if let Some(object) = raw_object(layered, id) {
                    flat.objects.push(object.clone());
                }
            }
        }
    }
    Snapshot {
        depth: 1,
        first_object: end,
        first_document: flat.documents.len() as u32,
        units: Arc::clone(&flat.units),
        removed: gone,
        base: Some(Arc::new(flat)),
        ..Snapshot::default()
    }
}

fn raw_object(layered: &Snapshot, id: u32) -> Option<&Object> {
    let mut layer = Some(layered);
    while let Some(current) = layer {
        if id >= current.first_object {
            return current.objects.get((id - current.first_object) as usize);
        }
        layer = current.base.as_deref();
    }
    None
}

/// Items of a list: anything with `items` is one to the decoder in front of the API server
/// (`k8s.io/apimachinery/pkg/apis/meta/v1/unstructured`), whatever its kind; `items: null` is an empty list.
fn list_items(node: NodeRef<'_>) -> Option<impl Iterator<Item = NodeId> + '_> {
    let items = node.get(f::ITEMS)?.value();
    matches!(items.kind(), NodeKind::Sequence | NodeKind::Null).then(|| items.items().map(|item| item.id()))
}

/// `apiVersion` and `kind` that items without either take from their list.
fn item_type(list: NodeRef<'_>) -> Option<(String, String)> {
    let text = |symbol| list.get(symbol).and_then(|e| e.value().as_str());
    let kind = text(f::KIND)?;
    let kind = kind.strip_suffix("List").unwrap_or(kind);
    (!kind.is_empty()).then(|| (text(f::API_VERSION).unwrap_or_default().to_owned(), kind.to_owned()))
}

fn hash_name(name: &str) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish()
}
