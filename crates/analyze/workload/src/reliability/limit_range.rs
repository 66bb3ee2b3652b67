//! `reliability/limit-range`

use super::words::ticked;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{LimitRangeSpec, Map, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/limit-range",
    title: "LimitRange that bounds or defaults only half",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::LIMIT_RANGE],
    page: include_str!("limit_range.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(range: &Object, cx: &mut Cx<'_>) {
    let limits = spec::<LimitRangeSpec<'_>>(range).limits();
    if limits.is_empty() {
        cx.find(limits.spot(), "LimitRange limits nothing");
    }
    for item in limits.iter() {
        let kind = item.kind();
        let of_containers = kind.get() == Some("Container");
        let lacking: Vec<&str> = [
            ("type", kind.get().is_none_or(str::is_empty)),
            ("max", is_empty(item.max())),
            ("min", is_empty(item.min())),
            // Defaults are of containers alone: the API server refuses them for pods and never applies others.
            ("default", of_containers && is_empty(item.default())),
            ("defaultRequest", of_containers && is_empty(item.default_request())),
        ]
        .into_iter()
        .filter_map(|(name, lacks)| lacks.then_some(name))
        .collect();
        if !lacking.is_empty() {
            let whom = kind.get().map_or_else(String::new, |kind| format!(" for {kind}"));
            cx.find(item.spot(), format!("LimitRange sets no {}{whom}", ticked(&lacking)))
                .label("what is not set here is not bounded");
        }
    }
}

fn is_empty(map: Map<'_>) -> bool {
    map.iter().next().is_none()
}
