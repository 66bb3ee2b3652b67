//! Volumes and what they hold.

use crate::view;

view! {
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
}
