//! One listing, page by page.
//!
//! A page is taken apart and freed before the next is asked for. When a listing expires between two pages (410) it
//! begins again: pages of two states of the cluster are never mixed.

use crate::discovery::discover;
use crate::read::Stream;
use crate::request::Asker;
use crate::{Failure, Resource};
use ironclad_tree::{Choice, Document, Limits, NodeRef, Source, Step, parse};
use std::sync::Arc;

/// Objects of one page. kubectl's own number.
const PAGE: usize = 500;
/// Times that a listing may expire.
const RESTARTS: usize = 3;
/// Times that a resource which is served may not be found: four seconds in all.
const MISSES: u32 = 5;
/// Before the second of them; each wait is three times as long as the one before.
const SOON: std::time::Duration = std::time::Duration::from_millis(100);

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

/// Who takes the objects of a listing as its pages come.
pub(crate) trait Taker {
    /// Those of a page.
    fn take(&mut self, documents: Vec<Document>);

    /// What was taken is of no use: the listing begins again, or comes to nothing.
    fn forget(&mut self);
}

/// Keeps them as they are.
impl Taker for Vec<Document> {
    fn take(&mut self, mut documents: Vec<Document>) {
        self.append(&mut documents);
    }

    fn forget(&mut self) {
        self.clear();
    }
}

impl Asker {
    /// All objects of a resource, as documents that say what they are. Returns the state of the cluster that they show:
    /// from there a watch goes on.
    pub(crate) async fn list(
        &self,
        stream: &Stream,
        source: &Arc<Source>,
        taker: &mut (dyn Taker + Send),
    ) -> Result<String, Failure> {
        let mut restarts = 0;
        loop {
            let failure = match self.pages(stream, source, taker).await {
                Ok(version) => return Ok(version),
                Err(failure) => failure,
            };
            taker.forget();
            if failure.code != "cluster/gone" || restarts == RESTARTS {
                return Err(failure);
            }
            restarts += 1;
        }
    }

    /// As [`list`](Self::list), of a resource that discovery named. "Not found" is an answer that passes where the
    /// definition of a custom resource has only just come, and the truth where it went: the server is asked again what it
    /// serves. What it says to serve, and does not list, was not seen; that is no empty listing.
    ///
    /// # Errors
    ///
    /// `cluster/not-found` where the resource is gone, and nothing of it can be missing.
    pub(crate) async fn list_served(
        &self,
        stream: &Stream,
        source: &Arc<Source>,
        taker: &mut (dyn Taker + Send),
    ) -> Result<String, Failure> {
        let mut wait = SOON;
        for missed in 1.. {
            let failure = match self.list(stream, source, taker).await {
                Err(failure) if failure.code == "cluster/not-found" => failure,
                other => return other,
            };
            let resource = &stream.resource;
            let served = discover(self).await?;
            let is_same = |known: &&Resource| known.group == resource.group && known.plural == resource.plural;
            let is_silent = served.silent.iter().any(|silent| silent.split('/').next() == Some(&resource.group));
            match served.resources.iter().find(is_same) {
                None if !is_silent => return Err(failure),
                Some(now) if now.version != resource.version => {
                    let message = format!(
                        "{} is served as {} now and was as {} a moment ago",
                        resource.name(),
                        now.api_version(),
                        resource.api_version()
                    );
                    return Err(Failure::new("cluster/answer", message).hint("try again"));
                }
                _ if missed == MISSES => {
                    let message = format!(
                        "the server says that it serves {} and does not find it, {MISSES} times: {}",
                        resource.name(),
                        failure.message
                    );
                    let hint = "its definition or the server behind it may be about to come or go: try again";
                    return Err(Failure::new("cluster/answer", message).hint(hint));
                }
                _ => tokio::time::sleep(wait).await,
            }
            wait *= 3;
        }
        Err(Failure::new("cluster/answer", "no answer"))
    }

    async fn pages(
        &self,
        stream: &Stream,
        source: &Arc<Source>,
        taker: &mut (dyn Taker + Send),
    ) -> Result<String, Failure> {
        let accept = if stream.part() == Part::Metadata { METADATA } else { OBJECTS };
        let mut next = String::new();
        loop {
            let mut path = stream.path(&format!("limit={PAGE}"));
            if !next.is_empty() {
                path.push_str("&continue=");
                path.push_str(&escape(&next));
            }
            let body = self.get(&path, accept).await?;
            let page = take_apart(body, stream, source)?;
            taker.take(page.documents);
            if page.next.is_empty() {
                return Ok(page.version);
            }
            next = page.next;
        }
    }
}

/// A page of a listing.
struct Page {
    documents: Vec<Document>,
    /// The state of the cluster that it shows.
    version: String,
    /// Leads to the next page; empty on the last.
    next: String,
}

/// The items of a page, each a document of its own.
fn take_apart(body: Vec<u8>, stream: &Stream, source: &Arc<Source>) -> Result<Page, Failure> {
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
    let documents = documents.map(|document| stream.of_type.told(document, source)).collect();
    let text = |pointer: &str| page.at_pointer(pointer).and_then(|node| node.as_str()).unwrap_or_default().to_owned();
    Ok(Page { documents, version: text("/metadata/resourceVersion"), next: text("/metadata/continue") })
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
        let page = take_apart(body.into(), &pods(), &Source::new("cluster:t", "")).unwrap();
        assert_eq!((page.next.as_str(), escape(&page.next).as_str()), ("a/b+c", "a%2Fb%2Bc"));
        let mut json = String::new();
        page.documents[0].root().write_json(&mut json);
        assert_eq!(page.version, "7");
        assert_eq!(json, r#"{"metadata":{"name":"a","annotations":{"own":"1"}},"spec":{}}"#);
    }

    #[test]
    fn a_page_that_is_none_is_an_error() {
        for body in ["", "[]", "{\"items\":", "{\"kind\":\"Status\"}"] {
            let failure = take_apart(body.into(), &pods(), &Source::new("t", "")).err().unwrap();
            assert_eq!(failure.code, "cluster/answer", "{body}");
        }
    }
}
