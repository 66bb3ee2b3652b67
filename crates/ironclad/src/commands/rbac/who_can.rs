//! `ironclad rbac who-can`: every subject that may make a request, with its proofs; and by the thousand.

use super::session::{Session, Setting, from};
use super::show::{self, Sheet};
use super::{batch, escalated, question};
use crate::args::Global;
use crate::args::rbac::WhoCan;
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_authz::{MASTERS, Proof, Request, SubjectKind, User, World};
use ironclad_model::Kind;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Lists.
pub(crate) fn run(arguments: &WhoCan, global: &Global) -> anyhow::Result<Exit> {
    if let Some(file) = &arguments.requests {
        batch::no_other_question(arguments.what.name.is_some() || arguments.what.subresource.is_some())?;
        let example = "`ironclad rbac who-can --requests questions.jsonl rbac/`";
        let from = from(&arguments.input, &arguments.operands, example)?;
        let namespace = arguments.scope.namespace.as_deref();
        let setting = Setting { namespace, policies: true, ..Setting::default() };
        let session = Session::open(&arguments.input, &from, setting, global)?;
        let complete = batch::answer(file, |line| {
            let request = batch::request(line)?;
            let mut keys = Map::new();
            let (subjects, proofs) = answer(&session, &request);
            keys.insert("subjects".to_owned(), json!(subjects));
            let proofs: Vec<Value> = proofs.iter().map(|proof| session.proof_json(proof)).collect();
            keys.insert("proofs".to_owned(), json!(proofs));
            Ok(keys)
        })?;
        return Ok(session.exit(if complete { Exit::Clean } else { Exit::Incomplete }));
    }
    let target = show::target(&arguments.output, &["table", "wide", "json", "yaml", "csv", "markdown"])?;
    let example = "`ironclad rbac who-can get secrets -n shop rbac/`";
    are_labels(&arguments.expect)?;
    let operands = question::split(&arguments.input, &arguments.operands, example)?;
    let what = operands.what(&arguments.what)?;
    let mut setting = Setting::of(&arguments.scope);
    if arguments.through_groups {
        setting.asked.needed = &[Kind::SERVICE_ACCOUNT];
    }
    if arguments.escalated {
        // Steps lead through any namespace, and through pods.
        setting.asked.narrow = false;
        setting.asked.needed =
            if arguments.through_groups { &[Kind::SERVICE_ACCOUNT, Kind::POD] } else { &[Kind::POD] };
    }
    let session = Session::open(&arguments.input, &operands.from, setting, global)?;
    let asked = question::question(&session, operands.verb, operands.resource, &what, &arguments.scope)?;
    if arguments.escalated && session.policies.are_known() && !global.quiet {
        output::note("note: steps that somebody takes by an access policy of EKS are not followed");
    }
    // What has no namespace is asked for without one, and RoleBindings never grant it.
    let (subjects, proofs) = match arguments.scope.all_namespaces && asked.namespaced {
        true => everywhere(&session, &asked.request),
        false => answer(&session, &asked.request),
    };
    let members = if arguments.through_groups { members(&session, &asked.request) } else { BTreeMap::new() };
    let mut sheet = sheet(&session, &subjects, &proofs, &members, target.format != "table");
    let climbs = match arguments.escalated {
        true => escalated::climbs(&session, &asked.request, arguments.scope.all_namespaces && asked.namespaced),
        false => Vec::new(),
    };
    escalated::rows(&session, &climbs, &mut sheet);
    let mut value = json!({
        "question": asked.words,
        "subjects": subjects,
        "proofs": proofs.iter().map(|proof| session.proof_json(proof)).collect::<Vec<_>>(),
    });
    if !session.unseen().is_empty() {
        value["incomplete"] = json!(session.unseen());
    }
    if let Some(others) = session.others() {
        value["otherAuthorizers"] = json!(others);
        if !global.quiet {
            output::note(&format!("note: {others}: it may allow it to others"));
        }
    }
    if arguments.through_groups {
        value["throughGroups"] = json!(members);
    }
    if arguments.escalated {
        value["escalated"] = escalated::value(&session, &climbs);
    }
    if target.format == "table" && !global.quiet {
        output::note(&format!("who may {}:", asked.words));
    }
    let (unexpected, missing) = unlike(&subjects, &arguments.expect);
    if !arguments.expect.is_empty() {
        value["unexpected"] = json!(unexpected);
        value["missing"] = json!(missing);
    }
    target.show(&sheet, &value, "nobody")?;
    if arguments.expect.is_empty() || unexpected.is_empty() && missing.is_empty() {
        return Ok(session.exit(Exit::Clean));
    }
    for (words, labels) in [("may, and is not expected to", &unexpected), ("is expected to, and may not", &missing)] {
        for label in labels {
            output::note(&format!("{label} {words}"));
        }
    }
    Ok(session.exit(Exit::Findings))
}

/// Who may and is not expected to, and the reverse. Members of `system:masters` always may: to name them is free.
fn unlike(subjects: &[String], expected: &[String]) -> (Vec<String>, Vec<String>) {
    let masters = format!("Group:{MASTERS}");
    let without = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|label| **label != masters && !those.contains(label)).cloned().collect()
    };
    (without(subjects, expected), without(expected, subjects))
}

