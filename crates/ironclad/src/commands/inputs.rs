//! `Input` flags become a request to the loader.

use super::settings;
use crate::args::{Input, Reading};
use ironclad_load::{Charts, Request, SetKind, Walk};
use std::path::{Path, PathBuf};

/// The request of a command's input flags; `exclude` comes from the configuration.
pub(crate) fn request(input: &Input, exclude: Vec<String>, version: u8) -> Request {
    let arguments = if input.paths.is_empty() { vec![PathBuf::from(".")] } else { input.paths.clone() };
    Request { charts: charts(input, version), ..reading(&input.reading, arguments, exclude, version) }
}

/// The same for commands whose operands are not all paths.
pub(crate) fn reading(flags: &Reading, arguments: Vec<PathBuf>, exclude: Vec<String>, version: u8) -> Request {
    let repository = arguments.first().and_then(|first| repository(first));
    Request {
        arguments,
        walk: Walk {
            extensions: flags.extensions.iter().map(|e| e.trim_start_matches('.').to_owned()).collect(),
            hidden: flags.hidden,
            no_ignore: flags.no_ignore,
            follow_links: flags.follow,
            skip_foreign: flags.skip_foreign,
            raw: flags.raw,
            exclude,
            repository,
        },
        stdin_name: flags.stdin_name.clone(),
        max_file_size: flags.max_file_size << 20,
        version,
        charts: Charts { kubernetes_version: format!("v1.{version}.0"), now: settings::now(), ..Charts::default() },
        assume_namespace: None,
        gitops: !flags.no_gitops,
    }
}

/// The repository that an argument lies in, by its real path.
fn repository(argument: &Path) -> Option<PathBuf> {
    // A glob, or what is not there, lies where the first folder above it is that is there.
    let full = std::path::absolute(argument).ok()?;
    let folder = full.ancestors().find_map(|above| fs_err::canonicalize(above).ok())?;
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// How charts are rendered.
fn charts(input: &Input, version: u8) -> Charts {
    let flags = &input.charts;
    let of = |kind: SetKind, all: &[String]| all.iter().map(|text| (kind, text.clone())).collect::<Vec<_>>();
    let set = [
        of(SetKind::Json, &flags.set_json),
        of(SetKind::Typed, &flags.set),
        of(SetKind::Text, &flags.set_string),
        of(SetKind::File, &flags.set_file),
    ];
    // A patch level is not judged by, but charts may ask for it.
    let asked = input.kubernetes_version.as_deref().map(|text| text.trim_start_matches('v').to_owned());
    let full = match asked {
        Some(text) if text.split('.').count() > 2 => text,
        _ => format!("1.{version}.0"),
    };
    Charts {
        release: flags.release_name.clone(),
        namespace: flags.namespace.clone(),
        kubernetes_version: format!("v{full}"),
        api_versions: flags.api_versions.clone(),
        values: flags.values.clone(),
        set: set.concat(),
        variants: flags.variants,
        now: settings::now(),
    }
}

/// The version that the flags ask for.
pub(crate) fn version(input: &Input) -> anyhow::Result<Option<u8>> {
    input.kubernetes_version.as_deref().map(settings::version).transpose()
}
