//! Decimal numbers, as `shopspring/decimal` calculates for sprig.

/// A number of so many tenths to a power.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: i128,
    power: i32,
}

/// Digits behind the point that a quotient has.
const PLACES: i32 = 16;

impl Decimal {
    /// The shortest decimal that reads as this float. None where it has no place in 128 bits, or is no number.
    pub(super) fn of(value: f64) -> Option<Decimal> {
        let text = format!("{value:e}");
        let (mantissa, power) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Decimal { digits, power: power.parse::<i32>().ok()? - fraction.len() as i32 })
    }

    pub(super) fn float(self) -> f64 {
        format!("{}e{}", self.digits, self.power).parse().unwrap_or(f64::NAN)
    }

    pub(super) fn negative(self) -> Decimal {
        Decimal { digits: -self.digits, ..self }
    }

    /// The same number with another, lower, power.
    fn at(self, power: i32) -> Option<i128> {
        self.digits.checked_mul(10i128.checked_pow(u32::try_from(self.power - power).ok()?)?)
    }

    pub(super) fn plus(self, other: Decimal) -> Option<Decimal> {
        let power = self.power.min(other.power);
        Some(Decimal { digits: self.at(power)?.checked_add(other.at(power)?)?, power })
    }

    pub(super) fn times(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal { digits: self.digits.checked_mul(other.digits)?, power: self.power + other.power })
    }

    /// A half is rounded away from zero. None for a division by zero.
    pub(super) fn over(self, other: Decimal) -> Option<Decimal> {
        let shift = self.power - other.power + PLACES;
        let factor = 10i128.checked_pow(shift.unsigned_abs())?;
        let (above, below) = match shift < 0 {
            false => (self.digits.checked_mul(factor)?, other.digits),
            true => (self.digits, other.digits.checked_mul(factor)?),
        };
        let (quotient, rest) = (above.checked_div(below)?, above.checked_rem(below)?);
        let away = if (above < 0) == (below < 0) { 1 } else { -1 };
        let is_half = rest.unsigned_abs() >= below.unsigned_abs() - rest.unsigned_abs();
        Some(Decimal { digits: quotient + if is_half { away } else { 0 }, power: -PLACES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_away_from_zero() {
        let over = |a: f64, b: f64| Decimal::of(a).zip(Decimal::of(b)).and_then(|(a, b)| a.over(b)).map(Decimal::float);
        assert_eq!(over(-3.0, 7.0), Some(-0.4285714285714286));
        assert_eq!(over(1.0, 3e-20), Some(1.0 / 3e-20));
        assert_eq!(over(1.0, 0.0), None);
        assert_eq!(over(1e-17, 2.0), Some(0.0));
        assert_eq!(over(1e-16, 2.0), Some(1e-16));
    }
}
