//! Wiring of `plan-startup`: clients are made once, while the function starts.

use lockstep_aws::ledger::Ledger;
use plan_startup::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sdk = lockstep_aws::configuration::sdk().await;
    let ledger = Ledger::new(&sdk)?;
    lockstep_aws::lambda::run(async |input| handle(&ledger, input).await).await
}
