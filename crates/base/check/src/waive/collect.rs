//! Finds the waivers: annotations of objects, pod templates and namespaces, comments, the configuration's.

use super::comment::{self, Directive};
use super::peers::{self, Extent, Stand};
use super::{PeerWaivers, Scope, Waiver, Waiving, Written, object_at};
use ironclad_model::{Finding, Kind, Object, ObjectId, Snapshot};
use ironclad_tree::{Comment, NodeRef, Source, Span, f};
use ironclad_views::{Pod, WorkloadKinds, pods};
use std::sync::Arc;

/// Prefix of annotations.
const ANNOTATION: &str = "ironclad.dev/ignore.";

/// A waiver, and what it reaches by where it is written.
pub(super) struct Placed {
    pub(super) waiver: Waiver,
    pub(super) reach: Reach,
    /// The object that it is written in, for reports about it.
    pub(super) object: ObjectId,
    /// The place in that object, where there is one.
    pub(super) pointer: String,
    /// What was wrong with its text.
    pub(super) faults: Vec<String>,
}

/// What a waiver reaches by where it is written.
pub(super) enum Reach {
    /// Everything: it is in the configuration.
    Anywhere,
    /// The object, from this pointer on.
    Below(ObjectId, String),
    /// A namespace and what is in it.
    Namespace(String),
    /// A range of a text.
    Range(Arc<Source>, Span),
    /// A whole file.
    File(Arc<Source>),
}

impl Reach {
    pub(super) fn covers(&self, finding: &Finding, snapshot: &Snapshot) -> bool {
        let in_source = |source: &Arc<Source>| {
            let own = snapshot.object(finding.object).map(|object| object.document().source());
            own.is_some_and(|own| Arc::ptr_eq(own, source))
        };
        // The text that a rendered object was made from: a comment in a template or a values file.
        let edited = finding.rendered_from.last().filter(|_| finding.elsewhere.is_none());
        let edited_in = |source: &Arc<Source>| edited.filter(|link| Arc::ptr_eq(&link.source, source));
        match self {
            Reach::Anywhere => true,
            Reach::Below(object, pointer) => {
                let rest = finding.pointer.strip_prefix(pointer.as_str());
                *object == finding.object && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Reach::Namespace(name) => snapshot.object(finding.object).is_some_and(|object| {
                object.namespace() == Some(name) || object.kind() == Kind::NAMESPACE && object.name() == name
            }),
            Reach::Range(source, span) if edited_in(source).is_some_and(|link| link.span.start >= span.start) => {
                edited_in(source).is_some_and(|link| link.span.start < span.end.max(span.start + 1))
            }
            Reach::Range(source, span) => {
                finding.elsewhere.is_none()
                    && in_source(source)
                    && (span.start..span.end.max(span.start + 1)).contains(&finding.span.start)
            }
            Reach::File(source) => in_source(source) || edited_in(source).is_some(),
        }
    }
}

/// Every waiver of the run: those in manifests by place, then the configuration's in their order.
pub(super) fn collect(waiving: &Waiving<'_>) -> Vec<Placed> {
    let mut found = Vec::new();
    let with_peers = waiving.policy.peer_waivers != PeerWaivers::Ignore;
    for object in waiving.snapshot.objects() {
        metadata(object, with_peers, &mut found);
    }
    comments(waiving.snapshot, waiving.comments, with_peers, &mut found);
    let configured = waiving.configured.iter().filter(|waiver| with_peers || waiver.peer.is_none());
    found.extend(configured.map(|waiver| Placed {
        waiver: waiver.clone(),
        reach: Reach::Anywhere,
        object: ObjectId::NONE,
        pointer: String::new(),
        faults: Vec::new(),
    }));
    found
}

/// A waiver of another tool in a manifest.
#[derive(Debug)]
pub struct PeerWaiver<'s> {
    /// The object that it stands in.
    pub object: Option<&'s Object>,
    /// What it says.
    pub waiver: Waiver,
    /// What it reaches.
    pub reach: PeerReach,
}

/// What a waiver of another tool reaches by where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerReach {
    /// The object, from this pointer on; all of it where that is empty.
    Below(String),
    /// Some lines of a text.
    Lines,
    /// A whole file.
    File,
}

/// The waivers of other tools in manifests, for who wants to rewrite them.
pub fn of_peers<'s>(snapshot: &'s Snapshot, loose: &[(Arc<Source>, Vec<Comment>)]) -> Vec<PeerWaiver<'s>> {
    let mut found = Vec::new();
    for object in snapshot.objects() {
        metadata(object, true, &mut found);
    }
    comments(snapshot, loose, true, &mut found);
    let of_peer = found.into_iter().filter(|placed| placed.waiver.peer.is_some());
    let waiver = |placed: Placed| {
        let reach = match placed.reach {
            Reach::Below(_, pointer) => PeerReach::Below(pointer),
            Reach::File(_) => PeerReach::File,
            Reach::Anywhere | Reach::Namespace(_) | Reach::Range(..) => PeerReach::Lines,
        };
        PeerWaiver { object: snapshot.object(placed.object), waiver: placed.waiver, reach }
    };
    of_peer.map(waiver).collect()
}

