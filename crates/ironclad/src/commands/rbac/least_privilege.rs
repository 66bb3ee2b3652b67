//! `ironclad rbac least-privilege`: roles from audit logs, with their proof; what existing ones lack or do not need.

use super::session::{Session, Setting, from};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::rbac::LeastPrivilege;
use crate::commands::settings;
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_authz::{Defaults, Options, World};
use ironclad_events::{Counts, ReadLimits};
use ironclad_generate::rbac::{
    AuditPolicy, CompatOptions, Expand, Need, Observed, Plan, Proof, Select, audit2rbac, blind_spots, merge, objects,
    plan, prove, unused,
};
use ironclad_model::Snapshot;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Malformed records that are named one by one; the rest is counted.
const NAMED: u64 = 20;

/// Reads the logs and answers.
pub(crate) fn run(arguments: &LeastPrivilege, global: &Global) -> anyhow::Result<Exit> {
    make(arguments, arguments.compat.as_deref(), global)
}

/// `ironclad rbac audit2rbac`: what it makes, by its own name.
pub(crate) fn run_as_audit2rbac(arguments: &LeastPrivilege, global: &Global) -> anyhow::Result<Exit> {
    let own = [
        ("--expand", !arguments.expand.is_empty()),
        ("--exact", arguments.exact),
        ("--include-denied", arguments.include_denied),
        ("--merge", arguments.merge.is_some()),
        ("--unused", arguments.unused),
    ];
    if let Some((flag, _)) = own.iter().find(|(_, given)| *given) {
        let help = format!("`ironclad rbac least-privilege {flag}` has it");
        return Err(user_error(format!("`audit2rbac` makes what that program makes, and has no {flag}"), help));
    }
    make(arguments, Some(arguments.compat.as_deref().unwrap_or("audit2rbac")), global)
}

fn make(arguments: &LeastPrivilege, peer: Option<&str>, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, formats(arguments))?;
    let version = arguments.input.kubernetes_version.as_deref().map(settings::version).transpose()?;
    let version = version.unwrap_or(settings::NEWEST);
    let expand = expand(arguments)?;
    let select = select(arguments)?;
    let compat = compat(arguments, peer, &select)?;
    let logs = logs(arguments)?;
    let has_existing = !arguments.rbac.is_empty() || arguments.input.cluster.is_asked();
    let session = if has_existing { Some(existing(arguments, global)?) } else { None };
    if session.is_none() && (arguments.unused || arguments.merge.is_some()) {
        let help = "name the existing roles and bindings: --rbac FILE-OR-FOLDER, or --cluster".to_owned();
        return Err(user_error("--merge and --unused compare with what exists", help));
    }
    let mut observed = Observed::new(select.clone(), version);
    let read = read_all(&logs, &mut observed);
    let exit = |exit| {
        let exit = if read.malformed > 0 { Exit::Incomplete } else { exit };
        session.as_ref().map_or(exit, |session| session.exit(exit))
    };
    say_what_was_read(&observed, &read, global);
    say_blind_spots(arguments, global)?;
    if let Some(missing) = select.users.iter().find(|user| !observed.identities().iter().any(|(n, _)| n == user)) {
        let help = "the log has none, or its policy keeps them out (--audit-policy FILE lists what it does)".to_owned();
        return Err(user_error(format!("no event of `{missing}` counts"), help));
    }
    let marks = Marks::of(arguments)?;
    if let Some(options) = compat {
        let mut made = audit2rbac(&observed, &options);
        marks.put_on(&mut made, Some(&options.user));
        target.write(&manifests(&made))?;
        return Ok(exit(Exit::Clean));
    }
    if let (Some(session), true) = (&session, arguments.unused) {
        show_unused(session, &observed, &target)?;
        return Ok(exit(Exit::Clean));
    }
    if let (Some(session), Some(role)) = (&session, &arguments.merge) {
        show_merge(session, &observed, role, &target)?;
        return Ok(exit(Exit::Clean));
    }
    let options = Options { namespace: "default", defaults: Defaults::All(version), live: false };
    let defaults = World::of(&Snapshot::default(), &options);
    let prefix = arguments.generate_name.as_deref().unwrap_or("least-privilege:");
    let plan = plan(&observed, expand, arguments.include_denied, &defaults, prefix);
    let proof = prove(&plan);
    if !proof.is_complete() {
        let first = proof.refused.first().map(|(user, need)| format!("{need} by {user}")).unwrap_or_default();
        anyhow::bail!("the generated roles do not allow all that was observed: {first}");
    }
    say_proof(&observed, &plan, &proof, arguments, global);
    let mut made = objects(&plan);
    marks.put_on(&mut made, None);
    match target.format.as_str() {
        "json" => target.write(&show::json(&report(&observed, &read, &plan, &proof, made)))?,
        _ if made.is_empty() => output::note("no role is needed: nothing beyond what everybody has was used"),
        _ => target.write(&manifests(&made))?,
    }
    Ok(exit(Exit::Clean))
}

