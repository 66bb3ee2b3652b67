//! The control plane that other tests stand on, tried as they use it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_testcluster::{Assets, ControlPlane, Options, shared};
use std::process::Output;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn users_of_any_group_and_an_audit_log() {
    let plane = match shared() {
        Ok(plane) => plane,
        Err(why) => return ironclad_testkit::skipped("a real API server", &why),
    };
    let version = text(&plane.kubectl(&["version", "-o", "json"]).unwrap());
    assert!(!version.contains("v0.0.0"), "{version}");
    let namespace = plane.namespace("users").unwrap();
    plane
        .create(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: readers, namespace: {namespace}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:aggregate-to-view'}}\n\
             subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}}]\n"
        ))
        .unwrap();
    let reader = plane.kubeconfig_of("alice", &["readers", "others"]).unwrap();
    let stranger = plane.kubeconfig_of("bob", &[]).unwrap();
    let list = ["get", "configmaps", "-n", &namespace];
    let seen = plane.kubectl_as(&stranger, &list, "").unwrap();
    assert!(!seen.status.success() && text(&seen).contains("\"bob\" cannot list"), "{}", text(&seen));
    // The API server's authorizer reads through a cache: the binding counts once that has caught up.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let seen = loop {
        let seen = plane.kubectl_as(&reader, &list, "").unwrap();
        if seen.status.success() || std::time::Instant::now() > deadline {
            break seen;
        }
    };
    assert!(seen.status.success(), "{}", text(&seen));
    let audit = std::fs::read_to_string(plane.audit_log()).unwrap();
    let event = |line: &&str| line.contains("\"username\":\"bob\"") && line.contains("\"configmaps\"");
    assert!(audit.lines().any(|line| event(&line)), "no event of bob in {} lines", audit.lines().count());
}

#[test]
fn nothing_outlives_it() {
    let assets = match Assets::find() {
        Ok(assets) => assets,
        Err(why) => return ironclad_testkit::skipped("a real API server", &why),
    };
    let plane = ControlPlane::start(&assets, &Options::default()).unwrap();
    let folder = plane.folder().to_owned();
    let running = |folder: &std::path::Path| {
        let listing = std::process::Command::new("ps").args(["-eo", "args"]).output().unwrap();
        String::from_utf8_lossy(&listing.stdout).lines().filter(|l| l.contains(folder.to_str().unwrap())).count()
    };
    assert!(running(&folder) >= 2);
    drop(plane);
    assert_eq!(running(&folder), 0);
    assert!(!folder.exists());
}
