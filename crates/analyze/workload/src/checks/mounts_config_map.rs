//! `workload/mounts-config-map`

use crate::mounts::with_mounts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::{mounted_volumes, mounts_of};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/mounts-config-map",
    title: "pod mounts a ConfigMap",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("mounts_config_map.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for mounted in mounted_volumes(pod) {
        let direct = mounted.volume.config_map().name();
        let projected = mounted.volume.projected().sources().iter().map(|source| source.config_map().name());
        let names: Vec<_> = std::iter::once(direct).chain(projected).filter(|field| field.get().is_some()).collect();
        for field in names {
            let name = field.get().unwrap_or_default();
            let finder = cx.find(field, format!("ConfigMap \"{name}\" is mounted")).label(mounted.users());
            with_mounts(finder, &mounts_of(pod, Some(mounted.name)));
        }
    }
}
