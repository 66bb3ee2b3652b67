//! Security settings that take effect: the container's, else the pod's, else the default.
//!
//! Inherited field by field: `runAsUser`, `runAsGroup`, `runAsNonRoot`, `windowsOptions`; whole structs:
//! `seLinuxOptions`, `seccompProfile`, `appArmorProfile`. Never inherited: `privileged`, `allowPrivilegeEscalation`,
//! `capabilities`, `readOnlyRootFilesystem`, `procMount`. (k8s.io/kubernetes `pkg/securitycontext`.)

use ironclad_model::Spot;
use ironclad_tree::Entry;
use ironclad_views::{AppArmorProfile, Field, Pod, PodContainer, SeLinuxOptions, SeccompProfile, View};

/// Which level a setting comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Set on the container.
    Container,
    /// Inherited from the pod.
    Pod,
    /// Set nowhere.
    Nowhere,
}

/// A setting that takes effect, where it comes from, and the place to point at (the container's own field where it is
/// set nowhere).
#[derive(Clone, Copy)]
pub struct Effective<'a, T> {
    /// The value.
    pub value: Option<T>,
    /// Where it comes from.
    pub scope: Scope,
    /// Where to point.
    pub spot: Spot<'a>,
}

impl<'a, T: Copy> Effective<'a, T> {
    fn of(container: Field<'a, T>, pod: Field<'a, T>) -> Self {
        if container.is_set() {
            Effective { value: container.get(), scope: Scope::Container, spot: container.spot() }
        } else if pod.is_set() {
            Effective { value: pod.get(), scope: Scope::Pod, spot: pod.spot() }
        } else {
            Effective { value: None, scope: Scope::Nowhere, spot: container.spot() }
        }
    }
}

/// All inherited settings of one container.
pub struct Settings<'a> {
    /// `runAsUser`.
    pub run_as_user: Effective<'a, i64>,
    /// `runAsGroup`.
    pub run_as_group: Effective<'a, i64>,
    /// `runAsNonRoot`.
    pub run_as_non_root: Effective<'a, bool>,
    /// `seccompProfile`, the whole struct.
    pub seccomp: Effective<'a, SeccompProfile<'a>>,
    /// `appArmorProfile`, the whole struct.
    pub app_armor: Effective<'a, AppArmorProfile<'a>>,
    /// `seLinuxOptions`, the whole struct.
    pub se_linux: Effective<'a, SeLinuxOptions<'a>>,
    /// `windowsOptions.hostProcess`.
    pub host_process: Effective<'a, bool>,
    /// `windowsOptions.runAsUserName`.
    pub run_as_user_name: Effective<'a, &'a str>,
}

/// The settings that take effect in a container.
pub fn effective<'a>(pod: &Pod<'a>, container: &PodContainer<'a>) -> Settings<'a> {
    let (own, outer) = (container.security_context(), pod.spec.security_context());
    Settings {
        run_as_user: Effective::of(own.run_as_user(), outer.run_as_user()),
        run_as_group: Effective::of(own.run_as_group(), outer.run_as_group()),
        run_as_non_root: Effective::of(own.run_as_non_root(), outer.run_as_non_root()),
        seccomp: whole(own.seccomp_profile(), outer.seccomp_profile()),
        app_armor: whole(own.app_armor_profile(), outer.app_armor_profile()),
        se_linux: whole(own.se_linux_options(), outer.se_linux_options()),
        host_process: Effective::of(own.windows_options().host_process(), outer.windows_options().host_process()),
        run_as_user_name: Effective::of(
            own.windows_options().run_as_user_name(),
            outer.windows_options().run_as_user_name(),
        ),
    }
}

fn whole<'a, V: View<'a>>(own: V, outer: V) -> Effective<'a, V> {
    if own.exists() {
        Effective { value: Some(own), scope: Scope::Container, spot: own.spot() }
    } else if outer.exists() {
        Effective { value: Some(outer), scope: Scope::Pod, spot: outer.spot() }
    } else {
        Effective { value: None, scope: Scope::Nowhere, spot: own.spot() }
    }
}

/// Prefix of the annotation that set a container's AppArmor profile before 1.30.
pub const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The AppArmor annotation of a container, with its entry.
pub fn app_armor_annotation<'a>(pod: &Pod<'a>, container: &str) -> Option<(Entry<'a>, &'a str)> {
    let entry = pod.metadata.annotations().get(&format!("{APP_ARMOR_ANNOTATION}{container}"))?;
    Some((entry, entry.value().text()?))
}
