//! `Input` flags become a request to the loader.

use super::settings;
use crate::args::{Input, Reading};
use ironclad_load::{Request, Walk};
use std::path::PathBuf;

/// The request of a command's input flags; `exclude` comes from the configuration.
pub(crate) fn request(input: &Input, exclude: Vec<String>, version: u8) -> Request {
    let arguments = if input.paths.is_empty() { vec![PathBuf::from(".")] } else { input.paths.clone() };
    reading(&input.reading, arguments, exclude, version)
}

/// The same for commands whose operands are not all paths.
pub(crate) fn reading(flags: &Reading, arguments: Vec<PathBuf>, exclude: Vec<String>, version: u8) -> Request {
    Request {
        arguments,
        walk: Walk {
            extensions: flags.extensions.iter().map(|e| e.trim_start_matches('.').to_owned()).collect(),
            hidden: flags.hidden,
            no_ignore: flags.no_ignore,
            follow_links: flags.follow,
            skip_foreign: flags.skip_foreign,
            exclude,
        },
        stdin_name: flags.stdin_name.clone(),
        max_file_size: flags.max_file_size << 20,
        version,
        assume_namespace: None,
    }
}

/// The version that the flags ask for.
pub(crate) fn version(input: &Input) -> anyhow::Result<Option<u8>> {
    input.kubernetes_version.as_deref().map(settings::version).transpose()
}
