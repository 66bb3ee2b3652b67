//! The layers of the workspace: an arrow that points the wrong way fails here (DESIGN.md §3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Layers from the bottom up. A crate may depend on lower layers.
const LAYERS: &[&str] = &["base", "engine", "input", "facts", "analyze", "output", "serve", "ironclad"];

/// Arrows inside a layer: (from, to).
const WITHIN: &[(&str, &str)] = &[
    ("model", "tree"),
    ("views", "tree"),
    ("views", "model"),
    ("check", "tree"),
    ("check", "model"),
    ("check", "views"),
    ("load", "render"),
    ("load", "kustomize"),
    // Kustomizations inflate charts.
    ("kustomize", "render"),
    // A snapshot of a cluster is a file among files.
    ("load", "snapshot"),
    // Who reaches a pod is asked of effective pods.
    ("reach", "pod"),
    ("report", "fix"),
];

/// What a crate of base, engine, facts or analyze must never compile, dev-dependencies included.
const HEAVY: &[&str] = &["tokio", "kube", "kube-client", "k8s-openapi", "hyper", "rustls"];

fn metadata(extra: &[&str]) -> Value {
    // Packages of other platforms were never downloaded on a fresh machine, and a test downloads nothing.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .args(extra)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// The platform that is built for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

/// Package name → (layer, folder name), for the crates of the layers.
fn crates(metadata: &Value) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let above = folder.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let layer = if above == "crates" { name.clone() } else { above.to_owned() };
        if LAYERS.contains(&layer.as_str()) && package["source"].is_null() {
            found.insert(package["name"].as_str().unwrap().to_owned(), (layer, name));
        }
    }
    found
}

#[test]
fn arrows_point_down() {
    let metadata = metadata(&["--no-deps"]);
    let crates = crates(&metadata);
    assert!(crates.len() >= 10, "found only {crates:?}");
    let rank = |layer: &str| LAYERS.iter().position(|l| *l == layer).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some((layer, folder)) = crates.get(name) else { continue };
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] == "dev" {
                continue;
            }
            let Some((to_layer, to)) = crates.get(dependency["name"].as_str().unwrap()) else { continue };
            let down = rank(to_layer) < rank(layer);
            let within = to_layer == layer && WITHIN.contains(&(folder.as_str(), to.as_str()));
            let pure = matches!(layer.as_str(), "facts" | "analyze") && to_layer == "input";
            if (!down && !within) || pure {
                wrong.push(format!("{layer}/{folder} → {to_layer}/{to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point the wrong way: {}", wrong.join(", "));
}

#[test]
fn the_core_stays_light() {
    let metadata = metadata(&[]);
    let crates = crates(&metadata);
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["id"].as_str().unwrap(), p["name"].as_str().unwrap()))
        .collect();
    let edges: BTreeMap<&str, Vec<&str>> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let to = node["dependencies"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
            (node["id"].as_str().unwrap(), to)
        })
        .collect();
    for (id, name) in &names {
        let Some((layer, _)) = crates.get(*name) else { continue };
        if !matches!(layer.as_str(), "base" | "engine" | "facts" | "analyze") {
            continue;
        }
        let mut seen = BTreeSet::new();
        let mut pending = vec![*id];
        while let Some(next) = pending.pop() {
            if seen.insert(next) {
                pending.extend(edges.get(next).into_iter().flatten());
            }
        }
        let heavy: Vec<&str> = seen.iter().map(|id| names[id]).filter(|name| HEAVY.contains(name)).collect();
        assert!(heavy.is_empty(), "{name} compiles {heavy:?}");
    }
}

#[test]
fn the_map_names_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let map = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut checked = 0;
    for part in map.split('`').skip(1).step_by(2) {
        let is_path = part.starts_with("crates/") || ["tools/", "xtask", "fuzz"].iter().any(|p| part.starts_with(p));
        if is_path && !part.contains(' ') {
            assert!(root.join(part).exists(), "ARCHITECTURE.md names `{part}`, which does not exist");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} paths were found in ARCHITECTURE.md");
}
