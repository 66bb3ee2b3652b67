//! Patterns of schemas, each compiled once however many values are held against it.

use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashMap;
use std::sync::{Arc, RwLock};

/// A pattern of a schema may not cost more than this to hold.
const LIMIT: usize = 1 << 20;

/// Compiled patterns, by their text; none where one does not compile. Schemas of several runs may share them.
#[derive(Debug, Default)]
pub struct Patterns(RwLock<FxHashMap<String, Option<Arc<Regex>>>>);

impl Patterns {
    /// The pattern, where it is one of RE2 and within bounds.
    pub fn get(&self, text: &str) -> Option<Arc<Regex>> {
        if let Some(known) = self.0.read().ok().and_then(|known| known.get(text).cloned()) {
            return known;
        }
        let compiled = RegexBuilder::new(text).size_limit(LIMIT).build().ok().map(Arc::new);
        if let Ok(mut known) = self.0.write() {
            known.insert(text.to_owned(), compiled.clone());
        }
        compiled
    }
}
