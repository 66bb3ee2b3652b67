//! Names of secrets, by whole words: `DB_PASSWORD`, `apiKey`, `client-secret`, and not `KEYBOARD`, `SECRET_NAME`.

/// How a name says that its value is a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretName {
    /// It says so: `password`, `api key`.
    Certain,
    /// It may: `key`, `auth`, `salt`. The value must look like a secret as well.
    Weak,
}

/// One word is enough.
const WORDS: &[&str] = &[
    "apikey",
    "bearer",
    "credential",
    "credentials",
    "creds",
    "jwt",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pgpassword",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "secrets",
    "token",
];

/// Two words in a row.
const PAIRS: &[(&str, &str)] = &[
    ("access", "key"),
    ("account", "key"),
    ("api", "key"),
    ("app", "key"),
    ("auth", "key"),
    ("batch", "key"),
    ("connection", "string"),
    ("consumer", "key"),
    ("encryption", "key"),
    ("hmac", "key"),
    ("license", "key"),
    ("master", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("shared", "key"),
    ("signing", "key"),
    ("ssh", "key"),
    ("storage", "key"),
];

/// Enough at the end of a name of several words: `DB_PASS`, `REDIS_AUTH`.
const LAST_OF_SEVERAL: &[&str] = &["pass", "pw"];

/// Words of names whose values are secrets now and then.
const WEAK: &[&str] = &["auth", "authorization", "cookie", "dsn", "hash", "key", "pin", "salt", "seed", "signature"];

/// A name that ends so speaks about a secret and does not hold it.
const ABOUT: &[&str] = &[
    "addr",
    "address",
    "algorithm",
    "arn",
    "audience",
    "backend",
    "bytes",
    "claim",
    "class",
    "cmd",
    "command",
    "count",
    "dir",
    "directory",
    "disabled",
    "domain",
    "enabled",
    "endpoint",
    "endpoints",
    "engine",
    "env",
    "expiration",
    "expiry",
    "field",
    "file",
    "filename",
    "files",
    "format",
    "header",
    "hint",
    "host",
    "interval",
    "issuer",
    "key",
    "keys",
    "kind",
    "label",
    "labels",
    "length",
    "lifetime",
    "limit",
    "location",
    "max",
    "method",
    "min",
    "mode",
    "mount",
    "name",
    "names",
    "namespace",
    "path",
    "paths",
    "pattern",
    "placeholder",
    "policy",
    "port",
    "prefix",
    "provider",
    "ref",
    "refs",
    "regex",
    "regexp",
    "required",
    "rotation",
    "scope",
    "scopes",
    "seconds",
    "selector",
    "server",
    "service",
    "size",
    "source",
    "store",
    "suffix",
    "template",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "urls",
    "user",
    "username",
    "validity",
    "var",
    "variable",
    "version",
    "volume",
];

/// Names of things that are no secrets although they have the word.
const NEVER: &[&[&str]] = &[
    &["existing", "secret"],
    &["pull", "secret"],
    &["pull", "secrets"],
    &["service", "account", "token"],
    &["token", "review"],
    &["public", "key"],
    &["site", "key"],
    &["sort", "key"],
    &["partition", "key"],
    &["primary", "key"],
    &["foreign", "key"],
    &["csrf", "token"],
    // Keeps the members of two etcd clusters apart, and protects nothing.
    &["initial", "cluster", "token"],
];

/// A name with none of these in it has none of the words, pairs and endings above, and most names have not.
const STEMS: &[&str] = &[
    "auth",
    "bearer",
    "cookie",
    "cred",
    "dsn",
    "hash",
    "jwt",
    "key",
    "pass",
    "pin",
    "pw",
    "salt",
    "secret",
    "seed",
    "signature",
    "string",
    "token",
];

fn has_stem(name: &str) -> bool {
    let bytes = name.as_bytes();
    let begins_with = |rest: &[u8], stem: &str| {
        rest.get(..stem.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(stem.as_bytes()))
    };
    (0..bytes.len()).any(|at| {
        let rest = &bytes[at..];
        matches!(rest[0] | 0x20, b'a' | b'b' | b'c' | b'd' | b'h' | b'j' | b'k' | b'p' | b's' | b't')
            && STEMS.iter().any(|stem| begins_with(rest, stem))
    })
}

/// Does this name say that its value is a secret? Words are parts between signs and capitals, compared without case.
pub fn name_of_secret(name: &str) -> Option<SecretName> {
    if !has_stem(name) {
        return None;
    }
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let last = words.last().copied()?;
    // The id of an AWS key pair names the key, and is half of it.
    if words.ends_with(&["access", "key", "id"]) {
        return Some(SecretName::Certain);
    }
    let has_pair = |words: &[&str]| words.windows(2).any(|pair| PAIRS.contains(&(pair[0], pair[1])));
    let is_never = NEVER.iter().any(|never| words.windows(never.len()).any(|part| part == *never));
    let ends_in_pair = words.len() >= 2 && has_pair(&words[words.len() - 2..]);
    if is_never || (ABOUT.contains(&last) && !ends_in_pair && !(last == "key" && words.len() <= 1)) {
        // `SOME_KEY` is about nothing: it may be one.
        return (last == "key" && !is_never && !words.iter().any(|word| WORDS.contains(word)))
            .then_some(SecretName::Weak);
    }
    let certain = words.iter().any(|word| WORDS.contains(word))
        || has_pair(&words)
        || (words.len() > 1 && LAST_OF_SEVERAL.contains(&last));
    if certain {
        return Some(SecretName::Certain);
    }
    words.iter().any(|word| WEAK.contains(word)).then_some(SecretName::Weak)
}

/// The words of a name, in lower case.
pub(crate) fn words(name: &str) -> Vec<String> {
    /// No name of a secret is longer, and a line of text is no name.
    const LONGEST: usize = 128;
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut previous = ' ';
    let mut characters = name.chars().take(LONGEST).peekable();
    while let Some(c) = characters.next() {
        // fooBar, and HTTPServer before `Server`.
        let follows_lower = c.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit());
        let begins_word = c.is_ascii_uppercase()
            && previous.is_ascii_uppercase()
            && characters.peek().is_some_and(char::is_ascii_lowercase);
        if !c.is_ascii_alphanumeric() || follows_lower || begins_word {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        previous = c;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quick look at a name overlooks nothing that the lists know.
    #[test]
    fn every_word_has_a_stem() {
        let pairs = PAIRS.iter().map(|(first, second)| format!("{first}_{second}"));
        let words = [WORDS, LAST_OF_SEVERAL, WEAK].concat().into_iter().map(str::to_owned);
        for name in pairs.chain(words).chain(["access_key_id".to_owned()]) {
            assert!(has_stem(&name) && has_stem(&name.to_uppercase()), "{name}");
        }
        assert!(!has_stem("image") && !has_stem(""));
    }

    #[test]
    fn whole_words_only() {
        use SecretName::{Certain, Weak};
        let cases = [
            ("DB_PASSWORD", Some(Certain)),
            ("dbPassword", Some(Certain)),
            ("db-pass", Some(Certain)),
            ("PGPASSWORD", Some(Certain)),
            ("API_KEY", Some(Certain)),
            ("apiKey", Some(Certain)),
            ("AWS_SECRET_ACCESS_KEY", Some(Certain)),
            ("AWS_ACCESS_KEY_ID", Some(Certain)),
            ("AZURE_BATCH_KEY", Some(Certain)),
            ("SECRET_BLAH", Some(Certain)),
            ("pwd", Some(Certain)),
            ("token", Some(Certain)),
            ("spring.datasource.password", Some(Certain)),
            ("KEY", Some(Weak)),
            ("CACHE_KEY", Some(Weak)),
            ("MONKEY", None),
            ("KEYBOARD", None),
            ("TOKENIZER", None),
            ("SECRETARY", None),
            ("MAX_TOKENS", None),
            ("PASSWORD_FILE", None),
            ("AWS_TOKEN_FILE", None),
            ("SECRET_NAME", None),
            ("TOKEN_URL", None),
            ("TOKEN_TTL_SECONDS", None),
            ("existingSecretPasswordKey", None),
            ("imagePullSecret", None),
            ("passwordPattern", None),
            ("secretEnv", None),
            ("initial-cluster-token", None),
            ("PUBLIC_KEY", None),
            ("PATH", None),
            ("PASS", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(name_of_secret(name), expected, "{name}");
        }
    }

    #[test]
    fn words_are_cut_at_signs_and_capitals() {
        assert_eq!(words("HTTPServerKey2Name"), ["http", "server", "key2", "name"]);
        assert_eq!(words("a.b-c_d"), ["a", "b", "c", "d"]);
    }
}
