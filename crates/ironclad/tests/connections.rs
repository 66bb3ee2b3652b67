//! Ways to a cluster: what a kubeconfig may say, what goes wrong on the way, and kubectl's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::{Assets, Authority, ControlPlane, Fault, FaultProxy};
use live::{ironclad, json, plane, text};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A canary: it is no credential of anything, and must be in no output.
const CANARY: &str = "cAnary4711xQ9zLm2pRt";

/// A kubeconfig of one context.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster: {{{cluster}}}\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers:\n- name: u\n  user: {{{user}}}\n"
    )
}

fn write(folder: &TempDir, name: &str, content: &str) {
    std::fs::write(folder.path().join(name), content).unwrap();
}

fn scan(folder: &TempDir, more: &[&str]) -> Output {
    let arguments = ["scan", "--kubeconfig", "config", "--no-config", "--select", "workload/privileged"];
    ironclad(&[&arguments[..], more].concat(), folder.path())
}

/// The part of a kubeconfig that leads to the control plane.
fn cluster(plane: &ControlPlane) -> String {
    let ca = plane.folder().join("ca.crt").display().to_string();
    format!("server: '{}', certificate-authority: '{ca}'", plane.url())
}

/// A token of a ServiceAccount that may do everything.
fn token(plane: &ControlPlane, prefix: &str) -> String {
    let namespace = plane.namespace(prefix).unwrap();
    let kubectl = |arguments: &[&str]| {
        let output = plane.kubectl(arguments).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let account = format!("{namespace}:sa");
    kubectl(&["create", "serviceaccount", "-n", &namespace, "sa"]);
    kubectl(&["create", "clusterrolebinding", &namespace, "--clusterrole=cluster-admin", "--serviceaccount", &account]);
    kubectl(&["create", "token", "-n", &namespace, "sa"])
}

/// The server's authorizer reads through a cache: the binding counts once that has caught up.
fn until_allowed(folder: &TempDir, more: &[&str]) -> Output {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let output = scan(folder, more);
        if output.status.code() != Some(2) || std::time::Instant::now() > deadline {
            return output;
        }
    }
}

fn script(folder: &TempDir, name: &str, body: &str) {
    write(folder, name, &format!("#!/bin/sh\n{body}\n"));
    let path = folder.path().join(name);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_kind_of_credential() {
    let Some(plane) = plane("credentials of a kubeconfig") else { return };
    let token = token(plane, "credentials");
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "token", &token);
    script(
        &folder,
        "plugin",
        "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"%s\"}}' \"$(cat \"$(dirname \"$0\")/token\")\"",
    );
    let plugin =
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}".to_owned();
    for user in [format!("token: {token}"), "tokenFile: token".to_owned(), plugin] {
        write(&folder, "config", &kubeconfig(&cluster(plane), &user));
        let output = until_allowed(&folder, &[]);
        assert_ne!(output.status.code(), Some(2), "{user}: {}", text(&output));
    }
    // Nobody looks at the certificate: that is said, and costs nothing else.
    let insecure = format!("server: '{}', insecure-skip-tls-verify: true", plane.url());
    write(&folder, "config", &kubeconfig(&insecure, "tokenFile: token"));
    let output = scan(&folder, &["--format", "json"]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
    assert_eq!(json(&output)["warnings"][0]["code"], "cluster/insecure");
    // Several files, one of which is not there.
    write(&folder, "one", &kubeconfig(&cluster(plane), "tokenFile: token").replace("users:", "no:"));
    write(&folder, "two", &kubeconfig("server: 'https://127.0.0.1:1'", "tokenFile: token"));
    let paths = ["one", "none", "two"].map(|name| folder.path().join(name));
    let output = Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(["scan", "--cluster", "--no-config", "--select", "workload/privileged"])
        .env("KUBECONFIG", std::env::join_paths(paths).unwrap())
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
}

/// A proxy that speaks CONNECT, for one connection after another.
fn tunnel() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let server = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).map(str::to_owned);
                let mut server = TcpStream::connect(server.unwrap()).unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                let (mut back, mut from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut back));
                let _ = std::io::copy(&mut client, &mut server);
            });
        }
    });
    port
}

