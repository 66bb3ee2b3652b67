//! `manifest/unused-waiver`: judged by `ironclad_check::waive`, which knows the waivers.

use ironclad_check::{FixKind, Meta};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "manifest/unused-waiver",
    title: "waiver that hides nothing",
    severity: Severity::Low,
    reads: &[Kind::ANY],
    fix: FixKind::Safe,
    page: include_str!("unused_waiver.md"),
    ..Meta::DEFAULT
};
