//! Failures in two families, named for what the workflow does next.

use std::error::Error;
use std::fmt;
use std::iter::successors;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use lambda_runtime::Diagnostic;
use lockstep_domain::error::Refusal;
use lockstep_domain::text::without_addresses;

type Source = Box<dyn Error + Send + Sync>;

/// Error codes of AWS that say: the same call can succeed later.
const PASSING: [&str; 19] = [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "TooManyRequestsException",
    "LimitExceededException",
    "RequestThrottledException",
    "TransactionInProgressException",
    "TransactionConflictException",
    "InternalServerError",
    "InternalServerException",
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "KMSInternalException",
    "DependencyTimeoutException",
    "RequestTimeout",
    "ItemCollectionSizeLimitExceededException",
];

/// Why a function could not do its work. `Display` says what we were doing; the source is apart.
#[derive(Debug)]
pub enum Failure {
    /// The workflow tries again.
    Retryable { doing: String, source: Option<Source> },
    /// Trying again changes nothing.
    Terminal { doing: String, source: Option<Source> },
}

impl Failure {
    pub fn retryable(doing: impl Into<String>) -> Self {
        Self::Retryable { doing: doing.into(), source: None }
    }

    pub fn terminal(doing: impl Into<String>) -> Self {
        Self::Terminal { doing: doing.into(), source: None }
    }

    /// A call of AWS that failed: a timeout, a broken connection and the codes above pass; the rest stay.
    pub fn of_call<E, R>(doing: impl Into<String>, error: SdkError<E, R>) -> Self
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        R: fmt::Debug + Send + Sync + 'static,
    {
        let passing = match &error {
            SdkError::ServiceError(service) => service.err().code().is_some_and(|code| PASSING.contains(&code)),
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        let (doing, source) = (doing.into(), Some(Source::from(error)));
        if passing { Self::Retryable { doing, source } } else { Self::Terminal { doing, source } }
    }

    /// Serialisation of our own rows; never a passing thing.
    pub fn of_row(doing: impl Into<String>, error: impl Error + Send + Sync + 'static) -> Self {
        Self::Terminal { doing: doing.into(), source: Some(Box::new(error)) }
    }

    /// The whole chain, for the log. Amazon SES names the address that it refuses; a log does not.
    pub fn chain(&self) -> String {
        let chain: Vec<String> = self.links().map(ToString::to_string).collect();
        without_addresses(&chain.join(": "))
    }

    /// The last link of the chain, for a person who is to mend it: what AWS said, without what we were doing.
    pub fn said(&self) -> String {
        without_addresses(&self.links().last().map_or_else(String::new, ToString::to_string))
    }

    fn links(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = self;
        successors(Some(first), |error: &&(dyn Error + 'static)| Error::source(*error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Retryable { doing, .. } | Self::Terminal { doing, .. }) = self;
        f.write_str(doing)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (Self::Retryable { source, .. } | Self::Terminal { source, .. }) = self;
        source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::terminal(refusal.to_string())
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match &failure {
            Failure::Retryable { .. } => "Retryable",
            Failure::Terminal { .. } => "Terminal",
        };
        Diagnostic { error_type: error_type.to_owned(), error_message: failure.to_string() }
    }
}
