//! The little Markdown of check pages, for a terminal: headings, fences, lists, `code`, wrapping.

use anstyle::{AnsiColor, Style};

/// Renders a page with styles; `width` columns, or no wrapping.
pub(crate) fn render(page: &str, width: Option<usize>) -> String {
    let heading = Style::new().bold();
    let code = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let dim = Style::new().dimmed();
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut fence = false;
    let width = width.map(|w| w.clamp(40, 100));
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            flush(&mut paragraph, &mut out, width, code);
            fence = !fence;
            if fence {
                let kind = info.split_whitespace().nth(1).unwrap_or_default();
                if !kind.is_empty() {
                    out.push_str(&format!("  {dim}{kind}:{dim:#}\n"));
                }
            }
            continue;
        }
        if fence {
            match line.split_once("# finding") {
                Some((text, mark)) => out.push_str(&format!("    {text}{code}# finding{mark}{code:#}\n")),
                None => out.push_str(&format!("    {line}\n")),
            }
        } else if line.starts_with('#') {
            flush(&mut paragraph, &mut out, width, code);
            let text = line.trim_start_matches('#').trim();
            out.push_str(&format!("{heading}{text}{heading:#}\n"));
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut out, width, code);
            out.push('\n');
        } else {
            if line.starts_with("- ") {
                flush(&mut paragraph, &mut out, width, code);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut paragraph, &mut out, width, code);
    out
}

fn flush(paragraph: &mut String, out: &mut String, width: Option<usize>, code: Style) {
    if paragraph.is_empty() {
        return;
    }
    let indent = if paragraph.starts_with("- ") { "  " } else { "" };
    let mut column = 0;
    let mut in_code = false;
    for (index, word) in paragraph.split(' ').enumerate() {
        let shown = word.chars().filter(|c| *c != '`').count();
        if index > 0 {
            if width.is_some_and(|w| column + 1 + shown > w) {
                out.push('\n');
                out.push_str(indent);
                column = indent.len();
            } else {
                out.push(' ');
                column += 1;
            }
        }
        for c in word.chars() {
            match c {
                '`' => {
                    in_code = !in_code;
                    out.push_str(&if in_code { format!("{code}") } else { format!("{code:#}") });
                }
                c => out.push(c),
            }
        }
        column += shown;
    }
    out.push('\n');
    paragraph.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_words_and_leaves_code_alone() {
        let page = "# a/b\n\nSome words that `go` on.\n\n```yaml bad\nx: 1   # finding: y\n```\n- one\n- two\n  more\n";
        let plain = anstream::adapter::strip_str(&render(page, None)).to_string();
        assert_eq!(plain, "a/b\n\nSome words that go on.\n\n  bad:\n    x: 1   # finding: y\n- one\n- two more\n");
        let narrow = anstream::adapter::strip_str(&render(&"word ".repeat(20), Some(40))).to_string();
        assert!(narrow.lines().all(|line| line.len() <= 40), "{narrow}");
    }
}
