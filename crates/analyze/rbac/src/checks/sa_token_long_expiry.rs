//! `rbac/sa-token-long-expiry`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-token-long-expiry",
    title: "token that is valid for more than a day",
    severity: Severity::Low,
    reads: &[Kind::ANY_POD],
    tags: &["mitre:T1528"],
    page: include_str!("sa_token_long_expiry.md"),
    ..Meta::DEFAULT
};

/// Seconds of a day.
const DAY: i64 = 86_400;

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for volume in pod.spec.volumes().iter() {
        for source in volume.projected().sources().iter() {
            let token = source.service_account_token().spot().node();
            let expiry = token.and_then(|token| token.get(f::EXPIRATION_SECONDS)).map(|entry| entry.value());
            let Some(expiry) = expiry else { continue };
            if let Some(seconds) = expiry.as_i64().filter(|seconds| *seconds > DAY) {
                let name = volume.name().get().unwrap_or("(no name)");
                let days = seconds / DAY;
                cx.find(expiry, format!("the token in volume \"{name}\" is valid for {days} days"))
                    .label("the kubelet renews it in time: an hour, the default, is enough");
            }
        }
    }
}
