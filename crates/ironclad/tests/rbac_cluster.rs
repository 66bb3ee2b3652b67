//! `ironclad rbac` on a real API server: the answers, what is asked of the server for them, and what is said where it does
//! not show everything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::{Assets, ControlPlane, Options};
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const HEAD: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

/// A question about the cluster of a kubeconfig.
fn ask(kubeconfig: &Path, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig.display().to_string();
    let all = [&["rbac"], arguments, &["--kubeconfig", &kubeconfig]].concat();
    ironclad(&all, folder.path())
}

/// A Role and its binding to a user.
fn role(namespace: &str, name: &str, rule: &str, subject: &str) -> String {
    format!(
        "{HEAD}kind: Role\nmetadata: {{name: {name}, namespace: {namespace}}}\nrules: [{rule}]\n\
         ---\n{HEAD}kind: RoleBinding\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {name}}}\nsubjects: [{subject}]\n---\n"
    )
}

fn user(name: &str) -> String {
    format!("{{kind: User, apiGroup: rbac.authorization.k8s.io, name: {name}}}")
}

const READ_SECRETS: &str = "{verbs: [get, list], apiGroups: [''], resources: [secrets]}";

/// A namespace in which `reader-NAMESPACE` reads Secrets and `seer-NAMESPACE` sees roles and bindings.
fn world(plane: &ControlPlane, prefix: &str) -> String {
    let namespace = plane.namespace(prefix).unwrap();
    let see = "{verbs: [list], apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings]}";
    let manifest = role(&namespace, "reader", READ_SECRETS, &user(&format!("reader-{namespace}")))
        + &role(&namespace, "seer", see, &user(&format!("seer-{namespace}")));
    plane.create(&manifest).unwrap();
    namespace
}

/// Asks until the server's authorizer has caught up, or time is out.
fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "the server does not catch up");
    }
}

/// What a user asked the server for.
fn requests(plane: &ControlPlane, user: &str) -> BTreeSet<String> {
    let log = std::fs::read_to_string(plane.audit_log()).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = events.filter(|event| event["user"]["username"] == user && event["objectRef"].is_object());
    own.map(|event| {
        let object = &event["objectRef"];
        let space = object["namespace"].as_str().map(|space| format!(" in {space}")).unwrap_or_default();
        format!("{} {}{space}", event["verb"].as_str().unwrap(), object["resource"].as_str().unwrap())
    })
    .collect()
}

