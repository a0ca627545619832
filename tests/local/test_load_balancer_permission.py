"""A load balancer invokes only functions that admit it, and keeps to what a stack says of it."""

import json
from uuid import uuid4

import pytest

from local.cloud import Cloud
from local.load_balancer import visitor as visitor_of
from tests.cloud_parts import function_role, put_stack
from tests.local.balanced import ADMITTED, balanced_function, event_of


@pytest.mark.parametrize(
    "permission",
    [
        None,
        {"Principal": "events.amazonaws.com"},
        {**ADMITTED, "SourceAccount": "111111111111"},
        {**ADMITTED, "SourceArn": "arn:aws:elasticloadbalancing:ap-northeast-1:000000000000:targetgroup/other/*"},
    ],
)
def test_a_function_that_does_not_admit_the_load_balancer_cannot_be_a_target(
    cloud: Cloud, permission: dict[str, str] | None
) -> None:
    role = function_role(cloud, name=f"closed-{uuid4().hex[:8]}", actions=["logs:*"])
    template = balanced_function(role, multi_value=True, permission=permission, port=80)
    with pytest.raises(AssertionError, match="does not have permission to invoke"):
        put_stack(cloud, "create", f"closed-{uuid4().hex[:8]}", template)


def test_an_update_of_the_target_group_keeps_name_and_target(cloud: Cloud) -> None:
    role = function_role(cloud, name=f"updated-{uuid4().hex[:8]}", actions=["logs:*"])
    stack = f"updated-{uuid4().hex[:8]}"
    made = put_stack(cloud, "create", stack, balanced_function(role, multi_value=False, permission=ADMITTED, port=80))
    visitor = visitor_of(cloud, made["Name"])
    assert "headers" in event_of(visitor.get("/"))
    template = balanced_function(role, multi_value=True, permission=ADMITTED, port=80)
    assert put_stack(cloud, "update", stack, template) == made
    assert "multiValueHeaders" in event_of(visitor.get("/"))


def test_a_permission_that_is_taken_away_closes_the_function(cloud: Cloud) -> None:
    role = function_role(cloud, name=f"closing-{uuid4().hex[:8]}", actions=["logs:*"])
    stack = f"closing-{uuid4().hex[:8]}"
    made = put_stack(cloud, "create", stack, balanced_function(role, multi_value=True, permission=ADMITTED, port=80))
    visitor = visitor_of(cloud, made["Name"])
    assert visitor.get("/").status == 200
    functions = cloud.client("lambda")
    policy = json.loads(functions.get_policy(FunctionName=made["Function"])["Policy"])
    functions.remove_permission(FunctionName=made["Function"], StatementId=policy["Statement"][0]["Sid"])
    assert visitor.get("/").status == 502
