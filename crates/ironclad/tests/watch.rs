//! `scan --watch` on a real API server: what is told adds up to what a scan says, whatever happens to the connection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::{Assets, ControlPlane, Fault, FaultProxy, Options};
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long an event may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A scan that goes on.
struct Watched {
    child: Child,
    lines: Receiver<String>,
    /// Fingerprints of what is open, as far as it was told.
    open: BTreeSet<String>,
    report: Value,
    _folder: TempDir,
}

impl Watched {
    fn start(kubeconfig: &str, more: &[&str]) -> Watched {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, kubeconfig).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ironclad"))
            .args(["scan", "--kubeconfig", "config", "--no-config", "--watch", "--format", "ndjson"])
            .args(more)
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("SOURCE_DATE_EPOCH", "1795478400")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut watched = Watched { child, lines, open: BTreeSet::new(), report: Value::Null, _folder: folder };
        let report = watched.next(Instant::now() + PATIENCE).expect("a report");
        assert_eq!(report["event"], "report", "{report}");
        assert_eq!(report["schema"], "ironclad.findings/v1");
        watched.open = open(&report);
        watched.report = report;
        watched
    }

    /// The next event, taken into account.
    fn next(&mut self, until: Instant) -> Option<Value> {
        let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).ok()?;
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let fingerprint = || event["fingerprint"].as_str().unwrap().to_owned();
        match event["event"].as_str().unwrap() {
            "opened" => {
                assert_eq!(event["finding"]["fingerprint"], event["fingerprint"]);
                assert!(self.open.insert(fingerprint()), "it was open: {event:#}");
            }
            "changed" => assert!(self.open.contains(&fingerprint()), "it was not open: {event:#}"),
            "resolved" => assert!(self.open.remove(&fingerprint()), "it was not open: {event:#}"),
            "report" | "lost" | "listed" | "served" | "unserved" => {}
            other => panic!("{other}"),
        }
        Some(event)
    }

    /// Waits for an event.
    fn wait(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Some(event) = self.next(until) {
            if is(&event) {
                return event;
            }
            seen.push(event.to_string());
        }
        panic!("no {what} among {seen:#?}");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Interrupts it, and returns its exit code and what it said besides.
    fn stop(mut self) -> (Option<i32>, String) {
        self.signal("-INT");
        let status = self.child.wait().unwrap();
        let mut errors = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut errors).unwrap();
        (status.code(), errors)
    }
}

fn open(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "open");
    findings.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

fn admin(plane: &ControlPlane) -> String {
    std::fs::read_to_string(plane.kubeconfig()).unwrap()
}

fn deployment(namespace: &str, name: &str, privileged: bool) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - {{name: c, image: nginx, securityContext: {{privileged: {privileged}}}}}\n"
    )
}

fn apply(plane: &ControlPlane, manifests: &str) {
    let output = plane.kubectl_as(&plane.kubeconfig(), &["apply", "-f", "-"], manifests).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn kubectl(plane: &ControlPlane, arguments: &[&str]) {
    let output = plane.kubectl(arguments).unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const SELECT: &str = "workload/privileged,wiring/dangling-service";

#[test]
fn changes_are_told_as_they_happen() {
    let Some(plane) = plane("watching a cluster") else { return };
    let namespace = plane.namespace("watch").unwrap();
    plane.create(&deployment(&namespace, "web", false)).unwrap();
    let mut watched = Watched::start(&admin(plane), &["-n", &namespace, "--select", SELECT]);
    assert!(watched.open.is_empty(), "{:#}", watched.report);
    // An object alone.
    apply(plane, &deployment(&namespace, "web", true));
    let opened = watched.wait("privileged", |event| event["event"] == "opened");
    let finding = &opened["finding"];
    assert_eq!((&finding["check"], &finding["object"]["name"]), (&"workload/privileged".into(), &"web".into()));
    assert_eq!(finding["location"], serde_json::json!({"source": "cluster:test"}));
    // Objects together: a Service that finds no pod, and then does.
    apply(
        plane,
        &format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: db, namespace: {namespace}}}\nspec: {{selector: {{app: db}}, ports: [{{port: 80}}]}}\n"
        ),
    );
    let opened = watched.wait("dangling", |event| event["event"] == "opened");
    assert_eq!(opened["finding"]["check"], "wiring/dangling-service");
    plane.create(&deployment(&namespace, "db", false)).unwrap();
    let resolved = watched.wait("resolved", |event| event["event"] == "resolved");
    assert_eq!(resolved["check"], "wiring/dangling-service");
    assert_eq!(resolved["fingerprint"], opened["fingerprint"]);
    assert_eq!(resolved["object"]["name"], "db");
    // What goes takes its findings along.
    kubectl(plane, &["delete", "deployment", "-n", &namespace, "web"]);
    let resolved = watched.wait("resolved", |event| event["event"] == "resolved");
    assert_eq!((&resolved["check"], &resolved["severity"]), (&"workload/privileged".into(), &"high".into()));
    assert!(watched.open.is_empty());
    assert_eq!(watched.stop(), (Some(0), String::new()));
}

