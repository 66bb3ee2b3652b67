//! A cluster that is watched: each listing, and then what changes in it.
//!
//! One task follows one listing. It lists, watches from the state that the listing shows, and goes on from the last
//! state that it knows when a watch ends in its time or breaks. When the server does not know that state any more (410),
//! or a watch stays broken, that is [`Event::Lost`], and a new listing follows: nothing is missed unseen. One more task
//! asks time and again what the cluster serves: custom resources come and go with their definitions.
//!
//! Invariants: what waits to be taken is bounded, so a slow taker slows the reading and fills no memory; the events of
//! one stream come in order; a stream never ends, it waits longer.

use crate::discovery::discover;
use crate::list::{Part, prune};
use crate::read::{AT_ONCE, Stream};
use crate::request::{Asker, silent};
use crate::{Connection, Failure, Request, Resource, Served};
use http_body_util::BodyExt;
use ironclad_tree::{Choice, Document, Limits, NodeRef, Source, Step, parse};
use kube::client::Body;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

/// What became of a stream; `stream` is its place in [`Watch::streams`].
#[derive(Debug)]
pub enum Event {
    /// All that there is: what is not among it is gone.
    Listed {
        /// Which.
        stream: usize,
        /// The objects.
        documents: Vec<Document>,
    },
    /// An object came or changed.
    Changed {
        /// Which.
        stream: usize,
        /// As it is now.
        document: Box<Document>,
    },
    /// An object went.
    Gone {
        /// Which.
        stream: usize,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// Nobody knows what changes, until it is listed again.
    Lost {
        /// Which.
        stream: usize,
        /// Why.
        failure: Failure,
    },
    /// The cluster serves a resource that it did not serve before: a new stream begins, the last of [`Watch::streams`].
    Served {
        /// Which.
        stream: usize,
    },
    /// The cluster does not serve the resource any more: its objects are gone with it, and no event of it follows.
    Unserved {
        /// Which.
        stream: usize,
    },
}

/// What the tasks tell.
enum Told {
    /// Of one stream.
    Event(Event),
    /// What the cluster serves, as far as it is wanted, is now something else.
    Resources(Vec<Resource>),
}

/// What came next.
#[derive(Debug)]
pub enum Next {
    /// This.
    Event(Event),
    /// Nothing, until the time that was given.
    Quiet,
    /// Somebody wants it to end: Ctrl-C, or the end of the process.
    Interrupted,
}

/// A cluster that is watched, until this is dropped.
pub struct Watch<'c> {
    /// What is watched.
    pub streams: Vec<Stream>,
    /// What the cluster serves.
    pub served: Served,
    /// `cluster:CONTEXT`.
    pub source: Arc<Source>,
    connection: &'c Connection,
    request: Request,
    sender: mpsc::Sender<Told>,
    events: mpsc::Receiver<Told>,
    interrupts: mpsc::Receiver<()>,
    turns: Arc<Semaphore>,
    /// Of each stream; none where it is served no more.
    followers: Vec<Option<JoinHandle<()>>>,
    /// Events that are to be told before others.
    pending: VecDeque<Event>,
    tasks: Vec<JoinHandle<()>>,
}

/// Events that wait to be taken.
const WAITING: usize = 256;
/// A watch ends in this time and is asked for again: the server drops what it kept for it.
const LENGTH: Duration = Duration::from_secs(280);
/// A server tells at least once a minute that nothing changed (bookmarks); a connection that is silent for longer than a
/// watch takes is none.
const SILENCE: Duration = Duration::from_secs(300);
/// Watches in a row that may break before the stream is lost.
const BREAKS: u32 = 3;
/// Between two tries, the first and the last.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
/// Between two looks at what the cluster serves: three small answers.
const LOOK: Duration = Duration::from_secs(10);
/// Where watching is not allowed a listing comes this often instead.
const POLL: Duration = Duration::from_secs(60);
/// Bytes of one event. An object has at most 3 MB.
const LARGEST: usize = 64 << 20;

const OBJECTS: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// Begins to watch what is wanted.
///
/// # Errors
///
/// When the cluster does not say what it serves.
pub fn watch<'c>(connection: &'c Connection, request: &Request) -> Result<Watch<'c>, Failure> {
    let served = connection.discover()?;
    let resources = request.resources(&served);
    let source = Source::new(format!("cluster:{}", connection.context()), "");
    let streams: Vec<Stream> = request.listings(&resources);
    let (sender, events) = mpsc::channel(WAITING);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let (interrupt, interrupts) = mpsc::channel(1);
    let tasks = vec![
        connection.runtime.spawn(interrupted(interrupt)),
        connection.runtime.spawn(look(connection.asker.clone(), request.clone(), resources, sender.clone())),
    ];
    let mut watch = Watch {
        streams: Vec::new(),
        served,
        source,
        connection,
        request: request.clone(),
        sender,
        events,
        interrupts,
        turns,
        followers: Vec::new(),
        pending: VecDeque::new(),
        tasks,
    };
    streams.into_iter().for_each(|stream| watch.follow(stream));
    Ok(watch)
}

