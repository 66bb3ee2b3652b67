//! The mounts of a volume, beside a finding about the volume: who removes the one has to remove the others.

use ironclad_check::Finder;
use ironclad_views::{PodContainer, VolumeMount};

/// Names where containers mount the volume that a finding is about.
pub(crate) fn with_mounts<'f>(finder: Finder<'f>, mounts: &[(&PodContainer<'_>, VolumeMount<'_>)]) -> Finder<'f> {
    mounts.iter().fold(finder, |finder, (container, mount)| {
        let at = mount.mount_path().get().unwrap_or("(no path)");
        finder.related(mount.spot(), format!("container \"{}\" mounts it at `{at}`", container.label()))
    })
}
