//! Everything of AWS that the functions talk to: KMS, the ledger, Step Functions and SES.
//!
//! The only crate that knows an AWS SDK, reads the environment or the clock. It decides nothing.

pub mod clock;
pub mod configuration;
pub mod error;
pub mod fence;
pub mod http;
pub mod keys;
pub mod lambda;
pub mod ledger;
pub mod mails;
pub mod metrics;
pub mod runs;
pub mod watch;