#[test]
fn a_cluster_is_asked_as_files_are() {
    let Some(plane) = plane("rbac questions to a real API server") else { return };
    let namespace = world(plane, "rbac");
    let admin = plane.kubeconfig();
    let reader = format!("reader-{namespace}");
    let who = ask(&admin, &["who-can", "get", "secrets", "-n", &namespace, "--format", "json"]);
    assert_eq!(who.status.code(), Some(0), "{}", text(&who));
    let who = json(&who);
    let subjects: Vec<&str> = who["subjects"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    assert!(subjects.contains(&format!("User:{reader}").as_str()), "{subjects:?}");
    // The server's own controllers are objects of the cluster, not of our tables.
    assert!(subjects.contains(&"ServiceAccount:kube-system/namespace-controller"), "{subjects:?}");
    let proof = who["proofs"].as_array().unwrap().iter().find(|p| p["subject"] == format!("User:{reader}")).unwrap();
    assert_eq!(proof["rule"]["location"], serde_json::json!({"source": "cluster:test"}));
    for (arguments, expected) in [
        (vec!["can-i", "list", "secrets", "--as", &reader, "-n", &namespace], 0),
        (vec!["can-i", "watch", "secrets", "--as", &reader, "-n", &namespace], 1),
        (vec!["can-i", "list", "secrets", "--as", &reader, "-n", &namespace, "--live-sar"], 0),
        (vec!["why", "get", "secrets", "--as", &reader, "-n", "default"], 1),
        (vec!["rules", "--as", &reader, "-n", &namespace], 0),
        (vec!["matrix", "--for", "secrets", "-n", &namespace], 0),
        (vec!["matrix", "--all-subjects", "-n", &namespace, "--resources", "secrets"], 0),
        (vec!["lookup", &reader], 0),
        (vec!["graph", "-n", &namespace, "--format", "dot"], 0),
        // Who names nobody means himself, as with kubectl: an administrator here.
        (vec!["can-i", "delete", "nodes"], 0),
        (vec!["can-i", "get", "secrets", "-n", "no-such-space"], 2),
        // Where a cluster is asked, what follows the resource is a name.
        (vec!["who-can", "get", "secrets", "web", "-n", &namespace], 0),
        (vec!["can-i", "get", "secrets", "web", "--as", &reader, "-n", &namespace], 0),
        (vec!["who-can", "get", "secrets", "web", "db"], 2),
        (vec!["who-can", "get", "widgets"], 2),
        (vec!["generate", "role", "all"], 0),
    ] {
        let output = ask(&admin, &arguments);
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {}", text(&output));
    }
    let named = text(&ask(&admin, &["who-can", "get", "secrets", "web", "-n", &namespace]));
    assert!(named.contains(&format!("who may get secrets \"web\" in namespace \"{namespace}\"")), "{named}");
    let why = text(&ask(&admin, &["why", "get", "secrets", "--as", &reader, "-n", "default"]));
    assert!(why.contains(&format!("holds in namespace \"{namespace}\" only")), "{why}");
    // The short names are the server's own, and the cluster's namespaces are known.
    let near = text(&ask(&admin, &["can-i", "get", "cm", "--as", "x", "-n", &format!("{namespace}x")]));
    assert!(near.contains(&format!("near are {namespace}")), "{near}");
}

/// `kubectl ironclad …` asks the current context, in the context's namespace, without a flag.
#[cfg(unix)]
#[test]
fn as_a_plugin_the_current_context_is_asked() {
    let Some(plane) = plane("ironclad as a plug-in of kubectl") else { return };
    let namespace = world(plane, "plugin");
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ironclad"), folder.path().join("kubectl-ironclad")).unwrap();
    let kubectl = Assets::find().unwrap().kubectl;
    let run = |arguments: &[&str]| {
        Command::new(&kubectl)
            .arg("ironclad")
            .args(arguments)
            .env("PATH", folder.path())
            .env("HOME", folder.path())
            .env("KUBECONFIG", plane.kubeconfig())
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let who = run(&["rbac", "who-can", "get", "secrets", "-n", &namespace]);
    assert_eq!(who.status.code(), Some(0), "{}", text(&who));
    assert!(text(&who).contains(&format!("User:reader-{namespace}")), "{}", text(&who));
    let lookup = run(&["rbac", "lookup", &format!("reader-{namespace}")]);
    assert!(text(&lookup).contains(&format!("reader-{namespace}  {namespace}  Role/reader")), "{}", text(&lookup));
    let audit = run(&["rbac", "audit", "--no-config", "--format", "json", "--fail-on", "never"]);
    assert_eq!(json(&audit)["inputs"][0]["source"], "cluster:test", "{}", text(&audit));
    // The binary by its own name wants to be told.
    let plain = ironclad(&["rbac", "who-can", "get", "secrets"], folder.path());
    assert_eq!(plain.status.code(), Some(2));
    assert!(text(&plain).contains("--cluster"), "{}", text(&plain));
}

#[test]
fn what_is_not_shown_makes_a_no_unknown() {
    let Some(plane) = plane("rbac questions by one who may not list everything") else { return };
    let namespace = world(plane, "partial");
    let seer = format!("seer-{namespace}");
    let kubeconfig = plane.kubeconfig_of(&seer, &[]).unwrap();
    let reader = format!("reader-{namespace}");
    let question = |verb: &str| ask(&kubeconfig, &["can-i", verb, "secrets", "--as", &reader, "-n", &namespace]);
    until(|| text(&question("list")).starts_with("yes"));
    // Roles and bindings of one namespace are enough to prove a yes, which is still told from half a picture.
    let yes = question("list");
    assert_eq!(yes.status.code(), Some(2), "{}", text(&yes));
    let no = question("watch");
    assert_eq!(no.status.code(), Some(2), "{}", text(&no));
    assert!(
        text(&no).contains("unknown: not allowed to list clusterrolebindings.rbac.authorization.k8s.io; "),
        "{}",
        text(&no)
    );
    let why = ask(&kubeconfig, &["why", "watch", "secrets", "--as", &reader, "-n", &namespace, "--format", "json"]);
    assert_eq!((why.status.code(), &json(&why)["verdict"]), (Some(2), &Value::from("unknown")), "{}", text(&why));
    let who = ask(&kubeconfig, &["who-can", "get", "secrets", "-n", &namespace, "--format", "json"]);
    assert_eq!(who.status.code(), Some(2));
    let who = json(&who);
    assert!(who["subjects"].as_array().unwrap().contains(&Value::from(format!("User:{reader}"))), "{who}");
    assert_eq!(who["incomplete"].as_array().unwrap().len(), 2, "{who}");
    let matrix = ask(
        &kubeconfig,
        &[
            "matrix",
            "--as",
            &reader,
            "-n",
            &namespace,
            "--resources",
            "secrets",
            "--verbs",
            "get,watch",
            "--format",
            "csv",
        ],
    );
    assert!(text(&matrix).contains("secrets,yes,unknown"), "{}", text(&matrix));
    let lookup = ask(&kubeconfig, &["lookup", "-n", &namespace]);
    assert!(text(&lookup).contains(&reader), "works without rights over the cluster: {}", text(&lookup));
    // A snapshot remembers what its taker was not shown.
    let folder = tempfile::tempdir().unwrap();
    let own = kubeconfig.display().to_string();
    ironclad(&["snapshot", "--kubeconfig", &own, "-n", &namespace, "-o", "c.ironclad", "--no-config"], folder.path());
    let from_file = ironclad(
        &["rbac", "can-i", "watch", "secrets", "--as", &reader, "-n", &namespace, "c.ironclad"],
        folder.path(),
    );
    assert_eq!(from_file.status.code(), Some(2), "{}", text(&from_file));
    assert!(
        text(&from_file).contains("unknown: the snapshot's user was not allowed to list cluster"),
        "{}",
        text(&from_file)
    );
    // Roles, bindings, names of namespaces, and reviews that store nothing.
    let seer = format!("asks-{namespace}");
    let kubeconfig = plane.kubeconfig_of(&seer, &[]).unwrap();
    ask(&kubeconfig, &["can-i", "watch", "secrets", "--as", &reader, "-n", &namespace]);
    let asked = requests(plane, &seer);
    let of = |kind: &str| format!("list {kind} in {namespace}");
    assert!(asked.contains(&of("roles")) && asked.contains(&of("rolebindings")), "{asked:?}");
    let known = ["roles", "rolebindings", "clusterroles", "clusterrolebindings", "namespaces"];
    let fits = |request: &String| {
        request.ends_with("selfsubjectrulesreviews") || known.iter().any(|kind| request.split(' ').nth(1) == Some(kind))
    };
    assert!(asked.iter().all(fits), "{asked:?}");
}

#[test]
fn one_is_whom_the_server_says() {
    let Some(plane) = plane("whoami of a real API server") else { return };
    let namespace = world(plane, "whoami");
    let groups = ["dev-whoami", "ops"];
    let kubeconfig = plane.kubeconfig_of("alice", &groups).unwrap();
    let team = "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: dev-whoami}";
    plane.create(&role(&namespace, "team", READ_SECRETS, team)).unwrap();
    let live = ask(&kubeconfig, &["whoami", "--format", "json"]);
    let live = json(&live);
    let offline = json(&ask(&kubeconfig, &["whoami", "--offline", "--format", "json"]));
    for key in ["user", "groups"] {
        assert_eq!(live[key], offline[key], "{live} {offline}");
    }
    assert_eq!(live["user"], "alice");
    assert_eq!(offline["source"], "client certificate of context \"test\"");
    assert!(live["incomplete"].as_array().is_some_and(|list| !list.is_empty()), "roles may not be listed: {live}");
    // With roles from files nothing is asked.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.yaml"), role(&namespace, "team", READ_SECRETS, team)).unwrap();
    let kubeconfig = kubeconfig.display().to_string();
    let output = ironclad(&["rbac", "whoami", "--kubeconfig", &kubeconfig, "r.yaml"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("Role/team  {namespace}")), "{}", text(&output));
    // A member of a group that sees everything.
    let master = plane.kubeconfig();
    let me = json(&ask(&master, &["whoami", "--format", "json"]));
    assert_eq!(
        (&me["user"], &me["everything"], &me["incomplete"]),
        (&"test-admin".into(), &true.into(), &serde_json::json!([]))
    );
    assert!(me["roles"].as_array().unwrap().iter().any(|r| r["role"] == "ClusterRole/cluster-admin"), "{me}");
}

/// Steps to a right, from a live cluster: only through pods that run.
#[test]
fn who_could_by_escalation() {
    let Some(plane) = plane("escalation in a real cluster") else { return };
    let namespace = world(plane, "steps");
    let account = format!("{{kind: ServiceAccount, name: worker, namespace: {namespace}}}");
    let manifest = role(&namespace, "worker", READ_SECRETS, &account)
        + &role(&namespace, "runner", "{verbs: [create], apiGroups: [''], resources: [pods]}", &user("runner"))
        + &role(&namespace, "enter", "{verbs: [create], apiGroups: [''], resources: [pods/exec]}", &user("enter"));
    plane.create(&manifest).unwrap();
    let ask = || {
        let arguments = ["who-can", "list", "secrets", "-n", &namespace, "--escalated", "--format", "json"];
        let value = json(&ask(&plane.kubeconfig(), &arguments));
        let climbs = value["escalated"].as_array().unwrap().clone();
        let of = |name: &str| climbs.iter().find(|climb| climb["subject"] == format!("User:{name}")).cloned();
        (of("runner"), of("enter"))
    };
    let (runner, enter) = ask();
    let does = format!("starts a Pod that runs as ServiceAccount:{namespace}/worker");
    assert_eq!(runner.unwrap()["steps"][0]["does"], does);
    assert_eq!(enter, None, "no pod runs as it");
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}}}\n\
             spec: {{serviceAccountName: worker, containers: [{{name: c, image: nginx}}]}}\n"
        ))
        .unwrap();
    let enter = ask().1.unwrap();
    assert_eq!(enter["steps"][0]["becomes"], format!("ServiceAccount:{namespace}/worker"));
    assert_eq!(enter["steps"][0]["proofs"][0]["binding"]["label"], format!("RoleBinding/{namespace}/enter"));
}

