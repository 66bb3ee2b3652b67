//! JSON Schema, drafts 4 to 2020-12, held against values of any kind: Helm's values, nodes of a manifest.
//!
//! Start with [`Schema::check`]: it is given an [`Instance`] and tells what of it the schema refuses, and what it could
//! not judge. The semantics are those of santhosh-tekuri/jsonschema v6, which both Helm and kubeconform use: `format` is
//! asserted in drafts up to 7, what an encoded text holds (`contentSchema`) passes.
//!
//! Invariants: nothing recurses deeper than a limit or evaluates more than a budget, as both the schema and the value are a
//! stranger's; what was not judged for such a reason is said in [`Outcome::partial`]. No message repeats a part of the
//! value.
//!
//! Deliberately absent: other documents. A reference that leads out of the schema is not followed, and said.

mod check;
mod evaluated;
mod formats;
mod patterns;
mod references;

pub use check::{Outcome, Partial, Schema, Violation, What};
pub use patterns::Patterns;

use ironclad_tree::NodeRef;

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// `null`
    Null,
    /// A boolean.
    Bool,
    /// A number that is written as a whole one.
    Int,
    /// Another number.
    Float,
    /// A text.
    Text,
    /// A list.
    List,
    /// A mapping.
    Map,
    /// Nothing that JSON has: fits no type.
    Other,
}

/// A value that a schema is held against.
pub trait Instance: Clone {
    /// What it is.
    fn kind(&self) -> Type;
    /// The text, where it is one.
    fn text(&self) -> Option<&str>;
    /// The number, where it is one.
    fn number(&self) -> Option<f64>;
    /// Items of a list; none for anything else.
    fn items(&self) -> Vec<Self>;
    /// Entries of a mapping; none for anything else.
    fn fields(&self) -> Vec<(String, Self)>;
    /// The value of a key of a mapping.
    fn field(&self, name: &str) -> Option<Self>;
    /// Is it this constant of a schema?
    fn is(&self, constant: NodeRef<'_>) -> bool;
    /// Are the two the same value?
    fn equals(&self, other: &Self) -> bool;
    /// About how many values there are in it, itself among them: what a schema may cost grows with it.
    fn size(&self) -> usize;
}

/// A key of a mapping, as a value of its own (`propertyNames`).
#[derive(Clone)]
struct Key<'k>(&'k str);

impl Instance for Key<'_> {
    fn kind(&self) -> Type {
        Type::Text
    }

    fn text(&self) -> Option<&str> {
        Some(self.0)
    }

    fn number(&self) -> Option<f64> {
        None
    }

    fn items(&self) -> Vec<Self> {
        Vec::new()
    }

    fn fields(&self) -> Vec<(String, Self)> {
        Vec::new()
    }

    fn field(&self, _: &str) -> Option<Self> {
        None
    }

    fn is(&self, constant: NodeRef<'_>) -> bool {
        constant.as_str() == Some(self.0)
    }

    fn equals(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn size(&self) -> usize {
        1
    }
}
