//! `manifest/expired-waiver`: judged by `ironclad_check::waive`, which knows the waivers.

use ironclad_check::Meta;
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "manifest/expired-waiver",
    title: "waiver past its last day",
    severity: Severity::Medium,
    reads: &[Kind::ANY],
    page: include_str!("expired_waiver.md"),
    ..Meta::DEFAULT
};
