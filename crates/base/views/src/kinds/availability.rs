//! What scales workloads and what keeps them running.

use crate::view;

view! {
    /// `spec` of a HorizontalPodAutoscaler.
    AutoscalerSpec = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec" {
        min_replicas: int = MIN_REPLICAS,
        max_replicas: int = MAX_REPLICAS,
        scale_target_ref: ScaleTarget = SCALE_TARGET_REF,
    }

    /// What is scaled.
    ScaleTarget = "io.k8s.api.autoscaling.v2.CrossVersionObjectReference" {
        api_version: text = API_VERSION,
        kind: text = KIND,
        name: text = NAME,
    }

    /// `spec` of a PodDisruptionBudget.
    BudgetSpec = "io.k8s.api.policy.v1.PodDisruptionBudgetSpec" {
        min_available: port = MIN_AVAILABLE,
        max_unavailable: port = MAX_UNAVAILABLE,
        selector: any = SELECTOR,
        unhealthy_pod_eviction_policy: text = UNHEALTHY_POD_EVICTION_POLICY,
    }
}
