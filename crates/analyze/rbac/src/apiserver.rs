//! The API server's own configuration files: `AuthenticationConfiguration` and `AuthorizationConfiguration`.
//!
//! They are no objects of a cluster: no metadata, no schema, read once at start and again when they change. What the
//! server makes of them is in k8s.io/apiserver `pkg/apis/apiserver` (defaults, validation). Expressions are CEL; they are
//! not evaluated, only looked at for what a prefix or a `startsWith` settles: what cannot be told is said to be so.

mod shape;

pub(crate) use shape::judge;

use ironclad_model::{Object, group_of};
use ironclad_tree::NodeRef;

/// A file with one of the two kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    /// Who somebody is.
    Authentication,
    /// Who is asked what they may do.
    Authorization,
}

impl File {
    /// Is the object such a file?
    pub(crate) fn is(self, object: &Object) -> bool {
        let kind = match self {
            File::Authentication => "AuthenticationConfiguration",
            File::Authorization => "AuthorizationConfiguration",
        };
        object.kind_name() == kind && group_of(object.api_version()) == "apiserver.config.k8s.io"
    }
}

/// A field, where it is there and not null.
pub(crate) fn field<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value()).filter(|value| !value.is_null())
}

/// A text that is not empty; Go does not tell an empty one from none.
pub(crate) fn text<'a>(node: NodeRef<'a>, name: &str) -> Option<&'a str> {
    field(node, name)?.as_str().filter(|text| !text.is_empty())
}

/// Items of a list; none where there is no list.
pub(crate) fn items<'a>(node: NodeRef<'a>, name: &str) -> impl Iterator<Item = NodeRef<'a>> + Clone {
    field(node, name).into_iter().flat_map(|list| list.items())
}

/// Issuers of tokens: `jwt[]`.
pub(crate) fn issuers(object: &Object) -> impl Iterator<Item = NodeRef<'_>> + Clone {
    items(object.root(), "jwt")
}

/// The URL of an issuer, for messages.
pub(crate) fn url(jwt: NodeRef<'_>) -> &str {
    field(jwt, "issuer").and_then(|issuer| text(issuer, "url")).unwrap_or("(no URL)")
}

/// Expressions of a list of rules, `claimValidationRules` or `userValidationRules`.
pub(crate) fn expressions<'a>(jwt: NodeRef<'a>, rules: &str) -> impl Iterator<Item = &'a str> {
    items(jwt, rules).filter_map(|rule| text(rule, "expression"))
}

/// Seconds of a Go duration (`5m`, `1h30m`, `1.5s`); none where it is none.
pub(crate) fn seconds(duration: &str) -> Option<f64> {
    let (negative, mut rest) = match duration.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, duration.strip_prefix('+').unwrap_or(duration)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut sum = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, after) = rest.split_at(number);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        sum += digits.parse::<f64>().ok()? * factor;
        any = true;
        rest = next;
    }
    any.then_some(if negative { -sum } else { sum })
}

/// What begins the names that the API server keeps for itself; nothing in it refuses them from outside.
pub(crate) const RESERVED: &str = "system:";

/// Can something behind this prefix be a reserved name?
pub(crate) fn may_be_reserved(prefix: &str) -> bool {
    prefix.starts_with(RESERVED) || RESERVED.starts_with(prefix)
}

/// Does an expression put something before all it yields that no reserved name begins with?
///
/// Told of `'oidc:' + …`, `list.map(x, 'oidc:' + …)` and `['a', 'oidc:' + …]`.
pub(crate) fn is_prefixed(expression: &str) -> bool {
    let expression = expression.trim();
    // A choice between two values: the first literal says nothing of the second.
    if expression.contains("? ") || expression.contains("||") || expression.contains("&&") {
        return false;
    }
    if let Some(list) = expression.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !list.contains(['[', '(']) && list.split(',').all(starts_safely);
    }
    if let Some((_, call)) = expression.rsplit_once(".map(") {
        // Only a call that ends the expression.
        let Some(body) = call.strip_suffix(')') else { return false };
        return body.split_once(',').is_some_and(|(_, value)| starts_safely(value));
    }
    starts_safely(expression)
}

fn starts_safely(expression: &str) -> bool {
    let Some((literal, rest)) = literal(expression.trim_start()) else { return false };
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with('+')) && !may_be_reserved(literal)
}

