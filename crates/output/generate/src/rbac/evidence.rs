//! What an event proves: that a right was used, that it was missing, or nothing.

use ironclad_events::{Event, Stage};

/// What an event proves of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Evidence {
    /// It was authorized.
    Used,
    /// It was refused.
    Refused,
    /// The log does not say, and the answer (overload, failure) allows both.
    Unclear,
    /// Nothing: nobody was known yet, or it is an early stage of a request.
    None,
}

impl Evidence {
    /// The annotation of the authorizer decides where it is there: a 403 behind `allow` comes from admission. Else the
    /// code does; 429 comes before authorization, 5xx on either side of it.
    pub(crate) fn of(event: &Event<'_>) -> Evidence {
        if matches!(event.stage, Stage::RequestReceived | Stage::Panic) || event.code() == Some(401) {
            return Evidence::None;
        }
        match (event.decision(), event.code()) {
            ("allow", _) => Evidence::Used,
            ("forbid", _) | (_, Some(403)) => Evidence::Refused,
            (_, Some(100..=399 | 404..=406 | 409 | 410 | 412 | 413 | 415 | 422)) => Evidence::Used,
            _ => Evidence::Unclear,
        }
    }
}
