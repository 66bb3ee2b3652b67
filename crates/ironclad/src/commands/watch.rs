//! `ironclad scan --watch`: a report, and then what changes.
//!
//! What an object alone decides is judged as soon as it changes; what hangs on others, at most once a second, and never
//! for more than a fifth of the time. The first report is the one that a scan without `--watch` prints.
//!
//! Invariant: memory follows the number of objects and not the number of changes. Of a finding that was told only its
//! fingerprint and a few bytes are kept.

mod say;
mod world;

use super::judge::Session;
use super::live;
use super::scan::Running;
use super::settings;
use crate::args::Scan;
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_cluster::{Deleted, Event, Next, Read, Unseen, Watch};
use ironclad_report::Format;
use std::time::{Duration, Instant};
use world::World;

/// Changes that come within this time are judged together.
const GATHER: Duration = Duration::from_millis(50);
/// Between two judgements of the whole.
const REST: Duration = Duration::from_secs(1);

/// Flags that make no sense together.
pub(crate) fn check(arguments: &Scan, format: Format) -> anyhow::Result<()> {
    if !matches!(format, Format::Pretty | Format::Ndjson) {
        let help = "`--format ndjson` is for programs; without a format it is for people".to_owned();
        return Err(user_error("what goes on changing cannot be told in this format", help));
    }
    if !arguments.report.output.is_empty() {
        let help = "leave out `--output`: what `--watch` tells goes to standard output".to_owned();
        return Err(user_error("a file holds a report, and no stream of changes", help));
    }
    Ok(())
}

/// Watches until somebody interrupts it.
pub(crate) fn run(mut running: Running<'_>, mut session: Session) -> anyhow::Result<Exit> {
    let (arguments, global) = (running.arguments, running.global);
    let request = live::request(arguments, &session);
    let failed = |failure| live::loaded(live::unreached(&arguments.cluster, failure), arguments, &session);
    let connection = match live::connect(&arguments.cluster, &arguments.extent.acting) {
        Ok(connection) => connection,
        Err(failure) => {
            let loaded = failed(failure);
            let concluded = running.conclude(loaded, &mut session, None)?;
            return Ok(Exit::of(&concluded.report, session.fail_on));
        }
    };
    let mut watch = match ironclad_cluster::watch(&connection, &request) {
        Ok(watch) => watch,
        Err(failure) => {
            let loaded = failed(failure);
            let concluded = running.conclude(loaded, &mut session, None)?;
            return Ok(Exit::of(&concluded.report, session.fail_on));
        }
    };
    let source = watch.source.name().to_string();
    let mut world = World::new(&watch.streams);
    let Some(told) = first_listings(&mut watch, &mut world) else { return Ok(Exit::Incomplete) };

    let (snapshot, _) = world.whole();
    let unseen: Vec<Unseen> = world.unseen(&watch.streams);
    let is_unseen = |stream: &&ironclad_cluster::Stream| unseen.iter().any(|one| one.resource == stream.resource);
    let listed = watch.streams.iter().filter(|stream| !is_unseen(stream)).map(|stream| stream.resource.clone());
    let read = Read {
        snapshot,
        source: watch.source.clone(),
        served: watch.served.clone(),
        listed: listed.collect(),
        unseen: unseen.clone(),
        // A stream tells what goes.
        deleted: Deleted::default(),
    };
    let mut first = live::of(read, &request, &source);
    first.problems.extend(live::warnings(&connection, &source));
    first.add(live::beside(&connection, &request, arguments, &session));
    running.releases = std::mem::take(&mut first.releases);
    let loaded = live::loaded(first, arguments, &session);
    let is_json = running.format() == Format::Ndjson;
    let quiet = global.quiet && !is_json;
    let concluded = running.conclude(loaded, &mut session, None)?;
    // What a report says beside what changes: errors of the configuration, waivers that ended.
    let standing = world::standing(&concluded.report, &session);
    let manifests = concluded.manifests;
    drop((concluded.report, concluded.snapshot));

    let mut teller = say::Teller::new(is_json, quiet, manifests);
    let mut desk = world::Desk { session, request, arguments, source };
    settings::in_pool(global, || world.begin(&mut desk))?;
    told.iter().try_for_each(|line| teller.line(line))?;
    let outcome = follow(&mut watch, &mut world, &mut desk, &mut teller, global);
    let incomplete = standing == Exit::Incomplete || world.is_incomplete();
    outcome?;
    let fails = standing == Exit::Findings || world.reaches(desk.session.fail_on);
    Ok(match (incomplete, fails) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    })
}

