//! What the user types, as clap reads it. Strings become values in `commands/`.

pub mod again;
pub mod cluster;
pub mod foreign;
pub mod rbac;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Kubernetes security from the manifest to the kernel, in one binary.
#[derive(Parser, Debug)]
#[command(name = "ironclad", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Examples:\n  ironclad scan deploy/\n  ironclad explain workload/privileged\n\nExit codes: 0 clean, 1 findings at or above --fail-on, 2 something could not be judged"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Flags of every command.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Print less; results still go to standard output
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Print more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub color: Colour,
    /// Threads [default: one a core]
    #[arg(long, global = true, value_name = "N", help_heading = "Global options")]
    pub jobs: Option<usize>,
    /// Read this configuration instead of looking for `ironclad.yaml`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Global options")]
    pub no_config: bool,
    /// The organisation's configuration: wins over every other, and alone may lock checks
    #[arg(long, global = true, value_name = "FILE", env = "IRONCLAD_POLICY_CONFIG", help_heading = "Global options")]
    pub policy_config: Option<PathBuf>,
}

/// When to use colour.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Judge manifests with every check that applies
    Scan(Scan),
    /// Show, or make, the smallest edits that make findings go away
    Fix(Fix),
    /// Say what a check tests, why it matters and how to fix it
    Explain(Explain),
    /// List all checks
    Checks(Checks),
    /// Print the objects as the API server would see them
    Render(Render),
    /// Say who may do what, and why
    Rbac(rbac::Rbac),
    /// Write a cluster to one file, without its secrets
    Snapshot(cluster::Snapshot),
    /// Say which objects and findings came, went and changed
    Diff(Diff),
    /// Say what a scan of a live cluster needs
    Cluster(cluster::ClusterCommands),
    /// Show the effective configuration
    Config(Config),
    /// Speak the language server protocol on standard input and output, for editors
    Lsp(Lsp),
    /// Print a completion script for a shell
    Completions(Completions),
}

/// How inputs are found and read: shared by the commands that read them.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Input")]
pub struct Input {
    /// Files, folders, globs; `-` is standard input [default: the current directory]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How.
    #[command(flatten)]
    pub reading: Reading,
    /// Kubernetes version to judge for, as 1.N [default: the newest known]
    #[arg(long, visible_alias = "kube-version", value_name = "1.N")]
    pub kubernetes_version: Option<String>,
    /// How charts are rendered.
    #[command(flatten)]
    pub charts: Charts,
}

/// How charts are rendered; the flags are Helm's.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Charts")]
pub struct Charts {
    /// Values file for charts, later ones on top [repeatable]
    #[arg(short = 'f', long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// Set values of charts: `a.b=1,list[0]=x` [repeatable]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// As --set, and every value is a text
    #[arg(long, value_name = "KEY=TEXT")]
    pub set_string: Vec<String>,
    /// As --set, and every value is JSON
    #[arg(long, value_name = "KEY=JSON")]
    pub set_json: Vec<String>,
    /// As --set, and every value is the text of a file
    #[arg(long, value_name = "KEY=PATH")]
    pub set_file: Vec<String>,
    /// Name of the release that charts are told
    #[arg(long, value_name = "NAME", default_value = "release-name")]
    pub release_name: String,
    /// Namespace of the release that charts are told [default: default]; of a cluster, the one to look at
    #[arg(short = 'n', long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// API versions that charts are told besides the built-in ones
    #[arg(long, value_name = "GROUP/VERSION", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Judge each chart also with each of its `ci/*-values.yaml`
    #[arg(long)]
    pub variants: bool,
}

impl Default for Charts {
    fn default() -> Charts {
        let texts = Vec::new;
        Charts {
            values: Vec::new(),
            set: texts(),
            set_string: texts(),
            set_json: texts(),
            set_file: texts(),
            release_name: "release-name".to_owned(),
            namespace: None,
            api_versions: texts(),
            variants: false,
        }
    }
}

/// How files are found and read.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Input")]
pub struct Reading {
    /// Name of standard input in the output
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    pub stdin_name: String,
    /// Extensions of files to look at in folders
    #[arg(long = "ext", value_name = "EXT", value_delimiter = ',', default_values = ["yaml", "yml", "json"], hide_default_value = true)]
    pub extensions: Vec<String>,
    /// Read the files of charts and kustomizations as they are, and render nothing
    #[arg(long)]
    pub raw: bool,
    /// Judge charts and kustomizations as they are, whatever Argo CD's and Flux's objects in the tree say of them
    #[arg(long)]
    pub no_gitops: bool,
    /// Look at hidden files too
    #[arg(long)]
    pub hidden: bool,
    /// Look at ignored files, `node_modules` and `vendor` too
    #[arg(long)]
    pub no_ignore: bool,
    /// Follow symbolic links to folders
    #[arg(short = 'L', long = "follow")]
    pub follow: bool,
    /// Leave named files alone that are not Kubernetes, as those found in folders are; judge files of charts and
    /// kustomizations through what they are part of
    #[arg(long)]
    pub skip_foreign: bool,
    /// Largest file that is read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    pub max_file_size: u64,
}

