//! Trivy and KICS: tools for many things, of whose options a part is about manifests.
//!
//! Options about printing, fetching and other kinds of targets are passed over; an option about manifests without a
//! counterpart is named.

use super::Import;
use ironclad_check::peers::{Row, peer};
use ironclad_tree::{Entry, Kind, NodeRef, Source};
use std::sync::Arc;

use super::tools::texts;

/// From the lightest: a filter by severity is a floor where it leaves no gap.
const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

fn is_empty(node: NodeRef<'_>) -> bool {
    node.is_null()
        || node.as_bool() == Some(false)
        || node.text() == Some("")
        || matches!(node.kind(), Kind::Sequence | Kind::Mapping)
            && node.items().next().is_none()
            && node.entries().next().is_none()
}

/// The lightest severity of a list that goes up to the gravest without a gap.
fn floor(names: &[String]) -> Option<&'static str> {
    let has = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    let lightest = SEVERITIES.iter().position(|name| has(name))?;
    SEVERITIES.get(lightest..)?.iter().all(|name| has(name)).then(|| SEVERITIES.get(lightest).copied())?
}

/// `trivy.yaml`.
pub(super) fn trivy(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("trivy") else { return };
    // Other targets, other scanners, printing and fetching.
    let others = [
        "ansible",
        "cacert",
        "cache",
        "clean",
        "db",
        "debug",
        "dependency-tree",
        "exit-on-eol",
        "format",
        "generate-default-config",
        "image",
        "insecure",
        "license",
        "list-all-pkgs",
        "module",
        "no-progress",
        "output",
        "output-plugin-arg",
        "pkg",
        "quiet",
        "registry",
        "repository",
        "report",
        "sbom",
        "secret",
        "server",
        "table-mode",
        "template",
        "timeout",
        "vex",
        "vulnerability",
    ];
    let enabled: Vec<&'static Row> = tool.rows.iter().filter(|row| row.sets.contains(&"default")).collect();
    import.draft.run(tool, "compat:trivy", &enabled, import.catalogue);
    for entry in root.entries().filter(|entry| !others.contains(&entry.key()) && !is_empty(entry.value())) {
        let value = entry.value();
        match entry.key() {
            "severity" => {
                let names: Vec<String> =
                    texts(value).into_iter().filter(|name| !name.eq_ignore_ascii_case("unknown")).collect();
                match floor(&names) {
                    // Trivy has no `info`: from the lightest on is everything.
                    Some("low") => {}
                    Some(severity) => import.draft.min_severity = Some(severity),
                    None => import.lose_entry(source, entry, "severities with a gap have no counterpart"),
                }
            }
            "exit-code" => import.draft.fail_on = Some(if value.text() == Some("0") { "never" } else { "info" }),
            "ignorefile" => {
                let name = value.text().unwrap_or_default();
                import.lose_entry(source, entry, format!("import `{name}` too, or name it in `waiver-files`"));
            }
            "scan" => trivy_scan(import, source, value),
            "misconfiguration" => trivy_misconfiguration(import, source, value),
            key => import.lose_entry(source, entry, format!("`{key}` has no counterpart")),
        }
    }
}

fn trivy_scan(import: &mut Import<'_>, source: &Arc<Source>, scan: NodeRef<'_>) {
    let others = [
        "detection-priority",
        "disable-telemetry",
        "distro",
        "file-patterns",
        "offline",
        "parallel",
        "rekor-url",
        "sbom-sources",
        "show-suppressed",
        "skip-version-check",
        "slow",
    ];
    for entry in scan.entries().filter(|entry| !others.contains(&entry.key()) && !is_empty(entry.value())) {
        match entry.key() {
            "skip-dirs" | "skip-files" => {
                for path in texts(entry.value()) {
                    exclude(import, source, entry, &path);
                }
            }
            "scanners" => {
                let names = texts(entry.value());
                if !names.iter().any(|name| matches!(name.as_str(), "misconfig" | "config")) {
                    import.lose_entry(source, entry, "without `misconfig` Trivy judges no manifests; ironclad does");
                }
            }
            key => import.lose_entry(source, entry, format!("`scan.{key}` has no counterpart")),
        }
    }
}

