//! `reliability/cronjob-concurrency`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{CronJobSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/cronjob-concurrency",
    title: "CronJob whose runs may overlap",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::CRON_JOB],
    page: include_str!("cronjob_concurrency.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cronjob: &Object, cx: &mut Cx<'_>) {
    let field = spec::<CronJobSpec<'_>>(cronjob).concurrency_policy();
    if !field.is_set() {
        cx.find(field, "CronJob does not set `concurrencyPolicy`").label("a slow run overlaps the next");
    }
}
