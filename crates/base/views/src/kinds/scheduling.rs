//! Where pods go: affinity and topology spread.

use crate::view;

view! {
    /// `affinity` of a pod.
    Affinity = "io.k8s.api.core.v1.Affinity" {
        node_affinity: any = NODE_AFFINITY,
        pod_anti_affinity: PodAntiAffinity = POD_ANTI_AFFINITY,
    }

    /// Pods that keep away from others.
    PodAntiAffinity = "io.k8s.api.core.v1.PodAntiAffinity" {
        required: [PodAffinityTerm] = REQUIRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION,
        preferred: [WeightedPodAffinityTerm] = PREFERRED_DURING_SCHEDULING_IGNORED_DURING_EXECUTION,
    }

    /// A term that is preferred.
    WeightedPodAffinityTerm = "io.k8s.api.core.v1.WeightedPodAffinityTerm" {
        term: PodAffinityTerm = POD_AFFINITY_TERM,
    }

    /// Which pods, in which part of the cluster.
    PodAffinityTerm = "io.k8s.api.core.v1.PodAffinityTerm" {
        label_selector: any = LABEL_SELECTOR,
        namespaces: texts = NAMESPACES,
        namespace_selector: any = NAMESPACE_SELECTOR,
        topology_key: text = TOPOLOGY_KEY,
    }

    /// An item of `topologySpreadConstraints`.
    TopologySpread = "io.k8s.api.core.v1.TopologySpreadConstraint" {
        max_skew: int = MAX_SKEW,
        min_domains: int = MIN_DOMAINS,
        topology_key: text = TOPOLOGY_KEY,
        when_unsatisfiable: text = WHEN_UNSATISFIABLE,
        label_selector: any = LABEL_SELECTOR,
    }
}
