"""A local SES as new, with a verified domain, and one way to send; a load balancer that the edge leads to."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import REGION, Cloud
from tests.cloud_parts import put_stack
from tests.local.edge_templates import Json, attribute, outputs, resource

Send = Callable[..., str]
Allowed = Callable[..., Callable[[str], Any]]


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


@pytest.fixture
def allowed(cloud: Cloud) -> Allowed:
    """Make a user who may do some actions on some resources, and return what makes the user's clients."""

    def make(*actions: str, on: list[str], conditions: dict[str, Any] | None = None) -> Callable[[str], Any]:
        iam, name = cloud.client("iam"), f"user-{uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions, "Resource": on, "Condition": conditions or {}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
        return lambda service: session.client(service, endpoint_url=cloud.endpoint)

    return make


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether a call is refused for want of a permission."""
    try:
        call(**arguments)
    except ClientError as error:
        return "not authorized to perform" in str(error) or "AccessDenied" in str(error)
    return False
