//! What several checks ask of a pod, answered once: which security settings take effect, what its images are called,
//! which of its volumes reach the node.
//!
//! Pure functions over a [`Pod`](ironclad_views::Pod). Start with [`Effective`].

mod automount;
mod capability;
mod controller;
mod cron;
mod effective;
mod exposure;
mod host_path;
mod image;
mod label;
mod mounts;
mod namespace;
mod pattern;
mod pod_index;
mod port;
mod resources;
mod scaling;
mod service;
mod token;

pub use automount::{Automount, automount, is_whole_spec, names_its_account, projected_tokens};
pub use capability::{canonical_capability, is_known_capability};
pub use controller::{is_long_running, is_replicated};
pub use cron::{ScheduleError, is_time_zone, parse_schedule};
pub use effective::{APP_ARMOR_ANNOTATION, Effective, Scope, Settings, app_armor_annotation, effective};
pub use exposure::{Selectors, budget_selector, service_selector};
pub use host_path::{HostMount, clean_path, host_mounts, is_at_or_below};
pub use image::{Image, ImageError, ImageReference, PullPolicy, effective_pull_policy, images};
pub use label::{are_labels, is_selector, label_key_fault, label_value_fault};
pub use mounts::{MountedClaim, MountedVolume, is_exclusive, mounted_claims, mounted_volumes, mounts_of};
pub use namespace::{NamespaceKey, same_namespace};
pub use pattern::{covers_image, matches_pattern};
pub use pod_index::{PodIndex, TemplateId};
pub use port::port_name_fault;
pub use resources::{Resources, counted, resources};
pub use scaling::{
    ReplicaSource, Replicas, SCALERS, Scaling, Share, is_zero, replicas, scale_target, scale_target_name,
    scale_target_ref,
};
pub use service::{ServicePort, selects, service_ports};
pub use token::{ServiceAccountName, service_account};
