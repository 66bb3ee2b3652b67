//! The program beside a real API server: the control plane that tests share, and calls in a home of their own.

#[path = "program.rs"]
mod program;

use ironclad_testcluster::ControlPlane;
#[allow(unused_imports, reason = "each test uses its part")]
pub(crate) use program::{ironclad, ironclad_reading, json, text};

/// The shared control plane; says why there is none.
pub(crate) fn plane(what: &str) -> Option<&'static ControlPlane> {
    ironclad_testcluster::shared().map_err(|why| ironclad_testkit::skipped(what, &why)).ok()
}
