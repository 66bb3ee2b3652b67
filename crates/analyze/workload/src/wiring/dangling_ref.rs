//! `secrets/dangling-ref`

use super::beside;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_pod::is_whole_spec;
use ironclad_tree::NodeRef;
use ironclad_views::{Pod, PodContainer};
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "secrets/dangling-ref",
    title: "reference to a Secret, ConfigMap or key that does not exist",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[
        Kind::ANY_POD,
        Kind::SECRET,
        Kind::CONFIG_MAP,
        Kind::EXTERNAL_SECRET,
        Kind::CLUSTER_EXTERNAL_SECRET,
        Kind::SEALED_SECRET,
        Kind::CERTIFICATE,
        Kind::SECRET_PROVIDER_CLASS,
        Kind::VAULT_STATIC_SECRET,
        Kind::VAULT_DYNAMIC_SECRET,
        Kind::VAULT_PKI_SECRET,
    ],
    page: include_str!("dangling_ref.md"),
    ..Meta::DEFAULT
};

/// A name, and perhaps a key, that a pod refers to.
struct Reference<'a> {
    kind: Kind,
    name: &'a str,
    name_node: NodeRef<'a>,
    /// Keys of the Secret or ConfigMap.
    keys: Vec<(&'a str, NodeRef<'a>)>,
    container: Option<&'a str>,
    /// What follows where it does not exist.
    consequence: &'static str,
}

/// ConfigMaps that the cluster puts into every namespace.
const EVERYWHERE: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let mut missing = Vec::new();
    for reference in references(pod) {
        let Some(object) = beside(pod.object, reference.kind, reference.name, cx) else {
            missing.push(reference);
            continue;
        };
        for (key, node) in &reference.keys {
            if !has_key(object, key) {
                let message = format!("{} \"{}\" has no key \"{key}\"", reference.kind.name(), reference.name);
                let finder = cx.find(*node, message).label("the container does not start");
                let finder = finder.related_in(object, object.root(), "the object");
                if let Some(container) = reference.container {
                    finder.container(container);
                }
            }
        }
    }
    let made: &Made = cx.once(Made::of);
    let known = |reference: &Reference<'_>| match reference.kind {
        Kind::SECRET => made.has(pod.object, reference.name),
        _ => EVERYWHERE.contains(&reference.name),
    };
    missing.retain(|reference| !known(reference));
    // The context rule is for one kind at a time: what can be judged in full comes first.
    missing.sort_by_key(|reference| !cx.snapshot().has_kind(reference.kind));
    for reference in missing {
        cx.context(&[reference.kind]);
        let message = format!("{} \"{}\" does not exist in the namespace", reference.kind.name(), reference.name);
        let finder = cx.find(reference.name_node, message).label(reference.consequence);
        if let Some(container) = reference.container {
            finder.container(container);
        }
    }
}

fn value<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value()).filter(|node| !node.is_null())
}

fn text<'a>(node: NodeRef<'a>, name: &str) -> Option<(&'a str, NodeRef<'a>)> {
    let node = value(node, name)?;
    node.as_str().filter(|text| !text.is_empty()).map(|text| (text, node))
}

fn references<'a>(pod: &Pod<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for container in &pod.containers {
        of_container(container, &mut found);
    }
    if !is_whole_spec(pod) {
        return found;
    }
    let mut add = |kind, source: Option<NodeRef<'a>>, name: &str| {
        let Some(source) = source else { return };
        let items = value(source, "items").into_iter().flat_map(|items| items.items());
        let keys = items.filter_map(|item| text(item, "key")).collect();
        push(kind, source, name, keys, (None, "the pod waits for it"), &mut found);
    };
    for volume in pod.spec.volumes().iter() {
        add(Kind::SECRET, volume.secret().spot().node(), "secretName");
        add(Kind::CONFIG_MAP, volume.config_map().spot().node(), "name");
        for source in volume.projected().sources().iter() {
            add(Kind::SECRET, source.secret().spot().node(), "name");
            add(Kind::CONFIG_MAP, source.config_map().spot().node(), "name");
        }
    }
    for secret in pod.spec.image_pull_secrets().iter() {
        let Some(source) = secret.spot().node() else { continue };
        let consequence = (None, "images of a private registry cannot be pulled");
        push(Kind::SECRET, source, "name", Vec::new(), consequence, &mut found);
    }
    found
}