/// With the role that is printed for it, and nothing else, nothing is lost.
#[test]
fn the_least_role_of_a_watch_is_enough() {
    let Some(plane) = plane("the least role of a watch") else { return };
    let namespace = plane.namespace("watchrole").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let words = ["cluster", "permissions", "--watch", "--no-config", "--select", SELECT, "--name", "least-watch"];
    let printed = ironclad(&words, folder.path());
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
    plane.create(&String::from_utf8(printed.stdout).unwrap()).unwrap();
    plane
        .create(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: least-watch}\n\
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: least-watch}\n\
             subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: least-watch}]\n",
        )
        .unwrap();
    let kubeconfig = plane.kubeconfig_of("least-watch", &[]).unwrap();
    let named = kubeconfig.display().to_string();
    // The server's authorizer reads through a cache: the binding counts once that has caught up.
    let deadline = Instant::now() + PATIENCE;
    let scan = ["scan", "--no-config", "--fail-on", "never", "--select", SELECT, "--kubeconfig", &named];
    while ironclad(&scan, folder.path()).status.code() != Some(0) {
        assert!(Instant::now() < deadline, "{}", text(&ironclad(&scan, folder.path())));
    }
    let kubeconfig = std::fs::read_to_string(kubeconfig).unwrap();
    let mut watched = Watched::start(&kubeconfig, &["--select", SELECT, "--fail-on", "never"]);
    assert_eq!(watched.report["errors"], serde_json::json!([]));
    plane.create(&deployment(&namespace, "web", true)).unwrap();
    watched.wait("privileged", |event| {
        assert_ne!(event["event"], "lost", "{event:#}");
        event["event"] == "opened" && event["finding"]["object"]["namespace"] == namespace.as_str()
    });
    assert_eq!(watched.stop(), (Some(0), String::new()));
}

/// A custom resource that comes is judged, and one that goes takes its findings along; and again.
#[test]
fn definitions_come_and_go() {
    let assets = match Assets::find() {
        Ok(assets) => assets,
        Err(why) => return ironclad_testkit::skipped("definitions that come and go", &why),
    };
    // Other tests need not see this definition.
    let plane = ControlPlane::start(&assets, &Options::default()).unwrap();
    let namespace = plane.namespace("definitions").unwrap();
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: rollouts.argoproj.io}\n\
        spec:\n  group: argoproj.io\n  scope: Namespaced\n  names: {plural: rollouts, singular: rollout, kind: Rollout, listKind: RolloutList}\n  \
        versions:\n  - name: v1alpha1\n    served: true\n    storage: true\n    \
        schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n";
    let rollout =
        deployment(&namespace, "web", true).replace("apps/v1", "argoproj.io/v1alpha1").replace("Deployment", "Rollout");
    // Another server of the cluster may say that it serves a resource before the one that is asked for it does.
    let (lists, watches) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let script = move |path: &str, _: usize| {
        let (known, not_yet) = if path.contains("watch=1") { (&watches, 4) } else { (&lists, 2) };
        match path.contains("/rollouts") && known.fetch_add(1, Ordering::Relaxed) < not_yet {
            true => Fault::status(404, "404 page not found"),
            false => Fault::None,
        }
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let mut watched = Watched::start(&proxy.kubeconfig(), &["-n", &namespace, "--select", SELECT]);
    assert!(watched.open.is_empty(), "{:#}", watched.report);
    for _ in 0..2 {
        apply(&plane, definition);
        kubectl(&plane, &["wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=60s"]);
        let served = watched.wait("served", |event| event["event"] == "served");
        assert_eq!(served["resource"], "rollouts.argoproj.io");
        let begun = Instant::now();
        apply(&plane, &rollout);
        let opened = watched.wait("privileged", |event| event["event"] == "opened");
        // Sooner than where watching is not allowed (60 s).
        assert!(begun.elapsed() < Duration::from_secs(45), "{:?}: {:#?}", begun.elapsed(), proxy.seen());
        // It is followed, and not only listed now and then.
        apply(&plane, &rollout.replace("true", "false"));
        watched.wait("resolved", |event| event["event"] == "resolved");
        apply(&plane, &rollout);
        watched.wait("privileged", |event| event["event"] == "opened");
        assert!(begun.elapsed() < Duration::from_secs(45), "{:?}: {:#?}", begun.elapsed(), proxy.seen());
        assert_eq!(opened["finding"]["object"]["kind"], "Rollout", "{opened:#}");
        kubectl(&plane, &["delete", "crd", "rollouts.argoproj.io"]);
        watched.wait("resolved", |event| event["event"] == "resolved");
        watched.wait("unserved", |event| event["event"] == "unserved");
        assert!(watched.open.is_empty());
    }
    assert_eq!(watched.stop(), (Some(0), String::new()));
}

