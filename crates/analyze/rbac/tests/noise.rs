//! The objects that the API server makes by itself are no finding at medium or above, in any supported release.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_authz::{Defaults, NEWEST, OLDEST, Options, World};
use ironclad_check::{Enabled, Params, RunConfig, run};
use ironclad_model::{Severity, Snapshot};
use ironclad_testkit::snapshot;
use std::fmt::Write as _;

/// The default objects as manifests.
fn manifests(version: u8) -> String {
    let options = Options { defaults: Defaults::All(version), ..Options::default() };
    let world = World::of(&Snapshot::default(), &options);
    let mut out = String::new();
    let head = "---\napiVersion: rbac.authorization.k8s.io/v1\n";
    let list = |texts: &[String]| {
        let quoted: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
        format!("[{}]", quoted.join(", "))
    };
    for id in world.role_ids() {
        let (kind, place) = match world.role_namespace(id) {
            "" => ("ClusterRole", String::new()),
            namespace => ("Role", format!(", namespace: {namespace:?}")),
        };
        writeln!(out, "{head}kind: {kind}\nmetadata: {{name: {:?}{place}}}\nrules:", world.role_name(id)).unwrap();
        for rule in world.rules_of(id) {
            writeln!(out, "- verbs: {}", list(&rule.verbs)).unwrap();
            for (name, texts) in [
                ("apiGroups", &rule.api_groups),
                ("resources", &rule.resources),
                ("resourceNames", &rule.resource_names),
                ("nonResourceURLs", &rule.non_resource_urls),
            ] {
                if !texts.is_empty() {
                    writeln!(out, "  {name}: {}", list(texts)).unwrap();
                }
            }
        }
    }
    for id in world.binding_ids() {
        let (kind, place) = match world.binding_namespace(id) {
            "" => ("ClusterRoleBinding", String::new()),
            namespace => ("RoleBinding", format!(", namespace: {namespace:?}")),
        };
        let role_kind = if world.binding(id).role_ref().cluster { "ClusterRole" } else { "Role" };
        writeln!(out, "{head}kind: {kind}\nmetadata: {{name: {:?}{place}}}", world.binding_name(id)).unwrap();
        writeln!(out, "roleRef: {{kind: {role_kind}, name: {:?}}}\nsubjects:", world.role_ref_name(id)).unwrap();
        for subject in world.subjects_of(id) {
            let place = match world.subject_namespace(subject) {
                "" => String::new(),
                namespace => format!(", namespace: {namespace:?}"),
            };
            let kind = world.subject(subject).kind().as_str();
            writeln!(out, "- {{kind: {kind}, name: {:?}{place}}}", world.subject_name(subject)).unwrap();
        }
        if world.subjects_of(id).next().is_none() {
            out.push_str("  []\n");
        }
    }
    out
}

#[test]
fn default_objects_are_no_findings() {
    for version in OLDEST..=NEWEST {
        let text = manifests(version);
        let snapshot = snapshot("defaults.yaml", &text);
        assert!(snapshot.len() > 120, "1.{version}: {} objects", snapshot.len());
        let enabled = ironclad_rbac::CHECKS.iter();
        let enabled = enabled
            .map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) })
            .collect();
        let config = RunConfig { enabled, version, complete: true, ..RunConfig::default() };
        let outcome = run(&snapshot, &config);
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let loud: Vec<String> = outcome
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Medium)
            .map(|finding| format!("{} {}", finding.check, finding.message))
            .collect();
        assert!(loud.is_empty(), "1.{version}: {loud:#?}");
    }
}