/// Labels that subjects can have.
fn are_labels(expected: &[String]) -> anyhow::Result<()> {
    let is_one = |label: &String| match label.split_once(':') {
        Some(("User" | "Group", name)) => !name.is_empty(),
        Some(("ServiceAccount", name)) => name.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()),
        _ => false,
    };
    match expected.iter().find(|label| !is_one(label)) {
        Some(label) => Err(user_error(
            format!("`{label}` is not a subject"),
            "write User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME".to_owned(),
        )),
        None => Ok(()),
    }
}

/// Labels of the subjects, and the proofs in their order.
fn answer(session: &Session, request: &Request) -> (Vec<String>, Vec<Proof>) {
    let who = session.world.who_can(request);
    let proofs = who.subjects.iter().flat_map(|subject| session.world.proofs_for(&who, *subject, request)).collect();
    let mut labels = who.labels(&session.world);
    labels.extend(session.policies.unindexed(request));
    labels.sort();
    labels.dedup();
    (labels, proofs)
}

/// In every namespace at once: cluster-wide, and in each namespace that has bindings.
fn everywhere(session: &Session, request: &Request) -> (Vec<String>, Vec<Proof>) {
    let world = &session.world;
    let (mut subjects, mut proofs) = answer(session, request);
    let mut spaces: Vec<&str> = world.binding_ids().map(|id| world.binding_namespace(id)).collect();
    spaces.sort_unstable();
    spaces.dedup();
    for space in spaces.into_iter().filter(|space| !space.is_empty()) {
        let (more, reasons) = answer(session, &request.clone().within(space));
        subjects.extend(more);
        proofs.extend(reasons);
    }
    subjects.sort();
    subjects.dedup();
    proofs.sort_by_cached_key(|proof| {
        (world.subject_label(proof.subject), world.binding_label(proof.binding), proof.rule)
    });
    proofs.dedup();
    (subjects, proofs)
}

/// ServiceAccounts and users that the input knows and that may through a group: label → groups.
fn members(session: &Session, request: &Request) -> BTreeMap<String, Vec<String>> {
    let world = &session.world;
    let mut known: BTreeMap<String, User> = BTreeMap::new();
    for account in session.snapshot.of_kind(Kind::SERVICE_ACCOUNT) {
        let namespace = account.namespace().unwrap_or("default");
        let label = format!("ServiceAccount:{namespace}/{}", account.name());
        known.insert(label, User::service_account(namespace, account.name()));
    }
    for subject in world.subject_ids().filter(|id| world.subject(*id).kind() != SubjectKind::Group) {
        known.insert(world.subject_label(subject), User::implied(world.principal(subject), &[]));
    }
    let mut found = BTreeMap::new();
    for (label, user) in known {
        let mut groups: Vec<String> = world
            .decide(&user, request)
            .proofs
            .iter()
            .filter(|proof| world.subject(proof.subject).kind() == SubjectKind::Group)
            .map(|proof| world.subject_label(proof.subject))
            .collect();
        groups.sort();
        groups.dedup();
        if !groups.is_empty() {
            found.insert(label, groups);
        }
    }
    found
}

fn sheet(
    session: &Session,
    subjects: &[String],
    proofs: &[Proof],
    members: &BTreeMap<String, Vec<String>>,
    wide: bool,
) -> Sheet {
    let world: &World = &session.world;
    let mut columns = vec!["SUBJECT", "SCOPE", "ROLE"];
    if wide {
        columns.extend(["BINDING", "RULE", "LOCATION"]);
    }
    let mut sheet = Sheet::new(&columns);
    for label in subjects {
        let own: Vec<&Proof> = proofs.iter().filter(|proof| world.subject_label(proof.subject) == *label).collect();
        if own.is_empty() && *label == format!("Group:{MASTERS}") {
            let row = [label.as_str(), "cluster-wide", "(always allowed)", "", "", ""];
            sheet.push(row.into_iter().take(columns.len()));
        } else if own.is_empty() {
            // By a pattern of namespaces that means one which nothing else names.
            let row = [label.as_str(), "", "(an access policy of EKS)", "", "", ""];
            sheet.push(row.into_iter().take(columns.len()));
        }
        let mut last = None;
        for proof in own {
            let namespace = world.binding_namespace(proof.binding);
            let scope = if namespace.is_empty() { "cluster-wide" } else { namespace };
            let mut row = vec![label.clone(), scope.to_owned(), world.role_label(proof.role)];
            if wide {
                row.push(world.binding_label(proof.binding));
                row.push(world.rule_of(proof.role, proof.rule).to_string());
                let at = session.rule_place(proof.role, proof.rule);
                row.push(at.map_or_else(|| "built in".to_owned(), |at| at.to_string()));
            }
            if last.as_ref() != Some(&row) {
                sheet.push(row.clone());
            }
            last = Some(row);
        }
    }
    for (label, groups) in members {
        let mut row = vec![label.clone(), String::new(), format!("through {}", groups.join(", "))];
        row.resize(columns.len(), String::new());
        sheet.push(row);
    }
    sheet
}
