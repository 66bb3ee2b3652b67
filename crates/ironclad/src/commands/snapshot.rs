//! `ironclad snapshot`: a cluster in one file, without its secrets.

mod hmac;
mod known;
mod redact;

use super::{live, scan};
use crate::args::Global;
use crate::args::cluster::Snapshot as Arguments;
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_check::Enabled;
use ironclad_cluster::{Connection, DeprecatedRequest, Failure, Read, Request, Unseen, Want};
use ironclad_model::{Kind, Object};
use ironclad_snapshot::{Deprecated, Header, KindOf, Missing, Writer};
use ironclad_tree::{Document, Severity};
pub(crate) use redact::Redactor;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Takes one.
pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let (config, problems) = scan::configuration(Path::new("."), global);
    let mut incomplete = scan::complain(&problems);
    if arguments.output.as_os_str() == "-" && output::is_terminal() {
        let help = "name a file, or pipe it into another command".to_owned();
        return Err(user_error("a snapshot is nothing to print on a terminal", help));
    }
    let key = arguments.equality_key.as_deref().map(read_key).transpose()?;
    let request = request(arguments, config.workload_kinds().custom);
    live::namespaces(&arguments.namespace)?;
    let line = Line::start(global.quiet);
    let connection = live::connect(&arguments.cluster, &arguments.acting)
        .map_err(|failure| user_error(failure.message, failure.hint))?;
    let source = format!("cluster:{}", connection.context());
    let read = match ironclad_cluster::read(&connection, &request, line.listing()) {
        Ok(read) => read,
        Err(failure) => {
            drop(line);
            scan::complain(&[live::problem(&source, failure, Severity::Error)]);
            return Ok(Exit::Incomplete);
        }
    };
    let mut redactor = Redactor::new(key);
    let documents: Vec<(KindOf, Vec<Document>)> = kinds(&read, &mut redactor);
    let mut header = header(connection.context(), &request, &read, &redactor);
    let mut said: Vec<_> = live::warnings(&connection, &source);
    match deprecated(&connection, &request) {
        Ok(used) => header.deprecated_requests = used,
        Err(failure) => {
            let message = format!("could not get /metrics: {}", failure.message);
            said.push(live::problem(&source, Failure { message, ..failure }, Severity::Error));
        }
    }
    write(&arguments.output, &header, &documents)?;
    drop(line);
    let refused: Vec<_> = read.unseen.iter().map(|unseen| live::refused(unseen, &source)).collect();
    incomplete |= scan::complain(&refused);
    let silent: Vec<_> = read.served.silent.iter().map(|group| live::silent(group, &request, &source)).collect();
    incomplete |= scan::complain(&silent);
    incomplete |= scan::complain(&live::no_namespaces(&read, &request, &source));
    incomplete |= scan::complain(&said);
    if !global.quiet {
        let objects = read.snapshot.len();
        let hidden = header.redacted;
        output::note(&format!(
            "{}: {objects} objects of {} kinds, {hidden} values hidden",
            arguments.output.display(),
            documents.len()
        ));
    }
    Ok(if incomplete { Exit::Incomplete } else { Exit::Clean })
}

/// Everything that any check or command looks at, or everything.
pub(crate) fn request(arguments: &Arguments, workloads: Vec<ironclad_views::CustomWorkload>) -> Request {
    let wanted: BTreeSet<Want> = match arguments.all_kinds {
        true => BTreeSet::from([Want::Kind(Kind::ANY)]),
        false => live::every_kind(),
    };
    let enabled: Vec<Enabled> = crate::catalogue().checks().iter().map(|check| Enabled::of(check)).collect();
    Request {
        wanted,
        workloads,
        namespaces: arguments.namespace.clone(),
        without_secrets: !arguments.list_secrets,
        secret_types: live::secret_types(&enabled),
    }
}

fn read_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    let key = fs_err::read(path)?;
    // As long as the hash that it keys, or guessing it is easier than guessing the secrets.
    if key.len() < 32 {
        let help = "32 bytes or more: `head -c 32 /dev/urandom > FILE` makes one".to_owned();
        return Err(user_error(format!("the key `{}` is too short", path.display()), help));
    }
    Ok(key)
}

