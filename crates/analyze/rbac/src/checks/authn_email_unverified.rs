//! `rbac/authn-email-unverified`

use crate::apiserver::{File, expressions, field, issuers, items, text, url};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;

pub(super) static META: Meta = Meta {
    id: "rbac/authn-email-unverified",
    title: "user by an address that nobody verified",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1078"],
    page: include_str!("authn_email_unverified.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authentication.is(object) {
        return;
    }
    for jwt in issuers(object) {
        let mapping = field(jwt, "claimMappings").and_then(|mappings| field(mappings, "username"));
        let Some(mapping) = mapping else { continue };
        let expression = text(mapping, "expression");
        // The server takes a token whose claim is false for none, but one without the claim for good
        // (`plugin/pkg/authenticator/token/oidc`).
        let at = match text(mapping, "claim") {
            Some("email") => field(mapping, "claim"),
            _ if expression.is_some_and(|text| text.contains("claims.email") || text.contains("claims.?email")) => {
                field(mapping, "expression")
            }
            _ => None,
        };
        let Some(at) = at else { continue };
        match verified(jwt, expression) {
            Verified::Asked => {}
            // An expression that does not ask at all is refused by the server; another check says so.
            Verified::Never if expression.is_some() => {}
            Verified::Never | Verified::Lax => {
                let message = format!("issuer \"{}\" names users by addresses that need not be verified", url(jwt));
                cx.find(at, message).label("a token without the claim `email_verified` is taken");
            }
        }
    }
}

/// Is it asked whether the address is verified?
enum Verified {
    Never,
    /// Where the claim is missing the answer is yes.
    Lax,
    Asked,
}

fn verified(jwt: NodeRef<'_>, username: Option<&str>) -> Verified {
    if items(jwt, "claimValidationRules").any(|rule| text(rule, "claim") == Some("email_verified")) {
        return Verified::Asked;
    }
    let mut seen = Verified::Never;
    for expression in expressions(jwt, "claimValidationRules").chain(username) {
        if expression.contains("email_verified.orValue(true)") {
            seen = Verified::Lax;
        } else if expression.contains("email_verified") {
            return Verified::Asked;
        }
    }
    seen
}
