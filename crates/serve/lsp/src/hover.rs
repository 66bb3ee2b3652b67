//! What a hover says: the finding, what it breaks, why it matters, and the ways out.

use crate::shown::Shown;
use ironclad_check::Catalogue;
use std::fmt::Write as _;

/// Markdown for the findings under the cursor.
pub(crate) fn text(found: &[&Shown], catalogue: &Catalogue) -> String {
    let mut out = String::new();
    for shown in found {
        if !out.is_empty() {
            out.push_str("\n---\n\n");
        }
        let _ = writeln!(out, "**{}** · {} · `{}`\n", plain(&shown.message), shown.severity, shown.code);
        let Some(meta) = catalogue.get(&shown.code).map(|check| check.meta) else { continue };
        let _ = writeln!(out, "{}\n", meta.summary());
        if let Some(why) = section(meta.page, "Why it matters") {
            let _ = writeln!(out, "{why}\n");
        }
        for fix in &shown.fixes {
            let _ = writeln!(out, "- fix: {}", plain(fix));
        }
    }
    out
}

/// The text below a heading of a page, up to the next.
fn section<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n"))?;
    let text = rest.split("\n## ").next().unwrap_or_default().trim();
    (!text.is_empty()).then_some(text)
}

/// A message in Markdown: names come from the manifest and must make no link, image or tag. Backticks stay.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for c in text.chars() {
        match c {
            '`' => {
                code = !code;
                out.push(c);
            }
            '<' | '>' | '[' | ']' | '*' | '_' | '!' | '\\' | '#' if !code => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    if code {
        out.push('`');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(plain("container \"<img>[a](b)\" sets `x: [1]`"), "container \"\\<img\\>\\[a\\](b)\" sets `x: [1]`");
        assert_eq!(plain("half ` of"), "half ` of`");
    }
}
