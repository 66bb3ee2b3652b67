//! `ironclad rbac matrix`: rights as a table. Of one user on all resources, of everybody on one, or of everybody.

use super::matrix_show::{Grid, write};
use super::question::{namespace, parts, user};
use super::session::{Session, Setting, paths};
use super::show;
use crate::args::Global;
use crate::args::rbac::{Matrix, What, Who};
use crate::exit::Exit;
use crate::failure::user_error;
use ironclad_authz::resources::{Resource, VERBS};
use ironclad_authz::{Column, User};

/// Draws.
pub(crate) fn run(arguments: &Matrix, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["table", "ascii", "json", "yaml", "csv", "markdown", "html"])?;
    let operands = paths(&arguments.paths, "`ironclad rbac matrix --as alice rbac/`")?;
    let verbs = verbs(&arguments.verbs)?;
    let session = open(arguments, &operands, global)?;
    let grid = grid(&session, arguments, &arguments.who, &verbs, arguments.scope.namespace.as_deref())?;
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

fn open(arguments: &Matrix, operands: &[String], global: &Global) -> anyhow::Result<Session> {
    let namespace = arguments.scope.namespace.as_deref().unwrap_or("default");
    Session::open(&arguments.input, operands, Setting { namespace, empty: false }, global)
}

fn verbs(asked: &[String]) -> anyhow::Result<Vec<String>> {
    if asked.iter().any(|verb| verb == "all") {
        return Ok(VERBS.iter().map(|verb| (*verb).to_owned()).collect());
    }
    if asked.len() > 32 {
        return Err(user_error("more than 32 verbs", "ask for them in several tables".to_owned()));
    }
    Ok(asked.to_vec())
}

fn other_grid(
    session: &Session,
    arguments: &Matrix,
    text: &str,
    verbs: &[String],
    global: &Global,
) -> anyhow::Result<(Grid, bool)> {
    let own = arguments.scope.namespace.as_deref();
    let help = "as=USER, namespace=NAMESPACE or snapshot=PATH".to_owned();
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
        Some(("snapshot", path)) => {
            let operands = paths(&[path.to_owned()], "`--diff-with snapshot=old/`")?;
            let other = open(arguments, &operands, global)?;
            let complete = other.exit(Exit::Clean) == Exit::Clean;
            Ok((grid(&other, arguments, &arguments.who, verbs, own)?, complete))
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
        (true, false) => space.unwrap_or("default").to_owned(),
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
        return Ok(Grid::one(format!("SUBJECT ({word})"), verbs, rows, supported));
    }
    let columns = columns(session, arguments)?;
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
        return Ok(Grid::many("SUBJECT  RESOURCE", verbs, cells));
    }
    let user: User = user(who)?;
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
    Ok(Grid::many("RESOURCE", verbs, cells))
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
