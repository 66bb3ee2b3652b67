//! Which folders are to be judged, and when.
//!
//! While somebody types, a folder waits until they pause: as long as a person's pause between words, and longer where
//! its judgement takes longer, so that a large folder is not judged without end. What was opened or saved waits for
//! nothing.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A pause in typing.
const PAUSE: Duration = Duration::from_millis(250);
/// No folder waits longer than this after the last key.
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Due {
    roots: Vec<(PathBuf, Instant)>,
    /// How long the last judgement took.
    took: Duration,
}

impl Due {
    /// As soon as no other is judged.
    pub(crate) fn at_once(&mut self, root: PathBuf, now: Instant) {
        self.set(root, now);
    }

    /// When nothing was typed for a while.
    pub(crate) fn at_pause(&mut self, root: PathBuf, now: Instant) {
        // What waits for nothing goes on waiting for nothing.
        if !self.roots.iter().any(|(known, at)| *known == root && *at <= now) {
            self.set(root, now + PAUSE.max(self.took * 2).min(LONGEST));
        }
    }

    fn set(&mut self, root: PathBuf, at: Instant) {
        match self.roots.iter_mut().find(|(known, _)| *known == root) {
            Some((_, known)) => *known = at,
            None => self.roots.push((root, at)),
        }
    }

    /// The one whose time has come first.
    pub(crate) fn next(&mut self, now: Instant) -> Option<PathBuf> {
        let ready = self.roots.iter().enumerate().filter(|(_, (_, at))| *at <= now);
        let (index, _) = ready.min_by_key(|(_, (_, at))| *at)?;
        Some(self.roots.remove(index).0)
    }

    /// How long until there is one; none where there is nothing to wait for.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.roots.iter().map(|(_, at)| at.saturating_duration_since(now)).min()
    }

    pub(crate) fn took(&mut self, time: Duration) {
        self.took = time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_puts_off_and_saving_does_not_wait() {
        let start = Instant::now();
        let after = |millis: u64| start + Duration::from_millis(millis);
        let mut due = Due::default();
        due.at_pause("a".into(), start);
        assert_eq!(due.wait(start), Some(PAUSE));
        due.at_pause("a".into(), after(200));
        assert_eq!(due.next(after(300)), None, "the second key put it off");
        assert_eq!(due.next(after(450)), Some("a".into()));
        assert_eq!(due.wait(after(450)), None);

        due.at_once("b".into(), after(500));
        due.at_pause("b".into(), after(500));
        due.at_once("c".into(), after(400));
        assert_eq!(due.next(after(500)), Some("c".into()));
        assert_eq!(due.next(after(500)), Some("b".into()), "what was saved is judged though somebody types on");

        due.took(Duration::from_secs(1));
        due.at_pause("d".into(), start);
        assert_eq!(due.wait(start), Some(Duration::from_secs(2)));
        due.took(Duration::from_secs(60));
        due.at_pause("d".into(), start);
        assert_eq!(due.wait(start), Some(LONGEST));
    }
}
