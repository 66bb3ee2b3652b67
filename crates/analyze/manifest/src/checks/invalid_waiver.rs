//! `manifest/invalid-waiver`: judged by `ironclad_check::waive`, which knows the waivers.

use ironclad_check::Meta;
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "manifest/invalid-waiver",
    title: "waiver that cannot hold",
    severity: Severity::Medium,
    reads: &[Kind::ANY],
    page: include_str!("invalid_waiver.md"),
    ..Meta::DEFAULT
};
