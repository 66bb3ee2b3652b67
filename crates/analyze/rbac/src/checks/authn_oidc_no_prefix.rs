//! `rbac/authn-oidc-no-prefix`

use crate::apiserver::{
    File, Guard, RESERVED, expressions, field, guard, is_prefixed, issuers, may_be_reserved, text, url,
};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, Severity};
use ironclad_tree::NodeRef;

pub(super) static META: Meta = Meta {
    id: "rbac/authn-oidc-no-prefix",
    title: "issuer that may call somebody `system:masters`",
    severity: Severity::High,
    reads: &[Kind::OTHER],
    applies: Applies::Files,
    tags: &["mitre:T1078"],
    page: include_str!("authn_oidc_no_prefix.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !File::Authentication.is(object) {
        return;
    }
    for jwt in issuers(object) {
        let Some(mappings) = field(jwt, "claimMappings") else { continue };
        for (name, subject) in [("username", "user.username"), ("groups", "user.groups")] {
            if let Some(mapping) = field(mappings, name) {
                judge(jwt, mapping, (name, subject), cx);
            }
        }
    }
}

fn judge(jwt: NodeRef<'_>, mapping: NodeRef<'_>, (name, subject): (&str, &str), cx: &mut Cx<'_>) {
    let claim = text(mapping, "claim");
    let what = if name == "groups" { "a group" } else { "a user" };
    let (at, message) = match (claim, text(mapping, "expression")) {
        (Some(claim), None) => {
            // Without the field the server does not start; another check says so.
            let Some(node) = field(mapping, "prefix") else { return };
            let Some(prefix) = node.as_str().filter(|prefix| may_be_reserved(prefix)) else { return };
            let message = match prefix {
                "" => format!("issuer \"{}\" names {what} as claim \"{claim}\" says, without a prefix", url(jwt)),
                _ => format!("prefix \"{prefix}\" of issuer \"{}\" is of the API server's own names", url(jwt)),
            };
            (node, message)
        }
        (None, Some(expression)) if !is_prefixed(expression) => {
            let Some(node) = field(mapping, "expression") else { return };
            let message =
                format!("issuer \"{}\" names {what} by an expression that puts no prefix before it", url(jwt));
            (node, message)
        }
        _ => return,
    };
    // A rule about the claim itself binds as well; one about what an expression reads may.
    let by_claim = claim.map(|claim| format!("claims.{claim}"));
    let users = expressions(jwt, "userValidationRules").map(|rule| guard(rule, subject));
    let claims = expressions(jwt, "claimValidationRules").map(|rule| match &by_claim {
        Some(path) => guard(rule, path),
        None => guard(rule, "claims").min(Guard::Unclear),
    });
    match users.chain(claims).max().unwrap_or(Guard::No) {
        Guard::Yes => {}
        Guard::Unclear => {
            cx.find(at, message)
                .severity(Severity::Low)
                .confidence(Confidence::Likely)
                .label(format!("whether a rule keeps out names that begin with `{RESERVED}` cannot be told"));
        }
        Guard::No => {
            let finder = cx.find(at, message);
            if claim == Some("email") {
                finder
                    .severity(Severity::Low)
                    .label("no name of the API server has an @, but names of certificates and issuers mix");
            } else if name == "groups" {
                finder.label("a token that says `system:masters` is cluster admin: nothing else refuses it");
            } else {
                finder.label("a token that says `system:kube-controller-manager` is the controller manager: nothing else refuses it");
            }
        }
    }
}
