//! `reliability/cronjob-schedule`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_pod::{is_time_zone, parse_schedule};
use ironclad_views::{CronJobSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/cronjob-schedule",
    title: "CronJob whose schedule is refused",
    severity: Severity::High,
    reads: &[Kind::CRON_JOB],
    page: include_str!("cronjob_schedule.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cronjob: &Object, cx: &mut Cx<'_>) {
    let spec = spec::<CronJobSpec<'_>>(cronjob);
    let field = spec.schedule();
    match field.get() {
        Some(schedule) => {
            if let Err(why) = parse_schedule(schedule) {
                cx.find(field, format!("schedule \"{schedule}\" is refused: {why}")).label("the API server refuses it");
            }
        }
        None if !field.is_set() => {
            cx.find(field, "CronJob has no `schedule`").label("the API server refuses it");
        }
        None => {}
    }
    let zone = spec.time_zone();
    if let Some(name) = zone.get()
        && !is_time_zone(name)
    {
        cx.find(zone, format!("time zone \"{name}\" is not in the IANA database")).label("the API server refuses it");
    }
}
