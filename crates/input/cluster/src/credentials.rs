//! What a kubeconfig's credentials say of their holder, without asking anybody.
//!
//! A certificate names user and groups as the API server reads them. A ServiceAccount's token names its account. Of other
//! tokens only the cluster's own configuration knows which claim is the user name, and of a plug-in nothing is known
//! until it runs: it is not run here.

use crate::connect::{context, nowhere, read};
use crate::failure::{kubeconfig, moment};
use crate::{Access, Failure, certificate};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ironclad_model::Date;
use ironclad_tree::{Limits, NodeRef, Source, parse};
use kube::config::AuthInfo;
use secrecy::ExposeSecret;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the credentials of a context say.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The context.
    pub context: String,
    /// The name of the context's user in the kubeconfig.
    pub entry: Option<String>,
    /// Its namespace, where it names one.
    pub namespace: Option<String>,
    /// User name, where it can be told.
    pub user: Option<String>,
    /// Groups that the credentials name, without those that authentication adds.
    pub groups: Vec<String>,
    /// What they are: `client certificate`, `token of a ServiceAccount`, …
    pub source: String,
    /// Until when they are good, where they say so: `YYYY-MM-DDTHH:MM:SSZ`, or seconds since 1970 for a token.
    pub until: Option<Until>,
    /// Why there is no user name, or why it may be another.
    pub doubts: Vec<String>,
}

/// The end of credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Until {
    /// `YYYY-MM-DDTHH:MM:SSZ`
    Moment(String),
    /// Seconds since 1970.
    Seconds(i64),
}

/// Reads the credentials of a context.
///
/// # Errors
///
/// `cluster/kubeconfig` where there is no such context, or a file that it names cannot be read.
pub fn credentials(access: &Access) -> Result<Credentials, Failure> {
    let file = read(access)?.ok_or_else(nowhere)?;
    let name = context(access, &file)?;
    let chosen = file.contexts.iter().find(|c| c.name == name).and_then(|c| c.context.as_ref());
    let user = chosen.and_then(|chosen| chosen.user.clone()).unwrap_or_default();
    let auth = file.auth_infos.iter().find(|auth| auth.name == user).and_then(|auth| auth.auth_info.clone());
    let mut found = Credentials {
        context: name.clone(),
        entry: Some(user.clone()).filter(|user| !user.is_empty()),
        namespace: chosen.and_then(|chosen| chosen.namespace.clone()).filter(|n| !n.is_empty()),
        ..Credentials::default()
    };
    let Some(auth) = auth else {
        found.source = "none".to_owned();
        found.doubts.push(format!("the kubeconfig has no user \"{user}\": the cluster sees `system:anonymous`"));
        return Ok(found);
    };
    found.look_at(&auth)?;
    if let Some(other) = &auth.impersonate {
        found.doubts.push("the kubeconfig impersonates: the cluster decides whether it may".to_owned());
        found.user = Some(other.clone());
        found.groups = auth.impersonate_groups.clone().unwrap_or_default();
        found.source = format!("`as` of the kubeconfig, through a {}", found.source);
    }
    Ok(found)
}

/// What the credentials of a user say, without its context.
pub(crate) fn of(auth: &AuthInfo) -> Result<Credentials, Failure> {
    let mut found = Credentials::default();
    found.look_at(auth)?;
    Ok(found)
}

impl Credentials {
    /// What to do about a cluster that does not accept them.
    pub(crate) fn of_refusal(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let whose = match &self.entry {
            Some(user) => format!(" of user \"{user}\" (context \"{}\")", self.context),
            None => String::new(),
        };
        let source = match self.source.as_str() {
            "" | "none" => {
                let whose = if whose.is_empty() { "'s user" } else { whose.as_str() };
                return format!("the kubeconfig{whose} has no credentials: name a context whose user has");
            }
            "plug-in" => {
                return format!(
                    "the cluster does not accept what the credential plug-in{whose} gives, asked twice: log in again"
                );
            }
            "auth-provider" => {
                return format!(
                    "the cluster does not accept the token of the `auth-provider`{whose}: log in again, or use a credential plug-in (`exec`)"
                );
            }
            source => source,
        };
        let again = match self.source.contains("token") {
            true => "log in again, or put a new token in its place",
            false => "log in again, or put a new one in its place",
        };
        let (is_over, end) = match &self.until {
            Some(Until::Seconds(end)) => (*end <= now, moment(*end)),
            // Both are RFC 3339 in UTC: later moments are larger texts.
            Some(Until::Moment(end)) => (*end <= rfc3339(now), end.clone()),
            None => return format!("the {source}{whose} may have expired, or be another cluster's: {again}"),
        };
        match is_over {
            true => format!("the {source}{whose} expired on {end}: {again}"),
            false => format!(
                "the {source}{whose} is valid until {end}, and this cluster does not accept it: is it another cluster's?"
            ),
        }
    }

