//! The rules: one line a form that a provider gives its secrets. Prefixes and lengths are those that the providers
//! publish or that their tokens show; the patterns are our own.

use crate::{base64, entropy};

/// How sure a rule is of what it finds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Confidence {
    /// Could be.
    Possible,
    /// Nothing else looks so.
    Likely,
    /// It carries a check that holds.
    Confirmed,
}

/// A form of secrets.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Kebab-case, never reused.
    pub id: &'static str,
    /// What it is, as a noun phrase.
    pub title: &'static str,
    /// One of these, in any case, is in every match.
    pub(crate) keywords: &'static [&'static str],
    /// The form; group 1 is the secret where there is one, else all of it.
    pub(crate) pattern: &'static str,
    /// The search stays that near to a keyword, in bytes: no secret of this form is longer.
    pub(crate) span: usize,
    /// Decides on a match of the pattern, and how sure it is.
    pub(crate) test: fn(&str) -> Option<Confidence>,
}

/// Every match counts.
fn any(_: &str) -> Option<Confidence> {
    Some(Confidence::Likely)
}

/// Letters in a row are a form as well; a secret is not so even.
fn uneven(secret: &str) -> Option<Confidence> {
    (entropy(secret) >= 3.0).then_some(Confidence::Likely)
}

macro_rules! rules {
    ($($id:literal $title:literal [$($keyword:literal),*] $pattern:literal $span:literal $test:ident)*) => {
        /// Every rule, sorted by id.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id,
            title: $title,
            keywords: &[$($keyword),*],
            pattern: $pattern,
            span: $span,
            test: $test,
        }),*];
    };
}

