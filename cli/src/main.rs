//! `lockstep`, the operator's tool: asks the deployed stack, and tells it what to do.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lockstep_cli::run().await
}
