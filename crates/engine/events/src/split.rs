//! Elements of a document that is more than one record: the objects in an array at its top, or one below it
//! (`items`, `events`, `records`). Bytes in, elements out, whatever the document's size.
//!
//! It finds where things end and leaves their grammar to the parser, except for one thing: where an object wants a key,
//! nothing but a key will do. That is how a record that was cut short is told from an indented document.

/// What a byte did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Nothing yet.
    More,
    /// It ended an element: [`Splitter::take`] has it.
    Element,
    /// It ended the document.
    End,
    /// It cannot stand there.
    Broken,
}

/// The state between two bytes.
#[derive(Default)]
pub(crate) struct Splitter {
    open: Vec<u8>,
    in_text: bool,
    escaped: bool,
    wants_key: bool,
    buffer: Vec<u8>,
    /// Elements so far.
    pub(crate) elements: usize,
}

/// Nesting that no log has.
const DEEPEST: usize = 512;

impl Splitter {
    /// One byte more.
    pub(crate) fn push(&mut self, byte: u8) -> Step {
        self.buffer.push(byte);
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                b'\n' => return Step::Broken,
                _ => {}
            }
            return Step::More;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return Step::More,
            b'"' => {
                self.in_text = true;
                self.wants_key = false;
            }
            b'}' | b']' => return self.close(byte),
            _ if self.wants_key => return Step::Broken,
            b'{' | b'[' => {
                if self.open.len() == DEEPEST {
                    return Step::Broken;
                }
                if byte == b'{' && self.at_element() {
                    self.buffer.clear();
                    self.buffer.push(byte);
                }
                self.open.push(byte);
                self.wants_key = byte == b'{';
            }
            b',' => self.wants_key = self.open.last() == Some(&b'{'),
            _ if self.open.is_empty() => return Step::Broken,
            _ => {}
        }
        Step::More
    }

    fn close(&mut self, byte: u8) -> Step {
        let opened = if byte == b'}' { b'{' } else { b'[' };
        if self.open.pop() != Some(opened) {
            return Step::Broken;
        }
        self.wants_key = false;
        if self.open.is_empty() {
            return Step::End;
        }
        if byte == b'}' && self.at_element() {
            self.elements += 1;
            return Step::Element;
        }
        Step::More
    }

    /// Would an object here be an element?
    fn at_element(&self) -> bool {
        matches!(self.open.as_slice(), [b'['] | [b'{', b'['])
    }

    /// The element that has ended, or all of a document without any; the bytes are gone then.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Bytes that are held.
    pub(crate) fn held(&self) -> usize {
        self.buffer.len()
    }
}
