//! What kind of workload a pod belongs to.

use ironclad_model::Kind;
use ironclad_views::Pod;

/// Does the workload keep its pods running, so that they serve? Jobs end, and so do pods that are not restarted.
/// Kinds that nobody knows may do either: they count as not.
pub fn is_long_running(pod: &Pod<'_>) -> bool {
    match pod.object.kind() {
        Kind::POD => pod.spec.restart_policy().get().is_none_or(|policy| policy == "Always"),
        Kind::DAEMON_SET
        | Kind::KRUISE_DAEMON_SET
        | Kind::KNATIVE_SERVICE
        | Kind::KNATIVE_CONFIGURATION
        | Kind::KNATIVE_REVISION => true,
        kind => is_replicated(kind),
    }
}

/// Does the kind keep `spec.replicas` equal pods?
pub fn is_replicated(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::DEPLOYMENT
            | Kind::REPLICA_SET
            | Kind::REPLICATION_CONTROLLER
            | Kind::STATEFUL_SET
            | Kind::DEPLOYMENT_CONFIG
            | Kind::ROLLOUT
            | Kind::CLONE_SET
            | Kind::KRUISE_STATEFUL_SET
    )
}
