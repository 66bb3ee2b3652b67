//! `who-can --escalated`: who could come to a right, by which steps, each with its proof.

use super::session::Session;
use super::show::Sheet;
use ironclad_authz::{Climb, Proof, Request, Step, Surroundings, Target};
use ironclad_model::Kind;
use ironclad_pod::service_account;
use ironclad_views::{WorkloadKinds, pods};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who could, in the namespace of the request or, `everywhere`, in any.
pub(crate) fn climbs(session: &Session, request: &Request, everywhere: bool) -> Vec<Climb> {
    // Who acts as another has none of the other's access policies of EKS: steps are those of roles and bindings.
    let alone = session.of_rbac_alone();
    let world = alone.as_ref().unwrap_or(&session.world);
    let mut requests = vec![request.clone()];
    if everywhere {
        let spaces: BTreeSet<&str> = world.binding_ids().map(|id| world.binding_namespace(id)).collect();
        requests.extend(spaces.into_iter().filter(|s| !s.is_empty()).map(|space| request.clone().within(space)));
    }
    let mut start: Vec<_> = requests.iter().flat_map(|request| world.who_can(request).subjects).collect();
    start.sort_unstable();
    start.dedup();
    let mut climbs = world.who_could(&start, &requests, &surroundings(session));
    if alone.is_some() {
        let may: BTreeSet<_> = requests.iter().flat_map(|request| session.world.who_can(request).subjects).collect();
        climbs.retain(|climb| !may.contains(&climb.who));
    }
    climbs
}

/// The pods and the Secrets with tokens, as far as the input has them.
fn surroundings(session: &Session) -> Surroundings {
    let mut running: Option<BTreeSet<(String, String)>> = None;
    let kinds = WorkloadKinds::default();
    for object in session.snapshot.objects() {
        for pod in pods(object, &kinds).iter() {
            let namespace = object.namespace().unwrap_or(&session.namespace).to_owned();
            running.get_or_insert_default().insert((namespace, service_account(pod).name.to_owned()));
        }
    }
    // A cluster that showed its pods, and has none, runs nothing.
    if session.live && session.connection().is_some() && session.unseen().is_empty() {
        running.get_or_insert_default();
    }
    let tokens = session.snapshot.of_kind(Kind::SECRET).into_iter().filter_map(|secret| {
        let account = secret.annotation("kubernetes.io/service-account.name")?;
        let namespace = secret.namespace().unwrap_or(&session.namespace);
        Some((namespace.to_owned(), account.to_owned(), secret.name().to_owned()))
    });
    Surroundings { running, tokens: tokens.collect(), version: session.version }
}

/// A row for each, in the columns of the sheet.
pub(crate) fn rows(session: &Session, climbs: &[Climb], sheet: &mut Sheet) {
    for climb in climbs {
        let how: Vec<String> = climb.steps.iter().map(words).collect();
        let mut row = vec![session.world.subject_label(climb.who), "by escalation".to_owned(), how.join(", then ")];
        if sheet.columns.len() > 3 {
            let proofs: Vec<Proof> = climb.steps.iter().flat_map(|step| proofs(session, step)).collect();
            let list = |of: &dyn Fn(&Proof) -> String| {
                let mut texts: Vec<String> = proofs.iter().map(of).collect();
                texts.dedup();
                texts.join("; ")
            };
            row.push(list(&|proof| session.world.binding_label(proof.binding)));
            row.push(list(&|proof| session.world.rule_of(proof.role, proof.rule).to_string()));
            row.push(list(&|proof| {
                let at = session.rule_place(proof.role, proof.rule);
                at.map_or_else(|| "built in".to_owned(), |at| at.to_string())
            }));
        }
        sheet.push(row);
    }
}

/// `starts a Pod that runs as ServiceAccount:shop/admin`
fn words(step: &Step) -> String {
    match &step.becomes {
        Some(becomes) => format!("{} {becomes}", step.way),
        None => step.way.to_string(),
    }
}

/// One proof for each request of a step. A member of `system:masters` needs none.
fn proofs(session: &Session, step: &Step) -> Vec<Proof> {
    let first = |request: &Request| session.world.decide(&step.actor, request).proofs.first().copied();
    step.requests.iter().filter_map(first).collect()
}

/// For programs.
pub(crate) fn value(session: &Session, climbs: &[Climb]) -> Value {
    let step = |step: &Step| {
        json!({
            "does": words(step),
            "becomes": step.becomes,
            "takes": step.requests.iter().map(asked).collect::<Vec<_>>(),
            "proofs": proofs(session, step).iter().map(|proof| session.proof_json(proof)).collect::<Vec<_>>(),
        })
    };
    let climbs = climbs.iter().map(|climb| {
        let steps: Vec<Value> = climb.steps.iter().map(step).collect();
        json!({"subject": session.world.subject_label(climb.who), "steps": steps})
    });
    climbs.collect()
}

/// `create pods in namespace "shop"`
fn asked(request: &Request) -> String {
    match &request.target {
        Target::Path(path) => format!("{} {path}", request.verb),
        Target::Resource { group, resource, subresource, name, namespace } => {
            let mut words = format!("{} {resource}", request.verb);
            for (mark, part) in [("/", subresource), (".", group)] {
                if !part.is_empty() {
                    words.push_str(&format!("{mark}{part}"));
                }
            }
            if !name.is_empty() {
                words.push_str(&format!(" \"{name}\""));
            }
            if !namespace.is_empty() {
                words.push_str(&format!(" in namespace \"{namespace}\""));
            }
            words
        }
    }
}
