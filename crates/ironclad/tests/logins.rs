//! Credentials that end: what can give others is asked once more, and what cannot is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::{ControlPlane, Fault, FaultProxy};
use live::{ironclad, json, plane, text};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const EXEC: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}";

/// A kubeconfig of one context and one user.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters:\n- name: c\n  cluster: {{{cluster}}}\n\
         contexts: [{{name: prod, context: {{cluster: c, user: al}}}}]\nusers:\n- name: al\n  user: {{{user}}}\n"
    )
}

/// A plug-in that notes each call in `asked`, and prints what the shell makes of `token`.
fn plugin(folder: &Path, token: &str) {
    plugin_that_says(folder, token, "");
}

/// One that says more of its token.
fn plugin_that_says(folder: &Path, token: &str, more: &str) {
    let body = format!(
        "#!/bin/sh\ncd \"$(dirname \"$0\")\"; echo x >> asked\n\
         printf '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"%s\"{more}}}}}' \"{token}\"\n"
    );
    std::fs::write(folder.join("plugin"), body).unwrap();
    std::fs::set_permissions(folder.join("plugin"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn asked(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("asked")).unwrap_or_default().lines().count()
}

fn scan(folder: &TempDir, namespace: &str) -> Output {
    let select = ["--select", "wiring/dangling-service,secrets/config-map", "--format", "json"];
    let arguments = ["scan", "--kubeconfig", "config", "--no-config", "-n", namespace];
    ironclad(&[&arguments[..], &select].concat(), folder.path())
}

/// A scan through a proxy that refuses what `refuses` says, by path and how many came before; at each refusal it does
/// something else.
fn refused(
    plane: &ControlPlane,
    folder: &TempDir,
    user: &str,
    namespace: &str,
    refuses: impl Fn(&str, usize) -> bool + Send + Sync + 'static,
) -> (Output, Vec<String>) {
    let script = move |path: &str, before: usize| match refuses(path, before) {
        true => Fault::status(401, "Unauthorized"),
        false => Fault::None,
    };
    let proxy = FaultProxy::start(plane.plain_port().unwrap(), Box::new(script)).unwrap();
    let server = proxy.kubeconfig();
    let server = server.split('\'').nth(1).unwrap();
    std::fs::write(folder.path().join("config"), kubeconfig(&format!("server: '{server}'"), user)).unwrap();
    (scan(folder, namespace), proxy.seen())
}

fn fill(plane: &ControlPlane, prefix: &str) -> String {
    let namespace = plane.namespace(prefix).unwrap();
    let manifest = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: NS}\nspec: {selector: {app: none}, ports: [{port: 80}]}\n";
    plane.create(&manifest.replace("NS", &namespace)).unwrap();
    namespace
}

/// A plug-in gives another token, a file holds another, a person put another into the kubeconfig: the scan goes on, and
/// says what it says of a cluster that never refused.
#[test]
fn a_credential_that_ends_in_the_middle_is_renewed() {
    let Some(plane) = plane("credentials that end in the middle of a scan") else { return };
    let namespace = fill(plane, "renewed");
    let folder = tempfile::tempdir().unwrap();
    let (healthy, _) = refused(plane, &folder, "token: one", &namespace, |_, _| false);
    assert_eq!(healthy.status.code(), Some(0), "{}", text(&healthy));
    let at_services = |path: &str, before: usize| before == 0 && path.contains("/services");
    plugin(folder.path(), "one");
    let (output, seen) = refused(plane, &folder, EXEC, &namespace, at_services);
    assert_eq!(output.stdout, healthy.stdout, "{}", text(&output));
    assert_eq!((asked(folder.path()), output.status.code()), (2, Some(0)));
    assert_eq!(seen.iter().filter(|path| path.contains("/services")).count(), 2, "{seen:#?}");
    // Many requests are refused at once: one of them asks for all.
    std::fs::remove_file(folder.path().join("asked")).unwrap();
    let own = folder.path().to_owned();
    let (output, _) =
        refused(plane, &folder, EXEC, &namespace, move |path, _| path.contains("limit=") && asked(&own) < 2);
    assert_eq!(output.stdout, healthy.stdout, "{}", text(&output));
    assert_eq!(asked(folder.path()), 2);
    // A file is read again, and so is a kubeconfig whose token somebody replaced.
    std::fs::write(folder.path().join("token"), "one").unwrap();
    let (output, _) = refused(plane, &folder, "tokenFile: token", &namespace, at_services);
    assert_eq!((&output.stdout, output.status.code()), (&healthy.stdout, Some(0)), "{}", text(&output));
    let config: PathBuf = folder.path().join("config");
    let replaced = move |path: &str, before: usize| {
        let refuses = at_services(path, before);
        if refuses {
            let text = std::fs::read_to_string(&config).unwrap();
            std::fs::write(&config, text.replace("token: one", "token: two")).unwrap();
        }
        refuses
    };
    let (output, _) = refused(plane, &folder, "token: one", &namespace, replaced);
    assert_eq!((&output.stdout, output.status.code()), (&healthy.stdout, Some(0)), "{}", text(&output));
}

/// What is refused however often it is asked for is named with whose it is and what to do, and nobody is asked for ever.
#[test]
fn a_credential_that_stays_refused_is_named() {
    let Some(plane) = plane("credentials that stay refused") else { return };
    let namespace = fill(plane, "stays-refused");
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), "one");
    std::fs::write(folder.path().join("token"), "one").unwrap();
    for (user, hint, times) in [
        (EXEC, "the credential plug-in of user \"al\" (context \"prod\") gives, asked twice: log in again", 2),
        ("token: one", "the token of user \"al\" (context \"prod\") may have expired, or be another cluster's", 1),
        ("tokenFile: token", "the token of user \"al\" (context \"prod\") may have expired", 2),
    ] {
        let _ = std::fs::remove_file(folder.path().join("asked"));
        let (output, seen) = refused(plane, &folder, user, &namespace, |path, _| path.contains("/services"));
        assert_eq!(output.status.code(), Some(2), "{user}: {}", text(&output));
        let error = &json(&output)["errors"][0];
        assert_eq!(error["code"], "cluster/unauthorized", "{error:#}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error:#}");
        assert_eq!(seen.iter().filter(|path| path.contains("/services")).count(), times, "{user}: {seen:#?}");
        assert!(asked(folder.path()) <= 2, "{}", asked(folder.path()));
    }
    // A plug-in that fails when it is asked again says why.
    plugin(folder.path(), "$([ $(wc -l < asked) -gt 1 ] && kill -TERM $$; echo one)");
    let _ = std::fs::remove_file(folder.path().join("asked"));
    let (output, _) = refused(plane, &folder, EXEC, &namespace, |path, _| path.contains("/services"));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let message = json(&output)["errors"][0]["message"].to_string();
    assert!(
        message.contains("the credential plug-in \\\"./plugin\\\"") || message.contains("plugin\\\" failed"),
        "{message}"
    );
}

