//! Positions of the protocol: lines and characters from 0, characters in the units that client and server agreed on.

/// Units of a character offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16: what every client understands.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// The name in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin. A line ends at LF, CR LF or CR.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines.
    pub fn new(text: &'a str) -> Lines<'a> {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => starts.push(at + 1),
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => starts.push(at + 1),
                _ => {}
            }
        }
        Lines { text, starts }
    }

    /// Byte offset of a position; past the end of a line is its end, past the last line the end of the text.
    pub fn offset(&self, line: usize, character: usize, encoding: Encoding) -> usize {
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let mut left = character;
        let mut at = start;
        for c in self.line(line).chars() {
            let width = encoding.width(c);
            // In the middle of a character is before it.
            if left < width {
                break;
            }
            left -= width;
            at += c.len_utf8();
        }
        at
    }

    /// Position of a byte offset: line and character.
    pub fn position(&self, offset: usize, encoding: Encoding) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        // The break itself is the end of its line.
        let end = offset.min(start + self.line(line).len());
        let before = self.text.get(start..end).unwrap_or_default();
        (line, before.chars().map(|c| encoding.width(c)).sum())
    }

    /// Byte offset at which the line of an offset begins.
    pub fn line_start(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        self.starts.get(line).copied().unwrap_or(0)
    }

    /// A line without its break.
    fn line(&self, line: usize) -> &'a str {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_breaks() {
        let text = "a\r\n𝄞ä:x\rend\n";
        let lines = Lines::new(text);
        let x = text.find('x').unwrap();
        for (encoding, character) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            assert_eq!(lines.position(x, encoding), (1, character));
            assert_eq!(lines.offset(1, character, encoding), x);
        }
        // Half of a surrogate pair is before its character; past the end is the end.
        assert_eq!(lines.offset(1, 1, Encoding::Utf16), 3);
        assert_eq!(lines.offset(0, 99, Encoding::Utf16), 1);
        assert_eq!(lines.offset(99, 0, Encoding::Utf16), text.len());
        assert_eq!(lines.position(2, Encoding::Utf16), (0, 1));
        assert_eq!(lines.position(text.len(), Encoding::Utf16), (3, 0));
        assert_eq!(Lines::new("").position(5, Encoding::Utf8), (0, 0));
    }

    #[test]
    fn there_and_back() {
        let text = "k: v\n日本: 🦀\r\n\r\n- é\r";
        let lines = Lines::new(text);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (offset, _) in text.char_indices().filter(|(_, c)| !matches!(c, '\r' | '\n')) {
                let (line, character) = lines.position(offset, encoding);
                assert_eq!(lines.offset(line, character, encoding), offset, "{encoding:?} {offset}");
            }
        }
    }
}
