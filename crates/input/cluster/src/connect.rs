//! From a kubeconfig, or a pod's own credentials, to a client.

use crate::Failure;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How to reach a cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The kubeconfig that was named; else `$KUBECONFIG`, else `~/.kube/config`, else the pod's own credentials.
    pub kubeconfig: Option<PathBuf>,
    /// The context; else the current one.
    pub context: Option<String>,
    /// How long one request may be silent.
    pub timeout: Option<Duration>,
}

/// A cluster that can be asked.
pub struct Connection {
    pub(crate) client: Client,
    pub(crate) runtime: Runtime,
    context: String,
    namespace: String,
}

impl Connection {
    /// Reads the kubeconfig and prepares a client. Nothing is asked of the cluster yet.
    ///
    /// # Errors
    ///
    /// `cluster/kubeconfig` where there is none, or it does not say how to reach a cluster.
    pub fn open(access: &Access) -> Result<Connection, Failure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new("cluster/unreachable", format!("no threads: {error}")))?;
        let (mut config, context) = runtime.block_on(configuration(access))?;
        // Retries are ours: they are counted, bounded and reported.
        config.default_retry = false;
        config.read_timeout = Some(access.timeout.unwrap_or(Duration::from_secs(60)));
        config.connect_timeout = Some(Duration::from_secs(10));
        let namespace = config.default_namespace.clone();
        let client = {
            let _inside = runtime.enter();
            Client::try_from(config).map_err(|error| kubeconfig(&error))?
        };
        Ok(Connection { client, runtime, context, namespace })
    }

    /// Name of the context, as outputs print it.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The context's own namespace, as kubectl takes it where `-n` is left out.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

async fn configuration(access: &Access) -> Result<(Config, String), Failure> {
    let file = match read(access) {
        Ok(file) => file,
        // Inside a pod there is no file, and no need of one.
        Err(error) if access.kubeconfig.is_none() && access.context.is_none() => {
            return Config::incluster().map(|c| (c, "in-cluster".to_owned())).map_err(|_| kubeconfig(&error));
        }
        Err(error) => return Err(kubeconfig(&error)),
    };
    let context = context(access, &file)?;
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await.map_err(|error| kubeconfig(&error))?;
    Ok((config, context))
}

/// The kubeconfig that is named, or the user's own.
pub(crate) fn read(access: &Access) -> Result<Kubeconfig, KubeconfigError> {
    match &access.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    }
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
        let hint = format!("`--context` takes one of: {}", known.join(", "));
        return Err(Failure::new("cluster/kubeconfig", message).hint(hint));
    }
    Ok(context)
}

pub(crate) fn kubeconfig(error: &dyn std::error::Error) -> Failure {
    Failure::new("cluster/kubeconfig", crate::request::chain(error))
        .hint("name a kubeconfig with `--kubeconfig` or `$KUBECONFIG`; `kubectl cluster-info` shows whether it works")
}
