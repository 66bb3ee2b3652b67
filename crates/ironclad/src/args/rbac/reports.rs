//! `ironclad rbac audit|graph|generate|least-privilege`: what writes reports, pictures and manifests.

use super::{Output, RbacInput};
use crate::args::cluster::{Cluster, Extent};
use crate::args::{Input, Report};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `ironclad rbac audit`
#[derive(Args, Debug)]
#[command(
    after_help = "The same as `ironclad scan --select rbac/`, without the checks that are a matter of taste.\n\nExamples:\n  kubectl get clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,pods -A -o json | ironclad rbac audit --complete -\n  ironclad rbac audit --select rbac/op-argocd,rbac/escalate --min-severity high rbac/"
)]
pub struct Audit {
    /// Where to look.
    #[command(flatten)]
    pub input: Input,
    /// Which cluster, in place of files.
    #[command(flatten)]
    pub cluster: Cluster,
    /// What of it.
    #[command(flatten)]
    pub extent: Extent,
    /// Run these: ids (`rbac/escalate`), prefixes (`rbac/sa-`) or tags (`mitre:T1098`) [default: all rbac checks]
    #[arg(long, value_name = "CHECK", value_delimiter = ',', help_heading = "Selection")]
    pub select: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "CHECK", value_delimiter = ',', help_heading = "Selection")]
    pub ignore: Vec<String>,
    /// Say nothing of findings below this severity
    #[arg(long, value_name = "SEVERITY", help_heading = "Selection")]
    pub min_severity: Option<String>,
    /// Only roles, bindings and accounts made in this time, as 36h, 7d, 2w; what has no time of creation is counted
    #[arg(long, value_name = "AGE", help_heading = "Selection")]
    pub newer_than: Option<String>,
    /// Only those that are older
    #[arg(long, value_name = "AGE", help_heading = "Selection")]
    pub older_than: Option<String>,
    /// Risky subjects as a list, the worst first: those whose label (`User:alice`, `ServiceAccount:shop/ci`) this regular
    /// expression matches
    #[arg(long, value_name = "REGEX", help_heading = "Selection")]
    pub subjects: Option<String>,
    /// Pods and what makes them as a list: those whose ServiceAccount is risky
    #[arg(long, conflicts_with_all = ["subjects", "collapse"], help_heading = "Selection")]
    pub pods: bool,
    /// `node`: what whoever breaks into a node can do with the tokens of all pods there taken together
    #[arg(long, value_name = "WHAT", conflicts_with = "subjects", help_heading = "Selection")]
    pub collapse: Option<String>,
    /// The arguments are the whole truth: what is not there does not exist
    #[arg(long, help_heading = "Selection")]
    pub complete: bool,
    /// Where objects are that name no namespace
    #[arg(long, value_name = "NAMESPACE", help_heading = "Selection")]
    pub assume_namespace: Option<String>,
    /// What to print.
    #[command(flatten)]
    pub report: Report,
}

