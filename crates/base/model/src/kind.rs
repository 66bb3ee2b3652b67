//! Well-known kinds as small integers, so that subscriptions and indexes compare two bytes instead of two strings.

use std::fmt;

/// A kind that ironclad knows by name, or [`Kind::OTHER`].
///
/// A kind is its API group and name; the version does not matter (`extensions/v1beta1` Deployments are an exception
/// that [`Kind::of`] maps to today's group).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u16);

macro_rules! kinds {
    ($($name:ident = $group:literal $kind:literal),* $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u16)]
        enum Ordinal { $($name),* }
        impl Kind {
            $(#[doc = concat!("`", $kind, "` of group `", $group, "`")]
            pub const $name: Kind = Kind(Ordinal::$name as u16);)*
        }
        const TABLE: &[(&str, &str)] = &[$(($group, $kind)),*];
    };
}

kinds! {
    POD = "" "Pod",
    REPLICATION_CONTROLLER = "" "ReplicationController",
    POD_TEMPLATE = "" "PodTemplate",
    SERVICE = "" "Service",
    SERVICE_ACCOUNT = "" "ServiceAccount",
    CONFIG_MAP = "" "ConfigMap",
    SECRET = "" "Secret",
    NAMESPACE = "" "Namespace",
    NODE = "" "Node",
    PERSISTENT_VOLUME = "" "PersistentVolume",
    PERSISTENT_VOLUME_CLAIM = "" "PersistentVolumeClaim",
    LIMIT_RANGE = "" "LimitRange",
    RESOURCE_QUOTA = "" "ResourceQuota",
    ENDPOINTS = "" "Endpoints",
    EVENT = "" "Event",
    DEPLOYMENT = "apps" "Deployment",
    REPLICA_SET = "apps" "ReplicaSet",
    STATEFUL_SET = "apps" "StatefulSet",
    DAEMON_SET = "apps" "DaemonSet",
    JOB = "batch" "Job",
    CRON_JOB = "batch" "CronJob",
    HORIZONTAL_POD_AUTOSCALER = "autoscaling" "HorizontalPodAutoscaler",
    POD_DISRUPTION_BUDGET = "policy" "PodDisruptionBudget",
    POD_SECURITY_POLICY = "policy" "PodSecurityPolicy",
    INGRESS = "networking.k8s.io" "Ingress",
    INGRESS_CLASS = "networking.k8s.io" "IngressClass",
    NETWORK_POLICY = "networking.k8s.io" "NetworkPolicy",
    ROLE = "rbac.authorization.k8s.io" "Role",
    CLUSTER_ROLE = "rbac.authorization.k8s.io" "ClusterRole",
    ROLE_BINDING = "rbac.authorization.k8s.io" "RoleBinding",
    CLUSTER_ROLE_BINDING = "rbac.authorization.k8s.io" "ClusterRoleBinding",
    CUSTOM_RESOURCE_DEFINITION = "apiextensions.k8s.io" "CustomResourceDefinition",
    VALIDATING_WEBHOOK_CONFIGURATION = "admissionregistration.k8s.io" "ValidatingWebhookConfiguration",
    MUTATING_WEBHOOK_CONFIGURATION = "admissionregistration.k8s.io" "MutatingWebhookConfiguration",
    VALIDATING_ADMISSION_POLICY = "admissionregistration.k8s.io" "ValidatingAdmissionPolicy",
    VALIDATING_ADMISSION_POLICY_BINDING = "admissionregistration.k8s.io" "ValidatingAdmissionPolicyBinding",
    API_SERVICE = "apiregistration.k8s.io" "APIService",
    STORAGE_CLASS = "storage.k8s.io" "StorageClass",
    PRIORITY_CLASS = "scheduling.k8s.io" "PriorityClass",
    RUNTIME_CLASS = "node.k8s.io" "RuntimeClass",
    LEASE = "coordination.k8s.io" "Lease",
    ENDPOINT_SLICE = "discovery.k8s.io" "EndpointSlice",
    DEPLOYMENT_CONFIG = "apps.openshift.io" "DeploymentConfig",
    SECURITY_CONTEXT_CONSTRAINTS = "security.openshift.io" "SecurityContextConstraints",
    ROLLOUT = "argoproj.io" "Rollout",
    WORKFLOW = "argoproj.io" "Workflow",
    WORKFLOW_TEMPLATE = "argoproj.io" "WorkflowTemplate",
    CLUSTER_WORKFLOW_TEMPLATE = "argoproj.io" "ClusterWorkflowTemplate",
    CRON_WORKFLOW = "argoproj.io" "CronWorkflow",
    KNATIVE_SERVICE = "serving.knative.dev" "Service",
    KNATIVE_CONFIGURATION = "serving.knative.dev" "Configuration",
    KNATIVE_REVISION = "serving.knative.dev" "Revision",
    CLONE_SET = "apps.kruise.io" "CloneSet",
    KRUISE_STATEFUL_SET = "apps.kruise.io" "StatefulSet",
    KRUISE_DAEMON_SET = "apps.kruise.io" "DaemonSet",
    TEKTON_TASK = "tekton.dev" "Task",
    TEKTON_CLUSTER_TASK = "tekton.dev" "ClusterTask",
    TEKTON_TASK_RUN = "tekton.dev" "TaskRun",
    VIRTUAL_MACHINE = "kubevirt.io" "VirtualMachine",
    RAY_CLUSTER = "ray.io" "RayCluster",
    RAY_JOB = "ray.io" "RayJob",
    RAY_SERVICE = "ray.io" "RayService",
    VOLCANO_JOB = "batch.volcano.sh" "Job",
    PYTORCH_JOB = "kubeflow.org" "PyTorchJob",
    TF_JOB = "kubeflow.org" "TFJob",
    MPI_JOB = "kubeflow.org" "MPIJob",
    XGBOOST_JOB = "kubeflow.org" "XGBoostJob",
    PADDLE_JOB = "kubeflow.org" "PaddleJob",
    JAX_JOB = "kubeflow.org" "JAXJob",
    JOB_SET = "jobset.x-k8s.io" "JobSet",
    LEADER_WORKER_SET = "leaderworkerset.x-k8s.io" "LeaderWorkerSet",
    SANDBOX = "agents.x-k8s.io" "Sandbox",
    SANDBOX_TEMPLATE = "extensions.agents.x-k8s.io" "SandboxTemplate",
    SCALED_OBJECT = "keda.sh" "ScaledObject",
    HTTP_ROUTE = "gateway.networking.k8s.io" "HTTPRoute",
    GATEWAY = "gateway.networking.k8s.io" "Gateway",
    GRPC_ROUTE = "gateway.networking.k8s.io" "GRPCRoute",
    TCP_ROUTE = "gateway.networking.k8s.io" "TCPRoute",
    TLS_ROUTE = "gateway.networking.k8s.io" "TLSRoute",
    UDP_ROUTE = "gateway.networking.k8s.io" "UDPRoute",
    REFERENCE_GRANT = "gateway.networking.k8s.io" "ReferenceGrant",
    SERVICE_MONITOR = "monitoring.coreos.com" "ServiceMonitor",
    POD_MONITOR = "monitoring.coreos.com" "PodMonitor",
    CILIUM_NETWORK_POLICY = "cilium.io" "CiliumNetworkPolicy",
    CILIUM_CLUSTERWIDE_NETWORK_POLICY = "cilium.io" "CiliumClusterwideNetworkPolicy",
    CALICO_NETWORK_POLICY = "projectcalico.org" "NetworkPolicy",
    CALICO_GLOBAL_NETWORK_POLICY = "projectcalico.org" "GlobalNetworkPolicy",
    CALICO_NETWORK_POLICY_CRD = "crd.projectcalico.org" "NetworkPolicy",
    CALICO_GLOBAL_NETWORK_POLICY_CRD = "crd.projectcalico.org" "GlobalNetworkPolicy",
    ADMIN_NETWORK_POLICY = "policy.networking.k8s.io" "AdminNetworkPolicy",
    BASELINE_ADMIN_NETWORK_POLICY = "policy.networking.k8s.io" "BaselineAdminNetworkPolicy",
    CLUSTER_NETWORK_POLICY = "policy.networking.k8s.io" "ClusterNetworkPolicy",
    EXTERNAL_SECRET = "external-secrets.io" "ExternalSecret",
    CLUSTER_EXTERNAL_SECRET = "external-secrets.io" "ClusterExternalSecret",
    SEALED_SECRET = "bitnami.com" "SealedSecret",
    CERTIFICATE = "cert-manager.io" "Certificate",
    SECRET_PROVIDER_CLASS = "secrets-store.csi.x-k8s.io" "SecretProviderClass",
    VAULT_STATIC_SECRET = "secrets.hashicorp.com" "VaultStaticSecret",
    VAULT_DYNAMIC_SECRET = "secrets.hashicorp.com" "VaultDynamicSecret",
    VAULT_PKI_SECRET = "secrets.hashicorp.com" "VaultPKISecret",
}

