//! `image/running-drift`

use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, ObjectId, Severity};
use ironclad_pod::ImageReference;
use ironclad_tree::{Kind as NodeKind, NodeRef};
use ironclad_views::pods;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "image/running-drift",
    title: "what runs is not what the template says",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    reads: &[Kind::POD, Kind::ANY_POD],
    applies: Applies::Live,
    page: include_str!("running_drift.md"),
    ..Meta::DEFAULT
};

/// A container of a pod that runs.
struct Running<'a> {
    pod: &'a Object,
    /// As the pod names it.
    image: &'a str,
    /// Digest of what runs, where the runtime tells one of the registry's.
    digest: Option<&'a str>,
}

pub(super) fn check(cx: &mut Cx<'_>) {
    let mut running: BTreeMap<(ObjectId, &str), Vec<Running<'_>>> = BTreeMap::new();
    for pod in cx.objects(Kind::POD) {
        let phase = text(pod.root(), "/status/phase").unwrap_or_default();
        if !pod.is_live() || matches!(phase, "Succeeded" | "Failed") {
            continue;
        }
        let Some(owner) = template_of(pod, cx) else { continue };
        for list in ["containers", "initContainers"] {
            for (name, image) in images(pod.root().at_pointer("/spec").and_then(|spec| get(spec, list))) {
                let digest = digest(pod, name);
                running.entry((owner.id(), name)).or_default().push(Running { pod, image, digest });
            }
        }
    }
    for ((owner, container), running) in running {
        if let Some(owner) = cx.object_of(owner) {
            judge(owner, container, &running, cx);
        }
    }
}

fn judge(owner: &Object, container: &str, running: &[Running<'_>], cx: &mut Cx<'_>) {
    let kinds = ironclad_views::WorkloadKinds::default();
    for pod in pods(owner, &kinds) {
        let Some(template) = pod.containers.iter().find(|one| one.label() == container) else { continue };
        let Some(wanted) = template.image().get() else { continue };
        if let Some(other) = running.iter().find(|one| differs(wanted, one.image)) {
            let message =
                format!("pod \"{}\" runs `{}`, and the template says `{wanted}`", other.pod.name(), other.image);
            let at = other.pod.root().at_pointer("/spec/containers").unwrap_or(other.pod.root());
            cx.find_in(owner, template.image(), message)
                .of(template)
                .label("somebody changed the pod itself: a new one of the template is another program")
                .related_in(other.pod, at, "the pod");
            return;
        }
        let pinned = ImageReference::parse(wanted).ok().and_then(|reference| reference.digest);
        let digests: Vec<(&str, &Running<'_>)> = running.iter().filter_map(|one| Some((one.digest?, one))).collect();
        if let (Some(pinned), Some((digest, other))) =
            (pinned, digests.iter().find(|(digest, _)| Some(*digest) != pinned))
        {
            let message = format!("pod \"{}\" runs {digest}, and the template pins {pinned}", other.pod.name());
            cx.find_in(owner, template.image(), message)
                .of(template)
                .severity(Severity::High)
                .label("what was reviewed is not what runs")
                .related_in(other.pod, other.pod.root(), "the pod");
            return;
        }
        let Some((first, one)) = digests.first() else { return };
        if let Some((digest, other)) = digests.iter().find(|(digest, _)| digest != first) {
            let message = format!("its pods run different programs under the one name `{wanted}`");
            cx.find_in(owner, template.image(), message)
                .of(template)
                .label("the tag was moved between their starts: pin a digest")
                .evidence("digests", format!("{first}, {digest}"))
                .related_in(one.pod, one.pod.root(), format!("pod \"{}\" runs {first}", one.pod.name()))
                .related_in(other.pod, other.pod.root(), format!("pod \"{}\" runs {digest}", other.pod.name()));
        }
        return;
    }
}

/// The object whose template the pod was made from and still is the newest of: a ReplicaSet's own, a Job's; those of
/// StatefulSets and DaemonSets once a roll-out is done.
fn template_of<'a>(pod: &'a Object, cx: &Cx<'a>) -> Option<&'a Object> {
    let owner = cx.snapshot().controller_of(pod)?;
    let status = |field: &str| owner.root().at_pointer(&format!("/status/{field}"));
    match owner.kind() {
        Kind::REPLICA_SET | Kind::JOB | Kind::REPLICATION_CONTROLLER => Some(owner),
        Kind::STATEFUL_SET => {
            let revision = pod.labels()?.get_str("controller-revision-hash")?.value().as_str()?;
            (status("updateRevision")?.as_str()? == revision).then_some(owner)
        }
        Kind::DAEMON_SET => {
            let number = |field: &str| status(field).and_then(|node| node.as_i64());
            let generation = owner.root().at_pointer("/metadata/generation").and_then(|node| node.as_i64());
            let seen = generation.is_none() || number("observedGeneration") == generation;
            let done = number("updatedNumberScheduled") == number("desiredNumberScheduled");
            (seen && done).then_some(owner)
        }
        _ => None,
    }
}

/// Another program? A webhook at admission may pin a tag by its digest or name a mirror of the registry.
fn differs(wanted: &str, image: &str) -> bool {
    let (Ok(wanted), Ok(image)) = (ImageReference::parse(wanted), ImageReference::parse(image)) else {
        return wanted != image;
    };
    if wanted.basename() != image.basename() {
        return true;
    }
    match (wanted.digest, image.digest) {
        (Some(wanted), Some(image)) => wanted != image,
        (None, Some(_)) => false,
        (Some(_), None) => true,
        (None, None) => wanted.tag.unwrap_or("latest") != image.tag.unwrap_or("latest"),
    }
}

/// `docker.io/library/nginx@sha256:…`: a digest of the registry's. A bare `sha256:…` is of what the runtime unpacked.
fn digest<'a>(pod: &'a Object, container: &str) -> Option<&'a str> {
    ["containerStatuses", "initContainerStatuses"].iter().find_map(|list| {
        let statuses = pod.root().at_pointer("/status").and_then(|status| get(status, list))?;
        let of = |status: &NodeRef<'a>| get(*status, "name").and_then(|name| name.as_str()) == Some(container);
        let id = get(statuses.items().find(of)?, "imageID")?.as_str()?;
        id.rsplit_once('@').map(|(_, digest)| digest)
    })
}

fn images<'a>(list: Option<NodeRef<'a>>) -> Vec<(&'a str, &'a str)> {
    let one = |item: NodeRef<'a>| Some((get(item, "name")?.as_str()?, get(item, "image")?.as_str()?));
    let list = list.filter(|list| list.kind() == NodeKind::Sequence);
    list.into_iter().flat_map(|list| list.items()).filter_map(one).collect()
}

fn get<'a>(node: NodeRef<'a>, key: &str) -> Option<NodeRef<'a>> {
    node.get_str(key).map(|entry| entry.value())
}

fn text<'a>(node: NodeRef<'a>, pointer: &str) -> Option<&'a str> {
    node.at_pointer(pointer).and_then(|node| node.as_str())
}
