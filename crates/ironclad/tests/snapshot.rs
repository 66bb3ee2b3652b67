//! Snapshots of a real API server: they say what the cluster says, hold no secret, and differ where clusters do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::path::Path;

/// Objects that say something to many checks, with a secret wherever one could be.
fn manifests(namespace: &str, canary: &str) -> String {
    let encoded = base64(canary);
    let url = format!("postgres://app:{canary}@db:5432/app");
    format!(
        r#"apiVersion: v1
kind: Secret
metadata: {{name: data, namespace: {namespace}}}
data: {{password: {encoded}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: sh.helm.release.v1.web.v1, namespace: {namespace}, labels: {{owner: helm}}}}
type: helm.sh/release.v1
data: {{release: {encoded}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: {namespace}}}
data:
  db-password: {canary}
  app.properties: |
    db.user=app
    db.password={canary}
    db.url={url}
  colour: blue
binaryData: {{old-db-password: {encoded}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: {namespace}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{{"env": "{canary}"}}'
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        image: nginx
        args: [--password={canary}, --db-token, {canary}, --mode=fast]
        env:
        - {{name: API_TOKEN, value: {canary}}}
        - {{name: DATABASE_URL, value: '{url}'}}
        - {{name: MODE, value: fast}}
        securityContext: {{privileged: true}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: notes, namespace: {namespace}, annotations: {{motd: 'say {canary} to enter'}}}}
data:
  README: |
    Ask the operator, or use {canary} at once.
    The same in base64 is {encoded}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: sh.helm.release.v1.old.v1, namespace: {namespace}, labels: {{owner: helm}}}}
data: {{release: H4sI{encoded}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: tools, namespace: {namespace}, annotations: {{howto: 'login root {canary}'}}}}
spec:
  selector: {{matchLabels: {{app: tools}}}}
  template:
    metadata: {{labels: {{app: tools}}, annotations: {{howto: 'login root {canary}'}}}}
    spec:
      initContainers:
      - {{name: first, image: busybox, command: [sh, -c, 'login root {canary} && setup']}}
      containers:
      - name: tools
        image: busybox
        args: [login, root, {canary}]
        env: [{{name: GREETING, value: 'hello {canary}'}}]
        livenessProbe:
          exec: {{command: [check, {canary}]}}
        readinessProbe:
          httpGet: {{path: /, port: 80, httpHeaders: [{{name: X-Greeting, value: {canary}}}]}}
        lifecycle:
          preStop: {{exec: {{command: [sh, -c, 'bye "{canary}"']}}}}
"#
    )
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Everything that a snapshot holds, in plain.
fn content(file: &Path) -> String {
    let read = ironclad_snapshot::read(std::fs::File::open(file).unwrap(), &ironclad_snapshot::Limits::default());
    assert_eq!(read.fault, None);
    let mut text = format!("{:?}\n", read.header.unwrap());
    for batch in &read.batches {
        for document in &batch.documents {
            document.root().write_json(&mut text);
            text.push('\n');
        }
    }
    text
}

