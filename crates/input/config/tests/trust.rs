//! What a tree may decide and what it may not: locks, precedence of the organisation, reach of files, limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_check::{Catalogue, Enabled, ParamValue, Selection};
use ironclad_config::{Config, load, parse_text};
use ironclad_model::Severity;
use ironclad_tree::Source;
use std::fs;
use std::path::Path;

fn catalogue() -> Catalogue {
    Catalogue::new([ironclad_manifest::CHECKS, ironclad_workload::CHECKS, ironclad_workload::RELIABILITY], &[])
}

/// A repository with these files; those whose name begins with `../` lie beside it.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
    for (name, text) in files {
        let path = folder.path().join("repo").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load_from(folder: &Path, policy: Option<&str>) -> (Config, Vec<(&'static str, String)>) {
    let root = folder.join("repo");
    let policy = policy.map(|name| root.join(name));
    let (config, problems) = load(&root, None, policy.as_deref(), false, &catalogue());
    (config, problems.into_iter().map(|(_, p)| (p.code, p.message)).collect())
}

/// What a scan without flags would run.
fn running(config: &Config) -> Vec<Enabled> {
    let list = |s: &Option<ironclad_config::Setting<Vec<String>>>| s.as_ref().map(|s| s.value.clone());
    let profile = config.profile.as_ref().and_then(|p| ironclad_check::ProfileName::parse(&p.value));
    let selection = Selection {
        profile: profile.unwrap_or_default(),
        select: list(&config.select).unwrap_or_default(),
        ignore: list(&config.ignore).unwrap_or_default(),
        extend: true,
        pss: None,
    };
    let mut enabled = selection.resolve(&catalogue()).unwrap();
    config.apply(&mut enabled, &catalogue());
    enabled
}

fn find<'e>(enabled: &'e [Enabled], id: &str) -> Option<&'e Enabled> {
    enabled.iter().find(|e| e.check.meta.id == id)
}

#[test]
fn a_lock_holds_against_every_way_of_playing_a_check_down() {
    let org = "checks: {workload/host-path-sensitive: {locked: true}}\n";
    let id = "workload/host-path-sensitive";
    for tree in [
        "ignore: [workload/host-path-sensitive]\n",
        "ignore: [workload/]\n",
        "ignore: ['workload/host-*']\n",
        "profile: reliability\n",
        "checks: {workload/host-path-sensitive: {enabled: false}}\n",
        "checks: {workload/: {enabled: false, severity: info}}\n",
        "checks: {workload/host-path-sensitive: {severity: info}}\n",
        "checks: {workload/host-path-sensitive: {params: {paths: [/none]}}}\n",
    ] {
        let folder = repository(&[("ironclad.yaml", tree), ("org.yaml", org)]);
        let (config, problems) = load_from(folder.path(), Some("org.yaml"));
        assert!(problems.is_empty(), "{tree}: {problems:?}");
        let enabled = running(&config);
        let check = find(&enabled, id).unwrap_or_else(|| panic!("{tree}: switched off"));
        assert_eq!(check.severity, None, "{tree}");
        let defaults = ironclad_check::Params::defaults(check.check.meta.params);
        assert_eq!(check.params, defaults, "{tree}");
    }
}

#[test]
fn a_lock_leaves_the_neighbours_to_the_tree() {
    let org = "checks: {workload/privileged: {locked: true}}\n";
    for tree in ["ignore: [workload/]\n", "checks: {workload/: {enabled: false}}\n"] {
        let folder = repository(&[("ironclad.yaml", tree), ("org.yaml", org)]);
        let (config, _) = load_from(folder.path(), Some("org.yaml"));
        let enabled = running(&config);
        assert!(find(&enabled, "workload/privileged").is_some(), "{tree}");
        assert!(find(&enabled, "workload/host-pid").is_none(), "{tree}");
    }
}

