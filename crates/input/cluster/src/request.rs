//! One request: bounded in size, tried again where that helps, and its failure in our words.

use crate::Connection;
use crate::failure::{chain, of_credentials, of_transport};
use crate::login::{Held, Login, Renewed};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// Bytes of one answer. A page of 500 objects at their largest (etcd's 1.5 MiB each) would not fit: such a listing is
/// refused by name.
const LARGEST: usize = 256 << 20;
/// Tries of one request.
const TRIES: u32 = 5;
/// How long a server that answered before and is gone now is waited for: a restart, once a run.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries while it is waited for.
const PAUSE: Duration = Duration::from_secs(1);
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

/// `metav1.Status`, of which the message is enough.
#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    message: String,
}

/// Who asks: what every request needs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) login: Arc<Login>,
    /// URL of the API server, for messages.
    pub(crate) server: Arc<str>,
    /// Of every request: whom to act as.
    pub(crate) headers: Arc<[(HeaderName, HeaderValue)]>,
    /// How long one request may be silent.
    pub(crate) silence: Duration,
    /// By how many seconds the server's clock is ahead of ours, as far as its answers tell.
    pub(crate) skew: Arc<AtomicI64>,
    /// It answered, and nobody waited in vain for it since.
    pub(crate) answers: Arc<AtomicBool>,
}

/// Clocks that differ by more than this are worth a word: tokens, certificates and waivers end by them.
const SKEW: i64 = 120;
/// No answer told a time yet.
pub(crate) const UNKNOWN: i64 = i64::MAX;

impl Connection {
    /// The body of a POST of JSON that stores nothing: a review. Tried again as a GET is.
    pub(crate) async fn review(&self, path: &str, body: &str) -> Result<Vec<u8>, Failure> {
        self.asker.until_it_works(path, "application/json", Sort::Review(body)).await
    }
}

/// What sort of request.
#[derive(Clone, Copy)]
enum Sort<'a> {
    Get,
    /// What comes holds secrets: buffers are wiped.
    Wiped,
    /// A POST of this.
    Review(&'a str),
}

impl Asker {
    /// The body of a GET, tried again on what passes: overload, restarts, broken connections.
    pub(crate) async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Failure> {
        self.until_it_works(path, accept, Sort::Get).await
    }

    /// As [`get`](Self::get), in a buffer that is wiped when it is dropped.
    pub(crate) async fn get_wiped(&self, path: &str, accept: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.until_it_works(path, accept, Sort::Wiped).await.map(Zeroizing::new)
    }

    async fn until_it_works(&self, path: &str, accept: &str, sort: Sort<'_>) -> Result<Vec<u8>, Failure> {
        let mut wait = Duration::from_millis(100);
        let mut last = None;
        let begun = Instant::now();
        let mut left = TRIES;
        while left > 0 {
            let (failure, again) = match self.try_once(path, accept, sort).await {
                Ok(body) => {
                    self.answers.store(true, Ordering::Relaxed);
                    return Ok(body);
                }
                Err(refusal) => refusal,
            };
            let asked = match again {
                Again::Never => return Err(failure),
                Again::Away if self.answers.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Again::Away => {
                    // Who waited in vain waits for no other listing.
                    self.answers.store(false, Ordering::Relaxed);
                    None
                }
                Again::After(asked) => asked,
            };
            last = Some(failure);
            left -= 1;
            if left > 0 {
                tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
                wait *= 3;
            }
        }
        let failure = last.unwrap_or_else(|| Failure::new("cluster/unreachable", "no answer"));
        Err(Failure { message: format!("{} ({TRIES} tries)", failure.message), ..failure })
    }

    async fn try_once(&self, path: &str, accept: &str, sort: Sort<'_>) -> Result<Vec<u8>, Refusal> {
        let response = self.send(path, accept, sort).await?;
        let wiped = matches!(sort, Sort::Wiped);
        let status = response.status();
        if status.is_success() {
            return self.collect(response.into_body(), wiped).await.map_err(|failure| {
                let again = if failure.code == "cluster/answer" { Again::Never } else { Again::After(None) };
                (failure, again)
            });
        }
        let after = retry_after(response.headers());
        let body = self.collect(response.into_body(), wiped).await.unwrap_or_default();
        Err(self.refused(status, &body, after))
    }

