//! `workload/privilege-escalation`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/privilege-escalation",
    title: "container may gain privileges",
    severity: Severity::High,
    profile: Profile::Restricted,
    pss: &[Pss { check: "allowPrivilegeEscalation", level: Level::Restricted, since: 8, overridden: None }],
    tags: &["cis:5.2.6", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("privilege_escalation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let context = container.security_context();
        let field = context.allow_privilege_escalation();
        if field.get() == Some(false) {
            continue;
        }
        let name = container.label();
        let message = match field.get() {
            Some(_) => format!("container \"{name}\" allows privilege escalation"),
            None => format!("container \"{name}\" does not set `allowPrivilegeEscalation: false`"),
        };
        let adds = |(_, name): (_, &str)| matches!(name, "SYS_ADMIN" | "CAP_SYS_ADMIN");
        let (label, first) = if context.privileged().get() == Some(true) {
            ("the API server accepts `false` only without `privileged: true`", true)
        } else if context.capabilities().add().iter().any(adds) {
            ("the API server accepts `false` only without `CAP_SYS_ADMIN`", true)
        } else {
            ("set-user-id programs in the image run as root", false)
        };
        let finder = cx.find(field, message).of(container).label(label);
        if !first {
            finder.fix_set("set `allowPrivilegeEscalation: false`", Safety::Safe, field, "false");
        }
    }
}
