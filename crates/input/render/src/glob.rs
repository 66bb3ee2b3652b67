//! Two kinds of glob: Go's `filepath.Match` for `.helmignore`, and `gobwas/glob` for `.Files.Glob`.

/// `filepath.Match`: `*` and `?` stop at `/`, `[a-z]`, `\` escapes. A broken pattern matches nothing.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    walk(&pattern, &name, false)
}

/// `gobwas/glob` with `/` as separator: as above, and `**` crosses folders, `{a,b}` chooses.
pub(crate) fn matches_file(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    alternatives(pattern, 0).iter().any(|pattern| {
        let pattern: Vec<char> = pattern.chars().collect();
        walk(&pattern, &name, true)
    })
}

/// A pattern without braces for each choice of its braces.
fn alternatives(pattern: &str, depth: usize) -> Vec<String> {
    const MOST: usize = 256;
    let Some(open) = pattern.find('{').filter(|_| depth < 8) else { return vec![pattern.to_owned()] };
    let rest = pattern.get(open + 1..).unwrap_or_default();
    let (mut level, mut starts, mut close) = (0usize, vec![0usize], None);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => {
                close = Some(at);
                break;
            }
            '}' => level -= 1,
            ',' if level == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    let Some(close) = close else { return vec![pattern.to_owned()] };
    let (head, tail) = (pattern.get(..open).unwrap_or_default(), rest.get(close + 1..).unwrap_or_default());
    let mut all = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(close, |next| next - 1);
        let choice = rest.get(*start..end).unwrap_or_default();
        all.extend(alternatives(&format!("{head}{choice}{tail}"), depth + 1));
        if all.len() > MOST {
            break;
        }
    }
    all
}

/// Iterative matching with the last star to go back to: linear in practice, quadratic at worst.
fn walk(pattern: &[char], name: &[char], doubles: bool) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where the last star of each kind is, and where it began to eat.
    let mut single: Option<(usize, usize)> = None;
    let mut double: Option<(usize, usize)> = None;
    loop {
        let next = pattern.get(p).copied();
        let c = name.get(n).copied();
        let advanced = match (next, c) {
            (None, None) => return true,
            (Some('*'), _) => {
                let is_double = doubles && pattern.get(p + 1) == Some(&'*');
                p += if is_double { 2 } else { 1 };
                if is_double {
                    double = Some((p, n));
                    single = None;
                } else {
                    single = Some((p, n));
                }
                true
            }
            (Some('?'), Some(c)) if c != '/' => {
                (p, n) = (p + 1, n + 1);
                true
            }
            (Some('['), Some(c)) => match class(pattern, p, c) {
                Some((true, after)) => {
                    (p, n) = (after, n + 1);
                    true
                }
                Some((false, _)) => false,
                None => return false,
            },
            (Some('\\'), Some(c)) if pattern.get(p + 1) == Some(&c) => {
                (p, n) = (p + 2, n + 1);
                true
            }
            (Some(x), Some(c)) if x == c && !matches!(x, '?' | '\\') => {
                (p, n) = (p + 1, n + 1);
                true
            }
            _ => false,
        };
        if advanced {
            continue;
        }
        if let Some((after, eaten)) = single
            && name.get(eaten).is_some_and(|c| *c != '/')
        {
            single = Some((after, eaten + 1));
            (p, n) = (after, eaten + 1);
            continue;
        }
        if let Some((after, eaten)) = double
            && eaten < name.len()
        {
            double = Some((after, eaten + 1));
            single = None;
            (p, n) = (after, eaten + 1);
            continue;
        }
        return false;
    }
}

/// Does a class match a character, and where does it end? Nothing where it is broken.
fn class(pattern: &[char], at: usize, c: char) -> Option<(bool, usize)> {
    let mut p = at + 1;
    let negated = matches!(pattern.get(p), Some('^' | '!'));
    p += usize::from(negated);
    let mut matched = false;
    let mut first = true;
    loop {
        let mut low = *pattern.get(p)?;
        if low == ']' && !first {
            return Some((matched != negated && c != '/', p + 1));
        }
        if low == '\\' {
            p += 1;
            low = *pattern.get(p)?;
        }
        let mut high = low;
        if pattern.get(p + 1) == Some(&'-') && pattern.get(p + 2).is_some_and(|c| *c != ']') {
            high = *pattern.get(p + 2)?;
            p += 2;
        }
        matched |= (low..=high).contains(&c);
        p += 1;
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("*.tgz", "a.tgz") && !matches("*.tgz", "a/b.tgz") && matches("[a-c]?", "b1"));
        assert!(!matches("[a", "a") && matches("a\\*", "a*") && matches("templates/.?*", "templates/.x"));
        assert!(matches_file("config/*.conf", "config/a.conf") && !matches_file("config/*.conf", "config/b/a.conf"));
        assert!(matches_file("**.yaml", "a/b/c.yaml") && matches_file("{a,b}/**", "b/x/y") && matches_file("**", "x"));
        assert!(matches_file("a/**/b*", "a/x/y/bz") && !matches_file("a/**/b*", "a/x/y/cz"));
    }
}