fn metadata(object: &Object, with_peers: bool, found: &mut Vec<Placed>) {
    let own = object.metadata();
    let part = |name| own.and_then(|metadata| Some(metadata.get(name)?.value()));
    let pods = pods(object, &WorkloadKinds::default());
    let is_own = |node: Option<NodeRef<'_>>| node.is_some_and(|node| own.is_some_and(|own| own.id() == node.id()));
    if let Some(annotations) = part(f::ANNOTATIONS) {
        annotations_of(object, annotations, "", "/metadata/annotations", found);
    }
    if with_peers {
        let own_pod = pods.iter().find(|pod| is_own(pod.metadata.spot().node()));
        let (of_pods, containers) = (own_pod.is_some(), own_pod.map(names).unwrap_or_default());
        let (annotations, labels) = (part(f::ANNOTATIONS), part(f::LABELS));
        let stand =
            Stand { object, annotations, labels, below: "", pointer: "/metadata", of_pods, own: true, containers };
        peers::in_metadata(&stand, found);
    }
    for pod in &pods {
        let Some(node) = pod.metadata.spot().node().filter(|node| !is_own(Some(*node))) else { continue };
        let pointer = ironclad_model::Place::of(pod.metadata.spot()).pointer(object.document(), object.root().id());
        let below = pointer.strip_suffix("/metadata").unwrap_or(&pointer);
        let (annotations, labels) = (pod.metadata.annotations().node(), node.get(f::LABELS).map(|e| e.value()));
        if let Some(annotations) = annotations {
            annotations_of(object, annotations, below, &format!("{pointer}/annotations"), found);
        }
        if with_peers {
            let containers = names(pod);
            let (of_pods, own) = (true, false);
            let stand = Stand { object, annotations, labels, below, pointer: &pointer, of_pods, own, containers };
            peers::in_metadata(&stand, found);
        }
    }
}

fn names<'a>(pod: &Pod<'a>) -> Vec<&'a str> {
    pod.containers.iter().map(|container| container.label()).collect()
}

fn annotations_of(object: &Object, annotations: NodeRef<'_>, below: &str, pointer: &str, found: &mut Vec<Placed>) {
    for entry in annotations.entries() {
        let Some(name) = entry.key().strip_prefix(ANNOTATION) else { continue };
        let mut faults = Vec::new();
        let value = entry.value().text().unwrap_or_default();
        let parts = comment::parts(value, &mut faults);
        let span = Span { start: entry.key_start(), end: entry.key_span().end };
        let reach = if object.kind() == Kind::NAMESPACE {
            Reach::Namespace(object.name().to_owned())
        } else {
            Reach::Below(object.id(), below.to_owned())
        };
        // An annotation's name has no second `/`: the first `.` stands for it.
        let check = name.replacen('.', "/", 1);
        let key = entry.key().replace('~', "~0").replace('/', "~1");
        found.push(Placed {
            waiver: Waiver {
                checks: vec![check],
                scope: Scope { container: parts.container, path: parts.path, ..Scope::default() },
                reason: parts.reason,
                by: parts.by,
                expires: parts.expires,
                written: Written { source: Arc::clone(object.document().source()), span },
                form: "annotation",
                peer: None,
            },
            reach,
            object: object.id(),
            pointer: format!("{pointer}/{key}"),
            faults,
        });
    }
}

fn comments(snapshot: &Snapshot, loose: &[(Arc<Source>, Vec<Comment>)], with_peers: bool, found: &mut Vec<Placed>) {
    // Documents of one text are neighbours, and hold its comments between them.
    let mut seen: Vec<Arc<Source>> = Vec::new();
    let mut all: Vec<(Arc<Source>, Vec<Comment>)> = Vec::new();
    let mut last = None;
    for object in snapshot.objects() {
        if last == Some(object.document_id()) || object.document().comments().is_empty() {
            continue;
        }
        last = Some(object.document_id());
        let source = object.document().source();
        match all.last_mut().filter(|(known, _)| Arc::ptr_eq(known, source)) {
            Some((_, comments)) => comments.extend(object.document().comments()),
            None => all.push((Arc::clone(source), object.document().comments().to_vec())),
        }
        if !seen.iter().any(|known| Arc::ptr_eq(known, source)) {
            seen.push(Arc::clone(source));
        }
    }
    for (source, loose) in loose {
        match all.iter_mut().find(|(known, _)| Arc::ptr_eq(known, source)) {
            Some((_, comments)) => comments.extend(loose),
            None => all.push((Arc::clone(source), loose.clone())),
        }
    }
    for (source, mut comments) in all {
        comments.sort_by_key(|comment| comment.span.start);
        for comment in &comments {
            if let Some(directive) = comment::directive(&source, comment) {
                found.push(placed(snapshot, &source, comment, directive));
            } else if with_peers {
                let others = peers::in_comment(&source, comment).into_iter();
                found.extend(others.map(|(extent, said)| reach(snapshot, &source, comment, extent, said)));
            }
        }
    }
}

