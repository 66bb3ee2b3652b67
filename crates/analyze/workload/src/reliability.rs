//! Resources, probes, availability: one line a check.

ironclad_check::checks![
    cpu_limit: pod,
    cpu_request: pod,
    ephemeral_storage: pod,
    memory_limit: pod,
    memory_request: pod,
    request_above_limit: pod,
    requests_equal_limits: pod,
    resource_range: pod,
];
