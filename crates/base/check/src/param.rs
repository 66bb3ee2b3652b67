//! Parameters of checks: declared beside the check, set in the configuration, typed in between.

use std::collections::BTreeMap;

/// A parameter: name, default (which is its type too), and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Key under `checks.<id>.params`.
    pub name: &'static str,
    /// Value when nothing is configured; its variant is the parameter's type.
    pub default: Default,
    /// One sentence for the docs and the JSON Schema.
    pub doc: &'static str,
}

/// Default and type of a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(&'static str),
    /// A list of texts.
    Texts(&'static [&'static str]),
    /// Texts by name.
    Map(&'static [(&'static str, &'static str)]),
}

/// A configured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamValue {
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// Texts by name.
    Map(BTreeMap<String, String>),
}

impl ParamValue {
    /// The word for its type in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            ParamValue::Int(_) => "a number",
            ParamValue::Bool(_) => "true or false",
            ParamValue::Text(_) => "a text",
            ParamValue::Texts(_) => "a list of texts",
            ParamValue::Map(_) => "a mapping of texts",
        }
    }
}

impl Default {
    /// As a configured value.
    pub fn value(self) -> ParamValue {
        match self {
            Default::Int(v) => ParamValue::Int(v),
            Default::Bool(v) => ParamValue::Bool(v),
            Default::Text(v) => ParamValue::Text(v.to_owned()),
            Default::Texts(v) => ParamValue::Texts(v.iter().map(|t| (*t).to_owned()).collect()),
            Default::Map(v) => ParamValue::Map(v.iter().map(|(k, t)| ((*k).to_owned(), (*t).to_owned())).collect()),
        }
    }
}

/// The values of one check: every declared parameter has one.
#[derive(Clone, Debug, PartialEq, Eq, std::default::Default)]
pub struct Params(BTreeMap<&'static str, ParamValue>);

impl Params {
    /// The defaults.
    pub fn defaults(declared: &'static [Param]) -> Params {
        Params(declared.iter().map(|p| (p.name, p.default.value())).collect())
    }

    /// Sets one; the error says what it should be.
    pub fn set(&mut self, name: &str, value: ParamValue) -> Result<(), String> {
        let names: Vec<&str> = self.0.keys().copied().collect();
        let Some((_, slot)) = self.0.iter_mut().find(|(key, _)| **key == name) else {
            return Err(match crate::suggest(name, names.iter().copied()) {
                Some(near) => format!("unknown parameter `{name}`: did you mean `{near}`?"),
                None if names.is_empty() => format!("unknown parameter `{name}`: this check has none"),
                None => format!("unknown parameter `{name}`: one of {}", names.join(", ")),
            });
        };
        let same = std::mem::discriminant(slot) == std::mem::discriminant(&value);
        if !same {
            return Err(format!("parameter `{name}` is {}, not {}", slot.type_name(), value.type_name()));
        }
        *slot = value;
        Ok(())
    }

    /// Sets one from text: lists are separated by `,`, pairs of a mapping too, as `key:value`.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), String> {
        let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let wrong = |what: &str| format!("`{name}` is {what}, not `{text}`");
        let value = match self.0.get(name) {
            Some(ParamValue::Int(_)) => ParamValue::Int(text.parse().map_err(|_| wrong("a number"))?),
            Some(ParamValue::Bool(_)) => ParamValue::Bool(text.parse().map_err(|_| wrong("true or false"))?),
            Some(ParamValue::Texts(_)) => ParamValue::Texts(parts().map(str::to_owned).collect()),
            Some(ParamValue::Map(_)) => {
                let pair = |part: &str| part.split_once(':').map(|(key, value)| (key.to_owned(), value.to_owned()));
                ParamValue::Map(parts().map(pair).collect::<Option<_>>().ok_or_else(|| wrong("a mapping of texts"))?)
            }
            Some(ParamValue::Text(_)) | None => ParamValue::Text(text.to_owned()),
        };
        self.set(name, value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &ParamValue)> {
        self.0.iter().map(|(k, v)| (*k, v))
    }

    /// A value by name.
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.0.get(name)
    }
}
