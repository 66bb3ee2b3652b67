//! `ironclad rbac …`, as clap reads it.

mod reports;

pub use reports::{Audit, Generate, GenerateCommand, GenerateRole, Graph, LeastPrivilege};

use super::Reading;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `ironclad rbac`
#[derive(Args, Debug)]
pub struct Rbac {
    /// Which question.
    #[command(subcommand)]
    pub command: RbacCommand,
}

/// `ironclad rbac …`
#[derive(Subcommand, Debug)]
pub enum RbacCommand {
    /// List the roles of subjects
    Lookup(Lookup),
    /// List who may do something
    WhoCan(WhoCan),
    /// Say whether somebody may do something
    CanI(CanI),
    /// Show everybody's rights as a table
    #[command(alias = "access-matrix")]
    Matrix(Matrix),
    /// Say by which binding and rule somebody may do something, or what is missing
    Why(Why),
    /// List the rules that hold for somebody
    #[command(alias = "policy-rules")]
    Rules(Rules),
    /// Say who one is to the cluster, and by which bindings one has which roles
    Whoami(Box<WhoAmI>),
    /// Show what subjects gain and lose between two sets of manifests
    Diff(Diff),
    /// Judge roles, bindings and ServiceAccounts: the rbac checks as a report of its own
    #[command(aliases = ["analysis", "analyze"])]
    Audit(Box<Audit>),
    /// Draw subjects, bindings and roles
    #[command(aliases = ["viz", "visualize"])]
    Graph(Graph),
    /// Write manifests
    #[command(alias = "gen")]
    Generate(Generate),
    /// Make roles of what audit logs show to be needed, with proof
    LeastPrivilege(Box<LeastPrivilege>),
    /// As its users type it: `least-privilege --compat audit2rbac`
    #[command(name = "audit2rbac", hide = true)]
    Audit2rbac(Box<LeastPrivilege>),
}

/// What is read, for which cluster.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Input")]
pub struct RbacInput {
    /// How files are found and read.
    #[command(flatten)]
    pub reading: Reading,
    /// Kubernetes version to judge for, as 1.N [default: the newest known]
    #[arg(long, visible_alias = "kube-version", value_name = "1.N")]
    pub kubernetes_version: Option<String>,
    /// Take the default bindings of the API server, and the Node authorizer, as given
    #[arg(long)]
    pub assume_defaults: bool,
    /// A live cluster in place of files.
    #[command(flatten)]
    pub cluster: super::cluster::Cluster,
}

/// Where the question is asked.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Question")]
pub struct Scope {
    /// Namespace; also that of objects that name none [default: that of the context, else default]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Cluster-wide: in all namespaces at once
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
}

/// What is asked for.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Question")]
pub struct What {
    /// Name of one object
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Subresource
    #[arg(long, value_name = "SUBRESOURCE")]
    pub subresource: Option<String>,
    /// Take resources and namespaces that are not known as they are written
    #[arg(long)]
    pub allow_unknown: bool,
}

/// Who asks.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Question")]
pub struct Who {
    /// User name; `system:serviceaccount:NAMESPACE:NAME` for a ServiceAccount
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
    /// Group, beside those that follow from the user name [repeatable]
    #[arg(long = "as-group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// A ServiceAccount
    #[arg(long = "sa", visible_alias = "serviceaccount", value_name = "NAMESPACE:NAME", conflicts_with = "user")]
    pub service_account: Option<String>,
}

/// Which authorizers decide.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Authorizers")]
pub struct Authorizers {
    /// Authorizers in order, as the API server's flag: Node,RBAC [default: RBAC]
    #[arg(long, value_name = "MODES")]
    pub authorization_mode: Option<String>,
    /// Policy file of the mode ABAC
    #[arg(long, value_name = "FILE")]
    pub abac_policy: Option<PathBuf>,
    /// Let the live cluster decide, by SubjectAccessReviews: what webhooks say counts too
    #[arg(long)]
    pub live_sar: bool,
}

/// What is printed.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Format on standard output
    #[arg(long, alias = "outformat", value_name = "FORMAT")]
    pub format: Option<String>,
    /// A format (`wide`), or a file to write to, the format in front or in its extension
    #[arg(short, long, alias = "outfile", value_name = "FORMAT|[FORMAT=]FILE")]
    pub output: Option<String>,
}

