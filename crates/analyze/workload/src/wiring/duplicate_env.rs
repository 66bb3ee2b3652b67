//! `wiring/duplicate-env`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_views::{EnvVar, Pod};

pub(super) static META: Meta = Meta {
    id: "wiring/duplicate-env",
    title: "environment variable set twice",
    severity: Severity::Medium,
    fix: FixKind::Safe,
    page: include_str!("duplicate_env.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let variables: Vec<EnvVar<'_>> = container.env().iter().collect();
        for (index, variable) in variables.iter().enumerate() {
            let Some(name) = variable.name().get().filter(|name| !name.is_empty()) else { continue };
            let later = &variables[index + 1..];
            let named = |other: &&EnvVar<'_>| other.name().get() == Some(name);
            let Some(wins) = later.iter().rfind(named) else { continue };
            let same = match (variable.spot().node(), wins.spot().node()) {
                (Some(a), Some(b)) => a.eq_value(b),
                _ => false,
            };
            let message = if same { "is set twice to the same value" } else { "is overridden below" };
            let finder = cx
                .find(variable.spot(), format!("variable `{name}` {message}"))
                .of(container)
                .related(wins.spot(), "this one counts");
            let finder = if same { finder.severity(Severity::Low) } else { finder };
            // A variable between the two that refers to the name has the first value.
            let reference = format!("$({name})");
            let until = later
                .iter()
                .take_while(|other| other.spot().node().map(|n| n.id()) != wins.spot().node().map(|n| n.id()));
            let used =
                until.chain([wins]).any(|other| other.value().get().is_some_and(|text| text.contains(&reference)));
            if !used {
                finder.fix_remove("remove the one that does not count", Safety::Safe, variable.spot());
            }
        }
    }
}
