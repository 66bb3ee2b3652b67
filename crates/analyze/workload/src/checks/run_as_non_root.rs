//! `workload/run-as-non-root`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{Scope, effective};
use ironclad_views::{Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "workload/run-as-non-root",
    title: "container may run as root",
    severity: Severity::High,
    profile: Profile::Restricted,
    pss: &[Pss { check: "runAsNonRoot", level: Level::Restricted, since: 0, overridden: None }],
    tags: &["cis:5.2.7", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("run_as_non_root.md"),
    ..Meta::DEFAULT
};

/// Minor version from which a pod with its own user namespace passes.
const USER_NAMESPACES: u8 = 35;

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if pod.has_user_namespace() && cx.version() >= USER_NAMESPACES {
        return;
    }
    let exact = cx.exact_pss();
    let pod_level = pod.spec.security_context().run_as_non_root();
    // An explicit `false` fails even where every container overrides it, as upstream decides.
    if pod_level.get() == Some(false) {
        cx.find(pod_level, "pod says that its containers may run as root").fix_set(
            "set `runAsNonRoot: true`",
            Safety::Safe,
            pod_level,
            "true",
        );
    }
    // What the pod says must not contradict what one of its containers says.
    let says_otherwise = |container: &PodContainer<'_>| {
        let own = container.security_context();
        own.run_as_non_root().get() == Some(false) || own.run_as_user().get() == Some(0)
    };
    let any_says_no = pod.containers.iter().any(says_otherwise);
    for container in &pod.containers {
        let settings = effective(pod, container);
        let own = container.security_context().run_as_non_root();
        let setting = settings.run_as_non_root;
        if setting.value == Some(true) || (setting.scope == Scope::Pod && setting.value == Some(false)) {
            continue;
        }
        let says_no = own.get() == Some(false);
        let runs_as_somebody = settings.run_as_user.value.is_some_and(|uid| uid != 0);
        if !says_no && runs_as_somebody && !exact {
            continue;
        }
        let name = container.label();
        let message = if says_no {
            format!("container \"{name}\" says that it may run as root")
        } else {
            format!("container \"{name}\" does not set `runAsNonRoot`")
        };
        let target = if says_no || any_says_no { own } else { pod_level };
        let finder =
            cx.find(own, message).of(container).label("the image decides which user this runs as, and most say root");
        // With user 0 the kubelet would refuse to start it: that user has to go first.
        if settings.run_as_user.value != Some(0) {
            finder.fix_set("set `runAsNonRoot: true`", Safety::Safe, target, "true");
        }
    }
}