/// A string literal at the start, without its quotes, and what follows it. One with escapes is not read.
fn literal(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (literal, rest) = text[1..].split_once(quote)?;
    (!literal.contains('\\')).then_some((literal, rest))
}

/// Does a rule keep reserved names out?
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Guard {
    /// It says nothing of them.
    No,
    /// It may.
    Unclear,
    /// It does: `!x.startsWith('system:')`, or `x.startsWith('something else')`.
    Yes,
}

/// Does an expression name this path, and not one that is only longer by some letters?
pub(crate) fn mentions(expression: &str, path: &str) -> bool {
    let mut rests = expression.split(path).skip(1);
    rests.any(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

/// What an expression about `subject` (`user.groups`) does against reserved names.
pub(crate) fn guard(expression: &str, subject: &str) -> Guard {
    if !mentions(expression, subject) {
        return Guard::No;
    }
    // One side of an "or" binds nothing by itself, and what a parenthesis negates is not read.
    if ["||", "? ", "!("].iter().any(|sign| expression.contains(sign)) {
        return Guard::Unclear;
    }
    const CALL: &str = ".startsWith(";
    for (at, _) in expression.match_indices(CALL) {
        let before = expression[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let receiver = &expression[before.len()..at];
        let of_all = || expression.contains(&format!("{subject}.all({receiver},"));
        let Some((literal, _)) = literal(expression[at + CALL.len()..].trim_start()) else { continue };
        let keeps_out = match before.ends_with('!') {
            true => !literal.is_empty() && RESERVED.starts_with(literal),
            false => !may_be_reserved(literal),
        };
        if keeps_out && (receiver == subject || of_all()) {
            return Guard::Yes;
        }
    }
    Guard::Unclear
}

#[cfg(test)]
mod tests {
    use super::{Guard, guard, is_prefixed, seconds};

    #[test]
    fn durations_are_those_of_go() {
        for (text, expected) in [
            ("5m", Some(300.0)),
            ("1h30m", Some(5400.0)),
            ("1.5s", Some(1.5)),
            ("0", Some(0.0)),
            ("-3s", Some(-3.0)),
            ("250ms", Some(0.25)),
            ("5", None),
            ("m", None),
            ("", None),
            ("5d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn prefixes_of_expressions() {
        for (expression, expected) in [
            ("'oidc:' + claims.sub", true),
            ("\"oidc:\" + claims.sub", true),
            ("'developers'", true),
            ("claims.groups.map(g, 'oidc:' + g)", true),
            ("['a', 'team:' + claims.team]", true),
            ("claims.sub", false),
            ("'' + claims.sub", false),
            ("'sys' + claims.sub", false),
            ("'system:oidc:' + claims.sub", false),
            ("claims.groups.map(g, g)", false),
            ("claims.groups.map(g, 'oidc:' + g) + claims.roles", false),
            ("['a', claims.team]", false),
            ("claims.admin ? 'a:' + claims.sub : claims.sub", false),
            ("'a' == claims.b ? claims.sub : ''", false),
            ("'\\x73ystem:' + claims.sub", false),
        ] {
            assert_eq!(is_prefixed(expression), expected, "{expression}");
        }
    }

    #[test]
    fn guards_of_rules() {
        for (expression, expected) in [
            ("!user.username.startsWith('system:')", Guard::Yes),
            ("user.username.startsWith('corp:')", Guard::Yes),
            ("user.username.startsWith('system:')", Guard::Unclear),
            ("!user.username.startsWith('corp:')", Guard::Unclear),
            ("!user.username.startsWith('system:') || true", Guard::Unclear),
            ("user.username.matches('^[a-z]+$')", Guard::Unclear),
            ("user.groups.all(g, !g.startsWith('system:'))", Guard::No),
            ("user.usernames.startsWith('corp:')", Guard::No),
            ("!(user.username.startsWith('corp:'))", Guard::Unclear),
            ("user.username != '' && user.uid.startsWith('corp:')", Guard::Unclear),
        ] {
            assert_eq!(guard(expression, "user.username"), expected, "{expression}");
        }
        assert_eq!(guard("user.groups.all(group, !group.startsWith('system:'))", "user.groups"), Guard::Yes);
        assert_eq!(guard("user.groups.exists(group, !group.startsWith('system:'))", "user.groups"), Guard::Unclear);
    }
}
