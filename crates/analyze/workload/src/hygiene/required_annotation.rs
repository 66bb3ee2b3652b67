//! `hygiene/required-annotation`

use super::required::{Wanted, missing};
use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "hygiene/required-annotation",
    title: "object without an annotation that it should have",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::ANY],
    params: &[
        Param {
            name: "annotations",
            default: ParamDefault::Map(&[]),
            doc: "annotations that objects must have, each with a regular expression for its value, or nothing for any",
        },
        Param { name: "kinds", default: ParamDefault::Texts(&[]), doc: "kinds that must have them; all where empty" },
        Param { name: "templates", default: ParamDefault::Bool(false), doc: "pod templates must have them as well" },
    ],
    page: include_str!("required_annotation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    missing(object, &Wanted { param: "annotations", field: f::ANNOTATIONS, what: "annotation" }, cx);
}