/// Groups in which a built-in kind lives or lived. A manifest that names a built-in kind in the wrong one of these is
/// judged by its kind; a group of somebody else (`serving.knative.dev`) never is.
const BUILT_IN_GROUPS: &[&str] = &["", "apps", "batch", "extensions", "autoscaling", "policy"];

/// The API group of an `apiVersion` (`""` for the core group).
pub fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

impl Kind {
    /// Any kind that is not in the table.
    pub const OTHER: Kind = Kind(u16::MAX);
    /// In [`reads`](Kind): any object from which pods are made, built in or not.
    pub const ANY_POD: Kind = Kind(u16::MAX - 1);
    /// In `reads`: every object.
    pub const ANY: Kind = Kind(u16::MAX - 2);

    /// The kind of an object with this `apiVersion` and `kind`.
    pub fn of(api_version: &str, kind: &str) -> Kind {
        let group = group_of(api_version);
        let mut by_kind = Kind::OTHER;
        for (index, &(known_group, known_kind)) in TABLE.iter().enumerate() {
            if known_kind == kind {
                if known_group == group {
                    return Kind(index as u16);
                }
                if by_kind == Kind::OTHER && is_built_in(known_group) {
                    by_kind = Kind(index as u16);
                }
            }
        }
        if is_built_in(group) { by_kind } else { Kind::OTHER }
    }

