//! What is still to be mailed.

use jiff::SignedDuration;
use lockstep_domain::outbox::Unsent;

use super::Ledger;
use super::rows::{expires, item, parse};
use crate::error::Failure;

const OUTBOX: &str = "OUTBOX";
const UNSENT: &str = "UNSENT#";
/// The sweep deletes what is no news any more; a stack whose sweep is off should not keep it for ever.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(24);

fn sk(id: &str) -> String {
    format!("{UNSENT}{id}")
}

impl Ledger {
    /// Written before the first mail, so that nothing is lost with the function that sends it.
    pub async fn note_unsent(&self, unsent: &Unsent) -> Result<(), Failure> {
        let mut row = item(OUTBOX, &sk(&unsent.id), unsent)?;
        row.extend([expires(unsent.until + KEPT_AFTER)]);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let doing = || format!("noting that {} is to be mailed", unsent.id);
        put.send().await.map(drop).map_err(|error| Failure::of_call(doing(), error))
    }

    pub async fn unsent(&self) -> Result<Vec<Unsent>, Failure> {
        self.query(OUTBOX, UNSENT).await?.into_iter().map(parse).collect()
    }

    pub async fn forget_unsent(&self, id: &str) -> Result<(), Failure> {
        self.delete(OUTBOX, &sk(id)).await
    }
}
