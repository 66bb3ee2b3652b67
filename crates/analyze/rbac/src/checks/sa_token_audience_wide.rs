//! `rbac/sa-token-audience-wide`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Confidence, Kind, Severity};
use ironclad_views::{Pod, Volume};

pub(super) static META: Meta = Meta {
    id: "rbac/sa-token-audience-wide",
    title: "token for another service that the API server takes too",
    severity: Severity::Low,
    reads: &[Kind::ANY_POD],
    tags: &["mitre:T1528"],
    page: include_str!("sa_token_audience_wide.md"),
    ..Meta::DEFAULT
};

/// Where clients of the API server look for a token.
const OWN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The audience of the API server where `--api-audiences` does not say another: its issuer, with any cluster domain.
const OWN_AUDIENCE: &str = "https://kubernetes.default.svc";

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for volume in pod.spec.volumes().iter() {
        let name = volume.name().get().unwrap_or("(no name)");
        if is_for_the_server(pod, &volume, name) {
            continue;
        }
        for source in volume.projected().sources().iter() {
            let token = source.service_account_token();
            let Some(node) = token.spot().node() else { continue };
            let label = "whoever gets it from the pod can act as its ServiceAccount: name the audience of that service";
            match token.audience().get().filter(|audience| !audience.is_empty()) {
                None => {
                    cx.find(node, format!("the token in volume \"{name}\" has no audience: the API server takes it"))
                        .label(label)
                        .confidence(Confidence::Likely);
                }
                Some(audience)
                    if audience == OWN_AUDIENCE || audience.starts_with("https://kubernetes.default.svc.") =>
                {
                    cx.find(
                        token.audience().spot(),
                        format!("the audience of the token in volume \"{name}\" is the API server's"),
                    )
                    .label(label)
                    .confidence(Confidence::Likely);
                }
                Some(_) => {}
            }
        }
    }
}

/// Is the volume made for requests to the API server: with its certificate beside the token, or where its clients look?
fn is_for_the_server(pod: &Pod<'_>, volume: &Volume<'_>, name: &str) -> bool {
    let certificate = |name: Option<&str>| name.is_some_and(|name| name.ends_with("root-ca.crt"));
    let mut sources = volume.projected().sources().iter();
    if name.starts_with("kube-api-access-") || sources.any(|source| certificate(source.config_map().name().get())) {
        return true;
    }
    pod.containers.iter().any(|container| {
        container.view.volume_mounts().iter().any(|mount| {
            let path = mount.mount_path().get().unwrap_or_default();
            mount.name().get() == Some(name) && path.trim_end_matches('/').starts_with(OWN_PATH)
        })
    })
}
