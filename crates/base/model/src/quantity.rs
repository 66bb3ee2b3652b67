//! Quantities as Kubernetes reads them (`k8s.io/apimachinery/pkg/api/resource`): exact decimals with a suffix.
//!
//! A quantity is kept as `digits × 10^exponent` after its binary or decimal suffix has been applied, so comparison is
//! exact: `1000m` equals `1`, `1Gi` equals `1073741824`, `0.1` differs from `0.1000001`.

use std::{cmp::Ordering, fmt, str::FromStr};

/// An exact, signed quantity.
#[derive(Clone, Debug)]
pub struct Quantity {
    negative: bool,
    /// Decimal digits without leading zeros; empty means zero.
    digits: Vec<u8>,
    /// Power of ten of the last digit.
    exponent: i32,
}

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError(String);

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for QuantityError {}

/// Longest text that is tried: the API server's own numbers are far shorter, and the arithmetic is quadratic.
const LONGEST: usize = 256;
/// Largest power of ten that is kept; beyond, upstream saturates too.
const LARGEST_EXPONENT: i32 = 1_000;

impl Quantity {
    /// Zero.
    pub fn zero() -> Quantity {
        Quantity { negative: false, digits: Vec::new(), exponent: 0 }
    }

    /// Less than zero?
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Zero?
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Greater than zero?
    pub fn is_positive(&self) -> bool {
        !self.negative && !self.is_zero()
    }

    fn times_1024(&mut self, power: u32) {
        for _ in 0..power {
            let mut carry = 0u32;
            for digit in self.digits.iter_mut().rev() {
                let value = u32::from(*digit) * 1024 + carry;
                *digit = (value % 10) as u8;
                carry = value / 10;
            }
            while carry > 0 {
                self.digits.insert(0, (carry % 10) as u8);
                carry /= 10;
            }
        }
    }

    fn normalise(mut self) -> Quantity {
        let leading = self.digits.iter().take_while(|d| **d == 0).count();
        self.digits.drain(..leading);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            self.exponent = 0;
            self.negative = false;
        }
        self
    }

    fn compare_magnitude(&self, other: &Quantity) -> Ordering {
        let top = |q: &Quantity| q.digits.len() as i32 + q.exponent;
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        top(self).cmp(&top(other)).then_with(|| {
            let longest = self.digits.len().max(other.digits.len());
            (0..longest)
                .map(|i| self.digits.get(i).unwrap_or(&0).cmp(other.digits.get(i).unwrap_or(&0)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// `<sign>?<digits>[.<digits>]?<suffix>?`, suffix one of `n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`, `e<int>`, `E<int>`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let bad =
            || QuantityError(format!("`{text}` is not a quantity: write a number such as `250m`, `0.5` or `1Gi`"));
        if text.is_empty() || text.len() > LONGEST {
            return Err(bad());
        }
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return Err(bad());
        }
        let (ten, binary) = match suffix {
            "" => (0, 0),
            "n" => (-9, 0),
            "u" => (-6, 0),
            "m" => (-3, 0),
            "k" => (3, 0),
            "M" => (6, 0),
            "G" => (9, 0),
            "T" => (12, 0),
            "P" => (15, 0),
            "E" => (18, 0),
            "Ki" => (0, 1),
            "Mi" => (0, 2),
            "Gi" => (0, 3),
            "Ti" => (0, 4),
            "Pi" => (0, 5),
            "Ei" => (0, 6),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E']).ok_or_else(bad)?;
                let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(bad());
                }
                let value: i32 = exponent.parse().map_err(|_| bad())?;
                (value.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT), 0)
            }
        };
        let digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let mut quantity = Quantity { negative, digits, exponent: ten - fraction.len() as i32 };
        quantity.times_1024(binary);
        Ok(quantity.normalise())
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn equal_spellings() {
        for (a, b) in [
            ("1000m", "1"),
            ("1Gi", "1073741824"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("5.", "5"),
            ("+1", "1"),
            ("-0", "0"),
            ("0Ki", "0"),
            ("1000000u", "1"),
            ("1E", "1e18"),
        ] {
            assert_eq!(q(a), q(b), "{a} {b}");
        }
    }

    #[test]
    fn order() {
        for (a, b) in [("999m", "1"), ("1G", "1Gi"), ("-1", "0"), ("-2", "-1"), ("0.1", "0.1000001"), ("9", "10")] {
            assert!(q(a) < q(b), "{a} {b}");
        }
    }

    #[test]
    fn not_quantities() {
        for bad in ["", "m", ".", "-", "1 Gi", "1gi", "1KI", "1K", "1.2.3", "1e", "1e+", "0x10", "1mm", "１"] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }
}
