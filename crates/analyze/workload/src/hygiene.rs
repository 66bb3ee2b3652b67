//! Leftovers and manners of manifests: one line a check.

ironclad_check::checks![
    psp_removed: kind(POD_SECURITY_POLICY),
];
