//! `ironclad rbac matrix`: rights as a table. Of one user on all resources, of everybody on one, or of everybody.

use super::matrix_show::{Grid, write};
use super::question::{self, namespace, parts};
use super::session::{From, Session, Setting, from, is_path};
use super::show;
use crate::args::Global;
use crate::args::cluster::Cluster;
use crate::args::rbac::{Matrix, What, Who};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_authz::resources::{Resource, VERBS};
use ironclad_authz::{Cell, Column, Proof, Request, SubjectId, User, World};
use std::collections::{BTreeMap, BTreeSet};

/// Draws.
pub(crate) fn run(arguments: &Matrix, global: &Global) -> anyhow::Result<Exit> {
    if let Some(spelt) = spelt_as_rakkess(arguments) {
        return run(&spelt, global);
    }
    let target =
        show::target(&arguments.output, &["table", "wide", "ascii", "json", "yaml", "csv", "markdown", "html"])?;
    let from = from(&arguments.input, &arguments.paths, "`ironclad rbac matrix --as alice rbac/`")?;
    let verbs = verbs(arguments)?;
    question::user(&arguments.who, arguments.scope.namespace.as_deref())?;
    let session = open(arguments, &from, global)?;
    let grid = grid(&session, arguments, &arguments.who, &verbs, arguments.scope.namespace.as_deref())?;
    let grid = doubtful(&session, grid);
    if let Some(others) = session.others().filter(|_| !global.quiet) {
        output::note(&format!("note: {others}"));
    }
    let (grid, exit) = match arguments.diff_with.as_deref() {
        None => (grid, session.exit(Exit::Clean)),
        Some(other) => {
            let (other, complete) = other_grid(&session, arguments, other, &verbs, global)?;
            let exit = session.exit(Exit::Clean);
            (grid.differences(&other), if complete { exit } else { Exit::Incomplete })
        }
    };
    target.write(&write(&grid, &target.format))?;
    Ok(exit)
}

/// Where not everything was seen, or others decide too, what is not allowed is not known.
fn doubtful(session: &Session, grid: Grid) -> Grid {
    if session.doubt().is_some() || session.others().is_some() { grid.doubtful() } else { grid }
}

/// `resource TYPE [NAME] PATH…`, as rakkess has it, is `--for TYPE/NAME PATH…`.
fn spelt_as_rakkess(arguments: &Matrix) -> Option<Matrix> {
    let (word, rest) = arguments.paths.split_first()?;
    let is_word = matches!(word.as_str(), "resource" | "for" | "r") && !is_path(word) && arguments.of.is_none();
    let (kind, rest) = rest.split_first().filter(|(kind, _)| is_word && !is_path(kind))?;
    let (of, rest) = match rest.split_first() {
        Some((name, rest)) if !is_path(name) => (format!("{kind}/{name}"), rest),
        _ => (kind.clone(), rest),
    };
    Some(Matrix { of: Some(of), paths: rest.to_vec(), ..arguments.clone() })
}

fn open(arguments: &Matrix, from: &From, global: &Global) -> anyhow::Result<Session> {
    let mut setting = Setting::of(&arguments.scope);
    // The other side of a comparison may be another namespace.
    setting.asked.narrow &= arguments.diff_with.is_none();
    setting.other = arguments.diff_with.as_deref().and_then(|other| other.strip_prefix("namespace="));
    Session::open(&arguments.input, from, setting, global)
}

/// Verbs of a row without a word of the user.
const USUAL: [&str; 4] = ["list", "create", "update", "delete"];
/// Verbs of paths: the methods of HTTP.
const METHODS: [&str; 7] = ["get", "head", "options", "post", "put", "patch", "delete"];
/// Paths that every API server has (k8s.io/apiserver `pkg/server/routes`, and the bootstrap roles).
const PATHS: [&str; 14] = [
    "/.well-known/openid-configuration",
    "/api",
    "/apis",
    "/debug/pprof/",
    "/flagz",
    "/healthz",
    "/livez",
    "/logs/",
    "/metrics",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/statusz",
    "/version",
];

