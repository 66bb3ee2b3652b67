//! What a plain scalar is: the resolver of `go.yaml.in/yaml/v2` (`resolve.go`), then the way through JSON of
//! `sigs.k8s.io/yaml`, which prints numbers and turns keys into text.

/// A resolved scalar.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above `i64::MAX`.
    Unsigned(u64),
    Float(f64),
    Timestamp,
    String,
}

/// Resolves a scalar without tag and quotes.
pub(crate) fn resolve(text: &str) -> Scalar {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'y' | b'Y' | b't' | b'T' | b'o' | b'O' | b'f' | b'F' | b'n' | b'N' | b'~' => word(text),
        b'.' => word_or_fraction(text),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        _ => Scalar::String,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::String,
    }
}

fn word_or_fraction(text: &str) -> Scalar {
    match text {
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
        // Go's ParseFloat takes no more than digits, a point and an exponent here: no hexadecimal starts with a point.
        _ => go_float(text).map_or(Scalar::String, Scalar::Float),
    }
}

fn number(text: &str) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if timestamp(text) {
        return Scalar::Timestamp;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(int) = go_int(plain) {
        return int;
    }
    if is_yaml_float(plain)
        && let Some(float) = go_float(plain)
    {
        return Scalar::Float(float);
    }
    if let Some(int) = binary(plain) {
        return int;
    }
    Scalar::String
}

/// `strconv.ParseInt(plain, 0, 64)`, then `ParseUint`; underscores are gone already.
fn go_int(text: &str) -> Option<Scalar> {
    let (negative, digits, signed) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?, true),
        b'+' => (false, text.get(1..)?, true),
        _ => (false, text, false),
    };
    let lower = |prefix: &str| {
        let head = digits.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| &digits[prefix.len()..])
    };
    let (radix, digits) = if let Some(rest) = lower("0x") {
        (16, rest)
    } else if let Some(rest) = lower("0o") {
        (8, rest)
    } else if let Some(rest) = lower("0b") {
        (2, rest)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else {
        (10, digits)
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(value)) {
        (false, Ok(value)) => Some(Scalar::Int(value)),
        // ParseUint takes no sign.
        (false, Err(_)) if !signed => Some(Scalar::Unsigned(value)),
        (true, Ok(value)) => Some(Scalar::Int(-value)),
        (true, Err(_)) if value == 1 << 63 => Some(Scalar::Int(i64::MIN)),
        _ => None,
    }
}

