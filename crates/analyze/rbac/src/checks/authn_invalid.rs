//! `rbac/authn-invalid`

use crate::apiserver::{File, expressions, field, issuers, items, judge, mentions, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "rbac/authn-invalid",
    title: "authentication file that the API server refuses",
    severity: Severity::High,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &[],
    page: include_str!("authn_invalid.md"),
    ..Meta::DEFAULT
};

/// Issuers that the server takes at most.
const MOST: usize = 64;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authentication.is(object) {
        return;
    }
    judge(File::Authentication, object, cx);
    let mut seen = FxHashSet::default();
    for (index, jwt) in issuers(object).enumerate() {
        if index == MOST {
            cx.find(jwt, format!("more than {MOST} issuers"));
        }
        match field(jwt, "issuer") {
            None => {
                cx.find_missing(jwt, "issuer", "an entry of `jwt` names no issuer");
            }
            Some(issuer) => {
                addresses(issuer, cx);
                audiences(issuer, cx);
                if let (Some(url), Some(node)) = (text(issuer, "url"), field(issuer, "url"))
                    && !seen.insert(url)
                {
                    cx.find(node, format!("issuer \"{url}\" is there twice"));
                }
            }
        }
        mappings(jwt, cx);
    }
    if let Some(anonymous) = field(object.root(), "anonymous")
        && field(anonymous, "enabled").and_then(|enabled| enabled.as_bool()) != Some(true)
        && items(anonymous, "conditions").next().is_some()
        && let Some(conditions) = field(anonymous, "conditions")
    {
        cx.find(conditions, "conditions of anonymous requests that are not enabled")
            .label("`conditions` need `enabled: true`");
    }
}

fn addresses(issuer: NodeRef<'_>, cx: &mut Cx<'_>) {
    let Some(url) = text(issuer, "url") else {
        cx.find_missing(issuer, "url", "issuer has no `url`");
        return;
    };
    for name in ["url", "discoveryURL"] {
        let (Some(written), Some(node)) = (text(issuer, name), field(issuer, name)) else { continue };
        // A scheme is compared in lower case, as every parser of URLs has it.
        let scheme = written.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        if scheme.as_deref() != Some("https") {
            cx.find(node, format!("`{name}` \"{written}\" is not https"));
            continue;
        }
        let host = written.split_once("//").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
        let query = written.split_once('?').is_some_and(|(_, query)| !query.split('#').next().unwrap_or("").is_empty());
        let fragment = written.split_once('#').is_some_and(|(_, fragment)| !fragment.is_empty());
        if host.contains('@') || query || fragment {
            cx.find(node, format!("`{name}` has a user, a query or a fragment"));
        }
    }
    if let (Some(discovery), Some(node)) = (text(issuer, "discoveryURL"), field(issuer, "discoveryURL"))
        && discovery.trim_end_matches('/') == url.trim_end_matches('/')
    {
        cx.find(node, "`discoveryURL` is the same as `url`").label("leave it out");
    }
}

fn audiences(issuer: NodeRef<'_>, cx: &mut Cx<'_>) {
    let url = text(issuer, "url").unwrap_or("(no URL)");
    let policy = text(issuer, "audienceMatchPolicy");
    let mut seen = FxHashSet::default();
    for node in items(issuer, "audiences") {
        let audience = node.as_str().unwrap_or_default();
        if audience.is_empty() || !seen.insert(audience) {
            cx.find(node, format!("audience \"{audience}\" of issuer \"{url}\" is empty or there twice"));
        }
    }
    match (items(issuer, "audiences").count(), policy) {
        (0, _) => {
            cx.find_missing(issuer, "audiences", format!("issuer \"{url}\" has no audience"))
                .label("tokens that the issuer gives to others must not be taken here");
        }
        (1, None) | (_, Some("MatchAny")) => {}
        (_, None) => {
            cx.find_missing(issuer, "audienceMatchPolicy", format!("issuer \"{url}\" has more than one audience"))
                .label("several audiences need `audienceMatchPolicy: MatchAny`");
        }
        (_, Some(policy)) => {
            let node = field(issuer, "audienceMatchPolicy").unwrap_or(issuer);
            cx.find(node, format!("`audienceMatchPolicy` \"{policy}\" is not MatchAny"));
        }
    }
}

fn mappings(jwt: NodeRef<'_>, cx: &mut Cx<'_>) {
    let Some(mappings) = field(jwt, "claimMappings") else {
        cx.find_missing(jwt, "claimMappings", "issuer names no users: `claimMappings.username` is missing");
        return;
    };
    for name in ["username", "groups"] {
        let mapping = field(mappings, name);
        let claim = mapping.and_then(|mapping| text(mapping, "claim"));
        let expression = mapping.and_then(|mapping| text(mapping, "expression"));
        let prefix = mapping.and_then(|mapping| field(mapping, "prefix"));
        match (mapping, claim, expression, prefix) {
            (Some(mapping), Some(_), Some(_), _) => {
                cx.find(mapping, format!("`{name}` has both a claim and an expression"));
            }
            (Some(mapping), Some(claim), None, None) => {
                cx.find_missing(mapping, "prefix", format!("claim \"{claim}\" of `{name}` has no `prefix`"))
                    .label("the server wants the field, and takes an empty one for none");
            }
            (_, None, Some(_), Some(prefix)) => {
                cx.find(prefix, format!("`{name}` has an expression and a prefix"))
                    .label("the expression puts the prefix: `'oidc:' + claims.sub`");
            }
            (None, None, None, _) if name == "username" => {
                cx.find_missing(mappings, "username", "issuer names no users: `claimMappings.username` is missing");
            }
            (Some(mapping), None, None, _) if name == "username" => {
                cx.find(mapping, "`username` has neither a claim nor an expression");
            }
            _ => {}
        }
    }
    // As the server asks: an address in an expression must be accompanied by the claim that says it is verified.
    let username = field(mappings, "username");
    let expression = username.and_then(|username| text(username, "expression"));
    if let (Some(expression), Some(node)) = (expression, username.and_then(|node| field(node, "expression"))) {
        let selects = |text: &str, name: &str| {
            mentions(text, &format!("claims.{name}")) || mentions(text, &format!("claims.?{name}"))
        };
        let extra = items(mappings, "extra").filter_map(|extra| text(extra, "valueExpression"));
        let mut all = expressions(jwt, "claimValidationRules").chain(extra).chain([expression]);
        if selects(expression, "email") && !all.any(|text| selects(text, "email_verified")) {
            cx.find(node, "`username` is made of `claims.email`, and nothing looks at `claims.email_verified`");
        }
    }
}
