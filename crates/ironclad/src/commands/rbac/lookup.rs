//! `ironclad rbac lookup`: the roles of subjects. A subject is its kind and name: a user and a group of one name are two.

use super::google;
use super::live::Asked;
use super::session::{From, Session, Setting, from, is_path};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::rbac::Lookup;
use crate::exit::Exit;
use crate::failure::user_error;
use ironclad_authz::{BindingId, SubjectId, SubjectKind, User};
use ironclad_model::{Kind, Object};
use ironclad_rbac::EksRight;
use regex::Regex;
use serde_json::json;

const EXAMPLE: &str = "`ironclad rbac lookup alice rbac/`";

/// Which subjects.
enum Pattern {
    All,
    Part(String),
    Whole(String),
    Regex(Regex),
}

/// Lists.
pub(crate) fn run(arguments: &Lookup, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["table", "wide", "json", "yaml", "csv", "markdown"])?;
    let (pattern, operands) = split(arguments)?;
    // Google's policies alone are an answer, too.
    let only_google = operands.is_empty() && !arguments.gke_policy.is_empty() && !arguments.input.cluster.is_asked();
    let from = if only_google { From::Paths(Vec::new()) } else { from(&arguments.input, &operands, EXAMPLE)? };
    let pattern = compile(arguments, pattern)?;
    let kind = arguments.kind.as_deref().map(subject_kind).transpose()?;
    let namespace = arguments.namespace.as_deref();
    let asked = Asked { narrow: namespace.is_some(), ..Asked::default() };
    let setting = Setting { namespace, empty: only_google, asked, ..Setting::default() };
    let session = Session::open(&arguments.input, &from, setting, global)?;
    let world = &session.world;
    let mut columns = vec!["SUBJECT", "SCOPE", "ROLE"];
    if target.format != "table" {
        columns.extend(["SOURCE", "LOCATION"]);
    }
    if arguments.effective {
        columns.push("THROUGH");
    }
    let mut sheet = Sheet::new(&columns);
    let mut values = Vec::new();
    for subject in world.subjects().iter().copied() {
        let wanted_kind = kind.is_none_or(|kind| world.subject(subject).kind() == kind);
        if !wanted_kind || !matches(&session, subject, &pattern) {
            continue;
        }
        for (binding, through) in grants(&session, subject, arguments.effective) {
            let place = world.binding_namespace(binding);
            if namespace.is_some_and(|wanted| !world.binding(binding).is_cluster() && place != wanted) {
                continue;
            }
            let shown = if target.format == "table" { short(&session, subject) } else { world.subject_label(subject) };
            let scope = if place.is_empty() { "cluster-wide" } else { place };
            let role = world.role_ref_label(binding);
            let at = session.subject_place(binding, through.unwrap_or(subject));
            let missing = world.binding(binding).role().is_none();
            let shown_role = if missing { format!("{role} (missing)") } else { role.clone() };
            let mut row = vec![shown, scope.to_owned(), shown_role];
            if target.format != "table" {
                row.push(world.binding_label(binding));
                row.push(at.as_ref().map_or_else(|| "built in".to_owned(), ToString::to_string));
            }
            if arguments.effective {
                row.push(through.map(|group| world.subject_label(group)).unwrap_or_default());
            }
            sheet.push(row);
            values.push(json!({
                "subject": world.subject_label(subject),
                "kind": world.subject(subject).kind().as_str(),
                "name": world.subject_name(subject),
                "namespace": Some(world.subject_namespace(subject)).filter(|n| !n.is_empty()),
                "scope": scope,
                "role": role,
                "roleExists": !missing,
                "binding": world.binding_label(binding),
                "through": through.map(|group| world.subject_label(group)),
                "location": at.map(|at| at.json()),
            }));
        }
    }
    let wide = target.format != "table";
    for path in &arguments.gke_policy {
        for grant in google::read(path)? {
            let label = format!("{}:{}", grant.kind.as_str(), grant.name);
            let wanted = kind.is_none_or(|kind| grant.kind == kind)
                && (matches_text(&pattern, &grant.name) || matches_text(&pattern, &label));
            if !wanted {
                continue;
            }
            let role = format!("IAM/{}", grant.role);
            let when = grant.condition.as_ref().map(|condition| format!(" (if: {condition})")).unwrap_or_default();
            let shown = if wide { label.clone() } else { grant.name.clone() };
            let mut row = vec![shown, "project-wide".to_owned(), format!("{role}{when}")];
            if wide {
                row.extend([grant.meaning.to_owned(), format!("{}:{}", path.display(), grant.line)]);
            }
            row.resize(sheet.columns.len(), String::new());
            sheet.push(row);
            values.push(json!({
                "subject": label, "kind": grant.kind.as_str(), "name": grant.name, "namespace": null,
                "scope": "project-wide", "role": role, "roleExists": true, "binding": null, "through": null,
                "meaning": grant.meaning, "condition": grant.condition,
                "location": json!({"source": path.display().to_string(), "line": grant.line}),
            }));
        }
    }
    let clouds: Vec<&Object> = session.snapshot.of_kind(Kind::OTHER).into_iter().collect();
    for EksRight { grant, object, users, rules } in ironclad_rbac::eks_rights(&clouds) {
        let name = grant.principal.unwrap_or("(a variable names it)");
        let label = format!("User:{name}");
        let mut names = [name, label.as_str()].into_iter().chain(users.iter().map(String::as_str));
        let wanted =
            kind.is_none_or(|kind| kind == SubjectKind::User) && names.any(|name| matches_text(&pattern, name));
        let place = grant.namespaces.join(",");
        // A pattern of namespaces is shown where it may fit.
        let here = |wanted: &str| grant.namespaces.iter().any(|own| *own == wanted || own.contains('*'));
        if !wanted || !place.is_empty() && namespace.is_some_and(|wanted| !here(wanted)) {
            continue;
        }
        let scope = if place.is_empty() { "cluster-wide" } else { place.as_str() };
        let role = format!("EKS/{}", grant.policy);
        let line = object.document().source().position(grant.node.span().start).line;
        let mut row = vec![if wide { label.clone() } else { name.to_owned() }, scope.to_owned(), role.clone()];
        if wide {
            row.extend(["access entry of EKS".to_owned(), format!("{}:{line}", object.source_name())]);
        }
        row.resize(sheet.columns.len(), String::new());
        sheet.push(row);
        values.push(json!({
            "subject": label, "kind": "User", "name": grant.principal, "namespace": null, "scope": scope,
            "role": role, "roleExists": true, "binding": null, "through": null, "source": "eks-access-policy",
            "users": users, "rulesKnown": rules.is_some(),
            "location": json!({"source": object.source_name(), "line": line}),
        }));
    }
    target.show(&sheet, &json!(values), "no binding names such a subject")?;
    Ok(session.exit(Exit::Clean))
}

