//! `ironclad rbac can-i`: yes or no, as `kubectl auth can-i` says it, with proofs for programs; and by the thousand.

use super::session::{Session, Setting, paths};
use super::{batch, question, show};
use crate::args::Global;
use crate::args::rbac::CanI;
use crate::exit::Exit;
use crate::output;
use ironclad_authz::{Chain, ChainDecision, Verdict, World};
use serde_json::{Map, Value, json};

const EXAMPLE: &str = "`ironclad rbac can-i get pods --as alice rbac/`";

/// Answers.
pub(crate) fn run(arguments: &CanI, global: &Global) -> anyhow::Result<Exit> {
    let namespace = arguments.scope.namespace.as_deref().unwrap_or("default");
    let setting = Setting { namespace, empty: false };
    if let Some(file) = &arguments.requests {
        let who = &arguments.who;
        let asked = who.user.is_some() || who.service_account.is_some() || !who.groups.is_empty();
        batch::no_other_question(asked || arguments.what.name.is_some() || arguments.what.subresource.is_some())?;
        let paths = paths(&arguments.operands, "`ironclad rbac can-i --requests reviews.jsonl rbac/`")?;
        let session = Session::open(&arguments.input, &paths, setting, global)?;
        let chain = question::chain(&session, &arguments.authorizers, arguments.input.assume_defaults)?;
        let complete = batch::answer(file, |line| {
            let (user, request) = (batch::user(line)?, batch::request(line)?);
            Ok(keys(&session.world, &chain.decide(&session.world, &user, &request)))
        })?;
        return Ok(session.exit(if complete { Exit::Clean } else { Exit::Incomplete }));
    }
    let target = show::target(&arguments.output, &["table", "json", "yaml"])?;
    let (verb, word, paths) = question::split(&arguments.operands, EXAMPLE)?;
    let user = question::user(&arguments.who)?;
    let session = Session::open(&arguments.input, &paths, setting, global)?;
    let asked = question::question(&session, verb, word, &arguments.what, &arguments.scope)?;
    let chain: Chain = question::chain(&session, &arguments.authorizers, arguments.input.assume_defaults)?;
    let decided = chain.decide(&session.world, &user, &asked.request);
    let text = match &decided.verdict {
        Verdict::Allow => {
            let proof = decided.rbac.as_ref().filter(|rbac| rbac.allowed).and_then(|rbac| rbac.proofs.first());
            if let Some(proof) = proof.filter(|_| global.verbose > 0) {
                format!("yes\n{}", session.proof_text(proof, "  "))
            } else {
                "yes\n".to_owned()
            }
        }
        Verdict::Unknown(why) => format!("unknown: {why}\n"),
        Verdict::Deny | Verdict::NoOpinion => "no\n".to_owned(),
        _ => "unknown\n".to_owned(),
    };
    let exit = match &decided.verdict {
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
    } else {
        let mut value = keys(&session.world, &decided);
        value.insert("user".to_owned(), json!(user.name));
        value.insert("groups".to_owned(), json!(user.groups));
        value.insert("question".to_owned(), json!(asked.words));
        let proofs = decided.rbac.iter().flat_map(|rbac| &rbac.proofs);
        value.insert("proofs".to_owned(), proofs.map(|proof| session.proof_json(proof)).collect());
        target.show(&show::Sheet::default(), &Value::Object(value), "")?;
    }
    Ok(session.exit(exit))
}

/// `allowed` and `via`, and what else a program may want to know of the verdict.
fn keys(world: &World, decided: &ChainDecision) -> Map<String, Value> {
    let allowed = decided.verdict == Verdict::Allow;
    let rbac = decided.rbac.as_ref().filter(|rbac| rbac.allowed);
    let via = match rbac {
        Some(decision) => decision.via(world),
        None if allowed => vec![format!("authorizer/{}", decided.by)],
        None => Vec::new(),
    };
    let mut keys = Map::new();
    keys.insert("allowed".to_owned(), json!(allowed));
    keys.insert("via".to_owned(), json!(via));
    match &decided.verdict {
        Verdict::Unknown(why) => {
            keys.insert("verdict".to_owned(), json!("unknown"));
            keys.insert("reason".to_owned(), json!(why));
        }
        Verdict::Deny => {
            keys.insert("verdict".to_owned(), json!("deny"));
        }
        _ => {}
    }
    keys
}
