//! Times as people read them, in UTC.

use jiff::{SignedDuration, Timestamp};

/// `2026-11-25 21:04Z`
pub fn at(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// `45 s`, `12 min`, `3 h 20 min`
pub fn length(of: SignedDuration) -> String {
    match of.as_secs().max(0) {
        seconds @ ..90 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_given_in_the_unit_that_fits() {
        let told = |seconds| length(SignedDuration::from_secs(seconds));
        assert_eq!([told(45), told(720), told(12_000), told(-5)], ["45 s", "12 min", "3 h 20 min", "0 s"]);
    }
}
