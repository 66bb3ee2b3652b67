//! The list: one line a check.

ironclad_check::checks![
    annotation_literal: object,
    args_literal: pod,
    config_map: kind(CONFIG_MAP),
    config_map_personal: kind(CONFIG_MAP),
    env_from_secret: pod,
    env_literal: pod,
    last_applied_leak: object,
    repeated_value: snapshot,
    values_literal: object,
];