fn verbs(arguments: &Matrix) -> anyhow::Result<Vec<String>> {
    let asked = &arguments.verbs;
    let all = asked.iter().any(|verb| verb == "all");
    let words: Vec<&str> = match (all, asked.is_empty(), arguments.include_nonresource) {
        (true, _, false) => VERBS.to_vec(),
        (true, _, true) => VERBS.iter().chain(METHODS.iter().filter(|verb| !VERBS.contains(verb))).copied().collect(),
        // Nobody creates paths.
        (false, true, true) => ["get"].iter().chain(&USUAL).copied().collect(),
        (false, true, false) => USUAL.to_vec(),
        (false, false, _) => asked.iter().map(String::as_str).collect(),
    };
    if words.len() > 32 {
        return Err(user_error("more than 32 verbs", "ask for them in several tables".to_owned()));
    }
    Ok(words.into_iter().map(str::to_owned).collect())
}

/// The paths of a table: well-known ones, and those that rules name without a wildcard.
fn non_resources(world: &World) -> Vec<Resource> {
    let mut paths: BTreeSet<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    for rule in world.role_ids().flat_map(|role| world.rules_of(role)) {
        paths.extend(rule.non_resource_urls.into_iter().filter(|url| !url.contains('*')));
    }
    let resource = |name| Resource {
        group: String::new(),
        name,
        subresource: String::new(),
        namespaced: false,
        kind: String::new(),
        singular: String::new(),
        short: Vec::new(),
        verbs: METHODS.iter().map(|verb| (*verb).to_owned()).collect(),
    };
    paths.into_iter().map(resource).collect()
}

/// Who may use a path by these verbs: bits in their order.
fn path_bits(verbs: &[&str], allows: impl Fn(&str) -> bool) -> u32 {
    verbs.iter().enumerate().filter(|(_, verb)| allows(verb)).fold(0, |bits, (bit, _)| bits | 1 << bit)
}

fn other_grid(
    session: &Session,
    arguments: &Matrix,
    text: &str,
    verbs: &[String],
    global: &Global,
) -> anyhow::Result<(Grid, bool)> {
    let own = arguments.scope.namespace.as_deref();
    let help = "as=USER, sa=NAMESPACE:NAME, namespace=NAMESPACE, snapshot=PATH or context=NAME".to_owned();
    match text.split_once('=') {
        Some(("as", name)) => {
            let who = Who { user: Some(name.to_owned()), groups: Vec::new(), service_account: None };
            Ok((grid(session, arguments, &who, verbs, own)?, true))
        }
        Some(("sa" | "serviceaccount", name)) => {
            let who = Who { user: None, groups: Vec::new(), service_account: Some(name.to_owned()) };
            Ok((grid(session, arguments, &who, verbs, own)?, true))
        }
        Some(("namespace", namespace)) => Ok((grid(session, arguments, &arguments.who, verbs, Some(namespace))?, true)),
        Some(("context", name)) => {
            let mut there = arguments.clone();
            there.input.cluster = Cluster { context: Some(name.to_owned()), ..arguments.input.cluster.clone() };
            let other = open(&there, &From::Cluster, global)?;
            let complete = other.exit(Exit::Clean) == Exit::Clean;
            let cells = grid(&other, arguments, &arguments.who, verbs, own)?;
            Ok((doubtful(&other, cells), complete))
        }
        Some(("snapshot", path)) => {
            if !is_path(path) {
                return Err(user_error(format!("`{path}` is neither a file nor a folder"), help));
            }
            let other = open(arguments, &From::Paths(vec![path.to_owned()]), global)?;
            let complete = other.exit(Exit::Clean) == Exit::Clean;
            let cells = grid(&other, arguments, &arguments.who, verbs, own)?;
            Ok((doubtful(&other, cells), complete))
        }
        _ => Err(user_error(format!("`{text}` is no other side of a comparison"), help)),
    }
}

