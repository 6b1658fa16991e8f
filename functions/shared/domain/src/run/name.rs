//! What a run is called.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Direction;
use crate::error::Refusal;
use crate::key::KeyArn;

/// `<key id>-<epoch>-<shutdown|startup>-<attempt>`: at most 80 characters, as Step Functions demands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunName(String);

/// Characters of a run's name.
const LONGEST_NAME: usize = 80;

impl RunName {
    /// Reads a name that somebody hands us; it becomes a key of the ledger and a part of what is logged.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if is_plain && (1..=LONGEST_NAME).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let remedy = "hand on the name that the run was started with";
        Err(Refusal::new("bad_run_name", "run", text, remedy))
    }

    pub fn new(key: &KeyArn, epoch: u64, direction: Direction, attempt: u32) -> Self {
        Self(format!("{}-{epoch}-{direction}-{attempt}", key.id()))
    }

    /// The name of a preview; `salt` tells those of one second apart.
    pub fn of_preview(key: &KeyArn, at: Timestamp, salt: u16) -> Self {
        Self(format!("{}-preview-{}-{salt:04x}", key.id(), at.as_second()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its attempt: what all attempts at one epoch share.
    pub fn of_epoch(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(epoch, _)| epoch)
    }

    /// A look at what a shutdown would do. It is no run of an epoch: nothing is stopped, and its plan is kept for a day.
    pub fn is_preview(&self) -> bool {
        self.0.contains("-preview-")
    }

    /// Which try at its epoch the run is; 0 if the name is not one of ours.
    pub fn attempt(&self) -> u32 {
        self.0.rsplit_once('-').and_then(|(_, attempt)| attempt.parse().ok()).unwrap_or(0)
    }
}

impl TryFrom<String> for RunName {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<RunName> for String {
    fn from(name: RunName) -> Self {
        name.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::key;

    #[test]
    fn a_run_name_is_legal_in_step_functions() {
        let longest = RunName::new(&key(&"a".repeat(36)), u64::MAX, Direction::Shutdown, u32::MAX);
        assert!(longest.as_str().len() <= 80);
        assert!(longest.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }

    #[test]
    fn the_name_of_a_preview_is_legal_and_says_what_it_is() {
        let name = RunName::of_preview(
            &key(&"a".repeat(36)),
            Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 100),
            u16::MAX,
        );
        assert!(name.is_preview() && name.as_str().len() <= 80 && name.as_str().ends_with("-ffff"));
        assert!(!RunName::new(&key("k1"), 1, Direction::Shutdown, 1).is_preview());
    }

    #[test]
    fn a_name_that_is_handed_in_is_short_and_plain() {
        let read = |name: &str| serde_json::from_value::<RunName>(name.into());
        assert_eq!(read("k1-3-shutdown-1").unwrap().as_str(), "k1-3-shutdown-1");
        for name in ["", "k1/3", "k1\n", &"x".repeat(81)] {
            assert!(read(name).unwrap_err().to_string().starts_with("bad_run_name: run is "), "{name}");
        }
    }
}
