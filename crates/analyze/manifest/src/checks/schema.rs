//! `manifest/schema`

use crate::schema::custom::{self, Judged};
use crate::schema::{Fault, built_in};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "manifest/schema",
    title: "object that does not fit its schema",
    severity: Severity::High,
    reads: &[Kind::ANY],
    joins: true,
    applies: Applies::Files,
    page: include_str!("schema.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let mut faults: Vec<Fault<'_>> = Vec::new();
    let minor = cx.version();
    match built_in::identify(object, minor, &mut faults) {
        built_in::Identity::BuiltIn(kind) => built_in::object(object.root(), kind, minor, &mut faults),
        built_in::Identity::Custom => {
            let (version, kind) = (object.api_version(), object.kind_name());
            match custom::judge(object, cx, &mut faults) {
                Judged::Not if is_of_a_cluster(object) => {
                    let why = match cx.schemas().asked {
                        true => "is neither in the set nor in the schema locations",
                        false => "is not in the set",
                    };
                    cx.not_observed(format!("the CustomResourceDefinition of {kind} (`{version}`) {why}"));
                }
                Judged::ButRules => {
                    cx.not_observed(format!("the CEL rules of {kind} (`{version}`) are not evaluated"));
                }
                Judged::ButPart(partial) => {
                    let reasons = [
                        (partial.remote, "refers to another document, which is not read"),
                        (partial.pattern, "has a pattern that is no regular expression, or a large one"),
                        (partial.limits, "is nested too deeply, or asks for too much"),
                    ];
                    for (_, reason) in reasons.iter().filter(|(is_so, _)| *is_so) {
                        cx.not_observed(format!("the schema of {kind} (`{version}`) {reason}"));
                    }
                }
                Judged::Not | Judged::Whole => {}
            }
        }
        built_in::Identity::Settled => {}
    }
    for fault in faults {
        let finder = match &fault.missing {
            Some(name) => cx.find_missing(fault.node, name, fault.message),
            None => cx.find(fault.node, fault.message),
        };
        finder.label(fault.label);
    }
}

/// Files of tools have an `apiVersion` as well, and no definition anywhere.
fn is_of_a_cluster(object: &Object) -> bool {
    let version = object.api_version();
    let of_a_tool = ["kustomize.config.k8s.io/", "apiserver.config.k8s.io/", "eksctl.io/", "aws.amazon.com/"];
    version.contains('/') && !of_a_tool.iter().any(|group| version.starts_with(group))
}
