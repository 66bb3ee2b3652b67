//! `ironclad config`: the effective values with their origin, and the schema for editors, other tools' files converted.

mod import;

use super::scan;
use crate::args::{Config as Arguments, ConfigCommand, Global};
use crate::exit::Exit;
use crate::{catalogue, output};
use anstyle::{Effects, Style};
use std::fmt::Write as _;

/// Prints the configuration for an input, or the schema.
pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let path = match &arguments.command {
        ConfigCommand::Schema => {
            output::print_raw(ironclad_config::json_schema(&catalogue()).as_bytes())?;
            return Ok(Exit::Clean);
        }
        ConfigCommand::Show { path } => path,
        ConfigCommand::Import { files, kube_score } => return import::run(files, kube_score.as_deref()),
    };
    let (config, problems) = scan::configuration(path, global);
    let rows = config.entries();
    let dim = Style::new().effects(Effects::DIMMED);
    let mut out = String::new();
    for file in &config.files {
        writeln!(out, "{dim}# {file}{dim:#}")?;
    }
    if rows.is_empty() {
        writeln!(out, "{dim}nothing is configured: every value is the default{dim:#}")?;
    }
    let widest = |of: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default().min(60)
    };
    let (keys, values) = (widest(|row| &row.0), widest(|row| &row.1));
    for (key, value, origin) in &rows {
        writeln!(out, "{key:keys$}  {value:values$}  {dim}{origin}{dim:#}")?;
    }
    output::print(&out)?;
    Ok(if scan::complain(&problems) { Exit::Incomplete } else { Exit::Clean })
}
