//! `ironclad checks`: the catalogue, and the checks of a peer beside ours.

mod peer;

use crate::args::{Checks, Global};
use crate::commands::scan;
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use anstyle::{AnsiColor, Style};
use ironclad_check::{FixKind, Meta, ParamValue, peers};
use ironclad_model::Severity;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints the selected checks; all of them without a selection.
pub(crate) fn run(arguments: &Checks, _global: &Global) -> anyhow::Result<Exit> {
    if let Some(name) = &arguments.peer {
        return peer::run(name, &arguments.format);
    }
    let mut select = arguments.select.clone();
    if select.profile.is_none() && select.pss.is_none() && select.select.is_empty() {
        select.profile = Some("all".to_owned());
    }
    let enabled = scan::enabled(&select, None)?;
    let floor = select.min_severity.as_deref().map(super::settings::severity).transpose()?;
    let metas = enabled.iter().map(|e| e.check.meta).filter(|m| floor.is_none_or(|floor| m.severity >= floor));
    match arguments.format.as_str() {
        "table" | "pretty" => output::print(&table(metas)?)?,
        "json" => {
            let all: Vec<Value> = metas.map(describe).collect();
            let mut text = serde_json::to_string_pretty(&all)?;
            text.push('\n');
            output::print_raw(text.as_bytes())?;
        }
        other => {
            return Err(user_error(format!("`{other}` is not a format of this command"), "table or json".to_owned()));
        }
    }
    Ok(Exit::Clean)
}

fn table(metas: impl Iterator<Item = &'static Meta>) -> anyhow::Result<String> {
    let metas: Vec<_> = metas.collect();
    let widest = metas.iter().map(|meta| meta.id.len()).max().unwrap_or_default();
    let mut out = String::new();
    for meta in &metas {
        let style = severity_style(meta.severity);
        let fix = if meta.fix == FixKind::Safe { "fix" } else { "" };
        writeln!(
            out,
            "{:widest$}  {style}{:8}{style:#}  {}  {fix:3}  {}",
            meta.id,
            meta.severity.as_str(),
            meta.profile.letter(),
            meta.title
        )?;
    }
    let dim = Style::new().dimmed();
    writeln!(
        out,
        "\n{dim}{} checks. B, R: Pod Security baseline, restricted; D: on by default; X: joins objects; O: opt-in{dim:#}",
        metas.len()
    )?;
    Ok(out)
}

fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical => AnsiColor::Magenta,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::Blue,
    };
    Style::new().fg_color(Some(colour.into()))
}

fn describe(meta: &'static Meta) -> Value {
    let fix = match meta.fix {
        FixKind::None => "none",
        FixKind::Safe => "safe",
        FixKind::Unsafe => "unsafe",
        FixKind::Value => "value",
    };
    let peers: Vec<Value> = peers::names_of(meta.id).iter().map(|(tool, id)| json!({"tool": tool, "id": id})).collect();
    let params: Vec<Value> = meta
        .params
        .iter()
        .map(|p| json!({"name": p.name, "default": param(&p.default.value()), "description": p.doc}))
        .collect();
    let pss: Vec<Value> = meta
        .pss
        .iter()
        .map(|p| json!({"check": p.check, "level": p.level.as_str(), "since": format!("1.{}", p.since)}))
        .collect();
    json!({
        "id": meta.id,
        "title": meta.title,
        "summary": meta.summary(),
        "severity": meta.severity.as_str(),
        "profile": meta.profile.letter().to_string(),
        "default": meta.profile != ironclad_check::Profile::OptIn,
        "tags": meta.tags,
        "pss": pss,
        "peers": peers,
        "params": params,
        "fix": fix,
        "since": meta.since,
    })
}

fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::Int(v) => json!(v),
        ParamValue::Bool(v) => json!(v),
        ParamValue::Text(v) => json!(v),
        ParamValue::Texts(v) => json!(v),
        ParamValue::Map(v) => json!(v),
    }
}
