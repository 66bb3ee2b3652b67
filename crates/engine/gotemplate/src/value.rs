//! Values as templates see them: what Go's `interface{}` holds, each with the mark of where it comes from.

use crate::text::Text;
use crate::trail::{Mark, Trails};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// Which of Go's integer types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntKind {
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint64`
    Uint64,
}

/// What the elements of a list or map are, where that shows in its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Elem {
    /// `interface {}`
    #[default]
    Any,
    /// `string`
    String,
    /// `int`
    Int,
    /// Lists of anything.
    List,
}

/// A list; immutable, as every function of sprig copies.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What they are.
    pub elem: Elem,
    /// The elements.
    pub items: Rc<Vec<Value>>,
    /// How deep it nests.
    nesting: u32,
}

impl List {
    /// A list.
    pub fn new(elem: Elem, items: Vec<Value>) -> List {
        let nesting = 1 + items.iter().map(Value::nesting).max().unwrap_or(0);
        List { elem, items: Rc::new(items), nesting }
    }
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Where the key is written.
    pub key: Mark,
    /// The value.
    pub value: Value,
}

/// Entries in the order of their keys' bytes, as Go's templates walk them.
#[derive(Clone, Debug, Default)]
pub struct Dict {
    /// What the values are.
    pub elem: Elem,
    /// The entries.
    pub entries: BTreeMap<Rc<str>, Slot>,
    /// How deep it nests at least.
    nesting: u32,
}

impl Dict {
    /// An empty map.
    pub fn of(elem: Elem) -> Dict {
        let mut dict = Dict::default();
        dict.elem = elem;
        dict
    }

    /// Sets an entry.
    pub fn insert(&mut self, key: Rc<str>, slot: Slot) {
        self.nesting = self.nesting.max(1 + slot.value.nesting());
        self.entries.insert(key, slot);
    }
}

/// A value can be a chain of a million lists: it is taken apart link by link, not by recursion.
fn unravel(mut pending: Vec<Value>) {
    while let Some(mut value) = pending.pop() {
        match &mut value.data {
            Data::List(list) => {
                if let Some(items) = Rc::get_mut(&mut list.items) {
                    pending.append(items);
                }
            }
            Data::Map(map) => {
                if let Some(dict) = Rc::get_mut(map) {
                    let entries = std::mem::take(&mut dict.get_mut().entries);
                    pending.extend(entries.into_values().map(|slot| slot.value));
                }
            }
            _ => {}
        }
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            unravel(std::mem::take(&mut self.entries).into_values().map(|slot| slot.value).collect());
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if self.nesting > 2
            && let Some(items) = Rc::get_mut(&mut self.items)
        {
            unravel(std::mem::take(items));
        }
    }
}

/// A value of Go's with methods or fields: a chart's metadata, a time, a version.
pub trait Object: fmt::Debug {
    /// The type, as `%T` prints it.
    fn type_name(&self) -> &'static str;
    /// The kind, as `kindOf` prints it.
    fn kind_name(&self) -> &'static str {
        "struct"
    }
    /// A field, or a method without arguments.
    fn field(&self, name: &str) -> Option<Value>;
    /// A method with arguments. None where there is no such method.
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let (_, _) = (name, arguments);
        None
    }
    /// As `%v` prints it.
    fn print(&self) -> String;
    /// As a map or list, for serialisation and for `range`.
    fn plain(&self) -> Value;
    /// A time in nanoseconds since 1970, where it is one.
    fn unix_nanos(&self) -> Option<i128> {
        None
    }
    /// The same time so many nanoseconds later, where it is one.
    fn later(&self, nanos: i128) -> Option<Value> {
        let _ = nanos;
        None
    }
    /// Elements to walk and count, where the type is a map or slice.
    fn is_collection(&self) -> bool {
        false
    }
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Data {
    /// Nothing: a null, a missing key.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64, IntKind),
    /// A `float64`.
    Float(f64),
    /// A text.
    Str(Text),
    /// A list.
    List(List),
    /// A map; shared, because `set` changes it for everybody.
    Map(Rc<RefCell<Dict>>),
    /// Something with methods.
    Object(Rc<dyn Object>),
}

/// A value and where it comes from.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it comes from; of a text its runs know better.
    pub mark: Mark,
}

impl Default for Value {
    fn default() -> Self {
        Value::NIL
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Value {
        Value { data, mark: Mark::NONE }
    }
}

impl Value {
    /// Nothing, from nowhere.
    pub const NIL: Value = Value { data: Data::Nil, mark: Mark::NONE };

    /// A boolean.
    pub fn bool(value: bool) -> Value {
        Data::Bool(value).into()
    }

    /// An `int`.
    pub fn int(value: i64) -> Value {
        Data::Int(value, IntKind::Int).into()
    }

    /// An `int64`.
    pub fn int64(value: i64) -> Value {
        Data::Int(value, IntKind::Int64).into()
    }

    /// A `float64`.
    pub fn float(value: f64) -> Value {
        Data::Float(value).into()
    }

    /// A text from nowhere.
    pub fn str(text: impl Into<Rc<str>>) -> Value {
        Value::text(Text::plain(text))
    }

    /// A text.
    pub fn text(text: Text) -> Value {
        Data::Str(text).into()
    }

    /// A list of anything.
    pub fn list(items: Vec<Value>) -> Value {
        Data::List(List::new(Elem::Any, items)).into()
    }

    /// A list of texts.
    pub fn strings(items: Vec<Value>) -> Value {
        Data::List(List::new(Elem::String, items)).into()
    }

    /// A map.
    pub fn map(entries: impl IntoIterator<Item = (Rc<str>, Value)>) -> Value {
        let mut dict = Dict::default();
        for (key, value) in entries {
            dict.insert(key, Slot { key: value.mark, value });
        }
        Value::dict(dict)
    }

    /// A map.
    pub fn dict(dict: Dict) -> Value {
        Data::Map(Rc::new(RefCell::new(dict))).into()
    }

    /// An object.
    pub fn object(object: impl Object + 'static) -> Value {
        Data::Object(Rc::new(object)).into()
    }

    /// The same value with another mark; a text keeps its own.
    pub fn with_mark(mut self, mark: Mark) -> Value {
        if let Data::Str(text) = &self.data {
            self.data = Data::Str(Text::marked(text.shared(), mark));
        }
        self.mark = mark;
        self
    }

    /// Everything that contributed to it, of collections only the place that is theirs.
    pub fn origin(&self, trails: &Trails) -> Mark {
        match &self.data {
            Data::Str(text) => text.mark(trails),
            _ => self.mark,
        }
    }

    /// Its text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// Is it nothing?
    pub fn is_nil(&self) -> bool {
        matches!(self.data, Data::Nil)
    }

    /// Its map, where it is one.
    pub fn as_map(&self) -> Option<&Rc<RefCell<Dict>>> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A value of a map.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.as_map()?.borrow().entries.get(key).map(|slot| slot.value.clone())
    }

    /// Sets an entry of a map; nothing happens to anything else.
    pub fn set(&self, key: impl Into<Rc<str>>, value: Value) {
        if let Data::Map(map) = &self.data {
            map.borrow_mut().insert(key.into(), Slot { key: value.mark, value });
        }
    }

    /// Truth of `if`: not false, zero, empty or nothing. A struct is always true.
    pub fn truth(&self) -> bool {
        match &self.data {
            Data::Nil => false,
            Data::Bool(value) => *value,
            Data::Int(value, _) => *value != 0,
            Data::Float(value) => *value != 0.0,
            Data::Str(text) => !text.as_str().is_empty(),
            Data::List(list) => !list.items.is_empty(),
            Data::Map(map) => !map.borrow().entries.is_empty(),
            Data::Object(object) if object.is_collection() => object.plain().truth(),
            Data::Object(_) => true,
        }
    }

    /// The type, as `%T` prints it.
    pub fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Nil => "<nil>",
            Data::Bool(_) => "bool",
            Data::Int(_, IntKind::Int) => "int",
            Data::Int(_, IntKind::Int64) => "int64",
            Data::Int(_, IntKind::Uint8) => "uint8",
            Data::Int(_, IntKind::Uint64) => "uint64",
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::List(list) => match list.elem {
                Elem::Any => "[]interface {}",
                Elem::String => "[]string",
                Elem::Int => "[]int",
                Elem::List => "[][]interface {}",
            },
            Data::Map(map) => match map.borrow().elem {
                Elem::String => "map[string]string",
                _ => "map[string]interface {}",
            },
            Data::Object(object) => object.type_name(),
        }
    }

    /// The kind, as `reflect` names it.
    pub fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Nil => "invalid",
            Data::List(_) => "slice",
            Data::Map(_) => "map",
            Data::Object(object) => object.kind_name(),
            _ => self.type_name(),
        }
    }

    /// How deep it nests.
    pub fn nesting(&self) -> u32 {
        match &self.data {
            Data::List(list) => list.nesting,
            Data::Map(map) => map.try_borrow().map_or(0, |map| map.nesting),
            _ => 0,
        }
    }

    /// A copy that shares no map with this one; nothing where that would be more values than anybody means.
    pub fn deep_copy(&self) -> Option<Value> {
        self.copy_below(&mut { MOST })
    }

    fn copy_below(&self, budget: &mut usize) -> Option<Value> {
        *budget = budget.checked_sub(1)?;
        if self.nesting() as usize > DEEPEST {
            return None;
        }
        let data = match &self.data {
            Data::List(list) => {
                let items: Option<Vec<Value>> = list.items.iter().map(|item| item.copy_below(budget)).collect();
                Data::List(List::new(list.elem, items?))
            }
            Data::Map(map) => {
                let map = map.borrow();
                let mut dict = Dict::of(map.elem);
                for (key, slot) in &map.entries {
                    dict.insert(Rc::clone(key), Slot { key: slot.key, value: slot.value.copy_below(budget)? });
                }
                Data::Map(Rc::new(RefCell::new(dict)))
            }
            other => other.clone(),
        };
        Some(Value { data, mark: self.mark })
    }

    /// `reflect.DeepEqual`
    pub fn deep_equal(&self, other: &Value) -> bool {
        equal_below(self, other, 0, &mut { MOST })
    }
}

/// A map may hold itself: nothing looks deeper than this.
pub(crate) const DEEPEST: usize = 200;

/// Values that a copy or a comparison looks at before it gives up: shared ones count as often as they are met.
const MOST: usize = 2_000_000;

fn equal_below(a: &Value, b: &Value, depth: usize, budget: &mut usize) -> bool {
    if depth > DEEPEST || *budget == 0 {
        return false;
    }
    *budget -= 1;
    match (&a.data, &b.data) {
        (Data::Nil, Data::Nil) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a, at), Data::Int(b, bt)) => a == b && at == bt,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a.as_str() == b.as_str(),
        (Data::List(a), Data::List(b)) => {
            a.elem == b.elem
                && a.items.len() == b.items.len()
                && a.items.iter().zip(b.items.iter()).all(|(a, b)| equal_below(a, b, depth + 1, budget))
        }
        (Data::Map(a), Data::Map(b)) => {
            if Rc::ptr_eq(a, b) {
                return true;
            }
            let (a, b) = (a.borrow(), b.borrow());
            a.elem == b.elem
                && a.entries.len() == b.entries.len()
                && a.entries.iter().all(|(key, slot)| {
                    b.entries.get(key).is_some_and(|other| equal_below(&slot.value, &other.value, depth + 1, budget))
                })
        }
        (Data::Object(a), Data::Object(b)) => a.type_name() == b.type_name() && a.print() == b.print(),
        _ => false,
    }
}
