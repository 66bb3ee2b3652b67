//! Fields: three ways of not being there, and one of being.

use ironclad_model::{Quantity, Spot};
use ironclad_tree::{Entry, Kind, NodeRef};
use std::marker::PhantomData;

/// A typed reading of a mapping.
pub trait View<'a>: Copy {
    /// The view of the mapping at (or missing at) this place.
    fn at(spot: Spot<'a>) -> Self;
    /// Where it is.
    fn spot(self) -> Spot<'a>;
    /// Is there a mapping?
    fn exists(self) -> bool {
        self.spot().node().is_some_and(|node| node.kind() == Kind::Mapping)
    }
    /// Is it absent, null or `{}`?
    fn is_empty(self) -> bool {
        self.spot().node().is_none_or(|node| node.is_null() || (node.kind() == Kind::Mapping && node.len() == 0))
    }
}

/// What a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State<T> {
    /// Not there.
    Absent,
    /// `null`: the API server drops it.
    Null,
    /// Of another type than the field has: the API server refuses it.
    Wrong,
    /// There.
    Is(T),
}

/// A field of a view: its state and its place.
#[derive(Clone, Copy)]
pub struct Field<'a, T> {
    spot: Spot<'a>,
    state: State<T>,
}

impl<'a, T: Copy> Field<'a, T> {
    pub(crate) fn read(spot: Spot<'a>, convert: impl FnOnce(NodeRef<'a>) -> Option<T>) -> Self {
        let state = match spot.node() {
            None => State::Absent,
            Some(node) if node.is_null() => State::Null,
            Some(node) => convert(node).map_or(State::Wrong, State::Is),
        };
        Field { spot, state }
    }

    /// The value, if it is there and of the right type.
    pub fn get(self) -> Option<T> {
        match self.state {
            State::Is(value) => Some(value),
            _ => None,
        }
    }

    /// What it is.
    pub fn state(self) -> State<T> {
        self.state
    }

    /// Where it is, or would be.
    pub fn spot(self) -> Spot<'a> {
        self.spot
    }

    /// Neither absent nor null.
    pub fn is_set(self) -> bool {
        matches!(self.state, State::Is(_) | State::Wrong)
    }
}

impl<'a, T: Copy> From<Field<'a, T>> for Spot<'a> {
    fn from(field: Field<'a, T>) -> Self {
        field.spot
    }
}

/// A number or a name, as ports and `maxUnavailable` are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntOrText<'a> {
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
}

/// A list of views.
pub struct List<'a, V> {
    spot: Spot<'a>,
    of: PhantomData<fn() -> V>,
}

impl<V> Clone for List<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for List<'_, V> {}

impl<'a, V: View<'a>> List<'a, V> {
    pub(crate) fn at(spot: Spot<'a>) -> Self {
        List { spot, of: PhantomData }
    }

    /// The items; nothing where there is no list.
    pub fn iter(self) -> impl Iterator<Item = V> + 'a
    where
        V: 'a,
    {
        items(self.spot).map(|node| V::at(Spot::at(node)))
    }

    /// Number of items.
    pub fn len(self) -> usize {
        items(self.spot).count()
    }

    /// No item?
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Where the list is, or would be.
    pub fn spot(self) -> Spot<'a> {
        self.spot
    }
}

fn items<'a>(spot: Spot<'a>) -> impl Iterator<Item = NodeRef<'a>> + 'a {
    spot.node().filter(|node| node.kind() == Kind::Sequence).into_iter().flat_map(|node| node.items())
}

/// A list of texts.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    spot: Spot<'a>,
}

impl<'a> Texts<'a> {
    pub(crate) fn at(spot: Spot<'a>) -> Self {
        Texts { spot }
    }

    /// The items that are texts, each with its place.
    pub fn iter(self) -> impl Iterator<Item = (NodeRef<'a>, &'a str)> + 'a {
        items(self.spot).filter_map(|node| node.as_str().map(|text| (node, text)))
    }

    /// Is this text among them?
    pub fn contains(self, wanted: &str) -> bool {
        self.iter().any(|(_, text)| text == wanted)
    }

    /// No text?
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Where the list is, or would be.
    pub fn spot(self) -> Spot<'a> {
        self.spot
    }
}

/// A mapping with keys of the user's choice: labels, annotations, data, resource quantities.
#[derive(Clone, Copy)]
pub struct Map<'a> {
    spot: Spot<'a>,
}

impl<'a> Map<'a> {
    pub(crate) fn at(spot: Spot<'a>) -> Self {
        Map { spot }
    }

    /// The entries; nothing where there is no mapping.
    pub fn iter(self) -> impl Iterator<Item = Entry<'a>> + 'a {
        self.node().into_iter().flat_map(|node| node.entries())
    }

    /// The entry of a key.
    pub fn get(self, key: &str) -> Option<Entry<'a>> {
        self.node()?.get_str(key)
    }

    /// The text at a key (numbers as written).
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.get(key)?.value().text()
    }

    /// The quantity at a key, unless it is absent or does not parse.
    pub fn quantity(self, key: &str) -> Option<Quantity> {
        self.get(key).filter(|e| !e.value().is_null())?.value().text()?.parse().ok()
    }

    /// The mapping.
    pub fn node(self) -> Option<NodeRef<'a>> {
        self.spot.node().filter(|node| node.kind() == Kind::Mapping)
    }

    /// Where the mapping is, or would be.
    pub fn spot(self) -> Spot<'a> {
        self.spot
    }
}
