//! SES: sending a mail to one address.

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::SdkError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use lockstep_domain::app::Address;
use lockstep_domain::mail::Mail;

use crate::configuration::required;
use crate::error::Failure;

/// What became of a mail.
#[derive(Debug)]
pub enum Sent {
    Accepted,
    /// Amazon SES did not take it.
    Refused(Failure),
    /// The answer was lost: Amazon SES may have taken it.
    Unclear(Failure),
}

#[derive(Debug, Clone)]
pub struct Mails {
    client: Client,
    sender: String,
    configuration_set: String,
}

impl Mails {
    pub fn new(sdk: &SdkConfig) -> Result<Self, Failure> {
        Ok(Self {
            // A try again could be a second copy: how often a mail is sent is counted in the ledger.
            client: Client::from_conf(Builder::from(sdk).retry_config(RetryConfig::disabled()).build()),
            sender: required("SENDER_ADDRESS")?,
            configuration_set: required("CONFIGURATION_SET")?,
        })
    }

    /// Sends one mail; `id` goes into a header, so that a doubled mail can be told from a second one.
    pub async fn send(&self, mail: &Mail, to: &Address, id: &str) -> Result<Sent, Failure> {
        let doing = "sending a mail";
        let built = |error| Failure::of_row(doing, error);
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(built);
        let header = MessageHeader::builder().name("X-Lockstep-Mail").value(id).build().map_err(built)?;
        let message = Message::builder()
            .subject(content(&mail.subject)?)
            .body(Body::builder().text(content(&mail.text)?).html(content(&mail.html)?).build())
            .headers(header)
            .build();
        let send = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .configuration_set_name(&self.configuration_set)
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build());
        Ok(match send.send().await {
            Ok(_) => Sent::Accepted,
            Err(error @ (SdkError::ServiceError(_) | SdkError::ConstructionFailure(_))) => {
                Sent::Refused(Failure::of_call(doing, error))
            }
            Err(error) => Sent::Unclear(Failure::of_call(doing, error)),
        })
    }
}
