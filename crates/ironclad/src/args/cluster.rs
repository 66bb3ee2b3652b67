//! Flags of commands that ask a live cluster, and `ironclad cluster …`, as clap reads them.

use super::Select;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A live cluster in place of PATHs.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Cluster")]
pub struct Cluster {
    /// Ask the live cluster of the kubeconfig's current context instead of reading PATHs
    #[arg(long)]
    pub cluster: bool,
    /// Ask the cluster of this context
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Ask a cluster through this kubeconfig [default: $KUBECONFIG, else ~/.kube/config, else the pod's own credentials]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Longest silence of the API server, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub request_timeout: Option<u64>,
}

/// As whom a cluster is asked.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Cluster")]
pub struct Acting {
    /// Ask as this user, as `kubectl --as` does
    #[arg(long = "as", value_name = "USER")]
    pub act_as: Option<String>,
    /// … of this group [repeatable]
    #[arg(long, value_name = "GROUP", requires = "act_as")]
    pub as_group: Vec<String>,
    /// … with this uid
    #[arg(long, value_name = "UID", requires = "act_as")]
    pub as_uid: Option<String>,
}

impl Extent {
    /// The namespaces of a cluster that are looked at, `-n` included; all where it is empty.
    pub fn all_of(&self, one: Option<&String>) -> Vec<String> {
        self.namespaces.iter().chain(one).cloned().collect()
    }
}

impl Cluster {
    /// Is a cluster asked for?
    pub fn is_asked(&self) -> bool {
        self.cluster || self.context.is_some() || self.kubeconfig.is_some()
    }
}

/// What is looked at in a cluster.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Cluster")]
pub struct Extent {
    /// Only these namespaces of the cluster; `-n` names one
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub namespaces: Vec<String>,
    /// Manifests, charts or folders that the cluster's objects were applied from: findings name the lines in them
    /// [repeatable]
    #[arg(long, value_name = "PATH")]
    pub source: Vec<PathBuf>,
    /// Leave out what is in kube-system, kube-public and kube-node-lease
    #[arg(long)]
    pub no_system_namespaces: bool,
    /// List Secrets too: their metadata, never their values. The permission to list them grants more than that
    #[arg(long)]
    pub list_secrets: bool,
    /// Read the values of Secrets too: for the checks that compare them (`secrets/repeated-value`), and the records of
    /// Helm. They are wiped after use and never written
    #[arg(long)]
    pub read_secret_values: bool,
    /// As whom.
    #[command(flatten)]
    pub acting: Acting,
}

impl Extent {
    /// Are Secrets asked for at all?
    pub fn secrets(&self) -> bool {
        self.list_secrets || self.read_secret_values
    }
}

/// `ironclad snapshot`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad snapshot -o prod.ironclad\n  ironclad snapshot --context prod --list-secrets -o prod.ironclad\n  ironclad scan prod.ironclad"
)]
pub struct Snapshot {
    /// Which cluster [default: the kubeconfig's current context].
    #[command(flatten)]
    pub cluster: Cluster,
    /// As whom.
    #[command(flatten)]
    pub acting: Acting,
    /// Only these namespaces [repeatable]
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',', help_heading = "Cluster")]
    pub namespace: Vec<String>,
    /// List Secrets too: their metadata, never their values
    #[arg(long, help_heading = "Cluster")]
    pub list_secrets: bool,
    /// Every kind that the cluster serves, not only those that ironclad knows
    #[arg(long, help_heading = "Cluster")]
    pub all_kinds: bool,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: PathBuf,
    /// Mark equal secrets alike, by HMAC under the key in this file (32 bytes or more)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub equality_key: Option<PathBuf>,
}

/// `ironclad cluster`
#[derive(Args, Debug)]
pub struct ClusterCommands {
    /// What of it.
    #[command(subcommand)]
    pub command: ClusterCommand,
}

/// `ironclad cluster …`
#[derive(Subcommand, Debug)]
pub enum ClusterCommand {
    /// Print the least ClusterRole that shows a scan all it looks at
    Permissions(Permissions),
}

/// Subcommands of `ironclad rbac` that ask a cluster.
const QUESTIONS: [&str; 12] = [
    "lookup",
    "who-can",
    "can-i",
    "matrix",
    "why",
    "rules",
    "whoami",
    "diff",
    "audit",
    "graph",
    "generate",
    "least-privilege",
];

/// `ironclad cluster permissions`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad cluster permissions | kubectl apply -f -\n  ironclad cluster permissions --select network/ --name ironclad-network\n  ironclad cluster permissions --rbac who-can --name ironclad-rbac"
)]
pub struct Permissions {
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// The cluster whose resources are meant; without one, those of Kubernetes and of well-known custom resources.
    #[command(flatten)]
    pub cluster: Cluster,
    /// As whom.
    #[command(flatten)]
    pub acting: Acting,
    /// Secrets too: their metadata is all that is read of them, but the permission to list them grants their values
    #[arg(long, help_heading = "Cluster")]
    pub list_secrets: bool,
    /// Values of Secrets, for `ironclad scan --read-secret-values`
    #[arg(long, help_heading = "Cluster")]
    pub read_secret_values: bool,
    /// What `ironclad scan --watch` needs: to watch besides listing
    #[arg(long, help_heading = "Cluster")]
    pub watch: bool,
    /// What `ironclad snapshot` needs, instead of a scan
    #[arg(long, help_heading = "Cluster", conflicts_with_all = ["profile", "select", "ignore", "pss", "watch"])]
    pub snapshot: bool,
    /// What `ironclad snapshot --all-kinds` needs; takes a cluster to know the kinds
    #[arg(long, help_heading = "Cluster", requires = "snapshot")]
    pub all_kinds: bool,
    /// What `ironclad rbac QUESTION` needs, instead of a scan. What only a flag of it needs is marked with the flag
    #[arg(long, value_name = "QUESTION", help_heading = "Cluster", value_parser = QUESTIONS,
        conflicts_with_all = ["profile", "select", "ignore", "pss", "watch", "snapshot", "read_secret_values"])]
    pub rbac: Option<String>,
    /// Name of the role
    #[arg(long, value_name = "NAME", default_value = "ironclad", help_heading = "Output")]
    pub name: String,
}
