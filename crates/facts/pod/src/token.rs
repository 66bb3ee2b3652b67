//! The ServiceAccount of a pod.

use ironclad_views::{Field, Pod};

/// Which ServiceAccount a pod runs as, and the field that says so.
pub struct ServiceAccountName<'a> {
    /// The name; `default` where none is set.
    pub name: &'a str,
    /// `serviceAccountName`, or the deprecated `serviceAccount` where only that is set.
    pub field: Field<'a, &'a str>,
}

/// The ServiceAccount that the API server gives the pod: `serviceAccountName`, else `serviceAccount`, else `default`.
pub fn service_account<'a>(pod: &Pod<'a>) -> ServiceAccountName<'a> {
    let current = pod.spec.service_account_name();
    let old = pod.spec.service_account();
    let set = |field: Field<'a, &'a str>| field.get().filter(|name| !name.is_empty());
    match (set(current), set(old)) {
        (Some(name), _) => ServiceAccountName { name, field: current },
        (None, Some(name)) => ServiceAccountName { name, field: old },
        (None, None) => ServiceAccountName { name: "default", field: current },
    }
}
