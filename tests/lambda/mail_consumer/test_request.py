"""What a queue message may hold to become a mail request."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mail_consumer.request import MailRequest, RequestError, attributes_of, parse, schema
from tests.mail_records import DOMAIN, four_attributes, request_body, text_attributes

ROOT = Path(__file__).parents[3]


def test_four_string_attributes_are_a_request_whatever_the_body_says() -> None:
    request = parse(body="20190515120000", attributes=four_attributes())
    assert request.sender == f"info@{DOMAIN}"
    assert request.to == ["friend@example.com"]
    assert (request.subject, request.text) == ("こんにちは", "本文です")


def test_a_json_body_is_read_when_no_attribute_is_there() -> None:
    request = parse(body=request_body(html="<p>Hi</p>", cc=["a@example.com"], tags={"kind": "news"}), attributes={})
    assert (request.html, request.cc, request.tags) == ("<p>Hi</p>", ["a@example.com"], {"kind": "news"})


def test_foreign_attributes_do_not_keep_a_json_body_from_being_read() -> None:
    assert parse(body=request_body(), attributes=text_attributes(Trace="1")).subject == "Hello"


@pytest.mark.parametrize("missing", ["Sender", "Destination", "Subject", "Body"])
def test_a_missing_attribute_is_named(missing: str) -> None:
    attributes = four_attributes()
    del attributes[missing]
    with pytest.raises(RequestError, match=f"'{missing}' is missing"):
        parse(body="20190515120000", attributes=attributes)


@pytest.mark.parametrize("kind", ["Number", "Binary"])
def test_an_attribute_of_another_type_is_refused_with_its_type(kind: str) -> None:
    attributes = four_attributes() | {"Subject": {"dataType": kind, "binaryValue": "AAAA"}}
    with pytest.raises(RequestError, match=f"type '{kind}', expected String"):
        parse(body="", attributes=attributes)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("20190515120000", "no attributes Sender, Destination, Subject, Body"),
        ("[]", "object"),
        (request_body(version=2), "version"),
        (request_body(to="a@example.com"), r"\$\.to"),
        (request_body(subject=None), "subject"),
        (request_body(bccc=["a@example.com"]), "bccc"),
        (request_body(attachments=[{"s3_key": "k"}]), "filename"),
        (request_body(tags={"kind of": "news"}), "tags"),
        (request_body(headers={f"X-{n}": "v" for n in range(16)}), "headers"),
        (request_body(idempotency_key=""), "idempotency_key"),
    ],
)
def test_a_wrong_body_is_refused_with_the_field(body: str, named: str) -> None:
    with pytest.raises(RequestError, match=named) as refused:
        parse(body=body, attributes={})
    assert refused.value.code == "BadRequest"


def test_the_details_of_a_refusal_can_be_stored_as_a_message_attribute() -> None:
    error = RequestError("BadAddress", "to '\x00\ud800' is wrong" + "x" * 2000)
    assert error.detail.startswith("to '??' is wrong")
    assert len(error.detail) == 1000


def test_the_command_line_and_the_consumer_agree_on_the_attributes() -> None:
    request = MailRequest(version=1, sender=f"info@{DOMAIN}", to=["a@example.com"], subject="件名", text="本文")
    assert parse(body="", attributes=text_attributes(**attributes_of(request))) == request


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "mail-request.schema.json").read_text())
    assert published == schema(), "docs/mail-request.schema.json is out of date; run: make schema"


def test_the_schema_accepts_what_the_consumer_accepts_and_refuses_what_it_refuses() -> None:
    validator: Any = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(json.loads(request_body(headers={"X-A": "b"}, reply_to=["a@example.com"])))
    for wrong in ({"version": 2}, {"to": "a@example.com"}, {"unknown": 1}, {"tags": {"a b": "c"}}):
        assert not validator.is_valid(json.loads(request_body(**wrong)))
