//! `manifest/deprecated-api-in-use`

use ironclad_check::{Applies, Cx, DeprecatedUse, Fact, Meta, Told};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "manifest/deprecated-api-in-use",
    title: "somebody asks for an API that is on its way out",
    severity: Severity::Medium,
    reads: &[Kind::API_SERVICE],
    facts: &[Fact::DeprecatedRequests],
    applies: Applies::Live,
    page: include_str!("deprecated_api_in_use.md"),
    ..Meta::DEFAULT
};

/// Minor versions that an upgrade is planned ahead.
const SOON: u8 = 2;

pub(super) fn check(cx: &mut Cx<'_>) {
    let used = match &cx.beside().deprecated {
        Told::Yes(used) => used,
        Told::No(reason) => return cx.not_observed(reason.clone()),
    };
    let services = cx.objects(Kind::API_SERVICE);
    for one in used {
        // Every version of a group that is served has an APIService of this name.
        let name = format!("{}.{}", one.version, one.group);
        match services.iter().find(|service| service.name() == name) {
            Some(service) => report(one, service, cx),
            None => {
                let version = group_version(one);
                cx.not_observed(format!(
                    "{} of {version} are asked for, and no APIService \"{name}\" is seen",
                    one.resource
                ));
            }
        }
    }
}

fn report(one: &DeprecatedUse, service: &Object, cx: &mut Cx<'_>) {
    let minor = one.removed.as_deref().and_then(|version| version.strip_prefix("1.")?.parse::<u8>().ok());
    let end = one.removed.as_deref().map(|end| format!(", which ends with {end}")).unwrap_or_default();
    let message = format!("{} of {} were asked for{end}", one.resource, group_version(one));
    let soon = minor.is_some_and(|minor| minor <= cx.version().saturating_add(SOON));
    let at = service.root().at_pointer("/spec/version").unwrap_or(service.root());
    let finder = cx.find_in(service, at, message).label("since this API server began; its audit log says who it was");
    let finder = finder.evidence("resource", one.resource.clone());
    match (minor, soon) {
        (Some(_), true) => finder.severity(Severity::High),
        // Nobody decided that it ends.
        (None, _) => finder.severity(Severity::Low),
        _ => finder,
    };
}

fn group_version(one: &DeprecatedUse) -> String {
    if one.group.is_empty() { one.version.clone() } else { format!("{}/{}", one.group, one.version) }
}
