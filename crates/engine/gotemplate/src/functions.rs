//! The functions of a Helm template: Go's own, sprig's without `env` and `expandenv`, and Helm's.
//!
//! Each has the parameter types of its Go original, because a template that passes a number where Go wants a text is
//! refused there and must be here. Results carry the marks of what they were made from.

mod builtin;
mod crypto;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod helm;
mod lists;
mod numbers;
mod regexes;
mod strings;
mod urls;
mod versions;

use crate::exec::{Call, CallError};
use crate::format::value_origin;
use crate::text::Text;
use crate::trail::Mark;
use crate::value::{Data, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::OnceLock;

pub(crate) use dates::{Time, days_from_civil};
pub(crate) use strings::{to_lower, to_upper};
pub use versions::{Version, is_compatible};

/// Type of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Param {
    Any,
    Str,
    Int,
    Int64,
    Float,
    Bool,
    Map,
    List,
    Time,
}

impl Param {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::Str => "string",
            Param::Int => "int",
            Param::Int64 => "int64",
            Param::Float => "float64",
            Param::Bool => "bool",
            Param::Map => "map[string]interface {}",
            Param::List => "[]interface {}",
            Param::Time => "time.Time",
        }
    }

    fn of(letter: char) -> Param {
        match letter {
            's' => Param::Str,
            'i' => Param::Int,
            'I' => Param::Int64,
            'f' => Param::Float,
            'b' => Param::Bool,
            'm' => Param::Map,
            'l' => Param::List,
            't' => Param::Time,
            _ => Param::Any,
        }
    }
}

pub(crate) type Outcome = Result<Value, CallError>;
type Body = fn(&Call<'_>) -> Outcome;

/// A function that templates may call.
pub(crate) struct Function {
    pub(crate) params: Vec<Param>,
    pub(crate) variadic: Option<Param>,
    pub(crate) run: Body,
}

impl Function {
    pub(crate) fn param(&self, index: usize) -> Param {
        self.params.get(index).copied().or(self.variadic).unwrap_or(Param::Any)
    }
}

/// Name, parameters (a letter each; after `*` what the rest are), body.
type Row = (&'static str, &'static str, Body);

fn table() -> &'static FxHashMap<&'static str, Function> {
    static TABLE: OnceLock<FxHashMap<&'static str, Function>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = FxHashMap::default();
        let all: [&[Row]; 13] = [
            builtin::ROWS,
            strings::ROWS,
            numbers::ROWS,
            defaults::ROWS,
            dicts::ROWS,
            lists::ROWS,
            encoding::ROWS,
            dates::ROWS,
            regexes::ROWS,
            crypto::ROWS,
            versions::ROWS,
            urls::ROWS,
            helm::ROWS,
        ];
        for (name, letters, run) in all.into_iter().flatten() {
            let (fixed, rest) = letters.split_once('*').unwrap_or((letters, ""));
            let params = fixed.chars().map(Param::of).collect();
            let variadic = rest.chars().next().map(Param::of);
            table.insert(*name, Function { params, variadic, run: *run });
        }
        table
    })
}

/// Is there such a function?
pub(crate) fn is_known(name: &str) -> bool {
    table().contains_key(name)
}

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    table().get(name)
}

/// Names of all functions, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = table().keys().copied().collect();
    names.sort_unstable();
    names
}

impl Call<'_> {
    /// An argument, nothing where it is missing.
    pub(crate) fn value(&self, index: usize) -> &Value {
        const NIL: &Value = &Value::NIL;
        self.arguments.get(index).unwrap_or(NIL)
    }

    pub(crate) fn text(&self, index: usize) -> Text {
        match &self.value(index).data {
            Data::Str(text) => text.clone(),
            _ => Text::plain(""),
        }
    }

    pub(crate) fn str(&self, index: usize) -> &str {
        self.value(index).as_str().unwrap_or_default()
    }

    /// The bytes of a text; of a file that is no UTF-8, those of the file.
    pub(crate) fn bytes(&self, index: usize) -> Rc<[u8]> {
        let text = self.text(index);
        let raw = self.engine.trails.raw(text.mark(&self.engine.trails));
        raw.unwrap_or_else(|| text.as_str().as_bytes().into())
    }

    pub(crate) fn int(&self, index: usize) -> i64 {
        match self.value(index).data {
            Data::Int(value, _) => value,
            _ => 0,
        }
    }

    pub(crate) fn bool(&self, index: usize) -> bool {
        matches!(self.value(index).data, Data::Bool(true))
    }

    /// Everything that contributed to the arguments.
    pub(crate) fn mark(&self) -> Mark {
        let trails = &self.engine.trails;
        trails.join(self.arguments.iter().map(|value| value_origin(value, trails)))
    }

    /// A result made of all arguments.
    pub(crate) fn made(&self, text: impl Into<String>) -> Outcome {
        Ok(Value::text(Text::marked(text.into(), self.mark())))
    }

    pub(crate) fn yes(&self, value: bool) -> Outcome {
        Ok(Value { data: Data::Bool(value), mark: self.mark() })
    }

    pub(crate) fn scalar(&self, value: Value) -> Outcome {
        Ok(Value { mark: self.mark(), ..value })
    }

    /// A result that stands for a random or secret one.
    pub(crate) fn placeholder(&self, name: &'static str) {
        let mut all = self.engine.placeholders.borrow_mut();
        if !all.contains(&name) {
            all.push(name);
        }
    }

    /// The next number of a sequence that is the same in every run.
    pub(crate) fn random(&self) -> u64 {
        let mut state = self.engine.random.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.engine.random.set(state);
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

/// `strval` of sprig, marks kept.
pub(crate) fn text_of(value: &Value, call: &Call<'_>) -> Text {
    match &value.data {
        Data::Str(text) => text.clone(),
        _ => Text::marked(crate::format::plain(value), value_origin(value, &call.engine.trails)),
    }
}

pub(crate) fn base_name(path: &str) -> String {
    urls::base(path)
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    encoding::encode_base64(bytes)
}
