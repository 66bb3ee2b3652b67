//! `rbac/impersonate-constrained`

use super::{impersonate_sa, impersonate_users};
use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, Worth, report_any};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-constrained",
    title: "others may be acted as, for some requests",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1078"],
    page: include_str!("impersonate_constrained.md"),
    ..Meta::DEFAULT
};

/// What acting as another is good for.
#[derive(PartialEq, Eq)]
enum Reach {
    /// Every resource, and not only to read it.
    Everything,
    /// Changes, or Secrets.
    Strong,
    /// Reading the rest.
    Reading,
}

/// What the verbs `impersonate-on:MODE:VERB` of a rule reach.
fn reach(rule: &PolicyRule, mode: &str) -> Option<Reach> {
    let on = |verb: &'_ String| -> Option<bool> {
        let verb = verb.strip_prefix("impersonate-on:")?.strip_prefix(mode)?.strip_prefix(':')?;
        Some(!matches!(verb, "get" | "list" | "watch" | "head" | "options"))
    };
    let writes = rule.verbs.iter().filter_map(on).max()?;
    let whole = rule.resources.iter().any(|resource| resource == "*");
    let secrets = whole || rule.resources.iter().any(|resource| resource == "secrets");
    Some(match (whole, writes) {
        (true, true) => Reach::Everything,
        (false, true) => Reach::Strong,
        (_, false) if secrets => Reach::Strong,
        _ => Reach::Reading,
    })
}

/// One node is less than all.
fn nodes(_: &Facts, _: &Limit<'_>) -> Worth {
    Worth::Less
}

const WHAT: &str = "act as others, by the verb `impersonate-on`";

macro_rules! risks {
    ($($name:ident $mode:literal $identity:literal $worth:path, $reach:ident $cluster:ident $namespace:ident;)*) => {
        $(static $name: Risk = Risk {
            needs: &[
                Need::custom(|rule| reach(rule, $mode) == Some(Reach::$reach)),
                Need::of(&[concat!("impersonate:", $mode)], &[("authentication.k8s.io", $identity)])
                    .anywhere()
                    .worth($worth),
            ],
            cluster: Severity::$cluster,
            namespace: Severity::$namespace,
            what: WHAT,
            named: Named::Lower,
        };)*
        static RISKS: &[&Risk] = &[$(&$name),*];
    };
}

risks! {
    OWN_NODE_ALL "associated-node" "nodes" nodes, Everything High High;
    OWN_NODE_STRONG "associated-node" "nodes" nodes, Strong High Medium;
    OWN_NODE_READING "associated-node" "nodes" nodes, Reading Medium Low;
    NODE_ALL "arbitrary-node" "nodes" nodes, Everything High High;
    NODE_STRONG "arbitrary-node" "nodes" nodes, Strong High Medium;
    NODE_READING "arbitrary-node" "nodes" nodes, Reading Medium Low;
    ACCOUNT_ALL "serviceaccount" "serviceaccounts" impersonate_sa::accounts, Everything Critical High;
    ACCOUNT_STRONG "serviceaccount" "serviceaccounts" impersonate_sa::accounts, Strong High High;
    ACCOUNT_READING "serviceaccount" "serviceaccounts" impersonate_sa::accounts, Reading Medium Low;
    USER_ALL "user-info" "users" impersonate_users::users, Everything Critical High;
    USER_STRONG "user-info" "users" impersonate_users::users, Strong High High;
    USER_READING "user-info" "users" impersonate_users::users, Reading Medium Low;
}

pub(super) fn check(cx: &mut Cx<'_>) {
    // On by default from 1.36 (KEP-5284).
    if cx.version() >= 36 {
        report_any(cx, RISKS);
    }
}
