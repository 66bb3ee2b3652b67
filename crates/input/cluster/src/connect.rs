//! From a kubeconfig, or a pod's own credentials, to a client.

use crate::Failure;
use crate::failure::of_kubeconfig;
use crate::login::Login;
use crate::request::{Asker, UNKNOWN};
use http::{HeaderName, HeaderValue};
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How to reach a cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The kubeconfig that was named; else the files of `$KUBECONFIG`, else `~/.kube/config`, else the pod's own
    /// credentials.
    pub kubeconfig: Option<PathBuf>,
    /// The context; else the current one.
    pub context: Option<String>,
    /// How long one request may be silent.
    pub timeout: Option<Duration>,
    /// Whom to act as, in place of what the kubeconfig says of it.
    pub act_as: Option<ActAs>,
}

/// A user to act as, as `kubectl --as` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActAs {
    /// The user.
    pub user: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// Its uid.
    pub uid: Option<String>,
}

/// A cluster that can be asked.
pub struct Connection {
    pub(crate) asker: Asker,
    pub(crate) runtime: Runtime,
    context: String,
    namespace: String,
    insecure: bool,
}

/// How long one request may be silent, where nobody says.
const SILENCE: Duration = Duration::from_secs(60);
/// A connection that takes longer leads nowhere.
const CONNECT: Duration = Duration::from_secs(10);

impl Connection {
    /// Reads the kubeconfig and prepares a client; a plug-in for credentials runs. Nothing is asked of the cluster yet.
    ///
    /// # Errors
    ///
    /// `cluster/kubeconfig` where there is none, or it does not say how to reach a cluster; `cluster/unauthorized` where
    /// there are no credentials to be had.
    pub fn open(access: &Access) -> Result<Connection, Failure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new("cluster/unreachable", format!("no threads: {error}")))?;
        let Configured { mut config, context, user } = runtime.block_on(configuration(access))?;
        // Retries and time limits are ours: they are counted, bounded and reported.
        config.default_retry = false;
        config.read_timeout = None;
        config.connect_timeout = Some(CONNECT.min(access.timeout.unwrap_or(CONNECT)));
        let act_as = impersonation(&mut config.auth_info, access.act_as.clone());
        let namespace = config.default_namespace.clone();
        let server = config.cluster_url.to_string();
        let insecure = config.accept_invalid_certs;
        let login = {
            let _inside = runtime.enter();
            Login::new(access, context.clone(), user, config)?
        };
        let asker = Asker {
            login: Arc::new(login),
            server: server.trim_end_matches('/').into(),
            headers: headers(act_as.as_ref())?.into(),
            silence: access.timeout.unwrap_or(SILENCE),
            skew: Arc::new(AtomicI64::new(UNKNOWN)),
            answers: Arc::default(),
        };
        Ok(Connection { asker, runtime, context, namespace, insecure })
    }

    /// Name of the context, as outputs print it.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The context's own namespace, as kubectl takes it where `-n` is left out.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What a person should know of the connection although it works: nobody proves who the server is, clocks differ.
    pub fn warnings(&self) -> Vec<Failure> {
        let mut warnings = Vec::new();
        if self.insecure {
            let message =
                format!("nobody proves that {} is the cluster: its certificate is not looked at", self.asker.server);
            warnings.push(
                Failure::new("cluster/insecure", message).hint(
                    "`insecure-skip-tls-verify` in the kubeconfig asks for that; `certificate-authority` is better",
                ),
            );
        }
        warnings.extend(self.asker.skewed());
        warnings
    }
}

/// What a kubeconfig, or a pod, says of one cluster.
pub(crate) struct Configured {
    pub(crate) config: Config,
    /// Name of the context.
    pub(crate) context: String,
    /// Name of its user; none in a pod.
    pub(crate) user: Option<String>,
}

