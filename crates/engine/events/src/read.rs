//! Bytes to events: lines where the log has lines, documents where it has not.

use crate::envelope;
use crate::split::{Splitter, Step};
use crate::{Event, unpack};
use std::io::{BufRead, Read};

/// What is read at most.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Bytes of one record. An event with both bodies is some megabytes at its largest: etcd holds no more.
    pub record: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        ReadLimits { record: 64 << 20 }
    }
}

/// A record that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The line where it is, or begins, from 1.
    pub line: u64,
    /// Why: lower case, no full stop.
    pub message: String,
}

/// What was read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Audit events.
    pub events: u64,
    /// Records that are something else: another log of the same export.
    pub others: u64,
    /// Records that cannot be read.
    pub malformed: u64,
    /// Bytes, unpacked.
    pub bytes: u64,
}

/// Reads all events of a log, in its order. A stream that breaks is a malformed record at the line where it did.
pub fn read(
    input: impl Read,
    limits: &ReadLimits,
    on_event: &mut dyn FnMut(&Event<'_>),
    on_malformed: &mut dyn FnMut(Malformed),
) -> Counts {
    let mut reader = Reader { counts: Counts::default(), limits: *limits, line: 0, on_event, on_malformed };
    match unpack::plain(input) {
        Ok(mut input) => reader.run(&mut *input),
        Err(error) => reader.malformed(1, format!("cannot be read: {error}")),
    }
    reader.counts
}

struct Reader<'r> {
    counts: Counts,
    limits: ReadLimits,
    line: u64,
    on_event: &'r mut dyn FnMut(&Event<'_>),
    on_malformed: &'r mut dyn FnMut(Malformed),
}

impl Reader<'_> {
    fn run(&mut self, input: &mut dyn BufRead) {
        let mut line = Vec::new();
        while self.next(input, &mut line) {
            self.line(input, &mut line);
        }
    }

    /// The next line, or as much of it as a record may be long.
    fn next(&mut self, input: &mut dyn BufRead, line: &mut Vec<u8>) -> bool {
        line.clear();
        match input.take(self.limits.record as u64 + 1).read_until(b'\n', line) {
            Ok(0) => false,
            Ok(read) => {
                self.line += 1;
                self.counts.bytes += read as u64;
                true
            }
            Err(error) => {
                self.malformed(self.line + 1, format!("the stream breaks off: {error}"));
                false
            }
        }
    }

    fn line(&mut self, input: &mut dyn BufRead, line: &mut Vec<u8>) {
        // A line that turns out to begin another record is looked at again.
        loop {
            let whole = line.last() == Some(&b'\n') || line.len() <= self.limits.record;
            let bytes = trimmed(line);
            if bytes.is_empty() {
                return;
            }
            if !whole {
                // No line break in sight: a list on one line, of which each element is a record.
                match self.document(input, line, true) {
                    true => continue,
                    false => return,
                }
            }
            let text = match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => return self.malformed(self.line, "is not UTF-8".to_owned()),
            };
            let text = envelope::without_time(text);
            match self.record(text) {
                Ok(()) => return,
                Err(error) if error.open && text.ends_with(['{', '[', ',', ':']) => {
                    if !self.document(input, line, false) {
                        return;
                    }
                }
                Err(error) => return self.malformed(self.line, error.message),
            }
        }
    }

    /// A document that begins with this line. True where `line` holds another record that is still to be read.
    fn document(&mut self, input: &mut dyn BufRead, line: &mut Vec<u8>, long: bool) -> bool {
        let first = self.line;
        let mut splitter = Splitter::default();
        let mut begun = 0;
        loop {
            for (index, byte) in line.iter().enumerate() {
                if begun == 0 && index < 3 && [0xef, 0xbb, 0xbf].get(index) == Some(byte) {
                    continue;
                }
                match splitter.push(*byte) {
                    Step::More => {}
                    Step::Element => self.element(&splitter.take()),
                    Step::End => {
                        if splitter.elements == 0 {
                            self.element(&splitter.take());
                        }
                        // What follows the document on its line is a record of its own.
                        line.drain(..=index);
                        return !trimmed(line).is_empty();
                    }
                    Step::Broken => {
                        self.malformed(first, "is cut short, or is not JSON".to_owned());
                        return begun > 0 && !long;
                    }
                }
                if splitter.held() > self.limits.record {
                    self.malformed(first, format!("has a record of more than {} bytes", self.limits.record));
                    self.skip_line(input, line);
                    return false;
                }
            }
            begun += 1;
            let before = self.line;
            if !self.next(input, line) {
                self.malformed(first, "is cut short".to_owned());
                return false;
            }
            if long {
                self.line = before;
            }
        }
    }

    /// Gives up the rest of a line.
    fn skip_line(&mut self, input: &mut dyn BufRead, line: &mut Vec<u8>) {
        let number = self.line;
        while line.last() != Some(&b'\n') && self.next(input, line) {}
        self.line = number;
    }

    fn element(&mut self, bytes: &[u8]) {
        let line = self.line;
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                if let Err(error) = self.record(text) {
                    self.malformed(line, error.message);
                }
            }
            Err(_) => self.malformed(line, "is not UTF-8".to_owned()),
        }
    }

    fn record(&mut self, text: &str) -> Result<(), envelope::Bad> {
        let counts = &mut self.counts;
        let on_event = &mut self.on_event;
        envelope::open(
            text,
            &mut |event| {
                counts.events += 1;
                on_event(event);
            },
            0,
        )
        .map(|others| self.counts.others += others)
    }

    fn malformed(&mut self, line: u64, message: String) {
        self.counts.malformed += 1;
        (self.on_malformed)(Malformed { line, message });
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(line);
    line.trim_ascii()
}