fn formats(arguments: &LeastPrivilege) -> &'static [&'static str] {
    if arguments.unused {
        &["table", "json", "yaml", "csv", "markdown"]
    } else if arguments.merge.is_some() {
        &["json", "yaml"]
    } else {
        &["yaml", "json"]
    }
}

/// Labels and annotations that the user wants on what is made.
struct Marks {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
}

impl Marks {
    fn of(arguments: &LeastPrivilege) -> anyhow::Result<Marks> {
        let pairs = |flag: &str, words: &[String]| -> anyhow::Result<Vec<(String, String)>> {
            let pair = |word: &String| match word.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
                _ => Err(user_error(format!("`{word}` is no pair"), format!("as in {flag} team=shop"))),
            };
            words.iter().map(pair).collect()
        };
        Ok(Marks {
            labels: pairs("--generate-labels", &arguments.generate_labels)?,
            annotations: pairs("--generate-annotations", &arguments.generate_annotations)?,
        })
    }

    /// `${user}` in a value stands for the user, as with audit2rbac; in a label as labels can have it.
    fn put_on(&self, objects: &mut [Value], user: Option<&str>) {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
        let label: String = user.unwrap_or_default().chars().map(plain).collect();
        for (key, pairs, user) in
            [("labels", &self.labels, label.as_str()), ("annotations", &self.annotations, user.unwrap_or_default())]
        {
            if pairs.is_empty() {
                continue;
            }
            let map: serde_json::Map<String, Value> =
                pairs.iter().map(|(key, value)| (key.clone(), json!(value.replace("${user}", user)))).collect();
            for object in objects.iter_mut() {
                object["metadata"][key] = Value::Object(map.clone());
            }
        }
    }
}

fn manifests(objects: &[Value]) -> String {
    objects.iter().map(show::yaml).collect::<Vec<_>>().join("---\n")
}

fn select(arguments: &LeastPrivilege) -> anyhow::Result<Select> {
    let mut users: std::collections::BTreeSet<String> = arguments.users.iter().cloned().collect();
    for account in &arguments.service_accounts {
        match account.split_once(':') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains(':') => {
                users.insert(format!("system:serviceaccount:{namespace}:{name}"));
            }
            _ => {
                let help = "write NAMESPACE:NAME, as in --sa shop:ci".to_owned();
                return Err(user_error(format!("`{account}` is not a ServiceAccount"), help));
            }
        }
    }
    Ok(Select { users, everybody: arguments.unused, namespace: arguments.namespace.clone() })
}

fn expand(arguments: &LeastPrivilege) -> anyhow::Result<Expand> {
    let mut expand = Expand { generated_names: !arguments.exact, ..Expand::default() };
    for word in &arguments.expand {
        let (name, number) = word.split_once('=').unwrap_or((word, "3"));
        let number: usize = match number.parse() {
            Ok(number) if number >= 2 => number,
            _ => {
                let help = "as in --expand names=3: so many different ones become any".to_owned();
                return Err(user_error(format!("`{word}` does not say how many, or fewer than 2"), help));
            }
        };
        match name {
            "verbs" if !word.contains('=') => expand.verbs = true,
            "names" => expand.names = Some(number),
            "namespaces" => expand.namespaces = Some(number),
            _ => {
                return Err(user_error(
                    format!("`{word}` cannot be expanded"),
                    "one of verbs, names[=N], namespaces[=N]".to_owned(),
                ));
            }
        }
    }
    Ok(expand)
}

