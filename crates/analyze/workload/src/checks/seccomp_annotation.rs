//! `workload/seccomp-annotation`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Place, Safety, Severity};
use ironclad_tree::Entry;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/seccomp-annotation",
    title: "seccomp annotation that nothing reads",
    severity: Severity::Medium,
    fix: FixKind::Safe,
    page: include_str!("seccomp_annotation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for entry in pod.metadata.annotations().iter() {
        let key = entry.key();
        let ours = key == "seccomp.security.alpha.kubernetes.io/pod"
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/");
        if ours && cx.version() >= IGNORED {
            let (title, safety, edits) = fix(pod, entry);
            cx.find(entry.value(), format!("annotation `{key}` is ignored since 1.{IGNORED}"))
                .label("the profile is not applied")
                .fix(title, safety, edits);
        }
    }
}

/// Minor version from which the annotations have no effect.
const IGNORED: u8 = 27;

/// The annotation goes; what it names goes where it has an effect, unless a profile is set there already.
fn fix(pod: &Pod<'_>, entry: Entry<'_>) -> (&'static str, Safety, Vec<Edit>) {
    let mut edits = vec![Edit::Remove(Place::of(entry.value().into()))];
    let field = match entry.key().strip_prefix("container.seccomp.security.alpha.kubernetes.io/") {
        None => Some(pod.spec.security_context().seccomp_profile()),
        Some(name) => {
            let container = pod.containers.iter().find(|container| container.name().get() == Some(name));
            container.map(|container| container.security_context().seccomp_profile())
        }
    };
    let Some(field) = field.filter(|field| !field.exists()) else {
        return ("remove the annotation", Safety::Safe, edits);
    };
    let value = entry.value().text().unwrap_or_default();
    if matches!(value, "runtime/default" | "docker/default") {
        edits.push(Edit::Set(Place::of(field.spot()), "{\"type\":\"RuntimeDefault\"}".to_owned()));
        return ("set `seccompProfile` and remove the annotation", Safety::Safe, edits);
    }
    match value.strip_prefix("localhost/").filter(|path| path.bytes().all(|b| b > b' ' && b != b'"' && b != b'\\')) {
        Some(path) => {
            let profile = format!("{{\"type\":\"Localhost\",\"localhostProfile\":\"{path}\"}}");
            edits.push(Edit::Set(Place::of(field.spot()), profile));
            // A node that lacks the profile, which nobody missed until now, would not start the pod.
            ("set `seccompProfile` and remove the annotation", Safety::Unsafe, edits)
        }
        None => ("remove the annotation", Safety::Safe, edits),
    }
}
