//! The list: one line a check.

ironclad_check::checks![
    expected_tag: pod,
    invalid: pod,
    latest_not_always: pod,
    no_digest: pod,
    old_registry: pod,
    pull_policy: pod,
    registry: pod,
    running_drift: snapshot,
    tag_latest: pod,
];
