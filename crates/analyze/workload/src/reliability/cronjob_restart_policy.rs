//! `reliability/cronjob-restart-policy`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/cronjob-restart-policy",
    title: "Job whose restart policy is refused",
    severity: Severity::High,
    reads: &[Kind::JOB, Kind::CRON_JOB],
    page: include_str!("cronjob_restart_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !matches!(pod.object.kind(), Kind::JOB | Kind::CRON_JOB) {
        return;
    }
    let field = pod.spec.restart_policy();
    let message = match field.get() {
        Some("OnFailure" | "Never") => return,
        Some(policy) => format!("`restartPolicy` of a {} is `{policy}`", pod.object.kind_name()),
        None if field.is_set() => return,
        None => format!("pod template of a {} sets no `restartPolicy`", pod.object.kind_name()),
    };
    cx.find(field, message).label("the API server allows `OnFailure` and `Never` alone");
}