/// What changed in a cluster since a snapshot of it, by what it is worth.
#[test]
fn a_cluster_is_compared_with_its_snapshot() {
    let Some(plane) = plane("a cluster beside its snapshot") else { return };
    let namespace = world(plane, "since");
    let folder = tempfile::tempdir().unwrap();
    let admin = plane.kubeconfig().display().to_string();
    let taken = ironclad(&["snapshot", "--kubeconfig", &admin, "-o", "then.ironclad", "--no-config"], folder.path());
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
    let late = format!("late-{namespace}");
    plane.create(&role(&namespace, "late", READ_SECRETS, &user(&late))).unwrap();
    let arguments = [
        "rbac",
        "diff",
        "then.ironclad",
        "--kubeconfig",
        &admin,
        "--gained",
        "--min-severity",
        "medium",
        "--format",
        "json",
    ];
    let output = ironclad(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let changes = json(&output)["changes"].clone();
    let own = changes.as_array().unwrap().iter().find(|change| change["subject"] == format!("User:{late}"));
    let own = own.unwrap_or_else(|| panic!("{changes:#}"));
    assert_eq!((&own["namespace"], &own["severity"]), (&Value::from(namespace.as_str()), &Value::from("high")));
}

/// The Node authorizer and the default bindings are a cluster's own: from it, and from a snapshot of it, answers are the
/// server's without a flag.
#[test]
fn nodes_and_defaults_come_with_the_cluster() {
    let Some(plane) = plane("nodes of a real cluster") else { return };
    let namespace = world(plane, "nodes");
    let node = format!("n-{namespace}");
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}}}\n\
             spec: {{nodeName: {node}, containers: [{{name: c, image: nginx, envFrom: [{{secretRef: {{name: db}}}}]}}]}}\n"
        ))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let admin = plane.kubeconfig().display().to_string();
    let taken = ironclad(&["snapshot", "--kubeconfig", &admin, "-o", "c.ironclad", "--no-config"], folder.path());
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
    let user = format!("system:node:{node}");
    for (words, expected) in [
        (vec!["get", "secrets/db", "--as", &user], true),
        (vec!["get", "secrets/other", "--as", &user], false),
        (vec!["list", "secrets", "--as", &user], false),
        (vec!["get", "/version", "--as", "system:anonymous"], true),
        (vec!["get", "/metrics", "--as", "system:anonymous"], false),
        (vec!["create", "selfsubjectaccessreviews", "--as", "anybody"], true),
        (vec!["list", "secrets", "--as", &format!("reader-{namespace}")], true),
        (vec!["list", "nodes", "--as", "system:kube-scheduler"], true),
    ] {
        let question = [&["can-i", "-n", &namespace][..], &words].concat();
        let code = |output: &Output| output.status.code();
        let wanted = Some(if expected { 0 } else { 1 });
        // The server's caches follow its storage.
        until(|| code(&ask(&plane.kubeconfig(), &[&question[..], &["--live-sar"]].concat())) == wanted);
        let live = ask(&plane.kubeconfig(), &question);
        assert_eq!(code(&live), wanted, "{words:?}: {}", text(&live));
        let from_file = ironclad(&[&["rbac"][..], &question, &["c.ironclad"]].concat(), folder.path());
        assert_eq!(code(&from_file), wanted, "{words:?}: {}", text(&from_file));
    }
}