/// The report and all that was told after it are what a scan says now.
#[test]
fn what_is_told_adds_up() {
    let Some(plane) = plane("what a watch tells, added up") else { return };
    let namespace = plane.namespace("adds").unwrap();
    plane.create(&deployment(&namespace, "web", true)).unwrap();
    let mut watched = Watched::start(&admin(plane), &["-n", &namespace]);
    let n = namespace.as_str();
    let objects = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {n}}}\nspec: {{type: NodePort, selector: {{app: web}}, ports: [{{port: 80}}]}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {n}}}\ndata: {{db-password: hunter2-Zx81Qv}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: alone, namespace: {n}}}\nspec: {{hostNetwork: true, containers: [{{name: c, image: busybox}}]}}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: all, namespace: {n}}}\nspec: {{podSelector: {{}}, policyTypes: [Ingress]}}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: all, namespace: {n}}}\nrules: [{{apiGroups: ['*'], resources: ['*'], verbs: ['*']}}]\n---\n\
         apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: p, namespace: {n}}}\nspec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}}}\n"
    );
    apply(plane, &objects);
    for name in ["a", "b", "c"] {
        apply(plane, &deployment(n, name, name != "b"));
    }
    kubectl(plane, &["label", "namespace", n, "pod-security.kubernetes.io/enforce=restricted"]);
    kubectl(plane, &["scale", "-n", n, "deployment/web", "--replicas=3"]);
    kubectl(plane, &["delete", "-n", n, "deployment/c", "configmap/c"]);
    apply(plane, &deployment(n, "a", false));
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let arguments = ["scan", "--kubeconfig", &kubeconfig, "-n", n, "--no-config", "--format", "json"];
    let until = Instant::now() + PATIENCE;
    // Other tests make namespaces meanwhile, which both see: what is so is asked again.
    let scanned = loop {
        let scanned = ironclad(&arguments, folder.path());
        let now = open(&json(&scanned));
        assert!(now.len() > 30, "{}", text(&scanned));
        let while_it_is_so = Instant::now() + Duration::from_secs(5);
        while watched.open != now && watched.next(while_it_is_so).is_some() {}
        if watched.open == now {
            break scanned;
        }
        let more: Vec<&String> = watched.open.difference(&now).collect();
        let less: Vec<&String> = now.difference(&watched.open).collect();
        assert!(Instant::now() < until, "told and not so: {more:?}; so and not told: {less:?}");
    };
    let (code, said) = watched.stop();
    assert_eq!((code, said.as_str()), (scanned.status.code(), ""));
}