rules! {
    "1password-secret-key" "a 1Password secret key" ["a3-"] r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}\b" 80 uneven
    "1password-token" "a 1Password service account token" ["ops_eyj"] r"\bops_(eyJ[A-Za-z0-9+/]{200,}={0,3})" 1400 uneven
    "age-identity" "an age identity" ["age-secret-key-1"] r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b" 96 any
    "alibaba-access-key-id" "an Alibaba Cloud access key" ["ltai"] r"\bLTAI[A-Za-z0-9]{12,26}\b" 64 uneven
    "anthropic-api-key" "an Anthropic API key" ["sk-ant-"] r"\bsk-ant-(?:api|admin|oat)[0-9]{2}-[A-Za-z0-9_-]{80,120}" 160 uneven
    "artifactory-api-key" "an Artifactory API key" ["akcp"] r"\bAKCp[A-Za-z0-9]{69}\b" 96 uneven
    "authorization-basic" "a user with a password" ["basic "] r"(?i:\bbasic\s+)([A-Za-z0-9+/]{8,}={0,2})" 640 pair
    "authorization-bearer" "a bearer token" ["bearer "] r"(?i:\bbearer\s+)([A-Za-z0-9._~+/-]{8,}=*)" 2200 mixed
    "aws-access-key-id" "an AWS access key" ["akia", "asia", "abia", "acca"] r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b" 64 no_example
    "aws-bedrock-api-key" "an Amazon Bedrock key" ["absk"] r"\bABSK[A-Za-z0-9+/]{109,}={0,2}" 320 uneven
    "aws-secret-access-key" "an AWS secret key" ["secret_access_key", "secretaccesskey", "secret-access-key"] r#"(?i:secret[_-]?access[_-]?key)["']?\s*[:=]\s*["']?([A-Za-z0-9/+]{40})\b"# 128 uneven
    "azure-client-secret" "an Azure client secret" ["q~"] r"\b([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?:[^A-Za-z0-9_~.-]|$)" 96 uneven
    "azure-shared-access-signature" "an Azure shared access signature" ["sig="] r"[?&]sig=([A-Za-z0-9%+/]{43,80}(?:=|%3[dD]))" 160 uneven
    "azure-storage-key" "an Azure storage key" ["accountkey=", "sharedaccesskey="] r"(?i:(?:Account|SharedAccess)Key=)([A-Za-z0-9+/]{43,88}={1,2})" 160 uneven
    "buildkite-token" "a Buildkite token" ["bkua_"] r"\bbkua_[a-z0-9]{40}\b" 64 uneven
    "curl-user" "a user with a password" ["curl"] r#"\bcurl\b[^\n|;&]{0,200}?\s(?:-u\s*|--user[ =])["']?([^\s"':$<{]{1,64}:[^\s"'$<{][^\s"']{2,127})"# 420 url_password_of_pair
    "databricks-token" "a Databricks token" ["dapi"] r"\bdapi[0-9a-f]{32}(?:-[0-9])?\b" 64 uneven
    "digitalocean-token" "a DigitalOcean token" ["dop_v1_", "doo_v1_", "dor_v1_"] r"\bdo[opr]_v1_[0-9a-f]{64}\b" 96 uneven
    "discord-webhook" "a Discord webhook" ["/api/webhooks/"] r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/([0-9]{15,22}/[\w-]{60,80})" 160 uneven
    "docker-config-auth" "a registry's user with a password" ["\"auth\""] r#""auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""# 2200 pair
    "docker-hub-token" "a Docker Hub token" ["dckr_pat_", "dckr_oat_"] r"\bdckr_[po]at_[A-Za-z0-9_-]{27,32}" 64 uneven
    "doppler-token" "a Doppler token" ["dp.pt.", "dp.st.", "dp.ct."] r"\bdp\.(?:pt|ct|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44}\b" 112 uneven
    "dynatrace-token" "a Dynatrace token" ["dt0c01.", "dt0s01."] r"\bdt0[a-z][0-9]{2}\.[A-Z2-7]{24}\.[A-Z2-7]{64}\b" 128 uneven
    "facebook-token" "a Facebook token" ["eaa"] r"\bEAA[A-Za-z0-9]{100,}" 560 uneven
    "gcp-api-key" "a Google API key" ["aiza"] r"\b(AIza[0-9A-Za-z_-]{35})(?:[^0-9A-Za-z_-]|$)" 64 uneven
    "gcp-oauth-secret" "a Google OAuth client secret" ["gocspx-"] r"\bGOCSPX-[0-9A-Za-z_-]{28}" 64 uneven
    "github-fine-grained-token" "a GitHub token" ["github_pat_"] r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b" 112 uneven
    "github-token" "a GitHub token" ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] r"\bgh[pousr]_[A-Za-z0-9]{36,}\b" 300 github
    "gitlab-token" "a GitLab token" ["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glagent-", "gloas-"] r"\bgl(?:pat|dt|rt|ptt|cbt|ft|agent|oas)-[A-Za-z0-9_.-]{20,}" 340 uneven
    "grafana-token" "a Grafana token" ["glsa_", "glc_"] r"\b(?:glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})\b" 440 uneven
    "heroku-key" "a Heroku key" ["hrku-"] r"\bHRKU-[0-9A-Za-z_-]{36,60}" 96 uneven
    "hugging-face-token" "a Hugging Face token" ["hf_", "api_org_"] r"\b(?:hf|api_org)_[A-Za-z]{34}\b" 64 uneven
    "ironclad-redacted" "a secret (hidden in this snapshot)" ["ironclad-redacted"] r"\bironclad-redacted(?:-[0-9a-f]{32})?" 60 any
    "json-web-token" "a JSON Web Token" ["eyj"] r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})" 24000 jwt
    "k3s-token" "a k3s join token" ["k10"] r"\bK10[0-9a-f]{64}::[a-z]+:[0-9A-Za-z]{8,128}\b" 240 uneven
    "kubernetes-bootstrap-token" "a bootstrap token" ["token"] r#"(?i:token)["']?\s*[:= ]\s*["']?([a-z0-9]{6}\.[a-z0-9]{16})\b"# 64 bootstrap
    "linear-token" "a Linear token" ["lin_api_"] r"\blin_api_[A-Za-z0-9]{40}\b" 64 uneven
    "mailchimp-key" "a Mailchimp key" ["-us"] r"\b[0-9a-f]{32}-us[0-9]{1,2}\b" 64 uneven
    "mailgun-key" "a Mailgun key" ["key-"] r"\bkey-[0-9a-f]{32}\b" 64 uneven
    "new-relic-key" "a New Relic key" ["nrak-", "nraa-"] r"\bNRA[AK]-[A-Z0-9]{27}\b" 64 uneven
    "notion-token" "a Notion token" ["ntn_"] r"\bntn_[0-9]{11}[A-Za-z0-9]{35}\b" 80 uneven
    "npm-token" "an npm token" ["npm_"] r"\bnpm_[A-Za-z0-9]{36}\b" 64 uneven
    "openai-api-key" "an OpenAI API key" ["t3blbkfj"] r"\bsk-(?:(?:proj|svcacct|admin)-)?[A-Za-z0-9_-]{20,110}T3BlbkFJ[A-Za-z0-9_-]{20,110}" 280 uneven
    "planetscale-token" "a PlanetScale credential" ["pscale_"] r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}" 112 uneven
    "postman-key" "a Postman key" ["pmak-"] r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b" 96 uneven
    "private-key" "a private key" ["private key"] r"-----BEGIN (?:[A-Z0-9]{2,10} )?PRIVATE KEY(?: BLOCK)?-----" 96 private_key
    "pulumi-token" "a Pulumi token" ["pul-"] r"\bpul-[0-9a-f]{40}\b" 64 uneven
    "pypi-token" "a PyPI token" ["pypi-ageichlwas5vcmc"] r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}" 1100 uneven
    "rubygems-key" "a RubyGems key" ["rubygems_"] r"\brubygems_[0-9a-f]{48}\b" 80 uneven
    "sendgrid-key" "a SendGrid key" ["sg."] r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}" 96 uneven
    "sentry-token" "a Sentry token" ["sntrys_", "sntryu_"] r"\bsntry[su]_[A-Za-z0-9+/_=-]{40,}" 560 uneven
    "shopify-token" "a Shopify token" ["shpat_", "shpca_", "shppa_", "shpss_"] r"\bshp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}\b" 64 uneven
    "slack-token" "a Slack token" ["xoxb-", "xoxp-", "xoxa-", "xoxe-", "xoxo-", "xoxr-", "xoxs-", "xapp-"] r"\bx(?:ox[abeoprs]|app)-[0-9A-Za-z-]{10,}" 290 uneven
    "slack-webhook" "a Slack webhook" ["hooks.slack.com"] r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,80})" 160 uneven
    "sonar-token" "a Sonar token" ["sqp_", "squ_", "sqa_"] r"\bsq[apu]_[0-9a-f]{40}\b" 64 uneven
    "sourcegraph-token" "a Sourcegraph token" ["sgp_"] r"\bsgp_(?:(?:[0-9A-Fa-f]{16}|local)_)?[0-9A-Fa-f]{40}\b" 96 uneven
    "square-token" "a Square token" ["sq0atp-", "sq0csp-"] r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}" 80 uneven
    "stripe-key" "a Stripe key" ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"] r"\b(?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z]{16,}\b" 290 uneven
    "supabase-token" "a Supabase token" ["sbp_"] r"\bsbp_[0-9a-f]{40}\b" 64 uneven
    "tailscale-key" "a Tailscale key" ["tskey-"] r"\btskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,32}-[A-Za-z0-9]{16,64}\b" 128 uneven
    "telegram-token" "a Telegram bot token" [":aa"] r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?:[^A-Za-z0-9_-]|$)" 64 uneven
    "terraform-token" "a Terraform Cloud token" [".atlasv1."] r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}" 112 uneven
    "url-password" "a URL with a password" ["://"] r#"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://[^\s/?#:@'"<>{}$%]{0,128}:([^\s/?#@'"<>{}]{3,})@[A-Za-z0-9\[$]"# 480 url_password
    "vault-token" "a Vault token" ["hvs.", "hvb.", "hvr."] r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}" 340 uneven
}

