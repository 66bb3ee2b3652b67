//! A cluster that misbehaves: nothing is silent, what helps is tried again, and what stays away makes exit code 2.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::{Assets, ControlPlane, Fault, FaultProxy, Options, Script};
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Output;
use std::sync::{Arc, Mutex, mpsc};

/// A scan through a proxy that follows the script.
fn scan(
    plane: &ControlPlane,
    namespace: &str,
    script: impl Fn(&str, usize) -> Fault + Send + Sync + 'static,
) -> (Output, Vec<String>) {
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let output = through(&proxy, namespace);
    (output, proxy.seen())
}

fn through(proxy: &FaultProxy, namespace: &str) -> Output {
    waiting(proxy, namespace, "wiring/dangling-service,secrets/config-map", "1")
}

/// One that waits for so many seconds.
fn waiting(proxy: &FaultProxy, namespace: &str, select: &str, seconds: &str) -> Output {
    let place: &[&str] = if namespace.is_empty() { &[] } else { &["-n", namespace] };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config"), proxy.kubeconfig()).unwrap();
    let scan = ["scan", "--kubeconfig", "config", "--no-config", "--format", "json"];
    let rest = ["--select", select, "--request-timeout", seconds];
    ironclad(&[&scan[..], place, &rest].concat(), folder.path())
}

/// A namespace with a Service that selects nothing and more ConfigMaps than fit a page.
fn fill(plane: &ControlPlane, prefix: &str) -> String {
    let namespace = plane.namespace(prefix).unwrap();
    let mut manifests = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: {namespace}}}\nspec: {{selector: {{app: none}}, ports: [{{port: 80}}]}}\n"
    );
    for index in 0..600 {
        let _ = write!(
            manifests,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{index:03}, namespace: {namespace}}}\ndata: {{k: '{index}'}}\n"
        );
    }
    plane.create(&manifests).unwrap();
    namespace
}

/// What passes costs nothing: the report is the one of a healthy cluster, byte for byte.
#[test]
fn what_passes_is_tried_again() {
    let Some(plane) = plane("a cluster that falters") else { return };
    let namespace = fill(plane, "falters");
    let (healthy, _) = scan(plane, &namespace, |_, _| Fault::None);
    assert_eq!(healthy.status.code(), Some(0), "{}", String::from_utf8_lossy(&healthy.stdout));
    assert_eq!(json(&healthy)["findings"].as_array().map(Vec::len), Some(1));
    let overload = || Fault::Answer(429, vec![("Retry-After", "0".to_owned())], "{}".to_owned());
    let faults: Vec<(&str, Fault)> = vec![
        ("/services", Fault::status(500, "etcdserver: leader changed")),
        ("/services", overload()),
        ("/services", Fault::Cut),
        ("/configmaps", Fault::CutAfter(5_000)),
        ("/configmaps", Fault::Hang),
        ("/apis", Fault::status(503, "apiserver is shutting down")),
        ("/configmaps", Fault::status(410, "the provided continue parameter is too old")),
        ("/services", Fault::status(504, "etcdserver: request timed out")),
        (
            "/services",
            Fault::Answer(
                503,
                vec![
                    ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
                    // A server whose clock is decades behind ours.
                    ("Date", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
                ],
                "{}".to_owned(),
            ),
        ),
        ("continue=", Fault::status(410, "the provided continue parameter is too old")),
    ];
    for (part, fault) in faults {
        let once = fault.clone();
        let (output, seen) = scan(plane, &namespace, move |path, before| match before == 0 && path.contains(part) {
            true => once.clone(),
            false => Fault::None,
        });
        assert_eq!(output.stdout, healthy.stdout, "{part} {fault:?}: {seen:#?}");
        assert_eq!(output.status.code(), Some(0));
        assert!(seen.iter().filter(|path| path.contains(part)).count() > 1, "{part}: {seen:#?}");
    }
}

/// What stays away is named, costs exit code 2, and nothing else.
#[test]
fn what_stays_away_is_named() {
    let Some(plane) = plane("a cluster that fails") else { return };
    let namespace = plane.namespace("fails").unwrap();
    plane
        .create(&format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {namespace}}}\ndata: {{db-password: hunter2-x81}}\n"
        ))
        .unwrap();
    let faults: Vec<(Fault, &str)> = vec![
        (Fault::Cut, "cluster/unreachable"),
        (Fault::CutAfter(300), "cluster/unreachable"),
        (Fault::status(500, "etcdserver: request timed out"), "cluster/answer"),
        (Fault::Answer(429, vec![("Retry-After", "0".to_owned())], String::new()), "cluster/overloaded"),
        (Fault::status(410, "too old"), "cluster/gone"),
        (Fault::status(401, "Unauthorized"), "cluster/unauthorized"),
        (Fault::Answer(200, Vec::new(), "{\"items\": [".to_owned()), "cluster/answer"),
        (Fault::Answer(200, Vec::new(), "not JSON".to_owned()), "cluster/answer"),
    ];
    for (fault, code) in faults {
        let always = fault.clone();
        let (output, _) = scan(plane, &namespace, move |path, _| match path.contains("/services") {
            true => always.clone(),
            false => Fault::None,
        });
        assert_eq!(output.status.code(), Some(2), "{fault:?}: {}", String::from_utf8_lossy(&output.stdout));
        let report = json(&output);
        let errors = report["errors"].as_array().unwrap();
        assert_eq!((errors.len(), errors[0]["code"].as_str()), (1, Some(code)), "{fault:?}: {errors:#?}");
        assert!(errors[0]["message"].as_str().unwrap().starts_with("could not list services"), "{errors:#?}");
        assert_eq!(report["summary"]["notObserved"][0]["check"], "wiring/dangling-service");
        assert_eq!(report["findings"][0]["check"], "secrets/config-map", "{report:#}");
    }
    // Not even what it serves.
    let (output, _) = scan(plane, &namespace, |_, _| Fault::status(401, "token expired"));
    assert_eq!(
        (output.status.code(), json(&output)["errors"][0]["code"].as_str()),
        (Some(2), Some("cluster/unauthorized"))
    );
}