    /// Every kind of the table.
    pub fn all() -> impl Iterator<Item = Kind> {
        (0..TABLE.len() as u16).map(Kind)
    }

    /// API group (`""` for the core group and for the pseudo-kinds).
    pub fn group(self) -> &'static str {
        TABLE.get(usize::from(self.0)).map_or("", |entry| entry.0)
    }

    /// Name as written in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Kind::OTHER => "(other)",
            Kind::ANY_POD => "any workload",
            Kind::ANY => "any object",
            _ => TABLE.get(usize::from(self.0)).map_or("(other)", |entry| entry.1),
        }
    }
}

fn is_built_in(group: &str) -> bool {
    BUILT_IN_GROUPS.contains(&group) || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io"))
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_and_wrong_groups_are_judged_by_kind() {
        assert_eq!(Kind::of("apps/v1", "Deployment"), Kind::DEPLOYMENT);
        assert_eq!(Kind::of("extensions/v1beta1", "Deployment"), Kind::DEPLOYMENT);
        assert_eq!(Kind::of("v1", "Deployment"), Kind::DEPLOYMENT);
        assert_eq!(Kind::of("serving.knative.dev/v1", "Service"), Kind::KNATIVE_SERVICE);
        assert_eq!(Kind::of("example.com/v1", "Service"), Kind::OTHER);
        assert_eq!(Kind::of("apps.kruise.io/v1beta1", "StatefulSet"), Kind::KRUISE_STATEFUL_SET);
        assert_eq!(Kind::of("batch.volcano.sh/v1alpha1", "Job"), Kind::VOLCANO_JOB);
    }
}
