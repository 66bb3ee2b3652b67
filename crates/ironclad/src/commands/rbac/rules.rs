//! `ironclad rbac rules`: what a user may do, each rule with the way he comes by it.

use super::question;
use super::session::{Session, Setting, paths};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::rbac::Rules;
use crate::exit::Exit;
use ironclad_authz::{Grant, MASTERS};
use serde_json::json;

/// Lists.
pub(crate) fn run(arguments: &Rules, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["table", "wide", "json", "yaml", "csv", "markdown"])?;
    let user = question::user(&arguments.who)?;
    let paths = paths(&arguments.paths, "`ironclad rbac rules --as alice rbac/`")?;
    let namespace = arguments.scope.namespace.as_deref().unwrap_or("default");
    let session = Session::open(&arguments.input, &paths, Setting { namespace, empty: false }, global)?;
    let world = &session.world;
    let mut grants: Vec<Grant> = Vec::new();
    if arguments.scope.all_namespaces {
        let mut spaces: Vec<&str> = world.binding_ids().map(|id| world.binding_namespace(id)).collect();
        spaces.push("");
        spaces.sort_unstable();
        spaces.dedup();
        for space in spaces {
            grants.extend(world.rules_for(&user, space));
        }
        grants.sort_by_cached_key(|grant| (world.binding_label(grant.proof.binding), grant.proof.rule));
        grants.dedup();
    } else {
        grants = world.rules_for(&user, namespace);
    }
    let mut columns = vec!["VERBS", "RESOURCES", "GROUPS", "NAMES", "SCOPE"];
    let wide = target.format != "table";
    if wide {
        columns.extend(["VIA", "LOCATION"]);
    }
    let mut sheet = Sheet::new(&columns);
    let list =
        |texts: &[String]| texts.iter().map(|t| if t.is_empty() { "\"\"" } else { t }).collect::<Vec<_>>().join(",");
    for Grant { proof, rule } in &grants {
        let place = world.binding_namespace(proof.binding);
        let what = if rule.resources.is_empty() { list(&rule.non_resource_urls) } else { list(&rule.resources) };
        let scope = if place.is_empty() { "cluster-wide" } else { place };
        let groups =
            rule.api_groups.iter().map(|g| if g.is_empty() { "core" } else { g }).collect::<Vec<_>>().join(",");
        let mut row = vec![list(&rule.verbs), what, groups, list(&rule.resource_names), scope.to_owned()];
        if wide {
            row.push(format!("{} ← {}", world.role_label(proof.role), world.binding_label(proof.binding)));
            let at = session.rule_place(proof.role, proof.rule);
            row.push(at.map_or_else(|| "built in".to_owned(), |at| at.to_string()));
        }
        sheet.push(row);
    }
    if !wide {
        let mut seen = std::collections::BTreeSet::new();
        sheet.rows.retain(|row| seen.insert(row.clone()));
    }
    let value = json!({
        "user": user.name,
        "groups": user.groups,
        "everything": user.is_in(MASTERS),
        "rules": grants.iter().map(|grant| session.proof_json(&grant.proof)).collect::<Vec<_>>(),
    });
    if user.is_in(MASTERS) {
        crate::output::note(&format!("a member of {MASTERS} is allowed everything before any authorizer is asked"));
    }
    target.show(&sheet, &value, "no rule holds for them")?;
    Ok(session.exit(Exit::Clean))
}
