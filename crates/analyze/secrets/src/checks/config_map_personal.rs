//! `secrets/config-map-personal`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_leak::personal;
use ironclad_model::{Confidence, Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "secrets/config-map-personal",
    title: "personal data in a ConfigMap",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    profile: Profile::OptIn,
    reads: &[Kind::CONFIG_MAP],
    page: include_str!("config_map_personal.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let data = object.root().get_str("data").map(|entry| entry.value());
    for entry in data.into_iter().flat_map(|data| data.entries()) {
        let Some(value) = entry.value().as_str() else { continue };
        let kinds = personal(entry.key(), value);
        if let Some((last, rest)) = kinds.split_last() {
            let what = if rest.is_empty() { (*last).to_owned() } else { format!("{} and {last}", rest.join(", ")) };
            cx.find(entry.value(), format!("ConfigMap holds {what}, under key `{}`", entry.key()))
                .hide(entry.value().span());
        }
    }
}
