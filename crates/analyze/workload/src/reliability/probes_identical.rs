//! `reliability/probes-identical`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::{Field, HttpHeader, IntOrText, Pod, PodContainer, Probe};

pub(super) static META: Meta = Meta {
    id: "reliability/probes-identical",
    title: "liveness and readiness probe ask the same",
    severity: Severity::Low,
    page: include_str!("probes_identical.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let (liveness, readiness) = (container.liveness_probe(), container.readiness_probe());
        let Some(handler) = Handler::of(liveness, container) else { continue };
        if Handler::of(readiness, container).as_ref() != Some(&handler) {
            continue;
        }
        // The documented pattern: the same cheap request, with the restart well after the traffic has gone.
        let patient = patience(liveness) > patience(readiness);
        let message = format!("liveness and readiness probe of container \"{}\" ask the same", container.label());
        let finder = cx.find(liveness.spot(), message).of(container).related(readiness.spot(), "the same question");
        if patient {
            finder.severity(Severity::Info).label("a slow dependency restarts it, though later");
        } else {
            finder.label("what should only stop traffic restarts it");
        }
    }
}

/// What a probe asks, with the API server's defaults.
#[derive(PartialEq)]
enum Handler<'a> {
    Http { host: &'a str, port: Port<'a>, path: &'a str, scheme: &'a str, headers: Vec<(&'a str, &'a str)> },
    Tcp { host: &'a str, port: Port<'a> },
    Grpc { port: i64, service: &'a str },
    Exec(Vec<&'a str>),
}

/// A port by number, where its name says which.
#[derive(PartialEq)]
enum Port<'a> {
    Number(i64),
    Name(&'a str),
}

impl<'a> Handler<'a> {
    fn of(probe: Probe<'a>, container: &PodContainer<'a>) -> Option<Handler<'a>> {
        let text =
            |field: Field<'a, &'a str>, default: &'a str| field.get().filter(|t| !t.is_empty()).unwrap_or(default);
        let (http, tcp, grpc, exec) = (probe.http_get(), probe.tcp_socket(), probe.grpc(), probe.exec());
        if http.exists() {
            let header = |h: HttpHeader<'a>| (text(h.name(), ""), text(h.value(), ""));
            return Some(Handler::Http {
                host: text(http.host(), ""),
                port: port(http.port().get()?, container),
                path: text(http.path(), "/"),
                scheme: text(http.scheme(), "HTTP"),
                headers: http.http_headers().iter().map(header).collect(),
            });
        }
        if tcp.exists() {
            return Some(Handler::Tcp { host: text(tcp.host(), ""), port: port(tcp.port().get()?, container) });
        }
        if grpc.exists() {
            return Some(Handler::Grpc { port: grpc.port().get()?, service: text(grpc.service(), "") });
        }
        exec.exists().then(|| Handler::Exec(exec.command().iter().map(|(_, word)| word).collect()))
    }
}

fn port<'a>(port: IntOrText<'a>, container: &PodContainer<'a>) -> Port<'a> {
    match port {
        IntOrText::Int(number) => Port::Number(number),
        IntOrText::Text(name) => {
            let declared = container.ports().iter().find(|declared| declared.name().get() == Some(name));
            declared.and_then(|declared| declared.container_port().get()).map_or(Port::Name(name), Port::Number)
        }
    }
}

/// Seconds until a probe that fails has an effect.
fn patience(probe: Probe<'_>) -> i64 {
    let period = probe.period_seconds().get().unwrap_or(10);
    period.saturating_mul(probe.failure_threshold().get().unwrap_or(3))
}