#[test]
fn through_a_proxy_and_as_somebody_else() {
    let Some(plane) = plane("proxies, and acting as another") else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| plane.folder().join(file).display().to_string();
    let admin = format!("client-certificate: '{}', client-key: '{}'", at("admin.crt"), at("admin.key"));
    let proxied = format!("{}, proxy-url: 'http://127.0.0.1:{}'", cluster(plane), tunnel());
    write(&folder, "config", &kubeconfig(&proxied, &admin));
    let output = scan(&folder, &[]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));

    write(&folder, "config", &kubeconfig(&cluster(plane), &admin));
    let output = scan(&folder, &["--as", "mallory"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("User \"mallory\" cannot list resource"), "{}", text(&output));
    write(&folder, "config", &kubeconfig(&cluster(plane), &format!("{admin}, as: mallory, as-groups: [a, b]")));
    assert!(text(&scan(&folder, &[])).contains("User \"mallory\" cannot list resource"));
    // Each of several groups counts, whichever is named first.
    let masters = ["--as", "mallory", "--as-group", "system:masters", "--as-group", "other"];
    assert_ne!(scan(&folder, &masters).status.code(), Some(2));
    let masters = ["--as", "mallory", "--as-group", "other", "--as-group", "system:masters"];
    assert_ne!(scan(&folder, &masters).status.code(), Some(2));
    let output = scan(&folder, &["--as-group", "other"]);
    assert!(output.status.code() == Some(2) && text(&output).contains("--as <USER>"), "{}", text(&output));
}

/// A proxy that speaks SOCKS5 (RFC 1928) without a password, for one connection after another.
fn socks() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = |mut client: TcpStream| -> std::io::Result<()> {
        let mut read = |length: usize| {
            let mut bytes = vec![0; length];
            client.read_exact(&mut bytes).map(|()| bytes)
        };
        let methods = read(2)?[1];
        read(methods.into())?;
        client.write_all(&[5, 0])?;
        let mut read = |length: usize| {
            let mut bytes = vec![0; length];
            client.read_exact(&mut bytes).map(|()| bytes)
        };
        let host = match read(4)?[3] {
            1 => read(4)?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
            _ => {
                let length = read(1)?[0];
                String::from_utf8(read(length.into())?).unwrap()
            }
        };
        let port = read(2)?;
        let mut server = TcpStream::connect((host.as_str(), u16::from_be_bytes([port[0], port[1]])))?;
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        let (mut back, mut from) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        std::io::copy(&mut client, &mut server).map(drop)
    };
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || serve(client));
        }
    });
    port
}

/// What a kubeconfig says of the way: a SOCKS5 proxy, another name in the certificate, several files of which the first
/// to say something is heard, each with paths from its own folder.
#[test]
fn ways_that_a_kubeconfig_tells() {
    let Some(plane) = plane("proxies, names of servers, and several kubeconfigs") else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| plane.folder().join(file).display().to_string();
    let admin = format!("client-certificate: '{}', client-key: '{}'", at("admin.crt"), at("admin.key"));
    for (way, port) in [("socks5", socks()), ("http", tunnel())] {
        let proxied = format!("{}, proxy-url: '{way}://127.0.0.1:{port}'", cluster(plane));
        write(&folder, "config", &kubeconfig(&proxied, &admin));
        let output = scan(&folder, &[]);
        assert_ne!(output.status.code(), Some(2), "{way}: {}", text(&output));
    }
    // A proxy that is not there is what cannot be reached.
    write(&folder, "config", &kubeconfig(&format!("{}, proxy-url: 'socks5://127.0.0.1:1'", cluster(plane)), &admin));
    assert_eq!(scan(&folder, &[]).status.code(), Some(2));
    write(&folder, "config", &kubeconfig(&format!("{}, tls-server-name: localhost", cluster(plane)), &admin));
    let output = scan(&folder, &[]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
    // Of several files the first one's context and cluster count; another adds the user.
    for (name, content) in [
        (
            "a",
            format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- {{name: c, cluster: {{server: '{}', certificate-authority: own.crt}}}}\n",
                plane.url()
            ),
        ),
        (
            "b",
            "apiVersion: v1\nkind: Config\ncurrent-context: other\nclusters:\n- {name: c, cluster: {server: 'https://127.0.0.1:1'}}\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {client-certificate: admin.crt, client-key: admin.key}}]\n".to_owned(),
        ),
    ] {
        let own = folder.path().join(name);
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("config"), content).unwrap();
    }
    for (from, to) in [("ca.crt", "a/own.crt"), ("admin.crt", "b/admin.crt"), ("admin.key", "b/admin.key")] {
        std::fs::copy(plane.folder().join(from), folder.path().join(to)).unwrap();
    }
    let run = |files: [&str; 2]| {
        Command::new(env!("CARGO_BIN_EXE_ironclad"))
            .args(["scan", "--cluster", "--no-config", "--select", "workload/privileged"])
            .env("KUBECONFIG", std::env::join_paths(files.map(|name| folder.path().join(name).join("config"))).unwrap())
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let output = run(["a", "b"]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&run(["b", "a"])).contains("no context \"other\""));
}

