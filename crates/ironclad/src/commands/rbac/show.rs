//! Formats: one table of texts becomes lines, CSV or Markdown; one value becomes JSON or YAML.

use crate::args::rbac::Output;
use crate::commands::render;
use crate::failure::user_error;
use crate::output;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A table.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// Where to, and in which format.
pub(crate) struct Target {
    pub(crate) format: String,
    pub(crate) file: Option<PathBuf>,
}

/// Format and file of the flags: `--format`, else what `-o` says, else the first of `formats`.
pub(crate) fn target(flags: &Output, formats: &[&str]) -> anyhow::Result<Target> {
    let alias = |name: &str| match name {
        // Spellings of rbac-lookup, rakkess and kubectl.
        "normal" | "icon-table" | "pretty" => "table".to_owned(),
        "ascii-table" => "ascii".to_owned(),
        "yml" => "yaml".to_owned(),
        "md" => "markdown".to_owned(),
        "gv" => "dot".to_owned(),
        "mmd" => "mermaid".to_owned(),
        "htm" => "html".to_owned(),
        other => other.to_owned(),
    };
    let known = |name: &str| formats.contains(&alias(name).as_str());
    let (mut format, mut file) = (flags.format.as_deref().map(alias), None);
    if let Some(text) = flags.output.as_deref() {
        match text.split_once('=') {
            Some((name, path)) if known(name) => {
                format.get_or_insert_with(|| alias(name));
                file = Some(PathBuf::from(path));
            }
            _ if known(text) => {
                format.get_or_insert_with(|| alias(text));
            }
            _ => {
                let extension = Path::new(text).extension().and_then(|e| e.to_str()).unwrap_or_default();
                if format.is_none() && !known(extension) {
                    let help = format!("one of {}, as in `-o {}={text}`", formats.join(", "), formats[0]);
                    return Err(user_error(format!("the format of `{text}` does not follow from its extension"), help));
                }
                format.get_or_insert_with(|| alias(extension));
                file = Some(PathBuf::from(text));
            }
        }
    }
    let format = format.unwrap_or_else(|| formats.first().copied().unwrap_or_default().to_owned());
    if !formats.contains(&format.as_str()) {
        return Err(user_error(format!("`{format}` is not a format of this command"), formats.join(", ")));
    }
    Ok(Target { format, file })
}

impl Target {
    /// For a command whose table is as wide as it gets. Was it asked for?
    pub(crate) fn is_wide(&mut self) -> bool {
        let wide = self.format == "wide";
        if wide {
            self.format = "table".to_owned();
        }
        wide
    }

    /// Writes a text.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        match &self.file {
            Some(path) => fs_err::write(path, text)?,
            None => output::print_raw(text.as_bytes())?,
        }
        Ok(())
    }

    /// Writes a table or a value, whichever the format wants. Nothing in the table is `nothing` for people.
    pub(crate) fn show(&self, sheet: &Sheet, value: &Value, nothing: &str) -> anyhow::Result<()> {
        let text = match self.format.as_str() {
            "json" => json(value),
            "yaml" => yaml(value),
            "csv" => sheet.csv(),
            "markdown" => sheet.markdown(),
            _ if sheet.rows.is_empty() => format!("{nothing}\n"),
            _ => sheet.lines(),
        };
        self.write(&text)
    }
}

/// Indented JSON.
pub(crate) fn json(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// YAML of a value.
pub(crate) fn yaml(value: &Value) -> String {
    let source = ironclad_tree::Source::new("value", value.to_string().as_str());
    let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
    let mut out = String::new();
    for document in &parsed.documents {
        render::yaml(document.root(), 0, &mut out);
    }
    out
}

impl Sheet {
    /// With these columns.
    pub(crate) fn new(columns: &[&str]) -> Sheet {
        Sheet { columns: columns.iter().map(|column| (*column).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push<T: Into<String>>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    pub(crate) fn lines(&self) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut out = String::new();
        for row in std::iter::once(&self.columns).chain(&self.rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.chars().count() + 2));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    pub(crate) fn csv(&self) -> String {
        let mut out = String::new();
        for row in std::iter::once(&self.columns).chain(&self.rows) {
            let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
            out.push_str(&cells.join(","));
            out.push('\n');
        }
        out
    }

    pub(crate) fn markdown(&self) -> String {
        let cells = |row: &[String]| {
            let escaped: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            format!("| {} |\n", escaped.join(" | "))
        };
        let mut out = cells(&self.columns);
        out.push_str(&format!("|{}\n", " --- |".repeat(self.columns.len())));
        for row in &self.rows {
            out.push_str(&cells(row));
        }
        out
    }
}

/// RFC 4180; a cell that a spreadsheet would run is made a text.
fn csv_cell(cell: &str) -> String {
    let guarded =
        if cell.starts_with(['=', '+', '@', '-']) && cell.len() > 1 { format!("'{cell}") } else { cell.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

/// Text for HTML and XML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
