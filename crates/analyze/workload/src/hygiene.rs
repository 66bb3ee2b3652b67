//! Leftovers and manners of manifests: one line a check.

ironclad_check::checks![
    instance_label: object,
    label_value: object,
    missing_name: object,
    psp_removed: kind(POD_SECURITY_POLICY),
    recommended_labels: object,
    required_annotation: object,
    required_label: object,
    sorted_keys: object,
];

mod required;
