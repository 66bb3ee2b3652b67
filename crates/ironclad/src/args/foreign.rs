//! Words of other programs that we do not have, and what we have in their place: a habit is answered with the new word.

mod spoken;

pub use spoken::translate;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Under `ironclad rbac`: words, and what to write instead.
const RBAC: &[(&[&str], &str)] = &[
    // rbac-lookup
    (
        &["--gke"],
        "`rbac lookup --gke-policy FILE` reads what `gcloud projects get-iam-policy PROJECT --format json` prints",
    ),
    // kubectl
    (&["--list"], "`rbac rules --as USER` lists what somebody may do"),
    (
        &["--as-uid", "--token", "--server", "--user-extra"],
        "`--as` and `--as-group` say who; `--kubeconfig` and `--context` which cluster",
    ),
    // rbac-tool
    (&["--cluster-context"], "`--context NAME` names the context"),
    (
        &["--deny-resources", "--allowed-verbs", "--allowed-groups"],
        "`rbac generate role NAME` takes it: a role has a name",
    ),
    (&["-c"], "waivers and parameters of checks are in `.ironclad.yaml` (docs/guide/configuration.md)"),
    (&["-k"], "`rbac lookup -k user|group|serviceaccount` is of subjects; `--context NAME` names the context"),
    (&["--generated-type"], "`rbac generate role NAME` writes a ClusterRole, with `-n NAMESPACE` a Role"),
    (
        &["--for-groups", "--scope"],
        "`rbac generate role NAME --groups GROUPS --verbs '*'` shows every resource of a group",
    ),
    (&["--show-rules", "--show-legend", "--show-psp"], "`rbac graph` shows the rules of every role"),
    // KubiScan
    (
        &[
            "--risky-roles",
            "--risky-clusterroles",
            "--risky-any-roles",
            "--risky-rolebindings",
            "--risky-clusterrolebindings",
            "--risky-any-rolebindings",
            "-rr",
            "-rcr",
            "-rar",
            "-rb",
            "-rcb",
            "-rab",
        ],
        "`rbac audit --min-severity high` names risky roles and bindings",
    ),
    (&["--risky-subjects", "-rs"], "`rbac audit --subjects .` lists risky subjects; a regular expression narrows them"),
    (&["--risky-pods", "--risky-containers", "-rp"], "`rbac audit --pods` lists pods whose account is risky"),
    (&["--priority", "-p"], "`rbac audit --min-severity SEVERITY` leaves out what is below"),
    (&["--less-than", "-lt"], "`rbac audit --newer-than 7d` looks at what is younger"),
    (
        &[
            "--privleged-pods",
            "--privileged-pods",
            "--pods-secrets-volume",
            "--pods-secrets-env",
            "-pp",
            "-psv",
            "-pse",
        ],
        "`ironclad scan --select workload/,secrets/` looks at pods",
    ),
    (
        &["--associated-any-roles-subject", "--associated-any-rolebindings-subject", "-aars", "-aarbs"],
        "`rbac lookup SUBJECT` lists roles and bindings of a subject",
    ),
    (
        &["--subject-users", "--subject-groups", "--subject-serviceaccounts", "-su", "-sg", "-ss"],
        "`rbac lookup --kind user|group|serviceaccount` lists subjects",
    ),
    (&["-cve", "--all"], "`rbac audit` runs all its checks; `ironclad scan` all others"),
    // rbac-police
    (&["--local-dir"], "`ironclad snapshot -o FILE` takes a cluster, and the file is a PATH of every command"),
    (
        &["--ignore-controlplane", "--ignored-namespaces"],
        "`rbac audit --no-system-namespaces` leaves out the cluster's own namespaces",
    ),
    (&["--only-sas-on-all-nodes"], "`rbac audit --select rbac/sa-daemonset-powerful` looks at accounts on every node"),
    (&["--severity-threshold", "--violations"], "`rbac audit --min-severity SEVERITY` leaves out what is below"),
    (&["--zoom"], "`rbac rules --as USER` or `--sa NAMESPACE:NAME` shows one"),
    // krane
    (&["--ci"], "`rbac audit --fail-on SEVERITY` ends with 1 where something is found"),
    (&["--kubectx", "--kubecontext"], "`--context NAME` names the context"),
];

/// Other programs' commands.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["report", "dashboard", "eval", "krane"], "`rbac audit` is the report"),
    (&["collect"], "`ironclad snapshot -o FILE` takes a cluster"),
    (&["expand", "show", "auditgen"], "`rbac rules` lists rights, `rbac least-privilege` makes roles of an audit log"),
    (&["resource", "for"], "`rbac matrix --for TYPE[/NAME]` shows everybody's rights on it"),
    (&["list"], "`rbac lookup` lists subjects and their roles"),
];

/// What helps against an error of the arguments, where the word is another program's.
pub fn hint(error: &clap::Error, arguments: &[String]) -> Option<&'static str> {
    if arguments.get(1).map(String::as_str) != Some("rbac") {
        return None;
    }
    let (kind, table) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, RBAC),
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, COMMANDS),
        _ => return None,
    };
    let Some(ContextValue::String(word)) = error.get(kind) else { return None };
    // Of `-rs` clap knows the first letter alone that it does not.
    let written = arguments.iter().find(|argument| argument.as_str() == word);
    let cluster = arguments.iter().find(|argument| {
        argument.len() > 2 && argument.starts_with('-') && !argument.starts_with("--") && argument.contains(&word[1..])
    });
    let of = |word: &str| {
        let word = word.split('=').next().unwrap_or(word);
        table.iter().find(|(words, _)| words.contains(&word)).map(|(_, hint)| *hint)
    };
    written.or(cluster).and_then(|word| of(word)).or_else(|| of(word))
}
