//! A related place of a finding is another place than its own.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_check::{Enabled, Params, RunConfig, run};
use ironclad_testkit::snapshot;

/// One rule that meets both needs of `rbac/secrets-write-token`, and one that needs another.
const TEXT: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: one}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [create, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: two}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [create]}
- {apiGroups: [""], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: one}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: one}
subjects:
- {kind: User, apiGroup: rbac.authorization.k8s.io, name: ann}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: two}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: two}
subjects:
- {kind: User, apiGroup: rbac.authorization.k8s.io, name: bob}
"#;

#[test]
fn related_places_are_other_places() {
    let snapshot = snapshot("rbac.yaml", TEXT);
    let checks = ironclad_rbac::CHECKS.iter().filter(|check| check.meta.id == "rbac/secrets-write-token");
    let enabled =
        checks.map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) }).collect();
    let config = RunConfig { enabled, version: 37, complete: true, ..RunConfig::default() };
    let mut lines: Vec<String> = Vec::new();
    for finding in run(&snapshot, &config).findings {
        let related: Vec<&str> = finding.related.iter().map(|related| related.message.as_str()).collect();
        lines.push(related.join("; "));
    }
    lines.sort();
    assert_eq!(
        lines,
        [
            "ClusterRoleBinding/one binds it to User \"ann\"",
            "ClusterRoleBinding/two binds it to User \"bob\"; and this through ClusterRoleBinding/two",
        ]
    );
}