/// A watch that breaks goes on where it ended; one that is out of date is told, and what changed meanwhile is found.
#[test]
fn a_lost_watch_is_told_and_nothing_is_missed() {
    let Some(plane) = plane("a watch that breaks") else { return };
    let namespace = plane.namespace("lost").unwrap();
    plane.create(&deployment(&namespace, "web", false)).unwrap();
    let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}"#;
    for (fault, is_lost) in [
        (Fault::Cut, false),
        (Fault::CutAfter(300), false),
        (Fault::Answer(429, vec![("Retry-After", "0".to_owned())], String::new()), false),
        (Fault::Answer(500, Vec::new(), String::new()), false),
        (Fault::Answer(200, Vec::new(), "{\"type\":\"MODIFIED\",\"obj".to_owned()), false),
        (Fault::Answer(200, Vec::new(), "no JSON\n".to_owned()), false),
        (Fault::status(410, "too old resource version"), true),
        (Fault::Answer(200, Vec::new(), format!("{gone}\n")), true),
    ] {
        let watches = AtomicUsize::new(0);
        let once = fault.clone();
        let script = move |path: &str, _: usize| {
            let first = path.contains("watch=1")
                && path.contains("/deployments")
                && watches.fetch_add(1, Ordering::Relaxed) == 0;
            if first { once.clone() } else { Fault::None }
        };
        let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
        let mut watched = Watched::start(&proxy.kubeconfig(), &["-n", &namespace, "--select", SELECT]);
        if is_lost {
            let lost = watched.wait("lost", |event| event["event"] == "lost");
            assert_eq!((&lost["resource"], &lost["code"]), (&"deployments.apps".into(), &"cluster/gone".into()));
            let listed = watched.wait("listed", |event| event["event"] == "listed");
            assert_eq!(listed["objects"], 1, "{listed}");
        }
        apply(plane, &deployment(&namespace, "web", true));
        watched.wait("opened", |event| event["event"] == "opened");
        apply(plane, &deployment(&namespace, "web", false));
        watched.wait("resolved", |event| event["event"] == "resolved");
        let (code, said) = watched.stop();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{fault:?}");
        let watches = proxy.seen().iter().filter(|p| p.contains("watch=1") && p.contains("/deployments")).count();
        assert!(watches > 1, "{fault:?}: {:#?}", proxy.seen());
    }
}

/// Who may list and not watch is told so, and an end makes exit code 2.
#[test]
fn who_may_not_watch_is_told() {
    let Some(plane) = plane("a cluster that may not be watched") else { return };
    let namespace = plane.namespace("may-not-watch").unwrap();
    plane.create(&deployment(&namespace, "web", true)).unwrap();
    let script = |path: &str, _: usize| match path.contains("watch=1") && path.contains("/deployments") {
        true => Fault::status(403, "deployments.apps is forbidden: cannot watch"),
        false => Fault::None,
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let mut watched = Watched::start(&proxy.kubeconfig(), &["-n", &namespace, "--select", SELECT]);
    assert_eq!(watched.open.len(), 1);
    let lost = watched.wait("lost", |event| event["event"] == "lost");
    assert_eq!((&lost["resource"], &lost["code"]), (&"deployments.apps".into(), &"cluster/forbidden".into()));
    assert_eq!(watched.stop().0, Some(2));
    let folder = tempfile::tempdir().unwrap();
    let printed = ironclad(&["cluster", "permissions", "--no-config", "--watch", "--select", SELECT], folder.path());
    assert!(text(&printed).contains("verbs: [list, watch]"), "{}", text(&printed));
    for arguments in [
        vec!["scan", ".", "--watch"],
        vec!["scan", "--cluster", "--watch", "--format", "sarif"],
        vec!["scan", "--cluster", "--watch", "-o", "a.json"],
    ] {
        let output = ironclad(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains("help"), "{}", text(&output));
    }
}

fn resident(child: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Memory follows the objects and not their changes. `IRONCLAD_WATCH_UPDATES` asks for more of them.
#[test]
fn memory_follows_objects_and_not_changes() {
    let Some(plane) = plane("the memory of a watch") else { return };
    let updates: usize = std::env::var("IRONCLAD_WATCH_UPDATES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    const BATCH: usize = 500;
    let batches = updates / BATCH;
    let served = AtomicUsize::new(0);
    // Five hundred ConfigMaps take turns in holding a secret; two of them are marks.
    let early = batches / 100;
    let script = move |path: &str, _: usize| {
        if !path.contains("/configmaps") {
            return Fault::None;
        }
        if !path.contains("watch=1") {
            let body = "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
            return Fault::Answer(200, Vec::new(), body.to_owned());
        }
        let batch = served.fetch_add(1, Ordering::Relaxed);
        if batch >= batches {
            return Fault::Hang;
        }
        let mut body = String::new();
        for index in 0..BATCH {
            let version = 2 + batch * BATCH + index;
            let mark = (index + 1 == BATCH).then_some(batch);
            let (name, is_secret) = match mark {
                Some(batch) if batch == early => ("early".to_owned(), true),
                Some(batch) if batch + 1 == batches => ("late".to_owned(), true),
                _ => (format!("c-{index:03}"), (batch + index).is_multiple_of(2)),
            };
            let key = if is_secret { "db-password" } else { "colour" };
            let _ = writeln!(
                body,
                "{{\"type\":\"MODIFIED\",\"object\":{{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"n\",\"resourceVersion\":\"{version}\"}},\"data\":{{\"{key}\":\"hunter2-Zx81Qv-{version}\"}}}}}}"
            );
        }
        Fault::Answer(200, Vec::new(), body)
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let mut watched = Watched::start(&proxy.kubeconfig(), &["--select", "secrets/config-map"]);
    watched.wait("early", |event| event["finding"]["object"]["name"] == "early");
    let first = resident(watched.child.id());
    watched.wait("late", |event| event["finding"]["object"]["name"] == "late");
    let last = resident(watched.child.id());
    let so_far = (early + 1) * BATCH;
    eprintln!("resident: {first} kB after {so_far} updates, {last} kB after {updates}");
    // Ten per cent of what a release build has; an allocator keeps a little more than that of what came and went.
    assert!(last < first + first / 10 + 4_096, "{first} kB, then {last} kB");
    assert_ne!(watched.stop().0, None);
}

/// The resources of a printed role, by group, and a role of these verbs for each, bound to a user of its own name.
fn role_of(plane: &ControlPlane, name: &str, rules: &[(String, String, &str)]) -> String {
    let rules: String = rules
        .iter()
        .map(|(group, resource, verbs)| {
            format!("- {{apiGroups: ['{group}'], resources: [{resource}], verbs: [{verbs}]}}\n")
        })
        .collect();
    plane
        .create(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n{rules}---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\n\
             subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {name}}}]\n"
        ))
        .unwrap();
    std::fs::read_to_string(plane.kubeconfig_of(name, &[]).unwrap()).unwrap()
}

