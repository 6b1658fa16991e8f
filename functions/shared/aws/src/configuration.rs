//! What the template tells a function through its environment, read in one place.

use std::env;

use aws_config::BehaviorVersion;
pub use aws_config::SdkConfig;
use jiff::SignedDuration;
use lockstep_domain::app::Language;
use lockstep_domain::batch::StuckPolicy;

use crate::error::Failure;

/// Region, credentials and HTTPS client as the Lambda runtime gives them.
pub async fn sdk() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await
}

/// Region and credentials as a person has them: profiles, environment, single sign-on.
#[cfg(feature = "operator")]
pub async fn sdk_of(profile: Option<&str>, region: Option<String>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = region {
        loader = loader.region(aws_config::Region::new(region));
    }
    loader.load().await
}

/// A variable that the template must set.
pub fn required(name: &'static str) -> Result<String, Failure> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        Failure::terminal(format!("reading the configuration: {name} is not set; deploy template.yaml unchanged"))
    })
}

/// `GRACE_PERIOD_MINUTES`, from the template's `GracePeriodMinutes`.
pub fn grace() -> Result<SignedDuration, Failure> {
    let text = required("GRACE_PERIOD_MINUTES")?;
    match text.parse::<i64>() {
        Ok(minutes @ 0..=10_080) => Ok(SignedDuration::from_mins(minutes)),
        _ => Err(Failure::terminal(format!(
            "reading the configuration: GRACE_PERIOD_MINUTES is {text:?}; give 0 to 10080"
        ))),
    }
}

/// `DEFAULT_LANGUAGE`, from the template's `DefaultLanguage`.
pub fn default_language() -> Result<Language, Failure> {
    Ok(Language::parse(&required("DEFAULT_LANGUAGE")?)?)
}

/// `MAX_SERVERS_PER_RUN`, from the template's `MaxServersPerRun`; 0 means: no cap.
pub fn max_servers() -> Result<usize, Failure> {
    let text = required("MAX_SERVERS_PER_RUN")?;
    text.parse().map_err(|_| {
        Failure::terminal(format!("reading the configuration: MAX_SERVERS_PER_RUN is {text:?}; give a whole number"))
    })
}

/// `WHEN_A_SERVICE_WILL_NOT_STOP`, from the template's `WhenAServiceWillNotStop`.
pub fn stuck_policy() -> Result<StuckPolicy, Failure> {
    match required("WHEN_A_SERVICE_WILL_NOT_STOP")?.as_str() {
        "proceed" => Ok(StuckPolicy::Proceed),
        "hold" => Ok(StuckPolicy::Hold),
        other => Err(Failure::terminal(format!(
            "reading the configuration: WHEN_A_SERVICE_WILL_NOT_STOP is {other:?}; give proceed or hold"
        ))),
    }
}
