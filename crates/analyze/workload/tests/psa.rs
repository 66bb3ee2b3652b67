//! Pod Security: the upstream fixtures, every level and version, with the check that must fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_check::{Catalogue, Level, RunConfig, Selection, run};
use ironclad_testkit::{corpus, skipped, snapshot};
use std::collections::BTreeSet;
use std::path::Path;

/// Ids of the upstream checks that fail, in lower case as fixtures spell them.
fn failing(text: &str, name: &str, level: Level, version: u8, catalogue: &Catalogue) -> BTreeSet<String> {
    let selection = Selection { pss: Some((level, version)), ..Selection::default() };
    let enabled = selection.resolve(catalogue).expect("no names to resolve");
    let config = RunConfig { enabled, version, pss: Some((level, version)), ..RunConfig::default() };
    let outcome = run(&snapshot(name, text), &config);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    outcome.findings.iter().map(|f| f.pss.expect("a tag").to_ascii_lowercase()).collect()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    files
}

/// What a fixture cannot do without breaking a second rule: the API server takes `hostProcess` only with `hostNetwork`,
/// and `privileged` or `SYS_ADMIN` only without `allowPrivilegeEscalation: false`.
fn follows(expected: &str, other: &str) -> bool {
    matches!(
        (expected, other),
        ("windowshostprocess", "hostnamespaces")
            | ("privileged", "allowprivilegeescalation")
            | ("allowprivilegeescalation", "capabilities_restricted" | "privileged")
    )
}

#[test]
fn upstream_fixtures_are_judged_as_upstream() {
    let Some(root) = corpus("policy/psa") else {
        skipped("Pod Security fixtures", "corpus policy/psa is not here");
        return;
    };
    let catalogue = Catalogue::new([ironclad_workload::CHECKS], &[]);
    let (mut agreed, mut wrong) = (0, Vec::new());
    for (name, level) in [("baseline", Level::Baseline), ("restricted", Level::Restricted)] {
        for folder in files(&root.join(name)) {
            let version = folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix("v1."));
            let version: u8 = version.and_then(|v| v.parse().ok()).expect("a folder v1.N");
            for verdict in ["pass", "fail"] {
                for file in files(&folder.join(verdict)) {
                    let shown = file.strip_prefix(&root).expect("below the root").display().to_string();
                    let text = std::fs::read_to_string(&file).expect("a fixture");
                    let found = failing(&text, &shown, level, version, &catalogue);
                    let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
                    let expected = stem.trim_end_matches(|c: char| c.is_ascii_digit());
                    // Fixtures of a baseline check at a restricted level may fail its stricter successor instead.
                    let successor = match expected {
                        "hostpathvolumes" => "restrictedvolumes",
                        "seccompprofile_baseline" => "seccompprofile_restricted",
                        "capabilities_baseline" => "capabilities_restricted",
                        "procmount" => "procmount_restricted",
                        other => other,
                    };
                    let right = match verdict {
                        "pass" => found.is_empty(),
                        _ => {
                            (found.contains(expected) || found.contains(successor))
                                && found.iter().all(|id| id == expected || id == successor || follows(expected, id))
                        }
                    };
                    if right {
                        agreed += 1;
                    } else {
                        wrong.push(format!("{shown}: {found:?}"));
                    }
                }
            }
        }
    }
    println!("Pod Security fixtures: {agreed} of {} agree", agreed + wrong.len());
    assert!(agreed > 400 && wrong.is_empty(), "{}", wrong.join("\n"));
}
