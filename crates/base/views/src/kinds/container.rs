//! Containers: what they run, how they are probed, what they ask for.

use super::SecurityContext;
use crate::view;

view! {
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
        grpc: GrpcProbe = GRPC,
        exec: Exec = EXEC,
        initial_delay_seconds: int = INITIAL_DELAY_SECONDS,
        timeout_seconds: int = TIMEOUT_SECONDS,
        period_seconds: int = PERIOD_SECONDS,
        success_threshold: int = SUCCESS_THRESHOLD,
        failure_threshold: int = FAILURE_THRESHOLD,
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
        exec: Exec = EXEC,
    }

    /// An HTTP request of a probe or hook.
    HttpGet = "io.k8s.api.core.v1.HTTPGetAction" {
        host: text = HOST,
        port: port = PORT,
        path: text = PATH,
        scheme: text = SCHEME,
        http_headers: [HttpHeader] = HTTP_HEADERS,
    }

    /// A TCP connection of a probe or hook.
    TcpSocket = "io.k8s.api.core.v1.TCPSocketAction" {
        host: text = HOST,
        port: port = PORT,
    }

    /// A gRPC health request of a probe.
    GrpcProbe = "io.k8s.api.core.v1.GRPCAction" {
        port: int = PORT,
        service: text = SERVICE,
    }

    /// A command of a probe or hook.
    Exec = "io.k8s.api.core.v1.ExecAction" {
        command: texts = COMMAND,
    }

    /// A header of an HTTP request.
    HttpHeader = "io.k8s.api.core.v1.HTTPHeader" {
        name: text = NAME,
        value: text = VALUE,
    }
}
