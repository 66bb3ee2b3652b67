//! Configurations as texts: what is read, and what is said about what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_check::{Catalogue, Enabled, ParamValue, Params, Selection};
use ironclad_config::{load, parse_text};
use ironclad_model::Severity;
use ironclad_tree::Source;
use std::fs;

fn catalogue() -> Catalogue {
    Catalogue::new([ironclad_manifest::CHECKS, ironclad_workload::CHECKS, ironclad_workload::RELIABILITY], &[])
}

/// Codes with the place and text they are about.
fn problems(text: &str) -> Vec<(String, String)> {
    let source = Source::new("ironclad.yaml", text);
    let (_, problems) = parse_text(&source, &catalogue());
    let mut out = Vec::new();
    for problem in problems {
        let at = source.position(problem.span.start);
        let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        out.push((format!("{}:{}:{}", problem.code, at.line, at.column), problem.message + &hint));
    }
    out
}

#[test]
fn mistakes_are_named_where_they_are() {
    for (text, place, message) in [
        ("profil: all\n", "config/unknown-key:1:1", "did you mean `profile`?"),
        ("profile: everything\n", "config/bad-value:1:10", "`everything` is not a profile"),
        ("checks:\n  workload/priviledged: {}\n", "config/unknown-check:2:3", "did you mean `workload/privileged`?"),
        ("checks:\n  workload/privileged: {sevrity: low}\n", "config/unknown-key:2:25", "did you mean `severity`?"),
        ("checks: {workload/privileged: {severity: worst}}\n", "config/bad-value:1:42", "`worst` is not a severity"),
        (
            "select: [image/, workload/no-such]\n",
            "config/unknown-check:1:10",
            "no check, prefix or tag is called `image/`",
        ),
        ("fail-on: 3\n", "config/bad-value:1:10", "`3` is not a severity"),
        ("kubernetes-version: 1.30\n", "config/bad-value:1:21", ""),
        ("complete: maybe\n", "config/bad-value:1:11", "`true` or `false` is expected here"),
        ("exclude: ['[']\n", "config/bad-value:1:11", "is not a glob"),
        ("waivers: {a: b}\n", "config/bad-value:1:10", "a list of waivers is expected here"),
        ("waivers:\n- checks: [workload/privileged]\n  expires: soon\n", "config/bad-value:3:12", "not a date"),
        ("waivers:\n- reason: x\n", "config/bad-value:2:3", "a waiver with `checks`"),
        ("waiver-policy: {max-days: 9}\n", "config/not-allowed-here:1:1", "the organisation's"),
        ("checks: {workload/privileged: {locked: true}}\n", "config/not-allowed-here:1:32", "the organisation's"),
        ("profile: all\nprofile: default\n", "config/duplicate-key:1:1", "written again on line 2"),
        ("profile: all\n---\nprofile: all\n", "config/bad-value:3:1", "one document"),
        ("- profile\n", "config/bad-value:1:1", "a mapping of settings"),
        ("profile: [a\n", "input/yaml-syntax:1:10", ""),
        (
            "checks: {workload/host-path-sensitive: {params: {path: [/x]}}}\n",
            "config/unknown-key:1:50",
            "did you mean `paths`?",
        ),
        (
            "checks: {workload/host-path-sensitive: {params: {paths: 3}}}\n",
            "config/bad-value:1:57",
            "a list of texts is expected here",
        ),
    ] {
        let found = problems(text);
        if text.starts_with("kubernetes-version") {
            // The number 1.30 keeps its text here.
            assert!(found.is_empty(), "{text}: {found:?}");
            continue;
        }
        assert!(
            found.iter().any(|(at, said)| at == place && said.contains(message)),
            "{text}: expected {place} {message}, found {found:?}"
        );
    }
}

