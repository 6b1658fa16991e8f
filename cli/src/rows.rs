//! Rows of the ledger that the deployed functions do not write yet; nothing is known of them here.

use jiff::Timestamp;
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::app::AppRecord;
use lockstep_domain::key::KeyArn;
use serde::Serialize;

/// What the sweep last saw of a key.
#[derive(Debug, Clone, Serialize)]
pub struct SeenKey {
    pub state: String,
    pub since: Timestamp,
}

/// A hold that a person has dropped.
#[derive(Debug, Clone, Serialize)]
pub struct Released {
    pub resource: String,
    pub reason: String,
    pub at: Timestamp,
}

/// The newest sweep.
#[derive(Debug, Clone, Serialize)]
pub struct LastSweep {
    pub at: Timestamp,
    pub keys: usize,
    pub failed: usize,
}

// waits for: Ledger::apps
pub async fn apps(_ledger: &Ledger) -> Result<Vec<AppRecord>, Failure> {
    Ok(Vec::new())
}

// waits for: Ledger::seen
pub async fn seen(_ledger: &Ledger, _key: &KeyArn) -> Result<Option<SeenKey>, Failure> {
    Ok(None)
}

// waits for: Ledger::last_sweep
pub async fn last_sweep(_ledger: &Ledger) -> Result<Option<LastSweep>, Failure> {
    Ok(None)
}

// waits for: Ledger::released
pub async fn released(_ledger: &Ledger, _key: &KeyArn) -> Result<Vec<Released>, Failure> {
    Ok(Vec::new())
}
