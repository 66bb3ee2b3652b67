//! Lists whose items must differ (`x-kubernetes-list-type`): as wholes (`set`), or in their keys (`map`).
//!
//! As k8s.io/apiextensions-apiserver, pkg/apiserver/schema/listtype: of a key that is not written the schema's default
//! counts, and each thing that comes again is named once.

use super::structural::child;
use ironclad_tree::NodeRef;
use rustc_hash::FxHashMap;

/// The items that repeat an earlier one, and what a list of this schema says of them.
pub(super) fn repeated<'a>(list: NodeRef<'a>, schema: NodeRef<'_>) -> Vec<(NodeRef<'a>, String)> {
    let kind = child(schema, "x-kubernetes-list-type").and_then(|kind| kind.as_str());
    let keys: Vec<&str> = match kind {
        Some("map") => {
            let names = child(schema, "x-kubernetes-list-map-keys").into_iter().flat_map(|names| names.items());
            names.filter_map(|name| name.as_str()).collect()
        }
        Some("set") => Vec::new(),
        _ => return Vec::new(),
    };
    if kind == Some("map") && keys.is_empty() {
        return Vec::new();
    }
    let properties = child(schema, "items").and_then(|items| child(items, "properties"));
    let default_of = |name| child(child(properties?, name)?, "default");
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    let mut found = Vec::new();
    for item in list.items() {
        let mut identity = String::new();
        if keys.is_empty() {
            item.write_canonical_json(&mut identity);
        }
        for name in &keys {
            let written = item.get_str(name).map(|entry| entry.value()).filter(|value| !value.is_null());
            if let Some(value) = written {
                value.write_canonical_json(&mut identity);
            } else if let Some(value) = default_of(name) {
                value.write_canonical_json(&mut identity);
            }
            identity.push('\u{1f}');
        }
        let times = seen.entry(identity).or_default();
        *times += 1;
        if *times == 2 {
            let what = match keys.split_last() {
                None => "repeats an earlier one: the list is a set".to_owned(),
                Some((last, [])) => format!("has the `{last}` of an earlier one"),
                Some((last, rest)) => {
                    let rest: Vec<String> = rest.iter().map(|name| format!("`{name}`")).collect();
                    format!("has the {} and `{last}` of an earlier one", rest.join(", "))
                }
            };
            found.push((item, what));
        }
    }
    found
}
