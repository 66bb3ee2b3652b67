//! What several checks say of one set of roles: what one tells, the other leaves.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_check::{Enabled, Params, RunConfig, run};
use ironclad_model::Severity;
use ironclad_testkit::snapshot;

/// Rules of a ClusterRole bound to a group everywhere, and what these checks say of them.
fn said(rules: &str, checks: &[&str]) -> Vec<(&'static str, Severity)> {
    let text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: own}}\nrules:\n{rules}---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: own}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: own}}\n\
         subjects: [{{kind: Group, apiGroup: rbac.authorization.k8s.io, name: own}}]\n"
    );
    let checks_of = ironclad_rbac::CHECKS.iter();
    let enabled =
        checks_of.map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) }).collect();
    let config = RunConfig { enabled, version: 37, complete: true, ..RunConfig::default() };
    let outcome = run(&snapshot("rbac.yaml", &text), &config);
    let mut found: Vec<_> = outcome.findings.iter().map(|finding| (finding.check, finding.severity)).collect();
    found.retain(|(check, _)| checks.contains(check));
    found.sort_unstable_by_key(|(check, _)| *check);
    found
}

fn rule(resources: &str, verbs: &str, names: &str) -> String {
    let names = if names.is_empty() { String::new() } else { format!(", resourceNames: [{names}]") };
    format!("- {{apiGroups: [rbac.authorization.k8s.io], resources: [{resources}], verbs: [{verbs}]{names}}}\n")
}

#[test]
fn who_may_bind_is_not_told_of_writing_bindings() {
    let checks = ["rbac/bind", "rbac/bindings-write"];
    let of = |rules: &[String]| said(&rules.concat(), &checks);
    let write = rule("rolebindings", "create", "");
    assert_eq!(of(std::slice::from_ref(&write)), [("rbac/bindings-write", Severity::Medium)]);
    assert_eq!(of(&[write.clone(), rule("clusterroles", "bind", "")]), [("rbac/bind", Severity::Critical)]);
    assert_eq!(
        of(&[write, rule("clusterroles", "bind", "view")]),
        [("rbac/bind", Severity::Low), ("rbac/bindings-write", Severity::Medium)]
    );
    // A Role cannot be bound by a ClusterRoleBinding: nothing is bound by this.
    assert_eq!(
        of(&[rule("clusterrolebindings", "create", ""), rule("roles", "bind", "")]),
        [("rbac/bindings-write", Severity::Medium)]
    );
}

#[test]
fn who_may_escalate_is_not_told_of_writing_roles() {
    let checks = ["rbac/escalate", "rbac/roles-write"];
    let of = |rules: &[String]| said(&rules.concat(), &checks);
    let write = rule("roles", "update", "");
    assert_eq!(of(std::slice::from_ref(&write)), [("rbac/roles-write", Severity::Low)]);
    assert_eq!(of(&[write, rule("roles", "escalate", "")]), [("rbac/escalate", Severity::Critical)]);
}

#[test]
fn a_wildcard_is_told_once_and_what_it_does_not_tell_beside() {
    let checks = ["rbac/wildcard-resources", "rbac/read-all", "rbac/escalate", "rbac/roles-write", "rbac/op-velero"];
    let of = |rules: &str| said(rules, &checks);
    assert_eq!(of(&rule("\"*\"", "update", "")), [("rbac/wildcard-resources", Severity::Critical)]);
    // No check of wildcards knows `escalate`.
    assert_eq!(
        of(&rule("\"*\"", "\"update\", escalate", "")),
        [("rbac/escalate", Severity::Critical), ("rbac/wildcard-resources", Severity::Critical)]
    );
    let velero = "- {apiGroups: [velero.io], resources: [\"*\"], verbs: [\"*\"]}\n";
    assert_eq!(
        of(velero),
        [("rbac/op-velero", Severity::Info), ("rbac/wildcard-resources", Severity::Medium)],
        "the resources of an operator are no cluster"
    );
}

/// What the checks say has to go is what does: taken out, the finding is gone; where they say that it is not enough, it
/// stays.
#[test]
fn what_has_to_go_is_found_out() {
    const HEAD: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";
    let role =
        |name: &str, rules: &str| format!("{HEAD}kind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n{rules}---\n");
    let bound = |name: &str, role: &str| {
        format!(
            "{HEAD}kind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
             subjects: [{{kind: User, apiGroup: rbac.authorization.k8s.io, name: alice}}]\n---\n"
        )
    };
    let labels = |text: &str| -> Vec<String> {
        let checks = ironclad_rbac::CHECKS.iter().filter(|check| check.meta.id == "rbac/pods-exec");
        let enabled = checks
            .map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) })
            .collect();
        let config = RunConfig { enabled, version: 37, complete: true, ..RunConfig::default() };
        let findings = run(&snapshot("rbac.yaml", text), &config).findings;
        findings.into_iter().map(|finding| finding.label.unwrap_or_default().into_owned()).collect()
    };
    let exec = "- {apiGroups: [''], resources: [pods/exec], verbs: [create]}\n";
    let one = role("one", exec) + &bound("one", "one");
    assert_eq!(labels(&one), ["this rule, or ClusterRoleBinding/one, is all that has to go"]);
    assert!(labels(&bound("one", "one")).is_empty());
    let every = "- {apiGroups: [''], resources: ['*'], verbs: [create]}\n";
    let two = one + &role("two", every) + &bound("two", "two");
    assert_eq!(
        labels(&two),
        ["to take out this rule is not enough: User \"alice\" has it by ClusterRoleBinding/two too"],
        "what `*` gives counts"
    );
    let twice = role("one", &exec.repeat(2)) + &bound("one", "one");
    assert!(labels(&twice).iter().all(|label| label.contains("is not enough")), "{:?}", labels(&twice));
}
