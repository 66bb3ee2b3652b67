//! How fast an audit log is read, on one core: `cargo bench -p ironclad-generate --bench audit`.
//!
//! The log is generated: 40 accounts, 30 namespaces, the mix of verbs of a busy cluster, events of 900 bytes at the level
//! `Metadata`; then the same with bodies of 6 KB at `RequestResponse`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench")]

use ironclad_events::{ReadLimits, read};
use ironclad_generate::rbac::{Observed, Select};
use std::fmt::Write as _;
use std::time::Instant;

/// Bytes of each log.
const SIZE: usize = 200 << 20;

fn log(body: usize) -> String {
    let verbs = ["get", "get", "list", "watch", "watch", "update", "patch", "create", "delete", "get"];
    let kinds =
        [("", "pods"), ("", "configmaps"), ("apps", "deployments"), ("coordination.k8s.io", "leases"), ("", "secrets")];
    let mut text = String::with_capacity(SIZE + 16_384);
    let filler = "{\\\"image\\\":\\\"nginx:1.2.3\\\",\\\"args\\\":[\\\"-v\\\"]}".repeat(body / 40);
    let mut n = 0usize;
    while text.len() < SIZE {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = n >> 33;
        let (group, resource) = kinds[pick % kinds.len()];
        let (verb, space) = (verbs[pick / 7 % verbs.len()], pick / 11 % 30);
        let (account, name) = (pick / 13 % 40, pick / 17 % 50);
        let _ = write!(
            text,
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{n:032x}","stage":"ResponseComplete","requestURI":"/apis/{group}/v1/namespaces/team-{space}/{resource}/object-{name}?timeout=10s","verb":"{verb}","user":{{"username":"system:serviceaccount:team-{space}:worker-{account}","uid":"0d3c2b1a-0000-4000-8000-{n:012x}","groups":["system:serviceaccounts","system:serviceaccounts:team-{space}","system:authenticated"],"extra":{{"authentication.kubernetes.io/pod-name":["worker-{account}-7d4b9c6f5d-x2x7k"],"authentication.kubernetes.io/pod-uid":["{n:032x}"]}}}},"sourceIPs":["10.0.{space}.{account}"],"userAgent":"worker/v1.2.3 (linux/amd64) kubernetes/abcdef0","objectRef":{{"resource":"{resource}","namespace":"team-{space}","name":"object-{name}","apiGroup":"{group}","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":200}},"requestReceivedTimestamp":"2026-01-01T00:00:00.000000Z","stageTimestamp":"2026-01-01T00:00:00.100000Z","annotations":{{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by RoleBinding \"worker/team-{space}\" of Role \"worker\" to ServiceAccount \"worker-{account}/team-{space}\""}}"#
        );
        if body > 0 {
            let _ = write!(text, r#","responseObject":{{"kind":"Pod","spec":"{filler}"}}"#);
        }
        text.push_str("}\n");
    }
    text
}

fn main() {
    for (name, body) in [("Metadata", 0), ("RequestResponse", 6_000)] {
        let text = log(body);
        let megabytes = text.len() as f64 / 1e6;
        for _ in 0..3 {
            let started = Instant::now();
            let counts = read(text.as_bytes(), &ReadLimits::default(), &mut |_| {}, &mut |bad| panic!("{bad:?}"));
            let reading = started.elapsed().as_secs_f64();
            let started = Instant::now();
            let mut observed = Observed::new(Select::default(), 37);
            read(text.as_bytes(), &ReadLimits::default(), &mut |event| observed.add(event), &mut |_| {});
            let both = started.elapsed().as_secs_f64();
            println!(
                "{name:16} {:9} events  read {:4.0} MB/s  read and counted {:4.0} MB/s  {} rights",
                counts.events,
                megabytes / reading,
                megabytes / both,
                observed.identities().iter().map(|(_, who)| who.uses.len()).sum::<usize>()
            );
        }
    }
}
