//! `ironclad rbac whoami`: who one is to a cluster, and what roles come of it. A cluster says so itself; without one the
//! kubeconfig's certificate or token does, as far as it can be told.

use super::live::Asked;
use super::session::{From, Session, Setting};
use super::show::{self, Sheet};
use crate::args::Global;
use crate::args::cluster::Cluster;
use crate::args::rbac::{RbacInput, WhoAmI};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_authz::{BindingId, MASTERS, SubjectId, SubjectKind, User};
use ironclad_cluster::{Access, Identity, Until, credentials};
use ironclad_model::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Who one is, and who says so.
struct Me {
    identity: Identity,
    source: String,
    until: Option<String>,
    doubts: Vec<String>,
    /// Is there a user at all?
    known: bool,
}

/// Says it.
pub(crate) fn run(arguments: &WhoAmI, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["table", "json", "yaml"])?;
    let namespace = arguments.namespace.as_deref();
    let asked = Asked { narrow: namespace.is_some(), ..Asked::default() };
    let setting = Setting { namespace, empty: true, asked, ..Setting::default() };
    let (me, session) = if arguments.offline || !arguments.paths.is_empty() {
        // The flags of the cluster say whose credentials: no cluster is asked.
        let me = offline(&arguments.input.cluster)?;
        let files = RbacInput { cluster: Cluster::default(), ..arguments.input.clone() };
        let session = match arguments.paths.is_empty() {
            true => None,
            false => {
                Some(Session::open(&files, &super::session::from(&files, &arguments.paths, "")?, setting, global)?)
            }
        };
        (me, session)
    } else {
        let session = Session::open(&arguments.input, &From::Cluster, setting, global)?;
        let connection = session.connection().ok_or_else(|| user_error("no cluster", None))?;
        let identity = connection.whoami().map_err(|failure| user_error(failure.message, failure.hint))?;
        let source = format!("cluster:{}", connection.context());
        (Me { identity, source, until: None, doubts: Vec::new(), known: true }, Some(session))
    };
    let user = User { name: me.identity.user.clone(), groups: me.identity.groups.clone() };
    let roles = session.as_ref().filter(|_| me.known).map(|session| Roles::of(session, &user, namespace));
    match target.format.as_str() {
        "table" => target.write(&text(&me, roles.as_ref()))?,
        _ => target.show(&Sheet::default(), &value(&me, &user, roles.as_ref(), session.as_ref()), "")?,
    }
    if user.is_in(MASTERS) && !global.quiet {
        output::note(&format!("a member of {MASTERS} is allowed everything before any authorizer is asked"));
    }
    let exit = if me.known { Exit::Clean } else { Exit::Incomplete };
    Ok(session.map_or(exit, |session| session.exit(exit)))
}

fn offline(flags: &Cluster) -> anyhow::Result<Me> {
    let access =
        Access { kubeconfig: flags.kubeconfig.clone(), context: flags.context.clone(), timeout: None, act_as: None };
    let found = credentials(&access).map_err(|failure| user_error(failure.message, failure.hint))?;
    let until = found.until.map(|until| match until {
        Until::Moment(moment) => moment,
        Until::Seconds(seconds) => format!("{} (UTC)", Date::from_unix(seconds)),
    });
    let known = found.user.is_some();
    // What authentication adds to whoever it knows.
    let user = found.user.map(|name| User::implied(&name, &found.groups)).unwrap_or_default();
    let identity = Identity { user: user.name, groups: user.groups, ..Identity::default() };
    let source = format!("{} of context \"{}\"", found.source, found.context);
    Ok(Me { identity, source, until, doubts: found.doubts, known })
}

/// Bindings of a user.
struct Roles {
    sheet: Sheet,
    values: Vec<Value>,
}

impl Roles {
    fn of(session: &Session, user: &User, namespace: Option<&str>) -> Roles {
        let world = &session.world;
        let mut own: BTreeMap<(String, String), (BindingId, SubjectId)> = BTreeMap::new();
        let mut subjects: Vec<(SubjectKind, &str)> =
            vec![(SubjectKind::User, &user.name), (SubjectKind::ServiceAccount, &user.name)];
        subjects.extend(user.groups.iter().map(|group| (SubjectKind::Group, group.as_str())));
        for subject in subjects.into_iter().filter_map(|(kind, name)| world.subject_named(kind, name)) {
            for binding in world.bindings_of(subject) {
                let place = world.binding_namespace(binding);
                if place.is_empty() || namespace.is_none_or(|wanted| wanted == place) {
                    let key = (place.to_owned(), world.binding_label(binding));
                    own.entry(key).or_insert((binding, subject));
                }
            }
        }
        let mut sheet = Sheet::new(&["ROLE", "SCOPE", "BINDING", "AS"]);
        let mut values = Vec::new();
        for ((place, label), (binding, subject)) in own {
            let scope = if place.is_empty() { "cluster-wide".to_owned() } else { place };
            let role = world.role_ref_label(binding);
            let exists = world.binding(binding).role().is_some();
            let shown = if exists { role.clone() } else { format!("{role} (missing)") };
            sheet.push([shown.as_str(), &scope, &label, &world.subject_label(subject)]);
            values.push(json!({
                "role": role, "roleExists": exists, "scope": scope, "binding": label,
                "as": world.subject_label(subject),
                "location": session.subject_place(binding, subject).map(|at| at.json()),
            }));
        }
        Roles { sheet, values }
    }
}

fn text(me: &Me, roles: Option<&Roles>) -> String {
    let user = if me.known { me.identity.user.as_str() } else { "cannot be told" };
    let mut rows = vec![("user", user.to_owned())];
    if !me.identity.uid.is_empty() {
        rows.push(("uid", me.identity.uid.clone()));
    }
    if !me.identity.groups.is_empty() {
        rows.push(("groups", me.identity.groups.join(", ")));
    }
    for (key, values) in &me.identity.extra {
        rows.push(("extra", format!("{key}: {}", values.join(", "))));
    }
    rows.push(("from", me.source.clone()));
    rows.extend(me.until.iter().map(|until| ("until", until.clone())));
    rows.extend(me.doubts.iter().map(|doubt| ("but", doubt.clone())));
    let mut out: String = rows.iter().map(|(name, value)| format!("{name:<8}{value}\n")).collect();
    if let Some(roles) = roles {
        out.push('\n');
        match roles.sheet.rows.is_empty() {
            true => out.push_str("no binding names them\n"),
            false => out.push_str(&roles.sheet.lines()),
        }
    }
    out
}

fn value(me: &Me, user: &User, roles: Option<&Roles>, session: Option<&Session>) -> Value {
    json!({
        "user": me.known.then_some(&user.name),
        "uid": Some(&me.identity.uid).filter(|uid| !uid.is_empty()),
        "groups": user.groups,
        "extra": me.identity.extra,
        "source": me.source,
        "until": me.until,
        "doubts": me.doubts,
        "everything": user.is_in(MASTERS),
        "roles": roles.map(|roles| &roles.values),
        "incomplete": session.map(Session::unseen).unwrap_or_default(),
    })
}
