//! `docs/reference`: written from the program itself, so that it cannot drift; `--check` says what would change.

use crate::{root, say};
use anyhow::{Result, bail};
use clap::CommandFactory;
use ironclad::args::Arguments;
use ironclad_check::{FixKind, Meta, peers};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

pub(crate) fn run(check: bool) -> Result<()> {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    let catalogue = ironclad::catalogue();
    files.insert("docs/reference/checks.md".into(), index(&catalogue)?);
    for check in catalogue.checks() {
        files.insert(format!("docs/reference/checks/{}.md", check.meta.id).into(), page(check.meta)?);
    }
    files.insert("docs/reference/cli.md".into(), cli()?);
    files.insert("docs/reference/findings-v1.schema.json".into(), ironclad_report::JSON_SCHEMA.to_owned());
    files.insert("docs/reference/ironclad.schema.json".into(), ironclad_config::json_schema(&catalogue));
    for (path, text) in man_pages()? {
        files.insert(path, text);
    }
    let mut stale = Vec::new();
    for (path, text) in &files {
        let full = root().join(path);
        if fs_err::read_to_string(&full).ok().as_deref() == Some(text) {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            if let Some(folder) = full.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(&full, text)?;
        }
    }
    stale.extend(orphans(&files, check)?);
    match (check, stale.is_empty()) {
        (true, false) => bail!("out of date, run `cargo xtask docs`:\n  {}", stale.join("\n  ")),
        (true, true) => say(&format!("{} generated files are up to date", files.len())),
        (false, _) => say(&format!("{} generated files, {} changed", files.len(), stale.len())),
    }
    Ok(())
}

/// Pages of checks that are no more.
fn orphans(files: &BTreeMap<PathBuf, String>, check: bool) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    let base = root().join("docs/reference/checks");
    let Ok(domains) = fs_err::read_dir(&base) else { return Ok(gone) };
    for domain in domains {
        for page in fs_err::read_dir(domain?.path())? {
            let page = page?.path();
            let relative = page.strip_prefix(root())?.to_owned();
            if !files.contains_key(&relative) {
                gone.push(relative.display().to_string());
                if !check {
                    fs_err::remove_file(&page)?;
                }
            }
        }
    }
    Ok(gone)
}

fn index(catalogue: &ironclad_check::Catalogue) -> Result<String> {
    let mut out = String::from(
        "# Checks\n\nWritten by `cargo xtask docs` from the checks themselves.\n\n\
         Profile: B Pod Security baseline, R restricted, D on by default, X on by default and joins objects, O opt-in.\n",
    );
    let mut domain = "";
    for check in catalogue.checks() {
        let meta = check.meta;
        if meta.domain() != domain {
            domain = meta.domain();
            writeln!(
                out,
                "\n## {domain}\n\n| check | severity | profile | fix | what it finds |\n|---|---|---|---|---|"
            )?;
        }
        writeln!(
            out,
            "| [`{id}`](checks/{id}.md) | {} | {} | {} | {} |",
            meta.severity,
            meta.profile.letter(),
            fix(meta),
            meta.summary().replace('\n', " ").replace('|', "\\|"),
            id = meta.id,
        )?;
    }
    Ok(out)
}

fn fix(meta: &Meta) -> &'static str {
    match meta.fix {
        FixKind::None => "",
        FixKind::Safe => "safe",
        FixKind::Unsafe => "unsafe",
        FixKind::Value => "with a value",
    }
}

fn page(meta: &Meta) -> Result<String> {
    let mut out = meta.page.trim_end().to_owned();
    write!(
        out,
        "\n\n## Facts\n\n| | |\n|---|---|\n| severity | {} |\n| profile | {} |\n",
        meta.severity,
        meta.profile.letter()
    )?;
    if meta.fix != FixKind::None {
        writeln!(out, "| fix | {} |", fix(meta))?;
    }
    for pss in meta.pss {
        writeln!(out, "| Pod Security | {}, `{}`, from 1.{} |", pss.level.as_str(), pss.check, pss.since)?;
    }
    if !meta.tags.is_empty() {
        writeln!(out, "| tags | {} |", meta.tags.join(", "))?;
    }
    for (tool, id) in peers::names_of(meta.id) {
        writeln!(out, "| {tool} | `{id}` |")?;
    }
    for param in meta.params {
        writeln!(out, "| parameter `{}` | {} |", param.name, param.doc.replace('|', "\\|"))?;
    }
    writeln!(out, "| since | {} |", meta.since)?;
    Ok(out)
}

fn cli() -> Result<String> {
    let mut out = String::from("# Command line\n\nWritten by `cargo xtask docs` from the program itself.\n");
    let mut command = Arguments::command().term_width(100);
    command.build();
    let mut pending = vec![command];
    while let Some(mut command) = pending.pop() {
        let name = command.get_bin_name().unwrap_or("ironclad").to_owned();
        let help = command.render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(out, "\n## {name}\n\n```\n{}\n```\n", help.join("\n").trim_end())?;
        let mut below: Vec<_> = command.get_subcommands().cloned().collect();
        below.reverse();
        pending.extend(below);
    }
    Ok(out)
}

fn man_pages() -> Result<Vec<(PathBuf, String)>> {
    let mut command = Arguments::command();
    command.build();
    let mut pages = Vec::new();
    let mut pending = vec![command];
    while let Some(command) = pending.pop() {
        let name = command.get_bin_name().unwrap_or("ironclad").replace(' ', "-");
        let mut text = Vec::new();
        clap_mangen::Man::new(command.clone()).date("").render(&mut text)?;
        pages.push((PathBuf::from(format!("docs/man/{name}.1")), String::from_utf8(text)?));
        pending.extend(command.get_subcommands().cloned());
    }
    Ok(pages)
}