/// What a log shows to be needed, beside the cluster's own roles: the patch is one that kubectl takes, and then nothing is
/// missing.
#[test]
fn a_patch_of_a_live_role_is_taken() {
    let Some(plane) = plane("a patch of a live role") else { return };
    let namespace = world(plane, "patch");
    let reader = format!("reader-{namespace}");
    let folder = tempfile::tempdir().unwrap();
    let event = serde_json::json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1", "stage": "ResponseComplete", "verb": "list",
        "user": {"username": reader, "groups": ["system:authenticated"]}, "responseStatus": {"code": 200},
        "objectRef": {"resource": "configmaps", "namespace": namespace, "apiVersion": "v1"},
        "requestURI": format!("/api/v1/namespaces/{namespace}/configmaps"),
    });
    std::fs::write(folder.path().join("audit.log"), format!("{event}\n")).unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let target = format!("Role/{namespace}/reader");
    let merge = ["rbac", "least-privilege", "--merge", &target, "--kubeconfig", &kubeconfig, "audit.log"];
    let output = ironclad(&merge, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let patch = String::from_utf8(output.stdout).unwrap();
    let patched =
        plane.kubectl(&["patch", "role", "reader", "-n", &namespace, "--type", "json", "-p", &patch]).unwrap();
    assert!(patched.status.success(), "{}", text(&patched));
    let again = ironclad(&merge, folder.path());
    assert_eq!(json(&again), serde_json::json!([]), "{}", text(&again));
    until(|| {
        ask(&plane.kubeconfig(), &["can-i", "list", "configmaps", "--as", &reader, "-n", &namespace, "--live-sar"])
            .status
            .success()
    });
    let unused = ["rbac", "least-privilege", "--unused", "--kubeconfig", &kubeconfig, "audit.log", "--format", "csv"];
    let unused = text(&ironclad(&unused, folder.path()));
    assert!(unused.contains(&format!("RoleBinding/{namespace}/seer")), "{unused}");
}

