//! Go templates as Helm uses them: `text/template`, sprig and Helm's own functions over values that remember where
//! they come from.
//!
//! Start with [`Engine`]: it is given template files and a [`Value`], and gives [`Text`]s whose every byte leads back,
//! through [`Trails`], to the template that printed it and the value that it shows.
//!
//! ```ignore
//! let engine = Engine::new(Rc::default(), Limits::default(), 0);
//! engine.add("hello", &Source::new("hello.tpl", "Hello {{ .name | quote }}"))?;
//! let text = engine.render("hello", &Value::map([("name".into(), Value::str("you"))]))?;
//! ```
//!
//! Deliberately absent: files, charts, the network, the clock, the environment. Nothing here panics on a template,
//! recurses without a bound or makes more than its [`Limits`] allow.

mod ast;
mod cases;
mod engine;
mod exec;
mod format;
mod functions;
mod json;
mod lex;
mod number;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod toml;
mod trail;
mod value;
mod yaml;

pub use ast::SyntaxError;
pub use engine::{Engine, Failure, Limits};
pub use functions::{Version, is_compatible, names as function_names};
pub use json::json_prefix;
pub use text::{Rope, Run, Text};
pub use trail::{Mark, Trails};
pub use value::{Data, Dict, Elem, IntKind, List, Object, Slot, Value};
pub use yaml::of_node;

/// The name of a file without its folders, as `path.Base` gives it.
pub fn base_name(path: &str) -> String {
    functions::base_name(path)
}

/// `toYaml` of a value, for `.Files.AsConfig` and its like.
pub fn to_yaml(value: &Value, trails: &Trails) -> Text {
    yaml::write(value, yaml::Flavour::V2, trails, usize::MAX).unwrap_or_else(|_| Text::plain(""))
}

/// Standard base64 of bytes.
pub fn to_base64(bytes: &[u8]) -> String {
    functions::to_base64(bytes)
}
