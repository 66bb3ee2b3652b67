//! `ironclad rbac why`: every way in which a request is granted; where there is none, what comes nearest.

use super::decide::Judge;
use super::session::{Session, Setting};
use super::{question, show};
use crate::args::Global;
use crate::args::rbac::Why;
use crate::exit::Exit;
use ironclad_authz::{MASTERS, Miss, Reason, SubjectKind, User, Verdict};
use serde_json::{Value, json};

/// Most misses that are shown.
const MOST: usize = 8;

/// Answers.
pub(crate) fn run(arguments: &Why, global: &Global) -> anyhow::Result<Exit> {
    let mut target = show::target(&arguments.output, &["table", "wide", "json", "yaml"])?;
    target.is_wide();
    let example = "`ironclad rbac why get pods --as alice rbac/`";
    let operands = question::split(&arguments.input, &arguments.operands, example)?;
    let what = operands.what(&arguments.what)?;
    let named = question::user(&arguments.who, arguments.scope.namespace.as_deref())?;
    let mut setting = Setting::of_user(&arguments.scope, named.as_ref());
    // What holds in another namespace is the nearest miss.
    setting.asked.narrow = false;
    let session = Session::open(&arguments.input, &operands.from, setting, global)?;
    let user = session.me(named)?;
    let asked = question::question(&session, operands.verb, operands.resource, &what, &arguments.scope)?;
    let chain = question::chain(&session, &arguments.authorizers, arguments.input.assume_defaults)?;
    let decided = Judge::new(&session, &arguments.authorizers, chain)?.decide(&user, &asked.request)?;
    let final_verdict = decided.verdict();
    let allowed = final_verdict == Verdict::Allow;
    let proofs = decided.own.rbac.as_ref().map(|rbac| rbac.proofs.clone()).unwrap_or_default();
    let misses = if allowed { Vec::new() } else { session.world.misses(&user, &asked.request, MOST) };
    let verdict = match &final_verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::NoOpinion => "no opinion",
        _ => "unknown",
    };
    let mut text = String::new();
    let may = if allowed { "may" } else { "may not" };
    match &final_verdict {
        Verdict::Unknown(why) => {
            text.push_str(&format!("it cannot be told whether {} may {}: {why}\n", name(&user), asked.words))
        }
        _ => text.push_str(&format!("{} {may} {}\n", name(&user), asked.words)),
    }
    if user.is_in(MASTERS) {
        text.push_str(&format!("\n  a member of {MASTERS} is allowed everything before any authorizer is asked\n"));
    } else if allowed && proofs.is_empty() {
        text.push_str(&format!(
            "\n  allowed by {}\n",
            if decided.own.by.is_empty() { "the cluster" } else { &decided.own.by }
        ));
    }
    if let Some(words) = decided.contradiction() {
        text.push_str(&format!("\n  {words}\n"));
    }
    for proof in &proofs {
        text.push('\n');
        text.push_str(&session.proof_text(proof, "  "));
        text.push_str(&format!("  {}\n", session.world.reason(proof)));
    }
    if !allowed {
        text.push_str(if misses.is_empty() {
            "\nnothing comes near: no binding of theirs has a rule like it\n"
        } else {
            "\nnearest:\n"
        });
        for miss in &misses {
            text.push_str(&format!("\n  {}\n", words(&session, miss)));
            let place = miss.role.zip(miss.rule).and_then(|(role, rule)| session.rule_place(role, rule));
            for place in place.into_iter().chain(session.binding_place(miss.binding)) {
                text.push_str(&format!("    at {place}\n"));
            }
        }
        if !session.world.invalid().is_empty() {
            text.push_str("\nobjects that the API server refuses grant nothing; see the warnings above\n");
        }
    }
    let mut value = json!({
        "user": user.name,
        "groups": user.groups,
        "question": asked.words,
        "verdict": verdict,
        "by": decided.own.by,
        "unknown": match &final_verdict { Verdict::Unknown(why) => json!(why), _ => Value::Null },
        "proofs": proofs.iter().map(|proof| session.proof_json(proof)).collect::<Vec<_>>(),
        "nearest": misses.iter().map(|miss| miss_json(&session, miss)).collect::<Vec<_>>(),
    });
    if let Value::Object(keys) = &mut value {
        decided.server_json(keys);
    }
    match target.format.as_str() {
        "table" => target.write(&text)?,
        _ => target.show(&show::Sheet::default(), &value, "")?,
    }
    let exit = match final_verdict {
        Verdict::Allow => Exit::Clean,
        Verdict::Deny | Verdict::NoOpinion => Exit::Findings,
        _ => Exit::Incomplete,
    };
    Ok(session.exit(exit))
}

fn name(user: &User) -> String {
    if user.name.is_empty() { "a user without a name".to_owned() } else { user.name.clone() }
}

fn miss_json(session: &Session, miss: &Miss) -> Value {
    let at = |place: Option<super::proof::At>| place.map(|at| at.json());
    json!({
        "binding": session.world.binding_label(miss.binding),
        "role": miss.role.map(|role| session.world.role_label(role)),
        "rule": miss.rule,
        "reason": words(session, miss),
        "location": at(miss.role.zip(miss.rule).and_then(|(role, rule)| session.rule_place(role, rule)))
            .or_else(|| at(session.binding_place(miss.binding))),
    })
}

/// One miss in a sentence.
fn words(session: &Session, miss: &Miss) -> String {
    let world = &session.world;
    let binding = world.binding_label(miss.binding);
    let subject = world.subject_label(miss.subject);
    let rule = match (miss.role, miss.rule) {
        (Some(role), Some(rule)) => format!("{} grants {}", world.role_label(role), world.rule_of(role, rule)),
        _ => String::new(),
    };
    let list = |texts: &[String]| texts.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
    match &miss.reason {
        Reason::Namespace(namespace) => format!("{rule}, but {binding} holds in namespace \"{namespace}\" only"),
        Reason::SubjectNamespace(namespace) => {
            format!("{binding} names {subject}: the ServiceAccount of that name in namespace \"{namespace}\"")
        }
        Reason::SubjectKind(kind) => {
            let hint = match kind {
                SubjectKind::Group => "a group of that name",
                SubjectKind::User => "a user of that name",
                SubjectKind::ServiceAccount => "a ServiceAccount of that name",
            };
            format!("{binding} names {subject}, {hint}, which is somebody else")
        }
        Reason::NoRole(role) => format!("{binding} refers to {role}, which does not exist"),
        Reason::Group(groups) => {
            format!("{rule}, but its `apiGroups` is {}", list(groups))
        }
        Reason::Name(names) => format!("{rule}, but only for the names {}", list(names)),
        Reason::Resource(written) => format!("{rule}, but `{written}` does not match the resource that is asked for"),
        Reason::Verb(verbs) => format!("{rule}: its verbs are {}", list(verbs)),
        Reason::Path => format!("{rule}, but a RoleBinding ({binding}) never grants a path"),
    }
}