    /// The head of an answer. A request that the cluster refuses because it does not know who asks is made once more
    /// where there are other credentials to be had: in the midst of a long run tokens end.
    async fn send(&self, path: &str, accept: &str, sort: Sort<'_>) -> Result<Response<Body>, Refusal> {
        let mut held = self.login.held();
        if held.ends_soon() {
            match self.login.renew(&held).await {
                Renewed::Yes(next) => held = next,
                // As long as the cluster takes them they are good; where it does not, what went wrong is told.
                Renewed::No | Renewed::Failed(_) => {}
            }
        }
        let response = self.send_as(&held, path, accept, sort).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            held.is_known();
            return Ok(response);
        }
        match self.login.renew(&held).await {
            Renewed::No => Ok(response),
            Renewed::Failed(failure) => Err((failure, Again::Never)),
            Renewed::Yes(held) => {
                let response = self.send_as(&held, path, accept, sort).await?;
                if response.status() != StatusCode::UNAUTHORIZED {
                    held.is_known();
                }
                Ok(response)
            }
        }
    }

    async fn send_as(&self, held: &Held, path: &str, accept: &str, sort: Sort<'_>) -> Result<Response<Body>, Refusal> {
        let (mut request, body) = match sort {
            Sort::Get | Sort::Wiped => (Request::get(path), Body::empty()),
            Sort::Review(body) => {
                let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
                (request, Body::from(body.as_bytes().to_vec()))
            }
        };
        request = request.header(header::ACCEPT, accept);
        for (name, value) in self.headers.iter() {
            request = request.header(name, value);
        }
        let request = request.body(body);
        let request = request.map_err(|error| (Failure::new("cluster/answer", error.to_string()), Again::Never))?;
        let Ok(answer) = tokio::time::timeout(self.silence, held.client.send(request)).await else {
            return Err((silent(&self.server, self.silence), Again::After(None)));
        };
        match answer {
            Ok(response) => {
                self.compare_clocks(&response);
                Ok(response)
            }
            Err(kube::Error::Auth(error)) => Err((of_credentials(&error, None), Again::Never)),
            // A plug-in that renews credentials fails within the service.
            Err(kube::Error::Service(error)) if error.is::<kube::client::AuthError>() => {
                let of = error.downcast_ref::<kube::client::AuthError>().map(|error| of_credentials(error, None));
                Err((of.unwrap_or_else(|| Failure::new("cluster/unauthorized", "no credentials")), Again::Never))
            }
            Err(error) => {
                let failure = of_transport(&error, &self.server);
                // A certificate does not change by asking again.
                let is_final = failure.message.contains("certificate") || failure.message.contains("speak TLS");
                let again = match is_final {
                    true => Again::Never,
                    false if is_refused(&error) => Again::Away,
                    false => Again::After(None),
                };
                Err((failure, again))
            }
        }
    }

    /// A stream of lines: the head of its answer decides whether there is one.
    pub(crate) async fn stream(&self, path: &str, accept: &str) -> Result<Body, (Failure, Option<Duration>)> {
        let response = self.send(path, accept, Sort::Get).await.map_err(|(failure, after)| (failure, after.pause()))?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let (status, after) = (response.status(), retry_after(response.headers()));
        let body = self.collect(response.into_body(), false).await.unwrap_or_default();
        let (failure, after) = self.refused(status, &body, after);
        Err((failure, after.pause()))
    }

    /// `Date` is what the server's clock says.
    fn compare_clocks(&self, response: &Response<Body>) {
        let date = response.headers().get(header::DATE).and_then(|value| seconds(value.to_str().ok()?));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs() as i64);
        if let Some((date, now)) = date.zip(now) {
            // An answer that took its time makes clocks look apart: the least is nearest to the truth.
            let skew = date - now;
            let known = self.skew.load(Ordering::Relaxed);
            if known == UNKNOWN || skew.abs() < known.abs() {
                self.skew.store(skew, Ordering::Relaxed);
            }
        }
    }

    /// That clocks differ, where they do.
    pub(crate) fn skewed(&self) -> Option<Failure> {
        let skew = Some(self.skew.load(Ordering::Relaxed)).filter(|skew| *skew != UNKNOWN)?;
        let way = if skew > 0 { "ahead of" } else { "behind" };
        let message = format!("the clock of {} is {} s {way} this machine's", self.server, skew.abs());
        let hint = "tokens, certificates and waivers end by a clock: set the one that is wrong";
        (skew.abs() > SKEW).then(|| Failure::new("cluster/clock-skew", message).hint(hint))
    }
}

/// Why there is no answer, and whether to ask again: then perhaps after the time that the server wants.
type Refusal = (Failure, Again);

/// Does it help to ask again?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Again {
    Never,
    /// As soon as the server said, if it did.
    After(Option<Duration>),
    /// There is no server, or none behind its proxy.
    Away,
}

impl Again {
    /// What the server asked for.
    fn pause(self) -> Option<Duration> {
        if let Again::After(asked) = self { asked } else { None }
    }
}

/// Does nobody listen there?
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(error) = at {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        at = error.source();
    }
    false
}

pub(crate) fn silent(server: &str, silence: Duration) -> Failure {
    Failure::new("cluster/unreachable", format!("{server} was silent for {} s", silence.as_secs()))
        .hint("`--request-timeout SECONDS` waits longer")
}

