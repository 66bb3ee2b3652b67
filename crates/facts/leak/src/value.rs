//! A name with its value: is it a secret, or a reference, a path, a switch?

use crate::{SecretName, engine::find, entropy, name::words, name_of_secret, rules::Confidence};

/// What makes a value a secret.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// The name says so, and the value is none of the things that are no secrets.
    Named,
    /// The value is a token, a key or a URL of a known form; the title of its rule.
    Shaped(&'static str, Confidence),
    /// The name may be one of a secret, and the value looks random.
    Random,
}

/// Is the value of this name a secret in plain sight?
pub fn judge(name: &str, value: &str) -> Option<Verdict> {
    let value = value.trim();
    // A form of its own needs no name.
    if let Some(leak) = find(value).first() {
        return Some(Verdict::Shaped(leak.rule.title, leak.confidence));
    }
    if is_harmless(value) {
        return None;
    }
    match name_of_secret(name)? {
        SecretName::Certain if !names_an_object(value) && !names_a_field(name, value) && !takes_its_secret(value) => {
            Some(Verdict::Named)
        }
        SecretName::Weak if is_random(value) => Some(Verdict::Random),
        _ => None,
    }
}

/// Does a value only say where the secret is, or nothing: references, switches, numbers, paths, URLs?
fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || is_reference(value)
        || is_switch_or_number(value)
        || is_path(value)
        || is_file_name(value)
        || is_url(value)
        || is_protected(value)
}

/// `$(VAR)`, `${VAR}`, `{{ .Values.x }}`, `<password>`, `%ENV%` and nothing else; what others fill in.
pub fn is_reference(value: &str) -> bool {
    let mut rest = value.trim();
    if rest.is_empty() {
        return false;
    }
    const PAIRS: &[(&str, &str)] =
        &[("$(", ")"), ("${", "}"), ("{{", "}}"), ("<%", "%>"), ("<", ">"), ("$[", "]"), ("[[", "]]")];
    // A chain of references, with signs in between.
    while !rest.is_empty() {
        let after = PAIRS.iter().find_map(|(open, close)| {
            let inner = rest.strip_prefix(open)?;
            inner.find(close).and_then(|at| inner.get(at + close.len()..))
        });
        let variable = || {
            let name = rest.strip_prefix('$')?;
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            (end > 0).then(|| name.get(end..)).flatten()
        };
        match after.or_else(variable) {
            Some(after) => rest = after.trim_start_matches([':', '/', '@', '-', '_', '.', ',', ' ', '}', '"', '\'']),
            None => return is_pointer_elsewhere(value) || names_a_key(value),
        }
    }
    true
}

/// `$dex.github.clientSecret`, `$email-password`: a key of a Secret, as Argo CD and Dex refer to it. Only plain words, one of
/// which says what it is: a password may begin with the sign as well.
fn names_a_key(value: &str) -> bool {
    let Some(key) = value.strip_prefix('$') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic());
    key.split(['.', ':', '-', '_']).all(is_word)
        && words(key).iter().any(|word| WORDS_OF_SECRETS.contains(&word.as_str()))
}

/// Names in secret stores, as injectors and operators resolve them.
fn is_pointer_elsewhere(value: &str) -> bool {
    const STORES: &[&str] = &[
        "vault:",
        "vault+",
        "ref+",
        "op://",
        "arn:aws:secretsmanager:",
        "arn:aws:ssm:",
        "secretref:",
        "secret://",
        "gcp:secretmanager:",
        "azurekeyvault://",
        "azure:keyvault:",
        "file://",
        "env:",
        "awssm:",
        "sm://",
        "projects/",
        "@Microsoft.KeyVault(",
        "akvs:",
    ];
    STORES.iter().any(|store| value.starts_with(store))
}

/// Booleans, numbers, durations, sizes, and words that switch something off.
fn is_switch_or_number(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "none",
        "nil",
        "~",
        "undefined",
        "required",
        "optional",
        "enabled",
        "disabled",
        "auto",
        "always",
        "never",
    ];
    let is_number = || {
        let digits = value.trim_start_matches(['-', '+']);
        let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | ':'));
        digits.starts_with(|c: char| c.is_ascii_digit())
            && matches!(
                unit,
                "" | "s"
                    | "m"
                    | "h"
                    | "d"
                    | "w"
                    | "y"
                    | "ms"
                    | "us"
                    | "ns"
                    | "k"
                    | "M"
                    | "G"
                    | "Ki"
                    | "Mi"
                    | "Gi"
                    | "KB"
                    | "MB"
                    | "GB"
                    | "%"
            )
    };
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)) || is_number()
}

/// A path: absolute, or of plain segments. Base64 has slashes as well, and segments that nobody calls a folder.
fn is_path(value: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~' | ':' | '@' | '\\');
    if !value.chars().all(is_plain) {
        return false;
    }
    let has_start = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let is_segment = |segment: &str| {
        let upper = segment.bytes().filter(u8::is_ascii_uppercase).count();
        let digits = segment.bytes().filter(u8::is_ascii_digit).count();
        segment.len() <= 40 && (upper == 0 || digits == 0 || segment.len() < 8)
    };
    let is_windows = value.as_bytes().get(1) == Some(&b':') && value.as_bytes().get(2) == Some(&b'\\');
    is_windows || ((has_start || value.contains('/')) && value.split('/').all(is_segment))
}

