//! Every check of this crate on a large cluster (that of `cargo bench -p ironclad-authz`), on one thread, parsing excluded.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports on standard output")]

#[path = "../../../facts/authz/benches/support/world.rs"]
#[allow(dead_code, reason = "shared with another bench")]
mod world;

use ironclad_check::{Enabled, Params, RunConfig, run};
use std::time::Instant;

fn main() {
    // `cargo test` runs benches too: it has no use for figures of a debug build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (snapshot, _) = world::snapshot(&world::names());
    let all = |only: Option<&str>| {
        let checks = ironclad_rbac::CHECKS.iter().filter(|check| only.is_none_or(|id| check.meta.id == id));
        let enabled = checks
            .map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) })
            .collect();
        RunConfig { enabled, version: 37, ..RunConfig::default() }
    };
    let time = |config: &RunConfig| {
        let started = Instant::now();
        let findings = run(&snapshot, config).findings.len();
        (started.elapsed().as_secs_f64() * 1e3, findings)
    };
    let (ms, findings) = time(&all(None));
    println!("all checks  {ms:8.1} ms  {findings} findings");
    // More arguments are checks to time alone.
    for id in std::env::args().filter(|argument| argument.contains('/')) {
        let (ms, findings) = time(&all(Some(&id)));
        println!("{id:32} {ms:8.1} ms alone, index included; {findings} findings");
    }
}
