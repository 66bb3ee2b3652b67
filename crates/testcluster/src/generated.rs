//! A cluster of any size, as teams fill one: for figures and for proofs that need more objects than anybody writes.
//!
//! Objects come kind by kind, in the order of group and kind, each in the order of namespace and name: the order of a
//! listing. What a server refuses to take (`uid`, `resourceVersion`) is not in them; what it forgets (`status`) is.

use std::fmt::Write as _;

/// One object.
#[derive(Clone, Debug)]
pub struct Generated {
    /// `apiVersion`.
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Where it is created: `/api/v1/namespaces/team-1/pods`.
    pub path: String,
    /// It, with `apiVersion` and `kind`.
    pub json: String,
}

/// Objects of one application.
const EACH: usize = 14;
/// Pods of one application.
const PODS: usize = 3;
const TEAMS: usize = 50;
const NODES: usize = 40;

type Body = fn(App) -> String;

/// Kinds, in the order of a listing, with how many of each an application has.
const KINDS: &[(&str, &str, &str, usize, Body)] = &[
    ("v1", "ConfigMap", "configmaps", 2, config_map),
    ("v1", "Pod", "pods", PODS, pod),
    ("v1", "Service", "services", 1, service),
    ("v1", "ServiceAccount", "serviceaccounts", 1, |_| "\"automountServiceAccountToken\":false".to_owned()),
    ("apps/v1", "Deployment", "deployments", 1, deployment),
    ("apps/v1", "ReplicaSet", "replicasets", 1, replica_set),
    ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", 1, endpoint_slice),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", 1, network_policy),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", 1, disruption_budget),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", 1, role),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", 1, role_binding),
];

/// One object's number: which application, and which of its objects of this kind.
#[derive(Clone, Copy)]
struct App {
    number: usize,
    part: usize,
}

impl App {
    fn team(self) -> usize {
        self.number % TEAMS
    }

    fn name(self) -> String {
        format!("app-{:06}", self.number)
    }
}

/// A cluster of about so many objects, and never fewer than its namespaces and nodes.
pub fn generated(count: usize) -> impl Iterator<Item = Generated> + Send {
    let apps = count.saturating_sub(TEAMS + NODES) / EACH;
    let namespaces = (0..TEAMS).map(|team| {
        let level = ["privileged", "baseline", "restricted"][team % 3];
        whole("v1", "Namespace", "/api/v1/namespaces".to_owned(), &format!("team-{team:02}"), None, "", &format!(
            "\"labels\":{{\"pod-security.kubernetes.io/enforce\":\"privileged\",\"pod-security.kubernetes.io/warn\":\"{level}\"}}"
        ))
    });
    let nodes = (0..NODES).map(|node| {
        let body = format!(
            "\"spec\":{{\"podCIDR\":\"10.{node}.0.0/24\"}},\"status\":{{\"nodeInfo\":{{\"kubeletVersion\":\"v1.37.2\",\"osImage\":\"Debian GNU/Linux 13\"}}}}"
        );
        let labels = "\"labels\":{\"kubernetes.io/os\":\"linux\",\"kubernetes.io/arch\":\"amd64\"}";
        whole("v1", "Node", "/api/v1/nodes".to_owned(), &format!("node-{node:02}"), None, &body, labels)
    });
    let namespaced = KINDS.iter().flat_map(move |&(api_version, kind, plural, each, body)| {
        let root = if api_version == "v1" { "/api" } else { "/apis" };
        (0..TEAMS).flat_map(move |team| {
            let of_team = (team..apps).step_by(TEAMS);
            of_team.flat_map(move |number| {
                (0..each).map(move |part| {
                    let app = App { number, part };
                    let namespace = format!("team-{team:02}");
                    let path = format!("{root}/{api_version}/namespaces/{namespace}/{plural}");
                    let name = if each > 1 { format!("{}-{part}", app.name()) } else { app.name() };
                    whole(api_version, kind, path, &name, Some(&namespace), &body(app), &metadata(app, kind))
                })
            })
        })
    });
    namespaces.chain(nodes).chain(namespaced)
}