/// The cells that are asked for.
fn grid(
    session: &Session,
    arguments: &Matrix,
    who: &Who,
    verbs: &[String],
    space: Option<&str>,
) -> anyhow::Result<Grid> {
    let world = &session.world;
    let names: Vec<&str> = verbs.iter().map(String::as_str).collect();
    let space_or_default = |namespaced: bool| match (namespaced, arguments.scope.all_namespaces) {
        (true, false) => space.unwrap_or(&session.namespace).to_owned(),
        _ => String::new(),
    };
    if let Some(word) = &arguments.of {
        let what = What { name: None, subresource: None, allow_unknown: false };
        let found = parts(session, word, &what)?;
        let scope = namespace(session, &arguments.scope, &what, found.namespaced, &found.resource, &found.name)?;
        let column = Column {
            group: found.group.clone(),
            resource: found.resource.clone(),
            subresource: found.subresource.clone(),
            name: found.name.clone(),
        };
        let supported = session.resources.get(&found.group, &found.resource, &found.subresource);
        let subjects = world.subjects().to_vec();
        let matrix = world.matrix(&subjects, std::slice::from_ref(&column), &names, &scope);
        let rows = subjects.iter().enumerate().map(|(row, id)| (world.subject_label(*id), matrix.cell(row, 0)));
        let rows = rows.filter(|(_, cell)| cell.yes | cell.partial != 0).collect();
        let grid = Grid::one(format!("SUBJECT ({word})"), verbs, rows, supported);
        if !wants_proofs(arguments) {
            return Ok(grid);
        }
        let asked = |verb: &str| column_request(verb, &column).within(&scope);
        let who: BTreeMap<&String, ironclad_authz::Who> =
            verbs.iter().map(|verb| (verb, world.who_can(&asked(verb)))).collect();
        let labels: BTreeMap<String, SubjectId> = subjects.iter().map(|id| (world.subject_label(*id), *id)).collect();
        return Ok(grid.with_proofs(|label, verb| {
            let (Some(id), Some(who)) = (labels.get(label), who.get(&verb.to_owned())) else { return Vec::new() };
            bindings(world, &world.proofs_for(who, *id, &asked(verb)))
        }));
    }
    let columns = columns(session, arguments)?;
    let urls = if arguments.include_nonresource { non_resources(world) } else { Vec::new() };
    // Cluster-scoped resources are asked for without a namespace, whatever the scope.
    let mut cells = Vec::new();
    if arguments.all_subjects {
        let subjects = world.subjects().to_vec();
        let (inside, outside) = (space_or_default(true), String::new());
        let plain: Vec<Column> = columns.iter().map(|resource| column_of(resource)).collect();
        let within = world.matrix(&subjects, &plain, &names, &inside);
        let without = world.matrix(&subjects, &plain, &names, &outside);
        for (row, id) in subjects.iter().enumerate() {
            for (index, resource) in columns.iter().enumerate() {
                let cell = if resource.namespaced { within.cell(row, index) } else { without.cell(row, index) };
                if cell.yes | cell.partial != 0 {
                    cells.push((format!("{}  {}", world.subject_label(*id), label(resource)), cell, *resource));
                }
            }
        }
        for path in &urls {
            let mut rows: BTreeMap<SubjectId, u32> = BTreeMap::new();
            for (bit, verb) in names.iter().enumerate() {
                for id in world.who_can(&Request::path(verb, &path.name)).subjects {
                    *rows.entry(id).or_default() |= 1 << bit;
                }
            }
            for (id, yes) in rows {
                let cell = Cell { yes, ..Cell::default() };
                cells.push((format!("{}  {}", world.subject_label(id), path.name), cell, path));
            }
        }
        if !urls.is_empty() {
            cells.sort_by(|a, b| a.0.cmp(&b.0));
        }
        return Ok(Grid::many("SUBJECT  RESOURCE", verbs, cells));
    }
    let user: User = session.me(question::user(who, arguments.scope.namespace.as_deref())?)?;
    let masters = user.is_in(ironclad_authz::MASTERS);
    for resource in columns {
        let scope = space_or_default(resource.namespaced);
        let column = [column_of(resource)];
        let mut cell = world.matrix_of_users(std::slice::from_ref(&user), &column, &names, &scope).cell(0, 0);
        if masters {
            cell.yes = u32::MAX;
        }
        cells.push((label(resource), cell, resource));
    }
    for path in &urls {
        let yes = path_bits(&names, |verb| world.allows(&user, &Request::path(verb, &path.name)));
        cells.push((path.name.clone(), Cell { yes, ..Cell::default() }, path));
    }
    let requests: BTreeMap<String, (Column, String)> = match wants_proofs(arguments) {
        true => cells
            .iter()
            .map(|(label, _, resource)| (label.clone(), (column_of(resource), space_or_default(resource.namespaced))))
            .collect(),
        false => BTreeMap::new(),
    };
    let grid = Grid::many("RESOURCE", verbs, cells);
    if requests.is_empty() {
        return Ok(grid);
    }
    Ok(grid.with_proofs(|label, verb| {
        if masters {
            return vec![format!("bypass/{}", ironclad_authz::MASTERS)];
        }
        let request = match requests.get(label) {
            Some((column, _)) if column.resource.starts_with('/') => Request::path(verb, &column.resource),
            Some((column, scope)) => column_request(verb, column).within(scope),
            None => return Vec::new(),
        };
        bindings(world, &world.decide(&user, &request).proofs)
    }))
}

