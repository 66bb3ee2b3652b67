//! `hygiene/recommended-labels`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "hygiene/recommended-labels",
    title: "object without the recommended labels",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY],
    params: &[
        Param {
            name: "labels",
            default: ParamDefault::Texts(&[
                "app.kubernetes.io/name",
                "app.kubernetes.io/instance",
                "app.kubernetes.io/version",
                "app.kubernetes.io/component",
                "app.kubernetes.io/part-of",
                "app.kubernetes.io/managed-by",
            ]),
            doc: "the labels",
        },
        Param { name: "all", default: ParamDefault::Bool(false), doc: "want each of them, not only one" },
    ],
    page: include_str!("recommended_labels.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let labels = Spot::at(object.root()).field(f::METADATA).field(f::LABELS);
    let has = |name: &String| labels.node().is_some_and(|map| map.get_str(name).is_some());
    let wanted = cx.texts("labels");
    let missing: Vec<&str> = wanted.iter().filter(|name| !has(name)).map(String::as_str).collect();
    if missing.is_empty() {
        return;
    }
    if missing.len() == wanted.len() {
        cx.find(labels, "object has none of the recommended labels").label("tools group and select by them");
    } else if cx.flag("all") {
        cx.find(labels, format!("object lacks `{}`", missing.join("`, `"))).label("tools group and select by them");
    }
}
