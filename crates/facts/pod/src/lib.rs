//! What several checks ask of a pod, answered once: which security settings take effect, what its images are called,
//! which of its volumes reach the node.
//!
//! Pure functions over a [`Pod`](ironclad_views::Pod). Start with [`Effective`].

mod automount;
mod capability;
mod effective;
mod host_path;
mod image;
mod mounts;
mod pattern;
mod resources;
mod service;
mod token;

pub use automount::{Automount, automount, is_whole_spec, names_its_account};
pub use capability::{canonical_capability, is_known_capability};
pub use effective::{APP_ARMOR_ANNOTATION, Effective, Scope, Settings, app_armor_annotation, effective};
pub use host_path::{HostMount, clean_path, host_mounts, is_at_or_below};
pub use image::{Image, ImageError, ImageReference, PullPolicy, effective_pull_policy, images};
pub use mounts::{MountedClaim, MountedVolume, mounted_claims, mounted_volumes};
pub use pattern::{covers_image, matches_pattern};
pub use resources::{Resources, counted, resources};
pub use service::{ServicePort, same_namespace, selects, service_ports};
pub use token::{ServiceAccountName, service_account};