/// Seconds, or a date, which is held against the server's own clock: ours may go wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let after = text(header::RETRY_AFTER)?.trim();
    let seconds = after.parse().ok().or_else(|| {
        let (until, now) = (seconds(after)?, seconds(text(header::DATE)?)?);
        Some(u64::try_from(until - now).unwrap_or(0))
    });
    seconds.map(Duration::from_secs)
}

/// Days from 1970-01-01 of a day of the Gregorian calendar.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March: the day that comes every four years is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds since 1970 of an HTTP date: `Wed, 25 Nov 2026 04:27:53 GMT`.
fn seconds(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
    let year = parts.next()?.parse().ok()?;
    let mut time = parts.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (time.next()??, time.next()??, time.next()??);
    Some(days(year, month, day) * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

impl Asker {
    /// The whole of an answer. One that holds secrets is put together once, and its parts are wiped: a buffer that grew
    /// would leave copies.
    async fn collect(&self, mut body: Body, wiped: bool) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut parts: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        let mut length = 0;
        loop {
            let frame = tokio::time::timeout(self.silence, body.frame()).await;
            let Some(frame) = frame.map_err(|_| silent(&self.server, self.silence))? else { break };
            let frame =
                frame.map_err(|error| Failure::new("cluster/unreachable", format!("cut short: {}", chain(&error))))?;
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > LARGEST {
                return Err(Failure::new("cluster/answer", format!("an answer of more than {} MiB", LARGEST >> 20)));
            }
            match wiped {
                true => parts.push(Zeroizing::new(data.to_vec())),
                false => bytes.extend_from_slice(&data),
            }
        }
        if wiped {
            bytes.reserve_exact(length);
            parts.iter().for_each(|part| bytes.extend_from_slice(part));
        }
        Ok(bytes)
    }
}

impl Asker {
    fn refused(&self, status: StatusCode, body: &[u8], after: Option<Duration>) -> Refusal {
        match refused(status, body, after) {
            (failure, again) if failure.code == "cluster/unauthorized" => {
                (failure.hint(self.login.held().credential.of_refusal()), again)
            }
            // Who shows nothing is let in as nobody.
            (failure, again) if failure.message.contains("\"system:anonymous\"") => {
                (failure.hint(self.login.held().credential.of_refusal()), again)
            }
            other => other,
        }
    }
}

fn refused(status: StatusCode, body: &[u8], after: Option<Duration>) -> Refusal {
    let text = String::from_utf8_lossy(body);
    let said = ironclad_tree::parse(&ironclad_tree::Source::new("status", text.clone()), &Default::default());
    let said = said.documents.first().and_then(|d| d.root().deserialize::<Status>().ok()).unwrap_or_default().message;
    let said = if said.is_empty() { text.chars().take(200).collect() } else { said };
    let message = if said.is_empty() { status.to_string() } else { said };
    match status {
        StatusCode::UNAUTHORIZED => (
            Failure::new("cluster/unauthorized", format!("the cluster does not know who asks: {message}")),
            Again::Never,
        ),
        StatusCode::FORBIDDEN => (Failure::new("cluster/forbidden", message), Again::Never),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            (Failure::new("cluster/not-found", message), Again::Never)
        }
        StatusCode::GONE => (Failure::new("cluster/gone", message), Again::Never),
        StatusCode::TOO_MANY_REQUESTS => (Failure::new("cluster/overloaded", message), Again::After(after)),
        StatusCode::BAD_GATEWAY => (Failure::new("cluster/unreachable", message), Again::Away),
        _ if status.is_server_error() => (Failure::new("cluster/answer", message), Again::After(after)),
        _ => (Failure::new("cluster/answer", message), Again::Never),
    }
}

#[cfg(test)]
mod tests {
    use super::{days, retry_after, seconds};
    use http::{HeaderMap, header};
    use std::time::Duration;

    #[test]
    fn days_of_the_calendar() {
        for (date, expected) in
            [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 11, 25), 20_782), ((1969, 12, 31), -1)]
        {
            assert_eq!(days(date.0, date.1, date.2), expected, "{date:?}");
        }
    }

    #[test]
    fn dates_of_http() {
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:10 GMT"), Some(10));
        assert_eq!(seconds("Wed, 25 Nov 2026 04:27:53 GMT"), Some(1_795_580_873));
        for none in ["", "now", "Wed, 25 Foo 2026 04:27:53 GMT", "Wed, 25 Nov 2026 04:27 GMT"] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }

    #[test]
    fn a_date_is_held_against_the_servers_clock() {
        let after = |after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, after.parse().unwrap());
            if let Some(date) = date {
                headers.insert(header::DATE, date.parse().unwrap());
            }
            retry_after(&headers)
        };
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(after("7", None), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:40 GMT", Some(date)), Some(Duration::from_secs(3)));
        // What has passed by the server's clock is over, whatever ours says; without its clock nobody knows.
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT", Some(date)), Some(Duration::ZERO));
        assert_eq!(after(date, None), None);
    }
}