/// What goyaml still tries after floats: `0b1` with a sign inside, which `ParseInt(…, 2, 64)` takes.
fn binary(text: &str) -> Option<Scalar> {
    let (negative, digits) = match (text.strip_prefix("0b"), text.strip_prefix("-0b")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return None,
    };
    let (inner_negative, digits) = match digits.as_bytes().first()? {
        b'-' if !negative => (true, digits.get(1..)?),
        b'+' => (false, digits.get(1..)?),
        _ => (false, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|b| matches!(b, b'0' | b'1')) {
        return None;
    }
    let value = i64::from_str_radix(digits, 2).ok()?;
    Some(Scalar::Int(if negative || inner_negative { -value } else { value }))
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_yaml_float(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut at = digits(start);
    if at == start {
        if bytes.get(at) != Some(&b'.') || digits(at + 1) == at + 1 {
            return false;
        }
        at = digits(at + 1);
    } else if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(bytes.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        let end = digits(at);
        if end == at {
            return false;
        }
        at = end;
    }
    at == bytes.len()
}

/// `strconv.ParseFloat` for decimal notation: a value out of range is an error.
fn go_float(text: &str) -> Option<f64> {
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `2001-1-1` and longer forms, which goyaml recognises and leaves as text.
fn timestamp(text: &str) -> bool {
    // The resolver only looks closer where four digits and a hyphen lead; what time.Parse then refuses is no number
    // either, for a hyphen inside makes neither an integer nor a float.
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && is_go_time(bytes)
}

fn is_go_time(bytes: &[u8]) -> bool {
    let mut at = 5;
    let mut number = |low: u32, high: u32| {
        let start = at;
        let mut value = 0;
        while at < bytes.len() && at < start + 2 && bytes[at].is_ascii_digit() {
            value = value * 10 + u32::from(bytes[at] - b'0');
            at += 1;
        }
        let fits = at > start && (low..=high).contains(&value);
        (fits, at)
    };
    let (month, after) = number(1, 12);
    if !month || bytes.get(after) != Some(&b'-') {
        return false;
    }
    at = after + 1;
    let start = at;
    while at < bytes.len() && at < start + 2 && bytes[at].is_ascii_digit() {
        at += 1;
    }
    at > start
}

/// The boolean of a scalar that is one.
pub(crate) fn bool_of(text: &str) -> Option<bool> {
    match word(text) {
        Scalar::Bool(value) => Some(value),
        _ => None,
    }
}

/// The integer of a scalar whose effective kind is integer.
pub(crate) fn int_of(text: &str) -> Option<i64> {
    match resolve(text) {
        Scalar::Int(value) => Some(value),
        Scalar::Float(value) => float_as_int(value),
        _ => None,
    }
}

/// The number of a scalar that is one.
pub(crate) fn float_of(text: &str) -> Option<f64> {
    match resolve(text) {
        Scalar::Int(value) => Some(value as f64),
        Scalar::Unsigned(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}

/// Go prints a float without fraction below 1e21 as an integer, and the API machinery reads that as one.
pub(crate) fn float_as_int(value: f64) -> Option<i64> {
    let fits = value.trunc() == value && (-(2f64.powi(63))..2f64.powi(63)).contains(&value);
    fits.then_some(value as i64)
}

/// The JSON of a number that is not an integer of 64 bits.
pub(crate) fn json_number(text: &str) -> String {
    match resolve(text) {
        Scalar::Int(value) => value.to_string(),
        // Too large for the API machinery's integers: it goes on as a float.
        Scalar::Unsigned(value) => go_json_float(value as f64),
        Scalar::Float(value) => go_json_float(value),
        _ => text.to_owned(),
    }
}

/// `encoding/json` of a float64: shortest digits, an exponent below 1e-6 and from 1e21.
pub(crate) fn go_json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        // Rust prints `1e21`, Go `1e+21`.
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    format!("{value}")
}

/// The text of a float as a key: `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's names of what is not finite.
pub(crate) fn go_key_float(value: f64) -> String {
    let narrow = value as f32;
    if narrow.is_nan() {
        return ".nan".to_owned();
    }
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{narrow:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // The shortest digits of %g go with an exponent from 1e6 on.
    if (-4..6).contains(&exponent) {
        return format!("{narrow}");
    }
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// Would a reader of YAML 1.2 read this plain scalar otherwise?
pub(crate) fn differs_in_yaml_1_2(text: &str) -> bool {
    match resolve(text) {
        Scalar::Bool(_) => !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false"),
        Scalar::Int(_) | Scalar::Unsigned(_) | Scalar::Float(_) => {
            let digits = text.trim_start_matches(['+', '-']);
            let leading_zero = digits.len() > 1
                && digits.starts_with('0')
                && digits.as_bytes().get(1).is_some_and(|b| b.is_ascii_digit() || *b == b'_');
            leading_zero || text.contains('_') || digits.starts_with("0b") || digits.starts_with("0B")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_yaml_1_1() {
        for (text, expected) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("yes", Scalar::Bool(true)),
            ("yEs", Scalar::String),
            ("Off", Scalar::Bool(false)),
            ("0755", Scalar::Int(0o755)),
            ("08", Scalar::Float(8.0)),
            ("0x1F", Scalar::Int(31)),
            ("0b101", Scalar::Int(5)),
            ("1_000", Scalar::Int(1000)),
            ("1e3", Scalar::Float(1000.0)),
            ("1e400", Scalar::String),
            (".5", Scalar::Float(0.5)),
            ("1.", Scalar::Float(1.0)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("9223372036854775808", Scalar::Unsigned(1 << 63)),
            ("18446744073709551616", Scalar::Float(18446744073709551616.0)),
            ("2024-01-02", Scalar::Timestamp),
            ("12:30", Scalar::String),
            ("1.2.3", Scalar::String),
            ("100m", Scalar::String),
        ] {
            assert_eq!(resolve(text), expected, "{text:?}");
        }
    }

    #[test]
    fn floats_print_as_go_prints_them() {
        assert_eq!(go_json_float(1e21), "1e+21");
        assert_eq!(go_json_float(1e20), "100000000000000000000");
        assert_eq!(go_json_float(1.5e-7), "1.5e-7");
        assert_eq!(go_json_float(0.000001), "0.000001");
        assert_eq!(go_key_float(1.5), "1.5");
        assert_eq!(go_key_float(1e6), "1e+06");
        assert_eq!(go_key_float(100000.0), "100000");
        assert_eq!(json_number("18446744073709551615"), "18446744073709552000");
    }
}
