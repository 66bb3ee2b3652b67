//! `cargo xtask rbac-tables`: the default roles and the resources of each supported release, as crates/facts/authz holds
//! them. Builds tools/rbac-tables against the published module k8s.io/kubernetes of each release (a minute or two each)
//! and merges what they print. Needs Go and the module proxy.

use crate::{root, say};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Newest published patch of each supported minor version.
const RELEASES: &[(u8, u8)] = &[(34, 4), (35, 4), (36, 3), (37, 2)];

/// Writes both tables.
pub(crate) fn run() -> Result<()> {
    let mut blocks = Merged::default();
    let mut lines = Merged::default();
    for (minor, patch) in RELEASES {
        say(&format!("k8s.io/kubernetes v1.{minor}.{patch}"));
        let folder = tempfile::tempdir()?;
        let (defaults, resources) = release(*minor, *patch, folder.path())?;
        for block in blocks_of(&defaults) {
            let (header, body) = block.split_once('\n').unwrap_or((&block, ""));
            blocks.add(header.to_owned(), body.to_owned(), *minor);
        }
        for line in resources.lines() {
            // Group, version and name are the key.
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            let [group, version, name, rest] = words.as_slice() else { bail!("`{line}` is no line of resources") };
            lines.add(format!("{group} {version} {name}"), (*rest).to_owned(), *minor);
        }
    }
    let versions: Vec<String> = RELEASES.iter().map(|(minor, patch)| format!("v1.{minor}.{patch}")).collect();
    let head = format!("# Written by `cargo xtask rbac-tables` from k8s.io/kubernetes {}.\n", versions.join(", "));
    let mut defaults = head.clone();
    for (header, body, range) in blocks.ranges() {
        defaults.push_str(&format!("{header} {}-{}\n{body}", range.0, range.1));
    }
    let mut resources = head;
    for (key, rest, range) in lines.ranges() {
        resources.push_str(&format!("{key} {rest} {}-{}\n", range.0, range.1));
    }
    let data = root().join("crates/facts/authz/data");
    fs_err::create_dir_all(&data)?;
    fs_err::write(data.join("defaults.txt"), defaults)?;
    fs_err::write(data.join("resources.txt"), resources)?;
    Ok(())
}

/// Things by name, in the order in which they were first seen, each with its text in each version.
#[derive(Default)]
struct Merged {
    order: Vec<String>,
    texts: BTreeMap<String, Vec<(u8, String)>>,
}

impl Merged {
    fn add(&mut self, key: String, text: String, minor: u8) {
        if !self.texts.contains_key(&key) {
            self.order.push(key.clone());
        }
        self.texts.entry(key).or_default().push((minor, text));
    }

    /// Key, text and the versions that it holds in.
    fn ranges(&self) -> Vec<(&str, &str, (u8, u8))> {
        let mut found: Vec<(&str, &str, (u8, u8))> = Vec::new();
        for key in &self.order {
            for (minor, text) in self.texts.get(key).into_iter().flatten() {
                match found.last_mut() {
                    Some((last_key, last_text, range))
                        if last_key == key && last_text == text && range.1 + 1 == *minor =>
                    {
                        range.1 = *minor;
                    }
                    _ => found.push((key, text, (*minor, *minor))),
                }
            }
        }
        found
    }
}

/// A block is a line that begins with a kind, and the lines of one letter that follow.
fn blocks_of(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        let inner = line.as_bytes().get(1) == Some(&b' ');
        match blocks.last_mut() {
            Some(block) if inner => block.push_str(&format!("{line}\n")),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    blocks
}

/// What the program prints when built against one release.
fn release(minor: u8, patch: u8, folder: &Path) -> Result<(String, String)> {
    fs_err::copy(root().join("tools/rbac-tables/main.go"), folder.join("main.go"))?;
    let go = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("go").args(arguments).env("GOFLAGS", "-mod=mod").current_dir(folder).output();
        let output = output.context("go")?;
        if !output.status.success() {
            bail!("go {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    };
    let version = format!("v1.{minor}.{patch}");
    let module = |replaced: &str| {
        format!(
            "module ironclad.dev/tools/rbac-tables\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes {version}\n\n{replaced}"
        )
    };
    fs_err::write(folder.join("go.mod"), module(""))?;
    // The module requires its staging modules as v0.0.0: they are published as v0.MINOR.PATCH.
    let found: serde_json::Value =
        serde_json::from_str(&go(&["mod", "download", "-json", &format!("k8s.io/kubernetes@{version}")])?)?;
    let source = Path::new(found["Dir"].as_str().context("go mod download names no folder")?).to_owned();
    let upstream = fs_err::read_to_string(source.join("go.mod"))?;
    let staged = upstream.lines().filter_map(|line| line.trim().split_once(" => ./staging/").map(|(name, _)| name));
    let replaced: String = staged
        .map(|name| {
            let name = name.trim_start_matches("replace ");
            format!("replace {name} => {name} v0.{minor}.{patch}\n")
        })
        .collect();
    fs_err::write(folder.join("go.mod"), module(&replaced))?;
    go(&["build", "-o", "rbac-tables", "."])?;
    let print = |arguments: &[&str]| -> Result<String> {
        let output = Command::new(folder.join("rbac-tables")).args(arguments).output()?;
        if !output.status.success() {
            bail!("rbac-tables {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    };
    let discovery = source.join("api/discovery");
    Ok((print(&["defaults"])?, print(&["resources", &discovery.display().to_string()])?))
}
