"""A local SES as new, with a verified domain, and one way to send; a load balancer that the edge leads to."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack
from tests.local.edge_templates import Json, attribute, outputs, resource

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


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def home(cloud: Cloud) -> Json:
    """A stack of the home region with a load balancer, whose outputs stacks of the edge read."""
    name = f"home-{uuid4().hex[:8]}"
    template = {
        "Resources": {"Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal")},
        "Outputs": outputs(Arn={"Ref": "Balancer"}, Host=attribute("Balancer", "DNSName")),
    }
    return {"name": name, **put_stack(cloud, "create", name, template)}