    /// In the order in which client-go and the API server take them: a certificate is looked at before a token.
    fn look_at(&mut self, auth: &AuthInfo) -> Result<(), Failure> {
        if let Some(pem) = certificate_of(auth)? {
            self.source = "client certificate".to_owned();
            match pem_body(&pem).and_then(|der| certificate::subject(&der)) {
                Some(subject) => {
                    self.user = Some(subject.common_name).filter(|name| !name.is_empty());
                    self.groups = subject.organisations;
                    self.until = Some(Until::Moment(subject.until)).filter(|u| *u != Until::Moment(String::new()));
                    if self.user.is_none() {
                        self.doubts.push("the certificate has no common name: the API server refuses it".to_owned());
                    }
                }
                None => self.doubts.push("the client certificate cannot be read".to_owned()),
            }
        } else if let Some(token) = token_of(auth)? {
            self.token(token.trim());
        } else if let Some(exec) = &auth.exec {
            self.source = "plug-in".to_owned();
            let command = exec.command.clone().unwrap_or_default();
            self.doubts.push(format!("`{command}` gives the credentials, and is not run to be looked at"));
        } else if auth.auth_provider.is_some() {
            self.source = "auth-provider".to_owned();
            self.doubts.push("an `auth-provider` gives the token when it is asked for".to_owned());
        } else if auth.username.is_some() {
            self.source = "password".to_owned();
            self.doubts
                .push("the API server has no passwords since 1.19: whatever is in front of it decides".to_owned());
        } else {
            self.source = "none".to_owned();
            self.user = Some("system:anonymous".to_owned());
        }
        Ok(())
    }

    fn token(&mut self, token: &str) {
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
        let parsed = claims.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| {
            let limits = Limits { document_bytes: 1 << 20, ..Limits::default() };
            parse(&Source::new("claims", text), &limits)
        });
        let document = parsed.filter(|parsed| parsed.problems.is_empty()).and_then(|p| p.documents.into_iter().next());
        let Some(document) = document else {
            self.source = "token".to_owned();
            self.doubts.push("the token holds no claims: only the cluster knows whose it is".to_owned());
            return;
        };
        let root = document.root();
        let text = |name: &str| claim(root, name);
        self.until = root.get_str("exp").and_then(|e| e.value().text()?.parse().ok()).map(Until::Seconds);
        match text("sub") {
            Some(user) if user.starts_with("system:serviceaccount:") => {
                self.source = "token of a ServiceAccount".to_owned();
                self.user = Some(user);
            }
            subject => {
                self.source = "token of an identity provider".to_owned();
                let issuer = text("iss").unwrap_or_else(|| "nobody".to_owned());
                let named = ["email", "preferred_username", "upn", "name"].into_iter();
                let names: Vec<String> = named.filter_map(|n| Some(format!("{n} \"{}\"", text(n)?))).collect();
                let subject = subject.unwrap_or_default();
                self.doubts.push(format!(
                    "issued by \"{issuer}\" to \"{subject}\"{}{}: the cluster's configuration says which claim is the user name, and its prefix",
                    if names.is_empty() { "" } else { ", " },
                    names.join(", ")
                ));
                let groups = root.get_str("groups").map(|entry| entry.value());
                let groups: Vec<&str> =
                    groups.iter().flat_map(|list| list.items()).filter_map(|item| item.as_str()).collect();
                if !groups.is_empty() {
                    self.doubts.push(format!("its groups are {}, if the cluster takes that claim", groups.join(", ")));
                }
            }
        }
    }
}

fn rfc3339(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hours, minutes, seconds_left) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hours:02}:{minutes:02}:{seconds_left:02}Z", Date::from_unix(seconds))
}

fn claim(root: NodeRef<'_>, name: &str) -> Option<String> {
    root.get_str(name)?.value().as_str().map(str::to_owned)
}

fn certificate_of(auth: &AuthInfo) -> Result<Option<String>, Failure> {
    if let Some(data) = &auth.client_certificate_data {
        let bytes = STANDARD.decode(data.trim()).map_err(|error| kubeconfig(&error))?;
        return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
    }
    auth.client_certificate.as_ref().map(|path| file(path)).transpose()
}

fn token_of(auth: &AuthInfo) -> Result<Option<String>, Failure> {
    if let Some(token) = &auth.token {
        return Ok(Some(token.expose_secret().to_owned()));
    }
    auth.token_file.as_ref().map(|path| file(path)).transpose()
}

fn file(path: &str) -> Result<String, Failure> {
    fs_err::read_to_string(PathBuf::from(path)).map_err(|error| kubeconfig(&error))
}

/// The first certificate of a PEM text.
fn pem_body(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Credentials {
        let mut found = Credentials::default();
        found.token(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)));
        found
    }

    #[test]
    fn a_token_says_whose_it_is_where_it_can() {
        let account = token(r#"{"sub":"system:serviceaccount:shop:ci","exp":1893456000}"#);
        assert_eq!(account.user.as_deref(), Some("system:serviceaccount:shop:ci"));
        assert_eq!(account.until, Some(Until::Seconds(1_893_456_000)));
        let person = token(r#"{"sub":"a1","iss":"https://id.example","email":"al@example.com","groups":["dev"]}"#);
        assert_eq!(person.user, None);
        assert!(person.doubts[0].contains("\"https://id.example\" to \"a1\", email \"al@example.com\""), "{person:?}");
        assert!(person.doubts[1].contains("dev"));
        for opaque in ["abc", "a.b.c", "a.%.c", ""] {
            let mut found = Credentials::default();
            found.token(opaque);
            assert_eq!((found.user, found.source.as_str()), (None, "token"), "{opaque}");
        }
    }
}
