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
    let (snapshot, _) = world::snapshot(&world::resources());
    let all = |only: Option<&str>| {
        let checks = ironclad_rbac::CHECKS.iter().filter(|check| only.is_none_or(|id| check.meta.id == id));
        let enabled = checks
            .map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) })
            .collect();
        RunConfig { enabled, version: 37, ..RunConfig::default() }
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let time = |runs: usize, config: &RunConfig| {
        let mut least = f64::MAX;
        let mut findings = 0;
        for _ in 0..runs {
            let started = Instant::now();
            let outcome = one.install(|| run(&snapshot, config));
            least = least.min(started.elapsed().as_secs_f64() * 1e3);
            findings = outcome.findings.len();
        }
        (least, findings)
    };
    let (ms, findings) = time(5, &all(None));
    println!("all checks  {ms:8.1} ms  {findings} findings");
    // More arguments are checks to time alone; `each` is every one.
    let each = std::env::args().any(|argument| argument == "each");
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| argument.contains('/')).collect();
    for check in ironclad_rbac::CHECKS.iter().filter(|check| each || named.iter().any(|id| id == check.meta.id)) {
        let id = check.meta.id;
        let (ms, findings) = time(2, &all(Some(id)));
        println!("{id:32} {ms:8.1} ms alone, index included; {findings} findings");
    }
}
