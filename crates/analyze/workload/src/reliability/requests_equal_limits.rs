//! `reliability/requests-equal-limits`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::counted;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/requests-equal-limits",
    title: "request differs from limit",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("requests_equal_limits.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in counted(pod, cx.strict_init()) {
        let own = container.resources();
        for name in ["cpu", "memory", "ephemeral-storage"] {
            let Some(request) = own.requests().get(name) else { continue };
            let Some(limit) = own.limits().get(name) else {
                let message =
                    format!("container \"{}\" requests {name} and has no limit to equal it", container.label());
                cx.find(request.value(), message).of(container);
                continue;
            };
            let (Some(asked), Some(bound)) = (own.requests().quantity(name), own.limits().quantity(name)) else {
                continue;
            };
            if asked != bound {
                let message = format!(
                    "container \"{}\" requests {name} {} and is limited to {}",
                    container.label(),
                    request.value().text().unwrap_or_default(),
                    limit.value().text().unwrap_or_default()
                );
                cx.find(request.value(), message).of(container).related(limit.value(), "the limit");
            }
        }
    }
}
