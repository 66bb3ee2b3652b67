//! Terminal output as SVG: the README's screenshot is what the program prints, drawn.

use std::fmt::Write as _;

const LINE: usize = 19;
const CHAR: f64 = 8.43;
const FONT: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Look {
    bold: bool,
    dim: bool,
    underline: bool,
    colour: Option<u8>,
}

/// Draws text with ANSI styles (SGR; links and other sequences are dropped) as a dark terminal window.
pub fn terminal_svg(title: &str, ansi: &str) -> String {
    let lines: Vec<Vec<(Look, String)>> = spans(ansi);
    let columns =
        lines.iter().map(|line| line.iter().map(|(_, t)| t.chars().count()).sum::<usize>()).max().unwrap_or(0);
    let (width, height) = (columns.max(60) as f64 * CHAR + 40.0, lines.len() * LINE + 66);
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" viewBox=\"0 0 {width:.0} {height}\" role=\"img\" aria-label=\"{}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n\
         <circle cx=\"20\" cy=\"18\" r=\"5\" fill=\"#4a4f5a\"/><circle cx=\"38\" cy=\"18\" r=\"5\" fill=\"#4a4f5a\"/><circle cx=\"56\" cy=\"18\" r=\"5\" fill=\"#4a4f5a\"/>\n\
         <text x=\"78\" y=\"23\" font-family=\"{FONT}\" font-size=\"13\" fill=\"#9aa1ad\">{}</text>\n\
         <g font-family=\"{FONT}\" font-size=\"14\" fill=\"#d7dae0\">\n",
        escape(title),
        escape(title)
    );
    for (row, line) in lines.iter().enumerate() {
        let y = 52 + row * LINE;
        let mut column = 0usize;
        for (look, text) in line {
            if !text.trim().is_empty() {
                let x = 20.0 + column as f64 * CHAR;
                let length = text.chars().count() as f64 * CHAR;
                let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y}\" textLength=\"{length:.1}\"{}>", style(*look));
                // Browsers fold spaces, whatever `xml:space` says; these they keep.
                let _ = writeln!(svg, "{}</text>", escape(text).replace(' ', "\u{a0}"));
            }
            column += text.chars().count();
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn style(look: Look) -> String {
    let mut out = String::new();
    if look.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    if look.underline {
        out.push_str(" text-decoration=\"underline\"");
    }
    let colour = match look.colour {
        Some(1) => Some("#ff6b6b"),
        Some(2) => Some("#7bd88f"),
        Some(3) => Some("#f5c76e"),
        Some(4) => Some("#6cb6ff"),
        Some(5) => Some("#d2a8ff"),
        Some(6) => Some("#67d5e0"),
        _ if look.dim => Some("#8b919c"),
        _ => None,
    };
    if let Some(colour) = colour {
        let _ = write!(out, " fill=\"{colour}\"");
    }
    out
}

fn spans(ansi: &str) -> Vec<Vec<(Look, String)>> {
    let mut lines = vec![Vec::new()];
    let mut look = Look::default();
    let mut text = String::new();
    let mut chars = ansi.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                flush(&mut lines, look, &mut text);
                match chars.next() {
                    Some('[') => {
                        let mut code = String::new();
                        for c in chars.by_ref() {
                            if c.is_ascii_alphabetic() {
                                if c == 'm' {
                                    apply(&mut look, &code);
                                }
                                break;
                            }
                            code.push(c);
                        }
                    }
                    // An OSC sequence (a link) ends with BEL or ST.
                    Some(']') => {
                        while let Some(c) = chars.next() {
                            if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                                break;
                            }
                        }
                    }
                    _ => {}
                }
            }
            '\n' => {
                flush(&mut lines, look, &mut text);
                lines.push(Vec::new());
            }
            '\r' => {}
            c => text.push(c),
        }
    }
    flush(&mut lines, look, &mut text);
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

fn flush(lines: &mut [Vec<(Look, String)>], look: Look, text: &mut String) {
    if let (false, Some(line)) = (text.is_empty(), lines.last_mut()) {
        line.push((look, std::mem::take(text)));
    }
}

fn apply(look: &mut Look, code: &str) {
    for part in code.split(';') {
        match part.parse::<u8>().unwrap_or(0) {
            0 => *look = Look::default(),
            1 => look.bold = true,
            2 => look.dim = true,
            4 => look.underline = true,
            22 => (look.bold, look.dim) = (false, false),
            24 => look.underline = false,
            n @ 30..=37 => look.colour = Some(n - 30),
            39 => look.colour = None,
            n @ 90..=97 => look.colour = Some(n - 90),
            _ => {}
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_become_attributes() {
        let svg =
            terminal_svg("t", "\u{1b}[1m\u{1b}[31mhigh\u{1b}[0m: a<b\n\u{1b}]8;;x\u{1b}\\link\u{1b}]8;;\u{1b}\\\n");
        assert!(svg.contains("font-weight=\"bold\" fill=\"#ff6b6b\">high</text>"), "{svg}");
        assert!(svg.contains(">:\u{a0}a&lt;b</text>") && svg.contains(">link</text>"), "{svg}");
    }
}
