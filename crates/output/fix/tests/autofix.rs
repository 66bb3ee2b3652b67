//! What kubeaudit's `autofix` does, in cases of our own (Shopify/kubeaudit, `auditors/*/fix.go`): each line of the table
//! is a pod before and after. Unlike there, comments and everything else stay as they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_check::{Catalogue, RunConfig, Selection, run};
use ironclad_fix::{Options, Subject, fix};
use ironclad_testkit::snapshot;
use std::sync::Arc;

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # front door\nspec:\n{spec}")
}

/// Auditor, our checks, before, after.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "asat: the deprecated name becomes the current one",
        "workload/deprecated-service-account",
        "  serviceAccount: web # the shop's\n  containers: []\n",
        "  serviceAccountName: web # the shop's\n  containers: []\n",
    ),
    (
        "asat: the default account's token is not mounted",
        "workload/automount-token,workload/default-service-account",
        "  containers:\n  - name: web\n    image: a:1\n",
        "  containers:\n  - name: web\n    image: a:1\n  automountServiceAccountToken: false\n",
    ),
    (
        "capabilities: added ones go, all are dropped",
        "workload/capabilities-not-net-bind,workload/capabilities-drop-all",
        "  containers:\n  - name: web\n    securityContext:\n      capabilities:\n        add: [SYS_TIME, NET_BIND_SERVICE, SYS_ADMIN]\n",
        "  containers:\n  - name: web\n    securityContext:\n      capabilities:\n        add: [NET_BIND_SERVICE]\n        drop:\n        - ALL\n",
    ),
    (
        "capabilities: a long list of dropped ones is replaced (Shopify/kubeaudit#306)",
        "workload/capabilities-drop-all",
        "  containers:\n  - name: web\n    securityContext:\n      capabilities:\n        drop:\n        - AUDIT_WRITE\n        - CHOWN # files\n        - KILL\n",
        "  containers:\n  - name: web\n    securityContext:\n      capabilities:\n        drop:\n        - ALL\n",
    ),
    (
        "hostns: the namespaces of the node",
        "workload/host-network,workload/host-pid,workload/host-ipc",
        "  hostNetwork: true\n  hostPID: true # debugging\n  hostIPC: true\n  containers: []\n",
        "  containers: []\n",
    ),
    (
        "nonroot: where the container says otherwise",
        "workload/run-as-non-root",
        "  containers:\n  - name: web\n    securityContext: {runAsNonRoot: false}\n",
        "  containers:\n  - name: web\n    securityContext: {runAsNonRoot: true}\n",
    ),
    (
        "privesc",
        "workload/privilege-escalation",
        "  containers:\n  - name: web\n    securityContext:\n      allowPrivilegeEscalation: true\n",
        "  containers:\n  - name: web\n    securityContext:\n      allowPrivilegeEscalation: false\n",
    ),
    (
        "privileged, and then escalation, which the API server accepts only without it",
        "workload/privileged,workload/privilege-escalation",
        "  containers:\n  - name: web\n    securityContext:\n      privileged: true # devices\n",
        "  containers:\n  - name: web\n    securityContext:\n      allowPrivilegeEscalation: false\n",
    ),
    (
        "rootfs",
        "workload/read-only-root-fs",
        "  containers:\n  - name: web\n    image: a:1\n",
        "  containers:\n  - name: web\n    image: a:1\n    securityContext:\n      readOnlyRootFilesystem: true\n",
    ),
    (
        "seccomp: for the pod",
        "workload/seccomp-missing",
        "  containers:\n  - name: web\n",
        "  containers:\n  - name: web\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n",
    ),
    (
        "apparmor",
        "workload/apparmor-disabled",
        "  containers:\n  - name: web\n    securityContext: {appArmorProfile: {type: 'Unconfined'}}\n",
        "  containers:\n  - name: web\n    securityContext: {appArmorProfile: {type: 'RuntimeDefault'}}\n",
    ),
];

fn fixed(text: &str, checks: &str, unsafe_fixes: bool) -> String {
    let catalogue = Catalogue::new([ironclad_workload::CHECKS, ironclad_network::CHECKS], &[]);
    let select = checks.split(',').map(str::to_owned).collect();
    let enabled = Selection { select, ..Selection::default() }.resolve(&catalogue).unwrap();
    let config = RunConfig { enabled, version: 37, ..RunConfig::default() };
    let judge = |subject: &Subject<'_>| run(subject.snapshot, &config).findings;
    let options = Options { unsafe_fixes, ..Options::default() };
    let fixed = fix(Arc::new(snapshot("case.yaml", text)), &[], &judge, &options);
    assert!(fixed.refused.is_empty(), "{checks}: {:?}", fixed.refused);
    fixed.sources.first().map_or(text, |source| source.after.text()).to_owned()
}

#[test]
fn what_autofix_does() {
    for (name, checks, before, after) in CASES {
        let once = fixed(&pod(before), checks, false);
        assert_eq!(once, pod(after), "{name}");
        assert_eq!(fixed(&once, checks, false), once, "{name}, twice");
    }
}

/// `seccomp`: the annotation goes, and what it names becomes the field.
#[test]
fn annotations_become_fields() {
    let before = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    seccomp.security.alpha.kubernetes.io/pod: runtime/default\n    owner: shop\nspec:\n  containers: []\n";
    let after = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    owner: shop\nspec:\n  containers: []\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n";
    assert_eq!(fixed(before, "workload/seccomp-annotation", false), after);
}

/// `netpols`: a policy of the name that kubeaudit gives it; only with `--unsafe`, for it stops traffic.
#[test]
fn namespaces_get_a_default_deny() {
    let before = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}}\n";
    assert_eq!(fixed(before, "network/namespace-no-default-deny", false), before);
    let after = fixed(before, "network/namespace-no-default-deny", true);
    assert!(after.contains("  name: default-deny\n  namespace: shop\n"), "{after}");
    assert!(after.contains("  - Ingress\n  - Egress\n"), "{after}");
}

/// What is no manifest stays as it is (Shopify/kubeaudit#167): between documents and beside them.
#[test]
fn other_documents_stay() {
    let text =
        format!("# head\n---\n# nothing\n---\n- a\n- list\n---\n{}---\nfree: text # kept\n", pod("  hostPID: true\n"));
    assert_eq!(
        fixed(&text, "workload/host-pid", false),
        text.replace("  hostPID: true\n", "").replace("spec:\n", "spec: {}\n")
    );
}
