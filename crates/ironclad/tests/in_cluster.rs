//! The program within a pod: no kubeconfig, but the files of a ServiceAccount at their fixed path, in a mount namespace of
//! its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_testcluster::{Assets, ControlPlane, Options};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(150);
const FILES: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Runs a program with a folder at the fixed path: `/run` is an empty one of its own, and nothing outside changes.
const INSIDE: &str = "mount -t tmpfs tmpfs /run\n[ -L /var/run ] || mount --bind /run /var/run\nfolder=$1\nshift\n\
                      mkdir -p /var/run/secrets/kubernetes.io/serviceaccount\n\
                      mount --bind \"$folder\" /var/run/secrets/kubernetes.io/serviceaccount\nexec \"$@\"\n";

fn inside(namespaces: &[&str], files: &Path, program: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(namespaces).args(["sh", "-ec", INSIDE, "sh"]).arg(files).args(program);
    command
}

/// How a mount namespace can be had here, or why not.
fn namespaces(files: &Path) -> Result<&'static [&'static str], String> {
    let mut why = String::new();
    for namespaces in [&["--mount", "--map-root-user"][..], &["--mount"]] {
        match inside(namespaces, files, &["test", "-r", &format!("{FILES}/token")]).output() {
            Ok(output) if output.status.success() => return Ok(namespaces),
            Ok(output) => why = String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => why = error.to_string(),
        }
    }
    Err(format!("no mount namespace: {why}"))
}

/// A new token of an account, put in place as the kubelet does: files are links through `..data`, which is replaced.
fn put(files: &Path, generation: &str, plane: &ControlPlane, namespace: &str, account: &str) {
    let output = plane.kubectl(&["create", "token", account, "-n", namespace]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = files.join(generation);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("token"), output.stdout.trim_ascii()).unwrap();
    fs::write(folder.join("ca.crt"), plane.ca()).unwrap();
    fs::write(folder.join("namespace"), namespace).unwrap();
    symlink(generation, files.join("..next")).unwrap();
    fs::rename(files.join("..next"), files.join("..data")).unwrap();
}

/// Who asked the server for something.
fn has_asked(plane: &ControlPlane, user: &str) -> bool {
    let log = fs::read_to_string(plane.audit_log()).unwrap();
    log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).any(|event| {
        event["user"]["username"] == user
            && event["stage"] == "ResponseComplete"
            && event["responseStatus"]["code"] == 200
    })
}

/// Events until one that fits.
fn wait(lines: &Receiver<Value>, seen: &mut Vec<Value>, is: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    while let Ok(event) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
        seen.push(event.clone());
        if is(&event) {
            return event;
        }
    }
    panic!("nothing that fits among {seen:#?}");
}

fn deployment(namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - {{name: c, image: nginx, securityContext: {{privileged: true}}}}\n"
    )
}

