//! `ironclad checks --peer NAME`: every check of a peer, ours that correspond, whether the peer runs it by default, and
//! where the two differ.

use crate::exit::Exit;
use crate::failure::user_error;
use crate::{catalogue, output};
use anstyle::Style;
use ironclad_check::peers::{Peer, PeerParam, Row, peer, peers};
use ironclad_check::{Catalogue, suggest};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints the checks of the peer of this name.
pub(super) fn run(name: &str, format: &str) -> anyhow::Result<Exit> {
    let Some(peer) = peer(name) else {
        let names: Vec<&str> = peers().iter().map(|peer| peer.name).collect();
        let help = match suggest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", names.join(", ")),
        };
        return Err(user_error(format!("no peer is called `{name}`"), help));
    };
    let catalogue = catalogue();
    match format {
        "table" | "pretty" => output::print(&table(peer, &catalogue)?)?,
        "json" => {
            let rows: Vec<Value> = peer.rows.iter().map(|row| describe(row, &catalogue)).collect();
            let all = json!({
                "peer": peer.name,
                "title": peer.title,
                "source": peer.source,
                "version": peer.version,
                "profiles": peer.profiles.iter().map(|(profile, set)| json!({"profile": profile, "set": set})).collect::<Vec<_>>(),
                "checks": rows,
            });
            output::print_raw(format!("{}\n", serde_json::to_string_pretty(&all)?).as_bytes())?;
        }
        other => {
            return Err(user_error(format!("`{other}` is not a format of this command"), "table or json".to_owned()));
        }
    }
    Ok(Exit::Clean)
}

/// Ours that this build has.
fn ours(row: &Row, catalogue: &Catalogue) -> Vec<&'static str> {
    row.ours.iter().copied().filter(|id| catalogue.get(id).is_some()).collect()
}

fn param_words(param: &PeerParam) -> String {
    let name = param.check.rsplit('/').next().unwrap_or(param.check);
    format!("{name} {}={}", param.name, param.value)
}

fn table(peer: &Peer, catalogue: &Catalogue) -> anyhow::Result<String> {
    let widest = peer.rows.iter().map(|row| row.id.len()).max().unwrap_or_default();
    let mut out = String::new();
    let dim = Style::new().dimmed();
    for row in &peer.rows {
        let ours = ours(row, catalogue);
        let mut notes: Vec<String> = row.params.iter().map(param_words).collect();
        notes.extend((!row.note.is_empty()).then(|| row.note.to_owned()));
        let ours = if ours.is_empty() { "-".to_owned() } else { ours.join(" ") };
        let notes = if notes.is_empty() { String::new() } else { format!("  {dim}({}){dim:#}", notes.join("; ")) };
        writeln!(out, "{:widest$}  {:8}  {ours}{notes}", row.id, row.sets.join(","))?;
    }
    let covered = peer.rows.iter().filter(|row| !self::ours(row, catalogue).is_empty()).count();
    writeln!(
        out,
        "\n{dim}{} of {} checks of {} have counterparts; {}{dim:#}",
        covered,
        peer.rows.len(),
        peer.title,
        match peer.profiles.as_slice() {
            [] => "no profile selects them".to_owned(),
            profiles => {
                let names: Vec<String> = profiles.iter().map(|(name, _)| format!("`--profile {name}`")).collect();
                format!("{} runs its default set", names.join(", "))
            }
        }
    )?;
    writeln!(out, "{dim}from {} at {}{dim:#}", peer.source, peer.version)?;
    Ok(out)
}

fn describe(row: &Row, catalogue: &Catalogue) -> Value {
    let params: Vec<Value> =
        row.params.iter().map(|p| json!({"check": p.check, "name": p.name, "value": p.value})).collect();
    json!({
        "id": row.id,
        "also": row.also,
        "sets": row.sets,
        "ours": ours(row, catalogue),
        "params": params,
        "difference": (!row.note.is_empty()).then_some(row.note),
    })
}
