//! `ironclad rbac can-i`: yes or no, as `kubectl auth can-i` says it, with proofs for programs; and by the thousand.

use super::decide::{Decided, Judge};
use super::live::Asked;
use super::session::{Session, Setting, from};
use super::{batch, question, show};
use crate::args::Global;
use crate::args::rbac::CanI;
use crate::exit::Exit;
use crate::output;
use ironclad_authz::{Verdict, World};
use serde_json::{Map, Value, json};

const EXAMPLE: &str = "`ironclad rbac can-i get pods --as alice rbac/`";

/// Answers.
pub(crate) fn run(arguments: &CanI, global: &Global) -> anyhow::Result<Exit> {
    if let Some(file) = &arguments.requests {
        let who = &arguments.who;
        let asked = who.user.is_some() || who.service_account.is_some() || !who.groups.is_empty();
        batch::no_other_question(asked || arguments.what.name.is_some() || arguments.what.subresource.is_some())?;
        let example = "`ironclad rbac can-i --requests reviews.jsonl rbac/`";
        let from = from(&arguments.input, &arguments.operands, example)?;
        // Any line may ask for any namespace, and for a node.
        let asked = Asked { nodes: true, ..Asked::default() };
        let namespace = arguments.scope.namespace.as_deref();
        let setting = Setting { namespace, asked, policies: true, ..Setting::default() };
        let session = Session::open(&arguments.input, &from, setting, global)?;
        let chain = question::chain(&session, &arguments.authorizers, arguments.input.assume_defaults)?;
        let judge = Judge::new(&session, &arguments.authorizers, chain)?;
        let complete = batch::answer(file, |line| {
            let (user, request) = (batch::user(line)?, batch::request(line)?);
            let decided = judge.decide(&user, &request).map_err(|error| error.to_string())?;
            Ok(keys(&session.world, &decided))
        })?;
        return Ok(session.exit(if complete { Exit::Clean } else { Exit::Incomplete }));
    }
    let mut target = show::target(&arguments.output, &["table", "wide", "json", "yaml"])?;
    let wide = target.is_wide();
    let operands = question::split(&arguments.input, &arguments.operands, EXAMPLE)?;
    let what = operands.what(&arguments.what)?;
    let named = question::user(&arguments.who, arguments.scope.namespace.as_deref())?;
    let setting = Setting::of_user(&arguments.scope, named.as_ref());
    let session = Session::open(&arguments.input, &operands.from, setting, global)?;
    let user = session.me(named)?;
    let asked = question::question(&session, operands.verb, operands.resource, &what, &arguments.scope)?;
    let chain = question::chain(&session, &arguments.authorizers, arguments.input.assume_defaults)?;
    let decided = Judge::new(&session, &arguments.authorizers, chain)?.decide(&user, &asked.request)?;
    let verdict = decided.verdict();
    let text = match &verdict {
        Verdict::Allow => {
            let proof = decided.own.rbac.as_ref().filter(|rbac| rbac.allowed).and_then(|rbac| rbac.proofs.first());
            if let Some(proof) = proof.filter(|_| wide || global.verbose > 0) {
                format!("yes\n{}", session.proof_text(proof, "  "))
            } else {
                "yes\n".to_owned()
            }
        }
        Verdict::Unknown(why) => format!("unknown: {why}\n"),
        Verdict::Deny | Verdict::NoOpinion => "no\n".to_owned(),
        _ => "unknown\n".to_owned(),
    };
    let exit = match &verdict {
        Verdict::Allow => Exit::Clean,
        Verdict::Deny | Verdict::NoOpinion => Exit::Findings,
        _ => Exit::Incomplete,
    };
    if target.format == "table" {
        if !global.quiet {
            target.write(&text)?;
        }
        if exit == Exit::Findings && !global.quiet {
            output::note(&format!("{} may not {}; `ironclad rbac why` says what is missing", user.name, asked.words));
        }
        if let Some(words) = decided.contradiction() {
            output::note(&format!("note: {words}"));
        }
    } else {
        let mut value = keys(&session.world, &decided);
        value.insert("user".to_owned(), json!(user.name));
        value.insert("groups".to_owned(), json!(user.groups));
        value.insert("question".to_owned(), json!(asked.words));
        let proofs = decided.own.rbac.iter().flat_map(|rbac| &rbac.proofs);
        value.insert("proofs".to_owned(), proofs.map(|proof| session.proof_json(proof)).collect());
        target.show(&show::Sheet::default(), &Value::Object(value), "")?;
    }
    Ok(session.exit(exit))
}

/// `allowed` and `via`, and what else a program may want to know of the verdict.
fn keys(world: &World, decided: &Decided) -> Map<String, Value> {
    let verdict = decided.verdict();
    let allowed = verdict == Verdict::Allow;
    let rbac = decided.own.rbac.as_ref().filter(|rbac| rbac.allowed);
    let via = match rbac {
        Some(decision) => decision.via(world),
        None if allowed && decided.own.verdict != Verdict::Allow => vec!["authorizer/cluster".to_owned()],
        None if allowed => vec![format!("authorizer/{}", decided.own.by)],
        None => Vec::new(),
    };
    let mut keys = Map::new();
    keys.insert("allowed".to_owned(), json!(allowed));
    keys.insert("via".to_owned(), json!(via));
    match &verdict {
        Verdict::Unknown(why) => {
            keys.insert("verdict".to_owned(), json!("unknown"));
            keys.insert("reason".to_owned(), json!(why));
        }
        Verdict::Deny => {
            keys.insert("verdict".to_owned(), json!("deny"));
        }
        _ => {}
    }
    decided.server_json(&mut keys);
    keys
}