/// Waits until every listing was read or is known to fail. What became of streams after their first is told after the
/// report; nothing where somebody had enough before.
fn first_listings(watch: &mut Watch<'_>, world: &mut World) -> Option<Vec<say::Line>> {
    let mut told = Vec::new();
    while !world.has_begun() {
        match watch.next(None) {
            Next::Event(event) => {
                if matches!(event, Event::Served { .. }) {
                    world.grow(&watch.streams);
                }
                told.extend(said(&event, &watch.streams, world));
                world.take(event);
            }
            Next::Quiet => {}
            Next::Interrupted => return None,
        }
    }
    Some(told)
}

fn follow(
    watch: &mut Watch<'_>,
    world: &mut World,
    desk: &mut world::Desk<'_>,
    teller: &mut say::Teller,
    global: &crate::args::Global,
) -> anyhow::Result<()> {
    // When changed objects are judged alone, and when all are judged together.
    let (mut alone, mut together): (Option<Instant>, Option<Instant>) = (None, None);
    let mut rested = Instant::now();
    loop {
        // Together comes after alone, however long that waits.
        match watch.next(alone.or(together)) {
            Next::Interrupted => return Ok(()),
            Next::Quiet => {}
            Next::Event(event) => {
                if matches!(event, Event::Served { .. }) {
                    world.grow(&watch.streams);
                }
                let told = said(&event, &watch.streams, world);
                if let Some(gone) = world.take(event) {
                    let now = Instant::now();
                    alone.get_or_insert(now + GATHER);
                    together.get_or_insert((now + GATHER).max(rested));
                    teller.resolved(&gone)?;
                }
                if let Some(line) = told {
                    teller.line(&line)?;
                }
            }
        }
        let now = Instant::now();
        if alone.is_some_and(|due| due <= now) {
            alone = None;
            let changes = settings::in_pool(global, || world.judge_changed(desk))?;
            teller.tell(changes, desk)?;
        }
        // After the changed ones: what is settled of an object is known by then.
        if alone.is_none() && together.is_some_and(|due| due <= now) {
            together = None;
            let began = Instant::now();
            let changes = settings::in_pool(global, || world.judge_together(desk, &watch.streams))?;
            teller.tell(changes, desk)?;
            rested = Instant::now() + REST.max(began.elapsed() * 4);
        }
    }
}

/// What is told of an event itself.
fn said(event: &Event, streams: &[ironclad_cluster::Stream], world: &World) -> Option<say::Line> {
    match event {
        // What was never seen is in the report.
        Event::Lost { stream, failure } if world.began(*stream) => {
            Some(say::Line::Lost(streams.get(*stream)?.clone(), failure.clone()))
        }
        Event::Listed { stream, documents } if world.is_lost(*stream) => {
            Some(say::Line::Listed(streams.get(*stream)?.clone(), documents.len()))
        }
        Event::Served { stream } => Some(say::Line::Served(streams.get(*stream)?.clone())),
        Event::Unserved { stream } => Some(say::Line::Unserved(streams.get(*stream)?.clone())),
        _ => None,
    }
}

/// Prints one line at once: whoever reads a stream waits for it.
fn print(text: &str) -> anyhow::Result<()> {
    output::print_raw(text.as_bytes())?;
    Ok(())
}
