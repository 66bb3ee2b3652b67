//! The branches of a template that a place stands in: what had to hold, or be there, for it to be printed.

use ironclad_tree::{Source, Span};

/// The `if`, `with`, `range`, `else`, `define` and `block` actions around a byte of a template, outermost first.
pub fn branches(source: &Source, at: u32) -> Vec<Span> {
    let text = source.text();
    let mut open: Vec<Span> = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("{{")).map(|offset| from + offset) {
        if start as u32 > at {
            break;
        }
        let Some(end) = close(text, start + 2) else { break };
        let span = Span { start: start as u32, end: end as u32 };
        let inside = text.get(start + 2..end - 2).unwrap_or_default();
        let inside = inside.trim_start_matches(['-']).trim_end_matches(['-']).trim();
        from = end;
        // The action itself is not around what it prints.
        if span.start <= at && at < span.end {
            break;
        }
        match inside.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default() {
            "if" | "with" | "range" | "define" | "block" => open.push(span),
            "else" => {
                open.pop();
                open.push(span);
            }
            "end" => drop(open.pop()),
            _ => {}
        }
    }
    open
}

/// The byte behind the `}}` of an action; texts and comments may hold braces.
fn close(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let comment = text.get(from..)?.trim_start_matches('-').trim_start();
    if comment.starts_with("/*") {
        let rest = text.get(from..)?;
        let behind = from + rest.find("*/")? + 2;
        return Some(behind + text.get(behind..)?.find("}}")? + 2);
    }
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                at += 1;
                while let Some(inner) = bytes.get(at).filter(|inner| *inner != byte && **inner != b'\n') {
                    at += if *inner == b'\\' { 2 } else { 1 };
                }
            }
            b'`' => {
                at += 1;
                while bytes.get(at).is_some_and(|inner| *inner != b'`') {
                    at += 1;
                }
            }
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::branches;
    use ironclad_tree::Source;

    fn words(text: &str, mark: &str) -> Vec<String> {
        let source = Source::new("t", text);
        let at = text.find(mark).map_or(0, |at| at as u32);
        branches(&source, at)
            .into_iter()
            .map(|span| text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn what_is_open_is_around() {
        let text = "{{ if .a }}x{{ end }}{{- with .b -}}{{ range .c }}{{ \"}}\" }}HERE{{ end }}{{ end }}";
        assert_eq!(words(text, "HERE"), ["{{- with .b -}}", "{{ range .c }}"]);
    }

    #[test]
    fn an_else_stands_for_its_if() {
        assert_eq!(words("{{ if .a }}x{{ else if .b }}{{/* }} */}}HERE{{ end }}", "HERE"), ["{{ else if .b }}"]);
        assert!(words("{{ if .a }}x{{ end }}{{ .HERE }}", ".HERE").is_empty());
    }
}