fn compat(arguments: &LeastPrivilege, peer: Option<&str>, select: &Select) -> anyhow::Result<Option<CompatOptions>> {
    let Some(peer) = peer else {
        let flags = [
            ("--expand-multi-name", arguments.expand_multi_name),
            ("--expand-multi-namespace", arguments.expand_multi_namespace),
        ];
        let given = flags.iter().find(|(_, value)| value.is_some());
        return given.map_or(Ok(None), |(flag, _)| {
            let help = "add `--compat audit2rbac`; ours is `--expand names,namespaces`".to_owned();
            Err(user_error(format!("{flag} is audit2rbac's"), help))
        });
    };
    if peer != "audit2rbac" {
        return Err(user_error(format!("`{peer}` is not a peer of this command"), "audit2rbac".to_owned()));
    }
    let mut users = select.users.iter();
    let (Some(user), None) = (users.next(), users.next()) else {
        let help = "name one user, as it wants: --user NAME or --serviceaccount NAMESPACE:NAME".to_owned();
        return Err(user_error("audit2rbac makes roles for one user at a time", help));
    };
    Ok(Some(CompatOptions {
        user: user.clone(),
        name: arguments.generate_name.clone(),
        names: arguments.expand_multi_name.unwrap_or(true),
        namespaces: arguments.expand_multi_namespace.unwrap_or(true),
    }))
}