fn whole(
    api_version: &'static str,
    kind: &'static str,
    path: String,
    name: &str,
    namespace: Option<&str>,
    body: &str,
    metadata: &str,
) -> Generated {
    let namespace = namespace.map(|namespace| format!(",\"namespace\":\"{namespace}\"")).unwrap_or_default();
    let metadata = if metadata.is_empty() { String::new() } else { format!(",{metadata}") };
    let body = if body.is_empty() { String::new() } else { format!(",{body}") };
    let json = format!(
        "{{\"apiVersion\":\"{api_version}\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"{name}\"{namespace}{metadata}}}{body}}}"
    );
    Generated { api_version, kind, path, json }
}

fn labels(app: App) -> String {
    format!("{{\"app.kubernetes.io/name\":\"{}\",\"app.kubernetes.io/part-of\":\"platform\"}}", app.name())
}

fn metadata(app: App, kind: &str) -> String {
    let owner = match kind {
        "Pod" => Some(("apps/v1", "ReplicaSet")),
        "ReplicaSet" => Some(("apps/v1", "Deployment")),
        "EndpointSlice" => Some(("v1", "Service")),
        _ => None,
    };
    let mut text = format!("\"labels\":{}", labels(app));
    if kind == "EndpointSlice" {
        text.insert_str(text.len() - 1, &format!(",\"kubernetes.io/service-name\":\"{}\"", app.name()));
    }
    if let Some((api_version, owner)) = owner {
        let _ = write!(
            text,
            ",\"ownerReferences\":[{{\"apiVersion\":\"{api_version}\",\"kind\":\"{owner}\",\"name\":\"{}\",\"uid\":\"00000000-0000-4000-8000-{:012}\",\"controller\":true,\"blockOwnerDeletion\":true}}]",
            app.name(),
            app.number
        );
    }
    text
}

/// What a pod is made from, varied by its number so that some checks fire and others do not.
fn pod_spec(app: App) -> String {
    let number = app.number;
    let name = app.name();
    let privileged = if number.is_multiple_of(7) { "\"privileged\":true," } else { "" };
    let tag = if number.is_multiple_of(5) { "latest" } else { "1.27.3" };
    let escalation = number.is_multiple_of(3);
    let limits = if number.is_multiple_of(4) { "" } else { ",\"limits\":{\"memory\":\"512Mi\"}" };
    format!(
        "{{\"serviceAccountName\":\"{name}\",\"securityContext\":{{\"runAsNonRoot\":{root},\"fsGroup\":2000,\"seccompProfile\":{{\"type\":\"RuntimeDefault\"}}}},\
         \"containers\":[{{\"name\":\"app\",\"image\":\"registry.example.com/team-{team:02}/app:{tag}\",\"args\":[\"--port=8080\",\"--shard={number}\"],\
         \"ports\":[{{\"name\":\"http\",\"containerPort\":8080,\"protocol\":\"TCP\"}}],\
         \"env\":[{{\"name\":\"POD_NAME\",\"valueFrom\":{{\"fieldRef\":{{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.name\"}}}}}},{{\"name\":\"REGION\",\"value\":\"eu-west-1\"}}],\
         \"resources\":{{\"requests\":{{\"cpu\":\"250m\",\"memory\":\"256Mi\"}}{limits}}},\
         \"readinessProbe\":{{\"httpGet\":{{\"path\":\"/ready\",\"port\":\"http\",\"scheme\":\"HTTP\"}},\"periodSeconds\":10}},\
         \"securityContext\":{{{privileged}\"allowPrivilegeEscalation\":{escalation},\"readOnlyRootFilesystem\":true,\"capabilities\":{{\"drop\":[\"ALL\"]}}}},\
         \"volumeMounts\":[{{\"name\":\"config\",\"mountPath\":\"/etc/app\",\"readOnly\":true}}],\"imagePullPolicy\":\"IfNotPresent\"}}],\
         \"volumes\":[{{\"name\":\"config\",\"configMap\":{{\"name\":\"{name}-0\"}}}}]}}",
        root = !number.is_multiple_of(3),
        // The API server does not allow a privileged container to refuse escalation.
        escalation = escalation || number.is_multiple_of(7),
        team = app.team(),
    )
}