pub(crate) async fn configuration(access: &Access) -> Result<Configured, Failure> {
    let Some(file) = read(access)? else {
        // Inside a pod there is no file, and no need of one.
        if access.context.is_none()
            && let Ok(config) = Config::incluster()
        {
            return Ok(Configured { config, context: "in-cluster".to_owned(), user: None });
        }
        return Err(nowhere());
    };
    let context = context(access, &file)?;
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let user =
        file.contexts.iter().find(|known| known.name == context).and_then(|known| known.context.as_ref()?.user.clone());
    let config = Config::from_custom_kubeconfig(file, &options).await;
    let config = config.map_err(|error| of_kubeconfig(&error, Some(&context)))?;
    Ok(Configured { config, context, user })
}

/// There is no kubeconfig.
pub(crate) fn nowhere() -> Failure {
    Failure::new("cluster/kubeconfig", "there is no kubeconfig, and this is no pod of a cluster")
        .hint("name one with `--kubeconfig FILE` or `$KUBECONFIG`; kubectl's own is `~/.kube/config`")
}

/// The context that is asked for, or the current one.
pub(crate) fn context(access: &Access, file: &Kubeconfig) -> Result<String, Failure> {
    let context = access.context.clone().or_else(|| file.current_context.clone()).unwrap_or_default();
    let known: Vec<&str> = file.contexts.iter().map(|c| c.name.as_str()).collect();
    if !known.contains(&context.as_str()) {
        let message = match context.is_empty() {
            true => "the kubeconfig names no current context".to_owned(),
            false => format!("the kubeconfig has no context \"{context}\""),
        };
        let hint = match known.is_empty() {
            true => "it has no context at all".to_owned(),
            false => format!("`--context` takes one of: {}", known.join(", ")),
        };
        return Err(Failure::new("cluster/kubeconfig", message).hint(hint));
    }
    Ok(context)
}

/// The kubeconfig that is named, or the user's own, merged from several files as kubectl merges them; nothing where none
/// of them is there.
pub(crate) fn read(access: &Access) -> Result<Option<Kubeconfig>, Failure> {
    if let Some(path) = &access.kubeconfig {
        return Kubeconfig::read_from(path).map(Some).map_err(|error| of_kubeconfig(&error, None));
    }
    let named = std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty());
    let paths: Vec<PathBuf> = match &named {
        Some(value) => std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => std::env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect(),
    };
    // Files of the list that are not there are passed over, as kubectl does.
    let there: Vec<&PathBuf> = paths.iter().filter(|path| path.try_exists().unwrap_or(true)).collect();
    if there.is_empty() {
        return match named {
            Some(_) => Err(missing(&paths)),
            None => Ok(None),
        };
    }
    let merged = there.iter().try_fold(Kubeconfig::default(), |merged, path| {
        Kubeconfig::read_from(path).and_then(|next| merged.merge(next))
    });
    merged.map(Some).map_err(|error| of_kubeconfig(&error, None))
}

fn missing(paths: &[PathBuf]) -> Failure {
    let names: Vec<String> = paths.iter().map(|path: &PathBuf| Path::display(path).to_string()).collect();
    Failure::new("cluster/kubeconfig", format!("no file of `$KUBECONFIG` is there: {}", names.join(", ")))
        .hint("check the spelling, or unset it")
}

/// Takes out whom to act as: the client would send one group of several.
fn impersonation(user: &mut AuthInfo, asked: Option<ActAs>) -> Option<ActAs> {
    let name = user.impersonate.take();
    let groups = user.impersonate_groups.take().unwrap_or_default();
    let uid = user.impersonate_uid.take();
    asked.or_else(|| name.map(|name| ActAs { user: name, groups, uid }))
}

fn headers(act_as: Option<&ActAs>) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let Some(act_as) = act_as else { return Ok(Vec::new()) };
    let user = std::iter::once(("impersonate-user", &act_as.user));
    let groups = act_as.groups.iter().map(|group| ("impersonate-group", group));
    let uid = act_as.uid.iter().map(|uid| ("impersonate-uid", uid));
    let header = |(name, value): (&'static str, &String)| {
        let bad =
            |_| Failure::new("cluster/kubeconfig", format!("nobody can act as {value:?}: it is no value of a header"));
        Ok((HeaderName::from_static(name), HeaderValue::from_str(value).map_err(bad)?))
    };
    user.chain(groups).chain(uid).map(header).collect()
}
