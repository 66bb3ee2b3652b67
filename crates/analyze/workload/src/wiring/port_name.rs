//! `wiring/port-name`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, Severity, Spot};
use ironclad_pod::port_name_fault;
use ironclad_views::{ContainerPort, IntOrText, Pod, Service, State, View};
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "wiring/port-name",
    title: "port with a name or number that is not allowed, or used twice",
    severity: Severity::High,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    page: include_str!("port_name.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if object.kind() == Kind::SERVICE {
        return service(object, cx);
    }
    for pod in cx.pods_of(object) {
        containers(&pod, cx);
    }
}

fn service(object: &Object, cx: &mut Cx<'_>) {
    for port in Service::at(object.root().into()).spec().ports().iter() {
        let target = port.target_port();
        match target.get() {
            Some(IntOrText::Text(name)) => {
                if let Some(fault) = port_name_fault(name) {
                    cx.find(target, format!("port name \"{name}\" {fault}"));
                }
            }
            // `targetPort: 0` is the same as none.
            Some(IntOrText::Int(number)) if number != 0 => range(number, Spot::from(target), cx),
            _ => {}
        }
        if let Some(number) = port.port().get() {
            range(number, Spot::from(port.port()), cx);
        }
    }
}

fn range(number: i64, at: Spot<'_>, cx: &mut Cx<'_>) {
    if !(1..=65535).contains(&number) {
        cx.find(at, format!("port {number} is not between 1 and 65535"));
    }
}

fn containers(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // What a guess found may be no pod at all, with rules of its own.
    let mut report = |at: Spot<'_>, message: String, container: &str, cx: &mut Cx<'_>| {
        let finder = cx.find(at, message).container(container);
        if pod.guessed {
            finder.severity(Severity::Medium).confidence(Confidence::Heuristic);
        }
    };
    let mut names: FxHashMap<&str, &str> = FxHashMap::default();
    for container in &pod.containers {
        let label = container.label();
        let mut seen: Vec<(i64, &str)> = Vec::new();
        for port in container.ports().iter() {
            let name = port.name();
            if let Some(text) = name.get().filter(|text| !text.is_empty()) {
                if let Some(fault) = port_name_fault(text) {
                    report(name.into(), format!("port name \"{text}\" {fault}"), label, cx);
                }
                if let Some(other) = names.insert(text, label) {
                    let message = format!("container \"{other}\" has a port \"{text}\" already");
                    report(name.into(), message, label, cx);
                }
            }
            number(port, label, &mut seen, cx, &mut report);
        }
    }
}

fn number<'a>(
    port: ContainerPort<'a>,
    label: &str,
    seen: &mut Vec<(i64, &'a str)>,
    cx: &mut Cx<'_>,
    report: &mut dyn FnMut(Spot<'_>, String, &str, &mut Cx<'_>),
) {
    let field = port.container_port();
    match field.state() {
        State::Absent | State::Null => report(field.into(), "port has no `containerPort`".to_owned(), label, cx),
        // A wrong type is the schema's to report.
        State::Wrong => {}
        State::Is(number) if !(1..=65535).contains(&number) => {
            report(field.into(), format!("port {number} is not between 1 and 65535"), label, cx);
        }
        State::Is(number) => {
            let key = (number, port.protocol().get().unwrap_or("TCP"));
            if seen.contains(&key) {
                let message = format!("container \"{label}\" declares {} port {number} twice", key.1);
                report(field.into(), message, label, cx);
            }
            seen.push(key);
        }
    }
}
