//! Why a cluster was not reached, in words that say what to do.
//!
//! Invariant: nothing that a kubeconfig or a plug-in for credentials holds is repeated but names, paths and what a
//! plug-in says on its standard error.

use crate::Failure;
use kube::client::AuthError;
use kube::config::{ExecConfig, KubeconfigError};
use std::error::Error;

/// An error with all that lies below it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = error.source();
    }
    text
}

/// A moment, UTC, to the minute.
pub(crate) fn moment(seconds: i64) -> String {
    let date = ironclad_model::Date::from_unix(seconds);
    let of_day = seconds.rem_euclid(86_400);
    format!("{date} {:02}:{:02} UTC", of_day / 3_600, of_day / 60 % 60)
}

/// Something in a kubeconfig that cannot be read.
pub(crate) fn kubeconfig(error: &dyn Error) -> Failure {
    Failure::new("cluster/kubeconfig", chain(error)).hint("`kubectl config view` says what kubectl makes of it")
}

/// What is wrong with a kubeconfig.
pub(crate) fn of_kubeconfig(error: &KubeconfigError, context: Option<&str>) -> Failure {
    let of_context = |what: &str| match context {
        Some(context) => format!("the {what} of context \"{context}\""),
        None => format!("the {what}"),
    };
    let (message, hint) = match error {
        KubeconfigError::ReadConfig(error, path) => {
            (format!("the kubeconfig \"{}\" cannot be read: {error}", path.display()), "check the spelling of the path")
        }
        // The excerpt below the first line may hold a token.
        KubeconfigError::Parse(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            (format!("the kubeconfig is not one: {first}"), "`kubectl config view` says what kubectl makes of it")
        }
        KubeconfigError::LoadClusterOfContext(name) => (
            format!("{} is \"{name}\", which the kubeconfig does not have", of_context("cluster")),
            "add it under `clusters`, or name another context",
        ),
        KubeconfigError::MissingClusterUrl => {
            (format!("{} has no `server`", of_context("cluster")), "it is the URL of the API server")
        }
        KubeconfigError::ParseClusterUrl(error) => {
            (format!("the `server` of {} is no URL: {error}", of_context("cluster")), "as in https://10.0.0.1:6443")
        }
        KubeconfigError::ParseProxyUrl(error) => (
            format!("the proxy is no URL: {error}"),
            "`proxy-url` in the kubeconfig, or `$HTTPS_PROXY`, as in http://10.0.0.1:3128",
        ),
        KubeconfigError::LoadCertificateAuthority(error) => (
            format!("the `certificate-authority` of {} cannot be read: {error}", of_context("cluster")),
            "paths in a kubeconfig begin at its own folder",
        ),
        KubeconfigError::LoadClientCertificate(error) => (
            format!("the `client-certificate` cannot be read: {error}"),
            "paths in a kubeconfig begin at its own folder",
        ),
        KubeconfigError::LoadClientKey(error) => {
            (format!("the `client-key` cannot be read: {error}"), "paths in a kubeconfig begin at its own folder")
        }
        KubeconfigError::ParseCertificates(error) => (
            format!("a certificate of the kubeconfig is none: {error}"),
            "it has to be PEM, in base64 where it ends in `-data`",
        ),
        other => (chain(other), "`kubectl cluster-info` shows whether kubectl gets along with it"),
    };
    Failure::new("cluster/kubeconfig", message).hint(hint)
}

/// Why no client could be made.
pub(crate) fn of_client(error: &kube::Error, plugin: Option<&ExecConfig>) -> Failure {
    match error {
        kube::Error::Auth(error) => of_credentials(error, plugin),
        kube::Error::InferKubeconfig(error) => of_kubeconfig(error, None),
        other => Failure::new("cluster/kubeconfig", chain(other))
            .hint("`kubectl cluster-info` shows whether kubectl gets along with the kubeconfig"),
    }
}

