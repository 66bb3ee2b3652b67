//! The habits of other programs' users: their words do what they did there, or are answered with ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{ironclad, text};
use std::fs;

const SHOP: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules:
- {apiGroups: [''], resources: [secrets, pods, pods/exec, pods/log], verbs: [get, list, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects:
- {kind: ServiceAccount, name: ci, namespace: shop}
- {kind: User, apiGroup: rbac.authorization.k8s.io, name: alice}
---
apiVersion: v1
kind: Pod
metadata: {name: runner, namespace: shop}
spec: {serviceAccountName: ci, containers: [{name: c, image: c}]}
";

const AUDIT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","stage":"ResponseComplete","verb":"get","user":{"username":"alice","groups":["system:authenticated"]},"objectRef":{"resource":"pods","namespace":"shop","name":"a","apiVersion":"v1"},"responseStatus":{"code":200},"requestURI":"/api/v1/namespaces/shop/pods/a"}
"#;

/// Peer, what its user types after `ironclad rbac`, exit code, and a part of the answer.
const HABITS: &[(&str, &str, i32, &str)] = &[
    // rbac-lookup
    ("rbac-lookup", "lookup alice w.yaml", 0, "alice    shop   Role/deployer"),
    ("rbac-lookup", "lookup ci w.yaml --output wide", 0, "RoleBinding/shop/ci"),
    ("rbac-lookup", "lookup ci w.yaml -o normal", 0, "shop/ci  shop   Role/deployer"),
    ("rbac-lookup", "lookup -k serviceaccount w.yaml", 0, "shop/ci"),
    ("rbac-lookup", "lookup --kind user w.yaml", 0, "alice"),
    ("rbac-lookup", "lookup nobody w.yaml", 0, "no binding names such a subject"),
    ("rbac-lookup", "lookup alice --gke", 2, "--gke-policy FILE"),
    // kubectl-who-can
    ("who-can", "who-can list secrets -n shop w.yaml", 0, "User:alice"),
    ("who-can", "who-can get secrets/db --namespace shop w.yaml", 0, "User:alice"),
    ("who-can", "who-can create pods --subresource=exec -n shop w.yaml", 0, "User:alice"),
    ("who-can", "who-can create pods/exec -n shop w.yaml", 0, "--name exec asks for an object of that name"),
    ("who-can", "who-can get /healthz w.yaml", 0, "Group:system:masters"),
    ("who-can", "who-can get po -A -o wide w.yaml", 0, "RoleBinding/shop/ci"),
    ("who-can", "who-can get pods --all-namespaces -o json w.yaml", 0, "\"subjects\""),
    ("who-can", "who-can use podsecuritypolicies w.yaml", 0, "Group:system:masters"),
    ("who-can", "who-can impersonate users w.yaml", 0, "Group:system:masters"),
    ("who-can", "who-can get secrets db -n shop w.yaml", 2, "TYPE/NAME"),
    ("who-can", "who-can get secrets db -n shop --kubeconfig none", 2, "none"),
    ("who-can", "who-can get secrets db --name other --kubeconfig none", 2, "both `db` and `other` are names"),
    ("who-can", "who-can get /healthz --subresource log w.yaml", 2, "is a path"),
    // ours
    ("ironclad", "matrix --as alice -n shop -o wide --resources secrets w.yaml", 0, "list,create: RoleBinding/shop/ci"),
    ("ironclad", "can-i get pods --as alice -n shop -o wide w.yaml", 0, "Role/shop/deployer"),
    ("ironclad", "why get pods --as alice -n shop -o wide w.yaml", 0, "Role/shop/deployer"),
    ("ironclad", "who-can get pods -n shp w.yaml", 0, "did you mean `shop`?"),
    // kubectl
    ("kubectl", "can-i list secrets --as alice -n shop -q w.yaml", 0, ""),
    ("kubectl", "can-i get pods --subresource=log --as system:serviceaccount:shop:ci -n shop w.yaml", 0, "yes"),
    ("kubectl", "can-i get pods/log --as alice --as-group dev -n shop w.yaml", 0, "yes"),
    ("kubectl", "can-i --list --as alice w.yaml", 2, "rbac rules --as USER"),
    ("kubectl", "can-i get pods --as alice --token x w.yaml", 2, "--kubeconfig"),
    // rakkess (kubectl access-matrix)
    ("rakkess", "access-matrix --sa shop:ci -n shop --resources secrets w.yaml", 0, "✔"),
    ("rakkess", "access-matrix --sa ci --namespace shop --resources secrets -o ascii-table w.yaml", 0, "yes"),
    ("rakkess", "matrix --as alice --verbs all -n shop -o icon-table w.yaml", 0, "DELETECOLLECTION"),
    ("rakkess", "matrix --as alice --as-group dev --verbs get,list -n shop w.yaml", 0, "pods"),
    ("rakkess", "matrix resource secrets -n shop w.yaml", 0, "User:alice"),
    ("rakkess", "matrix for secret db -n shop --verbs get w.yaml", 0, "SUBJECT (secret/db)"),
    ("rakkess", "matrix r cm -n shop w.yaml", 0, "nothing to show"),
    ("rakkess", "matrix --as alice -n shop --diff-with namespace=other --resources secrets w.yaml", 0, "✔ → ✖"),
    ("rakkess", "matrix --sa ci w.yaml", 2, "NAMESPACE:NAME"),
    // rbac-tool
    ("rbac-tool", "lookup -e ^User:a w.yaml", 0, "alice"),
    ("rbac-tool", "policy-rules -e ^ServiceAccount:shop/ w.yaml", 0, "ServiceAccount:shop/ci"),
    ("rbac-tool", "who-can create pods/exec -n shop w.yaml", 0, "User:alice"),
    ("rbac-tool", "viz --outformat dot w.yaml", 0, "digraph rbac"),
    (
        "rbac-tool",
        "viz --outformat dot --outfile out.dot --include-subjects=ci --include-namespaces=shop w.yaml",
        0,
        "",
    ),
    ("rbac-tool", "viz --outformat dot --exclude-namespaces=shop w.yaml", 0, "no grant passes the filter"),
    ("rbac-tool", "viz --outformat dot --include-pods-only w.yaml", 0, "Pod shop/runner"),
    ("rbac-tool", "analysis --fail-on never w.yaml", 0, "rbac/pods-exec"),
    (
        "rbac-tool",
        "gen role r --deny-resources=secrets. --allowed-verbs=get,list --allowed-groups=core",
        0,
        "- configmaps",
    ),
    ("rbac-tool", "policy-rules w.yaml", 0, "User:alice"),
    ("rbac-tool", "analysis --fail-on never -o json w.yaml", 0, "\"schema\": \"ironclad.findings/v1\""),
    ("rbac-tool", "analysis --fail-on never -o table w.yaml", 0, "rbac/pods-exec"),
    ("rbac-tool", "analysis -c config.yaml w.yaml", 2, "waivers"),
    ("rbac-tool", "gen --deny-resources=secrets.", 2, "rbac generate role NAME"),
    ("rbac-tool", "lookup --cluster-context prod --kubeconfig none", 2, "none"),
    ("rbac-tool", "show", 2, "rbac rules"),
    // rback
    ("rback", "graph --format dot -", 0, "digraph rbac"),
    // KubiScan
    ("KubiScan", "audit --risky-roles w.yaml", 1, "`--risky-roles` is `rbac audit --min-severity high` here"),
    ("KubiScan", "-rs w.yaml", 1, "ServiceAccount:shop/ci  high"),
    ("KubiScan", "audit -rs w.yaml", 1, "ServiceAccount:shop/ci  high"),
    ("KubiScan", "-ss w.yaml", 0, "shop/ci"),
    ("KubiScan", "-aarbs alice w.yaml", 2, "rbac lookup SUBJECT"),
    ("KubiScan", "audit -rp w.yaml", 1, "Pod shop/runner"),
    ("KubiScan", "audit --subjects . w.yaml", 1, "ServiceAccount:shop/ci  high"),
    ("KubiScan", "audit --pods w.yaml", 1, "Pod shop/runner"),
    ("KubiScan", "audit -lt 7 w.yaml", 0, "`-lt` is `rbac audit --newer-than 7d` here"),
    ("KubiScan", "audit -rr -p HIGH w.yaml", 2, "cannot be used multiple times"),
    ("KubiScan", "audit -p HIGH w.yaml", 1, "rbac/pods-exec"),
    // krane
    ("krane", "report -k prod --kubeconfig none", 2, "none"),
    ("krane", "report --ci w.yaml", 1, "rbac/pods-exec"),
    // rbac-police
    ("rbac-police", "eval lib", 2, "rbac audit"),
    ("rbac-police", "collect", 2, "ironclad snapshot"),
    ("rbac-police", "audit --only-sas-on-all-nodes w.yaml", 0, "no findings"),
    ("rbac-police", "audit --severity-threshold Critical w.yaml", 0, "no findings"),
    ("rbac-police", "audit --ignore-controlplane w.yaml", 2, "--no-system-namespaces"),
    // audit2rbac
    ("audit2rbac", "audit2rbac --user alice -f audit.log", 0, "name: \"audit2rbac:alice\""),
    ("audit2rbac", "audit2rbac --user alice -f audit.log", 0, "audit2rbac.liggitt.net/generated"),
    ("audit2rbac", "audit2rbac --compat audit2rbac --user=alice --filename=audit.log", 0, "name: \"audit2rbac:alice\""),
    ("audit2rbac", "audit2rbac -f audit.log", 2, "--user NAME or --serviceaccount NAMESPACE:NAME"),
    (
        "audit2rbac",
        "audit2rbac --serviceaccount shop:ci -f audit.log",
        2,
        "no event of `system:serviceaccount:shop:ci`",
    ),
    ("audit2rbac", "audit2rbac --user alice -f audit.log --expand-multi-name=false -n shop", 0, "resourceNames"),
    ("audit2rbac", "audit2rbac --user alice -f audit.log --expand verbs", 2, "rbac least-privilege --expand"),
    ("audit2rbac", "least-privilege --user alice audit.log --expand-multi-name", 2, "--compat audit2rbac"),
    (
        "audit2rbac",
        "least-privilege --compat audit2rbac --user alice --filename audit.log --generate-name x:${user}",
        0,
        "name: \"x:alice\"",
    ),
    (
        "audit2rbac",
        "least-privilege --compat audit2rbac --user alice -f audit.log --generate-labels a=b,u=${user} --generate-annotations n=1",
        0,
        "u: alice",
    ),
    (
        "audit2rbac",
        "least-privilege --compat audit2rbac --user alice -f audit.log --expand-multi-name=false",
        0,
        "resourceNames",
    ),
    (
        "audit2rbac",
        "least-privilege --serviceaccount shop:ci -f audit.log",
        2,
        "no event of `system:serviceaccount:shop:ci`",
    ),
    ("audit2rbac", "least-privilege --user alice -f https://example.com/audit.log", 2, "curl -s"),
];

#[test]
fn habits_are_kept_or_answered() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.yaml"), SHOP).unwrap();
    fs::write(folder.path().join("audit.log"), AUDIT).unwrap();
    let mut wrong = Vec::new();
    for (peer, words, code, part) in HABITS {
        let mut arguments: Vec<&str> = vec!["rbac"];
        arguments.extend(words.split(' '));
        if arguments.last() == Some(&"-") {
            // Nothing is piped in here: the file stands for it.
            arguments.pop();
            arguments.push("w.yaml");
        }
        let output = ironclad(&arguments, folder.path());
        let said = text(&output);
        if output.status.code() != Some(*code) || !said.contains(part) {
            wrong.push(format!("{peer}: {words}: {:?}, not {code} with `{part}`:\n{said}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fs::read_to_string(folder.path().join("out.dot")).unwrap().contains("digraph"));
}
