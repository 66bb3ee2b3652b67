//! A real control plane for tests: etcd, kube-apiserver and, where asked for, kube-controller-manager, on loopback, with
//! certificates made on the spot.
//!
//! Read [`ControlPlane`] first. The programs come from [`Assets`]: `KUBEBUILDER_ASSETS`, as users of envtest expect, or
//! what `cargo xtask control-plane build` built from the published Go modules. A test that finds neither says that it
//! was skipped. Everything that was started ends with the process that started it, however that ends.
//!
//! A dev-dependency of what talks to a cluster, and of nothing else.

#![expect(clippy::disallowed_methods, reason = "a tool of tests: it owns its files, processes and environment")]

mod assets;
mod certificates;
mod client;
mod generated;
mod plane;
mod process;
mod proxy;

pub use assets::Assets;
pub use certificates::{Authority, Identity};
pub use client::{Answer, Client, load};
pub use generated::{Generated, generated};
pub use plane::{ControlPlane, Options, shared};
pub use proxy::{Fault, FaultProxy, Script};
