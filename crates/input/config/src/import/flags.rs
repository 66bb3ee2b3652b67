//! kube-score's flags: its only configuration.

use super::{Import, Lost};
use ironclad_check::ParamValue;
use ironclad_check::peers::{Row, peer};

/// Flags that say how to print, which is no matter of a configuration.
const OUTPUT: [&str; 7] = ["--output-format", "-o", "--output-version", "--color", "--verbose", "-v", "--namespace"];

pub(super) fn kube_score(import: &mut Import<'_>, flags: &str) {
    let Some(kube_score) = peer("kube-score") else { return };
    let mut enabled: Vec<&'static Row> = kube_score.rows.iter().filter(|row| row.sets.contains(&"default")).collect();
    let lose = |import: &mut Import<'_>, flag: &str, message: String| {
        import.lost.push(Lost { place: format!("kube-score {flag}"), line: 0, message });
    };
    let mut words = flags.split_whitespace().filter(|word| !matches!(*word, "kube-score" | "score")).peekable();
    let mut without: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let (flag, mut value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        let takes = matches!(
            flag,
            "--ignore-test"
                | "--enable-optional-test"
                | "--min-replicas-deployment"
                | "--min-replicas-hpa"
                | "--kubernetes-version"
        ) || OUTPUT.contains(&flag) && !matches!(flag, "--verbose" | "-v");
        if takes && value.is_none() {
            value = words.next();
        }
        let value = value.unwrap_or_default();
        match flag {
            "--ignore-test" | "--enable-optional-test" => {
                for name in value.split(',').filter(|name| !name.is_empty()) {
                    match kube_score.row(name) {
                        None => lose(import, flag, format!("`{name}` is no check of kube-score")),
                        Some(row) if flag == "--ignore-test" => enabled.retain(|other| other.id != row.id),
                        Some(row) => enabled.push(row),
                    }
                }
            }
            "--ignore-container-cpu-limit" => without.push("reliability/cpu-limit"),
            "--ignore-container-memory-limit" => without.push("reliability/memory-limit"),
            "--min-replicas-deployment" | "--min-replicas-hpa" => {
                let check =
                    if flag == "--min-replicas-hpa" { "reliability/hpa-min-replicas" } else { "reliability/replicas" };
                let number = value.parse().map(ParamValue::Int);
                if !number.is_ok_and(|number| import.draft.set(check, "min", number, import.catalogue)) {
                    lose(import, flag, format!("`{value}` is no number of replicas"));
                }
            }
            "--kubernetes-version" => {
                let known = import.draft.version(value);
                if !known {
                    lose(import, flag, format!("`{value}` is no version 1.N"));
                }
            }
            "--exit-one-on-warning" => import.draft.fail_on = Some("medium"),
            "--disable-ignore-checks-annotations" => {
                let message = "the organisation's file says so: `waiver-policy: {peer-waivers: ignore}`".to_owned();
                lose(import, flag, message);
            }
            "--all-default-optional" => enabled = kube_score.rows.iter().collect(),
            "--disable-optional-checks-annotations" => {}
            _ if OUTPUT.contains(&flag) => {}
            _ if flag.starts_with('-') => lose(import, flag, "has no counterpart".to_owned()),
            _ => {}
        }
    }
    import.draft.run(kube_score, "compat:kube-score", &enabled, import.catalogue);
    import.draft.ignore.extend(without.into_iter().map(str::to_owned));
}
