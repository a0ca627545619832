"""A local SES as new, with a verified domain, and one way to send."""

from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import Cloud

Send = Callable[..., str]


@pytest.fixture
def ses(cloud: Cloud) -> Any:
    cloud.ses.reset()
    cloud.ses.forget_mails()
    client = cloud.client("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    cloud.ses.identity("example.com")
    return client


@pytest.fixture
def send(ses: Any) -> Send:
    """Send a mail from the verified domain, changed by what is given, and return its message id."""

    def send(*, simple: dict[str, Any] | None = None, to: list[str] | None = None, **request: Any) -> str:
        content = {"Subject": {"Data": "Subject"}, "Body": {"Text": {"Data": "Body"}}} | (simple or {})
        whole = {
            "FromEmailAddress": "sender@example.com",
            "Destination": {"ToAddresses": to or ["reader@example.org"]},
            "Content": {"Simple": content},
        }
        return ses.send_email(**(whole | request))["MessageId"]

    return send
