//! `reliability/cronjob-deadline`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{CronJobSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/cronjob-deadline",
    title: "CronJob without a usable starting deadline",
    severity: Severity::Low,
    reads: &[Kind::CRON_JOB],
    page: include_str!("cronjob_deadline.md"),
    ..Meta::DEFAULT
};

/// The controller looks at a CronJob every ten seconds.
const SHORTEST: i64 = 10;

pub(super) fn check(cronjob: &Object, cx: &mut Cx<'_>) {
    let field = spec::<CronJobSpec<'_>>(cronjob).starting_deadline_seconds();
    match field.get() {
        Some(seconds) if seconds < SHORTEST => {
            cx.find(field, format!("`startingDeadlineSeconds` is {seconds}, less than the {SHORTEST} s between two looks of the controller"))
                .label("runs may be skipped");
        }
        None if !field.is_set() => {
            cx.find(field, "CronJob does not set `startingDeadlineSeconds`")
                .label("a run that was missed starts however late");
        }
        _ => {}
    }
}
