//! Labels and annotations that the configuration demands.

use ironclad_check::{Cx, RunConfig};
use ironclad_model::{Object, Spot};
use ironclad_tree::{Symbol, f};
use ironclad_views::pods;
use regex::{Regex, RegexBuilder};

/// What a check looks for.
pub(super) struct Wanted {
    /// Parameter with the names and patterns.
    pub(super) param: &'static str,
    /// Field of the metadata.
    pub(super) field: Symbol,
    /// Its word.
    pub(super) what: &'static str,
}

/// A pattern of the user's may not cost more than this to hold.
const PATTERN_LIMIT: usize = 1 << 20;

/// The configured patterns, compiled once a run; none for any value, and for a pattern that is none.
struct Patterns(Vec<(String, Option<Regex>)>);

/// Reports what an object, and its pod templates where configured, does not have.
pub(super) fn missing(object: &Object, wanted: &Wanted, cx: &mut Cx<'_>) {
    let kinds = cx.texts("kinds");
    if !kinds.is_empty() && !kinds.iter().any(|kind| kind == object.kind_name()) {
        return;
    }
    let patterns = cx.once(|cx| {
        let configured = cx.map(wanted.param).into_iter().flatten();
        let compile =
            |pattern: &str| RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_LIMIT).build().ok();
        let filled = |pattern: &str| (!pattern.is_empty()).then(|| compile(pattern)).flatten();
        Patterns(configured.map(|(name, pattern)| (name.clone(), filled(pattern))).collect())
    });
    for (name, pattern) in cx.map(wanted.param).into_iter().flatten() {
        let known = patterns.0.iter().any(|(known, compiled)| known == name && compiled.is_some());
        if !pattern.is_empty() && !known {
            cx.not_observed(format!("`{pattern}`, for {} `{name}`, is no regular expression", wanted.what));
        }
    }
    let metadata = Spot::at(object.root()).field(f::METADATA);
    judge(metadata, "object", &patterns.0, wanted, cx);
    if cx.flag("templates") {
        for pod in pods(object, &RunConfig::default().workloads) {
            // A pod's own metadata is the object's.
            if pod.metadata.spot().node().map(|node| node.id()) != metadata.node().map(|node| node.id()) {
                judge(pod.metadata.spot(), "pod template", &patterns.0, wanted, cx);
            }
        }
    }
}

fn judge(metadata: Spot<'_>, whose: &str, patterns: &[(String, Option<Regex>)], wanted: &Wanted, cx: &mut Cx<'_>) {
    let field = metadata.field(wanted.field);
    for (name, pattern) in patterns {
        let entry = field.node().and_then(|map| map.get_str(name));
        match (entry, pattern) {
            (None, _) => {
                cx.find(field, format!("{whose} lacks {} `{name}`", wanted.what));
            }
            (Some(entry), Some(pattern)) => {
                let value = entry.value().text().unwrap_or_default();
                if !pattern.is_match(value) {
                    cx.find(entry.value(), format!("{} `{name}` does not match `{pattern}`", wanted.what));
                }
            }
            (Some(_), None) => {}
        }
    }
}