#[test]
fn the_organisation_wins_with_a_prefix_over_an_id_of_the_tree() {
    let tree = "checks:\n  workload/privileged: {severity: low, enabled: false}\n  workload/host-path-sensitive: {params: {paths: [/tree]}}\n";
    let org = "checks:\n  workload/: {severity: critical, enabled: true}\n";
    let folder = repository(&[("ironclad.yaml", tree), ("org.yaml", org)]);
    let (config, problems) = load_from(folder.path(), Some("org.yaml"));
    assert!(problems.is_empty(), "{problems:?}");
    let enabled = running(&config);
    assert_eq!(find(&enabled, "workload/privileged").unwrap().severity, Some(Severity::Critical));
    // What the organisation says nothing about stays the tree's.
    let sensitive = find(&enabled, "workload/host-path-sensitive").unwrap();
    assert_eq!(sensitive.params.get("paths"), Some(&ParamValue::Texts(vec!["/tree".to_owned()])));
}

#[test]
fn files_of_a_tree_do_not_reach_out_of_it() {
    for (files, message) in [
        (vec![("ironclad.yaml", "waiver-files: [../outside.yaml]\n")], "outside the repository"),
        (vec![("ironclad.yaml", "waiver-files: [sub/../../outside.yaml]\n"), ("sub/x", "")], "outside the repository"),
        (vec![("ironclad.yaml", "extends: ../outside.yaml\n")], "outside the repository"),
        (vec![("ironclad.yaml", "extends: nowhere.yaml\n")], "cannot be read"),
        (vec![("ironclad.yaml", "waiver-files: nowhere.yaml\n")], "cannot be read"),
    ] {
        let folder = repository(&files);
        fs::write(folder.path().join("outside.yaml"), "secret: [\n").unwrap();
        let (config, problems) = load_from(folder.path(), None);
        assert_eq!(problems.len(), 1, "{files:?}: {problems:?}");
        assert!(problems[0].1.contains(message), "{files:?}: {problems:?}");
        assert!(config.waivers.is_empty() && config.profile.is_none());
    }
}

#[cfg(unix)]
#[test]
fn links_of_a_tree_do_not_lead_out_of_it() {
    use std::os::unix::fs::symlink;
    let waiver = "- checks: [workload/privileged]\n  reason: outside\n";
    for name in ["ironclad.yaml", ".ironclad/waivers.yaml", "base.yaml", "list.yaml"] {
        let mut files = vec![("ironclad.yaml", "extends: base.yaml\nwaiver-files: list.yaml\n")];
        files.extend([("base.yaml", ""), ("list.yaml", ""), (".ironclad/waivers.yaml", "")]);
        files.retain(|(file, _)| *file != name);
        let folder = repository(&files);
        let outside = folder.path().join("outside.yaml");
        let text = if name.contains("waivers") || name.contains("list") { waiver } else { "profile: all\n" };
        fs::write(&outside, text).unwrap();
        fs::create_dir_all(folder.path().join("repo/.ironclad")).unwrap();
        symlink(&outside, folder.path().join("repo").join(name)).unwrap();
        let (config, problems) = load_from(folder.path(), None);
        assert!(problems.iter().any(|(_, m)| m.contains("outside the repository")), "{name}: {problems:?}");
        assert!(config.waivers.is_empty() && config.profile.is_none(), "{name}");
    }
    // A link to the repository itself, or within it, is no way out.
    let folder = repository(&[("ironclad.yaml", "extends: link.yaml\n"), ("base.yaml", "profile: all\n")]);
    symlink("base.yaml", folder.path().join("repo/link.yaml")).unwrap();
    symlink("repo", folder.path().join("again")).unwrap();
    for start in ["repo", "again"] {
        let (config, problems) = load(&folder.path().join(start), None, None, false, &catalogue());
        assert!(problems.is_empty(), "{start}: {problems:?}");
        assert_eq!(config.profile.unwrap().value, "all", "{start}");
    }
}