/// The objects by kind, in the order in which they were read, without secrets.
fn kinds(read: &Read, redactor: &mut Redactor) -> Vec<(KindOf, Vec<Document>)> {
    let mut kinds: Vec<(KindOf, Vec<Document>)> = Vec::new();
    for object in read.snapshot.objects() {
        redactor.learn(object.kind(), object.document());
    }
    for object in read.snapshot.objects() {
        let of = kind_of(object);
        let document = redactor.document(object.kind(), object.document());
        match kinds.last_mut().filter(|(known, _)| *known == of) {
            Some((_, documents)) => documents.push(document),
            None => kinds.push((of, vec![document])),
        }
    }
    kinds
}

fn kind_of(object: &Object) -> KindOf {
    KindOf { api_version: object.api_version().to_owned(), kind: object.kind_name().to_owned() }
}

fn header(context: &str, request: &Request, read: &Read, redactor: &Redactor) -> Header {
    let missing = |unseen: &Unseen| Missing {
        api_version: unseen.resource.api_version(),
        kind: unseen.resource.kind.clone(),
        permission: unseen.permission(),
        code: unseen.failure.code.to_owned(),
        message: unseen.failure.message.clone(),
    };
    Header {
        tool: format!("ironclad {}", env!("CARGO_PKG_VERSION")),
        taken: moment(),
        context: context.to_owned(),
        kubernetes: read.served.version.clone(),
        namespaces: request.namespaces.clone(),
        listed: read.listed.iter().map(|resource| resource.name()).collect(),
        not_observed: read.unseen.iter().map(missing).collect(),
        silent: read.served.silent.clone(),
        without_secrets: request.without_secrets,
        redacted: redactor.count(),
        equality: redactor.has_key(),
        deprecated_requests: None,
    }
}

/// Deprecated APIs that were asked for, where the whole cluster is asked and the API server tells.
fn deprecated(connection: &Connection, request: &Request) -> Result<Option<Vec<Deprecated>>, Failure> {
    if !request.namespaces.is_empty() {
        return Ok(None);
    }
    let of = |used: DeprecatedRequest| Deprecated {
        group: used.group,
        version: used.version,
        resource: used.resource,
        removed: used.removed,
    };
    connection.deprecated_requests().map(|used| Some(used.into_iter().map(of).collect()))
}

/// Now, as RFC 3339; `SOURCE_DATE_EPOCH` overrides it.
fn moment() -> String {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let seconds = fixed.unwrap_or_else(now);
    let date = ironclad_model::Date::from_unix(seconds);
    let (hours, rest) = (seconds.rem_euclid(86_400) / 3_600, seconds.rem_euclid(3_600));
    format!("{date}T{hours:02}:{:02}:{:02}Z", rest / 60, rest % 60)
}

/// All of the file or nothing, for its owner's eyes.
fn write(path: &Path, header: &Header, kinds: &[(KindOf, Vec<Document>)]) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        output::stream_raw(|out| put(out, header, kinds))?;
        return Ok(());
    }
    let partial = beside(path);
    let written = (|| -> std::io::Result<()> {
        let mut file = BufWriter::new(create(&partial)?);
        put(&mut file, header, kinds)?;
        file.flush()?;
        fs_err::rename(&partial, path)
    })();
    if let Err(error) = written {
        // What is left of it is of no use; that it cannot be removed either changes nothing.
        let _ = fs_err::remove_file(&partial);
        return Err(error.into());
    }
    Ok(())
}

fn put(out: &mut dyn Write, header: &Header, kinds: &[(KindOf, Vec<Document>)]) -> std::io::Result<()> {
    let mut writer = Writer::new(out, header)?;
    for (of, documents) in kinds {
        writer.objects(of, documents)?;
    }
    writer.finish()?.flush()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

fn create(path: &Path) -> std::io::Result<fs_err::File> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