/// `user:password` in base64.
fn pair(secret: &str) -> Option<Confidence> {
    let text = base64::decode(secret, 4096)?;
    let (user, password) = text.split_once(':')?;
    let is_text = text.chars().all(|c| !c.is_control());
    (is_text && !user.is_empty() && !password.is_empty()).then_some(Confidence::Confirmed)
}

/// Letters and digits, and no word of a manual.
fn mixed(secret: &str) -> Option<Confidence> {
    let has = |test: fn(&u8) -> bool| secret.bytes().any(|byte| test(&byte));
    (has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit)).then_some(Confidence::Possible)
}

/// The key of every manual ends so.
fn no_example(secret: &str) -> Option<Confidence> {
    (!secret.ends_with("EXAMPLE") && entropy(secret) >= 2.5).then_some(Confidence::Likely)
}

/// An encrypted key is a lesser matter.
fn private_key(secret: &str) -> Option<Confidence> {
    Some(if secret.contains("ENCRYPTED") { Confidence::Possible } else { Confidence::Likely })
}

/// The word of a manual is no password, nor is a reference.
fn url_password(secret: &str) -> Option<Confidence> {
    const WORDS: &[&str] = &["password", "pass", "passwd", "pwd", "secret", "xxx", "xxxx", "***"];
    let is_mask = secret.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X'));
    let is_word = WORDS.iter().any(|word| secret.eq_ignore_ascii_case(word));
    let is_reference = secret.starts_with('$') || secret.starts_with("%s") || secret.starts_with("%(");
    (!is_mask && !is_word && !is_reference).then_some(Confidence::Likely)
}

