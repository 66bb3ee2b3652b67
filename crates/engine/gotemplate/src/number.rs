//! Numbers as Go prints and reads them.

/// `strconv.FormatFloat(value, verb, precision, 64)`; verbs `g`, `e`, `f`; no precision is the shortest that reads
/// back as the same.
pub(crate) fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match (verb, precision) {
        ('f', Some(precision)) => {
            let digits = precision.min(DIGITS);
            format!("{value:.digits$}") + &"0".repeat(precision - digits)
        }
        ('f', None) => format!("{value}"),
        ('e', precision) => exponent(value, precision),
        (_, None) => {
            let text = exponent(value, None);
            let power = power_of(&text);
            if (-4..SHORTEST_POWER).contains(&power) { format!("{value}") } else { text }
        }
        (_, Some(precision)) => {
            let digits = precision.max(1);
            let text = exponent(value, Some(digits - 1));
            let power = power_of(&text);
            let text = if power < -4 || power >= digits as i32 {
                text
            } else {
                // What is cut off here are zeros, which go anyway.
                let after = ((digits as i32 - 1 - power).max(0) as usize).min(DIGITS);
                format!("{value:.after$}")
            };
            strip_zeros(&text)
        }
    }
}

/// Digits behind the point of any float: all that follow are zeros. (Rust formats no more than 65,535.)
const DIGITS: usize = 1_100;

/// Where `%v` of a float turns to an exponent (`eprec` in `internal/strconv/ftoa.go`).
const SHORTEST_POWER: i32 = 6;

fn power_of(text: &str) -> i32 {
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

/// `1e+06`: at least two digits of exponent, always a sign.
fn exponent(value: f64, precision: Option<usize>) -> String {
    let digits = precision.map(|precision| precision.min(DIGITS));
    let text = match digits {
        Some(digits) => format!("{value:.digits$e}"),
        None => format!("{value:e}"),
    };
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.to_owned() + &"0".repeat(precision.zip(digits).map_or(0, |(all, some)| all - some));
    let power: i32 = power.parse().unwrap_or(0);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

fn strip_zeros(text: &str) -> String {
    let (mantissa, power) = match text.find('e') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    if !mantissa.contains('.') {
        return text.to_owned();
    }
    format!("{}{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

/// A `float64` as `encoding/json` writes it.
pub(crate) fn json(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = exponent(value, None);
        // e-09 becomes e-9.
        return match text.split_once("e-0") {
            Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
            None => text,
        };
    }
    format!("{value}")
}
