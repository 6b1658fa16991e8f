//! Wiring of `sweep-keys`: clients are made once, while the function starts.

use lockstep_aws::watch::Watch;
use sweep_keys::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sdk = lockstep_aws::configuration::sdk().await;
    let watch = Watch::new(&sdk)?;
    lockstep_aws::lambda::run(async |_schedule| handle(&watch).await).await
}