#[test]
fn a_file_counts_once_however_often_it_is_named() {
    let waiver = "- checks: [workload/privileged]\n  reason: agent\n";
    let folder = repository(&[
        (
            "ironclad.yaml",
            "extends: [a.yaml, b.yaml]\nwaiver-files: [list.yaml, ./list.yaml, .ironclad/waivers.yaml]\n",
        ),
        ("a.yaml", "extends: base.yaml\nfail-on: low\n"),
        ("b.yaml", "extends: base.yaml\n"),
        ("base.yaml", "fail-on: critical\nfoo: 1\n"),
        ("list.yaml", waiver),
        (".ironclad/waivers.yaml", waiver),
    ]);
    let (config, problems) = load_from(folder.path(), None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(config.waivers.len(), 2);
    // The base is below both: read again under `b.yaml`, it would undo what `a.yaml` says.
    assert_eq!(config.fail_on.unwrap().value, Some(Severity::Low));
}

#[test]
fn many_files_end_soon() {
    // Each names both of the next level: 2^14 ways to the last.
    let mut files = vec![("ironclad.yaml".to_owned(), "extends: [a0.yaml, b0.yaml]\n".to_owned())];
    for level in 0..14 {
        for letter in ["a", "b"] {
            let next = level + 1;
            files.push((format!("{letter}{level}.yaml"), format!("extends: [a{next}.yaml, b{next}.yaml]\n")));
        }
    }
    files.extend(["a", "b"].map(|letter| (format!("{letter}14.yaml"), "fail-on: low\n".to_owned())));
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = repository(&borrowed);
    let (config, problems) = load_from(folder.path(), None);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.files.len(), files.len());
    let list: Vec<String> = (0..500).map(|n| format!("w{n}.yaml")).collect();
    let text = format!("waiver-files: [{}]\n", list.join(", "));
    let mut files = vec![("ironclad.yaml", text.as_str())];
    files.extend(list.iter().map(|name| (name.as_str(), "[]\n")));
    let folder = repository(&files);
    let (config, problems) = load_from(folder.path(), None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.contains("more than 256 files"), "{problems:?}");
    assert_eq!(config.files.len(), 256);
}

#[test]
fn what_is_no_small_file_is_not_read() {
    let large = "#".repeat((1 << 20) + 1);
    let folder = repository(&[("ironclad.yaml", &large)]);
    let (_, problems) = load_from(folder.path(), None);
    assert_eq!(problems, [("config/io", "a configuration of more than 1024 KiB".to_owned())]);
    let folder = repository(&[("ironclad.yaml", &large[1..])]);
    assert!(load_from(folder.path(), None).1.is_empty());
    // A device has no size that says how much comes out of it.
    let zero = Path::new("/dev/zero");
    if zero.exists() {
        let (_, problems) = load(folder.path(), Some(zero), None, false, &catalogue());
        assert!(problems.len() == 1 && problems[0].1.message.contains("not a file"), "{problems:?}");
    }
}

#[test]
fn a_waiver_with_a_mistake_does_not_cover_more_than_was_meant() {
    for (scope, place) in [
        ("contaner: agent", "config/unknown-key:3:3"),
        ("container: [agent]", "config/bad-value:3:14"),
        ("object: agent", "config/bad-value:3:11"),
        ("object: {nmae: agent}", "config/unknown-key:3:12"),
        ("files: [a, '[']", "config/bad-value:3:14"),
        ("expires: 2026-02-30", "config/bad-value:3:12"),
    ] {
        let text = format!("waivers:\n- checks: [workload/privileged]\n  {scope}\n  reason: agent\n");
        let source = Source::new("ironclad.yaml", text);
        let (layer, problems) = parse_text(&source, &catalogue());
        assert_eq!(problems.len(), 1, "{scope}: {problems:?}");
        let at = source.position(problems[0].span.start);
        assert_eq!(format!("{}:{}:{}", problems[0].code, at.line, at.column), place, "{scope}");
        assert!(layer.config.waivers.is_empty(), "{scope}");
    }
    let source = Source::new("ironclad.yaml", "waivers:\n- checks: []\n  reason: none\n");
    assert_eq!(parse_text(&source, &catalogue()).1.len(), 1);
}

#[test]
fn any_beginning_of_a_configuration_is_judged_inside_its_text() {
    let text = "extends: [a.yaml]\nselect: [workload/]\nkubernetes-version: 1.30\nexclude: ['ä/**']\nchecks:\n  workload/host-path-sensitive: {severity: low, params: {paths: [/x]}, paths: ['b*']}\nworkloads:\n- {kind: App, podSpecPath: spec.pod}\nwaivers:\n- checks: workload/privileged\n  reason: \"a\\u00e4\"\n  expires: 2027-01-31\n  object: {kind: Pod}\nwaiver-policy: {require: [by], max-days: 3}\n";
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        let source = Source::new("ironclad.yaml", &text[..end]);
        for problem in parse_text(&source, &catalogue()).1 {
            assert!(problem.span.start <= problem.span.end && problem.span.end as usize <= end, "{end}: {problem:?}");
            assert!(!problem.message.is_empty());
        }
    }
}
