//! Controllers: how many pods, how they are replaced, when they run.

use crate::view;

view! {
    /// `spec` of a Deployment.
    DeploymentSpec = "io.k8s.api.apps.v1.DeploymentSpec" {
        replicas: int = REPLICAS,
        selector: any = SELECTOR,
        strategy: DeploymentStrategy = STRATEGY,
    }

    /// `strategy` of a Deployment.
    DeploymentStrategy = "io.k8s.api.apps.v1.DeploymentStrategy" {
        kind: text = TYPE,
        rolling_update: RollingDeployment = ROLLING_UPDATE,
    }

    /// How a Deployment replaces its pods step by step.
    RollingDeployment = "io.k8s.api.apps.v1.RollingUpdateDeployment" {
        max_surge: port = MAX_SURGE,
        max_unavailable: port = MAX_UNAVAILABLE,
    }

    /// `spec` of a StatefulSet.
    StatefulSetSpec = "io.k8s.api.apps.v1.StatefulSetSpec" {
        replicas: int = REPLICAS,
        selector: any = SELECTOR,
        service_name: text = SERVICE_NAME,
        update_strategy: StatefulSetUpdate = UPDATE_STRATEGY,
    }

    /// `updateStrategy` of a StatefulSet.
    StatefulSetUpdate = "io.k8s.api.apps.v1.StatefulSetUpdateStrategy" {
        kind: text = TYPE,
    }

    /// `spec` of a DaemonSet.
    DaemonSetSpec = "io.k8s.api.apps.v1.DaemonSetSpec" {
        selector: any = SELECTOR,
        update_strategy: DaemonSetUpdate = UPDATE_STRATEGY,
    }

    /// `updateStrategy` of a DaemonSet.
    DaemonSetUpdate = "io.k8s.api.apps.v1.DaemonSetUpdateStrategy" {
        kind: text = TYPE,
        rolling_update: RollingDaemonSet = ROLLING_UPDATE,
    }

    /// How a DaemonSet replaces its pods step by step.
    RollingDaemonSet = "io.k8s.api.apps.v1.RollingUpdateDaemonSet" {
        max_surge: port = MAX_SURGE,
        max_unavailable: port = MAX_UNAVAILABLE,
    }

    /// `spec` of a Job.
    JobSpec = "io.k8s.api.batch.v1.JobSpec" {
        ttl_seconds_after_finished: int = TTL_SECONDS_AFTER_FINISHED,
    }

    /// `spec` of a CronJob.
    CronJobSpec = "io.k8s.api.batch.v1.CronJobSpec" {
        schedule: text = SCHEDULE,
        time_zone: text = TIME_ZONE,
        starting_deadline_seconds: int = STARTING_DEADLINE_SECONDS,
        concurrency_policy: text = CONCURRENCY_POLICY,
        job_template: JobTemplate = JOB_TEMPLATE,
    }

    /// The Jobs of a CronJob.
    JobTemplate = "io.k8s.api.batch.v1.JobTemplateSpec" {
        spec: JobSpec = SPEC,
    }
}
