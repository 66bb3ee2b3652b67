//! A serde deserializer over a node, for the edges: own rule structs, `AdmissionReview`, anything with a derive.
//!
//! It reads what the API server would receive (the resolved kinds), borrows texts from the document, and its error
//! names the node at fault, hence line and column. Types that nest without end (`serde_json::Value`) are read through
//! recursion, so depth has a limit here that the tree itself does not need.

use crate::{Entries, Items, Kind, NodeId, NodeRef};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::fmt;

/// Why a value does not fit, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeserializeError {
    /// The node at fault: the innermost that was being read.
    pub node: NodeId,
    /// What is wrong with it, in serde's words.
    pub message: String,
}

impl fmt::Display for DeserializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeserializeError {}

/// An error on its way up: whoever reads a node gives it its place, once.
#[derive(Debug)]
struct Rising {
    node: Option<NodeId>,
    message: String,
}

impl fmt::Display for Rising {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rising {}

impl de::Error for Rising {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Rising { node: None, message: message.to_string() }
    }
}

impl<'a> NodeRef<'a> {
    /// Reads the value into a type with a serde derive.
    ///
    /// # Errors
    ///
    /// Where the value does not fit the type.
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, DeserializeError> {
        T::deserialize(Reader { node: self, depth: DEEPEST })
            .map_err(|error| DeserializeError { node: error.node.unwrap_or(self.id()), message: error.message })
    }
}

/// Collections within collections that a value may have: serde_json's own limit.
const DEEPEST: u8 = 128;

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: NodeRef<'a>,
    /// Levels that are left.
    depth: u8,
}

impl<'a> Reader<'a> {
    fn below(depth: u8) -> Result<u8, Rising> {
        let too_deep = || de::Error::custom(format_args!("nested deeper than {DEEPEST} levels"));
        depth.checked_sub(1).ok_or_else(too_deep)
    }

