//! A credential plug-in (`exec` of a kubeconfig): one run of it, and what it gave.
//!
//! The protocol is that of `client.authentication.k8s.io` (v1, v1beta1): the cluster in `$KUBERNETES_EXEC_INFO`, an
//! `ExecCredential` on standard output. The client library runs a plug-in three times for one client; here it runs once
//! each time that credentials are wanted, as for kubectl.
//!
//! Invariant: what it prints on standard output is in no message.

use crate::Failure;
use crate::failure::of_credentials;
use crate::request::days;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironclad_tree::{Limits, Source, parse};
use kube::client::AuthError;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use std::io::IsTerminal;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// What a plug-in prints.
#[derive(Deserialize, Default)]
struct ExecCredential {
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    client_certificate_data: Option<String>,
    #[serde(default)]
    client_key_data: Option<String>,
    #[serde(default)]
    expiration_timestamp: Option<String>,
}

/// Puts what the plug-in gives in its place, and says until when it is good (seconds since 1970), where the plug-in does.
/// Where a kubeconfig says a token or a file as well, no plug-in runs.
pub(crate) fn fill_in(auth: &mut AuthInfo) -> Result<Option<i64>, Failure> {
    let says = auth.token.is_some() || auth.token_file.is_some() || auth.auth_provider.is_some();
    if says || auth.username.is_some() && auth.password.is_some() {
        return Ok(None);
    }
    let Some(plugin) = auth.exec.take() else { return Ok(None) };
    let Status { token, client_certificate_data, client_key_data, expiration_timestamp } = run(&plugin)?;
    let until = match &expiration_timestamp {
        None => None,
        Some(text) => Some(moment(text).ok_or_else(|| {
            let name = plugin.command.as_deref().unwrap_or_default();
            let message = format!("the credential plug-in \"{name}\" says that its credential ends at {text:?}");
            Failure::new("cluster/unauthorized", message).hint("`expirationTimestamp` has to be an RFC 3339 time")
        })?),
    };
    auth.token = token.map(Into::into);
    if let Some((certificate, key)) = client_certificate_data.zip(client_key_data) {
        auth.client_certificate = None;
        auth.client_certificate_data = Some(STANDARD.encode(certificate));
        auth.client_key = None;
        auth.client_key_data = Some(STANDARD.encode(key).into());
    }
    Ok(until)
}

/// Runs a plug-in to its end.
fn run(plugin: &ExecConfig) -> Result<Status, Failure> {
    let failed = |error: &AuthError| of_credentials(error, Some(plugin));
    let name = plugin.command.as_deref().ok_or_else(|| failed(&AuthError::MissingCommand))?;
    let may_ask = plugin.interactive_mode != Some(ExecInteractiveMode::Never);
    let interactive = may_ask && std::io::stdin().is_terminal();
    if plugin.interactive_mode == Some(ExecInteractiveMode::Always) && !interactive {
        let message = format!("the credential plug-in \"{name}\" wants to ask somebody, and there is no terminal");
        return Err(Failure::new("cluster/unauthorized", message).hint("log in on a terminal first"));
    }
    let mut command = Command::new(name);
    command.args(plugin.args.iter().flatten()).env("KUBERNETES_EXEC_INFO", info(plugin, interactive));
    for variable in plugin.env.iter().flatten() {
        if let Some((name, value)) = variable.get("name").zip(variable.get("value")) {
            command.env(name, value);
        }
    }
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped());
    // Who logs in by a browser is told so there; where nobody would see it, it is the reason of a failure.
    let is_seen = may_ask && std::io::stderr().is_terminal();
    command.stderr(if is_seen { Stdio::inherit() } else { Stdio::piped() });
    let out = command.spawn().and_then(std::process::Child::wait_with_output);
    let mut out = out.map_err(|error| failed(&AuthError::AuthExecStart(error)))?;
    let said = Zeroizing::new(std::mem::take(&mut out.stdout));
    if !out.status.success() {
        return Err(failed(&AuthError::AuthExecRun { cmd: String::new(), out: Box::new(out) }));
    }
    let credential: Option<ExecCredential> = serde_json::from_slice(&said).ok().or_else(|| in_yaml(&said));
    credential.and_then(|credential| credential.status).ok_or_else(|| failed(&AuthError::ExecPluginFailed))
}

/// Some plug-ins print YAML, which client-go takes.
fn in_yaml(said: &[u8]) -> Option<ExecCredential> {
    let text = std::str::from_utf8(said).ok()?;
    let parsed = parse(&Source::new("credential", text), &Limits::default());
    parsed.documents.first().filter(|_| parsed.problems.is_empty())?.root().deserialize().ok()
}

/// What a plug-in is told.
fn info(plugin: &ExecConfig, interactive: bool) -> String {
    let mut spec = serde_json::json!({ "interactive": interactive });
    if let Some(cluster) = plugin.cluster.as_ref().filter(|_| plugin.provide_cluster_info) {
        spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    serde_json::json!({ "apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec }).to_string()
}

/// Seconds since 1970 of an RFC 3339 time; parts of a second are left out.
fn moment(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let marks = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    let is_time = marks.iter().all(|(at, mark)| text.get(*at..at + 1) == Some(mark))
        && text.get(10..11).is_some_and(|mark| mark.eq_ignore_ascii_case("t"));
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let ahead = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign @ ("+" | "-"), offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "+" { seconds } else { -seconds }
        }
        _ => return None,
    };
    is_time.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("1970-01-01T00:00:10Z", Some(10)),
            ("2026-11-25T04:27:53Z", Some(1_795_580_873)),
            ("2026-11-25T04:27:53.999999Z", Some(1_795_580_873)),
            ("2026-11-25T05:27:53+01:00", Some(1_795_580_873)),
            ("2026-11-24T22:57:53-05:30", Some(1_795_580_873)),
            ("2026-11-25 04:27:53Z", None),
            ("2026-11-25T04:27:53", None),
            ("2026-11-25T04:27", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn a_credential_may_be_yaml() {
        let read = |text: &str| {
            let status = in_yaml(text.as_bytes()).and_then(|credential| credential.status);
            status.and_then(|status| status.token)
        };
        assert_eq!(read("kind: ExecCredential\nstatus:\n  token: t\n").as_deref(), Some("t"));
        assert_eq!(read("{\"status\": {\"token\": \"t\"}}").as_deref(), Some("t"));
        assert_eq!(read("status: [").as_deref(), None);
    }
}
