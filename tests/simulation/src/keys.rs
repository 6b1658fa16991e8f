//! KMS keys: what they are, and what they were.

use std::collections::BTreeMap;

use crate::executor::Millis;
use crate::oracle::Look;

#[derive(Debug, Clone)]
pub struct Key {
    /// As KMS names it, such as `Enabled`.
    pub state: &'static str,
    /// When it went on (`true`) and off, oldest first.
    pub history: Vec<(Millis, bool)>,
}

impl Key {
    pub fn is_on(&self) -> bool {
        self.state == "Enabled"
    }

    pub fn look(&self) -> Look {
        if self.is_on() { Look::On } else { Look::Off }
    }

    pub fn turn(&mut self, state: &'static str, now: Millis) {
        let was_on = self.is_on();
        self.state = state;
        if was_on != self.is_on() {
            self.history.push((now, self.is_on()));
        }
    }

    /// Since when it has been what it is.
    pub fn since(&self) -> Millis {
        self.history.last().map_or(0, |(at, _)| *at)
    }
}

/// Keys by their ARN.
pub type Keys = BTreeMap<String, Key>;

pub fn arn(number: usize) -> String {
    format!("arn:aws:kms:eu-west-1:111122223333:key/key{number}")
}