    fn text(self) -> &'a str {
        self.node.text().unwrap_or_default()
    }

    fn any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Rising> {
        let node = self.node;
        match node.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool => visitor.visit_bool(node.as_bool().unwrap_or_default()),
            Kind::Int => visitor.visit_i64(node.as_i64().unwrap_or_default()),
            Kind::Float => visitor.visit_f64(node.as_f64().unwrap_or_default()),
            Kind::String => visitor.visit_borrowed_str(self.text()),
            Kind::Sequence => visitor.visit_seq(Sequence { items: node.items(), depth: Self::below(self.depth)? }),
            Kind::Mapping => {
                let depth = Self::below(self.depth)?;
                visitor.visit_map(Mapping { entries: node.entries(), value: None, depth })
            }
        }
    }

    /// Gives an error without a place this one.
    fn placed<T>(self, result: Result<T, Rising>) -> Result<T, Rising> {
        result.map_err(|error| Rising { node: error.node.or(Some(self.node.id())), message: error.message })
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Rising;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Rising> {
        self.placed(self.any(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Rising> {
        let result = if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        self.placed(result)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Rising> {
        self.placed(visitor.visit_newtype_struct(self))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Rising> {
        let mut entries = self.node.entries();
        let result = match (self.node.kind(), entries.next(), entries.next()) {
            (Kind::String, ..) => visitor.visit_enum(self.text().into_deserializer()),
            (Kind::Mapping, Some(only), None) => {
                let value = Reader { node: only.value(), depth: Self::below(self.depth)? };
                visitor.visit_enum(Variant { name: only.key(), value })
            }
            _ => Err(de::Error::custom("expected the name of a variant, or a mapping with one entry")),
        };
        self.placed(result)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Sequence<'a> {
    items: Items<'a>,
    depth: u8,
}

impl<'a> SeqAccess<'a> for Sequence<'a> {
    type Error = Rising;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Rising> {
        let depth = self.depth;
        self.items.next().map(|node| seed.deserialize(Reader { node, depth })).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Mapping<'a> {
    entries: Entries<'a>,
    value: Option<NodeRef<'a>>,
    depth: u8,
}

impl<'a> MapAccess<'a> for Mapping<'a> {
    type Error = Rising;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Rising> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry.value());
        // A key that the type does not know is pointed at by its value: the reader of the error finds the entry.
        let at = Reader { node: entry.value(), depth: self.depth };
        at.placed(seed.deserialize(de::value::BorrowedStrDeserializer::new(entry.key()))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Rising> {
        match self.value.take() {
            Some(node) => seed.deserialize(Reader { node, depth: self.depth }),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

struct Variant<'a> {
    name: &'a str,
    value: Reader<'a>,
}

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = Rising;
    type Variant = Reader<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Reader<'a>), Rising> {
        let name: StrDeserializer<'_, Rising> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.value))
    }
}

impl<'a> VariantAccess<'a> for Reader<'a> {
    type Error = Rising;

    fn unit_variant(self) -> Result<(), Rising> {
        self.placed(if self.node.is_null() {
            Ok(())
        } else {
            Err(de::Error::custom("expected nothing below the variant"))
        })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Rising> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Rising> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Rising> {
        self.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Source, parse};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Rule<'a> {
        #[serde(borrow)]
        name: &'a str,
        ports: Vec<u16>,
        when: Option<When>,
        #[serde(default)]
        labels: BTreeMap<String, String>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    enum When {
        Always,
        Above(f64),
        Between { low: i64, high: i64 },
    }

    /// The value, or the text of the node at fault and the message.
    fn read(text: &str) -> Result<String, (String, String)> {
        let documents = parse(&Source::new("t", text), &Limits::default()).documents;
        let root = documents[0].root();
        root.deserialize::<Rule<'_>>().map(|rule| format!("{rule:?}")).map_err(|error| {
            let span = documents[0].node(error.node).span();
            (text[span.start as usize..span.end as usize].to_owned(), error.message)
        })
    }

    #[test]
    fn values_as_the_api_server_gets_them() {
        let text = "name: web\nports: [0x50, 443]\nwhen: Always\nlabels: {<<: {a: b}, c: 'yes'}\n";
        let expected = r#"Rule { name: "web", ports: [80, 443], when: Some(Always), labels: {"a": "b", "c": "yes"} }"#;
        assert_eq!(read(text).unwrap(), expected);
        let text = "name: web\nports: []\nwhen: {Between: {low: 1, high: 2}}\n";
        assert!(read(text).unwrap().contains("Between { low: 1, high: 2 }"));
        assert!(read("name: web\nports: []\nwhen: ~\n").unwrap().contains("when: None"));
        assert!(read("name: web\nports: []\nwhen: {Above: 1.5}\n").unwrap().contains("Above(1.5)"));
    }

    #[test]
    fn an_error_names_the_node_at_fault() {
        let at = |text: &str| read(text).unwrap_err();
        let (place, message) = at("name: web\nports: [80, http]\n");
        assert_eq!((place.as_str(), message.contains("u16")), ("http", true), "{message}");
        let (place, _) = at("name: on\nports: []\n");
        assert_eq!(place, "on");
        let (place, message) = at("name: web\nports: []\nextra: 7\n");
        assert_eq!((place.as_str(), message.contains("unknown field `extra`")), ("7", true), "{message}");
        let (place, message) = at("name: web\nports: []\nwhen: Never\n");
        assert_eq!((place.as_str(), message.contains("unknown variant `Never`")), ("Never", true), "{message}");
        let (place, message) = at("ports: []\n");
        assert_eq!((place.as_str(), message.contains("missing field `name`")), ("ports: []", true), "{message}");
        assert_eq!(at("name: a\nports: [70000]\n").0, "70000");
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |depth: usize| {
            let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            let documents = parse(&Source::new("t", text), &Limits::default()).documents;
            documents[0].root().deserialize::<serde_json::Value>().map_err(|error| error.message)
        };
        assert!(nested(128).is_ok());
        assert_eq!(nested(129).unwrap_err(), "nested deeper than 128 levels");
        assert!(nested(9_000).is_err());
    }
}
