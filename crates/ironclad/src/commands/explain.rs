//! `ironclad explain CHECK`: the check's page, its facts, and what peers call it. With `FILE:LINE`, the page of every
//! check that fires there.

use crate::args::{Explain, Global};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::{catalogue, commands::settings, markdown, output};
use anstyle::Style;
use ironclad_check::{Catalogue, FixKind, Meta, RunConfig, Selection, peers};
use ironclad_load::{Progress, Request};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Prints the page.
pub(crate) fn run(arguments: &Explain, global: &Global) -> anyhow::Result<Exit> {
    let catalogue = catalogue();
    let mut metas: Vec<&'static Meta> = Vec::new();
    if let Some(check) = catalogue.get(&arguments.check) {
        metas.push(check.meta);
    } else if let Some((path, line)) = place(&arguments.check) {
        metas = firing_at(&catalogue, path, line, global)?;
    } else {
        metas.extend(catalogue.by_peer_name(&arguments.check).into_iter().map(|check| check.meta));
    }
    if metas.is_empty() {
        let help = match catalogue.suggest(&arguments.check) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`ironclad checks` lists all ids".to_owned(),
        };
        return Err(user_error(format!("no check is called `{}`", arguments.check), help));
    }
    let mut text = String::new();
    for (index, meta) in metas.into_iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&markdown::render(meta.page, output::width()));
        facts(meta, &mut text)?;
    }
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn facts(meta: &Meta, out: &mut String) -> std::fmt::Result {
    let bold = Style::new().bold();
    writeln!(out, "\n{bold}Facts{bold:#}")?;
    writeln!(out, "severity  {}", meta.severity)?;
    writeln!(out, "profile   {}", settings::profile_words(meta))?;
    let fix = match meta.fix {
        FixKind::None => "a person has to decide",
        FixKind::Safe => "safe",
        FixKind::Unsafe => "may change behaviour",
        FixKind::Value => "needs a value from you",
    };
    writeln!(out, "fix       {fix}")?;
    for pss in meta.pss {
        write!(out, "standard  Pod Security {}, {}", pss.level.as_str(), pss.check)?;
        writeln!(out, "{}", if pss.since > 0 { format!(", from 1.{}", pss.since) } else { String::new() })?;
    }
    if !meta.tags.is_empty() {
        writeln!(out, "tags      {}", meta.tags.join(", "))?;
    }
    for (index, (tool, name)) in peers::names_of(meta.id).iter().enumerate() {
        let row = peers::peer(tool).and_then(|peer| peer.row(name));
        let also = row.and_then(|row| row.also).map(|also| format!(" ({also})")).unwrap_or_default();
        writeln!(out, "{}{tool}: {name}{also}", if index == 0 { "known as  " } else { "          " })?;
    }
    Ok(())
}

/// `FILE:LINE` or `FILE:LINE:COLUMN`.
fn place(text: &str) -> Option<(PathBuf, u32)> {
    let (head, last) = text.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    if let Some((file, line)) = head.rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        return Some((PathBuf::from(file), line));
    }
    Some((PathBuf::from(head), last))
}

fn firing_at(catalogue: &Catalogue, path: PathBuf, line: u32, global: &Global) -> anyhow::Result<Vec<&'static Meta>> {
    let name = path.display().to_string();
    let loaded = settings::in_pool(global, || ironclad_load::load(&Request::of(vec![path]), &Progress::default()))?;
    if let Some(problem) = loaded.problems.first() {
        return Err(user_error(
            format!("{}: {}", problem.source, problem.problem.message),
            problem.problem.hint.clone(),
        ));
    }
    let enabled = Selection::default().resolve(catalogue)?;
    let config = RunConfig { enabled, version: settings::NEWEST, ..RunConfig::default() };
    let outcome = settings::in_pool(global, || ironclad_check::run(&loaded.snapshot, &config))?;
    let mut ids: Vec<&str> = Vec::new();
    for finding in &outcome.findings {
        let Some(object) = loaded.snapshot.object(finding.object) else { continue };
        let source = object.document().source();
        let (first, last) = {
            let span = finding.shown_span();
            (source.position(span.start).line, source.position(span.end).line)
        };
        if (first..=last).contains(&line) && !ids.contains(&finding.check) {
            ids.push(finding.check);
        }
    }
    if ids.is_empty() {
        return Err(user_error(
            format!("no check fires at {name}:{line}"),
            format!("`ironclad scan {name}` shows where"),
        ));
    }
    Ok(ids.into_iter().filter_map(|id| catalogue.get(id)).map(|check| check.meta).collect())
}
