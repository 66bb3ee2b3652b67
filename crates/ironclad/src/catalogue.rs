//! The checks of all analyzers. A new analyzer adds its list here.

use ironclad_check::Catalogue;

/// Old ids and the ids that they resolve to. An id is never reused.
const ALIASES: &[(&str, &str)] = &[];

/// Every check of this build.
pub fn catalogue() -> Catalogue {
    let lists = [
        ironclad_image::CHECKS,
        ironclad_manifest::CHECKS,
        ironclad_network::CHECKS,
        ironclad_rbac::CHECKS,
        ironclad_secrets::CHECKS,
    ]
    .into_iter();
    Catalogue::new(lists.chain(ironclad_workload::LISTS.iter().copied()), ALIASES)
}
