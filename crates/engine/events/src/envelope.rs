//! What wraps events: lists, log agents, and the exports of EKS, GKE and AKS.

use crate::split::{Splitter, Step};
use crate::{Event, google};
use serde_json::Value;

/// Envelopes within envelopes: an Azure record in a list in a stream of a log agent is three.
const DEEPEST: usize = 6;

/// A record that cannot be read.
pub(crate) struct Bad {
    pub(crate) message: String,
    /// It ends where more was to come.
    pub(crate) open: bool,
}

impl Bad {
    fn of(error: &serde_json::Error) -> Bad {
        // The position is that of our own line, or of a text inside of it: of no use without it.
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or_default();
        Bad { message: format!("is not an audit event: {message}"), open: error.is_eof() }
    }
}

/// A line of an export to files: `2026-01-01T00:00:00.000Z {…}`.
pub(crate) fn without_time(text: &str) -> &str {
    match text.split_once(' ') {
        Some((time, rest)) if time.len() >= 20 && time.ends_with('Z') && time.as_bytes()[0].is_ascii_digit() => {
            rest.trim_start()
        }
        _ => text,
    }
}

/// Calls back with each event of a record; returns how many others were in it.
pub(crate) fn open(text: &str, call: &mut dyn FnMut(&Event<'_>), depth: usize) -> Result<u64, Bad> {
    if depth > DEEPEST {
        return Err(Bad { message: format!("is wrapped more than {DEEPEST} times"), open: false });
    }
    if text.starts_with('[') {
        return elements(text, call, depth);
    }
    if !text.starts_with('{') {
        // Another program's line in the same stream.
        return if depth > 0 { Ok(1) } else { Err(Bad { message: "is not JSON".to_owned(), open: false }) };
    }
    match serde_json::from_str::<Event<'_>>(text) {
        Ok(event) if is_audit(&event) => {
            call(&event);
            Ok(0)
        }
        Ok(event) if event.kind.ends_with("List") => elements(text, call, depth),
        Ok(event) if &*event.kind == "Event" => Ok(1),
        // A field of an envelope may have an event's name and another type.
        Ok(_) => wrapped(text, call, depth),
        Err(error) if error.is_data() && !says_it_is_audit(text) => {
            wrapped(text, call, depth).map_err(|_| Bad::of(&error))
        }
        Err(error) => Err(Bad::of(&error)),
    }
}

/// Kubernetes has another kind of that name, for people to read.
fn is_audit(event: &Event<'_>) -> bool {
    match &*event.kind {
        "Event" => event.api_version.is_empty() || event.api_version.starts_with("audit.k8s.io/"),
        "" => !event.verb.is_empty() && !event.user.username.is_empty() && !event.request_uri.is_empty(),
        _ => false,
    }
}

/// An event with a field of the wrong type is a broken event and no envelope.
fn says_it_is_audit(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    let says = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    says("kind") == "Event" && (says("apiVersion").is_empty() || says("apiVersion").starts_with("audit.k8s.io/"))
}

fn elements(text: &str, call: &mut dyn FnMut(&Event<'_>), depth: usize) -> Result<u64, Bad> {
    let mut splitter = Splitter::default();
    let mut others = 0;
    let mut ended = false;
    for byte in text.bytes() {
        match splitter.push(byte) {
            Step::More => {}
            Step::Element => {
                let element = splitter.take();
                let element = String::from_utf8_lossy(&element);
                others += open(&element, call, depth + 1)?;
            }
            Step::End => ended = true,
            Step::Broken => return Err(Bad { message: "is not JSON".to_owned(), open: false }),
        }
    }
    if ended { Ok(others) } else { Err(Bad { message: "is cut short".to_owned(), open: true }) }
}

/// Lists of an envelope: EventList, CloudWatch (`filter-log-events`, subscriptions), Azure Monitor.
const LISTS: &[&str] = &["items", "events", "logEvents", "records", "Records"];
/// Where an envelope has one record: CloudWatch and its Insights, container runtimes and log agents, Azure's table.
const TEXTS: &[&str] = &["message", "@message", "log", "log_s", "event", "jsonPayload"];

fn wrapped(text: &str, call: &mut dyn FnMut(&Event<'_>), depth: usize) -> Result<u64, Bad> {
    let value: Value = serde_json::from_str(text).map_err(|error| Bad::of(&error))?;
    if let Some(payload) = value.get("protoPayload") {
        return match google::event(payload, &value) {
            Some(event) => {
                call(&event);
                Ok(0)
            }
            None => Ok(1),
        };
    }
    let mut inner = |value: &Value| match value {
        Value::String(text) => open(text.trim(), call, depth + 1),
        Value::Object(_) | Value::Array(_) => open(&value.to_string(), call, depth + 1),
        _ => Ok(1),
    };
    if let Some(list) = LISTS.iter().find_map(|key| value.get(key)?.as_array()) {
        return list.iter().map(&mut inner).sum();
    }
    // Azure writes its properties as an object, or as the text of one.
    let held;
    let properties = match value.get("properties") {
        Some(Value::String(text)) => {
            held = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
            Some(&held)
        }
        other => other,
    };
    if let Some(log) = properties.and_then(|properties| properties.get("log")) {
        return inner(log);
    }
    match TEXTS.iter().find_map(|key| value.get(key)) {
        Some(found) => inner(found),
        None => Ok(1),
    }
}
