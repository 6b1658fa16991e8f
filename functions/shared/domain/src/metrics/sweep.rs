//! What is measured of a sweep.

use jiff::SignedDuration;

use super::{Measured, Metric, counted};
use crate::standing::Standing;

/// `age` is how long ago the sweep before was; a sweep that could not follow every key is none, for the alarm.
pub fn of_sweep(standings: &[Standing], failed: usize, age: SignedDuration) -> Vec<Measured> {
    let count = |is: fn(&Standing) -> bool| standings.iter().filter(|standing| is(standing)).count();
    let mut measured = counted([
        (Metric::KeysOff, count(|key| key.is_off)),
        (Metric::KeysUnknown, count(|key| key.is_unknown)),
        (Metric::KeysPaused, count(|key| key.is_paused)),
        (Metric::RunsStuck, count(|key| key.is_stuck)),
        (Metric::KeysFailed, failed),
    ]);
    measured.extend((failed == 0).then_some((Metric::SweepAgeSeconds, age.as_secs().max(0))));
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_that_followed_every_key_has_an_age_and_counts_only_what_is_there() {
        let off = Standing { is_off: true, ..Standing::default() };
        let age = SignedDuration::from_mins(5);
        let expected = [(Metric::KeysOff, 2), (Metric::SweepAgeSeconds, 300)];
        assert_eq!(of_sweep(&[off, Standing::default(), off], 0, age), expected);
        assert_eq!(of_sweep(&[], 1, age), [(Metric::KeysFailed, 1)]);
    }
}