/// Tells when the cluster serves other resources than before. A look that fails says nothing: whatever keeps the server
/// from answering is told by who follows its objects.
async fn look(asker: Asker, request: Request, mut known: Vec<Resource>, tell: mpsc::Sender<Told>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Ok(served) = discover(&asker).await else { continue };
        let mut now = request.resources(&served);
        // A group whose server is silent for a while is still there.
        let is_silent = |resource: &Resource| {
            let version = format!("{}/{}", resource.group, resource.version);
            served.silent.contains(&version)
        };
        now.extend(known.iter().filter(|one| is_silent(one) && !now.contains(one)).cloned().collect::<Vec<_>>());
        now.sort();
        if now != known {
            known.clone_from(&now);
            if tell.send(Told::Resources(now)).await.is_err() {
                return;
            }
        }
    }
}

impl Watch<'_> {
    /// Begins to follow a stream.
    fn follow(&mut self, stream: Stream) {
        let follower = Follower {
            asker: self.connection.asker.clone(),
            index: self.streams.len(),
            stream: stream.clone(),
            source: Arc::clone(&self.source),
            events: self.sender.clone(),
            turns: Arc::clone(&self.turns),
        };
        self.streams.push(stream);
        // A task ends when nobody takes its events any more.
        let task = self.connection.runtime.spawn(async move {
            follower.follow().await;
        });
        self.followers.push(Some(task));
    }

    /// Ends streams of what is not served any more, and begins those of what is new.
    fn serve(&mut self, resources: &[Resource]) {
        for (stream, follower) in self.followers.iter_mut().enumerate() {
            let is_served = self.streams.get(stream).is_some_and(|stream| resources.contains(&stream.resource));
            if let Some(task) = follower.take_if(|_| !is_served) {
                task.abort();
                self.pending.push_back(Event::Unserved { stream });
            }
        }
        let alive = self.streams.iter().zip(&self.followers).filter(|(_, follower)| follower.is_some());
        let known: Vec<Resource> = alive.map(|(stream, _)| stream.resource.clone()).collect();
        let new: Vec<Resource> = resources.iter().filter(|resource| !known.contains(resource)).cloned().collect();
        for stream in self.request.listings(&new) {
            self.pending.push_back(Event::Served { stream: self.streams.len() });
            self.follow(stream);
        }
    }

    /// What comes next, until a time.
    pub fn next(&mut self, until: Option<Instant>) -> Next {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Next::Event(event);
            }
            match self.told(until) {
                Ok(Told::Event(event)) => {
                    // What was under way when its stream ended is of no use.
                    if self.followers.get(event.stream()).is_some_and(Option::is_some) {
                        return Next::Event(event);
                    }
                }
                Ok(Told::Resources(resources)) => self.serve(&resources),
                Err(next) => return next,
            }
        }
    }

    /// What a task tells, or why none does.
    fn told(&mut self, until: Option<Instant>) -> Result<Told, Next> {
        if until.is_some_and(|until| until <= Instant::now()) {
            // A timer that is over takes its turn behind events that wait already, and they may never end.
            return Err(match self.interrupts.try_recv() {
                Ok(()) => Next::Interrupted,
                Err(_) => Next::Quiet,
            });
        }
        let (events, interrupts) = (&mut self.events, &mut self.interrupts);
        self.connection.runtime.block_on(async {
            let pause = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = interrupts.recv() => Err(Next::Interrupted),
                () = pause => Err(Next::Quiet),
                Some(told) = events.recv() => Ok(told),
            }
        })
    }
}