/// The pod's own credentials are enough for a scan, and a watch outlives the token that it began with: one account's is
/// replaced by another's, so that the server's log tells which is used, and the first account is deleted.
#[test]
fn a_pod_scans_its_cluster_and_its_token_is_replaced() {
    const WHAT: &str = "the files of a ServiceAccount in a pod";
    let assets = match Assets::find() {
        Ok(assets) => assets,
        Err(why) => return ironclad_testkit::skipped(WHAT, &why),
    };
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = files.path();
    for name in ["token", "ca.crt", "namespace"] {
        symlink(format!("..data/{name}"), files.join(name)).unwrap();
    }
    fs::create_dir(files.join("..none")).unwrap();
    fs::write(files.join("..none/token"), "none").unwrap();
    symlink("..none", files.join("..data")).unwrap();
    let namespaces = match namespaces(files) {
        Ok(namespaces) => namespaces,
        Err(why) => return ironclad_testkit::skipped(WHAT, &why),
    };
    let mut plane = ControlPlane::start(&assets, &Options::default()).unwrap();
    let namespace = plane.namespace("pod").unwrap();
    for account in ["first", "second"] {
        plane
            .create(&format!(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {account}, namespace: {namespace}}}\n"
            ))
            .unwrap();
    }
    plane
        .create(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: pods-of-the-test}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\n\
             subjects: [{{kind: ServiceAccount, name: first, namespace: {namespace}}}, {{kind: ServiceAccount, name: second, namespace: {namespace}}}]\n"
        ))
        .unwrap();
    plane.create(&deployment(&namespace, "web")).unwrap();
    put(files, "..1", &plane, &namespace, "first");
    let user = |account: &str| format!("system:serviceaccount:{namespace}:{account}");
    let port = plane.url().rsplit_once(':').unwrap().1.to_owned();
    let command = |arguments: &[&str]| {
        let program = [&[env!("CARGO_BIN_EXE_ironclad")], arguments].concat();
        let mut command = inside(namespaces, files, &program);
        command
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env_remove("KUBECONFIG")
            .env_remove("IRONCLAD_POLICY_CONFIG")
            .env("SOURCE_DATE_EPOCH", "1795478400")
            .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            .env("KUBERNETES_SERVICE_PORT", &port);
        command
    };
    let scan = ["scan", "--cluster", "--no-config", "--select", "workload/privileged"];
    let once = command(&[&scan[..], &["--format", "json"]].concat()).output().unwrap();
    let said = || format!("{}{}", String::from_utf8_lossy(&once.stdout), String::from_utf8_lossy(&once.stderr));
    assert_eq!(once.status.code(), Some(1), "{}", said());
    let report: Value = serde_json::from_slice(&once.stdout).unwrap();
    assert_eq!(report["findings"][0]["location"]["source"], "cluster:in-cluster", "{report:#}");
    // Where nothing says where the server is, this is no pod.
    let nowhere = command(&scan).env_remove("KUBERNETES_SERVICE_HOST").output().unwrap();
    let said = String::from_utf8_lossy(&nowhere.stdout).into_owned() + &String::from_utf8_lossy(&nowhere.stderr);
    assert!(nowhere.status.code() == Some(2) && said.contains("this is no pod of a cluster"), "{said}");

    let mut child = command(&[&scan[..], &["--watch", "--format", "ndjson"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        out.lines().map_while(Result::ok).all(|line| sender.send(serde_json::from_str(&line).unwrap()).is_ok())
    });
    let mut seen = Vec::new();
    let report = wait(&lines, &mut seen, |event| event["event"] == "report");
    assert_eq!((&report["errors"], report["findings"].as_array().unwrap().len()), (&serde_json::json!([]), 1));
    assert!(has_asked(&plane, &user("first")) && !has_asked(&plane, &user("second")));
    put(files, "..2", &plane, &namespace, "second");
    let until = Instant::now() + PATIENCE;
    while !has_asked(&plane, &user("second")) {
        assert!(Instant::now() < until, "the new token is not used");
        // What the watch tells meanwhile, if anything.
        seen.extend(lines.recv_timeout(Duration::from_millis(500)));
    }
    // No connection outlives the server, and no token its account: what goes on does so by the new one.
    assert!(plane.kubectl(&["delete", "serviceaccount", "first", "-n", &namespace]).unwrap().status.success());
    plane.crash_apiserver().unwrap();
    plane.restart_apiserver().unwrap();
    plane.create(&deployment(&namespace, "late")).unwrap();
    let opened = wait(&lines, &mut seen, |event| event["event"] == "opened");
    assert_eq!(opened["finding"]["object"]["name"], "late");
    // An end before every listing was made again would be one of a cluster that was not wholly seen.
    let is_lost = |seen: &[Value]| {
        let mut lost = std::collections::BTreeSet::new();
        for event in seen {
            match event["event"].as_str() {
                Some("lost") => lost.insert(event["resource"].to_string()),
                Some("listed") => lost.remove(&event["resource"].to_string()),
                _ => false,
            };
        }
        !lost.is_empty()
    };
    while is_lost(&seen) {
        wait(&lines, &mut seen, |event| event["event"] == "listed");
    }
    assert!(!seen.iter().any(|event| event["code"] == "cluster/unauthorized"), "{seen:#?}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((status.code(), errors.as_str()), (Some(1), ""), "{seen:#?}");
}
