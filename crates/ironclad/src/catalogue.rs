//! The checks of all analyzers. A new analyzer adds its list here.

use ironclad_check::Catalogue;

/// Old ids and the ids that they resolve to. An id is never reused.
const ALIASES: &[(&str, &str)] =
    &[("secrets/arg-literal", "secrets/args-literal"), ("secrets/configmap-holds-secret", "secrets/config-map")];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_mean_a_check_and_are_none() {
        let catalogue = catalogue();
        for (other, id) in ALIASES {
            assert_eq!(catalogue.get(other).map(|check| check.meta.id), Some(*id));
            assert!(catalogue.checks().iter().all(|check| check.meta.id != *other), "{other} is an id");
        }
    }
}