/// `ironclad scan`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad scan .\n  ironclad scan charts/web -f prod.yaml --set image.tag=1.27.3\n  ironclad scan deploy/ --pss restricted\n  ironclad scan --context prod -n shop\n  ironclad scan --cluster --watch --format ndjson\n  ironclad scan . -o report.sarif -o report.json --fail-on never"
)]
pub struct Scan {
    /// Where to look.
    #[command(flatten)]
    pub input: Input,
    /// A live cluster instead.
    #[command(flatten)]
    pub cluster: cluster::Cluster,
    /// What of it.
    #[command(flatten)]
    pub extent: cluster::Extent,
    /// Stay connected to the cluster and tell what changes, until Ctrl-C
    #[arg(long, help_heading = "Cluster", conflicts_with = "write_baseline")]
    pub watch: bool,
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// What is no news.
    #[command(flatten)]
    pub compare: Compare,
    /// Write the findings to a baseline file: from now on they are known
    #[arg(long, value_name = "FILE", help_heading = "Comparison", conflicts_with = "diff_base")]
    pub write_baseline: Option<PathBuf>,
    /// What to print.
    #[command(flatten)]
    pub report: Report,
    /// The same question to `ironclad fix`, as a shell reads it.
    #[arg(skip)]
    pub as_fix: Option<String>,
}

/// What is no news.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Comparison")]
pub struct Compare {
    /// Findings that this file knows are shown as baselined and never fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Findings that were there at this git revision are baselined: what is left is new
    #[arg(long, value_name = "REV")]
    pub diff_base: Option<String>,
}

/// `ironclad fix`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad fix deploy/\n  ironclad fix deploy/ --write\n  ironclad fix . --select workload/privileged,image/ --write\n  ironclad fix web.yaml --memory-limit 256Mi --fix-value reliability/cpu-request@agent=50m\n  helm template web ./chart | ironclad fix - > fixed.yaml"
)]
pub struct Fix {
    /// Where to look.
    #[command(flatten)]
    pub input: Input,
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// What is no news.
    #[command(flatten)]
    pub compare: Compare,
    /// Write the files instead of printing a diff
    #[arg(short, long, help_heading = "Fixing")]
    pub write: bool,
    /// Make edits too that change more than the check asks for
    #[arg(long = "unsafe", help_heading = "Fixing")]
    pub unsafe_fixes: bool,
    /// Answer a check that asks for a value, for all containers or for one [repeatable]
    #[arg(long, value_name = "CHECK[@CONTAINER]=VALUE", help_heading = "Values")]
    pub fix_value: Vec<String>,
    /// For `reliability/cpu-request`, as `100m`
    #[arg(long, value_name = "QUANTITY", help_heading = "Values")]
    pub cpu_request: Option<String>,
    /// For `reliability/cpu-limit`
    #[arg(long, value_name = "QUANTITY", help_heading = "Values")]
    pub cpu_limit: Option<String>,
    /// For `reliability/memory-request`, as `128Mi`
    #[arg(long, value_name = "QUANTITY", help_heading = "Values")]
    pub memory_request: Option<String>,
    /// For `reliability/memory-limit`
    #[arg(long, value_name = "QUANTITY", help_heading = "Values")]
    pub memory_limit: Option<String>,
    /// For `reliability/replicas`
    #[arg(long, value_name = "N", help_heading = "Values")]
    pub replicas: Option<String>,
    /// For `reliability/priority-class`
    #[arg(long, value_name = "NAME", help_heading = "Values")]
    pub priority_class: Option<String>,
    /// For `reliability/readiness-probe`, as `{httpGet: {path: /ready, port: 8080}}`
    #[arg(long, value_name = "YAML", help_heading = "Values")]
    pub readiness_probe: Option<String>,
    /// For `reliability/liveness-probe`
    #[arg(long, value_name = "YAML", help_heading = "Values")]
    pub liveness_probe: Option<String>,
    /// Exit 1 where findings of this severity or worse are left; `never` turns it off [default: high]
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    pub fail_on: Option<String>,
    /// Arguments that hold no Kubernetes object are no error
    #[arg(long, help_heading = "Output")]
    pub allow_empty: bool,
}

/// Which checks run.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Selection")]
pub struct Select {
    /// Starting set: default, baseline, restricted, reliability, all, or what a peer runs by default (compat:kube-linter)
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Run these: ids, prefixes (`image/`), tags (`cis`, `pss-restricted`), peers' names; with --profile, in addition
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Run exactly a Pod Security Standard: baseline or restricted, `@1.N` for a version
    #[arg(long, value_name = "LEVEL[@1.N]", conflicts_with_all = ["profile", "select"])]
    pub pss: Option<String>,
    /// Say nothing of findings below this severity
    #[arg(long, value_name = "SEVERITY")]
    pub min_severity: Option<String>,
    /// The arguments are the whole truth: checks that join objects report in full
    #[arg(long)]
    pub complete: bool,
    /// Where objects are that name no namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub assume_namespace: Option<String>,
    /// Resource checks look at init containers too
    #[arg(long)]
    pub strict_init: bool,
    /// Where schemas of custom kinds lie, on this machine: a file or folder of CustomResourceDefinitions or JSON Schemas,
    /// or file names as a template, `{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json` [repeatable]
    #[arg(long, value_name = "PLACE")]
    pub schema_location: Vec<String>,
}

