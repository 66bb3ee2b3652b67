//! How fast: `cargo run --release -p ironclad-leak --example throughput -- FILE…`, all files in memory, best of five.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::expect_used, reason = "an example")]

use std::time::Instant;

fn main() {
    let texts: Vec<String> =
        std::env::args().skip(1).map(|path| std::fs::read_to_string(path).expect("a text file")).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut best = [f64::MAX; 2];
    let mut found = 0;
    for _ in 0..5 {
        let start = Instant::now();
        found = texts.iter().map(|text| ironclad_leak::find(text).len()).sum();
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let pairs: usize = texts.iter().flat_map(|text| ironclad_leak::assignments(text)).count();
        best[1] = best[1].min(start.elapsed().as_secs_f64());
        std::hint::black_box(pairs);
    }
    let speed = |seconds: f64| bytes as f64 / seconds / 1e6;
    println!("{bytes} bytes: find {:.0} MB/s ({found} found), assignments {:.0} MB/s", speed(best[0]), speed(best[1]));
}
