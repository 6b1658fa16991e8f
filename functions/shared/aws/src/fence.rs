//! The fence before every act: the newest run, and a fresh look at its key.

use lockstep_domain::batch::{Confirmation, confirm, overtaken};
use lockstep_domain::run::{Direction, RunRef};

use crate::clock;
use crate::error::Failure;
use crate::keys::Keys;
use crate::ledger::Ledger;

/// Whether the run may act right now. A run that may not is told once and for all: it is written down before the
/// answer, so that none of its other batches goes on if the key changes back.
pub async fn confirm_run(
    ledger: &Ledger,
    keys: &Keys,
    direction: Direction,
    run: &RunRef,
) -> Result<Confirmation, Failure> {
    let record = ledger.key(&run.key).await?;
    let confirmation = match overtaken(run, record.as_ref()) {
        // What an overtaken run sees would end nothing but itself, so it does not look.
        Some(reason) => Confirmation::Superseded { reason },
        None => confirm(direction, run, record.as_ref(), &keys.look(&run.key).await?),
    };
    if let Confirmation::Superseded { .. } = &confirmation {
        ledger.let_go(&run.run, clock::now()).await?;
    }
    Ok(confirmation)
}
