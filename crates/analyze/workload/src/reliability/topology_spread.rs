//! `reliability/topology-spread`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::is_whole_spec;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/topology-spread",
    title: "pods without topology spread constraints",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("topology_spread.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // Jobs come and go; a DaemonSet has one pod a node whatever is asked.
    let exempt = matches!(pod.object.kind(), Kind::JOB | Kind::CRON_JOB | Kind::DAEMON_SET | Kind::KRUISE_DAEMON_SET);
    let field = pod.spec.topology_spread_constraints();
    if !exempt && is_whole_spec(pod) && field.is_empty() {
        cx.find(field.spot(), "no topology spread constraints").label("one zone may hold every pod");
    }
}
