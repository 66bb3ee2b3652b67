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
        (
            "least-of-listed-secrets",
            &["--select", "rbac/sa-legacy-token-secret", "--list-secrets"],
            &["scan", "--select", "rbac/sa-legacy-token-secret", "--list-secrets", "--fail-on", "never"],
        ),
        (
            "least-of-secret-values",
            &["--select", "secrets/repeated-value", "--read-secret-values"],
            &["scan", "--select", "secrets/repeated-value", "--read-secret-values", "--fail-on", "never"],
        ),
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
        let is_of_secrets = role.contains("  - secrets\n");
        assert_eq!(
            is_of_secrets,
            print.iter().any(|flag| flag.contains("secret-values") || flag.contains("list-secrets"))
        );
        assert!(is_of_secrets || rules.len() > 8, "{role}");
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

/// Values of Secrets take two verbs: records of Helm are got one by one.
#[test]
fn every_verb_of_secret_values_is_needed() {
    let Some(plane) = plane("the verbs that values of Secrets take") else { return };
    let namespace = plane.namespace("verbs").unwrap();
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: sh.helm.release.v1.web.v1, namespace: {namespace}, labels: {{owner: helm, name: web, status: deployed, version: '1'}}}}\n\
             type: helm.sh/release.v1\ndata: {{release: YQ==}}\n"
        ))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let select = ["--no-config", "--select", "secrets/repeated-value", "--read-secret-values"];
    let printed = ironclad(&[&["cluster", "permissions", "--name", "verbs"][..], &select].concat(), folder.path());
    let role = String::from_utf8(printed.stdout).unwrap();
    for (name, verbs, said) in [
        ("verbs", "[get, list]", None),
        ("verbs-list", "[list]", Some("could not get secrets, the records of Helm")),
        ("verbs-get", "[get]", Some("could not list secrets")),
    ] {
        let role = role.replace("name: verbs", &format!("name: {name}")).replace("[get, list]", verbs);
        let kubeconfig = bind(plane, &role, name);
        let all = [&["scan", "--fail-on", "never", "--kubeconfig", &kubeconfig][..], &select].concat();
        let (code, errors) = if said.is_some() { (Some(2), 1) } else { (Some(0), 0) };
        let output = until(folder.path(), &all, |output| missed(output) == errors && output.status.code() == code);
        assert_eq!((output.status.code(), missed(&output)), (code, errors), "{verbs}: {}", text(&output));
        assert!(said.is_none_or(|said| text(&output).contains(said)), "{verbs}: {}", text(&output));
    }
}

/// What questions about rights take of a cluster: the role that is printed for one shows it all it asks for, with any flag;
/// without what is marked as a flag's it still shows the question itself.
#[test]
fn the_role_of_each_rbac_question_is_enough() {
    let Some(plane) = plane("the roles of rbac questions") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("requests"), "{\"user\": \"al\", \"verb\": \"get\", \"resource\": \"pods\"}\n")
        .unwrap();
    let namespace = plane.namespace("questions").unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: NS}\nspec: {nodeName: node-1, containers: [{name: c, image: nginx}]}\n";
    plane.create(&pod.replace("NS", &namespace)).unwrap();
    let questions = [
        ("lookup", &["lookup"][..], &["lookup"][..]),
        (
            "who-can",
            &["who-can", "get", "secrets", "-A"],
            &["who-can", "get", "secrets", "-A", "--escalated", "--through-groups"],
        ),
        ("can-i", &["can-i", "get", "pods", "--as", "al", "-A"], &["can-i", "--requests", "requests"]),
        ("matrix", &["matrix", "-A"], &["matrix", "-A"]),
        ("why", &["why", "get", "pods", "--as", "al", "-A"], &["why", "get", "pods", "--as", "system:node:n", "-A"]),
        ("rules", &["rules", "--as", "al", "-A"], &["rules", "--as", "system:node:n", "-A"]),
        ("whoami", &["whoami"], &["whoami"]),
        ("graph", &["graph"], &["graph", "--pods"]),
        ("audit", &["audit", "--fail-on", "never"], &["audit", "--pods", "--fail-on", "never"]),
        ("audit", &["audit", "--fail-on", "never"], &["audit", "--subjects", ".", "--fail-on", "never"]),
        ("audit", &["audit", "--fail-on", "never"], &["audit", "--collapse", "node", "--fail-on", "never"]),
    ];
    for (number, (question, plain, with_flags)) in questions.into_iter().enumerate() {
        let name = format!("question-{number}");
        let printed =
            ironclad(&["cluster", "permissions", "--no-config", "--rbac", question, "--name", &name], folder.path());
        assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
        let role = String::from_utf8(printed.stdout).unwrap();
        let run = |role: &str, words: &[&str]| {
            let name = role.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap().to_owned();
            let kubeconfig = bind(plane, role, &name);
            let words = [&["rbac"][..], words, &["--kubeconfig", &kubeconfig]].concat();
            let output = until(folder.path(), &words, |output| output.status.code() != Some(2));
            assert_ne!(output.status.code(), Some(2), "{question}: {words:?}: {}\n{role}", text(&output));
            assert_eq!(missed(&output), 0, "{question}: {words:?}: {}", text(&output));
        };
        run(&role, with_flags);
        // A rule without resources is refused: with what is a flag's goes the head of such a rule.
        let mut rest = String::new();
        for rule in role.split("\n- ") {
            let kept: Vec<&str> = rule.lines().filter(|line| !line.contains(" # for ")).collect();
            if rest.is_empty() {
                rest = kept.join("\n");
            } else if kept.iter().any(|line| line.starts_with("  - ")) || kept.iter().any(|line| line.contains("URLs"))
            {
                rest = format!("{rest}\n- {}", kept.join("\n"));
            }
        }
        let rest = rest.replacen(&format!("name: {name}"), &format!("name: {name}-plain"), 1);
        run(&rest, plain);
    }
}

