//! Text that remembers where each part of it comes from.
//!
//! A text is cut into runs with one mark each. A run whose bytes are the bytes of the mark's own place, one by one,
//! is *linear* and says where in that place it begins, so that a part of it still points at exactly its line.

use crate::trail::{Mark, Trails};
use std::ops::Range;
use std::rc::Rc;

/// A run that is not linear.
const WHOLE: u32 = u32::MAX;

/// A part of a text with one mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Byte after its last.
    pub end: u32,
    /// Where it comes from.
    pub mark: Mark,
    at: u32,
}

impl Run {
    /// Where in the mark's place it begins, where it is linear.
    pub fn linear(self) -> Option<u32> {
        (self.at != WHOLE).then_some(self.at)
    }
}

#[derive(Clone, Debug)]
enum Runs {
    One(Mark, u32),
    Many(Rc<[Run]>),
}

/// An immutable text with its marks; cheap to clone.
#[derive(Clone, Debug)]
pub struct Text {
    text: Rc<str>,
    runs: Runs,
}

impl Text {
    /// A text of one mark.
    pub fn marked(text: impl Into<Rc<str>>, mark: Mark) -> Text {
        Text { text: text.into(), runs: Runs::One(mark, WHOLE) }
    }

    /// A text from nowhere.
    pub fn plain(text: impl Into<Rc<str>>) -> Text {
        Text::marked(text, Mark::NONE)
    }

    /// The bytes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Shared bytes.
    pub fn shared(&self) -> Rc<str> {
        Rc::clone(&self.text)
    }

    /// Its runs, in order.
    pub fn runs(&self) -> impl Iterator<Item = (Range<usize>, Run)> + '_ {
        let one = match &self.runs {
            Runs::One(mark, at) => Some(Run { end: self.text.len() as u32, mark: *mark, at: *at }),
            Runs::Many(_) => None,
        };
        let many = match &self.runs {
            Runs::One(..) => &[][..],
            Runs::Many(runs) => runs,
        };
        let mut start = 0;
        one.into_iter().chain(many.iter().copied()).map(move |run| {
            let range = start..run.end as usize;
            start = run.end as usize;
            (range, run)
        })
    }

    /// Everything that contributed.
    pub fn mark(&self, trails: &Trails) -> Mark {
        match &self.runs {
            Runs::One(mark, _) => *mark,
            Runs::Many(runs) => trails.join(runs.iter().map(|run| run.mark)),
        }
    }

    /// Everything that contributed to a part.
    pub fn mark_of(&self, range: Range<usize>, trails: &Trails) -> Mark {
        match &self.runs {
            Runs::One(mark, _) => *mark,
            Runs::Many(_) => {
                let hit = self.runs().filter(|(run, _)| run.start < range.end && run.end > range.start);
                trails.join(hit.map(|(_, run)| run.mark))
            }
        }
    }

    /// A part of it; nothing where the range does not fit.
    pub fn slice(&self, range: Range<usize>) -> Text {
        if range == (0..self.text.len()) {
            return self.clone();
        }
        let mut rope = Rope::default();
        rope.push_slice(self, range);
        rope.finish()
    }

    /// The same marks through another: each run is now printed by `through`.
    pub fn through(&self, through: Mark, trails: &Trails) -> Text {
        if through.is_none() {
            return self.clone();
        }
        let runs = match &self.runs {
            Runs::One(mark, at) => Runs::One(trails.via(through, *mark), *at),
            Runs::Many(runs) => {
                Runs::Many(runs.iter().map(|run| Run { mark: trails.via(through, run.mark), ..*run }).collect())
            }
        };
        Text { text: Rc::clone(&self.text), runs }
    }
}

/// A text that grows.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    /// Where the last run begins.
    run_start: u32,
    text: String,
    runs: Vec<Run>,
}

impl Rope {
    /// Room for this many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Rope {
        Rope { run_start: 0, text: String::with_capacity(bytes), runs: Vec::with_capacity(bytes / 32) }
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Nothing yet?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends bytes; how many there were before. What grows at all grows past its first words.
    fn append(&mut self, text: &str) -> usize {
        const FIRST: usize = 64;
        let before = self.text.len();
        if self.text.capacity() == 0 {
            self.text.reserve(text.len().max(FIRST));
        }
        self.text.push_str(text);
        before
    }

    /// Appends blanks from nowhere.
    pub(crate) fn push_blanks(&mut self, count: usize) {
        const BLANKS: &str = "                                                                ";
        let mut left = count;
        while left > 0 {
            let part = left.min(BLANKS.len());
            self.push_str(BLANKS.get(..part).unwrap_or_default(), Mark::NONE);
            left -= part;
        }
    }

    fn run(&mut self, mark: Mark, at: u32, before: usize) {
        let end = self.text.len() as u32;
        if end as usize == before {
            return;
        }
        if self.runs.capacity() == 0 {
            self.runs.reserve(8);
        }
        if let Some(last) = self.runs.last_mut() {
            let continues = match (last.at, at) {
                (WHOLE, WHOLE) => true,
                (WHOLE, _) | (_, WHOLE) => false,
                // The length of the last run is the distance between its beginning and this one's.
                (start, at) => {
                    let length = before as u32 - self.run_start;
                    start + length == at
                }
            };
            if last.mark == mark && continues {
                last.end = end;
                return;
            }
        }
        self.run_start = before as u32;
        self.runs.push(Run { end, mark, at });
    }

    /// Appends text of one mark.
    pub fn push_str(&mut self, text: &str, mark: Mark) {
        let before = self.append(text);
        self.run(mark, WHOLE, before);
    }

    /// Appends text that stands at `at` of the mark's own place.
    pub fn push_linear(&mut self, text: &str, mark: Mark, at: u32) {
        let before = self.append(text);
        self.run(mark, at, before);
    }

    /// Appends a text with its marks.
    pub fn push(&mut self, text: &Text) {
        self.push_slice(text, 0..text.text.len());
    }

    /// Appends a text with its marks, each through another.
    pub fn push_through(&mut self, text: &Text, through: Mark, trails: &Trails) {
        for (range, run) in text.runs() {
            let before = self.append(text.text.get(range).unwrap_or_default());
            self.run(trails.via(through, run.mark), run.at, before);
        }
    }

    /// Appends a part of a text with its marks.
    pub fn push_slice(&mut self, text: &Text, range: Range<usize>) {
        if let Runs::One(mark, at) = text.runs {
            let before = self.append(text.text.get(range.clone()).unwrap_or_default());
            let at = if at == WHOLE { WHOLE } else { at + range.start as u32 };
            self.run(mark, at, before);
            return;
        }
        for (part, run) in text.runs() {
            let (start, end) = (part.start.max(range.start), part.end.min(range.end));
            if start >= end {
                continue;
            }
            let before = self.append(text.text.get(start..end).unwrap_or_default());
            let at = if run.at == WHOLE { WHOLE } else { run.at + (start - part.start) as u32 };
            self.run(run.mark, at, before);
        }
    }

    /// The finished text.
    pub fn finish(self) -> Text {
        let runs = match self.runs.as_slice() {
            [] => Runs::One(Mark::NONE, WHOLE),
            [one] => Runs::One(one.mark, one.at),
            _ => Runs::Many(self.runs.into()),
        };
        Text { text: self.text.into(), runs }
    }
}
