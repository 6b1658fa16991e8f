//! Everything of AWS that the functions talk to: KMS, the ledger, Step Functions and SES.
//!
//! The only crate that knows an AWS SDK, reads the environment or the clock. It decides nothing. What only the
//! operator's tool needs comes with the feature `operator`.

pub mod clock;
pub mod configuration;
pub mod error;
#[cfg(feature = "operator")]
pub mod executions;
pub mod fence;
#[cfg(feature = "operator")]
pub mod functions;
pub mod http;
pub mod keys;
pub mod lambda;
pub mod ledger;
pub mod mails;
pub mod metrics;
pub mod runs;
#[cfg(feature = "operator")]
pub mod stack;
pub mod watch;