/// Of the role of a watch no rule and no verb can be missed: what may not be listed is an error of the report, what may
/// not be watched is told to be lost, both by name, and the end is exit code 2.
#[test]
fn every_rule_of_a_watch_is_needed() {
    let Some(plane) = plane("the role of a watch, rule by rule") else { return };
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let printed = ironclad(
        &["cluster", "permissions", "--watch", "--no-config", "--select", SELECT, "--kubeconfig", &kubeconfig],
        folder.path(),
    );
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
    let mut rules = Vec::new();
    let mut group = String::new();
    for line in text(&printed).lines() {
        if let Some(name) = line.strip_prefix("- apiGroups: [\"") {
            group = name.trim_end_matches("\"]").to_owned();
        } else if let Some(resource) = line.strip_prefix("  - ") {
            rules.push((group.clone(), resource.to_owned(), "list, watch"));
        }
    }
    assert!(rules.len() > 5, "{}", text(&printed));
    for number in 0..rules.len() {
        for (verb, left) in [("list", "watch"), ("watch", "list")] {
            let mut reduced = rules.clone();
            reduced[number].2 = left;
            let kubeconfig = role_of(plane, &format!("watch-without-{verb}-{number}"), &reduced);
            let (group, resource, _) = &rules[number];
            let full = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
            // The server's authorizer reads through a cache: until it has caught up more is missing.
            let deadline = Instant::now() + PATIENCE;
            let (mut watched, errors) = loop {
                let watched = Watched::start(&kubeconfig, &["--select", SELECT, "--fail-on", "never"]);
                let errors = watched.report["errors"].as_array().unwrap().clone();
                if errors.len() == usize::from(verb == "list") || Instant::now() > deadline {
                    break (watched, errors);
                }
                assert_eq!(watched.stop().0, Some(2));
            };
            if verb == "list" {
                assert_eq!((errors.len(), &errors[0]["code"]), (1, &Value::from("cluster/forbidden")), "{errors:#?}");
                let message = errors[0]["message"].as_str().unwrap();
                assert!(message.starts_with(&format!("could not list {full}")), "{full}: {errors:#?}");
            } else {
                assert_eq!(errors.len(), 0, "{full}: {errors:#?}");
                let lost = watched.wait("lost", |event| event["event"] == "lost");
                assert_eq!((&lost["resource"], &lost["code"]), (&full.as_str().into(), &"cluster/forbidden".into()));
            }
            assert_eq!(watched.stop().0, Some(2), "{full} without {verb}");
        }
    }
}
