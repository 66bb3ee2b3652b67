//! One listing, page by page.
//!
//! A page is taken apart and freed before the next is asked for. When a listing expires between two pages (410) it
//! begins again: pages of two states of the cluster are never mixed.

use crate::Failure;
use crate::read::Stream;
use crate::request::Asker;
use ironclad_tree::{Choice, Document, Limits, NodeRef, Source, Step, parse};
use std::sync::Arc;

/// Objects of one page. kubectl's own number.
const PAGE: usize = 500;
/// Times that a listing may expire.
const RESTARTS: usize = 3;

const OBJECTS: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What is asked of a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Whole objects.
    Whole,
    /// `metadata` alone: of Secrets nobody reads more.
    Metadata,
}

/// A listing, and the state of the cluster that it shows: from there a watch goes on.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) documents: Vec<Document>,
    pub(crate) version: String,
}

impl Asker {
    /// All objects of a resource, as documents that say what they are.
    pub(crate) async fn list(
        &self,
        stream: &Stream,
        source: &Arc<Source>,
        seen: &(dyn Fn(usize) + Sync),
    ) -> Result<Listing, Failure> {
        let mut restarts = 0;
        loop {
            match self.pages(stream, source, seen).await {
                Err(failure) if failure.code == "cluster/gone" && restarts < RESTARTS => restarts += 1,
                other => return other,
            }
        }
    }

    async fn pages(
        &self,
        stream: &Stream,
        source: &Arc<Source>,
        seen: &(dyn Fn(usize) + Sync),
    ) -> Result<Listing, Failure> {
        let accept = if stream.part() == Part::Metadata { METADATA } else { OBJECTS };
        let mut listing = Listing::default();
        let mut next = String::new();
        loop {
            let mut path = stream.path(&format!("limit={PAGE}"));
            if !next.is_empty() {
                path.push_str("&continue=");
                path.push_str(&escape(&next));
            }
            let body = self.get(&path, accept).await?;
            let before = listing.documents.len();
            next = take_apart(body, stream, source, &mut listing)?;
            seen(listing.documents.len() - before);
            if next.is_empty() {
                return Ok(listing);
            }
        }
    }
}

/// The items of a page, each a document of its own; returns the token of the next page.
fn take_apart(body: Vec<u8>, stream: &Stream, source: &Arc<Source>, listing: &mut Listing) -> Result<String, Failure> {
    let bad = |message: &str| Failure::new("cluster/answer", format!("listing {}: {message}", stream.resource.name()));
    let part = stream.part();
    let text = String::from_utf8(body).map_err(|_| bad("not UTF-8"))?;
    let limits = Limits { document_bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
    let parsed = parse(&Source::new("page", text), &limits);
    if let Some(problem) = parsed.problems.first() {
        return Err(bad(&problem.message));
    }
    let page = parsed.documents.first().ok_or_else(|| bad("no answer"))?.root();
    let items = page.get_str("items").ok_or_else(|| bad("no items"))?.value();
    // Metadata alone says of itself that it is a `PartialObjectMetadata`.
    let mut choose = |path: &[Step<'_>], node: NodeRef<'_>| match (part, path) {
        (Part::Metadata, [Step::Key("kind" | "apiVersion")]) => Choice::Drop,
        _ => prune(path, node),
    };
    let documents = items.items().map(|item| item.extract(source, &mut choose));
    listing.documents.extend(documents.map(|document| stream.of_type.told(document, source)));
    let text = |pointer: &str| page.at_pointer(pointer).and_then(|node| node.as_str()).unwrap_or_default().to_owned();
    listing.version = text("/metadata/resourceVersion");
    Ok(text("/metadata/continue"))
}

/// Leaves out what nobody looks at, a third of a listing: who set which field, and the last manifest again.
pub(crate) fn prune(path: &[Step<'_>], _: NodeRef<'_>) -> Choice {
    match path {
        [Step::Key("metadata"), Step::Key("managedFields")]
        | [
            Step::Key("metadata"),
            Step::Key("annotations"),
            Step::Key("kubectl.kubernetes.io/last-applied-configuration"),
        ] => Choice::Drop,
        _ => Choice::Keep,
    }
}

/// A value of a query.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => {
                let _ = std::fmt::Write::write_fmt(&mut out, format_args!("%{other:02X}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;
    use crate::read::OfType;

    fn pods() -> Stream {
        let resource = Resource {
            group: String::new(),
            version: "v1".to_owned(),
            plural: "pods".to_owned(),
            kind: "Pod".to_owned(),
            namespaced: true,
        };
        Stream { resource, namespace: None, of_type: OfType::Any }
    }

    #[test]
    fn a_page_is_taken_apart() {
        let body = r#"{"kind":"PodList","metadata":{"continue":"a/b+c","resourceVersion":"7"},"items":[
            {"metadata":{"name":"a","managedFields":[{"manager":"x"}],"annotations":{
                "kubectl.kubernetes.io/last-applied-configuration":"{}","own":"1"}},"spec":{}}]}"#;
        let mut listing = Listing::default();
        let next = take_apart(body.into(), &pods(), &Source::new("cluster:t", ""), &mut listing).unwrap();
        assert_eq!((next.as_str(), escape(&next).as_str()), ("a/b+c", "a%2Fb%2Bc"));
        let mut json = String::new();
        listing.documents[0].root().write_json(&mut json);
        assert_eq!(listing.version, "7");
        assert_eq!(json, r#"{"metadata":{"name":"a","annotations":{"own":"1"}},"spec":{}}"#);
    }

    #[test]
    fn a_page_that_is_none_is_an_error() {
        for body in ["", "[]", "{\"items\":", "{\"kind\":\"Status\"}"] {
            let failure = take_apart(body.into(), &pods(), &Source::new("t", ""), &mut Listing::default()).unwrap_err();
            assert_eq!(failure.code, "cluster/answer", "{body}");
        }
    }
}
