//! `reliability/cronjob-present`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{CronJobSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/cronjob-present",
    title: "CronJob",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::CRON_JOB],
    tags: &["mitre:T1053.007"],
    page: include_str!("cronjob_present.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cronjob: &Object, cx: &mut Cx<'_>) {
    let field = spec::<CronJobSpec<'_>>(cronjob).schedule();
    let when = field.get().map_or_else(String::new, |schedule| format!(", at \"{schedule}\""));
    cx.find(field, format!("CronJob \"{}\" runs on its own{when}", cronjob.name()));
}
