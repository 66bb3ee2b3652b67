//! The large cluster of the benches: the same on every machine.
//!
//! Rules are as in clusters: resources with their own group and the verbs that they have, a quarter of them custom; one
//! rule in fifty is a mistake (a resource in a group that has no such one), one in ten is limited to a name, one entry
//! in four hundred is `*`. Nearly all ServiceAccounts that bindings name are there.

use ironclad_authz::resources::{Table, VERBS};
use ironclad_model::Snapshot;
use ironclad_tree::{Limits, Source, parse};
use std::fmt::Write as _;

const SEED: u64 = 20_260_101;
const ROLES: u64 = 10_000;
const BINDINGS: u64 = 50_000;
pub(crate) const SUBJECTS: u64 = 20_000;

/// xorshift64*: the same world on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    pub(crate) fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// A resource that is served.
pub(crate) struct Served {
    pub(crate) group: String,
    pub(crate) name: String,
    verbs: Vec<String>,
    built_in: bool,
}

/// 150 resources: the built-in ones and custom ones.
pub(crate) fn resources() -> Vec<Served> {
    let table = Table::of(37, &Snapshot::default());
    let whole = table.all().iter().filter(|resource| resource.subresource.is_empty());
    let mut served: Vec<Served> = whole
        .map(|resource| Served {
            group: resource.group.clone(),
            name: resource.name.clone(),
            verbs: resource.verbs.clone(),
            built_in: true,
        })
        .collect();
    let all: Vec<String> = VERBS.iter().map(|verb| (*verb).to_owned()).collect();
    served.extend((served.len()..150).map(|n| Served {
        group: format!("group{}.example.com", n % 7),
        name: format!("widgets{n}"),
        verbs: all.clone(),
        built_in: false,
    }));
    served
}

fn rule(dice: &mut Dice, served: &[Served]) -> String {
    let built_in = dice.roll(4) != 0;
    let of_kind: Vec<&Served> = served.iter().filter(|own| own.built_in == built_in).collect();
    let x = of_kind[dice.roll(of_kind.len() as u64) as usize];
    let beside: Vec<&Served> = of_kind.iter().copied().filter(|own| own.group == x.group).collect();
    let y = beside[dice.roll(beside.len() as u64) as usize];
    let limited = dice.roll(10) == 0;
    let wanted: Vec<&str> = match dice.roll(10) {
        _ if limited => vec!["get", "update"],
        0..=4 => vec!["get", "list", "watch"],
        5..=7 => vec!["get", "list", "watch", "create", "update", "patch", "delete"],
        _ => vec![dice.pick(&VERBS)],
    };
    let has = |verb: &&str| [x, y].iter().any(|own| own.verbs.iter().any(|own| own == verb));
    let mut verbs: Vec<&str> = wanted.into_iter().filter(has).collect();
    if verbs.is_empty() {
        verbs.push(&x.verbs[0]);
    }
    let group = if dice.roll(50) == 0 { dice.pick(&["", "apps", "batch"]) } else { &x.group };
    let resource = if dice.roll(400) == 0 { "*" } else { &x.name };
    let names = if limited { format!(",\"resourceNames\":[\"n{}\"]", dice.roll(1000)) } else { String::new() };
    let verbs = verbs.join("\",\"");
    let other = if y.name == x.name { String::new() } else { format!(",\"{}\"", y.name) };
    format!("{{\"verbs\":[\"{verbs}\"],\"apiGroups\":[\"{group}\"],\"resources\":[\"{resource}\"{other}]{names}}}")
}

fn manifests(served: &[Served]) -> String {
    let mut dice = Dice(SEED);
    let bodies: Vec<String> =
        (0..ROLES / 5).map(|_| (0..5).map(|_| rule(&mut dice, served)).collect::<Vec<_>>().join(",")).collect();
    // A document each, as a cluster hands them out.
    let mut out = String::new();
    for role in 0..ROLES {
        let body = &bodies[dice.roll(bodies.len() as u64) as usize];
        let (kind, place) = if role % 2 == 0 {
            ("ClusterRole", String::new())
        } else {
            ("Role", format!(",\"namespace\":\"ns{}\"", role % 500))
        };
        write!(out, "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"role-{role}\"{place}}},\"rules\":[{body}]}}\n---\n").unwrap();
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
        write!(out, "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"binding-{binding}\"{place}}},\"roleRef\":{{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"{role_kind}\",\"name\":\"role-{role}\"}},\"subjects\":[{}]}}\n---\n", subjects.join(",")).unwrap();
    }
    out
}

/// The ServiceAccounts that bindings name, but for one in thirty.
fn accounts() -> String {
    let mut out = String::new();
    for n in (0..SUBJECTS).filter(|n| n % 10 >= 4 && n % 50 != 7) {
        let namespace = n % 500;
        write!(out, "{{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{{\"name\":\"sa-{n}\",\"namespace\":\"ns{namespace}\"}}}}\n---\n").unwrap();
    }
    out
}

/// The cluster, and the size in bytes of the JSON of its roles and bindings.
pub(crate) fn snapshot(served: &[Served]) -> (Snapshot, usize) {
    let text = manifests(served);
    let mut builder = Snapshot::builder();
    for (name, text) in [("world.json", text.as_str()), ("accounts.json", accounts().as_str())] {
        let limits = Limits { document_bytes: 1 << 30, ..Limits::default() };
        for document in parse(&Source::new(name, text), &limits).documents {
            builder.add(document, Default::default());
        }
    }
    (builder.build(), text.len())
}
