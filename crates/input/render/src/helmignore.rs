//! `.helmignore`, as `pkg/ignore` of Helm reads it: not git's rules. A `!pattern` ends the search for what it does not
//! match, and `**` is refused.

use crate::glob;

#[derive(Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    only_folders: bool,
    whole_path: bool,
}

/// The rules of a chart, Helm's own (`templates/.?*`) last.
#[derive(Debug)]
pub(crate) struct Rules(Vec<Rule>);

impl Default for Rules {
    fn default() -> Rules {
        Rules(rule("templates/.?*").into_iter().collect())
    }
}

impl Rules {
    pub(crate) fn parse(text: &str) -> Result<Rules, String> {
        let mut rules = Vec::new();
        for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
            if line.contains("**") && !line.trim_start().starts_with('#') {
                return Err(format!("line {}: double-star (**) syntax is not supported", index + 1));
            }
            rules.extend(rule(line));
        }
        rules.extend(Rules::default().0);
        Ok(Rules(rules))
    }

    /// Is this path below the chart's folder left out?
    pub(crate) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        for rule in &self.0 {
            let subject = if rule.whole_path { path } else { path.rsplit('/').next().unwrap_or(path) };
            let matches = glob::matches(&rule.pattern, subject);
            if rule.negated {
                if rule.only_folders && !is_folder || !matches {
                    return true;
                }
                continue;
            }
            if matches && (is_folder || !rule.only_folders) {
                return true;
            }
        }
        false
    }
}

fn rule(line: &str) -> Option<Rule> {
    let mut pattern = line.trim();
    if pattern.is_empty() || pattern.starts_with('#') {
        return None;
    }
    let negated = pattern.starts_with('!');
    pattern = pattern.strip_prefix('!').unwrap_or(pattern);
    let only_folders = pattern.ends_with('/');
    pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    let whole_path = pattern.contains('/');
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern).to_owned();
    Some(Rule { pattern, negated, only_folders, whole_path })
}