/// A plug-in whose tokens end as soon as they come is not asked for every request.
#[test]
fn a_credential_that_always_ends_is_used() {
    let Some(plane) = plane("a plug-in whose tokens always end") else { return };
    let namespace = fill(plane, "always-ends");
    let folder = tempfile::tempdir().unwrap();
    plugin_that_says(folder.path(), "one", ",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"");
    let (output, seen) = refused(plane, &folder, EXEC, &namespace, |_, _| false);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(asked(folder.path()) == 2 && seen.len() > 4, "{} {seen:#?}", asked(folder.path()));
    // One that fails when it is asked again costs nothing as long as the cluster takes what it gave.
    let _ = std::fs::remove_file(folder.path().join("asked"));
    let fails = "$([ $(wc -l < asked) -gt 1 ] && kill -TERM $$; echo one)";
    plugin_that_says(folder.path(), fails, ",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"");
    let (output, _) = refused(plane, &folder, EXEC, &namespace, |_, _| false);
    assert_eq!((output.status.code(), asked(folder.path())), (Some(0), 2), "{}", text(&output));
}

/// A token of a ServiceAccount that may do everything, from the real API server.
fn token(plane: &ControlPlane, namespace: &str) -> String {
    let kubectl = |arguments: &[&str]| {
        let output = plane.kubectl(arguments).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let account = format!("{namespace}:sa");
    kubectl(&["create", "serviceaccount", "-n", namespace, "sa"]);
    kubectl(&["create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", "--serviceaccount", &account]);
    kubectl(&["create", "token", "-n", namespace, "sa"])
}

fn direct(plane: &ControlPlane) -> String {
    let ca = plane.folder().join("ca.crt").display().to_string();
    format!("server: '{}', certificate-authority: '{ca}'", plane.url())
}

/// The real API server refuses the first token of a plug-in, which does not say when it ends, and takes the second.
#[test]
fn the_api_server_itself_refuses_and_takes() {
    let Some(plane) = plane("a token that the API server refuses") else { return };
    let namespace = fill(plane, "refuses");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), token(plane, &namespace)).unwrap();
    plugin(folder.path(), "$([ $(($(wc -l < asked) % 2)) = 1 ] && echo over || cat token)");
    std::fs::write(folder.path().join("config"), kubeconfig(&direct(plane), EXEC)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = scan(&folder, &namespace);
        // The server's authorizer reads through a cache: a binding counts once that has caught up.
        if output.status.code() == Some(0) {
            break;
        }
        assert!(Instant::now() < deadline, "{}", text(&output));
        assert!(text(&output).contains("cluster/forbidden"), "{}", text(&output));
    }
    assert_eq!(asked(folder.path()) % 2, 0);
}

/// `auth-provider: oidc`, which kubectl keeps for old kubeconfigs: its token is shown as it is, renewed where there is what
/// it takes, and named where there is not.
#[test]
fn the_legacy_oidc_provider() {
    let Some(plane) = plane("an OIDC auth-provider") else { return };
    let namespace = fill(plane, "oidc");
    let folder = tempfile::tempdir().unwrap();
    let good = token(plane, &namespace);
    // {"alg":"none"} {"exp":1000000000}
    let over = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.x";
    let provider = |more: &str| format!("auth-provider: {{name: oidc, config: {{{more}}}}}");
    let run = |user: &str| {
        std::fs::write(folder.path().join("config"), kubeconfig(&direct(plane), user)).unwrap();
        scan(&folder, &namespace)
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = run(&provider(&format!("id-token: {good}")));
        if output.status.code() == Some(0) {
            break;
        }
        assert!(text(&output).contains("cluster/forbidden") && Instant::now() < deadline, "{}", text(&output));
    }
    let issuer = "idp-issuer-url: 'https://127.0.0.1:1', client-id: ironclad, refresh-token: r-e-f-r-e-s-h";
    for (user, said) in [
        (provider(&format!("id-token: {over}")), "refreshing is not possible: missing field"),
        // A client without a secret is a public one.
        (provider(&format!("id-token: {over}, {issuer}")), "refreshing failed"),
        ("auth-provider: {name: azure, config: {}}".to_owned(), "kubelogin"),
        ("auth-provider: {name: openstack, config: {}}".to_owned(), "provider openstack not supported"),
    ] {
        let output = run(&user);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        let all = text(&output);
        assert!(all.contains(said) && all.contains("cluster/unauthorized"), "{user}: {all}");
        assert!(!all.contains(over) && !all.contains("r-e-f-r-e-s-h"), "{all}");
    }
}