/// An object larger than any that etcd takes by default is an object.
#[test]
fn a_large_object_is_read() {
    let Some(plane) = plane("an object of 3 MB") else { return };
    let namespace = plane.namespace("large").unwrap();
    let value = "x".repeat(3 << 20);
    let body = format!(
        "{{\"kind\":\"ConfigMapList\",\"metadata\":{{}},\"items\":[{{\"metadata\":{{\"name\":\"c\",\"namespace\":\"n\"}},\"data\":{{\"k\":\"{value}\"}}}}]}}"
    );
    let (output, _) = scan(plane, &namespace, move |path, _| match path.contains("/configmaps") {
        true => Fault::Answer(200, Vec::new(), body.clone()),
        false => Fault::None,
    });
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(json(&output)["summary"]["objects"], 1);
}

/// A control plane of one test's own, to be broken.
fn own(what: &str) -> Option<ControlPlane> {
    match Assets::find() {
        Ok(assets) => Some(ControlPlane::start(&assets, &Options::default()).unwrap()),
        Err(why) => {
            ironclad_testkit::skipped(what, &why);
            None
        }
    }
}

/// The API server crashes between two pages of a listing and comes back: the report is that of a healthy cluster.
#[test]
fn a_restart_in_the_middle_of_a_scan_is_waited_for() {
    let Some(mut plane) = own("an API server that restarts") else { return };
    let namespace = fill(&plane, "restart");
    let (healthy, _) = scan(&plane, &namespace, |_, _| Fault::None);
    assert_eq!(healthy.status.code(), Some(0), "{}", String::from_utf8_lossy(&healthy.stdout));
    let (reached, at_second_page) = mpsc::channel();
    let (crashed, go_on) = mpsc::channel::<()>();
    let go_on = Mutex::new(go_on);
    let script = move |path: &str, before: usize| {
        if before == 0 && path.contains("continue=") {
            reached.send(()).unwrap();
            go_on.lock().unwrap().recv().unwrap();
        }
        Fault::None
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let output = std::thread::scope(|scope| {
        let scan = scope.spawn(|| through(&proxy, &namespace));
        at_second_page.recv().unwrap();
        plane.crash_apiserver().unwrap();
        crashed.send(()).unwrap();
        plane.restart_apiserver().unwrap();
        scan.join().unwrap()
    });
    assert_eq!(output.status.code(), Some(0), "{}\n{:#?}", String::from_utf8_lossy(&output.stdout), proxy.seen());
    assert_eq!(output.stdout, healthy.stdout);
}

/// Without etcd the API server answers, and cannot read: every listing is named, and nothing passes for empty.
#[test]
fn a_server_without_its_etcd_is_no_empty_cluster() {
    let Some(mut plane) = own("an API server without etcd") else { return };
    let namespace = plane.namespace("etcd").unwrap();
    plane.crash_etcd().unwrap();
    let (output, seen) = scan(&plane, &namespace, |_, _| Fault::None);
    assert_eq!(output.status.code(), Some(2), "{}\n{seen:#?}", String::from_utf8_lossy(&output.stdout));
    let report = json(&output);
    let errors = report["errors"].as_array().unwrap();
    assert!(
        !errors.is_empty() && errors.iter().all(|e| e["code"].as_str().unwrap().starts_with("cluster/")),
        "{errors:#?}"
    );
    assert_eq!(report["findings"], serde_json::json!([]), "what was not seen is not judged");
}

/// The API server lists nothing in a namespace that does not exist, and calls that no error.
#[test]
fn a_namespace_that_is_not_there_is_named() {
    let Some(plane) = plane("a namespace that is not there") else { return };
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let run = |arguments: &[&str]| {
        let rest = ["--kubeconfig", &kubeconfig, "--no-config", "-n", "misspelt"];
        let output = ironclad(&[arguments, &rest].concat(), folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = text(&output);
        assert!(text.contains("there is no namespace \"misspelt\""), "{text}");
    };
    run(&["scan"]);
    run(&["snapshot", "-o", "s.ironclad"]);
}

/// Objects that go away between two pages are in the listing: it is of one moment.
#[test]
fn what_is_deleted_while_it_is_listed_is_of_one_moment() {
    let Some(plane) = plane("objects deleted while they are listed") else { return };
    let namespace = fill(plane, "deleted");
    let (healthy, _) = scan(plane, &namespace, |_, _| Fault::None);
    let deleted = namespace.clone();
    let (output, seen) = scan(plane, &namespace, move |path, before| {
        if before == 0 && path.contains("continue=") {
            let delete = ["delete", "configmaps", "--all", "-n", &deleted];
            assert!(plane.kubectl(&delete).unwrap().status.success());
        }
        Fault::None
    });
    assert_eq!(output.stdout, healthy.stdout, "{seen:#?}");
}

/// A control plane whose controllers empty a namespace that is deleted, and finalise it.
fn with_controllers(what: &str) -> Option<ControlPlane> {
    let assets = Assets::find().and_then(|assets| match assets.controller_manager {
        Some(_) => Ok(assets),
        None => Err("no kube-controller-manager".to_owned()),
    });
    match assets {
        Ok(assets) => {
            let options = Options { controller_manager: true, ..Options::default() };
            Some(ControlPlane::start(&assets, &options).unwrap())
        }
        Err(why) => {
            ironclad_testkit::skipped(what, &why);
            None
        }
    }
}

/// A namespace goes, with all in it, between two pages of a listing of it: whoever asked for it is told, and whoever asked
/// for everything sees what there was or what there is. In both the rest of the listing may still be known to the server
/// or not.
#[test]
fn a_namespace_that_is_finalised_while_it_is_listed_is_named() {
    let Some(plane) = with_controllers("a namespace deleted while it is listed") else { return };
    let plane = &plane;
    // Without checks of Namespaces nobody knows that it was there.
    let alone = "wiring/dangling-service,secrets/config-map";
    let with_namespaces = "wiring/dangling-service,secrets/config-map,network/,workload/";
    for (is_asked_for, is_known, select) in [
        (true, true, alone),
        (true, false, with_namespaces),
        (true, true, with_namespaces),
        (false, true, alone),
        (false, false, with_namespaces),
    ] {
        let namespace = fill(plane, "finalised");
        let (other, fault) =
            (plane.namespace("stays").unwrap(), Fault::status(410, "the provided continue parameter is too old"));
        plane
            .create(&format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {other}}}\ndata: {{db-password: hunter2-x81}}\n"
            ))
            .unwrap();
        let (reached, at_second_page) = mpsc::channel();
        let (gone, go_on) = mpsc::channel::<()>();
        let go_on = Mutex::new(go_on);
        let script = move |path: &str, before: usize| {
            if before > 0 || !(path.contains("/configmaps") && path.contains("continue=")) {
                return Fault::None;
            }
            // Of a listing that began again nobody waits for a page.
            if reached.send(()).is_err() || go_on.lock().unwrap().recv().is_err() || is_known {
                return Fault::None;
            }
            fault.clone()
        };
        let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
        let place = if is_asked_for { namespace.as_str() } else { "" };
        let output = std::thread::scope(|scope| {
            let scan = scope.spawn(|| waiting(&proxy, place, select, "300"));
            at_second_page.recv().unwrap();
            let deleted = plane.kubectl(&["delete", "namespace", &namespace, "--wait", "--timeout=120s"]).unwrap();
            gone.send(()).unwrap();
            drop((gone, at_second_page));
            assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
            scan.join().unwrap()
        });
        let report = json(&output);
        let seen = proxy.seen();
        let errors = report["errors"].as_array().unwrap();
        if is_asked_for {
            assert_eq!((output.status.code(), errors.len()), (Some(2), 1), "{report:#}");
            let message = match select == alone {
                true => format!("there is no namespace \"{namespace}\""),
                false => format!("namespace \"{namespace}\" was deleted while it was read: a part of it was not seen"),
            };
            assert_eq!((&errors[0]["code"], &errors[0]["message"]), (&"cluster/no-namespace".into(), &message.into()));
        } else {
            assert_eq!(errors.len(), 0, "{report:#}");
            let objects = report["summary"]["objects"].as_u64().unwrap();
            assert_eq!(objects > 600, is_known, "all of it or nothing: {objects}\n{seen:#?}");
            let findings = report["findings"].as_array().unwrap();
            let stays = |finding: &&Value| {
                finding["object"]["namespace"] == other.as_str() && finding["check"] == "secrets/config-map"
            };
            assert_eq!(findings.iter().filter(stays).count(), 1, "{report:#}");
        }
        let pages = seen.iter().filter(|path| path.contains("/configmaps")).count();
        assert!(pages > 1, "{seen:#?}");
    }
}

