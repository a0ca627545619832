"""What CloudFormation hears from every custom resource."""

import json
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_resource.answer import MAX_REASON, answer, reason_of
from tests.response_address import ResponseAddress, answering


@pytest.fixture(scope="module")
def address() -> Iterator[ResponseAddress]:
    with answering(ResponseAddress()) as address:
        yield address


@pytest.fixture(autouse=True)
def _nothing_answered_yet(address: ResponseAddress) -> None:
    address.answers.clear()
    address.content_types.clear()
    address.status = 200


def test_an_answer_says_how_it_went_and_what_it_is_the_answer_to(address: ResponseAddress) -> None:
    event = address.request("Create", {})
    answer(event, status="FAILED", reason="because", physical_id="mine")
    assert address.answers == [
        {
            "Status": "FAILED",
            "Reason": "because",
            "PhysicalResourceId": "mine",
            "StackId": event["StackId"],
            "RequestId": "request-1",
            "LogicalResourceId": "Resource",
        }
    ]


def test_the_answer_has_an_empty_content_type_for_which_its_address_is_signed(address: ResponseAddress) -> None:
    answer(address.request("Create", {}), status="SUCCESS", physical_id="mine")
    assert address.content_types == [""]


@given(text=st.text(min_size=600) | st.sampled_from(["長" * 10_000, "\x00" * 10_000, "\U0001f600" * 10_000]))
def test_an_answer_is_never_larger_than_cloudformation_takes(address: ResponseAddress, text: str) -> None:
    answer(address.request("Create", {}), status="FAILED", reason=text, physical_id="m" * 100)
    assert len(json.dumps(address.answers[-1])) < 4096 + 6 * MAX_REASON * any(ord(each) > 0xFFFF for each in text)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("the first line\n  and the second"), "ValueError: the first line and the second"),
        (RuntimeError(), "RuntimeError:"),
        (KeyError("NAME"), "KeyError: 'NAME'"),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, expected: str) -> None:
    assert reason_of(error) == expected


def test_an_answer_that_is_not_taken_is_an_error_so_that_lambda_tries_again(address: ResponseAddress) -> None:
    address.status = 503
    with pytest.raises(HTTPError):
        answer(address.request("Create", {}), status="SUCCESS", physical_id="mine")
