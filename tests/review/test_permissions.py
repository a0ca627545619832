"""Permissions as policies spell them."""

from typing import Any

import pytest

from review.permissions import spelled
from tests.review.pairs import changed


def test_a_statement_that_the_engine_tells_of_is_spelled_as_in_the_template() -> None:
    added = {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:a", {"Fn::ImportValue": "b"}], "Sid": "S"}

    def edit(body: dict[str, Any]) -> None:
        policy = next(one for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Policy")
        policy["Properties"]["PolicyDocument"]["Statement"].append(added)

    (permission,) = changed("Mail", edit).differences.permissions
    shown = spelled(permission.value)
    assert shown.pop("Principal").startswith("AWS:${")
    assert shown == added


@pytest.mark.parametrize(
    "value",
    [{"ipProtocol": "tcp", "fromPort": 443}, {"identityArn": "a", "managedPolicyArn": "b"}, None, "x", {"type": "x"}],
)
def test_what_is_no_statement_stays_as_it_is(value: Any) -> None:
    assert spelled(value) == value


def test_a_statement_that_only_a_deploy_knows_is_shown_as_it_stands() -> None:
    assert spelled({"type": "unparseable", "value": '{"Fn::If": []}'}) == '{"Fn::If": []}'


def test_a_text_that_only_begins_like_a_function_stays_a_text() -> None:
    parsed = {"effect": "Deny", "actions": {"not": False, "values": ["{x"]}, "condition": {"Bool": {"a": "b"}}}
    shown = spelled({"type": "parsed", "value": parsed})
    assert shown == {"Effect": "Deny", "Action": "{x", "Condition": {"Bool": {"a": "b"}}}
