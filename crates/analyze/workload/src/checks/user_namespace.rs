//! `workload/user-namespace`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_pod::effective;
use ironclad_views::{Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "workload/user-namespace",
    title: "root without a user namespace",
    severity: Severity::Info,
    profile: Profile::OptIn,
    fix: FixKind::Safe,
    page: include_str!("user_namespace.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.version() < ON_BY_DEFAULT || pod.spec.host_users().get() == Some(false) || cx.skips_windows(pod) {
        return;
    }
    let root = |container: &&PodContainer<'_>| {
        let settings = effective(pod, container);
        let user = settings.run_as_user.value;
        let runs_as_root = user == Some(0) || (user.is_none() && settings.run_as_non_root.value != Some(true));
        runs_as_root || !container.security_context().capabilities().add().is_empty()
    };
    if let Some(container) = pod.containers.iter().find(root) {
        let field = pod.spec.host_users();
        let message = format!("container \"{}\" may be root, and root inside is root of the node", container.label());
        let finder = cx.find(field, message).of(container);
        // The API server accepts it only without the namespaces of the node.
        let spec = pod.spec;
        let shares = [spec.host_network(), spec.host_pid(), spec.host_ipc()].iter().any(|f| f.get() == Some(true));
        if !shares {
            finder.fix_set("set `hostUsers: false`", Safety::Safe, field, "false");
        }
    }
}

/// Minor version from which a cluster has user namespaces without being told: before, the field is dropped.
const ON_BY_DEFAULT: u8 = 33;
