//! A cluster that is judged while its pages come says what it says when it is judged as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testcluster::{Assets, ControlPlane, Fault, FaultProxy, Options, generated, load};
use std::path::Path;

/// What no generated cluster has: pods without owners, or with owners that are not there; what an owner answers for; a
/// static pod; a hook; waivers.
const MORE: &str = "
apiVersion: v1
kind: Pod
metadata: {name: naked, namespace: team-01, annotations: {ironclad.dev/ignore.workload.host-pid: it is a debugger}}
spec: {hostPID: true, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: orphan-1
  namespace: team-01
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: gone, uid: '1', controller: true}]
spec: {hostNetwork: true, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: orphan-2
  namespace: team-01
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: gone, uid: '1', controller: true}]
spec: {hostNetwork: true, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: static-node-01
  namespace: kube-system
  ownerReferences: [{apiVersion: v1, kind: Node, name: node-01, uid: '3', controller: true}]
spec: {hostNetwork: true, containers: [{name: c, image: nginx, securityContext: {privileged: true}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: team-01}
spec: {schedule: 0 0 * * *, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, hostPID: true, containers: [{name: c, image: nginx}]}}}}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: nightly-1
  namespace: team-01
  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, uid: '4', controller: true}]
spec: {template: {spec: {restartPolicy: Never, hostPID: true, containers: [{name: c, image: nginx}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hook, namespace: team-01, annotations: {helm.sh/hook: post-install}}
spec: {template: {spec: {restartPolicy: Never, hostPID: true, containers: [{name: c, image: nginx}]}}}
";

/// A scan that streams, or, with a manifest of something else to look for the origin of objects in, one that does not.
fn scan(folder: &Path, kubeconfig: &str, more: &[&str]) -> Vec<u8> {
    let arguments =
        ["scan", "--kubeconfig", kubeconfig, "--no-config", "--format", "json", "--show-waived", "--fail-on", "info"];
    let output = program::ironclad(&[&arguments[..], more].concat(), folder);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{more:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("\"fingerprint\""), "{more:?}: {text}");
    output.stdout
}

/// Says in which lines two reports differ.
fn is_same(whole: &[u8], other: &[u8], select: &[&str]) {
    let lines = |report: &[u8]| String::from_utf8_lossy(report).lines().map(str::to_owned).collect::<Vec<_>>();
    let (whole, other) = (lines(whole), lines(other));
    let first = whole.iter().zip(&other).position(|(whole, other)| whole != other);
    let first = first.or((whole.len() != other.len()).then_some(whole.len().min(other.len())));
    if let Some(at) = first {
        let part = |lines: &[String]| lines[at.saturating_sub(8)..(at + 8).min(lines.len())].join("\n");
        panic!("{select:?}, line {at}:\n{}\n---\n{}", part(&whole), part(&other));
    }
}

/// A static pod answers for itself, pods of an owner that is not there once, and what another object makes not at all.
fn answers(report: &[u8]) {
    let report: serde_json::Value = serde_json::from_slice(report).unwrap();
    let of = |name: &str, check: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|found| found["object"]["name"] == name && found["check"] == check).count()
    };
    assert_eq!(of("static-node-01", "workload/privileged"), 1);
    assert_eq!(of("orphan-1", "workload/host-network") + of("orphan-2", "workload/host-network"), 1);
    assert_eq!((of("nightly", "workload/host-pid"), of("nightly-1", "workload/host-pid")), (1, 0));
}

#[test]
fn judged_page_by_page_or_as_a_whole_is_the_same() {
    let plane = match Assets::find() {
        Ok(assets) => ControlPlane::start(&assets, &Options::default()).unwrap(),
        Err(why) => return ironclad_testkit::skipped("a cluster that is judged page by page", &why),
    };
    let port = plane.plain_port().unwrap();
    load(port, generated(3_500), 8).unwrap();
    plane.create(MORE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("other.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nobody-has-it, namespace: nowhere}\n",
    )
    .unwrap();
    let direct = plane.kubeconfig().display().to_string();
    // A page of pods expires once: what was judged of the pages before it is of no use.
    let script = |path: &str, before: usize| match before == 0 && path.contains("/pods?") && path.contains("continue=")
    {
        true => Fault::status(410, "the provided continue parameter is too old"),
        false => Fault::None,
    };
    let proxy = FaultProxy::start(port, Box::new(script)).unwrap();
    std::fs::write(folder.path().join("through"), proxy.kubeconfig()).unwrap();
    for select in [
        &[][..],
        &["--profile", "all", "--ignore", "hygiene/required-label"],
        &["--pss", "restricted"],
        &["--profile", "baseline"],
        &["--select", "workload/host-pid,workload/privileged,network/service-node-port,reliability/naked-pod"],
        &["--select", "rbac", "--list-secrets"],
        &["--select", "image,secrets", "--read-secret-values"],
        &["--pss", "baseline", "-n", "team-01"],
    ] {
        let whole = scan(folder.path(), &direct, &[select, &["--source", "other.yaml"]].concat());
        let streamed = scan(folder.path(), &direct, select);
        is_same(&whole, &streamed, select);
        if select == ["--profile", "baseline"] {
            answers(&streamed);
        }
        if select.contains(&"--pss") || select.contains(&"baseline") {
            let broken = scan(folder.path(), "through", select);
            is_same(&whole, &broken, select);
        }
    }
    assert!(
        proxy.seen().iter().filter(|path| path.contains("/pods?limit=500") && !path.contains("continue=")).count() > 3
    );
}
