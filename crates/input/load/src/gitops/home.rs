//! Objects that say what is deployed, and where what they say is edited.
//!
//! An Application may stand in a file, or a chart or kustomization may have made it, or an ApplicationSet. Whatever is
//! taken from it (values, patches, parameters) keeps the place where a person edits it: its own line, or the one that
//! its maker took it from. Texts that charts and kustomizations are given are *lent*: they stand in for a part of
//! another text, and what comes of them is led back afterwards.

use ironclad_model::{Link, Origins, Place, ReportedProblem, Role};
use ironclad_tree::{Comment, Document, Limits, NodeId, NodeRef, Severity, Source, Span, f, parse};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the text of a document is edited.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// There.
    Own,
    /// Where what it was made of stands.
    Made(Arc<Origins>),
    /// Line by line in another object: it is what a template becomes with its parameters.
    Expanded(Arc<Expanded>),
}

/// A template with its parameters put in.
#[derive(Debug)]
pub(crate) struct Expanded {
    /// Lines here and there, where they are the same in number; else all of it is the whole template.
    pub(crate) lines: Vec<(Span, Span)>,
    pub(crate) whole: Span,
    pub(crate) behind: Arc<Seen>,
}

/// Kinds of objects that deploy others, and that these refer to.
const KINDS: &[&str] = &[
    "Application",
    "ArtifactGenerator",
    "ApplicationSet",
    "ConfigMap",
    "GitRepository",
    "HelmRelease",
    "Kustomization",
];

/// An object among the inputs.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) document: Arc<Document>,
    pub(crate) root: NodeId,
    pub(crate) home: Home,
    /// The file that a person edits.
    pub(crate) file: PathBuf,
}

impl Seen {
    /// The objects of a document that are worth a look: its root, or the items of a list.
    pub(crate) fn all_of(document: &Arc<Document>, home: &Home) -> Vec<Seen> {
        let mut all = Vec::new();
        let mut pending = vec![document.root()];
        while let Some(node) = pending.pop() {
            match node.get(f::ITEMS).map(|entry| entry.value()) {
                Some(items) if text(node, "kind").is_some_and(|kind| kind.ends_with("List")) => {
                    pending.extend(items.items().collect::<Vec<_>>().into_iter().rev());
                }
                _ if !node.get(f::KIND).and_then(|kind| kind.value().as_str()).is_some_and(|k| KINDS.contains(&k)) => {}
                _ => {
                    let seen = Seen {
                        document: Arc::clone(document),
                        root: node.id(),
                        home: home.clone(),
                        file: PathBuf::new(),
                    };
                    let file = PathBuf::from(&**seen.place(node).0.name());
                    all.push(Seen { file, ..seen });
                }
            }
        }
        all
    }

    pub(crate) fn root(&self) -> NodeRef<'_> {
        self.document.node(self.root)
    }

    /// A field of the object by its path.
    pub(crate) fn at(&self, path: &[&str]) -> Option<NodeRef<'_>> {
        at(self.root(), path)
    }

    /// A text of the object by its path.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(|node| node.text()).filter(|text| !text.is_empty())
    }

    pub(crate) fn kind(&self) -> &str {
        self.text(&["kind"]).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.text(&["metadata", "name"]).unwrap_or_default()
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.text(&["metadata", "namespace"])
    }

    /// The group of its API.
    pub(crate) fn group(&self) -> &str {
        self.text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
    }

    /// `Kind namespace/name`
    pub(crate) fn identity(&self) -> String {
        match self.namespace() {
            Some(namespace) => format!("{} {namespace}/{}", self.kind(), self.name()),
            None => format!("{} {}", self.kind(), self.name()),
        }
    }

    /// Where a span of its document is edited: a chain, and whether the bytes there are the bytes here.
    pub(crate) fn links(&self, span: Span, role: Role) -> (Vec<Link>, bool) {
        let own = Link { source: Arc::clone(self.document.source()), span, role };
        match &self.home {
            Home::Own => (vec![own], true),
            Home::Made(origins) => {
                let node = covering(&self.document, span);
                let place = Place { node: node.id(), missing: Vec::new(), part: None };
                let mut chain = origins.resolve(&self.document, &place, place.span(&self.document));
                match chain.last_mut() {
                    // It supplies a value here, whatever it is where it stands.
                    Some(last) if role.is_supplier() => last.role = role,
                    Some(_) => {}
                    None => chain.push(own),
                }
                (chain, false)
            }
            Home::Expanded(expanded) => {
                let line = |at: u32| expanded.lines.iter().rev().find(|(here, _)| here.start <= at);
                let last = span.end.saturating_sub(1).max(span.start);
                let there = line(span.start).zip(line(last));
                let there =
                    there.map_or(expanded.whole, |((_, first), (_, last))| Span { start: first.start, end: last.end });
                (expanded.behind.links(there, role).0, false)
            }
        }
    }

    /// The place that a person edits for a node.
    pub(crate) fn place(&self, node: NodeRef<'_>) -> (Arc<Source>, Span) {
        let span = match self.document.entry_of(node.id()) {
            Some(entry) if node.entries().next().is_none() => entry.span(),
            _ => node.span(),
        };
        let (chain, _) = self.links(span, Role::Values);
        chain
            .into_iter()
            .next_back()
            .map_or((Arc::clone(self.document.source()), span), |link| (link.source, link.span))
    }
}

