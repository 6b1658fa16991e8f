//! Wiring of `receive-key-event`: clients are made once, while the function starts.

use lockstep_aws::watch::Watch;
use receive_key_event::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sdk = lockstep_aws::configuration::sdk().await;
    let watch = Watch::new(&sdk)?;
    lockstep_aws::lambda::run(async |input| handle(&watch, input).await).await
}
