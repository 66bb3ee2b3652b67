//! Words of other programs that say exactly what ours say: they are taken for ours, and a note says so.

use std::ffi::OsString;

/// Words of the reports of KubiScan, krane and rbac-police, and ours in their place. `%` is the value of the word.
const AUDIT: &[(&[&str], &[&str])] = &[
    (&["-rs", "--risky-subjects"], &["--subjects", "."]),
    (&["-rp", "--risky-pods", "--risky-containers"], &["--pods"]),
    (
        &[
            "-rr",
            "-rcr",
            "-rar",
            "-rb",
            "-rcb",
            "-rab",
            "--risky-roles",
            "--risky-clusterroles",
            "--risky-any-roles",
            "--risky-rolebindings",
            "--risky-clusterrolebindings",
            "--risky-any-rolebindings",
        ],
        &["--min-severity", "high"],
    ),
    (&["-lt", "--less-than"], &["--newer-than", "%d"]),
    (&["-p", "--priority", "--severity-threshold"], &["--min-severity", "%"]),
    // Its exit code is that of ours by default.
    (&["--ci"], &["--fail-on", "high"]),
    (&["--only-sas-on-all-nodes"], &["--select", "rbac/sa-daemonset-powerful"]),
    (&["-k", "--kubectx", "--kubecontext"], &["--context", "%"]),
];

/// KubiScan's lists of subjects.
const LOOKUP: &[(&[&str], &[&str])] = &[
    (&["-su", "--subject-users"], &["--kind", "user"]),
    (&["-sg", "--subject-groups"], &["--kind", "group"]),
    (&["-ss", "--subject-serviceaccounts"], &["--kind", "serviceaccount"]),
];

/// Words of any question.
const ANY: &[(&[&str], &[&str])] = &[(&["--cluster-context"], &["--context", "%"])];

/// The arguments with our words in place of those, and what was taken for what.
pub fn translate(arguments: Vec<OsString>) -> (Vec<OsString>, Vec<String>) {
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    let Some([program, "rbac", rest @ ..]) = words.as_deref() else { return (arguments, Vec::new()) };
    // KubiScan has no commands: its first flag says which is meant.
    let is = |table: &[(&[&str], &[&str])], word: &str| table.iter().any(|(names, _)| names.contains(&word));
    let first = rest.first().copied().unwrap_or_default();
    let (command, rest) = match first {
        "report" | "dashboard" => (Some("audit"), &rest[1..]),
        word if word.starts_with('-') && is(LOOKUP, word) => (Some("lookup"), rest),
        word if word.starts_with('-') && is(AUDIT, word) => (Some("audit"), rest),
        _ => (None, rest),
    };
    let mut out: Vec<OsString> = vec![(*program).into(), "rbac".into()];
    let mut notes = Vec::new();
    let (name, rest) = match (command, rest) {
        (Some(name), rest) => {
            if !first.starts_with('-') {
                notes.push(format!("`{first}` is `rbac {name}` here"));
            }
            (name, rest)
        }
        (None, [name, rest @ ..]) => (*name, rest),
        (None, []) => return (arguments, Vec::new()),
    };
    out.push(name.into());
    let tables: &[&[(&[&str], &[&str])]] = match name {
        "audit" | "analysis" | "analyze" => &[AUDIT, ANY],
        "lookup" => &[LOOKUP, ANY],
        _ => &[ANY],
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let (flag, mut value) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let known = tables.iter().flat_map(|table| table.iter()).find(|(names, _)| names.contains(&flag));
        let Some((_, ours)) = known else {
            out.push((*word).into());
            continue;
        };
        let wants_value = ours.iter().any(|word| word.contains('%'));
        if wants_value && value.is_none() {
            value = words.next().copied();
        }
        let value = match (value, wants_value) {
            (Some(value), _) => value,
            (None, false) => "",
            // The word is left as it is: what is missing is said of it.
            (None, true) => {
                out.push((*word).into());
                continue;
            }
        };
        let ours: Vec<String> = ours.iter().map(|word| word.replace('%', &lower(flag, value))).collect();
        notes.push(format!("`{flag}` is `rbac {name} {}` here", ours.join(" ")));
        out.extend(ours.into_iter().map(OsString::from));
    }
    match notes.is_empty() {
        true => (arguments, notes),
        false => (out, notes),
    }
}

/// Severities are written in capitals by some.
fn lower(flag: &str, value: &str) -> String {
    let severity = matches!(flag, "-p" | "--priority" | "--severity-threshold");
    if severity { value.to_lowercase() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn words_are_taken_for_ours() {
        for (typed, expected) in [
            ("rbac -rs w.yaml", Some("rbac audit --subjects . w.yaml")),
            ("rbac -rp", Some("rbac audit --pods")),
            (
                "rbac audit -rr -p CRITICAL w.yaml",
                Some("rbac audit --min-severity high --min-severity critical w.yaml"),
            ),
            ("rbac audit --less-than=7 w.yaml", Some("rbac audit --newer-than 7d w.yaml")),
            ("rbac report -k Prod --ci", Some("rbac audit --context Prod --fail-on high")),
            ("rbac -ss w.yaml", Some("rbac lookup --kind serviceaccount w.yaml")),
            ("rbac who-can get pods --cluster-context prod", Some("rbac who-can get pods --context prod")),
            // Ours keep their meaning.
            ("rbac lookup -k user w.yaml", None),
            ("rbac audit -lt", None),
            ("rbac", None),
            ("scan -rs w.yaml", None),
            ("rbac --help", None),
        ] {
            let words = std::iter::once("ironclad").chain(typed.split(' ')).map(Into::into).collect();
            let (out, notes) = translate(words);
            let out: Vec<String> = out.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            assert_eq!(out.join(" "), expected.unwrap_or(typed), "{typed}");
            assert_eq!(notes.is_empty(), expected.is_none(), "{typed}: {notes:?}");
        }
    }
}
