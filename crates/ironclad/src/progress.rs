//! The progress line: on standard error, only on a terminal, only for work that lasts.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ironclad_load::Progress;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// A line that follows the reading and judging; gone when dropped.
pub(crate) struct Line {
    state: Arc<State>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    reading: Progress,
    listing: ironclad_cluster::Progress,
    judging: AtomicBool,
}

impl Line {
    /// Starts a line, or nothing where nobody would see it.
    pub(crate) fn start(quiet: bool) -> Line {
        let state = Arc::new(State::default());
        if quiet || !std::io::stderr().is_terminal() {
            return Line { state, stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel();
        let watched = Arc::clone(&state);
        let thread = std::thread::spawn(move || draw(&watched, &stopped));
        Line { state, stop: Some(stop), thread: Some(thread) }
    }

    /// What the loader counts into.
    pub(crate) fn reading(&self) -> &Progress {
        &self.state.reading
    }

    /// What the reader of a cluster counts into.
    pub(crate) fn listing(&self) -> &ironclad_cluster::Progress {
        &self.state.listing
    }

    /// The files are read; the checks begin.
    pub(crate) fn judging(&self) {
        self.state.judging.store(true, Ordering::Relaxed);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A progress line that panicked is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn draw(state: &State, stopped: &mpsc::Receiver<()>) {
    if stopped.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
        let listing = &state.listing;
        let (made, listings) = (listing.made.load(Ordering::Relaxed), listing.listings.load(Ordering::Relaxed));
        if listings > 0 {
            let objects = listing.objects.load(Ordering::Relaxed);
            bar.set_message(match state.judging.load(Ordering::Relaxed) {
                true => format!("judging {objects} objects"),
                false => format!("listing: {made} of {listings} kinds, {objects} objects"),
            });
            bar.tick();
            continue;
        }
        let (read, found) = (state.reading.read.load(Ordering::Relaxed), state.reading.found.load(Ordering::Relaxed));
        bar.set_message(if state.judging.load(Ordering::Relaxed) {
            format!("judging what {read} files hold")
        } else {
            format!("reading {read} of {found} files")
        });
        bar.tick();
    }
    bar.finish_and_clear();
}
