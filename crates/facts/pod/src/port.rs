//! Names of ports.

/// What is wrong with the name of a port, as the end of a sentence; nothing where it is an IANA service name as the API
/// server demands it (`k8s.io/apimachinery/pkg/util/validation.IsValidPortName`).
pub fn port_name_fault(name: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 15 {
        Some("has more than 15 characters")
    } else if !name.bytes().all(allowed) {
        Some("has other characters than lower-case letters, digits and hyphens")
    } else if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Some("has no letter")
    } else if name.contains("--") {
        Some("has two hyphens in a row")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("begins or ends with a hyphen")
    } else {
        None
    }
}
