//! The list: one line a check.

ironclad_check::checks![
    args_literal: pod,
    config_map: kind(CONFIG_MAP),
    config_map_personal: kind(CONFIG_MAP),
    env_from_secret: pod,
    env_literal: pod,
    repeated_value: snapshot,
];
