//! Interned field names: constants for the names that code asks for, local numbers for the rest of a document's keys.

use crate::names;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A field name. Well-known names (module [`f`](crate::f)) have the same symbol everywhere; the symbol of any other
/// name holds within its document only.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// The name, where it is a well-known one.
    pub fn well_known_name(self) -> Option<&'static str> {
        names::NAMES.get(self.0 as usize).copied()
    }
}

/// Declares the constants of [`f`](crate::f) and the table that finds them.
macro_rules! declare_names {
    ($($constant:ident = $text:literal,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Index { $($constant),* }
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $constant: Symbol = Symbol(Index::$constant as u32);
        )*
        #[doc(hidden)]
        pub const NAMES: &[&str] = &[$($text),*];
    };
}
pub(crate) use declare_names;

static WELL_KNOWN: LazyLock<FxHashMap<&'static str, u32>> =
    LazyLock::new(|| names::NAMES.iter().enumerate().map(|(index, name)| (*name, index as u32)).collect());

/// The symbol of a well-known name.
pub fn well_known(name: &str) -> Option<Symbol> {
    WELL_KNOWN.get(name).copied().map(Symbol)
}

/// The names of one document that are not well known.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalNames {
    text: String,
    ends: Vec<u32>,
}

impl LocalNames {
    pub(crate) fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) as usize };
        let end = self.ends.get(index).copied().unwrap_or(0) as usize;
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn find(&self, name: &str) -> Option<Symbol> {
        (0..self.ends.len()).find(|&i| self.get(i) == name).map(|i| Symbol((names::NAMES.len() + i) as u32))
    }

    pub(crate) fn memory(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4
    }
}

/// Gives names their symbols while a document is built.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    names: LocalNames,
    index: FxHashMap<Box<str>, u32>,
}

impl Interner {
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = well_known(name) {
            return symbol;
        }
        if let Some(&index) = self.index.get(name) {
            return Symbol(index);
        }
        let index = (names::NAMES.len() + self.names.ends.len()) as u32;
        self.names.text.push_str(name);
        self.names.ends.push(self.names.text.len() as u32);
        self.index.insert(name.into(), index);
        Symbol(index)
    }

    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        match symbol.well_known_name() {
            Some(name) => name,
            None => self.names.get(symbol.0 as usize - names::NAMES.len()),
        }
    }

    /// Hands over the names of the finished document and starts afresh.
    pub(crate) fn take(&mut self) -> LocalNames {
        self.index.clear();
        std::mem::take(&mut self.names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_finds_itself() {
        for (index, name) in names::NAMES.iter().enumerate() {
            assert_eq!(well_known(name), Some(Symbol(index as u32)), "{name}");
        }
        assert_eq!(crate::f::HOST_PID.well_known_name(), Some("hostPID"));
    }

    #[test]
    fn local_names_are_numbered_once() {
        let mut interner = Interner::default();
        let a = interner.intern("x-own");
        assert_eq!(interner.intern("x-own"), a);
        let b = interner.intern("x-other");
        assert_ne!(a, b);
        assert_eq!((interner.name(a), interner.name(b)), ("x-own", "x-other"));
        let names = interner.take();
        assert_eq!(names.find("x-other"), Some(b));
        assert_eq!(names.find("kind"), None);
    }
}