/// Gives a comment of another tool what it reaches. Beside nothing it reaches nothing, and is unused.
fn reach(snapshot: &Snapshot, source: &Arc<Source>, comment: &Comment, extent: Extent, mut said: Placed) -> Placed {
    let line = comment::target_line(source, comment);
    let on_line = || {
        let objects = snapshot.objects().filter(|o| Arc::ptr_eq(o.document().source(), source));
        objects.into_iter().find_map(|o| comment::range_on_line(o.document(), line))
    };
    let mut at = comment.span;
    said.reach = match extent {
        Extent::File => Reach::File(Arc::clone(source)),
        Extent::Block => {
            at = on_line().unwrap_or(comment.span);
            Reach::Range(Arc::clone(source), at)
        }
        Extent::Line => {
            let range = source.line_range(line);
            at = Span { start: range.start as u32, end: range.end as u32 };
            Reach::Range(Arc::clone(source), at)
        }
        Extent::Object => {
            // A comment above the first key is still above the object, as for the tool.
            let mut object = object_at(snapshot, source, comment.span);
            if object == ObjectId::NONE
                && let Some(range) = on_line()
            {
                object = object_at(snapshot, source, range);
            }
            Reach::Below(object, String::new())
        }
    };
    said.object = match &said.reach {
        Reach::Below(object, _) => *object,
        _ => object_at(snapshot, source, at),
    };
    said
}

/// Does a span lie within a text that a document holds?
fn is_within_text(snapshot: &Snapshot, source: &Arc<Source>, span: Span) -> bool {
    let documents = snapshot.objects().filter(|o| Arc::ptr_eq(o.document().source(), source));
    documents.flat_map(|o| o.document().nodes()).any(|node| {
        let own = node.span();
        node.as_str().is_some() && own.start <= span.start && span.end <= own.end
    })
}

fn placed(snapshot: &Snapshot, source: &Arc<Source>, comment: &Comment, directive: Directive) -> Placed {
    let mut faults = directive.faults;
    let object;
    let reach = if directive.whole_file {
        object = object_at(snapshot, source, comment.span);
        if !comment::in_first_block(source, comment) {
            faults.push("of a whole file belongs in the first comment block of the file".to_owned());
        }
        Reach::File(Arc::clone(source))
    } else {
        let line = comment::target_line(source, comment);
        let mut is_judged = false;
        let documents = snapshot.objects().filter(|o| Arc::ptr_eq(o.document().source(), source));
        let range = documents.inspect(|_| is_judged = true).find_map(|o| comment::range_on_line(o.document(), line));
        // A values file or a template is nobody's document: an entry of the one, a line of the other.
        // Nor is a text within a document: the values that an Application holds as a block.
        let loose = || !is_judged || is_within_text(snapshot, source, comment.span);
        match range.or_else(|| loose().then(|| comment::range_in_text(source, line))) {
            Some(range) => {
                object = object_at(snapshot, source, range);
                Reach::Range(Arc::clone(source), range)
            }
            None => {
                object = object_at(snapshot, source, comment.span);
                faults
                    .push("is beside nothing: write it on the line of what it covers, or on the line above".to_owned());
                Reach::Range(Arc::clone(source), comment.span)
            }
        }
    };
    Placed {
        waiver: Waiver {
            checks: directive.checks,
            scope: Scope { container: directive.parts.container, path: directive.parts.path, ..Scope::default() },
            reason: directive.parts.reason,
            by: directive.parts.by,
            expires: directive.parts.expires,
            written: written(snapshot, source, comment.span),
            form: "comment",
            peer: None,
        },
        reach,
        object,
        pointer: String::new(),
        faults,
    }
}

/// Where a person wrote a comment: of a rendered text, the template that it was copied from.
fn written(snapshot: &Snapshot, source: &Arc<Source>, span: Span) -> Written {
    let object = snapshot.objects().find(|object| Arc::ptr_eq(object.document().source(), source));
    match object.and_then(Object::origins).and_then(|origins| origins.edited(span)) {
        Some(edited) => Written { source: edited.source, span: edited.span },
        None => Written { source: Arc::clone(source), span },
    }
}