fn trivy_misconfiguration(import: &mut Import<'_>, source: &Arc<Source>, settings: NodeRef<'_>) {
    let others = ["checks-bundle-repository", "cloudformation", "include-non-failures", "render-cause", "terraform"];
    for entry in settings.entries().filter(|entry| !others.contains(&entry.key()) && !is_empty(entry.value())) {
        match entry.key() {
            "helm" => {
                for setting in entry.value().entries().filter(|setting| !is_empty(setting.value())) {
                    let (key, value) = (setting.key(), setting.value());
                    let is_version =
                        key == "kube-version" && value.text().is_some_and(|text| import.draft.version(text));
                    if !is_version {
                        let message = format!("how charts are rendered is said by flags: `ironclad scan --{key}`");
                        import.lose_entry(source, setting, message);
                    }
                }
            }
            "scanners" => {
                let names = texts(entry.value());
                if !names.iter().any(|name| matches!(name.as_str(), "kubernetes" | "helm")) {
                    import.lose_entry(source, entry, "without `kubernetes` Trivy judges no manifests; ironclad does");
                }
            }
            key => import.lose_entry(source, entry, format!("`misconfiguration.{key}` has no counterpart")),
        }
    }
}

/// The options of `kics scan`, which may stand in its configuration.
pub(super) fn kics(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("kics") else { return };
    if root.kind() != Kind::Mapping {
        let message = "a configuration in TOML or HCL is not read: write it as YAML or JSON";
        return import.lose(source, root.span(), message);
    }
    let others = [
        "ci",
        "libraries-path",
        "line-info-payload",
        "log-file",
        "log-format",
        "log-level",
        "log-path",
        "minimal-ui",
        "no-color",
        "no-progress",
        "output-name",
        "output-path",
        "parallel",
        "payload-lines",
        "payload-path",
        "preview-lines",
        "profiling",
        "report-formats",
        "silent",
        "timeout",
        "verbose",
    ];
    let mut enabled: Vec<&'static Row> = tool.rows.iter().filter(|row| row.sets.contains(&"default")).collect();
    let mut profile = "compat:kics";
    if let Some(entry) = root.get_str("include-queries").filter(|entry| !is_empty(entry.value())) {
        enabled = import.rows_at(source, root, entry.key(), tool);
        profile = "none";
    }
    let out = import.rows_at(source, root, "exclude-queries", tool);
    enabled.retain(|row| !out.iter().any(|other| other.id == row.id));
    import.draft.run(tool, profile, &enabled, import.catalogue);
    for entry in root.entries().filter(|entry| !others.contains(&entry.key()) && !is_empty(entry.value())) {
        let value = entry.value();
        match entry.key() {
            "include-queries" | "exclude-queries" => {}
            "exclude-paths" => texts(value).iter().for_each(|path| exclude(import, source, entry, path)),
            "exclude-severities" => {
                let names = texts(value);
                let is_out = |name: &&str| names.iter().any(|out| out.eq_ignore_ascii_case(name));
                let kept: Vec<String> =
                    SEVERITIES.iter().filter(|name| !is_out(name)).map(|name| (*name).to_owned()).collect();
                match floor(&kept) {
                    Some("info") => {}
                    Some(severity) => import.draft.min_severity = Some(severity),
                    None => import.lose_entry(source, entry, "severities with a gap have no counterpart"),
                }
            }
            "fail-on" => match floor(&texts(value)) {
                Some(severity) => import.draft.fail_on = Some(severity),
                None => import.lose_entry(source, entry, "severities with a gap have no counterpart"),
            },
            "ignore-on-exit" => match value.text() {
                Some("all" | "results") => import.draft.fail_on = Some("never"),
                Some("none") => {}
                _ => import.lose_entry(source, entry, "no flag makes an incomplete scan a clean one"),
            },
            "path" => import.lose_entry(source, entry, "what is scanned is an argument of `ironclad scan`"),
            "type" | "exclude-type" => {
                let is_kubernetes = texts(value).iter().any(|name| name.eq_ignore_ascii_case("kubernetes"));
                if is_kubernetes == (entry.key() == "exclude-type") {
                    import.lose_entry(source, entry, "KICS judges no manifests with this; ironclad does");
                }
            }
            key => import.lose_entry(source, entry, format!("`{key}` has no counterpart")),
        }
    }
}

/// A path or glob below what is scanned.
fn exclude(import: &mut Import<'_>, source: &Arc<Source>, entry: Entry<'_>, path: &str) {
    let bare = path.trim_start_matches("./").trim_end_matches('/');
    if bare.is_empty() || bare.starts_with(['/', '~']) || bare.starts_with("../") {
        return import.lose_entry(source, entry, format!("`{path}` is no path below what is scanned"));
    }
    if !import.draft.exclude(bare.to_owned()) {
        import.lose_entry(source, entry, format!("`{path}` is no glob"));
    }
}
