//! Patterns of other tools as globs, where a glob can say the same.

/// An anchored regular expression as a glob: literals, `.`, `.*`, `.+`, `\.` and alternatives. None for anything else.
pub(super) fn of_regex(pattern: &str) -> Option<String> {
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    let (inner, grouped) = match bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')']) => (inner, true),
        _ => (bare, false),
    };
    if inner.contains('|') && (grouped || !inner.contains(['(', ')'])) {
        let parts: Option<Vec<String>> = inner.split('|').map(single).collect();
        return Some(format!("{{{}}}", parts?.join(",")));
    }
    single(inner)
}

fn single(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' => match chars.peek() {
                Some('*') => {
                    chars.next();
                    out.push('*');
                }
                Some('+') => {
                    chars.next();
                    out.push_str("?*");
                }
                Some('?' | '{') => return None,
                _ => out.push('?'),
            },
            '\\' => {
                let literal = chars.next()?;
                if literal.is_ascii_alphanumeric() {
                    return None;
                }
                out.push_str(&globset::escape(&literal.to_string()));
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | ':' | ' ' | '@') => {
                if matches!(chars.peek(), Some('*' | '+' | '?' | '{')) {
                    return None;
                }
                out.push(c);
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Kubescape compares kinds without regard to case; a glob does not.
pub(super) fn of_kind(pattern: &str) -> Option<String> {
    const KINDS: &[&str] = &[
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Ingress",
        "Job",
        "Namespace",
        "NetworkPolicy",
        "Pod",
        "ReplicaSet",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    ];
    let glob = of_regex(pattern)?;
    let known = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(&glob));
    Some(known.map_or(glob, |kind| (*kind).to_owned()))
}

/// Names that begin with any of these: Polaris' way.
pub(super) fn of_prefixes(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{}*", globset::escape(one))),
        many => Some(format!(
            "{{{}}}",
            many.iter().map(|n| format!("{}*", globset::escape(n))).collect::<Vec<_>>().join(",")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_become_globs_or_nothing() {
        for (regex, glob) in [
            ("web", Some("web")),
            (".*", Some("*")),
            ("kube-.*", Some("kube-*")),
            ("^a.b$", Some("a?b")),
            ("shop|bank", Some("{shop,bank}")),
            ("(shop|bank-.+)", Some("{shop,bank-?*}")),
            ("a\\.b", Some("a.b")),
            ("a+", None),
            ("[ab]", None),
            ("(?i)web", None),
            ("a{2}", None),
            ("(a|b)c", None),
        ] {
            assert_eq!(of_regex(regex).as_deref(), glob, "{regex}");
        }
        assert_eq!(of_kind("daemonset").as_deref(), Some("DaemonSet"));
        assert_eq!(of_prefixes(&["a".to_owned(), "b".to_owned()]).as_deref(), Some("{a*,b*}"));
    }
}
