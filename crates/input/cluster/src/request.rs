//! One request: bounded in size, tried again where that helps, and its failure in our words.

use crate::Connection;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use std::time::Duration;

/// Bytes of one answer. A page of 500 objects at their largest (etcd's 1.5 MiB each) would not fit; a listing that
/// comes to it is asked for in smaller pages.
const LARGEST: usize = 256 << 20;
/// Tries of one request.
const TRIES: u32 = 5;
/// The longest that a server's `Retry-After` is obeyed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why the cluster did not answer, or what it answered instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// `cluster/kubeconfig`, `cluster/unreachable`, `cluster/unauthorized`, `cluster/forbidden`, `cluster/gone`,
    /// `cluster/not-found`, `cluster/overloaded`, `cluster/answer`.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// An error with all that lies below it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = error.source();
    }
    text
}

/// `metav1.Status`, of which the message is enough.
#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    message: String,
}

/// What one try came to.
enum Outcome {
    Body(Vec<u8>),
    Again(Failure, Option<Duration>),
    Final(Failure),
}

impl Connection {
    /// The body of a GET, tried again on what passes: overload, restarts, broken connections.
    pub(crate) async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Failure> {
        self.ask(path, accept, None).await
    }

    /// The body of a POST of JSON that stores nothing: a review. Tried again as a GET is.
    pub(crate) async fn review(&self, path: &str, body: &str) -> Result<Vec<u8>, Failure> {
        self.ask(path, "application/json", Some(body)).await
    }

    async fn ask(&self, path: &str, accept: &str, review: Option<&str>) -> Result<Vec<u8>, Failure> {
        let mut wait = Duration::from_millis(100);
        let mut last = None;
        for left in (0..TRIES).rev() {
            match self.try_once(path, accept, review).await {
                Outcome::Body(body) => return Ok(body),
                Outcome::Final(failure) => return Err(failure),
                Outcome::Again(failure, asked) => {
                    last = Some(failure);
                    if left == 0 {
                        break;
                    }
                    tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
                    wait *= 3;
                }
            }
        }
        let failure = last.unwrap_or_else(|| Failure::new("cluster/unreachable", "no answer"));
        Err(Failure { message: format!("{} ({TRIES} tries)", failure.message), ..failure })
    }

    async fn try_once(&self, path: &str, accept: &str, review: Option<&str>) -> Outcome {
        let request = match review {
            None => Request::get(path).header(header::ACCEPT, accept).body(Body::empty()),
            Some(body) => Request::post(path)
                .header(header::ACCEPT, accept)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.as_bytes().to_vec())),
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => return Outcome::Final(Failure::new("cluster/answer", error.to_string())),
        };
        let response = match self.client.send(request).await {
            Ok(response) => response,
            Err(kube::Error::Auth(error)) => {
                let failure = Failure::new("cluster/unauthorized", format!("no credentials: {}", chain(&error)));
                return Outcome::Final(failure.hint("renew the login that the kubeconfig's user stands for"));
            }
            Err(error) => {
                let failure = Failure::new("cluster/unreachable", chain(&error));
                return Outcome::Again(failure.hint("is the cluster up, and the kubeconfig's server right?"), None);
            }
        };
        let status = response.status();
        let after = response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let body = match collect(response.into_body()).await {
            Ok(body) => body,
            Err(failure) if status.is_success() => return Outcome::Again(failure, None),
            Err(_) => Vec::new(),
        };
        if status.is_success() {
            return Outcome::Body(body);
        }
        refused(status, &body, after.map(Duration::from_secs))
    }
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Failure::new("cluster/unreachable", format!("cut short: {}", chain(&error))))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > LARGEST {
                return Err(Failure::new("cluster/answer", format!("an answer of more than {} MiB", LARGEST >> 20)));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn refused(status: StatusCode, body: &[u8], after: Option<Duration>) -> Outcome {
    let text = String::from_utf8_lossy(body);
    let said = ironclad_tree::parse(&ironclad_tree::Source::new("status", text.clone()), &Default::default());
    let said = said.documents.first().and_then(|d| d.root().deserialize::<Status>().ok()).unwrap_or_default().message;
    let said = if said.is_empty() { text.chars().take(200).collect() } else { said };
    let message = if said.is_empty() { status.to_string() } else { said };
    match status {
        StatusCode::UNAUTHORIZED => Outcome::Final(
            Failure::new("cluster/unauthorized", format!("the cluster does not know who asks: {message}"))
                .hint("the token or certificate of the kubeconfig may have expired"),
        ),
        StatusCode::FORBIDDEN => Outcome::Final(Failure::new("cluster/forbidden", message)),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Outcome::Final(Failure::new("cluster/not-found", message))
        }
        StatusCode::GONE => Outcome::Final(Failure::new("cluster/gone", message)),
        StatusCode::TOO_MANY_REQUESTS => Outcome::Again(Failure::new("cluster/overloaded", message), after),
        _ if status.is_server_error() => Outcome::Again(Failure::new("cluster/answer", message), after),
        _ => Outcome::Final(Failure::new("cluster/answer", message)),
    }
}
