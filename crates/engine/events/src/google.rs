//! GKE's audit log: the API server's events as Cloud Logging translates them.
//!
//! Source: the `AuditLog` message of Google's API definitions (`google/cloud/audit/audit_log.proto`) with `k8s.io` as its
//! service: `methodName` is `io.k8s.GROUP.VERSION.RESOURCE[.SUBRESOURCE].VERB`, `resourceName` is
//! `GROUP/VERSION/[namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]]`, the code is that of gRPC. The groups of a user
//! are not in it.

use crate::event::Annotations;
use crate::{Event, ObjectRef, Stage, Status, Text, UserInfo};
use serde_json::Value;

/// The event of a log entry; nothing where it is another service's.
pub(crate) fn event(payload: &Value, entry: &Value) -> Option<Event<'static>> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let method = text(payload, "methodName");
    let method = method.strip_prefix("io.k8s.")?;
    let mut words: Vec<&str> = method.split('.').collect();
    let verb = words.pop()?;
    let name = text(payload, "resourceName");
    let parts: Vec<&str> = name.split('/').collect();
    let version = words.iter().position(|word| is_version(word));
    let mut event = Event {
        kind: own("Event"),
        api_version: own("audit.k8s.io/v1"),
        stage: Stage::ResponseComplete,
        verb: own(verb),
        audit_id: own(&text(entry, "insertId")),
        stage_timestamp: own(&text(entry, "timestamp")),
        ..Event::default()
    };
    let principal = payload.get("authenticationInfo").map(|info| text(info, "principalEmail")).unwrap_or_default();
    event.user = UserInfo { username: own(&principal), ..UserInfo::default() };
    match version.and_then(|at| words.get(at + 1..)) {
        Some([resource, rest @ ..]) => {
            let (group, below) = match parts.as_slice() {
                [group, _, below @ ..] => (if *group == "core" { "" } else { *group }, below),
                _ => return None,
            };
            let (namespace, object) = match below {
                ["namespaces", namespace, ..] if *resource == "namespaces" => (*namespace, *namespace),
                ["namespaces", namespace, _, rest @ ..] => (*namespace, rest.first().copied().unwrap_or_default()),
                [_, object, ..] => ("", *object),
                _ => ("", ""),
            };
            event.object_ref = Some(ObjectRef {
                resource: own(resource),
                namespace: own(namespace),
                name: own(object),
                api_group: own(group),
                subresource: own(rest.first().copied().unwrap_or_default()),
                ..ObjectRef::default()
            });
        }
        _ => event.request_uri = own(&format!("/{}", name.trim_start_matches('/'))),
    }
    let code = payload.pointer("/status/code").and_then(Value::as_u64).unwrap_or_default();
    event.response_status = Some(Status { code: Some(http(code)) });
    let granted = payload.pointer("/authorizationInfo/0/granted").and_then(Value::as_bool);
    let decision = granted.map_or("", |granted| if granted { "allow" } else { "forbid" });
    let reason = entry.get("labels").map(|labels| text(labels, "authorization.k8s.io/reason")).unwrap_or_default();
    event.annotations = Some(Annotations { decision: own(decision), reason: own(&reason) });
    Some(event)
}

fn own(text: &str) -> Text<'static> {
    Text(text.to_owned().into())
}

/// `v1`, `v1beta2`
fn is_version(word: &str) -> bool {
    word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The HTTP code that the API server would have answered with.
fn http(code: u64) -> u16 {
    match code {
        0 => 200,
        3 => 422,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        16 => 401,
        _ => 500,
    }
}