/// The roles of whole profiles, and of a snapshot of every kind.
#[test]
fn the_role_of_a_profile_is_enough() {
    let Some(plane) = plane("the roles of profiles") else { return };
    let folder = tempfile::tempdir().unwrap();
    let admin = plane.kubeconfig().display().to_string();
    for (name, print, run) in [
        ("profile-default", &[][..], &["scan", "--fail-on", "never"][..]),
        ("profile-default-offline", &["offline"], &["scan", "--fail-on", "never"]),
        ("profile-all", &["--profile", "all"], &["scan", "--profile", "all", "--fail-on", "never"]),
        (
            "profile-all-secrets",
            &["--profile", "all", "--list-secrets"],
            &["scan", "--profile", "all", "--list-secrets", "--fail-on", "never"],
        ),
        (
            "snapshot-all-kinds",
            &["--snapshot", "--all-kinds", "--list-secrets"],
            &["snapshot", "--all-kinds", "--list-secrets", "-o", "s.ironclad"],
        ),
    ] {
        let mut words = vec!["cluster", "permissions", "--no-config", "--name", name];
        match print {
            ["offline"] => {}
            print => words.extend(["--kubeconfig", admin.as_str()].iter().chain(print)),
        }
        let printed = ironclad(&words, folder.path());
        assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
        let kubeconfig = bind(plane, &String::from_utf8(printed.stdout).unwrap(), name);
        let all = [run, &["--no-config", "--kubeconfig", &kubeconfig]].concat();
        let output = until(folder.path(), &all, |output| output.status.code() == Some(0));
        assert_eq!((output.status.code(), missed(&output)), (Some(0), 0), "{name}: {}", text(&output));
    }
    let refused = ironclad(&["cluster", "permissions", "--snapshot", "--all-kinds"], folder.path());
    assert!(
        refused.status.code() == Some(2) && text(&refused).contains("only the cluster knows"),
        "{}",
        text(&refused)
    );
}

/// What questions about rights take of a cluster: to list the four kinds, and nothing else.
#[test]
fn every_rule_of_rbac_questions_is_needed() {
    let Some(plane) = plane("the role of rbac questions, rule by rule") else { return };
    let folder = tempfile::tempdir().unwrap();
    let kinds = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"];
    let printed = ironclad(&["cluster", "permissions", "--no-config", "--rbac", "lookup"], folder.path());
    let printed = String::from_utf8(printed.stdout).unwrap();
    let mut named: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("  - ")).collect();
    named.sort_unstable();
    assert_eq!(named, ["clusterrolebindings", "clusterroles", "rolebindings", "roles"], "{printed}");
    let role = |name: &str, without: Option<&str>| {
        let kinds: Vec<&str> = kinds.into_iter().filter(|kind| Some(*kind) != without).collect();
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\n\
             rules: [{{apiGroups: [rbac.authorization.k8s.io], resources: [{}], verbs: [list]}}]\n",
            kinds.join(", ")
        )
    };
    let question = |kubeconfig: &str| {
        ["rbac", "who-can", "get", "secrets", "-A", "--kubeconfig", kubeconfig].map(str::to_owned).to_vec()
    };
    let ask = |name: &str, without: Option<&str>, done: &dyn Fn(&Output) -> bool| {
        let words = question(&bind(plane, &role(name, without), name));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        until(folder.path(), &words, done)
    };
    let all = ask("least-of-rbac", None, &|output| output.status.code() == Some(0));
    assert_eq!(all.status.code(), Some(0), "{}", text(&all));
    for kind in kinds {
        let name = format!("least-of-rbac-{kind}");
        let output = ask(&name, Some(kind), &|output| missed(output) == 1);
        assert_eq!((output.status.code(), missed(&output)), (Some(2), 1), "{kind}: {}", text(&output));
        let said = format!("could not list {kind}.rbac.authorization.k8s.io");
        assert!(text(&output).contains(&said), "{kind}: {}", text(&output));
    }
}