/// A custom resource that has only just come is served before it is listed: "not found" is asked again, and where it stays
/// the objects were not seen. Where the definition went there are none.
#[test]
fn a_custom_resource_that_is_not_found_is_no_empty_one() {
    // What is counted must be nobody else's.
    let Some(plane) = own("a custom resource that is not found") else { return };
    let plane = Arc::new(plane);
    let namespace = plane.namespace("absent").unwrap();
    plane
        .create(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: misses.faults.example.com}\n\
             spec:\n  group: faults.example.com\n  scope: Namespaced\n  names: {kind: Miss, plural: misses, singular: miss, listKind: MissList}\n  \
             versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]\n",
        )
        .unwrap();
    let definition = "customresourcedefinition/misses.faults.example.com";
    let wait = plane.kubectl(&["wait", "--for=condition=Established", definition, "--timeout=60s"]).unwrap();
    assert!(wait.status.success(), "{}", String::from_utf8_lossy(&wait.stderr));
    let object =
        format!("apiVersion: faults.example.com/v1\nkind: Miss\nmetadata: {{name: m, namespace: {namespace}}}\n");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while let Err(error) = plane.create(&object) {
        assert!(std::time::Instant::now() < deadline, "{error}");
    }
    let scan = |script: Script| {
        let proxy = FaultProxy::start(plane.plain_port().unwrap(), script).unwrap();
        let output = waiting(&proxy, &namespace, "hygiene/required-label", "10");
        let listed = proxy.seen().iter().filter(|path| path.contains("/misses")).count();
        (output, listed)
    };
    let (healthy, listed) = scan(Box::new(|_, _| Fault::None));
    let objects = |output: &Output| json(output)["summary"]["objects"].as_u64().unwrap();
    assert_eq!((healthy.status.code(), listed), (Some(0), 1), "{}", String::from_utf8_lossy(&healthy.stdout));
    let missing = |times: usize| {
        move |path: &str, before: usize| match path.contains("/misses") && before < times {
            true => Fault::Answer(404, Vec::new(), "404 page not found\n".to_owned()),
            false => Fault::None,
        }
    };
    let (output, listed) = scan(Box::new(missing(2)));
    assert_eq!((&output.stdout, listed), (&healthy.stdout, 3));
    let (output, listed) = scan(Box::new(missing(usize::MAX)));
    let said = json(&output);
    assert_eq!((output.status.code(), listed, objects(&output)), (Some(2), 5, objects(&healthy) - 1), "{said:#}");
    let message = said["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("could not list misses.faults.example.com") && message.contains("does not find it"),
        "{said:#}"
    );
    assert_eq!(said["summary"]["notObserved"][0]["check"], "hygiene/required-label", "{said:#}");
    // The definition goes, with its objects, in the moment in which they are listed.
    let own = Arc::clone(&plane);
    let deletes = move |path: &str, before: usize| {
        if path.contains("/misses") && before == 0 {
            assert!(own.kubectl(&["delete", definition, "--timeout=60s"]).unwrap().status.success());
        }
        Fault::None
    };
    let (output, _) = scan(Box::new(deletes));
    let said = json(&output);
    assert_eq!((output.status.code(), &said["errors"]), (Some(0), &serde_json::json!([])), "{said:#}");
}

