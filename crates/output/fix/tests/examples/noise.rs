//! Bytes that no edit is about stay as they are, whatever they are: what an edit makes of a text is what it makes of the
//! same text with other line breaks and with comments at the ends of its lines.

use ironclad_tree::{Limits, Source, parse};

/// What is wrong with what `fix` makes of variants of a text, of which it makes `after`.
pub(crate) fn faults(before: &str, after: &str, keeps_order: bool, fix: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut faults = Vec::new();
    let broken = before.replace('\n', "\r\n");
    if says_the_same(before, &broken) {
        let fixed = fix(&broken);
        if fixed != after.replace('\n', "\r\n") {
            faults.push(format!("with CRLF it comes out otherwise\n{}", ironclad_fix::unified("crlf", after, &fixed)));
        }
    }
    if let Some(bare) = before.strip_suffix('\n') {
        let fixed = fix(bare);
        if fixed.ends_with('\n') || format!("{fixed}\n") != after {
            let diff = ironclad_fix::unified("bare", after, &fixed);
            faults.push(format!("without the last line break it comes out otherwise\n{diff}"));
        }
    }
    let marked = marked(before);
    let fixed = fix(&marked);
    let bare: String = fixed.split_inclusive('\n').map(without_mark).collect();
    if bare != after {
        faults.push(format!("with comments it comes out otherwise\n{}", ironclad_fix::unified("marked", after, &bare)));
    }
    // Comments go with lines that go, and with no other.
    let marks = marks(&fixed);
    if keeps_order && !marks.is_sorted() {
        faults.push(format!("comments change their order\n{fixed}"));
    }
    let (lines, kept): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let unmarked = lines.len() - self::marks(&marked).len();
    let staying = common(&lines, &kept);
    if marks.len() + unmarked < staying {
        faults.push(format!("{} of {staying} lines that stay keep their comment\n{fixed}", marks.len()));
    }
    faults
}

const MARK: &str = "  # keep ";

/// The text with a comment at the end of each line that can have one.
fn marked(text: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for index in 0..lines.len() {
        let bare = lines[index].clone();
        let Some(line) = bare.strip_suffix('\n').filter(|line| !line.contains('#') && !line.trim().is_empty()) else {
            continue;
        };
        lines[index] = format!("{line}{MARK}{index}\n");
        // Not in a text of several lines.
        if !says_the_same(text, &lines.concat()) {
            lines[index] = bare;
        }
    }
    lines.concat()
}

fn without_mark(line: &str) -> String {
    match line.split_once(MARK) {
        Some((bare, _)) => format!("{bare}{}", if line.ends_with('\n') { "\n" } else { "" }),
        None => line.to_owned(),
    }
}

fn marks(text: &str) -> Vec<usize> {
    text.lines().filter_map(|line| line.split_once(MARK)?.1.parse().ok()).collect()
}

fn says_the_same(one: &str, other: &str) -> bool {
    let read = |text: &str| parse(&Source::new("text", text), &Limits::default());
    let (one, other) = (read(one), read(other));
    other.problems.is_empty()
        && one.documents.len() == other.documents.len()
        && one.documents.iter().zip(&other.documents).all(|(a, b)| a.root().eq_value(b.root()))
}

/// How many lines stand in both, in one order.
fn common(one: &[&str], other: &[&str]) -> usize {
    let mut best = vec![0; other.len() + 1];
    for line in one {
        let mut before = 0;
        for (index, with) in other.iter().enumerate() {
            let above = best[index + 1];
            best[index + 1] = if line == with { before + 1 } else { above.max(best[index]) };
            before = above;
        }
    }
    best[other.len()]
}
