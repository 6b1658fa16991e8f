//! Why a command came to nothing, and its exit code.

use lockstep_aws::error::Failure;
use lockstep_domain::error::Refusal;
use lockstep_domain::text::shortened;
use serde_json::json;

use crate::tables::bad;

const CHECK: &str = "check --profile, --region and the credentials with `aws sts get-caller-identity`";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A rule was broken; the text names the rule, the value and the remedy.
    Refused(String),
    /// A call of AWS failed, or there was no answer.
    Failed(String),
}

impl Trouble {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Failed(_) => 3,
        }
    }

    /// Writes it to standard error; returns the exit code.
    pub fn print(&self, json: bool) -> u8 {
        let (Self::Refused(text) | Self::Failed(text)) = self;
        let text = shortened(text, 2_000);
        let kind = if matches!(self, Self::Refused(_)) { "refused" } else { "failed" };
        if json {
            anstream::eprintln!("{}", json!({ kind: text }));
        } else {
            anstream::eprintln!("{} {text}", bad(&format!("{kind}:")));
        }
        self.exit_code()
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(format!("{}; {CHECK}", failure.chain()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_and_a_failure_end_with_different_codes() {
        let refused = Trouble::from(Refusal::new("not_watched", "key", "k1", "watch the key first"));
        assert_eq!(refused, Trouble::Refused("not_watched: key is \"k1\"; watch the key first".to_owned()));
        let failed = Trouble::from(Failure::retryable("reading the outputs of stack x"));
        assert_eq!((refused.exit_code(), failed.exit_code()), (1, 3));
        assert!(matches!(failed, Trouble::Failed(text) if text.contains("get-caller-identity")));
    }
}
