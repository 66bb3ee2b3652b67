//! Personal data in text: addresses, account numbers, telephone numbers.

use crate::name::words;
use regex::Regex;
use std::sync::LazyLock;

static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b([A-Za-z0-9._%+-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})\b").ok());
static IBAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b").ok());

/// What personal data the value of a key holds, each sort once, in words.
pub fn personal(key: &str, text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let is_mail = |pattern: &Regex| {
        pattern.captures_iter(text).any(|part| {
            let group = |at| part.get(at).map_or("", |group| group.as_str());
            is_person(group(1)) && is_domain(group(2))
        })
    };
    if text.contains('@') && EMAIL.as_ref().is_some_and(is_mail) {
        found.push("an e-mail address");
    }
    if IBAN.as_ref().is_some_and(|pattern| pattern.find_iter(text).any(|part| is_iban(part.as_str()))) {
        found.push("an account number (IBAN)");
    }
    let is_phone = |name: &str, value: &str| names_a_phone(name) && is_phone_number(value);
    let one_line = !text.trim_end().contains('\n');
    let quotes = ['"', '\'', ',', ' '];
    let is_line = |line: &str| {
        line.split_once(['=', ':']).is_some_and(|(name, value)| is_phone(name, value.trim_matches(quotes)))
    };
    if (one_line && is_phone(key, text.trim())) || text.lines().any(is_line) {
        found.push("a telephone number");
    }
    found
}

/// `git@`, `noreply@` and the like are nobody.
fn is_person(local: &str) -> bool {
    const NOBODY: &[&str] =
        &["git", "noreply", "no-reply", "donotreply", "root", "user", "admin", "me", "you", "name", "test"];
    !NOBODY.iter().any(|name| local.eq_ignore_ascii_case(name))
}

/// Domains of manuals and of the cluster itself are no one's; a file name is no domain.
fn is_domain(domain: &str) -> bool {
    let lower = domain.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
    !lower.split('.').any(|part| part == "example")
        && !ends(&[".local", ".internal", ".test", ".invalid", ".svc", ".png", ".svg", ".js", ".css", ".json", ".yaml"])
}

/// ISO 13616: the number with its head moved to the end is 1 modulo 97.
fn is_iban(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| *c != ' ').collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let (head, tail) = letters.split_at(4);
    let mut rest = 0u32;
    for c in tail.chars().chain(head.chars()) {
        let Some(value) = c.to_digit(36) else { return false };
        rest = (rest * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    rest == 1
}

fn names_a_phone(name: &str) -> bool {
    const WORDS: &[&str] = &["phone", "telephone", "mobile", "tel", "fax", "cellphone"];
    words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

fn is_phone_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data() {
        assert_eq!(personal("contact", "ask jane.doe@corp.io"), ["an e-mail address"]);
        assert_eq!(personal("repo", "git@github.com:a/b.git, admin@corp.io, x@example.com, icon@2x.png"), [""; 0]);
        assert_eq!(personal("x", "GB82 WEST 1234 5698 7654 32"), ["an account number (IBAN)"]);
        assert_eq!(personal("x", "GB83 WEST 1234 5698 7654 32"), [""; 0]);
        assert_eq!(personal("support_phone", "+49 30 1234567"), ["a telephone number"]);
        assert_eq!(personal("app.properties", "tel=030/1234567\nport=8080"), ["a telephone number"]);
        assert_eq!(personal("telephone.size", "12"), [""; 0]);
    }
}
