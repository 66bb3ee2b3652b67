//! `cargo xtask bench cluster`: a generated cluster in a real API server, read by us and by kubectl; and a snapshot of ten
//! times as many objects.
//!
//! The API server has no controllers, so what was loaded is what is there. Both programs list the same kinds, found out
//! from the audit log of a first scan, over the same loopback, in turn. `BENCH_RUNS` sets the runs of each (5).

use super::{Figures, Peer, spread, time};
use crate::{control_plane, oracle, root, say};
use anyhow::{Context, Result, bail};
use ironclad_snapshot::{Header, KindOf, Writer};
use ironclad_testcluster::{Assets, ControlPlane, Options, generated, load};
use ironclad_tree::{Document, Limits, Source, parse};
use std::collections::BTreeSet;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Objects of the cluster; the snapshot has ten times as many.
const OBJECTS: usize = 20_000;
const CONNECTIONS: usize = 32;
/// What a scan of the cluster may take, in MB, and as a multiple of kubectl's time.
const MEMORY: f64 = 500.0;
const TIMES: f64 = 1.3;
/// What a scan of the snapshot may take, in MB.
const SNAPSHOT_MEMORY: f64 = 2048.0;

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let (only, count) = match arguments {
        [] => (None, OBJECTS),
        [one] if matches!(one.as_str(), "live" | "snapshot") => (Some(one.as_str()), OBJECTS),
        [one] => (None, one.parse().context("cargo xtask bench cluster [live|snapshot] [OBJECTS]")?),
        [one, count, ..] => (Some(one.as_str()), count.parse().context("a number of objects")?),
    };
    let ironclad = super::release()?.display().to_string();
    let mut table = vec!["| command | wall s | CPU s | memory MB |".to_owned(), "|---|---|---|---|".to_owned()];
    let mut verdicts = Vec::new();
    if only != Some("snapshot") {
        live(&ironclad, count, &mut table, &mut verdicts)?;
    }
    if only != Some("live") {
        of_snapshot(&ironclad, count * 10, &mut table, &mut verdicts)?;
    }
    for line in table.iter().chain(&verdicts) {
        say(line);
    }
    Ok(())
}

fn live(ironclad: &str, count: usize, table: &mut Vec<String>, verdicts: &mut Vec<String>) -> Result<()> {
    let oracle::Built::At(folder) = control_plane::newest_built()? else {
        bail!("no control plane: Go is not installed")
    };
    let assets = Assets::in_folder(&folder).map_err(|missing| anyhow::anyhow!("no {missing}"))?;
    let plane = ControlPlane::start(&assets, &Options::default())?;
    let started = Instant::now();
    let loaded = load(plane.plain_port()?, generated(count), CONNECTIONS)?;
    say(&format!("loaded {loaded} objects over {CONNECTIONS} connections in {:.1} s", started.elapsed().as_secs_f64()));

    let kubeconfig = plane.kubeconfig_of("bench", &["system:masters"])?;
    let scan = |kubeconfig: &Path| {
        let words = ["scan", "--no-config", "--format", "json", "--fail-on", "never", "--kubeconfig"];
        let words = words.iter().map(|word| (*word).to_owned());
        std::iter::once(ironclad.to_owned()).chain(words).chain([kubeconfig.display().to_string()]).collect::<Vec<_>>()
    };
    let status = Command::new(ironclad).args(&scan(&kubeconfig)[1..]).stdout(std::process::Stdio::null()).status()?;
    if !status.success() {
        bail!("the first scan ended with {status}");
    }
    let kinds = asked(&plane, "bench")?;
    let admin = plane.kubeconfig();
    let get = ["get", kinds.as_str(), "-A", "-o", "json", "--kubeconfig"].map(str::to_owned);
    let get: Vec<String> =
        [assets.kubectl.display().to_string()].into_iter().chain(get).chain([admin.display().to_string()]).collect();
    let scan = scan(&admin);
    // A scan that has to keep every object whole, to lead findings back to files that hold none of them.
    let nothing = plane.folder().join("nothing.yaml");
    fs_err::write(&nothing, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nothing, namespace: nowhere}\n")?;
    let with = |more: &[&str]| [scan.clone(), more.iter().map(|word| (*word).to_owned()).collect()].concat();
    let of_pods = with(&["--pss", "restricted"]);
    let whole = with(&["--pss", "restricted", "--source", &nothing.display().to_string()]);
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    let (mut streamed, mut kept) = (Figures::default(), Figures::default());
    let load_before = load_average();
    // In turn: what else runs on the machine slows both.
    for _ in 0..super::runs() {
        theirs.add(time(&get, 1)?);
        ours.add(time(&scan, 1)?);
        streamed.add(time(&of_pods, 1)?);
        kept.add(time(&whole, 1)?);
    }
    let resources = kinds.split(',').count();
    table.push(row(&format!("ironclad scan, a cluster of {loaded} objects"), &ours));
    table.push(row("the same, `--pss restricted`", &streamed));
    table.push(row("the same, every object kept whole (`--source`)", &kept));
    table.push(row(&format!("kubectl get, the same {resources} resources, to nowhere"), &theirs));
    for peer in PEERS {
        match peer.program() {
            Ok(program) => {
                let mut command = vec![program.display().to_string()];
                command.extend(peer.arguments.iter().map(|argument| (*argument).to_owned()));
                command.extend(["--kubeconfig".to_owned(), admin.display().to_string()]);
                table.push(row(&format!("{}, the same cluster", peer.name), &time(&command, 1)?));
            }
            Err(why) => table.push(format!("| {}: {why} | – | – | – |", peer.name)),
        }
    }
    let times = super::median(&ours.wall) / super::median(&theirs.wall);
    let memory = ours.memory.iter().copied().fold(0.0, f64::max);
    verdicts.push(format!(
        "{times:.2} times kubectl's time (at most {TIMES}: {}), {memory:.0} MB (at most {MEMORY}: {}); load average {load_before} before, {} after",
        word(times <= TIMES),
        word(memory <= MEMORY),
        load_average()
    ));
    Ok(())
}

