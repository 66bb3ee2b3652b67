//! Words of messages that several checks write, and what they ask a person for.

use ironclad_model::{Bound, Wanted};
use ironclad_pod::Resources;

/// "`a`, `b` or `c`".
pub(super) fn ticked(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match ticked.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A limit that the API server takes beside the request.
pub(super) fn limit_wanted(resources: &Resources<'_>, name: &str) -> Wanted {
    let bound = resources.least_limited(name);
    bound.map_or(Wanted::Quantity, |text| {
        Wanted::AtLeast(Bound { name: format!("{name} request"), quantity: text.to_owned() })
    })
}

/// A request that the API server takes beside the limit.
pub(super) fn request_wanted(resources: &Resources<'_>, name: &str) -> Wanted {
    let bound = resources.most_requested(name);
    bound.map_or(Wanted::Quantity, |text| {
        Wanted::AtMost(Bound { name: format!("{name} limit"), quantity: text.to_owned() })
    })
}
