//! Unified diffs, as `patch` and `git apply` read them.

use similar::TextDiff;

/// The difference between two texts of one name; empty where there is none.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // `git apply` takes the letter and the first slash away.
    let name = name.trim_start_matches('/');
    let diff = TextDiff::configure().diff_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_last_break_is_said() {
        assert_eq!(unified("a.yaml", "a\n", "a\n"), "");
        let diff = unified("a.yaml", "a: 1\nb: 2", "a: 1\nb: 3");
        assert_eq!(
            diff,
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n"
        );
    }
}
