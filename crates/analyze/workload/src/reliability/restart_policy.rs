//! `reliability/restart-policy`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{is_long_running, is_replicated, is_whole_spec};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/restart-policy",
    title: "pod that is not restarted",
    severity: Severity::Info,
    profile: Profile::OptIn,
    params: &[Param {
        name: "expected",
        default: ParamDefault::Texts(&["Always", "OnFailure"]),
        doc: "Restart policies that pods and Jobs may have.",
    }],
    page: include_str!("restart_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.restart_policy();
    let Some(policy) = field.get() else { return };
    let kind = pod.object.kind();
    let controlled = kind != Kind::POD && (is_long_running(pod) || is_replicated(kind));
    if controlled {
        if policy != "Always" {
            cx.find(field, format!("`restartPolicy` of a {} is `{policy}`", pod.object.kind_name()))
                .label("the API server allows `Always` alone");
        }
    } else if is_whole_spec(pod) && !cx.texts("expected").iter().any(|one| one == policy) {
        cx.find(field, format!("`restartPolicy` is `{policy}`")).label("a container that fails stays down");
    }
}