/// A field by its path.
pub(crate) fn at<'a>(node: NodeRef<'a>, path: &[&str]) -> Option<NodeRef<'a>> {
    path.iter()
        .try_fold(node, |node, name| node.get_str(name).map(|entry| entry.value()))
        .filter(|node| !node.is_null())
}

/// The text of a field.
pub(crate) fn text<'a>(node: NodeRef<'a>, name: &str) -> Option<&'a str> {
    at(node, &[name]).and_then(|node| node.text()).filter(|text| !text.is_empty())
}

/// The deepest node whose entry holds a span.
fn covering(document: &Document, span: Span) -> NodeRef<'_> {
    let mut node = document.root();
    loop {
        let holds = |own: Span| own.start <= span.start && span.end <= own.end;
        let entry = node.entries().find(|entry| holds(entry.span())).map(|entry| entry.value());
        match entry.or_else(|| node.items().find(|item| holds(item.span()))) {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

/// What a lent text stands in for.
#[derive(Clone, Debug)]
pub(crate) enum Owner {
    /// It is a file of its own.
    Itself,
    /// The same bytes of another text, behind a chain.
    Bytes(Vec<Link>, Arc<Source>),
    /// One place as a whole.
    Whole(Vec<Link>),
    /// The same bytes of an object's document.
    Object(Arc<Seen>),
}

/// A text that is given to a chart in place of a part of another.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    pub(crate) text: Arc<Source>,
    pub(crate) owner: Owner,
}

impl Lent {
    /// A file.
    pub(crate) fn file(text: Arc<Source>) -> Lent {
        Lent { text, owner: Owner::Itself }
    }

    /// The YAML that a node is (`valuesObject`), every byte in its place.
    pub(crate) fn of_value(seen: &Arc<Seen>, node: NodeRef<'_>) -> Lent {
        let document = &seen.document;
        let text = masked(document.source(), &[node.span()]);
        if reads(&text) {
            return Lent { text, owner: Owner::Object(Arc::clone(seen)) };
        }
        // It needs what stands elsewhere, an anchor.
        let mut json = String::new();
        node.write_json(&mut json);
        let text = Source::new(Arc::clone(document.source().name()), json);
        Lent { text, owner: Owner::Whole(seen.links(whole(node), Role::Values).0) }
    }

    /// The text that a node holds (`values`, a file of a ConfigMap), line by line where it is written as a block.
    pub(crate) fn of_text(seen: &Arc<Seen>, node: NodeRef<'_>) -> Lent {
        let value = node.as_str().unwrap_or_default();
        if let Home::Expanded(_) = &seen.home {
            let source = Arc::clone(seen.document.source());
            let text = block(&Link { source, span: whole(node), role: Role::Values }, value)
                .map(|lines| masked(seen.document.source(), &lines));
            if let Some(text) = text.filter(reads) {
                return Lent { text, owner: Owner::Object(Arc::clone(seen)) };
            }
        }
        let (mut chain, _) = seen.links(whole(node), Role::Values);
        if let Some(link) = chain.last().cloned()
            && let Some(lines) = block(&link, value)
        {
            let text = masked(&link.source, &lines);
            if reads(&text) {
                chain.pop();
                return Lent { text, owner: Owner::Bytes(chain, link.source) };
            }
        }
        if let Some(link) = chain.last().filter(|link| link.source.text() == value).cloned() {
            // A generator took the whole file.
            chain.pop();
            return Lent {
                text: Source::new(Arc::clone(link.source.name()), value),
                owner: Owner::Bytes(chain, link.source),
            };
        }
        let name =
            chain.last().map_or_else(|| Arc::clone(seen.document.source().name()), |l| Arc::clone(l.source.name()));
        Lent { text: Source::new(name, value), owner: Owner::Whole(chain) }
    }

    /// What a link into this text is a link to.
    fn links(&self, link: &Link) -> Option<(Vec<Link>, bool)> {
        match &self.owner {
            Owner::Itself => None,
            Owner::Bytes(before, source) => {
                let mut chain = before.clone();
                chain.push(Link { source: Arc::clone(source), ..link.clone() });
                Some((chain, true))
            }
            Owner::Whole(chain) => Some((chain.clone(), false)),
            Owner::Object(seen) => Some(seen.links(link.span, link.role)),
        }
    }
}

/// A scalar counts from its key.
fn whole(node: NodeRef<'_>) -> Span {
    node.document().entry_of(node.id()).map_or(node.span(), |entry| entry.span())
}

fn reads(text: &Arc<Source>) -> bool {
    parse(text, &Limits::default()).problems.iter().all(|problem| problem.severity != Severity::Error)
}

/// A text with blanks in place of all but some spans: what is left is where it was.
pub(crate) fn masked(source: &Arc<Source>, keep: &[Span]) -> Arc<Source> {
    let mut out = String::with_capacity(source.text().len());
    let mut spans = keep.iter().copied().peekable();
    for (at, c) in source.text().char_indices() {
        while spans.peek().is_some_and(|span| span.end as usize <= at) {
            spans.next();
        }
        if matches!(c, '\n' | '\r') || spans.peek().is_some_and(|span| span.start as usize <= at) {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    Source::new(Arc::clone(source.name()), out)
}

/// The lines of a literal block scalar that is written at a link and means `value`.
fn block(link: &Link, value: &str) -> Option<Vec<Span>> {
    let text = link.source.text().get(link.span.start as usize..link.span.end as usize)?;
    let first_break = text.find('\n')?;
    let head = text.get(..first_break)?;
    let head = head.split(" #").next().unwrap_or(head).trim_end();
    if !head.trim_end_matches(['-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).ends_with('|') {
        return None;
    }
    let mut at = link.span.start as usize + first_break + 1;
    let mut raw = Vec::new();
    for line in text.get(first_break + 1..)?.split_inclusive('\n') {
        raw.push((at, line.trim_end_matches(['\n', '\r'])));
        at += line.len();
    }
    let indent = raw.iter().map(|(_, line)| line.len() - line.trim_start_matches(' ').len());
    let indent = indent.zip(&raw).filter(|(_, (_, line))| !line.trim().is_empty()).map(|(indent, _)| indent).next()?;
    let mut spans = Vec::new();
    for (index, line) in value.trim_end_matches('\n').split('\n').enumerate() {
        let (start, written) = raw.get(index)?;
        if written.get(indent..).unwrap_or_default().trim_end() != line.trim_end() {
            return None;
        }
        let end = start + written.len();
        spans.push(Span { start: (start + indent.min(written.len())) as u32, end: end as u32 });
    }
    Some(spans)
}

/// Leads what was made with lent texts, or of an object, back to where it is edited.
pub(crate) struct Return<'a> {
    pub(crate) lent: Vec<&'a Lent>,
    pub(crate) seen: &'a Seen,
}

impl Return<'_> {
    fn links(&self, link: &Link) -> Option<(Vec<Link>, bool)> {
        if let Some(lent) = self.lent.iter().find(|lent| Arc::ptr_eq(&lent.text, &link.source)) {
            return lent.links(link);
        }
        let is_own = Arc::ptr_eq(self.seen.document.source(), &link.source) && matches!(self.seen.home, Home::Own);
        (!is_own && Arc::ptr_eq(self.seen.document.source(), &link.source))
            .then(|| self.seen.links(link.span, link.role))
    }

    pub(crate) fn origins(&self, origins: &Origins) -> Origins {
        origins.readdressed(&|link| self.links(link))
    }

    pub(crate) fn problem(&self, mut problem: ReportedProblem) -> ReportedProblem {
        let Some(text) = &problem.text else { return problem };
        let link = Link { source: Arc::clone(text), span: problem.problem.span, role: Role::Values };
        if let Some(link) = self.links(&link).and_then(|(chain, _)| chain.into_iter().next_back()) {
            problem.source = link.source.name().to_string();
            problem.problem.span = link.span;
            problem.text = Some(link.source);
        }
        problem
    }

    /// Comments of what is edited: those of files, and those within lent texts whose bytes are another's.
    pub(crate) fn comments(&self, all: Vec<(Arc<Source>, Vec<Comment>)>) -> Vec<(Arc<Source>, Vec<Comment>)> {
        let back = |(text, comments): (Arc<Source>, Vec<Comment>)| {
            match self.lent.iter().find(|lent| Arc::ptr_eq(&lent.text, &text)).map(|lent| &lent.owner) {
                None | Some(Owner::Itself) => Some((text, comments)),
                Some(Owner::Bytes(_, source)) => Some((Arc::clone(source), comments)),
                // The document of the object has them.
                Some(Owner::Whole(_) | Owner::Object(_)) => None,
            }
        };
        all.into_iter().filter_map(back).collect()
    }
}