/// `creds.json`: a file that holds the secret, in the folder that the program runs in.
fn is_file_name(value: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "cer",
        "cfg",
        "conf",
        "crt",
        "env",
        "ini",
        "jks",
        "json",
        "key",
        "keytab",
        "p12",
        "pem",
        "pfx",
        "properties",
        "toml",
        "txt",
        "xml",
        "yaml",
        "yml",
    ];
    let Some((name, ending)) = value.rsplit_once('.') else { return false };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(is_plain) && ENDINGS.contains(&ending) && !is_random(value)
}

/// A URL; one with a password is found by its form before.
fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
        && !rest.is_empty()
        && !rest.contains(char::is_whitespace)
}

/// Ciphertext of tools whose purpose it is to be committed: SOPS, Sealed Secrets, age, PGP, Vault's transit engine.
fn is_protected(value: &str) -> bool {
    let is_transit = || {
        value
            .strip_prefix("vault:v")
            .is_some_and(|rest| rest.split(':').next().is_some_and(|n| n.parse::<u32>().is_ok()))
    };
    value.starts_with("ENC[")
        || value.starts_with("-----BEGIN PGP MESSAGE")
        || value.starts_with("-----BEGIN AGE ENCRYPTED FILE")
        || (value.starts_with("Ag") && value.len() > 200)
        || is_transit()
}

/// `secretKey: password`: the key of a Secret under which the secret is, by the word that says what it is. `SECRET_KEY=secret`
/// is a variable, and a poor secret.
fn names_a_field(name: &str, value: &str) -> bool {
    WORDS_OF_SECRETS.contains(&value)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && words(name).last().is_some_and(|last| last == "key")
}

/// `user=app password='$(DB_PASSWORD)' host=db`: a connection string whose secret is a reference.
fn takes_its_secret(value: &str) -> bool {
    let parts = value.split(|c: char| c.is_ascii_whitespace() || c == ';');
    let pairs = parts.filter_map(|part| part.split_once('='));
    let mut secrets = pairs.filter(|(name, _)| name_of_secret(name) == Some(SecretName::Certain)).peekable();
    secrets.peek().is_some() && secrets.all(|(_, value)| is_reference(value.trim_matches(['"', '\''])))
}

/// `my-tls-secret`, `db-credentials`: the name of an object that holds the secret.
fn names_an_object(value: &str) -> bool {
    value.contains('-')
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && words(value).iter().any(|word| WORDS_OF_SECRETS.contains(&word.as_str()))
}

/// One of these is in the name of what holds a secret.
const WORDS_OF_SECRETS: &[&str] =
    &["secret", "secrets", "token", "creds", "credentials", "cert", "tls", "key", "auth", "password"];

/// Long enough, of several classes of characters, and of many different ones; no UUID and no digest.
pub(crate) fn is_random(value: &str) -> bool {
    const SHORTEST: usize = 20;
    const LEAST_BITS: f64 = 3.7;
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let classes = usize::from(has(u8::is_ascii_lowercase))
        + usize::from(has(u8::is_ascii_uppercase))
        + usize::from(has(u8::is_ascii_digit));
    let is_hex = value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    value.len() >= SHORTEST
        && !value.contains(char::is_whitespace)
        && classes == 3
        && !is_hex
        && !value.contains("sha256:")
        && entropy(value) >= LEAST_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_decide_together() {
        let random = "q7Vn2kXw9TzR4mYb8LcP1s";
        let cases = [
            ("DB_PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "changeme", true),
            ("DB_PASSWORD", "", false),
            ("DB_PASSWORD", "$(OTHER)", false),
            ("DB_PASSWORD", "${DB_PASSWORD}", false),
            ("DB_PASSWORD", "{{ .Values.password }}", false),
            ("DB_PASSWORD", "$PASSWORD", false),
            ("DB_PASSWORD", "<password>", false),
            ("DB_PASSWORD", "prefix-$(OTHER)", true),
            ("DB_PASSWORD", "true", false),
            ("DB_PASSWORD", "8080", false),
            ("TOKEN", "30m", false),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("my_password", "my/secret/file/path", false),
            ("AWS_SECRET_ACCESS_KEY", "wJ4lrXUtnF3MI/K7MD3NG/bPxRf1CYabcdefgh12", true),
            ("SECRET", "https://vault.example.com/v1", false),
            ("DB_PASSWORD", "vault:secret/data/db#password", false),
            ("DB_PASSWORD", "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", false),
            ("TLS_SECRET", "web-tls-secret", false),
            ("secretKey", "password", false),
            ("SECRET_KEY", "changeme", true),
            ("SECRET_KEY", "secret", true),
            ("clientSecret", "$dex.github.clientSecret", false),
            ("password", "$email-password", false),
            ("password", "$ecret-Passw0rd", true),
            ("password", "$ummer-time", true),
            ("GOOGLE_APPLICATION_CREDENTIALS", "creds.json", false),
            ("PASSWORD", "hunter2.json5", true),
            ("passwordPattern", "^.{8,32}$", false),
            ("connectionString", "user=app password='$(DB_PASSWORD)' host=db", false),
            ("connectionString", "Server=db;User Id=sa;Password=${DB_PASSWORD}", false),
            ("connectionString", "user=app password='hunter2' host=db", true),
            ("secret-field-selector", "type!=kubernetes.io/dockercfg", false),
            ("SECRET_BLAH", "secretsquirrels", true),
            ("SOME_KEY", random, true),
            ("SOME_KEY", "left", false),
            ("SOME_KEY", "123e4567-e89b-12d3-a456-426614174000", false),
            ("GREETING", random, false),
            ("AUTH_HEADER", "bearer abc123def", true),
            ("GREETING", "Hello from the environment", false),
        ];
        for (name, value, expected) in cases {
            assert_eq!(judge(name, value).is_some(), expected, "{name} = {value}: {:?}", judge(name, value));
        }
    }
}
