"""Published prices in USD of us-east-1, without any free tier; each with AWS's page.

Looked up on 2026-11-26, in stored copies of these pages and in what others quote of them: there was no network.
"""

from dataclasses import dataclass

AS_OF = "2026-11-26"


@dataclass(frozen=True)
class Price:
    usd: float
    per: str
    page: str


PRICES = {
    "state transition": Price(0.025 / 1e3, "transition, Standard", "aws.amazon.com/step-functions/pricing"),
    "invocation": Price(0.20 / 1e6, "request", "aws.amazon.com/lambda/pricing"),
    "gigabyte-second": Price(0.0000133334, "GB-second, arm64", "aws.amazon.com/lambda/pricing"),
    "write unit": Price(0.625 / 1e6, "write request unit, on-demand", "aws.amazon.com/dynamodb/pricing/on-demand"),
    "read unit": Price(0.125 / 1e6, "read request unit, on-demand", "aws.amazon.com/dynamodb/pricing/on-demand"),
    "KMS request": Price(0.03 / 1e4, "request", "aws.amazon.com/kms/pricing"),
    "mail": Price(0.10 / 1e3, "mail", "aws.amazon.com/ses/pricing"),
    "event": Price(1.00 / 1e6, "custom event", "aws.amazon.com/eventbridge/pricing"),
    "trace": Price(5.00 / 1e6, "trace recorded", "aws.amazon.com/xray/pricing"),
    "log gigabyte": Price(0.50, "GB taken in", "aws.amazon.com/cloudwatch/pricing"),
    "metric": Price(0.30, "custom metric and month", "aws.amazon.com/cloudwatch/pricing"),
    "alarm": Price(0.10, "alarm and month", "aws.amazon.com/cloudwatch/pricing"),
    "dashboard": Price(3.00, "dashboard and month", "aws.amazon.com/cloudwatch/pricing"),
}

# What an account has for nothing each month, for good; a metric, an alarm and the dashboard of Lockstep are within it
# where no other stack has used it up.
FREE = {"metric": 10, "alarm": 10, "dashboard": 3}