/// The authority of a kubeconfig is read at each start: one that was replaced is trusted, and the one before it is not.
#[test]
fn a_new_authority_is_read() {
    let Some(plane) = plane("an authority that changes") else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| plane.folder().join(file).display().to_string();
    let admin = format!("client-certificate: '{}', client-key: '{}'", at("admin.crt"), at("admin.key"));
    write(&folder, "config", &kubeconfig(&format!("server: '{}', certificate-authority: ca.crt", plane.url()), &admin));
    let other = Authority::new().unwrap().certificate();
    let own = std::fs::read_to_string(plane.folder().join("ca.crt")).unwrap();
    write(&folder, "ca.crt", &other);
    let output = scan(&folder, &[]);
    assert!(
        output.status.code() == Some(2) && text(&output).contains("not signed by the authority"),
        "{}",
        text(&output)
    );
    // While the two change places both are in the file.
    for certificates in [format!("{other}{own}"), own] {
        write(&folder, "ca.crt", &certificates);
        let output = scan(&folder, &[]);
        assert_ne!(output.status.code(), Some(2), "{}", text(&output));
    }
}

/// A token that ran out: the plug-in that made it is asked for another, and is asked no more than that.
#[test]
fn a_plugin_is_asked_again() {
    let Some(plane) = plane("a plug-in whose token ran out") else { return };
    let token = token(plane, "refreshed");
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "token", &token);
    let credential = |token: &str, more: &str| {
        format!(
            "printf '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"%s\"{more}}}}}' \"{token}\""
        )
    };
    // The first token is over before it is used.
    script(
        &folder,
        "plugin",
        &format!(
            "cd \"$(dirname \"$0\")\"; echo x >> asked\nif [ $(wc -l < asked) = 1 ]; then {}; else {}; fi",
            credential("over", ",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\""),
            credential("$(cat token)", "")
        ),
    );
    let user = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}";
    write(&folder, "config", &kubeconfig(&cluster(plane), user));
    let output = until_allowed(&folder, &[]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
    assert!(std::fs::read_to_string(folder.path().join("asked")).unwrap().lines().count() > 1);
}

