//! Images: how they are named and pinned. (What is inside them is a later chapter: packages, advisories, signatures.)

mod checks;

pub use checks::CHECKS;