/// What is printed, where, and what fails.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct Report {
    /// Format on standard output: pretty, json, ndjson, sarif, github, junit, gitlab, markdown, html, csv, openreports,
    /// policyreport
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Write a report to a file too; the format follows from the extension [repeatable]
    #[arg(short, long, value_name = "[FORMAT=]FILE")]
    pub output: Vec<String>,
    /// Exit 1 at findings of this severity or worse; `never` turns it off [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// List what waivers cover
    #[arg(long)]
    pub show_waived: bool,
    /// Arguments that hold no Kubernetes object are no error
    #[arg(long)]
    pub allow_empty: bool,
}

/// `ironclad explain`
#[derive(Args, Debug)]
pub struct Explain {
    /// A check id, a peer's name for one, or `FILE:LINE` for what fires there
    #[arg(value_name = "CHECK")]
    pub check: String,
}

/// `ironclad checks`
#[derive(Args, Debug)]
pub struct Checks {
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// Every check of a peer instead, with ours that correspond and where they differ: kube-linter, kube-score, polaris, …
    #[arg(long, value_name = "PEER", conflicts_with_all = ["profile", "select", "ignore", "pss", "min_severity"])]
    pub peer: Option<String>,
    /// table or json
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: String,
}

/// `ironclad diff`
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  ironclad diff monday.ironclad tuesday.ironclad\n  ironclad diff deploy/ prod.ironclad --format json\n\nExit codes: 0 the same, 1 differences, 2 something could not be read"
)]
pub struct Diff {
    /// What was: a snapshot, a file, a folder
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// What is
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// How.
    #[command(flatten)]
    pub reading: Reading,
    /// How charts are rendered.
    #[command(flatten)]
    pub charts: Charts,
    /// Kubernetes version to judge for, as 1.N [default: that of a snapshot, else the newest known]
    #[arg(long, visible_alias = "kube-version", value_name = "1.N", help_heading = "Input")]
    pub kubernetes_version: Option<String>,
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: String,
}

/// `ironclad render`
#[derive(Args, Debug)]
pub struct Render {
    /// Where to look.
    #[command(flatten)]
    pub input: Input,
    /// yaml or json
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: String,
    /// Say where the field at this JSON pointer comes from, in every object that has it
    #[arg(long, value_name = "POINTER")]
    pub why: Option<String>,
}

/// `ironclad config`
#[derive(Args, Debug)]
pub struct Config {
    /// What of it.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// `ironclad config …`
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Print the effective values and where each comes from
    Show {
        /// The input that the configuration is for
        #[arg(value_name = "PATH", default_value = ".")]
        path: PathBuf,
    },
    /// Print the JSON schema of the configuration, for editors
    Schema,
    /// Turn configuration files and waivers of other scanners into an `ironclad.yaml`
    #[command(
        after_help = "Examples:\n  ironclad config import .kube-linter.yaml > ironclad.yaml\n  ironclad config import polaris.yaml .trivyignore exceptions.json\n  ironclad config import deploy/    # the waivers that stand in manifests\n  ironclad config import --kube-score '--ignore-test pod-networkpolicy'\n\nExit code 2 where something has no counterpart: it is named on standard error and in comments"
    )]
    Import {
        /// Files of kube-linter, Polaris, kubeaudit, Checkov, Trivy, Kubescape or datree, and manifests whose waivers to rewrite
        #[arg(value_name = "FILE", required_unless_present = "kube_score")]
        files: Vec<PathBuf>,
        /// The flags of a run of kube-score, which has no configuration file
        #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
        kube_score: Option<String>,
    },
}

/// `ironclad lsp`
#[derive(Args, Debug)]
#[command(after_help = "An editor starts it; docs/guide/editors.md says how for each.")]
pub struct Lsp {
    /// How workspace folders are read.
    #[command(flatten)]
    pub reading: Reading,
    /// Which checks.
    #[command(flatten)]
    pub select: Select,
    /// Kubernetes version to judge for, as 1.N [default: the newest known]
    #[arg(long, visible_alias = "kube-version", value_name = "1.N")]
    pub kubernetes_version: Option<String>,
    /// Editors pass it; standard input and output are the only channel anyway
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// `ironclad completions`
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// As a kubectl plug-in the binary is `kubectl-ironclad`; its usage lines then say `kubectl ironclad`.
pub fn name_of(program: Option<OsString>, command: clap::Command) -> clap::Command {
    if is_plugin(program) { command.bin_name("kubectl ironclad") } else { command }
}

/// Is this the name under which kubectl runs a plug-in? A question without a PATH is then one to the current context.
pub fn is_plugin(program: Option<OsString>) -> bool {
    let stem = program.map(PathBuf::from).and_then(|p| p.file_stem().map(|s| s.to_owned()));
    stem.is_some_and(|s| s == "kubectl-ironclad")
}