/// A canary in every place that a secret could be in, and in none of what comes out.
#[test]
fn no_secret_leaves_the_cluster() {
    let Some(plane) = plane("secrets in snapshots and reports") else { return };
    let namespace = plane.namespace("canary").unwrap();
    let canary = "cAnary4711xQ9zLm2pRt";
    plane.create(&manifests(&namespace, canary)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let is_clean = |what: &str, text: &str| {
        for form in [canary.to_owned(), base64(canary), base64(&base64(canary))] {
            let lines: Vec<&str> = text.lines().filter(|line| line.contains(form.trim_end_matches('='))).collect();
            assert!(lines.is_empty(), "{what} holds {form}: {lines:?}");
        }
    };
    let taken = ironclad(
        &[
            "snapshot",
            "--kubeconfig",
            &kubeconfig,
            "-n",
            &namespace,
            "--list-secrets",
            "--all-kinds",
            "-v",
            "-o",
            "s.ironclad",
        ],
        folder.path(),
    );
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
    is_clean("what the command says", &text(&taken));
    is_clean("the file", &String::from_utf8_lossy(&std::fs::read(folder.path().join("s.ironclad")).unwrap()));
    let held = content(&folder.path().join("s.ironclad"));
    is_clean("the snapshot", &held);
    // It was there, and the rest is.
    for kept in [
        "db.user=app",
        "--mode=fast",
        "\"blue\"",
        "sh.helm.release.v1.web.v1",
        "login root ",
        "to enter",
        "ironclad-redacted",
    ] {
        assert!(held.contains(kept), "{kept} is not in {held}");
    }
    for format in ["pretty", "json", "sarif", "github", "gitlab", "junit", "html", "markdown", "csv", "openreports"] {
        for input in [vec!["--kubeconfig", &kubeconfig, "-n", &namespace, "--list-secrets"], vec!["s.ironclad"]] {
            let mut arguments = vec!["scan", "--profile", "all", "-v", "--format", format];
            arguments.extend(input);
            // What looks at every kind asks a cluster for all of them.
            let output = ironclad(&arguments, folder.path());
            assert_eq!(output.status.code(), Some(1), "{}", text(&output));
            is_clean(&format!("{arguments:?}"), &text(&output));
        }
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder.path().join("s.ironclad")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A snapshot is judged as its cluster is, byte for byte but for the words about hidden secrets.
#[test]
fn a_snapshot_says_what_its_cluster_says() {
    let Some(plane) = plane("scanning a snapshot") else { return };
    let namespace = plane.namespace("same").unwrap();
    plane.create(&manifests(&namespace, "hunter2-Zx81Qv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let cluster = ["--kubeconfig", kubeconfig.as_str(), "-n", namespace.as_str(), "--no-config"];
    let live = ironclad(&[&["scan", "--format", "json"], &cluster[..]].concat(), folder.path());
    let taken = ironclad(&[&["snapshot", "-o", "a.ironclad"], &cluster[..]].concat(), folder.path());
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
    let again = ironclad(&[&["snapshot", "-q", "-o", "b.ironclad"], &cluster[..]].concat(), folder.path());
    assert_eq!(text(&again), "");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.ironclad"), bytes("b.ironclad"));
    let from_file = ironclad(&["scan", "--format", "json", "--no-config", "a.ironclad"], folder.path());
    assert_eq!(
        (live.status.code(), from_file.status.code()),
        (Some(1), Some(1)),
        "{}{}",
        text(&live),
        text(&from_file)
    );
    let findings = |report: &Value| -> Vec<String> {
        let own = report["findings"].as_array().unwrap().iter().filter(|f| {
            let object = &f["object"];
            object["namespace"] == namespace.as_str() || object["name"] == namespace.as_str()
        });
        own.map(|f| format!("{} {} {}", f["fingerprint"], f["check"], f["location"])).collect()
    };
    let (live, from_file) = (json(&live), json(&from_file));
    let mut wanted = findings(&live);
    assert!(wanted.len() > 8, "{live:#}");
    // The scan asked for fewer kinds: what is more in the snapshot is about those.
    let has = findings(&from_file);
    wanted.retain(|finding| !has.contains(finding));
    assert_eq!(wanted, Vec::<String>::new(), "{from_file:#}");
    assert!(from_file["findings"][0]["location"]["source"].as_str() == Some("cluster:test"));
}

#[test]
fn snapshots_differ_where_clusters_do() {
    let Some(plane) = plane("differences of snapshots") else { return };
    let namespace = plane.namespace("diff").unwrap();
    plane.create(&manifests(&namespace, "hunter2-Zx81Qv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
    std::fs::write(folder.path().join("short"), [7; 8]).unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let take = |file: &str, key: &str| {
        let arguments = [
            "snapshot",
            "--kubeconfig",
            &kubeconfig,
            "-n",
            &namespace,
            "--no-config",
            "--equality-key",
            key,
            "-o",
            file,
        ];
        ironclad(&arguments, folder.path())
    };
    assert_eq!(take("old.ironclad", "key").status.code(), Some(0));
    let short = take("no.ironclad", "short");
    assert!(short.status.code() == Some(2) && text(&short).contains("too short"), "{}", text(&short));
    let same = ironclad(&["diff", "old.ironclad", "old.ironclad"], folder.path());
    assert_eq!((same.status.code(), text(&same).lines().count()), (Some(0), 1), "{}", text(&same));
    let n = namespace.as_str();
    let kubectl = |arguments: &[&str]| assert!(plane.kubectl(arguments).unwrap().status.success(), "{arguments:?}");
    kubectl(&["set", "env", "-n", n, "deployment/web", "API_TOKEN=another-Zx81Qv", "MODE=slow"]);
    kubectl(&["create", "service", "nodeport", "-n", n, "web", "--tcp=80"]);
    kubectl(&["delete", "configmap", "-n", n, "settings"]);
    assert_eq!(take("new.ironclad", "key").status.code(), Some(0));
    let output = ironclad(&["diff", "old.ironclad", "new.ironclad", "--format", "json"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let diff = json(&output);
    let names = |list: &Value| -> Vec<String> {
        let name = |o: &Value| format!("{} {}", o["kind"].as_str().unwrap(), o["name"].as_str().unwrap());
        list.as_array().unwrap().iter().filter(|o| o["namespace"] == n).map(name).collect()
    };
    assert_eq!(names(&diff["objects"]["came"]), ["Service web"], "{diff:#}");
    assert_eq!(names(&diff["objects"]["went"]), ["ConfigMap settings"], "{diff:#}");
    let changed = diff["objects"]["changed"].as_array().unwrap();
    let web = changed.iter().find(|change| change["object"]["name"] == "web").unwrap();
    // A secret that changed is known to have, under the key; what it was and is, nobody learns.
    let at = "/spec/template/spec/containers[name=web]/env";
    let fields = [format!("{at}[name=API_TOKEN]/value"), format!("{at}[name=MODE]/value")];
    assert_eq!(web["fields"], serde_json::json!(fields));
    assert!(!text(&output).contains("Zx81Qv"));
    let checks = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap().to_owned()).collect()
    };
    assert!(checks(&diff["findings"]["opened"]).contains(&"network/service-node-port".to_owned()), "{diff:#}");
    assert!(checks(&diff["findings"]["resolved"]).contains(&"secrets/config-map".to_owned()), "{diff:#}");
    let words = ironclad(&["diff", "old.ironclad", "new.ironclad"], folder.path());
    assert!(
        text(&words).contains(&format!("+ Service {n}/web\n- ConfigMap {n}/settings\n~ Deployment.apps {n}/web\n")),
        "{}",
        text(&words)
    );
}

/// What a person reads after a rollout: from what to what each field went, no secret, and not every pod that came and went.
#[test]
fn a_difference_is_told_in_few_words() {
    let Some(plane) = plane("differences after a rollout") else { return };
    let namespace = plane.namespace("rollout").unwrap();
    let n = namespace.as_str();
    plane.create(&manifests(n, "hunter2-Zx81Qv")).unwrap();
    let replica_set = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: {name}\n  namespace: {n}\n  \
             ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: web, uid: '1', controller: true}}]\n\
             spec: {{selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{containers: [{{name: web, image: nginx}}]}}}}}}\n"
        )
    };
    plane.create(&replica_set("web-1")).unwrap();
    plane.create(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: plain, namespace: {n}}}\ndata: {{colour: blue, text: \"a\\nb\"}}\n")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let take = |file: &str| {
        let arguments =
            ["snapshot", "-q", "--kubeconfig", &kubeconfig, "-n", n, "--no-config", "--equality-key", "key", "-o"];
        let output = ironclad(&[&arguments[..], &[file]].concat(), folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    };
    take("old");
    let kubectl = |arguments: &[&str]| assert!(plane.kubectl(arguments).unwrap().status.success(), "{arguments:?}");
    kubectl(&["set", "image", "-n", n, "deployment/web", "web=nginx:1.29"]);
    kubectl(&["scale", "-n", n, "deployment/web", "--replicas=3"]);
    kubectl(&["set", "env", "-n", n, "deployment/web", "API_TOKEN=another-Zx81Qv", "MODE-", "EXTRA=yes"]);
    kubectl(&["delete", "replicaset", "-n", n, "web-1"]);
    plane.create(&replica_set("web-2")).unwrap();
    let patch = "{\"data\": {\"colour\": \"red\", \"text\": \"a\\nb\\nc\"}}";
    kubectl(&["patch", "configmap", "-n", n, "plain", "--patch", patch]);
    kubectl(&["create", "service", "nodeport", "-n", n, "web", "--tcp=80"]);
    take("new");
    let said = ironclad(&["diff", "old", "new", "--no-config"], folder.path());
    let words = text(&said);
    assert_eq!(said.status.code(), Some(1), "{words}");
    let at = "    /spec/template/spec/containers[name=web]";
    for line in [
        "    /data/colour: \"blue\" → \"red\"",
        "    /data/text: 2 lines → 3 lines",
        "    /spec/replicas: 1 → 3",
        &format!("{at}/image: \"nginx\" → \"nginx:1.29\""),
        &format!("{at}/env[name=API_TOKEN]/value: another, \"ironclad-redacted\""),
        &format!("{at}/env[name=MODE]: gone, was {{\"name\":\"MODE\",\"value\":\"fast\"}}"),
        &format!("{at}/env[name=EXTRA]: new, {{\"name\":\"EXTRA\",\"value\":\"yes\"}}"),
    ] {
        assert!(words.lines().any(|known| known == line), "{line}\n{words}");
    }
    assert!(!words.contains("web-1") && !words.contains("web-2") && !words.contains("Zx81Qv"), "{words}");
    assert!(words.contains("(2 of them made by other objects and left out here: `-v` lists them)"), "{words}");
    let severities = ["critical", "high", "medium", "low", "info"];
    let opened: Vec<usize> = words
        .lines()
        .filter_map(|line| {
            severities.iter().position(|name| line.strip_prefix("opened ").is_some_and(|l| l.starts_with(name)))
        })
        .collect();
    assert!(!opened.is_empty() && opened.is_sorted(), "{words}");
    let all = text(&ironclad(&["diff", "old", "new", "--no-config", "-v"], folder.path()));
    assert!(all.contains(&format!("- ReplicaSet.apps {n}/web-1")) && all.contains("(2 of them made by"), "{all}");
    let report = json(&ironclad(&["diff", "old", "new", "--no-config", "--format", "json"], folder.path()));
    let made = report["objects"]["came"].as_array().unwrap().iter().find(|object| object["name"] == "web-2").unwrap();
    assert_eq!(made["madeBy"], "Deployment/web", "{report:#}");
    let changed = report["objects"]["changed"].as_array().unwrap();
    let web = changed.iter().find(|change| change["object"]["name"] == "web").unwrap();
    let replicas =
        web["changes"].as_array().unwrap().iter().find(|change| change["field"] == "/spec/replicas").unwrap();
    assert_eq!((&replicas["old"], &replicas["new"]), (&"1".into(), &"3".into()), "{report:#}");
    assert!(!report.to_string().contains("Zx81Qv"), "{report:#}");
}

/// Who asked for one namespace knows nothing of the others: what is in them is neither come nor gone.
#[test]
fn a_part_of_a_cluster_says_nothing_of_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let of = |kind: &str| ironclad_snapshot::KindOf { api_version: "v1".to_owned(), kind: kind.to_owned() };
    let write = |name: &str, namespaces: &[&str], places: &[&str]| {
        let header = ironclad_snapshot::Header {
            context: "prod".to_owned(),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
            ..ironclad_snapshot::Header::default()
        };
        let parsed = |text: String| {
            let source = ironclad_tree::Source::new("t", text);
            ironclad_tree::parse(&source, &ironclad_tree::Limits::default()).documents.remove(0)
        };
        let pod = |place: &&str| {
            parsed(format!(
                "{{\"metadata\": {{\"name\": \"p\", \"namespace\": \"{place}\"}}, \"spec\": {{\"hostPID\": true, \"containers\": []}}}}"
            ))
        };
        let mut writer = ironclad_snapshot::Writer::new(Vec::new(), &header).unwrap();
        let all = |place: &&str| parsed(format!("{{\"metadata\": {{\"name\": \"{place}\"}}}}"));
        writer.objects(&of("Namespace"), &["a", "b"].iter().map(all).collect::<Vec<_>>()).unwrap();
        writer.objects(&of("Pod"), &places.iter().map(pod).collect::<Vec<_>>()).unwrap();
        std::fs::write(folder.path().join(name), writer.finish().unwrap()).unwrap();
    };
    write("one", &["a"], &["a"]);
    write("whole", &[], &["a", "b"]);
    write("empty", &[], &[]);
    let diff = |old: &str, new: &str| {
        let output = ironclad(&["diff", old, new, "--no-config", "--select", "workload/host-pid"], folder.path());
        (output.status.code(), text(&output))
    };
    let (code, words) = diff("one", "whole");
    assert!(words.contains("? Pod b/p (nobody knows: the old side does not show such)"), "{words}");
    assert!(!words.contains("+ ") && !words.contains("opened high") && code == Some(0), "{code:?} {words}");
    let (code, words) = diff("whole", "one");
    assert!(words.contains("? Pod b/p (nobody knows: the new side") && !words.contains("resolved h"), "{words}");
    assert_eq!(code, Some(0), "{words}");
    // In its own namespace it knows.
    let (code, words) = diff("one", "empty");
    assert!(words.contains("- Pod a/p") && code == Some(1), "{code:?} {words}");
}