/// The files of the operands: a folder stands for what is in it.
fn logs(arguments: &LeastPrivilege) -> anyhow::Result<Vec<PathBuf>> {
    let given: Vec<&PathBuf> = arguments.logs.iter().chain(&arguments.filename).collect();
    if given.is_empty() {
        let help =
            "give files or folders, `-` for standard input: `ironclad rbac least-privilege audit.log`".to_owned();
        return Err(user_error("no audit log", help));
    }
    let mut files = Vec::new();
    let mut pending: Vec<PathBuf> = given.into_iter().rev().cloned().collect();
    while let Some(path) = pending.pop() {
        if path.to_string_lossy().starts_with("http://") || path.to_string_lossy().starts_with("https://") {
            let help = format!("fetch it yourself: `curl -s {} | ironclad rbac least-privilege -`", path.display());
            return Err(user_error("a log is a file: nothing is fetched from the network", help));
        }
        if path.as_os_str() != "-" && path.is_dir() {
            let mut inside: Vec<PathBuf> = Vec::new();
            for entry in fs_err::read_dir(&path)? {
                let entry = entry?;
                // A link could lead round in a circle.
                if !entry.file_type()?.is_symlink() {
                    inside.push(entry.path());
                }
            }
            inside.sort();
            pending.extend(inside.into_iter().rev());
        } else {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(user_error("the folder holds no file", None));
    }
    Ok(files)
}

fn existing(arguments: &LeastPrivilege, global: &Global) -> anyhow::Result<Session> {
    let from = from(&arguments.input, &arguments.rbac, "`ironclad rbac least-privilege --rbac rbac/ audit.log`")?;
    let setting = Setting { namespace: arguments.namespace.as_deref(), ..Setting::default() };
    Session::open(&arguments.input, &from, setting, global)
}

fn read_all(files: &[PathBuf], observed: &mut Observed) -> Counts {
    let mut total = Counts::default();
    for file in files {
        let counts = match open(file) {
            Ok(input) => {
                let mut named = total.malformed;
                ironclad_events::read(input, &ReadLimits::default(), &mut |event| observed.add(event), &mut |bad| {
                    named += 1;
                    if named <= NAMED {
                        output::note(&format!("error: {}:{}: {}", name(file), bad.line, bad.message));
                    }
                })
            }
            Err(error) => {
                output::note(&format!("error: {error}"));
                Counts { malformed: 1, ..Counts::default() }
            }
        };
        total.events += counts.events;
        total.others += counts.others;
        total.malformed += counts.malformed;
        total.bytes += counts.bytes;
    }
    if total.malformed > NAMED {
        output::note(&format!("error: {} more records cannot be read", total.malformed - NAMED));
    }
    total
}

fn name(file: &Path) -> String {
    if file.as_os_str() == "-" { "<stdin>".to_owned() } else { file.display().to_string() }
}

fn open(file: &Path) -> std::io::Result<Box<dyn std::io::Read>> {
    Ok(if file.as_os_str() == "-" { Box::new(std::io::stdin().lock()) } else { Box::new(fs_err::File::open(file)?) })
}

fn plural(count: impl Into<u64>, one: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn say_what_was_read(observed: &Observed, read: &Counts, global: &Global) {
    if global.quiet {
        return;
    }
    let window = match &observed.window {
        Some((first, last)) => format!(", from {first} to {last}"),
        None => String::new(),
    };
    let others =
        if read.others > 0 { format!("; {} in the log are no audit events", read.others) } else { String::new() };
    let counted = plural(observed.counted, "request");
    output::note(&format!("note: {counted} of {}{window}{others}", plural(read.events, "event")));
    let of = |pick: fn(&ironclad_generate::rbac::Use) -> u64| -> u64 {
        observed.identities().iter().flat_map(|(_, who)| &who.uses).map(pick).sum()
    };
    let (refused, unclear) = (of(|one| one.refused), of(|one| one.unclear));
    if refused > 0 {
        output::note(&format!(
            "note: {} refused (--include-denied grants what they wanted)",
            plural(refused, "request")
        ));
    }
    if unclear > 0 {
        let hint = "the log does not say whether they were authorized, and they are left out";
        output::note(&format!("warning: {}: {hint}", plural(unclear, "request")));
    }
    for (user, who) in observed.identities() {
        if who.groups.contains(ironclad_authz::MASTERS) {
            let what = format!("{user} was in {}", ironclad_authz::MASTERS);
            output::note(&format!("warning: {what}: no role limits a member of it; take the group away first"));
        }
    }
}

fn say_blind_spots(arguments: &LeastPrivilege, global: &Global) -> anyhow::Result<()> {
    let Some(path) = &arguments.audit_policy else {
        if !global.quiet {
            output::note(
                "note: what the audit policy keeps out of the log is not known (--audit-policy FILE lists it)",
            );
        }
        return Ok(());
    };
    let text = fs_err::read_to_string(path)?;
    let source = ironclad_tree::Source::new(path.display().to_string(), text.as_str());
    let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
    if let Some(problem) = parsed.problems.first() {
        let line = source.position(problem.span.start).line;
        return Err(user_error(format!("{}:{line}: {}", path.display(), problem.message), None));
    }
    let policy = match parsed.documents.first() {
        Some(document) => AuditPolicy::of(document.root()),
        None => Err("it is empty".to_owned()),
    };
    let policy = policy.map_err(|why| user_error(format!("{}: no audit policy: {why}", path.display()), None))?;
    let spots = blind_spots(&policy);
    if !global.quiet && spots.is_empty() {
        output::note("note: the audit policy logs every request");
    }
    for spot in spots {
        output::note(&format!("blind spot: {spot}"));
    }
    Ok(())
}

fn say_proof(observed: &Observed, plan: &Plan, proof: &Proof, arguments: &LeastPrivilege, global: &Global) {
    if global.quiet {
        return;
    }
    let by_default: u64 = plan.by_default.values().map(|count| *count as u64).sum();
    if by_default > 0 {
        output::note(&format!(
            "note: {} left out: default bindings give them to everybody",
            plural(by_default, "right")
        ));
    }
    if plan.grants.is_empty() {
        return;
    }
    output::note(&format!(
        "proof: all {} that were observed are allowed by the roles",
        plural(proof.replayed as u64, "right")
    ));
    let held = plural(proof.atoms as u64, "right");
    match (proof.is_minimal(), proof.excess.len()) {
        (true, 0) => output::note(&format!("proof: of {held} granted, taking any away refuses something observed")),
        (_, excess) => {
            output::note(&format!("proof: {held} granted, {excess} of them wider than what was observed:"));
            let most = if global.verbose > 0 { usize::MAX } else { 10 };
            for (from, to) in plan.widened.iter().take(most) {
                output::note(&format!("  {from} → {to}"));
            }
            if plan.widened.len() > most {
                output::note(&format!("  and {} more (-v shows them)", plan.widened.len() - most));
            }
            if !arguments.exact && arguments.expand.is_empty() {
                output::note("  names that controllers make up became any name (--exact keeps them)");
            }
        }
    }
    let lone = observed.identities().iter().filter(|(_, who)| who.events < 10).count();
    if lone > 0 {
        output::note(&format!(
            "warning: {} with fewer than 10 requests in the log: watch longer",
            plural(lone as u64, "user")
        ));
    }
}

fn report(observed: &Observed, read: &Counts, plan: &Plan, proof: &Proof, objects: Vec<Value>) -> Value {
    let needs = |set: &std::collections::BTreeSet<(String, Need)>| -> Vec<Value> {
        set.iter().map(|(user, need)| json!({"user": user, "right": need.to_string()})).collect()
    };
    let users: Vec<Value> = observed
        .identities()
        .into_iter()
        .map(|(name, who)| {
            let mut uses: Vec<&ironclad_generate::rbac::Use> = who.uses.iter().collect();
            uses.sort_by(|a, b| a.need.cmp(&b.need));
            let uses: Vec<Value> = uses
                .into_iter()
                .map(|one| {
                    let right = one.need.to_string();
                    json!({"right": right, "count": one.count, "refused": one.refused, "unclear": one.unclear, "last": one.last})
                })
                .collect();
            json!({"user": name, "groups": who.groups, "requests": who.events, "rights": uses})
        })
        .collect();
    let widened: Vec<Value> =
        plan.widened.iter().map(|(from, to)| json!({"from": from.to_string(), "to": to.to_string()})).collect();
    json!({
        "objects": objects,
        "proof": {
            "replayed": proof.replayed, "refused": proof.refused.len(), "granted": proof.atoms,
            "minimal": proof.is_minimal(), "excess": needs(&proof.excess), "idle": needs(&proof.idle), "widened": widened,
        },
        "log": {
            "events": read.events, "requests": observed.counted, "others": read.others, "malformed": read.malformed,
            "bytes": read.bytes,
            "from": observed.window.as_ref().map(|window| &window.0), "to": observed.window.as_ref().map(|window| &window.1),
        },
        "users": users,
    })
}

fn show_unused(session: &Session, observed: &Observed, target: &show::Target) -> anyhow::Result<()> {
    let found = unused(&session.world, observed);
    let mut sheet = Sheet::new(&["STATUS", "OBJECT", "WHAT", "REQUESTS", "LAST", "LOCATION"]);
    let mut values = Vec::new();
    for one in &found {
        let at = match one.rule {
            Some((role, rule)) => session.rule_place(role, rule),
            None => session
                .world
                .binding_ids()
                .find(|id| session.world.binding_label(*id) == one.object)
                .and_then(|id| session.binding_place(id)),
        };
        let at = at.map(|at| at.to_string()).unwrap_or_default();
        let rule = one.rule.map(|(_, index)| index + 1);
        let what = match rule {
            Some(rule) => format!("rule {rule}: {}", one.detail),
            None => one.detail.clone(),
        };
        sheet.push([one.status.as_str(), &one.object, &what, &one.count.to_string(), &one.last, &at]);
        values.push(json!({
            "status": one.status.as_str(), "object": one.object, "rule": rule, "detail": one.detail,
            "requests": one.count, "last": one.last, "location": at,
        }));
    }
    target.show(&sheet, &Value::Array(values), "everything was used")
}

fn show_merge(session: &Session, observed: &Observed, role: &str, target: &show::Target) -> anyhow::Result<()> {
    let parts: Vec<&str> = role.split('/').collect();
    let (namespace, name) = match parts.as_slice() {
        ["Role" | "role", namespace, name] => (Some(*namespace), *name),
        ["ClusterRole" | "clusterrole", name] => (None, *name),
        _ => {
            let help = "write Role/NAMESPACE/NAME or ClusterRole/NAME".to_owned();
            return Err(user_error(format!("`{role}` is not a role"), help));
        }
    };
    let merged =
        merge(&session.world, observed, namespace, name).map_err(|why| user_error(format!("`{role}`: {why}"), None))?;
    for (user, need) in &merged.outside {
        output::note(&format!("warning: {user} lacks {need}, which is outside of the bindings of `{role}`"));
    }
    let flags = namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let kind = if namespace.is_some() { "role" } else { "clusterrole" };
    output::note(&format!(
        "note: {} missing; apply with `kubectl patch {kind} {name}{flags} --type json --patch-file FILE`",
        plural(merged.added.len() as u64, "right")
    ));
    let text = if target.format == "yaml" { show::yaml(&merged.patch) } else { show::json(&merged.patch) };
    target.write(&text)
}
