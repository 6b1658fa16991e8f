//! The services behind the SDK clients: an HTTP client that answers from the world of the thread.

pub mod attempts;
pub mod connector;
pub mod dynamodb;
pub mod services;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use lockstep_aws::configuration::SdkConfig;

use connector::Cloud;

/// Clients that reach nothing but the world.
pub fn sdk() -> SdkConfig {
    let credentials = Credentials::new("simulated", "simulated", None, None, "simulation");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .http_client(Cloud)
        .retry_config(RetryConfig::standard())
        .sleep_impl(attempts::NoSleep)
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}
