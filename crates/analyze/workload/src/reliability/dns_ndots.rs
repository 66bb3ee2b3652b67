//! `reliability/dns-ndots`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Severity;
use ironclad_pod::is_whole_spec;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/dns-ndots",
    title: "pod that asks for every name several times",
    severity: Severity::Info,
    profile: Profile::OptIn,
    params: &[Param {
        name: "ndots",
        default: ParamDefault::Int(2),
        doc: "Dots from which a name is first asked for as it is.",
    }],
    page: include_str!("dns_ndots.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !is_whole_spec(pod) {
        return;
    }
    let options = pod.spec.dns_config().options();
    let wanted = cx.int("ndots").to_string();
    let option = options.iter().find(|option| option.name().get() == Some("ndots"));
    match option.map(|option| option.value()) {
        Some(value) if value.get() == Some(wanted.as_str()) => {}
        Some(value) => {
            let given = value.get().unwrap_or_default();
            cx.find(value, format!("`ndots` is `{given}`, not {wanted}"));
        }
        None => {
            cx.find(options.spot(), format!("`dnsConfig.options` does not set `ndots` to {wanted}"))
                .label("a name outside of the cluster costs several queries");
        }
    }
}
