//! Wiring of `confirm-key`: clients are made once, while the function starts.

use confirm_key::{World, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sdk = lockstep_aws::configuration::sdk().await;
    let world = World::new(&sdk)?;
    lockstep_aws::lambda::run(async |input| handle(&world, input).await).await
}
