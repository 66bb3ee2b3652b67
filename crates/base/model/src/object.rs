//! One Kubernetes object: a node of a shared document, and who it says it is.

use crate::{DocumentId, Kind, Origins, Place, UnitId};
use ironclad_tree::{Document, Kind as NodeKind, NodeId, NodeRef, Source, Span, f};
use std::{fmt, sync::Arc};

/// Index of an object within the snapshot that it was added to. Never reused by overlays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// No object: no snapshot ever has this id.
    pub const NONE: ObjectId = ObjectId(u32::MAX);
}

/// An object of a snapshot.
#[derive(Clone, Debug)]
pub struct Object {
    pub(crate) id: ObjectId,
    pub(crate) document: Arc<Document>,
    pub(crate) document_id: DocumentId,
    pub(crate) root: NodeId,
    pub(crate) unit: UnitId,
    pub(crate) kind: Kind,
    /// From the list it came in, where items do not name their own (`ConfigMapList`).
    pub(crate) inherited: Option<Arc<(String, String)>>,
    /// The namespace that it is said to be in, where it names none itself.
    pub(crate) assumed: Option<Arc<str>>,
    pub(crate) origins: Option<Arc<Origins>>,
}

impl Object {
    /// Index in the snapshot.
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The document that holds it.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Id of that document in the snapshot.
    pub fn document_id(&self) -> DocumentId {
        self.document_id
    }

    /// The object's node (the document's root, or an item of a list).
    pub fn root(&self) -> NodeRef<'_> {
        self.document.node(self.root)
    }

    /// The chart, overlay or folder it belongs to.
    pub fn unit(&self) -> UnitId {
        self.unit
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where a rendered object's nodes come from; none where the document is what a person edits.
    pub fn origins(&self) -> Option<&Arc<Origins>> {
        self.origins.as_ref()
    }

    /// Was it read from an API server, or from a snapshot of one? Such an object has no text.
    pub fn is_live(&self) -> bool {
        self.document.is_detached()
    }

    /// `apiVersion` as written, or as its list implies.
    pub fn api_version(&self) -> &str {
        self.text(f::API_VERSION).or(self.of_its_list().map(|of| of.0.as_str())).unwrap_or_default()
    }

    /// `kind` as written, or as its list implies.
    pub fn kind_name(&self) -> &str {
        self.text(f::KIND).or(self.of_its_list().map(|of| of.1.as_str())).unwrap_or_default()
    }

    /// `metadata.name`, or `metadata.generateName`, or nothing.
    pub fn name(&self) -> &str {
        self.metadata()
            .and_then(|m| {
                let text = |s| m.get(s).and_then(|e| e.value().text()).filter(|t| !t.is_empty());
                text(f::NAME).or_else(|| text(f::GENERATE_NAME))
            })
            .unwrap_or_default()
    }

    /// `metadata.namespace`, where it is set, or the namespace that the builder was told to assume.
    pub fn namespace(&self) -> Option<&str> {
        let own = self.metadata().and_then(|metadata| metadata.get(f::NAMESPACE)?.value().text());
        own.filter(|text| !text.is_empty()).or(self.assumed.as_deref())
    }

    /// The `metadata` mapping.
    pub fn metadata(&self) -> Option<NodeRef<'_>> {
        self.root().get(f::METADATA).map(|e| e.value()).filter(|n| n.kind() == NodeKind::Mapping)
    }

    /// The `metadata.labels` mapping.
    pub fn labels(&self) -> Option<NodeRef<'_>> {
        self.metadata()?.get(f::LABELS).map(|e| e.value())
    }

    /// Value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata()?.get(f::ANNOTATIONS)?.value().get_str(key)?.value().text()
    }

    /// Where a person edits what stands at a place of it: the text and its bytes.
    pub fn edited_at(&self, place: &Place) -> (Arc<Source>, Span) {
        let span = place.span(&self.document);
        let chain = self.origins.as_ref().map(|origins| origins.resolve(&self.document, place, span));
        match chain.and_then(|mut chain| chain.pop()) {
            Some(edited) => (edited.source, edited.span),
            None => (Arc::clone(self.document.source()), span),
        }
    }

    /// Name of the text it is in.
    pub fn source_name(&self) -> &str {
        self.document.source().name()
    }

    /// Who it is, without its document.
    pub fn identity(&self) -> Identity {
        Identity {
            api_version: self.api_version().to_owned(),
            kind: self.kind_name().to_owned(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().to_owned(),
        }
    }

    fn text(&self, symbol: ironclad_tree::Symbol) -> Option<&str> {
        self.root().get(symbol)?.value().as_str().filter(|t| !t.is_empty())
    }

    /// An item takes its type from its list only where it says nothing of it itself.
    fn of_its_list(&self) -> Option<&Arc<(String, String)>> {
        let silent = self.text(f::API_VERSION).is_none() && self.text(f::KIND).is_none();
        self.inherited.as_ref().filter(|_| silent)
    }
}

/// Who an object is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`, where set.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(if self.name.is_empty() { "(no name)" } else { &self.name })
    }
}