#[test]
fn layers_override_and_remember_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::create_dir_all(root.join("deploy/.ironclad")).unwrap();
    fs::write(
        root.join("base.yaml"),
        "profile: baseline\nfail-on: low\nchecks:\n  workload/privileged: {severity: low, enabled: false}\n",
    )
    .unwrap();
    fs::write(
        root.join("deploy/ironclad.yaml"),
        "extends: [../base.yaml]\nfail-on: never\nchecks:\n  workload/host-path-sensitive: {params: {paths: [/x]}}\n",
    )
    .unwrap();
    fs::write(
        root.join("deploy/.ironclad/waivers.yaml"),
        "- checks: [workload/privileged]\n  reason: agent\n  object: {name: 'node-*'}\n",
    )
    .unwrap();
    let policy = root.join("policy.yaml");
    fs::write(&policy, "checks: {workload/privileged: {locked: true}}\nwaiver-policy: {require: [by], max-days: 30}\n")
        .unwrap();
    let catalogue = catalogue();
    let (config, problems) = load(&root.join("deploy"), None, None, false, &catalogue);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.profile.as_ref().unwrap().value, "baseline");
    assert!(config.profile.as_ref().unwrap().origin.source.ends_with("base.yaml"));
    assert_eq!(config.fail_on.as_ref().unwrap().value, None);
    assert_eq!(config.waivers.len(), 1);
    assert_eq!((config.waivers[0].form, config.waivers[0].scope.name.as_deref()), ("file", Some("node-*")));
    let ids = |enabled: &[Enabled]| enabled.iter().map(|e| e.check.meta.id).collect::<Vec<_>>();
    let mut enabled = Selection::default().resolve(&catalogue).unwrap();
    assert!(ids(&enabled).contains(&"workload/privileged"));
    config.apply(&mut enabled, &catalogue);
    assert!(!ids(&enabled).contains(&"workload/privileged"));
    let sensitive = enabled.iter().find(|e| e.check.meta.id == "workload/host-path-sensitive").unwrap();
    assert_eq!(sensitive.params.get("paths"), Some(&ParamValue::Texts(vec!["/x".to_owned()])));
    // The organisation's lock frees the check from what the tree says of it.
    let (config, problems) = load(&root.join("deploy"), None, Some(&policy), false, &catalogue);
    assert!(problems.is_empty(), "{problems:?}");
    let mut enabled = Selection::default().resolve(&catalogue).unwrap();
    config.apply(&mut enabled, &catalogue);
    let privileged = enabled.iter().find(|e| e.check.meta.id == "workload/privileged").unwrap();
    assert_eq!(privileged.severity, None);
    assert_eq!(config.policy().locked, ["workload/privileged"]);
    assert_eq!(config.policy().max_days, Some(30));
    let (config, _) = load(&root.join("deploy"), None, None, true, &catalogue);
    assert!(config.entries().is_empty());
}

#[test]
fn extends_stays_in_the_repository_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::write(folder.path().join("outside.yaml"), "profile: all\n").unwrap();
    fs::write(root.join("ironclad.yaml"), "extends: [../outside.yaml, loop.yaml]\n").unwrap();
    fs::write(root.join("loop.yaml"), "extends: ironclad.yaml\n").unwrap();
    let (config, problems) = load(&root, None, None, false, &catalogue());
    assert!(config.profile.is_none());
    let codes: Vec<_> = problems.iter().map(|(_, p)| (p.code, p.message.clone())).collect();
    assert!(
        codes.iter().any(|(code, m)| *code == "config/extends" && m.contains("outside the repository")),
        "{codes:?}"
    );
    assert!(codes.iter().any(|(code, m)| *code == "config/extends" && m.contains("in turn")), "{codes:?}");
}

#[test]
fn settings_of_a_prefix_give_way_to_those_of_an_id() {
    let text = "checks:\n  workload/privileged: {severity: critical}\n  workload/: {severity: info}\n";
    let source = Source::new("ironclad.yaml", text);
    let (layer, problems) = parse_text(&source, &catalogue());
    assert!(problems.is_empty(), "{problems:?}");
    let catalogue = catalogue();
    let mut enabled: Vec<Enabled> =
        catalogue.checks().iter().map(|check| Enabled { check, severity: None, params: Params::default() }).collect();
    layer.config.apply(&mut enabled, &catalogue);
    let severity = |id: &str| enabled.iter().find(|e| e.check.meta.id == id).and_then(|e| e.severity);
    assert_eq!(severity("workload/privileged"), Some(Severity::Critical));
    assert_eq!(severity("workload/run-as-non-root"), Some(Severity::Info));
}
