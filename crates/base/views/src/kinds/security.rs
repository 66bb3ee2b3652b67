//! Security contexts of pods and containers.

use crate::view;

view! {
    /// `securityContext` of a pod.
    PodSecurityContext = "io.k8s.api.core.v1.PodSecurityContext" {
        run_as_user: int = RUN_AS_USER,
        run_as_group: int = RUN_AS_GROUP,
        run_as_non_root: flag = RUN_AS_NON_ROOT,
        fs_group: int = FS_GROUP,
        fs_group_change_policy: text = FS_GROUP_CHANGE_POLICY,
        supplemental_groups: any = SUPPLEMENTAL_GROUPS,
        sysctls: [Sysctl] = SYSCTLS,
        seccomp_profile: SeccompProfile = SECCOMP_PROFILE,
        app_armor_profile: AppArmorProfile = APP_ARMOR_PROFILE,
        se_linux_options: SeLinuxOptions = SE_LINUX_OPTIONS,
        windows_options: WindowsOptions = WINDOWS_OPTIONS,
    }

    /// `securityContext` of a container.
    SecurityContext = "io.k8s.api.core.v1.SecurityContext" {
        privileged: flag = PRIVILEGED,
        allow_privilege_escalation: flag = ALLOW_PRIVILEGE_ESCALATION,
        read_only_root_filesystem: flag = READ_ONLY_ROOT_FILESYSTEM,
        run_as_user: int = RUN_AS_USER,
        run_as_group: int = RUN_AS_GROUP,
        run_as_non_root: flag = RUN_AS_NON_ROOT,
        capabilities: Capabilities = CAPABILITIES,
        proc_mount: text = PROC_MOUNT,
        seccomp_profile: SeccompProfile = SECCOMP_PROFILE,
        app_armor_profile: AppArmorProfile = APP_ARMOR_PROFILE,
        se_linux_options: SeLinuxOptions = SE_LINUX_OPTIONS,
        windows_options: WindowsOptions = WINDOWS_OPTIONS,
    }

    /// Capabilities.
    Capabilities = "io.k8s.api.core.v1.Capabilities" {
        add: texts = ADD,
        drop: texts = DROP,
    }

    /// A seccomp profile.
    SeccompProfile = "io.k8s.api.core.v1.SeccompProfile" {
        kind: text = TYPE,
        localhost_profile: text = LOCALHOST_PROFILE,
    }

    /// An AppArmor profile.
    AppArmorProfile = "io.k8s.api.core.v1.AppArmorProfile" {
        kind: text = TYPE,
        localhost_profile: text = LOCALHOST_PROFILE,
    }

    /// SELinux options.
    SeLinuxOptions = "io.k8s.api.core.v1.SELinuxOptions" {
        kind: text = TYPE,
        user: text = USER,
        role: text = ROLE,
        level: text = LEVEL,
    }

    /// Windows options.
    WindowsOptions = "io.k8s.api.core.v1.WindowsSecurityContextOptions" {
        host_process: flag = HOST_PROCESS,
        run_as_user_name: text = RUN_AS_USER_NAME,
    }

    /// A sysctl.
    Sysctl = "io.k8s.api.core.v1.Sysctl" {
        name: text = NAME,
        value: text = VALUE,
    }
}