/// Definitions as no API server of today takes them, and as one may still hold them: without a schema, without versions, with
/// what is none. They and their objects are judged, and nothing breaks.
#[test]
fn a_definition_without_a_schema_is_one() {
    let Some(plane) = plane("a definition without a schema") else { return };
    let namespace = plane.namespace("schemaless").unwrap();
    let definition = |name: &str, versions: &str| {
        format!(
            "{{\"metadata\":{{\"name\":\"{name}.old.example.com\"}},\"spec\":{{\"group\":\"old.example.com\",\"scope\":\"Namespaced\",\
             \"names\":{{\"kind\":\"Old\",\"plural\":\"{name}\"}}{versions}}}}}"
        )
    };
    let bodies = [
        definition("a", ",\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true}]"),
        definition("b", ",\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":null}]"),
        definition(
            "c",
            ",\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{\"openAPIV3Schema\":null}}]",
        ),
        definition("d", ",\"versions\":[]"),
        definition("e", ",\"versions\":null,\"version\":\"v1\""),
        definition("f", ",\"versions\":\"v1\",\"validation\":{\"openAPIV3Schema\":7}"),
        definition("g", ""),
        "{\"metadata\":{\"name\":\"h.old.example.com\"}}".to_owned(),
    ];
    let list =
        format!("{{\"kind\":\"CustomResourceDefinitionList\",\"metadata\":{{}},\"items\":[{}]}}", bodies.join(","));
    let script = move |path: &str, _: usize| match path.contains("/customresourcedefinitions") {
        true => Fault::Answer(200, Vec::new(), list.clone()),
        false => Fault::None,
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config"), proxy.kubeconfig()).unwrap();
    let run = |arguments: &[&str]| {
        let output = ironclad(&[arguments, &["--no-config", "-q"]].concat(), folder.path());
        let said = text(&output);
        assert!(!said.contains("internal/") && matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {said}");
        output
    };
    let all = ["scan", "--profile", "all", "--format", "json", "--fail-on", "never"];
    let live = run(&[&all[..], &["--kubeconfig", "config", "-n", &namespace]].concat());
    assert!(proxy.seen().iter().any(|path| path.contains("/customresourcedefinitions")), "{:#?}", proxy.seen());
    assert!(json(&live)["summary"]["objects"].as_u64().unwrap() > 8);
    run(&["snapshot", "--kubeconfig", "config", "-n", &namespace, "-o", "s.ironclad"]);
    run(&[&all[..], &["s.ironclad"]].concat());
}
