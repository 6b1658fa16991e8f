"""Errors on the wire, in the dialect of the service that is asked."""

import json
from xml.sax.saxutils import escape, unescape

from tests.cloud import operations

Answer = tuple[int, dict[str, str], bytes]

THROTTLES = {
    "ec2": "RequestLimitExceeded",
    "dynamodb": "ThrottlingException",
    "ses": "TooManyRequestsException",
    "lambda": "TooManyRequestsException",
    "rds": "Throttling",
    "autoscaling": "Throttling",
    "tagging": "ThrottledException",
}
FAILURES = {
    "ec2": "InternalError",
    "kms": "KMSInternalException",
    "dynamodb": "InternalServerError",
    "rds": "InternalFailure",
    "autoscaling": "InternalFailure",
    "ecs": "ServerException",
    "application-autoscaling": "InternalServiceException",
    "tagging": "InternalServiceException",
}
# Codes that are the service's own fault although they have a name.
SERVER_ERRORS = {
    "InsufficientInstanceCapacity",
    "Unavailable",
    "ServiceUnavailable",
    "InternalError",
    "InternalFailure",
    "ServerException",
}
DENIALS = {"ec2": "UnauthorizedOperation", "rds": "AccessDenied", "autoscaling": "AccessDenied"}


def throttled(service: str, code: str | None = None) -> Answer:
    status = {"ec2": 503, "ses": 429, "lambda": 429}.get(service, 400)
    message = "Request limit exceeded." if service == "ec2" else "Rate exceeded"
    return error(service, code or THROTTLES.get(service, "ThrottlingException"), message, status)


def failed(service: str, code: str | None = None, message: str | None = None) -> Answer:
    # A named code is an answer of the service; without one the service itself is at fault.
    status = 400 if code and code not in SERVER_ERRORS else 500
    code = code or FAILURES.get(service, "InternalServerException")
    return error(service, code, message or "An internal error has occurred", status)


def denied(service: str, operation: str, code: str | None = None, message: str | None = None) -> Answer:
    message = message or f"{service}:{operation}"
    if service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    status = 403 if service in ("ec2", "ses", "lambda", "rds", "autoscaling") else 400
    return error(service, code or DENIALS.get(service, "AccessDeniedException"), message, status)


def error(service: str, code: str, message: str, status: int) -> Answer:
    try:
        protocol = operations.model_of(service).metadata["protocol"]
    except Exception:
        protocol = "json"
    if protocol == "ec2":
        xml = f"<Response><Errors>{_xml_error(code, message)}</Errors></Response>"
        return status, {"Content-Type": "text/xml"}, xml.encode()
    if protocol in ("query", "rest-xml"):
        xml = f"<ErrorResponse>{_xml_error(code, message)}</ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, xml.encode()
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body


def _xml_error(code: str, message: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"


def error_code(status: int, headers: dict, body: object) -> str:
    """The code of a failed answer, whatever its dialect."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    if "<Code>" in text:
        return text.split("<Code>", 1)[1].split("</Code>", 1)[0]
    try:
        document = json.loads(text)
        code = document.get("__type") or document.get("code") or document.get("Code")
    except (ValueError, AttributeError):
        code = None
    code = code or next((v for k, v in headers.items() if k.lower() == "x-amzn-errortype"), None)
    return (code or str(status)).split("#")[-1].split(":")[0]


def error_message(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    if "<Message>" in text:
        return unescape(text.split("<Message>", 1)[1].split("</Message>", 1)[0])
    try:
        document = json.loads(text)
    except ValueError:
        return text
    return document.get("message") or document.get("Message") or ""
