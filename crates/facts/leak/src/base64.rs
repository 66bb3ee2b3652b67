//! Base64, standard and URL-safe, with and without padding, for values that may hold a text.

/// The text that a base64 text stands for; none where it is not base64, not UTF-8, or longer than `limit` bytes.
pub fn decode(text: &str, limit: usize) -> Option<String> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0u32);
    let mut is_over = false;
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\n' | b'\r' => continue,
            b'=' => {
                is_over = true;
                continue;
            }
            _ => return None,
        };
        if is_over {
            return None;
        }
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            if out.len() > limit {
                return None;
            }
        }
    }
    // Six bits alone are no byte.
    (count < 6).then(|| String::from_utf8(out).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_base64() {
        assert_eq!(decode("aGVsbG8=", 100).as_deref(), Some("hello"));
        assert_eq!(decode("aGVsbG8", 100).as_deref(), Some("hello"));
        assert_eq!(decode("aGVs\nbG8=", 100).as_deref(), Some("hello"));
        assert_eq!(decode("Pz8_", 100).as_deref(), Some("???"));
        assert_eq!(decode("aGVsbG8=", 4), None);
        assert_eq!(decode("a", 100), None);
        assert_eq!(decode("a b=", 100), None);
        assert_eq!(decode("/w==", 100), None);
    }
}
