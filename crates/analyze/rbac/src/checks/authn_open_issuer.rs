//! `rbac/authn-open-issuer`

use crate::apiserver::{File, field, issuers, items, text};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/authn-open-issuer",
    title: "issuer whose tokens anybody gets",
    severity: Severity::High,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1078"],
    page: include_str!("authn_open_issuer.md"),
    ..Meta::DEFAULT
};

/// Issuers that give tokens to the customers of a whole service: the start of the URL, and who those are.
///
/// Entra's tenants `common`, `organizations` and `consumers` are those of everybody.
const OPEN: &[(&str, &str)] = &[
    ("https://token.actions.githubusercontent.com", "every workflow on GitHub"),
    ("https://gitlab.com", "every user and pipeline on gitlab.com"),
    ("https://accounts.google.com", "every Google account"),
    ("https://app.terraform.io", "every workspace of HCP Terraform"),
    ("https://agent.buildkite.com", "every pipeline of Buildkite"),
    ("https://login.microsoftonline.com/common", "every Microsoft account"),
    ("https://login.microsoftonline.com/organizations", "every tenant of Entra"),
    ("https://login.microsoftonline.com/consumers", "every personal Microsoft account"),
    // The tenant that personal accounts are in.
    ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad", "every personal Microsoft account"),
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authentication.is(object) {
        return;
    }
    for jwt in issuers(object) {
        let Some(issuer) = field(jwt, "issuer") else { continue };
        let (Some(url), Some(at)) = (text(issuer, "url"), field(issuer, "url")) else { continue };
        // An issuer below it, as GitHub has for an enterprise, is another one.
        let open = OPEN.iter().find(|(open, _)| {
            url.strip_prefix(open).is_some_and(|rest| matches!(rest.trim_end_matches('/'), "" | "/v2.0"))
        });
        let Some((_, who)) = open else { continue };
        let ruled =
            ["claimValidationRules", "userValidationRules"].iter().any(|rules| items(jwt, rules).next().is_some());
        if !ruled {
            cx.find(at, format!("issuer \"{url}\" gives tokens to {who}, and no rule says whose are taken"))
                .label("each of them is in `system:authenticated`, under the name that the claim gives");
        }
    }
}