/// A webhook may allow what no role does: a "no" is then none, and the server can be asked itself.
#[test]
fn another_authorizer_is_not_overlooked() {
    let Ok(assets) = Assets::find() else {
        ironclad_testkit::skipped("another_authorizer_is_not_overlooked", "no control plane");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("webhook.kubeconfig");
    // Nobody listens there: the server asks in vain, and forms no opinion.
    let webhook = "apiVersion: v1\nkind: Config\ncurrent-context: w\nclusters: [{name: w, cluster: {server: 'http://127.0.0.1:1'}}]\n\
                   users: [{name: w}]\ncontexts: [{name: w, context: {cluster: w, user: w}}]\n";
    std::fs::write(&config, webhook).unwrap();
    let options = Options {
        authorization: "RBAC,Webhook".to_owned(),
        apiserver_flags: vec![format!("--authorization-webhook-config-file={}", config.display())],
        ..Options::default()
    };
    let plane = ControlPlane::start(&assets, &options).unwrap();
    let admin = plane.kubeconfig();
    let no = ask(&admin, &["can-i", "get", "secrets", "--as", "nobody"]);
    assert_eq!(no.status.code(), Some(2), "{}", text(&no));
    assert!(text(&no).contains("unknown: the cluster has another authorizer than RBAC"), "{}", text(&no));
    let yes = ask(&admin, &["can-i", "get", "secrets"]);
    assert_eq!(yes.status.code(), Some(0), "{}", text(&yes));
    let matrix =
        ask(&admin, &["matrix", "--as", "nobody", "--resources", "secrets", "--verbs", "get", "--format", "csv"]);
    assert!(text(&matrix).contains("secrets,unknown"), "{}", text(&matrix));
    let who = json(&ask(&admin, &["who-can", "get", "secrets", "--format", "json"]));
    assert!(who["otherAuthorizers"].as_str().is_some_and(|words| words.contains("another authorizer")), "{who}");
}

/// Kinds of a cloud's controllers, which have no constant, are listed where the cluster serves them.
#[test]
fn custom_kinds_of_clouds_are_read() {
    let Ok(assets) = Assets::find() else {
        ironclad_testkit::skipped("custom kinds of clouds", "no API server");
        return;
    };
    // Other tests need not see this definition.
    let plane = ControlPlane::start(&assets, &Options::default()).unwrap();
    let namespace = plane.namespace("clouds").unwrap();
    let kubeconfig = plane.kubeconfig();
    let audit = || text(&ask(&kubeconfig, &["audit", "--select", "rbac/azure-pod-identity"]));
    assert!(audit().contains("no findings"), "{}", audit());
    plane
        .create(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: azureidentities.aadpodidentity.k8s.io\n  \
             annotations: {api-approved.kubernetes.io: 'unapproved, a test'}\n\
             spec:\n  group: aadpodidentity.k8s.io\n  scope: Namespaced\n  names: {plural: azureidentities, singular: azureidentity, kind: AzureIdentity, listKind: AzureIdentityList}\n  \
             versions:\n  - name: v1\n    served: true\n    storage: true\n    \
             schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n",
        )
        .unwrap();
    let identity = format!(
        "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {{name: web, namespace: {namespace}}}\nspec: {{type: 0, resourceID: web}}\n"
    );
    until(|| plane.create(&identity).is_ok());
    until(|| audit().contains("whoever may create pods in any namespace can be the Azure identity `web`"));
}