fn config_map(app: App) -> String {
    let App { number, part } = app;
    format!(
        "\"data\":{{\"app.properties\":\"log.level=info\\nshard={number}\\npart={part}\\n\",\"region\":\"eu-west-1\",\"features\":\"search,checkout,invoices\"}}"
    )
}

fn pod(app: App) -> String {
    let App { number, part } = app;
    let node = (number + part) % NODES;
    let spec = pod_spec(app);
    let spec = spec.strip_suffix('}').unwrap_or(&spec);
    format!(
        "\"spec\":{spec},\"nodeName\":\"node-{node:02}\"}},\"status\":{{\"phase\":\"Running\",\"podIP\":\"10.{node}.{}.{}\",\"startTime\":\"2026-01-01T00:00:00Z\",\
         \"conditions\":[{{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}}],\
         \"containerStatuses\":[{{\"name\":\"app\",\"ready\":true,\"restartCount\":0,\"image\":\"registry.example.com/app\",\"imageID\":\"\"}}]}}",
        number / 250 % 250,
        number % 250
    )
}

fn template(app: App) -> String {
    format!("{{\"metadata\":{{\"labels\":{}}},\"spec\":{}}}", labels(app), pod_spec(app))
}

fn selector(app: App) -> String {
    format!("{{\"matchLabels\":{{\"app.kubernetes.io/name\":\"{}\"}}}}", app.name())
}

fn deployment(app: App) -> String {
    format!("\"spec\":{{\"replicas\":{PODS},\"selector\":{},\"template\":{}}}", selector(app), template(app))
}

fn replica_set(app: App) -> String {
    deployment(app)
}

fn service(app: App) -> String {
    format!(
        "\"spec\":{{\"selector\":{{\"app.kubernetes.io/name\":\"{}\"}},\"ports\":[{{\"name\":\"http\",\"port\":80,\"targetPort\":\"http\"}}],\"clusterIP\":\"None\"}}",
        app.name()
    )
}

fn endpoint_slice(app: App) -> String {
    let number = app.number;
    format!(
        "\"addressType\":\"IPv4\",\"endpoints\":[{{\"addresses\":[\"10.1.{}.{}\"]}}],\"ports\":[{{\"name\":\"http\",\"port\":8080}}]",
        number / 250 % 250,
        number % 250
    )
}

fn network_policy(app: App) -> String {
    format!(
        "\"spec\":{{\"podSelector\":{},\"policyTypes\":[\"Ingress\"],\"ingress\":[{{\"from\":[{{\"podSelector\":{{}}}}],\"ports\":[{{\"port\":\"http\"}}]}}]}}",
        selector(app)
    )
}

fn disruption_budget(app: App) -> String {
    format!("\"spec\":{{\"maxUnavailable\":1,\"selector\":{}}}", selector(app))
}

fn role(app: App) -> String {
    let verbs = if app.number.is_multiple_of(11) { "\"*\"" } else { "\"get\",\"list\"" };
    format!("\"rules\":[{{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],\"verbs\":[{verbs}]}}]")
}

fn role_binding(app: App) -> String {
    let name = app.name();
    format!(
        "\"roleRef\":{{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"{name}\"}},\"subjects\":[{{\"kind\":\"ServiceAccount\",\"name\":\"{name}\",\"namespace\":\"team-{:02}\"}}]",
        app.team()
    )
}
