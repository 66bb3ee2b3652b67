//! A snapshot that is judged while it is read says what it says when it is judged as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_check::{Enabled, ProfileName, RunConfig, Sieve};
use ironclad_load::{Live, Progress, Request};
use ironclad_model::Kind;
use ironclad_snapshot::{Header, KindOf, Writer};
use ironclad_testcluster::generated;
use ironclad_tree::{Document, Limits, Source, parse};
use program::{ironclad, json};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Objects that no generated cluster has: pods without owners, or with owners that are not there; objects of others;
/// what a hook makes; waivers.
const MORE: &str = r#"
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"naked","namespace":"team-01"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"orphan-1","namespace":"team-01","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"1","controller":true}]},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"nginx"}]}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"orphan-2","namespace":"team-01","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"1","controller":true}]},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"nginx"}]}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"of-a-set","namespace":"team-01","ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"db","uid":"2","controller":true}]},"spec":{"hostIPC":true,"containers":[{"name":"c","image":"nginx"}]}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"static-node-01","namespace":"kube-system","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"node-01","uid":"3","controller":true}]},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"nginx","securityContext":{"privileged":true}}]}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"waived","namespace":"team-01","annotations":{"ironclad.dev/ignore.workload.host-pid":"it is a debugger"}},"spec":{"hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}
{"apiVersion":"v1","kind":"Service","metadata":{"name":"open","namespace":"team-01","annotations":{"ironclad.dev/ignore.network.no-such-check":"never"}},"spec":{"type":"NodePort","ports":[{"port":80}]}}
{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"team-01"},"spec":{"serviceName":"db","selector":{"matchLabels":{"app":"db"}},"template":{"metadata":{"labels":{"app":"db"}},"spec":{"hostIPC":true,"containers":[{"name":"c","image":"nginx"}]}}}}
{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"nightly","namespace":"team-01"},"spec":{"schedule":"0 0 * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}}}}}
{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"nightly-1","namespace":"team-01","ownerReferences":[{"apiVersion":"batch/v1","kind":"CronJob","name":"nightly","uid":"4","controller":true}]},"spec":{"template":{"spec":{"restartPolicy":"Never","hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}}}
{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"hook","namespace":"team-01","annotations":{"helm.sh/hook":"post-install"}},"spec":{"template":{"spec":{"restartPolicy":"Never","hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}}}
{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"team-01"},"spec":{"podTemplate":{"spec":{"hostPID":true,"containers":[{"name":"c","image":"nginx"}]}}}}
"#;

/// A snapshot of these objects, the kinds in the order in which they come first.
fn write(path: &Path, objects: impl Iterator<Item = String>) {
    let header = Header { context: "test".to_owned(), kubernetes: "v1.37.2".to_owned(), ..Header::default() };
    let mut kinds: Vec<(KindOf, Vec<Document>)> = Vec::new();
    let mut place: BTreeMap<KindOf, usize> = BTreeMap::new();
    for text in objects {
        let value: Value = serde_json::from_str(&text).unwrap();
        let of_value = |key: &str| value[key].as_str().unwrap().to_owned();
        let of = KindOf { api_version: of_value("apiVersion"), kind: of_value("kind") };
        let at = *place.entry(of.clone()).or_insert_with(|| {
            kinds.push((of, Vec::new()));
            kinds.len() - 1
        });
        kinds[at].1.push(parse(&Source::new("object", text), &Limits::default()).documents.remove(0));
    }
    let mut writer = Writer::new(std::fs::File::create(path).unwrap(), &header).unwrap();
    for (of, documents) in &kinds {
        writer.objects(of, documents).unwrap();
    }
    writer.finish().unwrap();
}

fn objects() -> impl Iterator<Item = String> {
    generated(1_500).map(|object| object.json).chain(MORE.lines().filter(|line| !line.is_empty()).map(str::to_owned))
}

fn scan(folder: &Path, arguments: &[&str]) -> Value {
    let scan = ["scan", "--no-config", "--format", "json", "--show-waived"];
    json(&ironclad(&[&scan, arguments].concat(), folder))
}

/// Beside another file a snapshot is judged as a whole.
#[test]
fn judged_on_the_way_or_at_the_end_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.ironclad"), objects());
    write(&folder.path().join("b.ironclad"), std::iter::empty());
    for select in [
        &[][..],
        &["--profile", "all"],
        &["--pss", "restricted"],
        &["--profile", "baseline"],
        &["--select", "workload/host-pid,workload/privileged,network/service-node-port,reliability/naked-pod"],
        &["--select", "hygiene"],
        &["--select", "rbac"],
        &["--select", "image,secrets"],
    ] {
        let (streamed, whole) = (
            scan(folder.path(), &[select, &["a.ironclad"]].concat()),
            scan(folder.path(), &[select, &["a.ironclad", "b.ironclad"]].concat()),
        );
        assert!(streamed["findings"].as_array().unwrap().len() > 1 || select.contains(&"hygiene"), "{select:?}");
        for part in ["findings", "warnings", "errors", "waived"] {
            assert_eq!(streamed[part].to_string(), whole[part].to_string(), "{select:?}: {part}");
        }
        assert_eq!(streamed["coverage"]["notObserved"], whole["coverage"]["notObserved"], "{select:?}");
    }
}

/// Of objects that no check holds others against, and that pass, only the metadata stays.
#[test]
fn what_passes_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ironclad");
    write(&path, objects());
    let load = |ids: &[&str]| {
        let catalogue = ironclad::catalogue();
        let enabled = catalogue.checks().iter().filter(|check| ids.contains(&check.meta.id));
        let enabled: Vec<Enabled> = enabled.map(|check| Enabled::of(check)).collect();
        let sift = |_: &Live| Sieve::new(RunConfig { enabled: enabled.clone(), version: 37, ..RunConfig::default() });
        let loaded = ironclad_load::load_sifting(&Request::of(vec![path.clone()]), &Progress::default(), &sift);
        loaded.snapshot.objects().map(|object| object.root().get_str("spec").is_some()).filter(|whole| *whole).count()
    };
    // Nothing is judged, so everything passes; orphans wait for owners that may come.
    assert_eq!(load(&[]), 2);
    // Every Deployment in seven is privileged; its pods and ReplicaSets are not asked.
    let apps = (1_500 - 90) / 14;
    assert_eq!(load(&["workload/privileged"]), 2 + 1 + (0..apps).filter(|number| number % 7 == 0).count());
    // This one holds pods against Services: both stay.
    assert!(load(&["wiring/dangling-service"]) > 6 * apps);
}

/// What the default checks look at stays until the end; the rest of a cluster need not.
#[test]
fn the_default_checks_do_not_need_everything() {
    let enabled = |profile| {
        let selection = ironclad_check::Selection { profile, ..Default::default() };
        selection.resolve(&ironclad::catalogue()).ok().unwrap()
    };
    let waits = |profile| {
        let sieve = Sieve::new(RunConfig { enabled: enabled(profile), version: 37, ..RunConfig::default() });
        Kind::all().filter(|kind| !sieve.waits(*kind)).map(Kind::name).collect::<Vec<_>>()
    };
    for kind in ["EndpointSlice", "CustomResourceDefinition"] {
        assert!(waits(ProfileName::Default).contains(&kind), "{:?}", waits(ProfileName::Default));
    }
    assert!(waits(ProfileName::Baseline).contains(&"Pod"), "{:?}", waits(ProfileName::Baseline));
}
