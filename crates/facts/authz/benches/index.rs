//! The engine on a large cluster: 10,000 roles of 5 rules (20 % of the bodies distinct), 50,000 bindings, 20,000
//! subjects, parsing excluded. `cargo bench -p ironclad-authz` prints the figures; nothing here fails by the clock.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports on standard output")]

#[path = "support/world.rs"]
mod world;

use ironclad_authz::resources::VERBS;
use ironclad_authz::{Column, Options, Request, Surroundings, User, World};
use std::time::{Duration, Instant};
use world::{Dice, SUBJECTS, resources, snapshot};

fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut result = None;
    let mut least = Duration::MAX;
    for _ in 0..runs {
        let started = Instant::now();
        let value = work();
        least = least.min(started.elapsed());
        result = Some(value);
    }
    (least, result.unwrap())
}

fn percentile(times: &mut [Duration], of: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * of / 100]
}

fn main() {
    // `cargo test` runs benches too: it has no use for figures of a debug build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let served = resources();
    let (snapshot, size) = snapshot(&served);
    println!("{} objects, {:.1} MB of JSON", snapshot.len(), size as f64 / 1e6);

    let (index, world) = best(5, || World::of(&snapshot, &Options::default()));
    println!("index       {:8.1} ms  {} subjects", index.as_secs_f64() * 1e3, world.subject_count());

    let mut dice = Dice(7);
    let started = Instant::now();
    world.subjects();
    println!(
        "order       {:8.1} ms  once, by the first question that lists subjects",
        started.elapsed().as_secs_f64() * 1e3
    );
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..2_000 {
        let asked = &served[dice.roll(served.len() as u64) as usize];
        let mut request = Request::resource(dice.pick(&VERBS), &asked.group, &asked.name);
        if dice.roll(2) == 0 {
            request = request.within(&format!("ns{}", dice.roll(500)));
        }
        let started = Instant::now();
        found += world.who_can(&request).subjects.len();
        times.push(started.elapsed());
    }
    let (half, most) = (percentile(&mut times, 50), percentile(&mut times, 99));
    println!(
        "who-can     {:8.3} ms  p99 ({:.3} ms p50), {} subjects each",
        most.as_secs_f64() * 1e3,
        half.as_secs_f64() * 1e3,
        found / 2_000
    );

    let mut times = Vec::new();
    for _ in 0..20_000 {
        let user =
            User::implied(&format!("user-{}", dice.roll(SUBJECTS)), &[format!("group-{}", dice.roll(2_000) * 10)]);
        let asked = &served[dice.roll(served.len() as u64) as usize];
        let request =
            Request::resource(dice.pick(&VERBS), &asked.group, &asked.name).within(&format!("ns{}", dice.roll(500)));
        let started = Instant::now();
        std::hint::black_box(world.decide(&user, &request));
        times.push(started.elapsed());
    }
    let (half, most) = (percentile(&mut times, 50), percentile(&mut times, 99));
    println!(
        "can-i       {:8.2} µs  p99 ({:.2} µs p50), with proofs",
        most.as_secs_f64() * 1e6,
        half.as_secs_f64() * 1e6
    );

    let request = Request::resource("list", "", "secrets").within("ns7");
    let start = world.who_can(&request).subjects;
    let around = Surroundings { version: 37, ..Surroundings::default() };
    let (climbs, found) = best(3, || world.who_could(&start, std::slice::from_ref(&request), &around).len());
    println!("escalated   {:8.1} ms  {} may, {found} more could", climbs.as_secs_f64() * 1e3, start.len());

    let columns: Vec<Column> = served
        .iter()
        .map(|own| Column {
            group: own.group.clone(),
            resource: own.name.clone(),
            subresource: String::new(),
            name: String::new(),
        })
        .collect();
    let subjects = world.subjects().to_vec();
    let (matrix, rows) = best(3, || world.matrix(&subjects, &columns, &VERBS, "").classes());
    println!(
        "matrix      {:8.1} ms  {} subjects × {} resources × {} verbs, {rows} rows differ",
        matrix.as_secs_f64() * 1e3,
        subjects.len(),
        columns.len(),
        VERBS.len()
    );
}
