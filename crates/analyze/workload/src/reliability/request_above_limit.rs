//! `reliability/request-above-limit`

use ironclad_check::{Cx, Meta};
use ironclad_model::Quantity;
use ironclad_model::Severity;
use ironclad_tree::Entry;
use ironclad_views::{Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "reliability/request-above-limit",
    title: "resources that the API server refuses",
    severity: Severity::High,
    page: include_str!("request_above_limit.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let pod_level = [(pod.spec.resources(), None)];
    let of_containers = pod.containers.iter().map(|container| (container.resources(), Some(container)));
    for (resources, container) in pod_level.into_iter().chain(of_containers) {
        let whose = container.map_or("pod".to_owned(), |container| format!("container \"{}\"", container.label()));
        for (list, word) in [(resources.requests(), "request"), (resources.limits(), "limit")] {
            for entry in list.iter().filter(|entry| !entry.value().is_null()) {
                let text = entry.value().text().unwrap_or_default();
                let message = match text.parse::<Quantity>() {
                    Err(_) => format!("{whose} has the {} {word} `{text}`, which is no quantity", entry.key()),
                    Ok(quantity) if quantity.is_negative() => {
                        format!("{whose} has a negative {} {word}, `{text}`", entry.key())
                    }
                    Ok(_) => continue,
                };
                report(cx, entry, message, container);
            }
        }
        for request in resources.requests().iter() {
            let name = request.key();
            let Some(bound) = resources.limits().quantity(name) else { continue };
            let Some(asked) = resources.requests().quantity(name) else { continue };
            if asked > bound {
                let limit = resources.limits().text(name).unwrap_or_default();
                let text = request.value().text().unwrap_or_default();
                report(cx, request, format!("{whose} requests {name} {text}, more than its limit {limit}"), container);
            }
        }
    }
}

fn report(cx: &mut Cx<'_>, entry: Entry<'_>, message: String, container: Option<&PodContainer<'_>>) {
    let finder = cx.find(entry.value(), message).label("the API server refuses it");
    if let Some(container) = container {
        finder.of(container);
    }
}