/// Each failure says what it is and what helps, and nothing of what is secret.
#[test]
fn what_goes_wrong_says_what_helps() {
    let Some(plane) = plane("ways that lead nowhere") else { return };
    let folder = tempfile::tempdir().unwrap();
    let own = cluster(plane);
    write(&folder, "other.crt", &Authority::new().unwrap().certificate());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("server: 'http://{}'", silent.local_addr().unwrap());
    let plain = format!("server: 'https://127.0.0.1:{}'", plane.plain_port().unwrap());
    // {"alg":"none"} {"exp":1000000000}
    let expired = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.x";
    script(&folder, "fails", &format!("echo {CANARY}; echo 'session is over' >&2; exit 3"));
    script(&folder, "babbles", &format!("echo '{{\"kind\": {CANARY}'"));
    let exec = |command: &str, more: &str| {
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, interactiveMode: Never{more}}}"
        )
    };
    let token = format!("token: {CANARY}");
    for (cluster, user, said, helps) in [
        (
            "server: 'https://127.0.0.1:1'",
            token.as_str(),
            "https://127.0.0.1:1 refuses connections",
            "is the cluster up",
        ),
        (&silent, &token, "was silent for 1 s", "--request-timeout"),
        (&plain, &token, "does not speak TLS", "http://"),
        (
            &format!("server: '{}', certificate-authority: other.crt", plane.url()),
            &token,
            "is not signed by the authority",
            "another cluster's",
        ),
        (&format!("{own}, tls-server-name: other.example"), &token, "is another name's", "tls-server-name"),
        ("server: 'https://no-such-host.invalid:6443'", &token, "is not known", "VPN"),
        (&own, &token, "does not know who asks", "may have expired"),
        (&own, &format!("token: {expired}"), "does not know who asks", "expired on 2001-09-09 01:46 UTC"),
        (&own, "", "User \"system:anonymous\" cannot", "has no credentials"),
        (&own, "tokenFile: nowhere", "the `tokenFile`", "begin at its own folder"),
        (
            &own,
            &exec("no-such-plugin", ", installHint: 'get it from the intranet'"),
            "\"no-such-plugin\" does not start",
            "get it from the intranet",
        ),
        (&own, &exec("./fails", ""), "failed (exit status: 3): session is over", "log in again"),
        (&own, &exec("./babbles", ""), "printed no `ExecCredential`", "client.authentication.k8s.io"),
        (
            &format!("server: '{}', certificate-authority: nowhere", plane.url()),
            &token,
            "`certificate-authority`",
            "folder",
        ),
        ("server: 'not a url'", &token, "is no URL", "https://"),
        ("certificate-authority: other.crt", &token, "has no `server`", "URL of the API server"),
    ] {
        write(&folder, "config", &kubeconfig(cluster, user));
        let output = scan(&folder, &["--request-timeout", "1"]);
        let all = text(&output);
        assert_eq!(output.status.code(), Some(2), "{cluster} {user}: {all}");
        assert!(all.contains(said) && all.contains(helps), "{cluster} {user}: {all}");
        assert!(!all.contains(CANARY), "{cluster} {user}: {all}");
    }
    // A file that is none, with a token in it.
    write(&folder, "config", &format!("users:\n- name: u\n  user: {{token: {CANARY}\nx: [}}"));
    let output = scan(&folder, &[]);
    assert!(
        output.status.code() == Some(2) && text(&output).contains("the kubeconfig is not one"),
        "{}",
        text(&output)
    );
    assert!(!text(&output).contains(CANARY), "{}", text(&output));
    // None at all.
    let output = ironclad(&["scan", "--cluster", "--no-config"], folder.path());
    assert!(text(&output).contains("there is no kubeconfig"), "{}", text(&output));
}

/// Clocks that differ are told: tokens and waivers end by them.
#[test]
fn clocks_are_compared() {
    let Some(plane) = plane("a cluster whose clock is wrong") else { return };
    let folder = tempfile::tempdir().unwrap();
    let proxy = FaultProxy::start(
        plane.plain_port().unwrap(),
        Box::new(|path, _| {
            let body = if path == "/version" { "{\"gitVersion\":\"v1.37.2\"}" } else { "{\"items\":[]}" };
            Fault::Answer(200, vec![("Date", "Mon, 06 Jan 2020 00:00:00 GMT".to_owned())], body.to_owned())
        }),
    )
    .unwrap();
    write(&folder, "config", &proxy.kubeconfig());
    let output = scan(&folder, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let warning = &json(&output)["warnings"][0];
    assert_eq!(warning["code"], "cluster/clock-skew");
    assert!(warning["message"].as_str().unwrap().contains("behind this machine's"), "{warning}");
}

/// `kubectl ironclad`: found by kubectl, with the arguments, the exit codes and the name of a plug-in.
#[test]
fn a_plugin_of_kubectl() {
    let Some(plane) = plane("a plug-in of kubectl") else { return };
    let kubectl = Assets::find().unwrap().kubectl;
    let namespace = plane.namespace("plugin").unwrap();
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {{hostPID: true, containers: [{{name: c, image: nginx}}]}}\n"
        ))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ironclad"), folder.path().join("kubectl-ironclad")).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(&kubectl)
            .args(arguments)
            .env("PATH", folder.path())
            .env("KUBECONFIG", plane.kubeconfig())
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let listed = run(&["plugin", "list"]);
    assert!(text(&listed).contains("kubectl-ironclad"), "{}", text(&listed));
    let scan = ["ironclad", "scan", "--cluster", "-n", &namespace, "--no-config", "--select", "workload/host-pid"];
    let found = run(&scan);
    assert_eq!(found.status.code(), Some(1), "{}", text(&found));
    assert!(text(&found).contains(&format!("Pod {namespace}/p")), "{}", text(&found));
    let clean = run(&[&scan[..], &["--fail-on", "never"]].concat());
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean));
    let usage = run(&["ironclad", "scan", "--no-such-flag"]);
    assert_eq!(usage.status.code(), Some(2));
    let help = run(&["ironclad", "scan", "--help"]);
    for said in [text(&usage), text(&help)] {
        assert!(said.contains("Usage: kubectl ironclad scan"), "{said}");
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_ironclad")).exists());
}