/// The pattern and the paths. What could be both is said so.
fn split(arguments: &Lookup) -> anyhow::Result<(Option<String>, Vec<String>)> {
    let operands = &arguments.operands;
    if arguments.pattern.is_some() {
        return Ok((arguments.pattern.clone(), operands.clone()));
    }
    let Some((first, rest)) = operands.split_first() else { return Ok((None, Vec::new())) };
    let surely_path = first == "-" || first.starts_with("./") || first.starts_with("../") || first.starts_with('/');
    match (is_path(first), rest.is_empty()) {
        // Without another operand it has to be the PATH: there is nothing else to read.
        (true, true) => Ok((None, operands.clone())),
        (true, false) if surely_path => Ok((None, operands.clone())),
        (true, false) => Err(user_error(
            format!("`{first}` could be a PATTERN or a PATH"),
            format!("write `--pattern {first}`, or `./{first}` for the path"),
        )),
        (false, _) => Ok((Some(first.clone()), rest.to_vec())),
    }
}

fn compile(arguments: &Lookup, pattern: Option<String>) -> anyhow::Result<Pattern> {
    Ok(match pattern {
        None => Pattern::All,
        Some(text) if arguments.regex => Pattern::Regex(regex(&text)?),
        Some(text) if arguments.exact => Pattern::Whole(text),
        Some(text) => Pattern::Part(text),
    })
}

/// A regular expression of the user, of bounded size.
pub(super) fn regex(text: &str) -> anyhow::Result<Regex> {
    let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
    built.map_err(|error| user_error(format!("`{text}` is not a regular expression"), error.to_string()))
}

fn subject_kind(text: &str) -> anyhow::Result<SubjectKind> {
    let lower = text.to_lowercase();
    match lower.trim_end_matches('s') {
        "user" => Ok(SubjectKind::User),
        "group" => Ok(SubjectKind::Group),
        "serviceaccount" | "sa" => Ok(SubjectKind::ServiceAccount),
        _ => Err(user_error(format!("`{text}` is not a kind of subject"), "user, group or serviceaccount".to_owned())),
    }
}

/// `namespace/name` or `name`: what a person calls a subject.
fn short(session: &Session, subject: SubjectId) -> String {
    match session.world.subject_namespace(subject) {
        "" => session.world.subject_name(subject).to_owned(),
        namespace => format!("{namespace}/{}", session.world.subject_name(subject)),
    }
}

fn matches(session: &Session, subject: SubjectId, pattern: &Pattern) -> bool {
    let world = &session.world;
    let spellings = [world.subject_name(subject).to_owned(), short(session, subject), world.subject_label(subject)];
    spellings.iter().any(|text| matches_text(pattern, text)) || matches_text(pattern, world.principal(subject))
}

fn matches_text(pattern: &Pattern, text: &str) -> bool {
    match pattern {
        Pattern::All => true,
        Pattern::Part(part) => text.contains(part.as_str()),
        Pattern::Whole(whole) => text == whole,
        Pattern::Regex(regex) => regex.is_match(text),
    }
}

/// Bindings of a subject, and with `effective` those of the groups that it is always in.
fn grants(session: &Session, subject: SubjectId, effective: bool) -> Vec<(BindingId, Option<SubjectId>)> {
    let world = &session.world;
    let mut grants: Vec<(BindingId, Option<SubjectId>)> = world.bindings_of(subject).map(|b| (b, None)).collect();
    if effective && world.subject(subject).kind() != SubjectKind::Group {
        for group in User::implied(world.principal(subject), &[]).groups {
            if let Some(id) = world.subject_named(SubjectKind::Group, &group) {
                grants.extend(world.bindings_of(id).map(|binding| (binding, Some(id))));
            }
        }
    }
    grants.sort_by_cached_key(|(binding, through)| {
        let cluster = !world.binding(*binding).is_cluster();
        (
            through.is_some(),
            cluster,
            world.binding_namespace(*binding).to_owned(),
            world.role_ref_label(*binding),
            world.binding_label(*binding),
        )
    });
    grants
}
