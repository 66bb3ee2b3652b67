//! Tags of the checks: techniques that exist, and controls of the CIS benchmark that say the same.
#![allow(clippy::unwrap_used, reason = "a test")]

/// The matrix of MITRE ATT&CK for containers (version 19): every technique of that platform.
const CONTAINERS: &[&str] = &[
    "T1036",
    "T1036.005",
    "T1036.010",
    "T1046",
    "T1053",
    "T1053.007",
    "T1059",
    "T1059.013",
    "T1068",
    "T1069",
    "T1070",
    "T1078",
    "T1078.001",
    "T1078.003",
    "T1098",
    "T1098.006",
    "T1110",
    "T1110.001",
    "T1110.003",
    "T1110.004",
    "T1133",
    "T1136",
    "T1136.001",
    "T1190",
    "T1204",
    "T1204.003",
    "T1485",
    "T1490",
    "T1496",
    "T1496.001",
    "T1496.002",
    "T1498",
    "T1499",
    "T1525",
    "T1528",
    "T1543",
    "T1543.005",
    "T1550",
    "T1550.001",
    "T1552",
    "T1552.001",
    "T1552.007",
    "T1609",
    "T1610",
    "T1611",
    "T1612",
    "T1613",
    "T1685",
];

/// Techniques of other platforms, where the matrix for containers has none that says what the right is good for.
const BESIDE: &[(&str, &str)] = &[
    ("T1090", "proxy: requests go through the API server"),
    ("T1546", "event triggered execution: an admission webhook is called at each write"),
    ("T1553", "subvert trust controls: an anchor that workloads trust"),
    ("T1557", "adversary in the middle: traffic of Services, names and API groups"),
    ("T1565", "data manipulation: objects that others act on"),
    ("T1572", "protocol tunneling: any port of a pod through the API server"),
    ("T1578", "modify cloud compute: nodes that the cloud starts"),
    ("T1649", "forge authentication certificates: requests that are approved or signed"),
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
fn techniques_are_those_of_containers() {
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for check in ironclad_rbac::CHECKS {
        for id in check.meta.tags.iter().filter_map(|tag| tag.strip_prefix("mitre:")) {
            used.push(id);
            if !CONTAINERS.contains(&id) && !BESIDE.iter().any(|(beside, _)| *beside == id) {
                wrong.push(format!("{}: {id}", check.meta.id));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the matrix for containers: {wrong:#?}");
    let idle: Vec<_> = BESIDE.iter().filter(|(id, _)| !used.contains(id)).collect();
    assert!(idle.is_empty(), "argued for and not used: {idle:?}");
    assert!(BESIDE.iter().all(|(id, _)| !CONTAINERS.contains(id)), "argued for without need");
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
