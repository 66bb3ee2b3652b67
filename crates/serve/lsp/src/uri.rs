//! `file:` URIs and paths (RFC 8089, RFC 3986).

use std::path::{Path, PathBuf};

/// The path of a `file:` URI; none for any other.
pub(crate) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if !path.starts_with('/') {
        return None;
    }
    let text = String::from_utf8(percent_decoded(path)?).ok()?;
    // `/c:/x` is a drive of Windows.
    let bytes = text.as_bytes();
    let drive = matches!(bytes, [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(PathBuf::from(if drive && cfg!(windows) { &text[1..] } else { &text }))
}

/// The `file:` URI of an absolute path.
pub(crate) fn of_path(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut out = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':') {
            out.push(byte as char);
        } else {
            use std::fmt::Write;
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| (byte as char).to_digit(16));
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push((high * 16 + low) as u8);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for path in ["/a/b.yaml", "/a b/ä%#?.yaml"] {
            assert_eq!(path_of(&of_path(Path::new(path))), Some(PathBuf::from(path)));
        }
        assert_eq!(path_of("file:///a%20b.yaml"), Some(PathBuf::from("/a b.yaml")));
        for other in ["untitled:Untitled-1", "file://host/x", "file:///%zz", "git:/a", ""] {
            assert_eq!(path_of(other), None, "{other}");
        }
    }
}
