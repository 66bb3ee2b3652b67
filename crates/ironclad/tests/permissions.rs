//! The roles that `ironclad cluster permissions` prints: each is enough for what it is printed for, and no rule of it
//! can be missed. Whoever misses one is told by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::ControlPlane;
use live::{ironclad, json, plane, text};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

/// Binds a role to a user of its own name.
fn bind(plane: &ControlPlane, role: &str, name: &str) -> String {
    plane.create(role).unwrap();
    plane
        .create(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\n\
             subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {name}}}]\n"
        ))
        .unwrap();
    plane.kubeconfig_of(name, &[]).unwrap().display().to_string()
}

/// The server's authorizer reads through a cache: a binding counts once that has caught up.
fn until(folder: &Path, arguments: &[&str], is: impl Fn(&Output) -> bool) -> Output {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = ironclad(arguments, folder);
        if is(&output) || Instant::now() > deadline {
            return output;
        }
    }
}

/// How much is said to be missing.
fn missed(output: &Output) -> usize {
    text(output).lines().filter(|line| line.starts_with("error[") && line.contains(": could not ")).count()
}

/// The rules of a printed role, one resource each: what is asked of the server, as messages name it, and the role without.
fn without_each(role: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut group = String::new();
    for (number, line) in role.lines().enumerate() {
        if let Some(name) = line.strip_prefix("- apiGroups: [\"") {
            group = name.trim_end_matches("\"]").to_owned();
        }
        let Some(resource) = line.strip_prefix("  - ") else { continue };
        let full = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        // A rule must name a resource: one that nobody has takes its place.
        let other = role.lines().enumerate().map(|(at, line)| if at == number { "  - nothings" } else { line });
        found.push((full, other.collect::<Vec<_>>().join("\n")));
    }
    found
}

/// A scan, a snapshot: with the role all is seen; without any resource of it the answer is 2 and names what is missing.
#[test]
fn every_rule_is_needed_and_all_are_enough() {
    let Some(plane) = plane("roles, rule by rule") else { return };
    let folder = tempfile::tempdir().unwrap();
    let admin = plane.kubeconfig().display().to_string();
    for (name, print, run) in [
        (
            "least-of-scan",
            &["--select", "network,rbac"][..],
            &["scan", "--select", "network,rbac", "--fail-on", "never"][..],
        ),
        ("least-of-snapshot", &["--snapshot"], &["snapshot", "-o", "s.ironclad"]),
    ] {
        let printed = ironclad(
            &[&["cluster", "permissions", "--no-config", "--kubeconfig", &admin, "--name", name], print].concat(),
            folder.path(),
        );
        assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
        let role = String::from_utf8(printed.stdout).unwrap();
        let kubeconfig = bind(plane, &role, name);
        let all = [run, &["--no-config", "--kubeconfig", &kubeconfig]].concat();
        let output = until(folder.path(), &all, |output| output.status.code() == Some(0));
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output));
        if run.first() == Some(&"scan") {
            let report = json(&ironclad(&[&all[..], &["--format", "json"]].concat(), folder.path()));
            assert_eq!((&report["errors"], &report["warnings"]), (&serde_json::json!([]), &serde_json::json!([])));
        }
        let rules = without_each(&role);
        assert!(rules.len() > 8, "{role}");
        for (number, (missing, rest)) in rules.iter().enumerate() {
            let reduced = format!("{name}-{number}");
            let kubeconfig =
                bind(plane, &rest.replacen(&format!("name: {name}"), &format!("name: {reduced}"), 1), &reduced);
            let all = [run, &["--no-config", "--kubeconfig", &kubeconfig]].concat();
            let said = format!("could not list {missing}");
            // All but one is allowed: until then more is missing.
            let output = until(folder.path(), &all, |output| missed(output) == 1);
            assert_eq!(output.status.code(), Some(2), "{name} without {missing}: {}", text(&output));
            assert!(text(&output).contains(&said), "{name} without {missing}: {}", text(&output));
            assert_eq!(missed(&output), 1, "{name} without {missing}: {}", text(&output));
        }
    }
    // The metrics of the API server are a rule of their own.
    let printed =
        ironclad(&["cluster", "permissions", "--snapshot", "--no-config", "--kubeconfig", &admin], folder.path());
    let role = String::from_utf8(printed.stdout).unwrap().replace("name: ironclad", "name: least-of-metrics");
    let role = role.replace("/metrics", "/healthz");
    let kubeconfig = bind(plane, &role, "least-of-metrics");
    let all = ["snapshot", "-o", "s.ironclad", "--no-config", "--kubeconfig", &kubeconfig];
    let output = until(folder.path(), &all, |output| missed(output) == 1);
    assert!(output.status.code() == Some(2) && text(&output).contains("could not get /metrics"), "{}", text(&output));
}
