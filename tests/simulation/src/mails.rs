//! What Amazon SES has accepted.

use crate::executor::Millis;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub at: Millis,
    /// The header `X-Lockstep-Mail`.
    pub id: String,
    pub subject: String,
    pub text: String,
    pub to: String,
}
