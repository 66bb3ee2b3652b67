//! Text that is safe in HTML.

use crate::inline;
use std::fmt::Write as _;

/// Text between tags or in a quoted attribute. What would make a reader see something else becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if inline::misleads(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// A message: what stands between backticks is code.
pub(super) fn message(text: &str) -> String {
    let mut out = String::new();
    for (code, piece) in inline::pieces(text) {
        let piece = escape(piece);
        let _ = if code { write!(out, "<code>{piece}</code>") } else { write!(out, "{piece}") };
    }
    out
}

/// RFC 4648, for the hashes of the content security policy.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { digit as char } else { '=' });
        }
    }
    out
}

/// `1 finding`, `2 findings`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The little Markdown of check pages, up to the first heading past `from`: paragraphs, lists and fences.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::new();
    let mut open: Option<&str> = None;
    let close = |open: &mut Option<&str>, out: &mut String| {
        if let Some(tag) = open.take() {
            out.push_str(tag);
        }
    };
    let mut fence = false;
    for line in text.lines() {
        if line.starts_with("```") {
            close(&mut open, &mut out);
            out.push_str(if fence { "</code></pre>" } else { "<pre><code>" });
            fence = !fence;
        } else if fence {
            out.push_str(&escape(line));
            out.push('\n');
        } else if line.trim().is_empty() {
            close(&mut open, &mut out);
        } else if let Some(item) = line.strip_prefix("- ") {
            match open {
                Some("</li></ul>") => out.push_str("</li><li>"),
                _ => {
                    close(&mut open, &mut out);
                    out.push_str("<ul><li>");
                    open = Some("</li></ul>");
                }
            }
            out.push_str(&message(item));
        } else {
            if open.is_none() {
                out.push_str("<p>");
                open = Some("</p>");
            } else {
                out.push(' ');
            }
            out.push_str(&message(line.trim()));
        }
    }
    close(&mut open, &mut out);
    if fence {
        out.push_str("</code></pre>");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(escape("</script><b a='\">&"), "&lt;/script&gt;&lt;b a=&#39;&quot;&gt;&amp;");
        assert_eq!(escape("a\u{202E}b\u{1b}[2J\0"), "a\u{FFFD}b\u{FFFD}[2J\u{FFFD}");
        assert_eq!(message("set `<x>` <y>"), "set <code>&lt;x&gt;</code> &lt;y&gt;");
    }

    #[test]
    fn pages_become_paragraphs_lists_and_code() {
        let page = "One\ntwo `c`.\n\n- a\n  more\n- b\n\n```yaml good\nx: <y>\n```\n";
        let expected =
            "<p>One two <code>c</code>.</p><ul><li>a more</li><li>b</li></ul><pre><code>x: &lt;y&gt;\n</code></pre>";
        assert_eq!(markdown(page), expected);
    }
}