/// `ironclad rbac lookup`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac lookup [OPTIONS] [PATTERN] PATH...\n       ironclad rbac lookup [OPTIONS] [PATTERN] --cluster",
    after_help = "Examples:\n  ironclad rbac lookup alice rbac/\n  ironclad rbac lookup --kind serviceaccount -n shop rbac/\n  ironclad rbac lookup --exact ci-bot -o wide cluster.yaml\n\nFormats: table, wide, json, yaml, csv, markdown"
)]
pub struct Lookup {
    /// Part of a subject's name, then files and folders
    #[arg(value_name = "PATTERN|PATH", hide = true)]
    pub operands: Vec<String>,
    /// Part of a subject's name, where an operand could be either
    #[arg(long, value_name = "TEXT", help_heading = "Question")]
    pub pattern: Option<String>,
    /// The whole name
    #[arg(long, help_heading = "Question")]
    pub exact: bool,
    /// The pattern is a regular expression
    #[arg(short = 'e', long, conflicts_with = "exact", help_heading = "Question")]
    pub regex: bool,
    /// user, group or serviceaccount
    #[arg(short, long, value_name = "KIND", help_heading = "Question")]
    pub kind: Option<String>,
    /// Grants in this namespace, and cluster-wide ones
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Question")]
    pub namespace: Option<String>,
    /// What subjects have through the groups that they are always in, too
    #[arg(long, help_heading = "Question")]
    pub effective: bool,
    /// Google's IAM policy of a project, folder or organisation, as `gcloud … get-iam-policy --format json` prints it:
    /// its roles for GKE act beside RBAC [repeatable]
    #[arg(long, value_name = "FILE", help_heading = "Question")]
    pub gke_policy: Vec<PathBuf>,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac who-can`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac who-can [OPTIONS] VERB RESOURCE PATH...\n       ironclad rbac who-can [OPTIONS] VERB RESOURCE --cluster\n       ironclad rbac who-can [OPTIONS] --requests FILE PATH...",
    after_help = "RESOURCE is TYPE, TYPE/NAME, TYPE/SUBRESOURCE or a path (/healthz); TYPE.GROUP where the group matters.\n\nExamples:\n  ironclad rbac who-can get secrets -n shop rbac/\n  ironclad rbac who-can create pods/exec -A rbac/\n  ironclad rbac who-can get secrets/db --through-groups rbac/\n  ironclad rbac who-can list secrets -n shop --escalated --cluster\n  ironclad rbac who-can get secrets -n prod --expect Group:sre rbac/\n\nExit codes: 0 answered, 1 not what --expect says, 2 something could not be read\nFormats: table, wide, json, yaml, csv, markdown"
)]
pub struct WhoCan {
    /// VERB RESOURCE, then files and folders
    #[arg(value_name = "VERB RESOURCE PATH", hide = true)]
    pub operands: Vec<String>,
    /// Questions by the thousand: one JSON object a line, `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// Members of the groups that may, as far as the input knows them: ServiceAccounts and users
    #[arg(long, help_heading = "Question")]
    pub through_groups: bool,
    /// Exactly these may, and no others: `User:alice,Group:ops,ServiceAccount:shop/ci`; else exit code 1
    #[arg(
        long,
        value_name = "SUBJECTS",
        value_delimiter = ',',
        conflicts_with = "requests",
        help_heading = "Question"
    )]
    pub expect: Vec<String>,
    /// Those too who could come to it: by impersonation, tokens, pods that run as somebody, `bind` and `escalate`
    #[arg(long, help_heading = "Question")]
    pub escalated: bool,
    /// Where.
    #[command(flatten)]
    pub scope: Scope,
    /// What.
    #[command(flatten)]
    pub what: What,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac can-i`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac can-i [OPTIONS] VERB RESOURCE --as USER PATH...\n       ironclad rbac can-i [OPTIONS] VERB RESOURCE --cluster\n       ironclad rbac can-i [OPTIONS] --requests FILE PATH...",
    after_help = "Examples:\n  ironclad rbac can-i get secrets --as alice -n shop rbac/\n  ironclad rbac can-i create pods/exec --sa shop:ci -q rbac/\n  ironclad rbac can-i --requests reviews.jsonl rbac/\n\nExit codes: 0 yes, 1 no, 2 it cannot be told\nFormats: table, wide, json, yaml"
)]
pub struct CanI {
    /// VERB RESOURCE, then files and folders
    #[arg(value_name = "VERB RESOURCE PATH", hide = true)]
    pub operands: Vec<String>,
    /// Questions by the thousand: the spec of a SubjectAccessReview a line, taken literally; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// Who.
    #[command(flatten)]
    pub who: Who,
    /// Where.
    #[command(flatten)]
    pub scope: Scope,
    /// What.
    #[command(flatten)]
    pub what: What,
    /// Which authorizers.
    #[command(flatten)]
    pub authorizers: Authorizers,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac why`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac why [OPTIONS] VERB RESOURCE --as USER PATH...\n       ironclad rbac why [OPTIONS] VERB RESOURCE --cluster",
    after_help = "Examples:\n  ironclad rbac why get pods --as alice -n shop rbac/\n\nFormats: table, wide, json, yaml"
)]
pub struct Why {
    /// VERB RESOURCE, then files and folders
    #[arg(value_name = "VERB RESOURCE PATH", hide = true)]
    pub operands: Vec<String>,
    /// Who.
    #[command(flatten)]
    pub who: Who,
    /// Where.
    #[command(flatten)]
    pub scope: Scope,
    /// What.
    #[command(flatten)]
    pub what: What,
    /// Which authorizers.
    #[command(flatten)]
    pub authorizers: Authorizers,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac rules`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac rules [OPTIONS] --as USER PATH...\n       ironclad rbac rules [OPTIONS] --cluster",
    after_help = "Examples:\n  ironclad rbac rules --sa shop:ci rbac/\n  ironclad rbac rules -e '^ServiceAccount:shop/' rbac/\n\nFormats: table, wide, json, yaml, csv, markdown, sarif"
)]
pub struct Rules {
    /// Files and folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Of every subject of a binding whose label (`User:alice`, `ServiceAccount:shop/ci`) this regular expression matches
    #[arg(short = 'e', long, value_name = "REGEX", conflicts_with_all = ["user", "service_account"], help_heading = "Question")]
    pub regex: Option<String>,
    /// Who.
    #[command(flatten)]
    pub who: Who,
    /// Where.
    #[command(flatten)]
    pub scope: Scope,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac whoami`
#[derive(Args, Debug)]
#[command(
    override_usage = "ironclad rbac whoami [OPTIONS]\n       ironclad rbac whoami --offline [OPTIONS] [PATH...]",
    after_help = "Without a PATH the cluster of the context is asked (SelfSubjectReview). With --offline, or a PATH, the kubeconfig's\ncertificate or token says who one is, as far as it can be told, and roles are those of the files.\n\nExamples:\n  ironclad rbac whoami\n  ironclad rbac whoami --context prod --format json\n  ironclad rbac whoami --offline rbac/\n\nExit codes: 0 it is said, 2 it cannot be told, or roles cannot be listed\nFormats: table, json, yaml"
)]
pub struct WhoAmI {
    /// Files and folders with roles and bindings
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Ask no cluster: look at the kubeconfig's certificate or token
    #[arg(long, help_heading = "Question")]
    pub offline: bool,
    /// Roles in this namespace, and cluster-wide ones
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Question")]
    pub namespace: Option<String>,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac matrix`
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Cells: ✔ yes, ✖ no, ◐ for some names only, – the resource has no such verb, ? not everything could be seen.\n\nExamples:\n  ironclad rbac matrix --as alice -n shop rbac/\n  ironclad rbac matrix --for secrets rbac/\n  ironclad rbac matrix --all-subjects --resources pods,secrets --verbs get,list --format csv rbac/\n\nFormats: table, wide, ascii, json, yaml, csv, markdown, html"
)]
pub struct Matrix {
    /// Files and folders; rakkess' `resource TYPE [NAME]` in front of them is `--for`
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Who: his rights on every resource.
    #[command(flatten)]
    pub who: Who,
    /// One resource, or object of it: everybody's rights on it
    #[arg(long = "for", value_name = "TYPE[/NAME]", conflicts_with_all = ["user", "service_account", "all_subjects"], help_heading = "Question")]
    pub of: Option<String>,
    /// Everybody's rights on every resource
    #[arg(long, conflicts_with_all = ["user", "service_account"], help_heading = "Question")]
    pub all_subjects: bool,
    /// Verbs; `all` is every verb that is stored [default: list,create,update,delete]
    #[arg(long, value_name = "VERBS", value_delimiter = ',', help_heading = "Question")]
    pub verbs: Vec<String>,
    /// Resources [default: all that are known]
    #[arg(long, value_name = "TYPES", value_delimiter = ',', help_heading = "Question")]
    pub resources: Vec<String>,
    /// Subresources too
    #[arg(long, help_heading = "Question")]
    pub include_subresources: bool,
    /// Paths that are no resources too: those that every API server has and those that rules name
    #[arg(long, help_heading = "Question")]
    pub include_nonresource: bool,
    /// The other side of a comparison: as=USER, sa=NAMESPACE:NAME, namespace=NAMESPACE, snapshot=PATH or context=NAME; only
    /// what differs is shown
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Question")]
    pub diff_with: Option<String>,
    /// Where.
    #[command(flatten)]
    pub scope: Scope,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// `ironclad rbac diff`
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nobody gains or loses anything, 1 somebody does, 2 something could not be read\nFormats: table, wide, json, yaml, csv, markdown"
)]
pub struct Diff {
    /// Files, a folder or a snapshot, as it was
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// Files or a folder, as it will be; the live cluster, where one is asked
    #[arg(value_name = "NEW")]
    pub new: Option<PathBuf>,
    /// Only what is gained
    #[arg(long, help_heading = "Question")]
    pub gained: bool,
    /// Only rights that the rbac checks call this bad or worse, where they are held
    #[arg(long, value_name = "SEVERITY", help_heading = "Question")]
    pub min_severity: Option<String>,
    /// What is read.
    #[command(flatten)]
    pub input: RbacInput,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}
