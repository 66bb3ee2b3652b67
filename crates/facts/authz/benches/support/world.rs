//! The large cluster of the benches: the same on every machine.

use ironclad_authz::resources::Table;
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

/// Names of 150 resources: the built-in ones and some more.
pub(crate) fn names() -> Vec<String> {
    let table = Table::of(37, &Snapshot::default());
    let whole = table.all().iter().filter(|resource| resource.subresource.is_empty());
    let mut names: Vec<String> = whole.map(|resource| resource.name.clone()).collect();
    names.extend((names.len()..150).map(|n| format!("widgets{n}")));
    names
}

/// The cluster, and the size of its JSON in bytes.
pub(crate) fn snapshot(names: &[String]) -> (Snapshot, usize) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = manifests(&names);
    let source = Source::new("world.json", text.as_str());
    let mut builder = Snapshot::builder();
    for document in parse(&source, &Limits { document_bytes: 1 << 30, ..Limits::default() }).documents {
        builder.add(document, Default::default());
    }
    (builder.build(), text.len())
}
