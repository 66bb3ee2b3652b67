//! `network/ingress-nginx-snippet`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Safety, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "network/ingress-nginx-snippet",
    title: "Ingress writes into the configuration of nginx",
    severity: Severity::High,
    reads: &[Kind::INGRESS],
    fix: FixKind::Safe,
    page: include_str!("ingress_nginx_snippet.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let annotations = object.metadata().and_then(|metadata| metadata.get(f::ANNOTATIONS));
    for entry in annotations.into_iter().flat_map(|annotations| annotations.value().entries()) {
        let name = entry.key().strip_prefix("nginx.ingress.kubernetes.io/");
        let Some(name) = name.filter(|name| name.ends_with("-snippet")) else { continue };
        let text = entry.value().text().unwrap_or_default();
        let finder = cx.find(entry.value(), format!("`{name}` writes into the configuration of nginx"));
        let finder = match danger(text) {
            Some(what) => finder.severity(Severity::Critical).label(what),
            None => finder.label("its author reads what the controller may read: secrets of all namespaces"),
        };
        finder.fix_remove(format!("remove `{name}`"), Safety::Safe, entry.value());
    }
}

/// What the words of a snippet do, where that is the worst.
fn danger(text: &str) -> Option<&'static str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words = text.split(|c| !is_word(c));
    words.find_map(|word| match word {
        "alias" => Some("`alias` serves files of the controller, its token among them"),
        word if word.starts_with("lua_") || word.ends_with("_by_lua") || word.contains("_by_lua_") => {
            Some("Lua runs as the controller, with its rights")
        }
        _ => None,
    })
}
