//! Every rule finds a secret of its form, at its place, and does not find what only begins so. The secrets are put
//! together here, so that no text of this repository has the form of one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use ironclad_leak::{RULES, find};
use proptest::prelude::*;

/// Letters and digits that look random, the same ones every time.
fn noise(alphabet: &str, count: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
    };
    (0..count).map(|_| letters[next() % letters.len()]).collect()
}

const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// A secret of each rule: what is before it, the secret, what is behind it.
fn samples() -> Vec<(&'static str, String, String, &'static str)> {
    let n = noise;
    let sample = |id, before: &str, secret: String, after| (id, before.to_owned(), secret, after);
    vec![
        sample(
            "1password-secret-key",
            "",
            format!("A3-{}-{}-{}-{}-{}", n(UPPER, 6), n(UPPER, 11), n(UPPER, 5), n(UPPER, 5), n(UPPER, 5)),
            "",
        ),
        sample("1password-token", "ops_", format!("eyJ{}", n(WORD, 260)), ""),
        sample("age-identity", "", ["AGE-SECRET-", "KEY-1", &n(UPPER, 58)].concat(), ""),
        sample("alibaba-access-key-id", "", format!("LTAI{}", n(WORD, 20)), ""),
        sample("anthropic-api-key", "", format!("sk-ant-{}-{}", "api03", n(WORD, 95)), ""),
        sample("artifactory-api-key", "", format!("AKCp{}", n(WORD, 69)), ""),
        sample("authorization-basic", "Authorization: Basic ", "dXNlcjpodW50ZXIy".to_owned(), "\n"),
        sample("authorization-bearer", "Authorization: bearer ", n(WORD, 30), "\n"),
        sample("aws-access-key-id", "", format!("AKIA{}", n(UPPER, 16)), ""),
        sample("aws-bedrock-api-key", "", format!("ABSK{}", n(WORD, 128)), ""),
        sample("aws-secret-access-key", "aws_secret_access_key = ", n(WORD, 40), "\n"),
        sample("azure-client-secret", "", format!("{}8Q~{}", n(WORD, 3), n(WORD, 34)), " "),
        sample("azure-shared-access-signature", "https://x.example/y?sv=1&sig=", format!("{}%3D", n(WORD, 43)), ""),
        sample("azure-storage-key", "AccountName=a;AccountKey=", format!("{}==", n(WORD, 86)), ";"),
        sample("buildkite-token", "", format!("bkua_{}", n(LOWER, 40)), ""),
        sample("curl-user", "curl -sf -u ", format!("app:{}", n(WORD, 12)), " https://x.example/y"),
        sample("databricks-token", "", format!("dapi{}", n(HEX, 32)), ""),
        sample("digitalocean-token", "", format!("dop_v1_{}", n(HEX, 64)), ""),
        sample(
            "discord-webhook",
            "https://discord.com/api/webhooks/",
            format!("123456789012345678/{}", n(WORD, 68)),
            "",
        ),
        sample("docker-config-auth", "{\"auths\":{\"r\":{\"auth\":\"", "dXNlcjpodW50ZXIy".to_owned(), "\"}}}"),
        sample("docker-hub-token", "", format!("dckr_pat_{}", n(WORD, 27)), ""),
        sample("doppler-token", "", format!("dp.pt.{}", n(WORD, 43)), ""),
        sample("dynatrace-token", "", format!("dt0c01.{}.{}", n(UPPER, 24), n(UPPER, 64)), ""),
        sample("facebook-token", "", format!("EAA{}", n(WORD, 180)), ""),
        sample("gcp-api-key", "", format!("AIza{}", n(WORD, 35)), " "),
        sample("gcp-oauth-secret", "", format!("GOCSPX-{}", n(WORD, 28)), ""),
        sample("github-fine-grained-token", "", format!("github_pat_{}_{}", n(WORD, 22), n(WORD, 59)), ""),
        sample("github-token", "", format!("ghp_{}", n(WORD, 36)), ""),
        sample("gitlab-token", "", format!("glpat-{}", n(WORD, 20)), ""),
        sample("grafana-token", "", format!("glsa_{}_{}", n(WORD, 32), n(HEX, 8)), ""),
        sample("heroku-key", "", format!("HRKU-AA{}", n(WORD, 58)), ""),
        sample("hugging-face-token", "", format!("hf_{}", n(LETTERS, 34)), ""),
        sample("ironclad-redacted", "", ["ironclad-", "redacted-", &n(HEX, 32)].concat(), ""),
        sample("json-web-token", "", format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", n(WORD, 40), n(WORD, 43)), ""),
        sample("k3s-token", "", format!("K10{}::server:{}", n(HEX, 64), n(HEX, 32)), ""),
        sample(
            "kubernetes-bootstrap-token",
            "kubeadm join --token ",
            format!("{}.{}", n(LOWER, 6), n(LOWER, 16)),
            " x",
        ),
        sample("linear-token", "", format!("lin_api_{}", n(WORD, 40)), ""),
        sample("mailchimp-key", "", format!("{}-us12", n(HEX, 32)), ""),
        sample("mailgun-key", "", format!("key-{}", n(HEX, 32)), ""),
        sample("new-relic-key", "", format!("NRAK-{}", n(UPPER, 27)), ""),
        sample("notion-token", "", format!("ntn_{}{}", "12345678901", n(WORD, 35)), ""),
        sample("npm-token", "", format!("npm_{}", n(WORD, 36)), ""),
        sample("openai-api-key", "", format!("sk-proj-{}T3BlbkFJ{}", n(WORD, 40), n(WORD, 40)), ""),
        sample("planetscale-token", "", format!("pscale_tkn_{}", n(WORD, 43)), ""),
        sample("postman-key", "", format!("PMAK-{}-{}", n(HEX, 24), n(HEX, 34)), ""),
        sample("private-key", "", ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat(), "\n"),
        sample("pulumi-token", "", format!("pul-{}", n(HEX, 40)), ""),
        sample("pypi-token", "", format!("pypi-AgEIcHlwaS5vcmc{}", n(WORD, 80)), ""),
        sample("rubygems-key", "", format!("rubygems_{}", n(HEX, 48)), ""),
        sample("sendgrid-key", "", format!("SG.{}.{}", n(WORD, 22), n(WORD, 43)), ""),
        sample("sentry-token", "", format!("sntrys_{}", n(WORD, 80)), ""),
        sample("shopify-token", "", format!("shpat_{}", n(HEX, 32)), ""),
        sample("slack-token", "", format!("xoxb-{}-{}", "123456789012", n(WORD, 24)), ""),
        sample(
            "slack-webhook",
            "https://hooks.slack.com/services/",
            format!("T{}/B{}/{}", n(UPPER, 8), n(UPPER, 8), n(WORD, 24)),
            "",
        ),
        sample("sonar-token", "", format!("sqp_{}", n(HEX, 40)), ""),
        sample("sourcegraph-token", "", format!("sgp_{}", n(HEX, 40)), ""),
        sample("square-token", "", format!("sq0atp-{}", n(WORD, 22)), ""),
        sample("stripe-key", "", format!("sk_{}_{}", "live", n(WORD, 24)), ""),
        sample("supabase-token", "", format!("sbp_{}", n(HEX, 40)), ""),
        sample("tailscale-key", "", format!("tskey-auth-{}-{}", n(WORD, 12), n(WORD, 32)), ""),
        sample("telegram-token", "", format!("123456789:AA{}", n(WORD, 33)), " "),
        sample("terraform-token", "", format!("{}.atlasv1.{}", n(WORD, 14), n(WORD, 67)), ""),
        sample("url-password", "postgres://app:", n(WORD, 12), "@db:5432/app"),
        sample("vault-token", "", format!("hvs.{}", n(WORD, 28)), ""),
    ]
}

#[test]
fn every_rule_finds_its_form_at_its_place() {
    let samples = samples();
    let ids: Vec<&str> = samples.iter().map(|(id, ..)| *id).collect();
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids, rules, "one sample for each rule, in order");
    for (id, before, secret, after) in &samples {
        // Far from the beginning, so that the window around the keyword is one.
        for padding in ["", &"x = 1\n".repeat(10_000)] {
            let text = format!("{padding}{before}{secret}{after}");
            let found = find(&text);
            let start = padding.len() + before.len();
            assert!(
                found.iter().any(|leak| leak.rule.id == *id && leak.range == (start..start + secret.len())),
                "{id}: {:?}",
                found.iter().map(|leak| (leak.rule.id, leak.range.clone())).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn half_a_secret_is_none() {
    for (id, before, secret, after) in samples() {
        if id == "private-key"
            || id == "authorization-bearer"
            || id == "authorization-basic"
            || id == "docker-config-auth"
        {
            continue;
        }
        let half: String = secret.chars().take(secret.len() / 3).collect();
        let text = format!("{before}{half}{after}");
        let found = find(&text);
        // Half a password is a password.
        assert!(
            id == "url-password" || id == "curl-user" || found.is_empty(),
            "{id}: {:?}",
            found.first().map(|leak| leak.rule.id)
        );
    }
}

#[test]
fn what_is_no_secret() {
    let texts = [
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "postgres://app:$(PASSWORD)@db/app",
        "postgres://app:${PASSWORD}@db/app",
        "postgres://user:password@localhost/db",
        "https://example.com:8443/path@2x.png",
        "image: registry.example.com/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "the bearer of this message",
        "Basic usage: none",
        "bearer token authentication",
        "key-value pairs",
        "eyJhbGciOiJIUzI1NiJ9",
        "token: abcdef.ghijkl",
        "sk-learn and sk_live are words",
        "curl -u $USER:$PASSWORD https://x.example",
        "curl -u user:password https://x.example",
    ];
    for text in texts {
        assert!(find(text).is_empty(), "{text}: {:?}", find(text).first().map(|leak| leak.rule.id));
    }
}

proptest! {
    #[test]
    fn ranges_lie_in_any_text(text in "(?s).{0,200}", at in 0usize..63, tail in "(?s).{0,40}") {
        let (_, before, secret, after) = samples()[at].clone();
        let text = format!("{text}{before}{secret}{after}{tail}");
        let mut last = 0;
        for leak in find(&text) {
            prop_assert!(leak.range.start >= last && text.get(leak.range.clone()).is_some());
            last = leak.range.end;
        }
        for assignment in ironclad_leak::assignments(&text) {
            prop_assert_eq!(text.get(assignment.range.clone()), Some(assignment.value));
        }
    }
}
