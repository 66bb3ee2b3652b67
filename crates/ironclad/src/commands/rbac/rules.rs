//! `ironclad rbac rules`: what a user may do, each rule with the way he comes by it; or every subject of a pattern.

use super::lookup::regex;
use super::question;
use super::session::{From, Session, Setting, from};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::rbac::Rules;
use crate::exit::Exit;
use ironclad_authz::{Grant, MASTERS, PolicyRule, User};
use serde_json::{Value, json};

/// Lists.
pub(crate) fn run(arguments: &Rules, global: &Global) -> anyhow::Result<Exit> {
    let formats = ["table", "wide", "json", "yaml", "csv", "markdown", "sarif"];
    let target = show::target(&arguments.output, &formats)?;
    let named = question::user(&arguments.who, arguments.scope.namespace.as_deref())?;
    let pattern = arguments.regex.as_deref().map(regex).transpose()?;
    let from = from(&arguments.input, &arguments.paths, "`ironclad rbac rules --as alice rbac/`")?;
    // In files nobody asks: every subject is shown, as `rbac-tool policy-rules` does.
    let everybody = named.is_none() && pattern.is_none() && matches!(from, From::Paths(_));
    let pattern = if everybody { Some(regex("")?) } else { pattern };
    let mut setting = Setting::of(&arguments.scope);
    setting.asked.narrow &= pattern.is_none();
    let session = Session::open(&arguments.input, &from, setting, global)?;
    let world = &session.world;
    let user = match &pattern {
        Some(_) => User::default(),
        None => session.me(named)?,
    };
    let grants = match &pattern {
        Some(pattern) => {
            let own = world.subjects().iter().filter(|id| pattern.is_match(&world.subject_label(**id)));
            let space = arguments.scope.namespace.as_deref();
            let held = |grant: &Grant| {
                let place = world.binding_namespace(grant.proof.binding);
                place.is_empty() || space.is_none_or(|space| space == place)
            };
            own.flat_map(|id| world.grants_of(*id)).filter(held).collect()
        }
        None => grants(&session, &user, arguments.scope.all_namespaces),
    };
    if target.format == "sarif" {
        target.write(&show::json(&sarif(&session, &grants)))?;
        return Ok(session.exit(Exit::Clean));
    }
    let sheet = sheet(&session, &grants, pattern.is_some(), target.format != "table");
    let mut value = json!({
        "user": user.name,
        "groups": user.groups,
        "everything": user.is_in(MASTERS),
        "rules": grants.iter().map(|grant| session.proof_json(&grant.proof)).collect::<Vec<_>>(),
    });
    if !session.unseen().is_empty() {
        value["incomplete"] = json!(session.unseen());
    }
    if user.is_in(MASTERS) {
        crate::output::note(&format!("a member of {MASTERS} is allowed everything before any authorizer is asked"));
    }
    target.show(&sheet, &value, "no rule holds for them")?;
    Ok(session.exit(Exit::Clean))
}

/// The rules that hold for a user, in the namespace of the question or in all.
fn grants(session: &Session, user: &User, everywhere: bool) -> Vec<Grant> {
    let world = &session.world;
    if !everywhere {
        return world.rules_for(user, &session.namespace);
    }
    let mut spaces: Vec<&str> = world.binding_ids().map(|id| world.binding_namespace(id)).collect();
    spaces.push("");
    spaces.sort_unstable();
    spaces.dedup();
    let mut grants: Vec<Grant> = spaces.into_iter().flat_map(|space| world.rules_for(user, space)).collect();
    grants.sort_by_cached_key(|grant| (world.binding_label(grant.proof.binding), grant.proof.rule));
    grants.dedup();
    grants
}

/// What a rule is about: resources, or paths.
fn about(rule: &PolicyRule) -> String {
    let texts = if rule.resources.is_empty() { &rule.non_resource_urls } else { &rule.resources };
    list(texts)
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| if text.is_empty() { "\"\"" } else { text }).collect::<Vec<_>>().join(",")
}

fn sheet(session: &Session, grants: &[Grant], subjects: bool, wide: bool) -> Sheet {
    let world = &session.world;
    let mut columns = if subjects { vec!["SUBJECT"] } else { Vec::new() };
    columns.extend(["VERBS", "RESOURCES", "GROUPS", "NAMES", "SCOPE"]);
    if wide {
        columns.extend(["VIA", "LOCATION"]);
    }
    let mut sheet = Sheet::new(&columns);
    for Grant { proof, rule } in grants {
        let place = world.binding_namespace(proof.binding);
        let scope = if place.is_empty() { "cluster-wide" } else { place };
        let groups =
            rule.api_groups.iter().map(|g| if g.is_empty() { "core" } else { g }).collect::<Vec<_>>().join(",");
        let mut row = if subjects { vec![world.subject_label(proof.subject)] } else { Vec::new() };
        row.extend([list(&rule.verbs), about(rule), groups, list(&rule.resource_names), scope.to_owned()]);
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
    sheet
}

/// SARIF 2.1.0: each rule as a result of the kind `informational`, at its line where it has one. For reviews of a change:
/// a viewer shows beside a role who holds it.
fn sarif(session: &Session, grants: &[Grant]) -> Value {
    let world = &session.world;
    let results = grants.iter().map(|Grant { proof, rule }| {
        let place = world.binding_namespace(proof.binding);
        let scope = if place.is_empty() { "cluster-wide".to_owned() } else { format!("in namespace \"{place}\"") };
        let text = format!(
            "{} may {rule} {scope} ({} ← {})",
            world.subject_label(proof.subject),
            world.role_label(proof.role),
            world.binding_label(proof.binding)
        );
        let at = session.rule_place(proof.role, proof.rule);
        let location = at.map(|at| {
            let mut physical = json!({"artifactLocation": {"uri": at.source}});
            if let Some(line) = at.line {
                physical["region"] = json!({"startLine": line});
            }
            json!({"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": world.role_label(proof.role)}]})
        });
        json!({
            "ruleId": "right",
            "kind": "informational",
            "level": "none",
            "message": {"text": text},
            "locations": location.into_iter().collect::<Vec<_>>(),
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "ironclad", "version": env!("CARGO_PKG_VERSION"),
                "rules": [{"id": "right", "shortDescription": {"text": "a right that a role gives"}}],
            }},
            "results": results.collect::<Vec<_>>(),
        }],
    })
}
