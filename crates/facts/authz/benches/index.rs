//! The engine on a large cluster: 10,000 roles of 5 rules (20 % of the bodies distinct), 50,000 bindings, 20,000
//! subjects, parsing excluded. `cargo bench -p ironclad-authz` prints the figures; nothing here fails by the clock.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports on standard output")]

use ironclad_authz::resources::{Table, VERBS};
use ironclad_authz::{Column, Options, Request, User, World};
use ironclad_model::Snapshot;
use ironclad_tree::{Limits, Source, parse};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const SEED: u64 = 20_260_101;
const ROLES: u64 = 10_000;
const BINDINGS: u64 = 50_000;
const SUBJECTS: u64 = 20_000;

/// xorshift64*: the same world on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len() as u64) as usize]
    }
}

fn rule(dice: &mut Dice, names: &[&str]) -> String {
    let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
    let groups = ["", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io"];
    let (a, b) = (dice.pick(&verbs), dice.pick(&verbs));
    let (group, x, y) = (dice.pick(&groups), dice.pick(names), dice.pick(names));
    let limited =
        if dice.roll(10) == 0 { format!(",\"resourceNames\":[\"n{}\"]", dice.roll(1000)) } else { String::new() };
    let resource = if dice.roll(400) == 0 { "*" } else { x };
    format!(
        "{{\"verbs\":[\"{a}\",\"{b}\"],\"apiGroups\":[\"{group}\"],\"resources\":[\"{resource}\",\"{y}\"]{limited}}}"
    )
}

fn manifests(names: &[&str]) -> String {
    let mut dice = Dice(SEED);
    let bodies: Vec<String> =
        (0..ROLES / 5).map(|_| (0..5).map(|_| rule(&mut dice, names)).collect::<Vec<_>>().join(",")).collect();
    let mut out = String::from("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    for role in 0..ROLES {
        let body = &bodies[dice.roll(bodies.len() as u64) as usize];
        let (kind, place) = if role % 2 == 0 {
            ("ClusterRole", String::new())
        } else {
            ("Role", format!(",\"namespace\":\"ns{}\"", role % 500))
        };
        write!(out, "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"role-{role}\"{place}}},\"rules\":[{body}]}},").unwrap();
    }
    for binding in 0..BINDINGS {
        let role = dice.roll(ROLES);
        let (kind, place, role_kind) = match (role % 2, binding % 5) {
            (0, 0) => ("ClusterRoleBinding", String::new(), "ClusterRole"),
            (0, _) => ("RoleBinding", format!(",\"namespace\":\"ns{}\"", dice.roll(500)), "ClusterRole"),
            _ => ("RoleBinding", format!(",\"namespace\":\"ns{}\"", role % 500), "Role"),
        };
        let subjects: Vec<String> = (0..1 + dice.roll(3))
            .map(|_| match dice.roll(SUBJECTS) {
                n if n % 10 == 0 => format!("{{\"kind\":\"Group\",\"name\":\"group-{n}\"}}"),
                n if n % 10 < 4 => format!("{{\"kind\":\"User\",\"name\":\"user-{n}\"}}"),
                n => format!("{{\"kind\":\"ServiceAccount\",\"name\":\"sa-{n}\",\"namespace\":\"ns{}\"}}", n % 500),
            })
            .collect();
        let comma = if binding + 1 == BINDINGS { "" } else { "," };
        write!(out, "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"binding-{binding}\"{place}}},\"roleRef\":{{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"{role_kind}\",\"name\":\"role-{role}\"}},\"subjects\":[{}]}}{comma}", subjects.join(",")).unwrap();
    }
    out.push_str("]}");
    out
}

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
    let table = Table::of(37, &Snapshot::default());
    let mut names: Vec<&str> =
        table.all().iter().filter(|r| r.subresource.is_empty()).map(|r| r.name.as_str()).collect();
    let crds: Vec<String> = (names.len()..150).map(|n| format!("widgets{n}")).collect();
    names.extend(crds.iter().map(String::as_str));
    let text = manifests(&names);
    let source = Source::new("world.json", text.as_str());
    let mut builder = Snapshot::builder();
    for document in parse(&source, &Limits { document_bytes: 1 << 30, ..Limits::default() }).documents {
        builder.add(document, Default::default());
    }
    let snapshot = builder.build();
    println!("{} objects, {:.1} MB of JSON", snapshot.len(), text.len() as f64 / 1e6);

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
        let mut request = Request::resource(dice.pick(&VERBS), dice.pick(&["", "apps", "batch"]), dice.pick(&names));
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
        let request = Request::resource(dice.pick(&VERBS), dice.pick(&["", "apps"]), dice.pick(&names))
            .within(&format!("ns{}", dice.roll(500)));
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

    let columns: Vec<Column> = names
        .iter()
        .take(150)
        .map(|name| Column {
            group: dice.pick(&["", "apps"]).to_owned(),
            resource: (*name).to_owned(),
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
