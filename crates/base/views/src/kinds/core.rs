//! Other kinds of the core group.

use crate::{PortOfService, view};

view! {
    /// `spec` of a Service.
    ServiceSpec = "io.k8s.api.core.v1.ServiceSpec" {
        kind: text = TYPE,
        cluster_ip: text = CLUSTER_IP,
        selector: map = SELECTOR,
        ports: [PortOfService] = PORTS,
        external_ips: texts = EXTERNAL_IPS,
        load_balancer_source_ranges: texts = LOAD_BALANCER_SOURCE_RANGES,
    }

    /// `spec` of a PersistentVolumeClaim.
    ClaimSpec = "io.k8s.api.core.v1.PersistentVolumeClaimSpec" {
        access_modes: texts = ACCESS_MODES,
    }

    /// `spec` of a LimitRange.
    LimitRangeSpec = "io.k8s.api.core.v1.LimitRangeSpec" {
        limits: [LimitRangeItem] = LIMITS,
    }

    /// Bounds and defaults for one type of object.
    LimitRangeItem = "io.k8s.api.core.v1.LimitRangeItem" {
        kind: text = TYPE,
        max: map = MAX,
        min: map = MIN,
        default: map = DEFAULT,
        default_request: map = DEFAULT_REQUEST,
    }

    /// `spec` of a ResourceQuota.
    QuotaSpec = "io.k8s.api.core.v1.ResourceQuotaSpec" {
        hard: map = HARD,
        scopes: texts = SCOPES,
    }
}
