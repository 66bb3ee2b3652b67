//! The views. Field names and types are held against the published OpenAPI documents by `tests/schema.rs`.

use crate::view;

view! {
    /// `metadata` of an object or of a pod template.
    ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" {
        name: text = NAME,
        generate_name: text = GENERATE_NAME,
        namespace: text = NAMESPACE,
        labels: map = LABELS,
        annotations: map = ANNOTATIONS,
    }

    /// A pod's specification.
    PodSpec = "io.k8s.api.core.v1.PodSpec" {
        containers: [Container] = CONTAINERS,
        init_containers: [Container] = INIT_CONTAINERS,
        ephemeral_containers: [Container] = EPHEMERAL_CONTAINERS,
        volumes: [Volume] = VOLUMES,
        security_context: PodSecurityContext = SECURITY_CONTEXT,
        service_account: text = SERVICE_ACCOUNT,
        service_account_name: text = SERVICE_ACCOUNT_NAME,
        automount_service_account_token: flag = AUTOMOUNT_SERVICE_ACCOUNT_TOKEN,
        host_network: flag = HOST_NETWORK,
        host_pid: flag = HOST_PID,
        host_ipc: flag = HOST_IPC,
        host_users: flag = HOST_USERS,
        host_aliases: any = HOST_ALIASES,
        share_process_namespace: flag = SHARE_PROCESS_NAMESPACE,
        enable_service_links: flag = ENABLE_SERVICE_LINKS,
        node_selector: map = NODE_SELECTOR,
        os: PodOs = OS,
        restart_policy: text = RESTART_POLICY,
        runtime_class_name: text = RUNTIME_CLASS_NAME,
        resources: Resources = RESOURCES,
        image_pull_secrets: [LocalObjectReference] = IMAGE_PULL_SECRETS,
    }

    /// `spec.os`.
    PodOs = "io.k8s.api.core.v1.PodOS" {
        name: text = NAME,
    }

    /// A container, an init container or an ephemeral one.
    Container = "io.k8s.api.core.v1.Container" {
        name: text = NAME,
        image: text = IMAGE,
        image_pull_policy: text = IMAGE_PULL_POLICY,
        command: texts = COMMAND,
        args: texts = ARGS,
        env: [EnvVar] = ENV,
        env_from: [EnvFromSource] = ENV_FROM,
        ports: [ContainerPort] = PORTS,
        resources: Resources = RESOURCES,
        volume_mounts: [VolumeMount] = VOLUME_MOUNTS,
        volume_devices: [VolumeDevice] = VOLUME_DEVICES,
        security_context: SecurityContext = SECURITY_CONTEXT,
        liveness_probe: Probe = LIVENESS_PROBE,
        readiness_probe: Probe = READINESS_PROBE,
        startup_probe: Probe = STARTUP_PROBE,
        lifecycle: Lifecycle = LIFECYCLE,
        restart_policy: text = RESTART_POLICY,
        stdin: flag = STDIN,
        tty: flag = TTY,
    }

    /// An environment variable.
    EnvVar = "io.k8s.api.core.v1.EnvVar" {
        name: text = NAME,
        value: text = VALUE,
        value_from: any = VALUE_FROM,
    }

    /// A source of several environment variables.
    EnvFromSource = "io.k8s.api.core.v1.EnvFromSource" {
        prefix: text = PREFIX,
        secret_ref: any = SECRET_REF,
        config_map_ref: any = CONFIG_MAP_REF,
    }

    /// A port of a container.
    ContainerPort = "io.k8s.api.core.v1.ContainerPort" {
        name: text = NAME,
        container_port: int = CONTAINER_PORT,
        host_port: int = HOST_PORT,
        host_ip: text = HOST_IP,
        protocol: text = PROTOCOL,
    }

    /// Requests and limits.
    Resources = "io.k8s.api.core.v1.ResourceRequirements" {
        requests: map = REQUESTS,
        limits: map = LIMITS,
    }

    /// A mount.
    VolumeMount = "io.k8s.api.core.v1.VolumeMount" {
        name: text = NAME,
        mount_path: text = MOUNT_PATH,
        read_only: flag = READ_ONLY,
        recursive_read_only: text = RECURSIVE_READ_ONLY,
        mount_propagation: text = MOUNT_PROPAGATION,
        sub_path: text = SUB_PATH,
        sub_path_expr: text = SUB_PATH_EXPR,
    }

    /// A raw block device.
    VolumeDevice = "io.k8s.api.core.v1.VolumeDevice" {
        name: text = NAME,
        device_path: text = DEVICE_PATH,
    }

    /// A probe.
    Probe = "io.k8s.api.core.v1.Probe" {
        http_get: HttpGet = HTTP_GET,
        tcp_socket: TcpSocket = TCP_SOCKET,
        grpc: any = GRPC,
        exec: any = EXEC,
    }

    /// Lifecycle hooks.
    Lifecycle = "io.k8s.api.core.v1.Lifecycle" {
        post_start: LifecycleHandler = POST_START,
        pre_stop: LifecycleHandler = PRE_STOP,
    }

    /// One hook.
    LifecycleHandler = "io.k8s.api.core.v1.LifecycleHandler" {
        http_get: HttpGet = HTTP_GET,
        tcp_socket: TcpSocket = TCP_SOCKET,
        exec: any = EXEC,
    }

    /// An HTTP request of a probe or hook.
    HttpGet = "io.k8s.api.core.v1.HTTPGetAction" {
        host: text = HOST,
        port: port = PORT,
        path: text = PATH,
        scheme: text = SCHEME,
    }

    /// A TCP connection of a probe or hook.
    TcpSocket = "io.k8s.api.core.v1.TCPSocketAction" {
        host: text = HOST,
        port: port = PORT,
    }

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

    /// A volume.
    Volume = "io.k8s.api.core.v1.Volume" {
        name: text = NAME,
        host_path: HostPath = HOST_PATH,
        secret: SecretVolume = SECRET,
        config_map: ConfigMapVolume = CONFIG_MAP,
        persistent_volume_claim: ClaimVolume = PERSISTENT_VOLUME_CLAIM,
        ephemeral: any = EPHEMERAL,
        projected: ProjectedVolume = PROJECTED,
        git_repo: GitRepo = GIT_REPO,
        image: ImageVolume = IMAGE,
    }

    /// A directory of the node.
    HostPath = "io.k8s.api.core.v1.HostPathVolumeSource" {
        path: text = PATH,
        kind: text = TYPE,
    }

    /// A Secret as files.
    SecretVolume = "io.k8s.api.core.v1.SecretVolumeSource" {
        secret_name: text = SECRET_NAME,
        optional: flag = OPTIONAL,
    }

    /// A ConfigMap as files.
    ConfigMapVolume = "io.k8s.api.core.v1.ConfigMapVolumeSource" {
        name: text = NAME,
        optional: flag = OPTIONAL,
    }

    /// A claim.
    ClaimVolume = "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource" {
        claim_name: text = CLAIM_NAME,
        read_only: flag = READ_ONLY,
    }

    /// Several sources in one volume.
    ProjectedVolume = "io.k8s.api.core.v1.ProjectedVolumeSource" {
        sources: [VolumeProjection] = SOURCES,
    }

    /// One source of a projected volume.
    VolumeProjection = "io.k8s.api.core.v1.VolumeProjection" {
        service_account_token: TokenProjection = SERVICE_ACCOUNT_TOKEN,
        secret: SecretProjection = SECRET,
        config_map: ConfigMapProjection = CONFIG_MAP,
    }

    /// A token of the pod's ServiceAccount.
    TokenProjection = "io.k8s.api.core.v1.ServiceAccountTokenProjection" {
        audience: text = AUDIENCE,
        path: text = PATH,
    }

    /// A Secret in a projected volume.
    SecretProjection = "io.k8s.api.core.v1.SecretProjection" {
        name: text = NAME,
    }

    /// A ConfigMap in a projected volume.
    ConfigMapProjection = "io.k8s.api.core.v1.ConfigMapProjection" {
        name: text = NAME,
    }

    /// A git repository, cloned by the kubelet.
    GitRepo = "io.k8s.api.core.v1.GitRepoVolumeSource" {
        repository: text = REPOSITORY,
        directory: text = DIRECTORY,
        revision: text = REVISION,
    }

    /// The files of an image.
    ImageVolume = "io.k8s.api.core.v1.ImageVolumeSource" {
        reference: text = REFERENCE,
        pull_policy: text = PULL_POLICY,
    }

    /// A name in the same namespace.
    LocalObjectReference = "io.k8s.api.core.v1.LocalObjectReference" {
        name: text = NAME,
    }
}

/// Every view's declared fields.
pub fn declared() -> impl Iterator<Item = &'static (&'static str, ironclad_tree::Symbol, &'static str)> {
    macro_rules! all {
        ($($view:ident),* $(,)?) => { [$($view::DECLARED),*] };
    }
    all![
        ObjectMeta,
        PodSpec,
        PodOs,
        Container,
        EnvVar,
        EnvFromSource,
        ContainerPort,
        Resources,
        VolumeMount,
        VolumeDevice,
        Probe,
        Lifecycle,
        LifecycleHandler,
        HttpGet,
        TcpSocket,
        PodSecurityContext,
        SecurityContext,
        Capabilities,
        SeccompProfile,
        AppArmorProfile,
        SeLinuxOptions,
        WindowsOptions,
        Sysctl,
        Volume,
        HostPath,
        SecretVolume,
        ConfigMapVolume,
        ClaimVolume,
        ProjectedVolume,
        VolumeProjection,
        TokenProjection,
        SecretProjection,
        ConfigMapProjection,
        GitRepo,
        ImageVolume,
        LocalObjectReference,
    ]
    .into_iter()
    .flatten()
}
