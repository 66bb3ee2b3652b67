//! `secrets/env-from-secret`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Severity, Spot};
use ironclad_tree::NodeRef;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "secrets/env-from-secret",
    title: "Secret as an environment variable",
    severity: Severity::Low,
    profile: Profile::OptIn,
    tags: &["cis:5.4.1"],
    page: include_str!("env_from_secret.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for variable in container.env().iter() {
            let source = variable.value_from().node().and_then(|from| reference(from, "secretKeyRef"));
            let Some(source) = source else { continue };
            let name = variable.name().get().unwrap_or_default();
            let message = format!("container \"{}\" takes `{name}` from a Secret", container.label());
            cx.find(source, message).of(container).label(LABEL);
        }
        for source in container.env_from().iter() {
            let Some(node) = source.secret_ref().node().filter(|node| !node.is_null()) else { continue };
            let message = format!("container \"{}\" takes every key of a Secret as a variable", container.label());
            cx.find(Spot::at(node), message).of(container).label(LABEL);
        }
    }
}

const LABEL: &str = "crash dumps, child processes and debug pages show the environment; a mounted file stays";

fn reference<'a>(from: NodeRef<'a>, name: &str) -> Option<Spot<'a>> {
    from.get_str(name).map(|entry| entry.value()).filter(|node| !node.is_null()).map(Spot::at)
}