/// `ironclad rbac graph`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad rbac graph -o rbac.html rbac/\n  ironclad rbac graph --format dot rbac/ | dot -Tsvg > rbac.svg\n\nFormats: dot, mermaid, graphml, html, json"
)]
pub struct Graph {
    /// Files and folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Subjects whose label this regular expression matches
    #[arg(long, value_name = "REGEX", help_heading = "Question")]
    pub include_subjects: Option<String>,
    /// Without subjects whose label this regular expression matches [default: names that begin with `system:`]
    #[arg(long, value_name = "REGEX", help_heading = "Question")]
    pub exclude_subjects: Option<String>,
    /// Grants in this namespace, and cluster-wide ones
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Question")]
    pub namespace: Option<String>,
    /// Grants in these namespaces, and cluster-wide ones
    #[arg(long, value_name = "NAMESPACES", value_delimiter = ',', help_heading = "Question")]
    pub include_namespaces: Vec<String>,
    /// Without grants in these namespaces, and without their ServiceAccounts
    #[arg(long, value_name = "NAMESPACES", value_delimiter = ',', help_heading = "Question")]
    pub exclude_namespaces: Vec<String>,
    /// Pods and what makes them, in front of the ServiceAccounts that they run as
    #[arg(long, help_heading = "Question")]
    pub pods: bool,
    /// Only ServiceAccounts that pods run as, with those pods
    #[arg(long, help_heading = "Question")]
    pub include_pods_only: bool,
    /// Most nodes of one kind that are drawn; the rest is counted
    #[arg(long, value_name = "N", default_value_t = 150, help_heading = "Question")]
    pub most: usize,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac generate`
#[derive(Args, Debug)]
pub struct Generate {
    /// What.
    #[command(subcommand)]
    pub command: GenerateCommand,
}

/// `ironclad rbac generate …`
#[derive(Subcommand, Debug)]
pub enum GenerateCommand {
    /// Write a role that allows verbs on every known resource but some
    Role(GenerateRole),
}

/// `ironclad rbac generate role`
#[derive(Args, Debug)]
#[command(
    after_help = "RBAC cannot deny: a role that allows all but some resources names all the others, as known to this\nKubernetes version and to the CustomResourceDefinitions of the PATHs. Write it anew when either grows.\n\nExamples:\n  ironclad rbac generate role reader --verbs get,list,watch --deny secrets\n  ironclad rbac generate role deployer -n shop --allow deployments.apps,pods --verbs get,list,patch"
)]
pub struct GenerateRole {
    /// Name of the role
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Files and folders with CustomResourceDefinitions
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Resources [default: all that are known]
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Not these resources
    #[arg(long, visible_alias = "deny-resources", value_name = "TYPES", value_delimiter = ',')]
    pub deny: Vec<String>,
    /// Verbs
    #[arg(
        long,
        visible_alias = "allowed-verbs",
        value_name = "VERBS",
        value_delimiter = ',',
        default_value = "get,list,watch"
    )]
    pub verbs: Vec<String>,
    /// Subresources too: `pods/exec` and `nodes/proxy` are among them
    #[arg(long)]
    pub include_subresources: bool,
    /// Only resources of these groups; `core` is the core group
    #[arg(long, visible_alias = "allowed-groups", value_name = "GROUPS", value_delimiter = ',')]
    pub groups: Vec<String>,
    /// A Role in this namespace; else a ClusterRole
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
}

/// `ironclad rbac least-privilege`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac least-privilege [OPTIONS] LOG...",
    after_help = "LOG is a file, a folder of files, or `-`: audit events as lines, lists or arrays, plain, gzip or zstd, and the\nexports of EKS, GKE and AKS. Roles go to standard output; what was read and the proof go to standard error.\n\nExamples:\n  ironclad rbac least-privilege --sa shop:ci audit.log > ci.yaml\n  ironclad rbac least-privilege --expand names=3,verbs audit/\n  ironclad rbac least-privilege --unused --rbac rbac/ audit.log.gz\n  ironclad rbac least-privilege --merge Role/shop/ci --rbac rbac/ audit.log\n  ironclad rbac least-privilege --compat audit2rbac --user alice -f audit.log\n\nExit codes: 0 done, 2 something could not be read (the rest counts)\nFormats: yaml, json; with --unused table, json, yaml, csv, markdown"
)]
pub struct LeastPrivilege {
    /// Files and folders of audit logs, `-` for standard input
    #[arg(value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// Another log, as audit2rbac takes them
    #[arg(short, long, value_name = "LOG", hide = true)]
    pub filename: Vec<PathBuf>,
    /// A user [default: all but the control plane's own] [repeatable]
    #[arg(long = "as", visible_alias = "user", value_name = "USER", help_heading = "Question")]
    pub users: Vec<String>,
    /// A ServiceAccount [repeatable]
    #[arg(long = "sa", visible_alias = "serviceaccount", value_name = "NAMESPACE:NAME", help_heading = "Question")]
    pub service_accounts: Vec<String>,
    /// Requests in this namespace only; also that of objects that name none
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Question")]
    pub namespace: Option<String>,
    /// What may be wider than what was seen: verbs, names[=N], namespaces[=N] (N different ones become any)
    #[arg(long, value_name = "WHAT", value_delimiter = ',', help_heading = "Question")]
    pub expand: Vec<String>,
    /// Names that controllers make up too are granted as they were seen
    #[arg(long, help_heading = "Question")]
    pub exact: bool,
    /// Grant what was refused too
    #[arg(long, help_heading = "Question")]
    pub include_denied: bool,
    /// Existing roles and bindings: files and folders, where it is not those of a live cluster [repeatable]
    #[arg(long, value_name = "PATH", help_heading = "Question")]
    pub rbac: Vec<String>,
    /// What this role lacks, as a patch: Role/NAMESPACE/NAME or ClusterRole/NAME
    #[arg(long, value_name = "ROLE", conflicts_with = "unused", help_heading = "Question")]
    pub merge: Option<String>,
    /// Bindings, rules and verbs that were not used
    #[arg(long, help_heading = "Question")]
    pub unused: bool,
    /// The audit policy: what it keeps out of the log is listed
    #[arg(long, value_name = "FILE", help_heading = "Question")]
    pub audit_policy: Option<PathBuf>,
    /// Make what this peer makes: audit2rbac
    #[arg(long, value_name = "PEER", conflicts_with_all = ["expand", "exact", "include_denied", "merge", "unused"], help_heading = "Question")]
    pub compat: Option<String>,
    /// Beginning of the names of roles; with --compat the name, `${user}` stands for the user
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub generate_name: Option<String>,
    /// Labels of what is made, in place of those that say who made it
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', help_heading = "Output")]
    pub generate_labels: Vec<String>,
    /// Annotations of what is made
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', help_heading = "Output")]
    pub generate_annotations: Vec<String>,
    /// With --compat: the same on two names is the same on any
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, help_heading = "Question")]
    pub expand_multi_name: Option<bool>,
    /// With --compat: the same in two namespaces is the same in any
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, help_heading = "Question")]
    pub expand_multi_namespace: Option<bool>,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}
