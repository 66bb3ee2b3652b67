//! Writes a file, frame by frame.

use crate::format::{END, Entry, HEADER, INDEX, OBJECTS};
use crate::{Header, KindOf, MAGIC, VERSION};
use ironclad_tree::Document;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Write};

/// Content of a frame, beyond which another one begins: what is held in memory at once, and what one thread reads.
const CHUNK: usize = 4 << 20;

/// A file that grows.
pub struct Writer<W: Write> {
    out: W,
    offset: u64,
    index: Vec<Entry>,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn new(out: W, header: &Header) -> io::Result<Writer<W>> {
        let mut writer = Writer { out, offset: 0, index: Vec::new() };
        writer.put(&MAGIC)?;
        writer.put(&VERSION.0.to_le_bytes())?;
        writer.put(&VERSION.1.to_le_bytes())?;
        writer.frame(HEADER, &serde_json::to_vec(header)?)?;
        Ok(writer)
    }

    /// Adds the objects of a kind, in the order of their namespaces and names.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn objects<'d>(&mut self, of: &KindOf, documents: impl IntoIterator<Item = &'d Document>) -> io::Result<()> {
        let mut lines = String::new();
        let mut count = 0;
        for document in documents {
            if lines.is_empty() {
                lines = serde_json::to_string(of)?;
                lines.push('\n');
            }
            document.root().write_canonical_json(&mut lines);
            lines.push('\n');
            count += 1;
            if lines.len() >= CHUNK {
                self.flush(of, &mut lines, &mut count)?;
            }
        }
        self.flush(of, &mut lines, &mut count)
    }

    fn flush(&mut self, of: &KindOf, lines: &mut String, count: &mut usize) -> io::Result<()> {
        if *count > 0 {
            self.index.push(Entry { of: of.clone(), offset: self.offset, objects: *count, bytes: lines.len() });
            self.frame(OBJECTS, lines.as_bytes())?;
        }
        lines.clear();
        *count = 0;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        let offset = self.offset;
        let index = serde_json::to_vec(&self.index)?;
        self.frame(INDEX, &index)?;
        self.put(&offset.to_le_bytes())?;
        self.put(&END)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let compressed = compress_to_vec(content, CompressionLevel::Fastest);
        let length = u32::try_from(compressed.len()).map_err(|_| io::Error::other("a frame of more than 4 GiB"))?;
        self.put(&[kind])?;
        self.put(&length.to_le_bytes())?;
        self.put(&compressed)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}