fn of_snapshot(ironclad: &str, count: usize, table: &mut Vec<String>, verdicts: &mut Vec<String>) -> Result<()> {
    let file = root().join("target/bench").join(format!("cluster-{count}.ironclad"));
    let objects = write_snapshot(&file, count)?;
    let size = fs_err::metadata(&file)?.len() as f64 / 1e6;
    let words = ["scan", "--no-config", "--format", "json", "--fail-on", "never"].map(str::to_owned);
    let command: Vec<String> =
        [ironclad.to_owned()].into_iter().chain(words).chain([file.display().to_string()]).collect();
    let load_before = load_average();
    let figures = time(&command, super::runs())?;
    table.push(row(&format!("ironclad scan, a snapshot of {objects} objects, {size:.1} MB"), &figures));
    let memory = figures.memory.iter().copied().fold(0.0, f64::max);
    verdicts.push(format!(
        "{memory:.0} MB for the snapshot (at most {SNAPSHOT_MEMORY}: {}); load average {load_before} before, {} after",
        word(memory <= SNAPSHOT_MEMORY),
        load_average()
    ));
    Ok(())
}

/// A generated cluster as `ironclad snapshot` would have written it.
fn write_snapshot(path: &Path, count: usize) -> Result<usize> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let header = Header { context: "bench".to_owned(), kubernetes: "v1.37.2".to_owned(), ..Header::default() };
    let mut writer = Writer::new(BufWriter::new(fs_err::File::create(path)?), &header)?;
    let source = Source::new("generated", "");
    let mut objects = 0;
    let mut all = generated(count).peekable();
    while let Some(first) = all.peek() {
        let of = KindOf { api_version: first.api_version.to_owned(), kind: first.kind.to_owned() };
        let mut documents: Vec<Document> = Vec::new();
        while let Some(object) = all.next_if(|object| object.kind == of.kind) {
            let parsed = parse(&Source::new("object", object.json), &Limits::default());
            documents.extend(parsed.documents.iter().map(|document| document.detach(&source)));
        }
        objects += documents.len();
        writer.objects(&of, &documents)?;
    }
    writer.finish()?;
    Ok(objects)
}

/// The resources that a user listed, as kubectl names them.
fn asked(plane: &ControlPlane, user: &str) -> Result<String> {
    let log = fs_err::read_to_string(plane.audit_log())?;
    let mut names = BTreeSet::new();
    for line in log.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        if event["user"]["username"] == user && event["verb"] == "list" {
            let resource = event["objectRef"]["resource"].as_str().unwrap_or_default();
            let group = event["objectRef"]["apiGroup"].as_str();
            names.insert(group.map_or(resource.to_owned(), |group| format!("{resource}.{group}")));
        }
    }
    if names.is_empty() {
        bail!("the audit log has no listing of \"{user}\"");
    }
    Ok(names.into_iter().collect::<Vec<_>>().join(","))
}

/// What judges whole clusters as well.
const PEERS: &[Peer] = &[
    Peer {
        name: "popeye",
        arguments: &["-A", "-o", "json", "--force-exit-zero", "--logs", "none"],
        wants_files: false,
        install: super::Install::Go("github.com/derailed/popeye@v0.22.1"),
    },
    Peer {
        name: "kubescape",
        arguments: &["scan", "--format", "json", "--output", "/dev/null", "--keep-local"],
        wants_files: false,
        install: super::Install::Go("github.com/kubescape/kubescape/v3@latest"),
    },
];

fn row(name: &str, figures: &Figures) -> String {
    let Figures { wall, cpu, memory } = figures;
    format!("| {name} | {} | {} | {} |", spread(wall, 2), spread(cpu, 2), spread(memory, 0))
}

fn word(holds: bool) -> &'static str {
    if holds { "yes" } else { "NO" }
}

/// The machine's load over the last minute, as Linux tells it.
fn load_average() -> String {
    let text = fs_err::read_to_string(PathBuf::from("/proc/loadavg")).unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}