fn of_container<'a>(container: &PodContainer<'a>, found: &mut Vec<Reference<'a>>) {
    let about = (Some(container.label()), "the container does not start");
    for variable in container.env().iter() {
        let Some(from) = variable.value_from().node() else { continue };
        for (kind, field) in [(Kind::SECRET, "secretKeyRef"), (Kind::CONFIG_MAP, "configMapKeyRef")] {
            let Some(source) = value(from, field) else { continue };
            push(kind, source, "name", text(source, "key").into_iter().collect(), about, found);
        }
    }
    for source in container.env_from().iter() {
        for (kind, spot) in [(Kind::SECRET, source.secret_ref()), (Kind::CONFIG_MAP, source.config_map_ref())] {
            let Some(source) = spot.node() else { continue };
            push(kind, source, "name", Vec::new(), about, found);
        }
    }
}

fn push<'a>(
    kind: Kind,
    source: NodeRef<'a>,
    name: &str,
    keys: Vec<(&'a str, NodeRef<'a>)>,
    (container, consequence): (Option<&'a str>, &'static str),
    found: &mut Vec<Reference<'a>>,
) {
    let optional = value(source, "optional").and_then(|node| node.as_bool()) == Some(true);
    if let Some((name, name_node)) = text(source, name).filter(|_| !optional) {
        found.push(Reference { kind, name, name_node, keys, container, consequence });
    }
}

/// Does the Secret or ConfigMap have this key? One without any data is filled by somebody else.
fn has_key(object: &Object, key: &str) -> bool {
    let maps = ["data", "stringData", "binaryData"].iter().filter_map(|name| value(object.root(), name));
    let maps: Vec<NodeRef<'_>> = maps.filter(|node| !node.is_empty()).collect();
    maps.is_empty() || maps.iter().any(|map| map.get_str(key).is_some())
}

/// Secrets that controllers make of other objects: namespace, where one is known, and name.
#[derive(Default)]
struct Made {
    here: FxHashSet<(Option<String>, String)>,
    anywhere: FxHashSet<String>,
}

impl Made {
    fn has(&self, beside: &Object, name: &str) -> bool {
        self.anywhere.contains(name) || self.here.contains(&(beside.namespace().map(str::to_owned), name.to_owned()))
    }

    fn of(cx: &Cx<'_>) -> Made {
        let mut made = Made::default();
        let spec_text = |object: &Object, path: &[&str]| -> Option<String> {
            let node = path.iter().try_fold(value(object.root(), "spec")?, |node, name| value(node, name))?;
            node.as_str().map(str::to_owned)
        };
        let mut add = |object: &Object, name: Option<String>| {
            made.here.extend(name.map(|name| (object.namespace().map(str::to_owned), name)));
        };
        for object in cx.objects(Kind::EXTERNAL_SECRET) {
            add(object, spec_text(object, &["target", "name"]).or_else(|| Some(object.name().to_owned())));
        }
        for object in cx.objects(Kind::SEALED_SECRET) {
            add(object, Some(object.name().to_owned()));
        }
        for object in cx.objects(Kind::CERTIFICATE) {
            add(object, spec_text(object, &["secretName"]));
        }
        for kind in [Kind::VAULT_STATIC_SECRET, Kind::VAULT_DYNAMIC_SECRET, Kind::VAULT_PKI_SECRET] {
            for object in cx.objects(kind) {
                add(object, spec_text(object, &["destination", "name"]));
            }
        }
        for object in cx.objects(Kind::SECRET_PROVIDER_CLASS) {
            let secrets = value(object.root(), "spec").and_then(|spec| value(spec, "secretObjects"));
            for secret in secrets.into_iter().flat_map(|list| list.items()) {
                add(object, text(secret, "secretName").map(|(name, _)| name.to_owned()));
            }
        }
        for object in cx.objects(Kind::CLUSTER_EXTERNAL_SECRET) {
            let target = spec_text(object, &["externalSecretSpec", "target", "name"]);
            let name = target.or_else(|| spec_text(object, &["externalSecretName"]));
            made.anywhere.insert(name.unwrap_or_else(|| object.name().to_owned()));
        }
        made
    }
}
