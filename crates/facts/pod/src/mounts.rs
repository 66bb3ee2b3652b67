//! Volumes that containers have, and the claims among them.
//!
//! A volume counts as mounted when a container names it in `volumeMounts` or `volumeDevices`; one that nobody names
//! reaches no process.

use ironclad_model::{Object, Spot};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{ClaimSpec, Pod, PodContainer, Volume, VolumeMount, spec};

/// A volume and the containers that have it.
pub struct MountedVolume<'p, 'a> {
    /// The volume.
    pub volume: Volume<'a>,
    /// Its name.
    pub name: &'a str,
    /// Who mounts it, each container once, in source order.
    pub containers: Vec<&'p PodContainer<'a>>,
}

impl MountedVolume<'_, '_> {
    /// "mounted by web, sidecar".
    pub fn users(&self) -> String {
        users(&self.containers)
    }
}

/// The volumes of a pod that some container mounts, in source order.
pub fn mounted_volumes<'p, 'a>(pod: &'p Pod<'a>) -> Vec<MountedVolume<'p, 'a>> {
    let volumes = pod.spec.volumes().iter().filter_map(|volume| {
        let name = volume.name().get()?;
        let containers = mounted_by(pod, name);
        (!containers.is_empty()).then_some(MountedVolume { volume, name, containers })
    });
    volumes.collect()
}

/// Where containers mount a volume, in source order.
pub fn mounts_of<'p, 'a>(pod: &'p Pod<'a>, volume: Option<&str>) -> Vec<(&'p PodContainer<'a>, VolumeMount<'a>)> {
    let mounts = pod.containers.iter().flat_map(|container| {
        let of_volume = move |mount: &VolumeMount<'a>| volume.is_some() && mount.name().get() == volume;
        container.volume_mounts().iter().filter(of_volume).map(move |mount| (container, mount))
    });
    mounts.collect()
}

/// A PersistentVolumeClaim that some container mounts.
pub struct MountedClaim<'p, 'a> {
    /// Name of the volume.
    pub volume: &'a str,
    /// Name of the claim, where a volume names one; none where the claim is made for the pod.
    pub claim: Option<&'a str>,
    /// Where the pod says so.
    pub spot: Spot<'a>,
    /// Who mounts it.
    pub containers: Vec<&'p PodContainer<'a>>,
}

impl MountedClaim<'_, '_> {
    /// "mounted by web, sidecar".
    pub fn users(&self) -> String {
        users(&self.containers)
    }
}

/// Claims that reach a container: `persistentVolumeClaim` volumes, generic ephemeral volumes, and the
/// `volumeClaimTemplates` that a StatefulSet (or a kind built like one) lays beside its pod template.
pub fn mounted_claims<'p, 'a>(pod: &'p Pod<'a>) -> Vec<MountedClaim<'p, 'a>> {
    let mut claims = Vec::new();
    for MountedVolume { volume, name, containers } in mounted_volumes(pod) {
        let named = volume.persistent_volume_claim().claim_name();
        let made = volume.ephemeral();
        if named.is_set() {
            claims.push(MountedClaim { volume: name, claim: named.get(), spot: named.spot(), containers });
        } else if made.node().is_some_and(|node| !node.is_null()) {
            claims.push(MountedClaim { volume: name, claim: None, spot: made, containers });
        }
    }
    for template in claim_templates(pod) {
        let name = template.get(f::METADATA).and_then(|metadata| metadata.value().get(f::NAME));
        let Some(name) = name.and_then(|entry| entry.value().as_str()) else { continue };
        let containers = mounted_by(pod, name);
        if !containers.is_empty() {
            claims.push(MountedClaim { volume: name, claim: None, spot: Spot::at(template), containers });
        }
    }
    claims
}

fn claim_templates<'a>(pod: &Pod<'a>) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
    let spec = pod.object.root().get(f::SPEC).map(|entry| entry.value());
    let templates = spec.and_then(|spec| spec.get_str("volumeClaimTemplates"));
    templates.into_iter().flat_map(|entry| entry.value().items())
}

fn mounted_by<'p, 'a>(pod: &'p Pod<'a>, volume: &str) -> Vec<&'p PodContainer<'a>> {
    let mounts = |container: &&PodContainer<'a>| {
        container.volume_mounts().iter().any(|mount| mount.name().get() == Some(volume))
            || container.volume_devices().iter().any(|device| device.name().get() == Some(volume))
    };
    pod.containers.iter().filter(mounts).collect()
}

fn users(containers: &[&PodContainer<'_>]) -> String {
    let names: Vec<&str> = containers.iter().map(|container| container.label()).collect();
    format!("mounted by {}", names.join(", "))
}

/// Can the claim's volume be on one node (or in one pod) alone at a time?
pub fn is_exclusive(claim: &Object) -> bool {
    let modes = spec::<ClaimSpec<'_>>(claim).access_modes();
    let exclusive = |mode: &str| matches!(mode, "ReadWriteOnce" | "ReadWriteOncePod");
    !modes.is_empty() && modes.iter().all(|(_, mode)| exclusive(mode))
}
