//! Reading a real API server.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_cluster::{Access, Connection, Progress, Read, Request, Want, read};
use ironclad_model::Kind;
use ironclad_testcluster::ControlPlane;
use std::fmt::Write;
use std::path::PathBuf;

/// The shared control plane; says why there is none.
fn plane(what: &str) -> Option<&'static ControlPlane> {
    ironclad_testcluster::shared().map_err(|why| ironclad_testkit::skipped(what, &why)).ok()
}

fn connect(kubeconfig: PathBuf) -> Connection {
    Connection::open(&Access { kubeconfig: Some(kubeconfig), ..Access::default() }).unwrap()
}

fn wanting(kinds: &[Kind], namespaces: &[&str]) -> Request {
    Request {
        wanted: kinds.iter().map(|kind| Want::Kind(*kind)).collect(),
        namespaces: namespaces.iter().map(|n| (*n).to_owned()).collect(),
        ..Request::default()
    }
}

fn read_as_admin(plane: &ControlPlane, request: &Request) -> Read {
    read(&connect(plane.kubeconfig()), request, &Progress::default()).unwrap()
}

#[test]
fn more_than_a_page_without_what_nobody_looks_at() {
    let Some(plane) = plane("reading a cluster in pages") else { return };
    let namespace = plane.namespace("pages").unwrap();
    let mut many = String::new();
    for index in 0..1_100 {
        let _ = write!(
            many,
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{index:04}, namespace: {namespace}}}\ndata: {{k: '{index}'}}\n---\n"
        );
    }
    let output = plane.kubectl_as(&plane.kubeconfig(), &["apply", "--server-side", "-f", "-"], &many).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = read_as_admin(plane, &wanting(&[Kind::CONFIG_MAP], &[&namespace]));
    assert!(read.unseen.is_empty(), "{:?}", read.unseen);
    let maps: Vec<_> =
        read.snapshot.of_kind(Kind::CONFIG_MAP).into_iter().filter(|o| o.name() != "kube-root-ca.crt").collect();
    assert_eq!(maps.len(), 1_100);
    assert!(maps.is_sorted_by_key(|map| map.name()));
    let last = maps[1_099];
    assert_eq!((last.api_version(), last.kind_name(), last.name()), ("v1", "ConfigMap", "c-1099"));
    assert_eq!(last.root().at_pointer("/data/k").unwrap().as_str(), Some("1099"));
    assert!(last.root().at_pointer("/metadata/managedFields").is_none());
    assert!(last.root().at_pointer("/metadata/uid").is_some());
    // Which one is the choice of who runs the tests.
    assert!(read.served.minor() >= Some(34), "{:?}", read.served.version);
}

#[test]
fn secrets_are_seen_without_what_they_hold() {
    let Some(plane) = plane("reading Secrets as metadata") else { return };
    let namespace = plane.namespace("secrets").unwrap();
    let canary = "Y2FuYXJ5LTQ3MTE=";
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {namespace}}}\ndata: {{k: {canary}}}\n"
        ))
        .unwrap();
    let read = read_as_admin(plane, &wanting(&[Kind::SECRET], &[&namespace]));
    let secrets = read.snapshot.of_kind(Kind::SECRET);
    assert_eq!((secrets.len(), secrets[0].name(), secrets[0].kind_name()), (1, "s", "Secret"));
    let mut json = String::new();
    secrets[0].root().write_json(&mut json);
    assert!(!json.contains(canary) && !json.contains("PartialObjectMetadata"), "{json}");
}

#[test]
fn what_is_refused_is_named_and_costs_nothing_else() {
    let Some(plane) = plane("a cluster that shows only a part") else { return };
    let namespace = plane.namespace("partial").unwrap();
    plane
        .create(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: maps, namespace: {namespace}}}\n\
             rules: [{{apiGroups: [''], resources: [configmaps], verbs: [list]}}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: maps, namespace: {namespace}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: maps}}\n\
             subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: partial}}]\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: seen, namespace: {namespace}}}\n"
        ))
        .unwrap();
    let connection = connect(plane.kubeconfig_of("partial", &[]).unwrap());
    let request = wanting(&[Kind::CONFIG_MAP, Kind::SECRET, Kind::NODE], &[&namespace]);
    // The server's authorizer reads through a cache: the binding counts once that has caught up.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let read = loop {
        let read = read(&connection, &request, &Progress::default()).unwrap();
        if read.unseen.len() < 3 || std::time::Instant::now() > deadline {
            break read;
        }
    };
    let refused: Vec<String> = read.unseen.iter().map(|u| format!("{} {}", u.failure.code, u.permission())).collect();
    let expected =
        ["cluster/forbidden list nodes".to_owned(), format!("cluster/forbidden list secrets in namespace {namespace}")];
    assert_eq!(refused, expected);
    assert_eq!(read.snapshot.of_kind(Kind::CONFIG_MAP).last().map(|map| map.name()), Some("seen"));
}

#[test]
fn a_server_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n\
                contexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]\n";
    fs_err::write(&path, text).unwrap();
    let failure = read(&connect(path.clone()), &Request::default(), &Progress::default()).unwrap_err();
    assert_eq!(failure.code, "cluster/unreachable");
    let access = Access { kubeconfig: Some(path), context: Some("other".to_owned()), ..Access::default() };
    let failure = Connection::open(&access).err().unwrap();
    assert_eq!((failure.code, failure.hint.as_deref()), ("cluster/kubeconfig", Some("`--context` takes one of: c")));
}
