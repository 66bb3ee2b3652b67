//! Kustomizations to documents whose every node knows its base, patch or generator.
//!
//! Start with [`render`] (or [`render_with`], where something else adds to the kustomization): a folder with a `kustomization.yaml` becomes [`Rendered`] documents, each with
//! [`Origins`](ironclad_model::Origins) that lead to the line of the manifest, of the patch, of the generator's file or
//! of the kustomization that a person edits.
//!
//! What kustomize does decides (`sigs.k8s.io/kustomize/api` and `kyaml`): the order of steps, how lists are joined, which
//! references follow a new name, the suffix of generated names, and what is an error. The test beside this crate asks
//! kustomize's own module about every difference; `docs/guide/kustomize.md` lists those that are meant.
//!
//! Like kustomize, it gives all objects of a kustomization or none: an overlay with half of its patches would be judged
//! for what nobody deploys.
//!
//! Deliberately absent: the network (remote bases are an error that names them) and programs (exec and container
//! plug-ins are refused by name).

mod accumulate;
mod additions;
mod build;
mod chart;
mod config;
mod emit;
mod field;
mod generate;
mod ids;
mod inline;
mod json_patch;
mod kustomization;
mod loader;
mod merge;
mod node;
mod patch;
mod path;
mod plugin;
mod reference;
mod replacement;
mod resource;
mod scalar;
mod schema;
mod selector;
mod sort;
mod trail;
mod transform;
mod transformers;
mod vars;

pub use additions::{Addition, Additions, How};
pub use build::{Options, Rendered, Texts, render, render_with, transform};
pub use loader::{NAMES, component_files, kustomization_file};
pub use patch::patch_text;