/// For programs, of one user or one resource: a table of everybody would be proofs and little else.
fn wants_proofs(arguments: &Matrix) -> bool {
    let word = arguments.output.format.as_deref().or(arguments.output.output.as_deref()).unwrap_or_default();
    let structured =
        ["json", "yaml", "yml", "wide"].iter().any(|format| word == *format || word.ends_with(&format!(".{format}")));
    structured && !arguments.all_subjects && arguments.diff_with.is_none()
}

fn column_request(verb: &str, column: &Column) -> Request {
    Request::resource(verb, &column.group, &column.resource).subresource(&column.subresource).named(&column.name)
}

fn bindings(world: &World, proofs: &[Proof]) -> Vec<String> {
    let mut labels: Vec<String> = proofs.iter().map(|proof| world.binding_label(proof.binding)).collect();
    labels.sort();
    labels.dedup();
    labels
}

fn column_of(resource: &Resource) -> Column {
    Column {
        group: resource.group.clone(),
        resource: resource.name.clone(),
        subresource: resource.subresource.clone(),
        name: String::new(),
    }
}

fn label(resource: &Resource) -> String {
    let Resource { group, name, subresource, .. } = resource;
    let slash = if subresource.is_empty() { "" } else { "/" };
    let dot = if group.is_empty() { "" } else { "." };
    format!("{name}{slash}{subresource}{dot}{group}")
}

fn columns<'s>(session: &'s Session, arguments: &Matrix) -> anyhow::Result<Vec<&'s Resource>> {
    let mut found: Vec<&Resource> = Vec::new();
    if arguments.resources.is_empty() {
        let wanted = |r: &&Resource| arguments.include_subresources || r.subresource.is_empty();
        found.extend(session.resources.all().iter().filter(wanted));
    }
    for word in &arguments.resources {
        let what = What { name: None, subresource: None, allow_unknown: false };
        let part = parts(session, word, &what)?;
        let resource = session.resources.get(&part.group, &part.resource, &part.subresource);
        let Some(resource) = resource.filter(|_| part.name.is_empty()) else {
            return Err(user_error(format!("`{word}` is not a resource"), "names go in `--for TYPE/NAME`".to_owned()));
        };
        found.push(resource);
        if arguments.include_subresources {
            found.extend(
                session
                    .resources
                    .of_name(&resource.name)
                    .filter(|r| r.group == resource.group && !r.subresource.is_empty()),
            );
        }
    }
    found.sort_by_key(|resource| label(resource));
    found.dedup();
    Ok(found)
}
