//! What several checks ask of a pod, answered once: which security settings take effect, what its images are called,
//! which of its volumes reach the node.
//!
//! Pure functions over a [`Pod`](ironclad_views::Pod). Start with [`Effective`].

mod effective;
mod host_path;
mod image;
mod token;

pub use effective::{APP_ARMOR_ANNOTATION, Effective, Scope, Settings, app_armor_annotation, effective};
pub use host_path::{HostMount, clean_path, host_mounts, is_at_or_below};
pub use image::{Image, ImageError, ImageReference, PullPolicy, effective_pull_policy, images};
pub use token::{ServiceAccountName, service_account};
