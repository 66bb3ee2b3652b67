//! `reliability/resource-range`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Quantity;
use ironclad_model::Severity;
use ironclad_pod::counted;
use ironclad_views::Pod;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "reliability/resource-range",
    title: "resources outside of the agreed range",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    params: &[
        Param {
            name: "min",
            default: ParamDefault::Map(&[]),
            doc: "Smallest quantity by resource (`cpu`), or by resource and side (`cpu-request`, `cpu-limit`).",
        },
        Param { name: "max", default: ParamDefault::Map(&[]), doc: "Largest quantity, in the same notation." },
    ],
    page: include_str!("resource_range.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let (Some(least), Some(most)) = (cx.map("min"), cx.map("max")) else { return };
    for container in counted(pod, cx.strict_init()) {
        let own = container.resources();
        for (list, word) in [(own.requests(), "request"), (own.limits(), "limit")] {
            for entry in list.iter() {
                let name = entry.key();
                let Some(quantity) = list.quantity(name) else { continue };
                // `cpu-limit: "4"` bounds limits, `cpu: "4"` both.
                let bound = |map: &BTreeMap<String, String>| -> Option<(String, Quantity)> {
                    let text = map.get(&format!("{name}-{word}")).or_else(|| map.get(name))?;
                    Some((text.clone(), text.parse().ok()?))
                };
                let whose = format!(
                    "container \"{}\" has the {name} {word} {}",
                    container.label(),
                    entry.value().text().unwrap_or_default()
                );
                let message = match (bound(least), bound(most)) {
                    (Some((text, bound)), _) if quantity < bound => format!("{whose}, below {text}"),
                    (_, Some((text, bound))) if quantity > bound => format!("{whose}, above {text}"),
                    _ => continue,
                };
                cx.find(entry.value(), message).of(container);
            }
        }
    }
}