#[test]
fn a_bad_snapshot_is_incomplete() {
    let header = ironclad_snapshot::Header { context: "prod".to_owned(), ..ironclad_snapshot::Header::default() };
    let mut writer = ironclad_snapshot::Writer::new(Vec::new(), &header).unwrap();
    let source = ironclad_tree::Source::new(
        "t",
        "{\"metadata\": {\"name\": \"p\"}, \"spec\": {\"hostPID\": true, \"containers\": []}}",
    );
    let documents = ironclad_tree::parse(&source, &ironclad_tree::Limits::default()).documents;
    let pods = ironclad_snapshot::KindOf { api_version: "v1".to_owned(), kind: "Pod".to_owned() };
    writer.objects(&pods, &documents).unwrap();
    let whole = writer.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = ironclad_snapshot::Missing {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        permission: "list services in all namespaces".to_owned(),
        ..ironclad_snapshot::Missing::default()
    };
    let partial = ironclad_snapshot::Header { not_observed: vec![missing], ..header };
    let partial = ironclad_snapshot::Writer::new(Vec::new(), &partial).unwrap().finish().unwrap();
    let mut newer = whole.clone();
    newer[8] = 9;
    for (name, bytes, said) in [
        ("cut", &whole[..whole.len() - 9], "is cut short"),
        ("newer", &newer[..], "the snapshot is of version 9"),
        ("partial", &partial[..], "could not list services in all namespaces when the snapshot was taken"),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let output = ironclad(&["scan", name, "--select", "workload/host-pid"], folder.path());
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output));
        assert!(text(&output).contains(said), "{name}: {}", text(&output));
    }
    std::fs::write(folder.path().join("whole"), &whole).unwrap();
    // What a side could not see is neither come nor gone, and its findings are not resolved.
    let output = ironclad(&["diff", "whole", "cut", "--select", "workload/host-pid"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let output =
        ironclad(&["diff", "whole", "newer", "--select", "workload/host-pid", "--format", "json"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let diff = json(&output);
    assert_eq!(
        (&diff["objects"]["went"], &diff["findings"]["resolved"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    assert_eq!(diff["objects"]["unseen"][0]["side"], "new", "{diff:#}");
    let words = ironclad(&["diff", "whole", "newer", "--select", "workload/host-pid"], folder.path());
    assert!(text(&words).contains("? Pod p (nobody knows: the new side does not show such)"), "{}", text(&words));
    let output = ironclad(&["scan", "whole", "--select", "workload/host-pid"], folder.path());
    assert!(output.status.code() == Some(1) && text(&output).contains("cluster:prod  Pod p"), "{}", text(&output));
    let cut = ironclad(&["scan", "cut", "--select", "workload/host-pid"], folder.path());
    assert!(text(&cut).contains("high[workload/host-pid]"), "what came before the cut is judged: {}", text(&cut));
}
