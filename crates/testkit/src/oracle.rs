//! The oracle as a process: questions in, answers out, in order.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Asks all questions of one process. None where the oracle was not built; the test then says [`skipped`](crate::skipped).
pub fn ask(questions: impl IntoIterator<Item = Value>) -> Option<Vec<Value>> {
    Some(ask_program(crate::oracle_path()?, questions))
}

/// As [`ask`], of the Helm oracle.
pub fn ask_helm(questions: impl IntoIterator<Item = Value>) -> Option<Vec<Value>> {
    Some(ask_program(crate::helm_oracle_path()?, questions))
}

/// As [`ask`], of the kustomize oracle.
pub fn ask_kustomize(questions: impl IntoIterator<Item = Value>) -> Option<Vec<Value>> {
    Some(ask_program(crate::kustomize_oracle_path()?, questions))
}

#[expect(clippy::expect_used, reason = "a test's tool: a broken oracle must fail the test")]
fn ask_program(program: std::path::PathBuf, questions: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the oracle starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: Vec<String> = questions.into_iter().map(|question| question.to_string()).collect();
    let expected = lines.len();
    // Answers come while questions are still going out: two threads, or both pipes fill up.
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(stdin, "{line}").expect("the oracle reads");
        }
    });
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let answers: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("an answer is JSON")).collect();
    writer.join().expect("all questions were written");
    let status = child.wait().expect("the oracle ends");
    assert!(status.success() && answers.len() == expected, "the oracle gave {} of {expected} answers", answers.len());
    answers
}

/// Bytes as JSON carries them.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = u32::from(group[0]) << 16
            | u32::from(group.get(1).copied().unwrap_or(0)) << 8
            | u32::from(group.get(2).copied().unwrap_or(0));
        for index in 0..4 {
            if index <= group.len() {
                out.push(DIGITS[(bits >> (18 - 6 * index) & 63) as usize] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// A source of numbers that is the same on every run (xorshift64*).
pub struct Dice(u64);

impl Dice {
    /// From a seed other than 0.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.max(1))
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}
