//! The list: one line a check.

ironclad_check::checks![
    host_path_sensitive: pod,
    privileged: pod,
    run_as_non_root: pod,
];
