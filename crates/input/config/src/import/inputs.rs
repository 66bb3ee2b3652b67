//! Kubescape's inputs of controls (`--controls-config`): lists that its rules compare with.

use super::Import;
use super::tools::texts;
use ironclad_check::ParamValue;
use ironclad_tree::{Kind, NodeRef, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names of lists, by which a file is recognised.
const KNOWN: [&str; 6] = [
    "imageRepositoryAllowList",
    "insecureCapabilities",
    "k8sRecommendedLabels",
    "listOfDangerousArtifacts",
    "publicRegistries",
    "sensitiveKeyNames",
];

/// The lists of a file: at its top, or below `settings`, as the service hands them out.
pub(super) fn lists(root: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let wrapped = || Some(root.get_str("settings")?.value().get_str("postureControlInputs")?.value());
    let is_lists =
        |node: &NodeRef<'_>| node.kind() == Kind::Mapping && node.entries().any(|entry| KNOWN.contains(&entry.key()));
    Some(root).filter(is_lists).or_else(|| wrapped().filter(|node| node.kind() == Kind::Mapping))
}

pub(super) fn kubescape(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(lists) = lists(root) else { return };
    let mut deny: Vec<String> = Vec::new();
    let mut ranges: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for entry in lists.entries() {
        let values = texts(entry.value());
        if values.is_empty() {
            continue;
        }
        let mut set = |check: &str, name: &str, values: Vec<String>| {
            let done = import.draft.set(check, name, ParamValue::Texts(values), import.catalogue);
            if done && name != "labels" {
                import.draft.select.insert(check.to_owned());
            }
            done
        };
        let done = match entry.key() {
            "imageRepositoryAllowList" => set("image/registry", "allow", values),
            // Both are lists of what an image may not come from.
            "untrustedRegistries" | "publicRegistries" => {
                deny.extend(values);
                set("image/registry", "deny", deny.clone())
            }
            "servicesNames" => set("network/exposed-sensitive-service", "services", values),
            "k8sRecommendedLabels" => set("hygiene/recommended-labels", "labels", values),
            "sensitiveKeyNamesAllowed" => set("secrets/env-literal", "allow", values),
            key => match (range(key), values.as_slice()) {
                // From nothing on is no bound.
                (Some(_), [value]) if value == "0" => true,
                (Some((side, resource)), [value]) => {
                    ranges.entry(side).or_default().insert(resource, value.clone());
                    let bounds = ParamValue::Map(ranges.get(side).cloned().unwrap_or_default());
                    import.draft.select.insert("reliability/resource-range".to_owned());
                    import.draft.set("reliability/resource-range", side, bounds, import.catalogue)
                }
                _ => false,
            },
        };
        if !done {
            import.lose_entry(source, entry, format!("`{}` has no counterpart", entry.key()));
        }
    }
}

/// `cpu_limit_max` is the largest `cpu-limit`.
fn range(key: &str) -> Option<(&'static str, String)> {
    let (resource, side) = key.rsplit_once('_')?;
    let side = match side {
        "min" => "min",
        "max" => "max",
        _ => return None,
    };
    let known = ["cpu_limit", "cpu_request", "memory_limit", "memory_request"];
    known.contains(&resource).then(|| (side, resource.replace('_', "-")))
}
