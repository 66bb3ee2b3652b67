//! Every page of this crate, as tests.

fn main() {
    ironclad_testkit::run_pages(ironclad_rbac::CHECKS)
}
