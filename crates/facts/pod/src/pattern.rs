//! Patterns of lists that people write: names with `*`.

/// Does the whole text match the pattern, in which `*` stands for any characters (none too)?
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Does an entry of a list of registries cover this image (`docker.io/library/nginx`)? The pattern is held against the
/// whole name and against every part of it that ends before a `/`: `gcr.io/team` covers `gcr.io/team/app`, and not
/// `gcr.io/teamster/app`.
pub fn covers_image(pattern: &str, name: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    matches_pattern(pattern, name) || name.match_indices('/').any(|(slash, _)| matches_pattern(pattern, &name[..slash]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, wanted) in [
            ("kata*", "kata-qemu", true),
            ("kata*", "kata", true),
            ("gvisor", "gvisor-debug", false),
            ("*-v*-*", "a-v1-b", true),
            ("*-v*-*", "a-v1", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn registries_end_at_slashes() {
        for (pattern, wanted) in [
            ("gcr.io", true),
            ("gcr.io/team/", true),
            ("gcr.io/team/app", true),
            ("*/app", true),
            ("gcr", false),
            ("gcr.io/te", false),
        ] {
            assert_eq!(covers_image(pattern, "gcr.io/team/app"), wanted, "{pattern}");
        }
    }
}
