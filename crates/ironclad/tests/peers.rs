//! The data of peers against the catalogue: every id exists, every parameter is one, every profile selects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_check::peers::peers;
use ironclad_check::{Params, ProfileName, Selection};
use program::ironclad;

/// Domains whose checks come with engines that this build may not have yet.
const ENGINES: [&str; 1] = ["policy/"];
/// Ids of the catalogue of images that need a registry.
const REGISTRY: [&str; 2] = ["image/signature-invalid", "image/unsigned"];

#[test]
fn ids_and_parameters_exist() {
    let catalogue = ironclad::catalogue();
    let mut faults = Vec::new();
    for peer in peers() {
        for row in &peer.rows {
            for id in &row.ours {
                let later = ENGINES.iter().any(|domain| id.starts_with(domain)) || REGISTRY.contains(id);
                if catalogue.get(id).is_none() && !later {
                    faults.push(format!("{}: `{}` names `{id}`, which is no check", peer.name, row.id));
                }
            }
            for param in &row.params {
                let Some(check) = catalogue.get(param.check) else { continue };
                if let Err(error) = Params::defaults(check.meta.params).set_text(param.name, param.value) {
                    faults.push(format!("{}: `{}`, {}: {error}", peer.name, row.id, param.check));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn compat_profiles_run_the_peers_default_set_and_nothing_else() {
    let catalogue = ironclad::catalogue();
    for (name, peer, set) in ironclad_check::peers::profiles() {
        let profile = ProfileName::parse(name).unwrap();
        assert_eq!(profile.as_str(), name);
        let selection = Selection { profile, ..Selection::default() };
        let chosen: Vec<&str> = selection.resolve(&catalogue).unwrap().iter().map(|e| e.check.meta.id).collect();
        let mut wanted: Vec<&str> = peer
            .rows
            .iter()
            .filter(|row| row.sets.contains(&set))
            .flat_map(|row| row.ours.iter().copied())
            .filter(|id| catalogue.get(id).is_some())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        assert_eq!(chosen, wanted, "{name}");
        assert!(chosen.len() >= 5, "{name} selects {} checks", chosen.len());
    }
}

#[test]
fn thresholds_of_peers_are_set() {
    let catalogue = ironclad::catalogue();
    let selection = Selection { profile: ProfileName::parse("compat:trivy").unwrap(), ..Selection::default() };
    let enabled = selection.resolve(&catalogue).unwrap();
    let uid = enabled.iter().find(|e| e.check.meta.id == "workload/uid-low").unwrap();
    assert_eq!(uid.params.get("min"), Some(&ironclad_check::ParamValue::Int(10_001)));
}

#[test]
fn what_is_imported_is_a_configuration() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/import.in");
    let mut names: Vec<String> =
        std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 8);
    for name in &names {
        let imported = ironclad(&["config", "import", name], &samples);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ironclad.yaml"), &imported.stdout).unwrap();
        let shown = ironclad(&["config", "show"], folder.path());
        let text = String::from_utf8_lossy(&imported.stdout).into_owned();
        assert_eq!(shown.status.code(), Some(0), "{name}\n{text}{}", String::from_utf8_lossy(&shown.stderr));
        // Nothing is lost in silence: each line on standard error stands in the text as well.
        let lost = String::from_utf8_lossy(&imported.stderr).into_owned();
        for line in lost.lines() {
            let line = line.strip_prefix("not converted: ").unwrap();
            assert!(text.contains(&format!("# - {line}")), "{name}: {line}");
        }
        assert_eq!(imported.status.code(), Some(if lost.is_empty() { 0 } else { 2 }), "{name}");
    }
}