impl Event {
    /// Of which stream it tells.
    fn stream(&self) -> usize {
        match self {
            Event::Listed { stream, .. }
            | Event::Changed { stream, .. }
            | Event::Gone { stream, .. }
            | Event::Lost { stream, .. }
            | Event::Served { stream }
            | Event::Unserved { stream } => *stream,
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.tasks.iter().chain(self.followers.iter().flatten()).for_each(JoinHandle::abort);
    }
}

/// Tells once when the process is asked to end. It is asked for before anything else: no signal is missed in between.
async fn interrupted(tell: mpsc::Sender<()>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        if let (Ok(mut interrupt), Ok(mut terminate)) = signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    }
    #[cfg(not(unix))]
    {
        // Where signals cannot be had the process ends as any other does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
    // Who took no interest any more needs not be told.
    let _ = tell.send(()).await;
}

/// Follows one stream.
struct Follower {
    asker: Asker,
    index: usize,
    stream: Stream,
    source: Arc<Source>,
    events: mpsc::Sender<Told>,
    turns: Arc<Semaphore>,
}

/// Nobody takes events any more.
struct Unheard;

/// How a watch ended.
enum End {
    /// In its time.
    InTime,
    /// The server does not know the state any more.
    Outdated(Failure),
    /// Something broke; the server may have said when to come back.
    Broken(Failure, Option<Duration>),
    /// It is not allowed.
    Refused(Failure),
}

impl Follower {
    async fn follow(&self) -> Option<Unheard> {
        let mut pause = Pause::new(self.index);
        let mut lost = false;
        loop {
            let (mut version, broken) = match self.list().await {
                Ok((version, documents)) => {
                    lost = false;
                    self.tell(Event::Listed { stream: self.index, documents }).await?;
                    (version, None)
                }
                Err(failure) => (String::new(), Some(failure)),
            };
            let (failure, longest) = match broken {
                Some(failure) => (failure, LONGEST),
                None => match self.watch_from(&mut version, &mut pause).await? {
                    End::Refused(failure) if failure.code == "cluster/not-found" => (failure, POLL),
                    End::Refused(failure) => {
                        pause.last();
                        (failure, POLL)
                    }
                    // The new listing comes at once.
                    End::Outdated(failure) => {
                        self.tell(Event::Lost { stream: self.index, failure }).await?;
                        pause.wait(None).await;
                        continue;
                    }
                    End::Broken(failure, _) => (failure, LONGEST),
                    End::InTime => continue,
                },
            };
            if !lost {
                lost = true;
                self.tell(Event::Lost { stream: self.index, failure }).await?;
            }
            match longest == POLL && !pause.is_short() {
                true => tokio::time::sleep(POLL).await,
                false => pause.wait(None).await,
            }
        }
    }

    async fn tell(&self, event: Event) -> Option<()> {
        self.events.send(Told::Event(event)).await.ok()
    }

    async fn list(&self) -> Result<(String, Vec<Document>), Failure> {
        // The semaphore lives as long as any task and is never closed.
        let _turn = self.turns.acquire().await.ok();
        let mut documents: Vec<Document> = Vec::new();
        let version = self.asker.list_served(&self.stream, &self.source, &mut documents).await?;
        Ok((version, documents.iter().map(|document| self.without_version(document)).collect()))
    }

    /// Watch after watch, as long as each goes on where the one before ended.
    async fn watch_from(&self, version: &mut String, pause: &mut Pause) -> Option<End> {
        let mut broken = 0;
        loop {
            let before = version.clone();
            let end = self.watch_once(version).await?;
            if *version != before {
                pause.reset();
            }
            match end {
                End::InTime => {
                    broken = 0;
                    // A server that ends watches at once must not be asked a thousand times a second.
                    if *version == before {
                        pause.wait(None).await;
                    }
                }
                End::Broken(failure, after) => {
                    broken = if *version == before { broken + 1 } else { 1 };
                    if broken > BREAKS {
                        return Some(End::Broken(failure, after));
                    }
                    pause.wait(after).await;
                }
                end => return Some(end),
            }
        }
    }

    async fn watch_once(&self, version: &mut String) -> Option<End> {
        let path = self.stream.path(&format!(
            "watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            crate::list::escape(version),
            LENGTH.as_secs() - (self.index as u64 * 7) % 60
        ));
        let accept = if self.stream.part() == Part::Metadata { METADATA } else { OBJECTS };
        let body = match self.asker.stream(&path, accept).await {
            Ok(body) => body,
            Err((failure, after)) => return Some(end_of(failure, after)),
        };
        let mut lines = Lines { body: pin!(body), held: Vec::new(), searched: 0 };
        loop {
            let line = match tokio::time::timeout(SILENCE, lines.next()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Some(End::InTime),
                Ok(Err(failure)) => return Some(End::Broken(failure, None)),
                Err(_) => return Some(End::Broken(silent(&self.asker.server, SILENCE), None)),
            };
            match self.event(&line, version) {
                Ok(Some(event)) => self.tell(event).await?,
                Ok(None) => {}
                Err(end) => return Some(end),
            }
        }
    }