/// Why there are no credentials.
pub(crate) fn of_credentials(error: &AuthError, plugin: Option<&ExecConfig>) -> Failure {
    // When credentials are renewed nobody says which plug-in it was.
    let name = match plugin.and_then(|plugin| plugin.command.as_deref()) {
        Some(name) => format!("the credential plug-in \"{name}\""),
        None => "the credential plug-in".to_owned(),
    };
    let install = plugin.and_then(|plugin| plugin.install_hint.as_deref()).map(str::trim);
    let (message, hint) = match error {
        AuthError::AuthExecStart(error) => {
            (format!("{name} does not start: {error}"), install.unwrap_or("install it, or put it into PATH").to_owned())
        }
        // What it printed on standard output may be the credential.
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            let said = last.map(|line| format!(": {}", line.trim())).unwrap_or_default();
            (
                format!("{name} failed ({}){said}", out.status),
                "log in again with the tool that it belongs to".to_owned(),
            )
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => (
            format!("{name} printed no `ExecCredential` with a `status`"),
            "it has to be one of client.authentication.k8s.io".to_owned(),
        ),
        AuthError::MissingCommand => (
            "the credential plug-in of the kubeconfig has no `command`".to_owned(),
            "it is the program to run".to_owned(),
        ),
        AuthError::ReadTokenFile(error, path) => (
            format!("the `tokenFile` \"{}\" cannot be read: {error}", path.display()),
            "paths in a kubeconfig begin at its own folder".to_owned(),
        ),
        AuthError::Oidc(error) => (
            format!("the token of the `auth-provider` \"oidc\" cannot be renewed: {}", chain(error)),
            "log in again, or use a credential plug-in (`exec`): kubectl keeps `auth-provider` for old kubeconfigs only"
                .to_owned(),
        ),
        AuthError::InvalidBearerToken(_) => {
            ("the token holds what no header may hold".to_owned(), "a line end within it, perhaps".to_owned())
        }
        other => (format!("no credentials: {}", chain(other)), "log in again".to_owned()),
    };
    Failure::new("cluster/unauthorized", message).hint(hint)
}

/// Why no answer came.
pub(crate) fn of_transport(error: &kube::Error, server: &str) -> Failure {
    let text = chain(error);
    let has = |part: &str| text.contains(part);
    let (message, hint) = if has("UnknownIssuer") || has("BadSignature") {
        (
            format!("the certificate of {server} is not signed by the authority that the kubeconfig trusts"),
            "`certificate-authority` is another cluster's, or a proxy stands in between",
        )
    } else if has("NotValidForName") || has("not valid for name") {
        (
            format!("the certificate of {server} is another name's: {}", last(&text)),
            "`server` has to be a name of the certificate, or `tls-server-name` has to say which is",
        )
    } else if has("certificate expired") || has("peer certificate: Expired") {
        (format!("the certificate of {server} has expired: {}", last(&text)), "renew it, or set this machine's clock")
    } else if has("NotValidYet") || has("not valid yet") {
        (format!("the certificate of {server} is not valid yet"), "is this machine's clock right?")
    } else if has("Connection refused") {
        (format!("{server} refuses connections"), "is the cluster up, and `server` of the kubeconfig right?")
    } else if has("failed to lookup address") || has("dns error") {
        (format!("the name in {server} is not known"), "a VPN that is down, or a misspelt `server` of the kubeconfig")
    } else if has("InvalidContentType") || has("corrupt message") {
        (
            format!("{server} does not speak TLS"),
            "`server` of the kubeconfig has to begin with http:// then, or has the wrong port",
        )
    } else if has("timed out") || has("deadline has elapsed") {
        (format!("{server} cannot be reached: connecting timed out"), "a firewall, or a VPN that is down")
    } else if has("received fatal alert") {
        (format!("{server} refuses the client's certificate: {}", last(&text)), "log in again")
    } else if has("unreachable") {
        (format!("{server} cannot be reached: {}", last(&text)), "is there a way to its network?")
    } else {
        (format!("{server}: {text}"), "is the cluster up, and the kubeconfig's server right?")
    };
    Failure::new("cluster/unreachable", message).hint(hint)
}

/// The innermost reason.
fn last(text: &str) -> &str {
    text.rsplit(": ").next().unwrap_or(text)
}