/// `user:password`, by the password.
fn url_password_of_pair(secret: &str) -> Option<Confidence> {
    url_password(secret.split_once(':')?.1)
}

/// The identifier before the dot names the token; both have letters and digits.
fn bootstrap(secret: &str) -> Option<Confidence> {
    let (_, last) = secret.split_once('.')?;
    let has = |test: fn(&u8) -> bool| last.bytes().any(|byte| test(&byte));
    (has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)).then_some(Confidence::Likely)
}

/// The first part is a JSON object that names an algorithm.
fn jwt(secret: &str) -> Option<Confidence> {
    let header = base64::decode(secret.split('.').next()?, 4096)?;
    header.contains("\"alg\"").then_some(Confidence::Confirmed)
}

/// The last six characters of a token of 36 are the CRC-32 of the others, in base 62.
fn github(secret: &str) -> Option<Confidence> {
    let body = secret.get(4..)?;
    let (random, check) = body.split_at_checked(body.len().checked_sub(6)?)?;
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut expected = [b'0'; 6];
    let mut rest = crc32(random.as_bytes());
    for place in expected.iter_mut().rev() {
        *place = digits.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    if check.as_bytes() == expected {
        return Some(Confidence::Confirmed);
    }
    uneven(secret)
}

/// CRC-32 of IEEE 802.3, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for rule in RULES {
            assert!(!rule.keywords.is_empty(), "{}", rule.id);
            for keyword in rule.keywords {
                assert_eq!(*keyword, keyword.to_ascii_lowercase(), "{}", rule.id);
            }
        }
    }

    #[test]
    fn check_digits() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // The digits of thirty `a`s.
        let token = |check: &str| format!("ghp_{}{check}", "a".repeat(30));
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = crc32("a".repeat(30).as_bytes());
        let mut check = Vec::new();
        while check.len() < 6 {
            check.insert(0, digits[(rest % 62) as usize]);
            rest /= 62;
        }
        let check = String::from_utf8(check).expect("digits");
        assert_eq!(github(&token(&check)), Some(Confidence::Confirmed));
        assert_eq!(github(&token("000000")), None);
        assert_eq!(pair("dXNlcjpwYXNz"), Some(Confidence::Confirmed));
        assert_eq!(pair("dXNlcnBhc3M="), None);
    }
}
