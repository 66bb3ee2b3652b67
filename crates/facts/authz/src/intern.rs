//! Texts as numbers. Looking a text up never adds it: a request cannot make the index grow.

use rustc_hash::FxHashMap;

/// Number of a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Text(pub(crate) u32);

impl Text {
    /// `""`
    pub(crate) const EMPTY: Text = Text(0);
    /// `*`
    pub(crate) const STAR: Text = Text(1);
    /// Of no text: equal to none that a rule holds.
    pub(crate) const UNKNOWN: Text = Text(u32::MAX);
}

/// The texts of an index.
#[derive(Debug)]
pub(crate) struct Texts {
    numbers: FxHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Texts {
    pub(crate) fn new() -> Texts {
        let mut texts = Texts { numbers: FxHashMap::default(), texts: Vec::new() };
        texts.intern("");
        texts.intern("*");
        texts
    }

    pub(crate) fn intern(&mut self, text: &str) -> Text {
        if let Some(&number) = self.numbers.get(text) {
            return Text(number);
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        Text(number)
    }

    pub(crate) fn find(&self, text: &str) -> Text {
        self.numbers.get(text).map_or(Text::UNKNOWN, |number| Text(*number))
    }

    pub(crate) fn get(&self, text: Text) -> &str {
        self.texts.get(text.0 as usize).map_or("", |text| text)
    }
}
