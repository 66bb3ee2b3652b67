//! One file a command.

pub(crate) mod checks;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod explain;
mod inputs;
pub(crate) mod rbac;
pub(crate) mod render;
pub(crate) mod scan;
mod settings;
