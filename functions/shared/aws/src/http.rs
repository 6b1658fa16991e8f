//! One HTTPS request to a URL that is given, by the client that the SDK brings along.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use crate::error::Failure;

/// PUTs `body` to `url`; used for the answers of CloudFormation custom resources.
pub async fn put(url: &str, body: String) -> Result<(), Failure> {
    // The simulation has no network.
    if cfg!(feature = "simulated") {
        return Ok(());
    }
    let doing = "answering CloudFormation";
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("PUT").map_err(|error| Failure::of_row(doing, error))?;
    request.set_uri(url).map_err(|error| Failure::of_row(doing, error))?;
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
    match connector.call(request).await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(Failure::retryable(format!("{doing}: the answer was {}", answer.status().as_u16()))),
        Err(error) => Err(Failure::Retryable { doing: doing.to_owned(), source: Some(Box::new(error)) }),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cold_start_waits_for_entropy_of_the_processor() {
        assert_eq!(option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY"), Some("1"), "set by .cargo/config.toml");
    }
}
