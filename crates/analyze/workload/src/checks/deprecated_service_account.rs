//! `workload/deprecated-service-account`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Place};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/deprecated-service-account",
    title: "ServiceAccount by its old field",
    severity: Severity::Low,
    fix: FixKind::Safe,
    page: include_str!("deprecated_service_account.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let (old, current) = (pod.spec.service_account(), pod.spec.service_account_name());
    let Some(name) = old.get().filter(|name| !name.is_empty()) else { return };
    match current.get().filter(|name| !name.is_empty()) {
        Some(current) if current == name => {}
        Some(current) => {
            cx.find(old, format!("`serviceAccount: {name}` contradicts `serviceAccountName: {current}`"))
                .label("the new field wins")
                .fix_remove("remove the deprecated field", Safety::Safe, old);
        }
        None => {
            cx.find(old, format!("`serviceAccount: {name}` is the deprecated name of `serviceAccountName`")).fix(
                "rename the key",
                Safety::Safe,
                vec![Edit::Rename(Place::of(old.spot()), "serviceAccountName".to_owned())],
            );
        }
    }
}
