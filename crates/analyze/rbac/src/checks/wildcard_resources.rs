//! `rbac/wildcard-resources`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report_any};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/wildcard-resources",
    title: "rule lets every resource be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.3", "mitre:T1078"],
    page: include_str!("wildcard_resources.md"),
    ..Meta::DEFAULT
};

const WHAT: &str = "write every resource of these groups";

macro_rules! risks {
    ($($name:ident $need:expr, $cluster:ident $namespace:ident;)*) => {
        $(static $name: Risk = Risk {
            needs: &[$need],
            cluster: Severity::$cluster,
            namespace: Severity::$namespace,
            what: WHAT,
            named: Named::Lower,
        };)*
        static RISKS: &[&Risk] = &[$(&$name),*];
    };
}

// Of a group that is named only what is in it counts: of most a write gives no more than the group is about.
risks! {
    ANY_GROUP Need::custom(|rule| writes(rule, &["*", "", "rbac.authorization.k8s.io"], WRITES)), Critical High;
    // All of these live outside of namespaces.
    SERVER Need::custom_on(
        |rule| writes(rule, &["admissionregistration.k8s.io", "apiregistration.k8s.io"], &["*", "create", "update", "patch"]),
        &[("apiregistration.k8s.io", "apiservices")],
    ), Critical Critical;
    CERTIFICATES Need::custom_on(
        |rule| writes(rule, &["certificates.k8s.io"], &["*", "approve", "sign"]),
        &[("certificates.k8s.io", "certificatesigningrequests")],
    ), Critical Critical;
    WORKLOADS Need::custom(|rule| writes(rule, &["apps", "batch"], &["*", "create"])), High High;
    CHANGED Need::custom(|rule| writes(rule, &["apps", "batch"], &["update", "patch"])), High Medium;
    REST Need::custom(matches), Medium Low;
}

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, RISKS);
}

const WRITES: &[&str] = &["*", "create", "update", "patch", "delete", "deletecollection"];

/// Resource `*` with a verb that writes.
fn matches(rule: &PolicyRule) -> bool {
    is_wild(rule, WRITES)
}

/// The same, in one of these groups.
fn writes(rule: &PolicyRule, groups: &[&str], verbs: &[&str]) -> bool {
    is_wild(rule, verbs) && rule.api_groups.iter().any(|group| groups.contains(&group.as_str()))
}

fn is_wild(rule: &PolicyRule, verbs: &[&str]) -> bool {
    rule.resources.iter().any(|resource| resource == "*")
        && rule.verbs.iter().any(|verb| verbs.contains(&verb.as_str()))
}
