//! One file a command.

pub(crate) mod checks;
pub(crate) mod cluster;
mod compare;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fix;
mod git;
mod hide;
mod inputs;
mod judge;
mod live;
pub(crate) mod lsp;
pub(crate) mod rbac;
pub(crate) mod render;
pub(crate) mod scan;
mod settings;
pub(crate) mod snapshot;
mod track;
mod watch;