    /// What a line says, and the state after it.
    fn event(&self, line: &[u8], version: &mut String) -> Result<Option<Event>, End> {
        let bad = |message: &str| {
            End::Broken(
                Failure::new("cluster/answer", format!("watching {}: {message}", self.stream.resource.name())),
                None,
            )
        };
        let text = std::str::from_utf8(line).map_err(|_| bad("not UTF-8"))?;
        let limits = Limits { document_bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
        let parsed = parse(&Source::new("event", text), &limits);
        if let Some(problem) = parsed.problems.first() {
            return Err(bad(&problem.message));
        }
        let event = parsed.documents.first().ok_or_else(|| bad("an empty line"))?.root();
        let object = event.get_str("object").ok_or_else(|| bad("no object"))?.value();
        let text = |node: NodeRef<'_>, pointer: &str| {
            node.at_pointer(pointer).and_then(|node| node.as_str()).unwrap_or_default().to_owned()
        };
        let kind = text(event, "/type");
        if kind == "ERROR" {
            let message = text(object, "/message");
            let code = object.get_str("code").and_then(|code| code.value().as_i64());
            return Err(match code {
                Some(410) => End::Outdated(Failure::new("cluster/gone", message)),
                _ => End::Broken(Failure::new("cluster/answer", message), None),
            });
        }
        let after = text(object, "/metadata/resourceVersion");
        if !after.is_empty() {
            *version = after;
        }
        let stream = self.index;
        Ok(match kind.as_str() {
            "ADDED" | "MODIFIED" => {
                let document = self.stream.of_type.told(object.extract(&self.source, &mut choose), &self.source);
                Some(Event::Changed { stream, document: Box::new(document) })
            }
            "DELETED" => {
                let namespace = Some(text(object, "/metadata/namespace")).filter(|name| !name.is_empty());
                Some(Event::Gone { stream, namespace, name: text(object, "/metadata/name") })
            }
            _ => None,
        })
    }

    fn without_version(&self, document: &Document) -> Document {
        document.root().extract(&self.source, &mut choose)
    }
}

/// What no check looks at, and what is different after every write: an object that only was written again is the same.
fn choose(path: &[Step<'_>], node: NodeRef<'_>) -> Choice {
    match path {
        // In a stream objects say what they are, in a listing they don't.
        [Step::Key("kind" | "apiVersion")] | [Step::Key("metadata"), Step::Key("resourceVersion")] => Choice::Drop,
        _ => prune(path, node),
    }
}

fn end_of(failure: Failure, after: Option<Duration>) -> End {
    match failure.code {
        "cluster/gone" => End::Outdated(failure),
        "cluster/forbidden" | "cluster/not-found" => End::Refused(failure),
        _ => End::Broken(failure, after),
    }
}

/// A body as lines.
struct Lines<'b> {
    body: std::pin::Pin<&'b mut Body>,
    held: Vec<u8>,
    /// Bytes of `held` that hold no line's end.
    searched: usize,
}

impl Lines<'_> {
    /// The next line that is not empty; nothing at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(at) = self.held[self.searched..].iter().position(|byte| *byte == b'\n') {
                let end = self.searched + at;
                let rest = self.held.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.held, rest);
                line.truncate(end);
                self.searched = 0;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Ok(Some(line));
            }
            self.searched = self.held.len();
            if self.held.len() > LARGEST {
                return Err(Failure::new("cluster/answer", format!("an event of more than {} MiB", LARGEST >> 20)));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    let message = format!("cut short: {}", crate::failure::chain(&error));
                    return Err(Failure::new("cluster/unreachable", message));
                }
                // Half a line is a watch that broke: what it would have told comes again.
                None if !self.held.is_empty() => {
                    return Err(Failure::new("cluster/unreachable", "cut short within an event"));
                }
                None => return Ok(None),
            }
        }
    }
}

/// Waits longer each time.
struct Pause {
    next: Duration,
    apart: Duration,
}

impl Pause {
    /// Streams wait a little apart: a server that comes back is not met by all at once.
    fn new(index: usize) -> Pause {
        Pause { next: SHORTEST, apart: Duration::from_millis((index as u64 * 37) % 200) }
    }

    fn reset(&mut self) {
        self.next = SHORTEST;
    }

    /// Is it worth to ask again soon? A server that does not know a resource yet (its definition has just come) does
    /// after a moment; what it does not know after a minute, or does not allow, takes more than that.
    fn is_short(&self) -> bool {
        self.next < LONGEST
    }

    /// Goes on as after many tries.
    fn last(&mut self) {
        self.next = LONGEST;
    }

    async fn wait(&mut self, asked: Option<Duration>) {
        tokio::time::sleep(asked.map_or(self.next, |asked| asked.min(LONGEST)) + self.apart).await;
        self.next = (self.next * 2).min(LONGEST);
    }
}
