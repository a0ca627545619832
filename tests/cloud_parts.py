"""What tests need around what they test, with the permissions that the embedded cloud asks for."""

import json
import time
from collections.abc import Mapping
from typing import Any

from local.cloud import REGION, Cloud


def function_role(cloud: Cloud, *, name: str, actions: list[str]) -> str:
    """Create a role that a function can take, with what it may do on anything, and return its ARN."""
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=_document(allowed))
    return arn


def queue_of_topic(cloud: Cloud, *, name: str, topic: str, raw: bool) -> str:
    """Create a queue that gets what is published to a topic, by TLS only, and return its URL."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic_may = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    in_the_clear = {"Bool": {"aws:SecureTransport": "false"}}
    nobody_may = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn, "Condition": in_the_clear}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _document(topic_may, nobody_may)})
    attributes = {"RawMessageDelivery": str(raw).lower()}
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url


def put_stack(cloud: Cloud, verb: str, name: str, template: dict[str, Any], *, region: str = REGION) -> dict[str, str]:
    """Create or update a stack and return its outputs."""
    cloudformation = cloud.client("cloudformation", region)
    getattr(cloudformation, f"{verb}_stack")(StackName=name, TemplateBody=json.dumps(template))
    deadline = time.monotonic() + 30
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == f"{verb.upper()}_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        assert "IN_PROGRESS" in stack["StackStatus"], _failures(cloudformation, name)
        assert time.monotonic() < deadline
        time.sleep(0.02)


def delete_stack(cloud: Cloud, name: str, *, region: str = REGION) -> None:
    """Delete a stack and everything in it."""
    cloudformation = cloud.client("cloudformation", region)
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    deadline = time.monotonic() + 30
    while cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] != "DELETE_COMPLETE":
        assert time.monotonic() < deadline, _failures(cloudformation, stack)
        time.sleep(0.02)


def _failures(cloudformation: Any, stack: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]


def _document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
