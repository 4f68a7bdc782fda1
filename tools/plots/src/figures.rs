//! Numbers in a form that people read easily.

/// 0 if `of` is not positive.
pub fn ratio(count: u64, of: f64) -> f64 {
    if of > 0.0 { float(count) / of } else { 0.0 }
}

/// Above 2^53 the last digits are lost, which no plot shows.
pub fn float(count: u64) -> f64 {
    const HALF: u64 = 1 << 32;
    let part = |part: u64| u32::try_from(part).map_or(0.0, f64::from);
    part(count / HALF) * 4_294_967_296.0 + part(count % HALF)
}

/// A time with its unit, with three digits: `812 µs`, `3.41 ms`, `12.6 s`.
pub fn time(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 1_000_000.0 => format!("{} ms", digits(us / 1_000.0)),
        us => format!("{} s", digits(us / 1_000_000.0)),
    }
}

/// A round time: `5 µs`, `10 ms`, `1 s`.
pub fn round_time(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 1_000_000.0 => format!("{:.0} ms", us / 1_000.0),
        us => format!("{:.0} s", us / 1_000_000.0),
    }
}

/// A round number: `0`, `0.5`, `2,000`.
pub fn round_number(number: f64) -> String {
    if number < 10.0 { number.to_string() } else { grouped(&format!("{number:.0}")) }
}

/// A number with three digits or more: `0.52`, `34.1`, `1,204`.
pub fn digits(number: f64) -> String {
    match number {
        number if number < 10.0 => format!("{number:.2}"),
        number if number < 100.0 => format!("{number:.1}"),
        number => grouped(&format!("{number:.0}")),
    }
}

/// `1,234,567`.
pub fn count(count: u64) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_counts_have_their_unit_and_few_digits() {
        assert_eq!(
            [812.4, 3_412.0, 99_960.0, 12_600_000.0].map(time),
            ["812 µs", "3.41 ms", "100.0 ms", "12.6 s"]
        );
        assert_eq!([100.0, 10_000.0, 1_000_000.0].map(round_time), ["100 µs", "10 ms", "1 s"]);
        assert_eq!([0.0, 0.5, 50.0, 2_000.0].map(round_number), ["0", "0.5", "50", "2,000"]);
        assert_eq!([7, 999, 1_000, 1_234_567].map(count), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.521, 34.12, 1_204.4].map(digits), ["0.00", "0.52", "34.1", "1,204"]);
    }

    #[test]
    fn a_large_count_keeps_its_value_as_a_float() {
        assert!((float(1 << 40) - 1_099_511_627_776.0).abs() < f64::EPSILON);
        assert!((ratio(10, 4.0) - 2.5).abs() < f64::EPSILON);
        assert!(ratio(10, 0.0).abs() < f64::EPSILON);
    }
}
