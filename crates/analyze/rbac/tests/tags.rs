//! Tags of the checks: techniques that exist, and controls of the CIS benchmark that say the same.
#![allow(clippy::unwrap_used, reason = "a test")]

/// Techniques of MITRE ATT&CK for enterprises that speak of rights in a cluster.
const TECHNIQUES: &[&str] = &[
    "T1005",
    "T1021",
    "T1036",
    "T1046",
    "T1048",
    "T1053",
    "T1053.007",
    "T1059",
    "T1068",
    "T1070",
    "T1078",
    "T1078.001",
    "T1078.004",
    "T1082",
    "T1087",
    "T1090",
    "T1098",
    "T1098.001",
    "T1098.003",
    "T1098.006",
    "T1133",
    "T1134",
    "T1136",
    "T1190",
    "T1199",
    "T1204",
    "T1485",
    "T1489",
    "T1496",
    "T1498",
    "T1499",
    "T1525",
    "T1528",
    "T1530",
    "T1543",
    "T1546",
    "T1548",
    "T1548.005",
    "T1550",
    "T1550.001",
    "T1552",
    "T1552.001",
    "T1552.007",
    "T1553",
    "T1555",
    "T1556",
    "T1556.007",
    "T1557",
    "T1562",
    "T1562.001",
    "T1565",
    "T1572",
    "T1574",
    "T1578",
    "T1606",
    "T1609",
    "T1610",
    "T1611",
    "T1613",
    "T1649",
];

/// Controls 5.1.1 to 5.1.13 of the CIS Kubernetes benchmark, and the checks that must name them.
const CONTROLS: &[(&str, &[&str])] = &[
    ("cis:5.1.1", &["cluster-admin", "many-admins"]),
    ("cis:5.1.2", &["secrets-read-all", "secrets-get", "secrets-get-named", "read-all"]),
    ("cis:5.1.3", &["wildcard-resources", "wildcard-verbs", "wildcard-groups"]),
    ("cis:5.1.4", &["pods-create", "workloads-create"]),
    ("cis:5.1.5", &["default-sa-privileged"]),
    ("cis:5.1.7", &["masters-binding"]),
    ("cis:5.1.8", &["bind", "escalate", "impersonate-users", "impersonate-groups", "impersonate-sa"]),
    ("cis:5.1.9", &["pv-create"]),
    ("cis:5.1.10", &["nodes-proxy"]),
    ("cis:5.1.11", &["csr-approve", "csr-kubelet"]),
    ("cis:5.1.12", &["webhooks-write"]),
    ("cis:5.1.13", &["sa-token-request"]),
];

#[test]
fn techniques_exist() {
    let mut wrong = Vec::new();
    for check in ironclad_rbac::CHECKS {
        for id in check.meta.tags.iter().filter_map(|tag| tag.strip_prefix("mitre:")) {
            if !TECHNIQUES.contains(&id) {
                wrong.push(format!("{}: {id}", check.meta.id));
            }
        }
    }
    assert!(wrong.is_empty(), "no such technique here: {wrong:#?}");
}

#[test]
fn controls_are_named_where_they_are_meant() {
    let mut wrong = Vec::new();
    for check in ironclad_rbac::CHECKS {
        for id in check.meta.tags.iter().filter_map(|tag| tag.strip_prefix("cis:")) {
            let parts: Vec<u32> = id.split('.').map(|part| part.parse().unwrap_or(0)).collect();
            // How a server finds out who is who is another chapter.
            let elsewhere = ["rbac/authn-", "rbac/authz-"].iter().any(|start| check.meta.id.starts_with(start));
            let real = match parts.as_slice() {
                [5, 1, last] => (1..=13).contains(last),
                _ => elsewhere && parts.len() == 3 && !parts.contains(&0),
            };
            if !real {
                wrong.push(format!("{}: {id} is no control of rights", check.meta.id));
            }
        }
    }
    for (tag, checks) in CONTROLS {
        for name in *checks {
            let id = format!("rbac/{name}");
            match ironclad_rbac::CHECKS.iter().find(|check| check.meta.id == id) {
                Some(check) if check.meta.tags.contains(tag) => {}
                Some(_) => wrong.push(format!("{id} lacks {tag}")),
                None => wrong.push(format!("{id} is no check")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
