//! `sortOptions`: the order in which objects come out.

use crate::ids::{Gvk, ResId};
use crate::node::Node;
use crate::resource::Resources;
use crate::schema::Schemas;

const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Puts the objects in the order that a kustomization asks for.
pub(crate) fn apply(resources: &mut Resources, options: &Node, schemas: &Schemas) -> Result<(), String> {
    let order = options.get("order").and_then(Node::text).unwrap_or_default();
    let legacy = options.get("legacySortOptions").filter(|legacy| !legacy.is_null());
    match (order, legacy) {
        ("fifo", None) => return Ok(()),
        ("fifo", Some(_)) => return Err("`legacySortOptions` goes with `order: legacy`".to_owned()),
        ("legacy", _) => {}
        (other, _) => return Err(format!("`order` is `{other}`, neither legacy nor fifo")),
    }
    let list = |key: &str, standard: &[&str]| -> Vec<String> {
        match legacy {
            Some(legacy) => {
                let items = legacy.get(key).map(Node::items).unwrap_or_default();
                items.iter().filter_map(Node::text).map(str::to_owned).collect()
            }
            None => standard.iter().map(|kind| (*kind).to_owned()).collect(),
        }
    };
    let (first, last) = (list("orderFirst", FIRST), list("orderLast", LAST));
    // A kind that is named twice counts where it is named last, as in a Go map.
    let rank = |kind: &str| -> i64 {
        if let Some(at) = last.iter().rposition(|known| known == kind) {
            return at as i64 + 1;
        }
        first.iter().rposition(|known| known == kind).map_or(0, |at| at as i64 - first.len() as i64)
    };
    resources.all.sort_by_cached_key(|resource| {
        let id = resource.id(schemas);
        (rank(&id.gvk.kind), kind_key(&id.gvk), id_key(&id))
    });
    Ok(())
}

fn or<'t>(text: &'t str, empty: &'t str) -> &'t str {
    if text.is_empty() { empty } else { text }
}

fn kind_key(gvk: &Gvk) -> String {
    format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"))
}

fn id_key(id: &ResId) -> String {
    let gvk = &id.gvk;
    let kind = format!("{}.{}.{}", or(&gvk.kind, "[noKind]"), or(&gvk.version, "[noVer]"), or(&gvk.group, "[noGrp]"));
    format!("{kind}|{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"))
}
