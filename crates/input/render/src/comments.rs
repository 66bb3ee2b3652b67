//! Comments of people in what a chart is made from: waivers may stand beside the value or the line that they waive.

use crate::chart::Chart;
use ironclad_tree::{Comment, Limits, Source, Span, parse};
use std::sync::Arc;

/// What every comment of ours begins with; texts without it are not looked at.
const WORD: &str = "ironclad:";

/// Comments by text.
pub(crate) type Comments = Vec<(Arc<Source>, Vec<Comment>)>;

/// The comments of a chart's values and templates, and of those of its dependencies.
pub(crate) fn of_chart(chart: &Chart, all: &mut Comments) {
    if let Some(source) = &chart.values_source {
        of_values(source, all);
    }
    for (_, source) in chart.templates.iter().filter(|(_, source)| source.text().contains(WORD)) {
        let found = of_template(source.text());
        if !found.is_empty() {
            all.push((Arc::clone(source), found));
        }
    }
    for child in &chart.children {
        of_chart(child, all);
    }
}

/// The comments of a values file.
pub(crate) fn of_values(source: &Arc<Source>, all: &mut Comments) {
    if source.text().contains(WORD) {
        let parsed = parse(source, &Limits::default());
        let mut found: Vec<Comment> = parsed.comments;
        found.extend(parsed.documents.iter().flat_map(|document| document.comments().iter().copied()));
        all.push((Arc::clone(source), found));
    }
}

/// `{{/* … */}}` comments: what stands in them. A `#` comment is text of the template, and comes out in its output.
fn of_template(text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find("/*")).map(|offset| at + offset) {
        let Some(close) = text.get(open..).and_then(|rest| rest.find("*/")).map(|offset| open + offset) else { break };
        at = close + 2;
        let before = text.get(..open).unwrap_or_default().trim_end_matches([' ', '\t', '-']);
        let Some(line) = before.strip_suffix("{{").map(|before| before.rsplit('\n').next().unwrap_or_default()) else {
            continue;
        };
        let inner = text.get(open + 2..close).unwrap_or_default();
        let start = open + 2 + inner.len() - inner.trim_start().len();
        let end = start + inner.trim().len();
        let own_line = line.trim().is_empty();
        found.push(Comment { span: Span { start: start as u32, end: end as u32 }, own_line });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_comments() {
        let text = "a: 1 {{/* one */}}\n  {{- /* two */ -}}\nb: /* none */\n";
        let found: Vec<(&str, bool)> =
            of_template(text).iter().map(|c| (&text[c.span.start as usize..c.span.end as usize], c.own_line)).collect();
        assert_eq!(found, [("one", false), ("two", true)]);
    }
}
