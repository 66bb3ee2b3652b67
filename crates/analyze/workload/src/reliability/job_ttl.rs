//! `reliability/job-ttl`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;
use ironclad_views::{CronJobSpec, JobSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/job-ttl",
    title: "finished Jobs that stay, or go too early",
    severity: Severity::Low,
    reads: &[Kind::JOB, Kind::CRON_JOB],
    page: include_str!("job_ttl.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    match object.kind() {
        Kind::JOB => {
            let owned = object
                .metadata()
                .and_then(|metadata| metadata.get(f::OWNER_REFERENCES))
                .is_some_and(|owners| !owners.value().is_empty());
            let field = spec::<JobSpec<'_>>(object).ttl_seconds_after_finished();
            if !owned && !field.is_set() {
                cx.find(field, "Job does not set `ttlSecondsAfterFinished`")
                    .label("it and its pods stay until somebody deletes them");
            }
        }
        Kind::CRON_JOB => {
            let field = spec::<CronJobSpec<'_>>(object).job_template().spec().ttl_seconds_after_finished();
            if field.is_set() {
                cx.find(field, "the Jobs of a CronJob set `ttlSecondsAfterFinished`")
                    .label("they go before the history limits keep them");
            }
        }
        _ => {}
    }
}
