//! The client with the credentials of the moment, and others where the cluster refuses these: a plug-in is asked again,
//! a file is read again, a provider is asked for another token, and the kubeconfig is read anew for what a person put
//! into it meanwhile.
//!
//! Invariants: new credentials go to the same server as the old ones, or nowhere; nobody is asked twice for credentials
//! that were refused as they came, but after [`REST`]; however many requests are refused at once, one of them asks.

use crate::connect::{Configured, configuration};
use crate::credentials;
use crate::failure::of_client;
use crate::plugin;
use crate::{Access, Credentials, Failure};
use kube::config::AuthInfo;
use kube::{Client, Config};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How long nobody is asked again after an answer that was of no use.
const REST: Duration = Duration::from_secs(30);

/// Credentials that end this soon are renewed before they are used.
const SOON: i64 = 60;

/// A token that is over: a provider that is given this one in place of one that the cluster refuses asks for another.
/// `{"alg":"none"}`, `{"exp":0}`
const OVER: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjB9.";

/// Who asks, and how others are found to ask as.
pub(crate) struct Login {
    access: Access,
    whose: Whose,
    config: Config,
    now: RwLock<Arc<Held>>,
    /// One asks at a time; with it when the last asked in vain, and what came of it.
    turn: tokio::sync::Mutex<Option<(Instant, Failure)>>,
}

/// A user of a kubeconfig, as messages name it.
#[derive(Clone)]
struct Whose {
    context: String,
    user: Option<String>,
}

/// Credentials, and a client that shows them.
pub(crate) struct Held {
    pub(crate) client: Client,
    /// What they say of themselves.
    pub(crate) credential: Credentials,
    /// Whose they are, to be told from others without keeping them twice.
    auth: AuthInfo,
    /// How many were refused before.
    number: u32,
    since: Instant,
    /// Their end, in seconds since 1970, as the plug-in says.
    until: Option<i64>,
    /// The cluster knew them at least once.
    accepted: AtomicBool,
}

/// What became of credentials that the cluster refused.
pub(crate) enum Renewed {
    /// These may be known.
    Yes(Arc<Held>),
    /// There are no others.
    No,
    /// Others were asked for, and this came of it.
    Failed(Failure),
}

impl Login {
    /// With the credentials of a configuration; a plug-in runs. Wants to be called within the runtime.
    pub(crate) fn new(
        access: &Access,
        context: String,
        user: Option<String>,
        config: Config,
    ) -> Result<Login, Failure> {
        let whose = Whose { context: context.clone(), user };
        let held = hold(&config, &whose, 0)?;
        Ok(Login {
            access: Access { context: Some(context), ..access.clone() },
            whose,
            config,
            now: RwLock::new(Arc::new(held)),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// The credentials of the moment.
    pub(crate) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Other credentials in place of these, which the cluster refuses.
    pub(crate) async fn renew(self: &Arc<Self>, refused: &Held) -> Renewed {
        let mut vain = self.turn.lock().await;
        let now = self.held();
        if now.number != refused.number {
            return Renewed::Yes(now);
        }
        if refused.number > 0 && !refused.accepted.load(Ordering::Relaxed) && refused.since.elapsed() < REST {
            return Renewed::No;
        }
        if let Some((_, failure)) = vain.as_ref().filter(|(at, _)| at.elapsed() < REST) {
            return Renewed::Failed(failure.clone());
        }
        let config = self.config_again(refused).await;
        let Some(config) = config else { return Renewed::No };
        // A plug-in runs as long as it likes: not on a thread that others wait for.
        let (whose, number) = (self.whose.clone(), refused.number + 1);
        let held = tokio::task::spawn_blocking(move || hold(&config, &whose, number)).await;
        match held.unwrap_or_else(|_| Err(Failure::new("cluster/unauthorized", "no credentials"))) {
            Ok(held) => {
                *vain = None;
                let held = Arc::new(held);
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&held);
                Renewed::Yes(held)
            }
            Err(failure) => {
                *vain = Some((Instant::now(), failure.clone()));
                Renewed::Failed(failure)
            }
        }
    }

    /// The configuration that may lead to other credentials; none where it cannot.
    async fn config_again(&self, refused: &Held) -> Option<Config> {
        let mut config = self.config.clone();
        // What cannot be read any more was good once. Only who asks may change, not who is asked.
        if let Ok(Configured { config: read, .. }) = configuration(&self.access).await
            && read.cluster_url == config.cluster_url
        {
            config.auth_info = read.auth_info;
            // Whom to act as is said in headers of our own.
            forget_impersonation(&mut config.auth_info);
        }
        if !can_change(&config.auth_info) && text_of(&config.auth_info) == text_of(&refused.auth) {
            return None;
        }
        let provider = config.auth_info.auth_provider.as_mut().filter(|provider| provider.name == "oidc");
        if let Some(provider) = provider
            && provider.config.contains_key("refresh-token")
        {
            provider.config.insert("id-token".to_owned(), OVER.to_owned());
        }
        Some(config)
    }
}

impl Held {
    /// Do they end before an answer may come? Who gives credentials that always do is not asked for each request.
    pub(crate) fn ends_soon(&self) -> bool {
        if self.number > 0 && self.since.elapsed() < REST {
            return false;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        self.until.is_some_and(|until| until - SOON <= now)
    }

    /// Takes note that the cluster knew them.
    pub(crate) fn is_known(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }
}

fn hold(config: &Config, whose: &Whose, number: u32) -> Result<Held, Failure> {
    let mut config = config.clone();
    // kubectl takes a client without a secret for one that is public.
    if let Some(provider) = config.auth_info.auth_provider.as_mut().filter(|provider| provider.name == "oidc") {
        provider.config.entry("client-secret".to_owned()).or_default();
    }
    // What cannot be read is told by the client, which reads it as well.
    let mut credential = credentials::of(&config.auth_info).unwrap_or_default();
    whose.context.clone_into(&mut credential.context);
    credential.entry.clone_from(&whose.user);
    let auth = config.auth_info.clone();
    let until = plugin::fill_in(&mut config.auth_info)?;
    let client = Client::try_from(config).map_err(|error| of_client(&error, auth.exec.as_ref()))?;
    let since = Instant::now();
    Ok(Held { client, credential, auth, number, since, until, accepted: AtomicBool::new(false) })
}

/// Does what these name change without them: a program, a file, a provider?
fn can_change(auth: &AuthInfo) -> bool {
    auth.exec.is_some()
        || auth.auth_provider.is_some()
        || auth.token.is_none() && auth.token_file.is_some()
        || auth.client_certificate.is_some()
        || auth.client_key.is_some()
}

fn text_of(auth: &AuthInfo) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(auth).unwrap_or_default())
}

/// Whom to act as is taken out where a connection is opened.
fn forget_impersonation(auth: &mut AuthInfo) {
    auth.impersonate = None;
    auth.impersonate_groups = None;
    auth.impersonate_uid = None;
}
