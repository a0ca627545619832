"""Whatever stands on the queue: nothing escapes, nothing is injected, every message has an end or comes back."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.mail_records import DOMAIN, four_attributes, record
from tests.mail_world import World

INJECTIONS = [
    "\r\nBcc: victim@example.com",
    "\nX-Injected: 1",
    "\x00",
    "\u2028Bcc: victim@example.com",
    "\ud800",
    "=?utf-8?b?DQo=?=",
]

hostile_text = st.one_of(
    st.text(max_size=40),
    st.builds(
        "".join, st.lists(st.sampled_from([*INJECTIONS, "a", "<", ">", '"', ",", "@", f"info@{DOMAIN}"]), max_size=6)
    ),
    st.just(f"info@{DOMAIN}"),
    st.just("friend@example.com"),
)
attribute = st.one_of(
    hostile_text.map(lambda text: {"dataType": "String", "stringValue": text}),
    st.just({"dataType": "Binary", "binaryValue": "AAEC"}),
    st.just({"dataType": "Number", "stringValue": "1"}),
    st.just({"dataType": "String.custom", "stringValue": "x"}),
)
attributes = st.one_of(
    st.just({}),
    st.builds(four_attributes),
    st.dictionaries(st.sampled_from(["Sender", "Destination", "Subject", "Body", "Other"]), attribute, max_size=5).map(
        lambda changed: four_attributes() | changed
    ),
    st.dictionaries(st.sampled_from(["Sender", "Destination", "Subject", "Body"]), attribute, max_size=4),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
fields = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply_to",
    "subject",
    "text",
    "html",
    "headers",
    "tags",
    "attachments",
    "idempotency_key",
]
addresses = st.lists(hostile_text, max_size=3)
bodies = st.one_of(
    st.text(max_size=60),
    json_values.map(json.dumps),
    st.fixed_dictionaries(
        {"version": st.just(1), "from": st.just(f"info@{DOMAIN}"), "subject": hostile_text, "text": hostile_text},
        optional={
            "to": addresses,
            "cc": addresses,
            "html": hostile_text,
            "headers": st.dictionaries(hostile_text, hostile_text, max_size=3),
            "tags": st.dictionaries(hostile_text, hostile_text, max_size=2),
            "attachments": st.lists(
                st.fixed_dictionaries({"s3_key": hostile_text, "filename": hostile_text}), max_size=2
            ),
            "idempotency_key": hostile_text,
        },
    ).map(json.dumps),
    st.dictionaries(st.sampled_from(fields), json_values, max_size=6).map(
        lambda body: json.dumps({"version": 1, **body})
    ),
)
records = st.builds(record, body=bodies, attributes=attributes, arn=st.just(""), group=st.sampled_from(["", "g", "h"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(batch=[record(attributes=four_attributes(Subject="\ud800")), record(body='{"version":1,"subject":"\\ud800"}')])
@example(batch=[record(attributes=four_attributes(Sender=f"x\r\nBcc: victim@example.com <info@{DOMAIN}>"))])
@given(batch=st.lists(records, min_size=1, max_size=10))
def test_every_message_ends_or_comes_back_and_no_header_is_injected(
    cloud_world: World, batch: list[dict[str, Any]]
) -> None:
    world = cloud_world
    for message in batch:
        fifo = "MessageGroupId" in message["attributes"]
        message["eventSourceARN"] = next(arn for arn in world.queues if arn.endswith(".fifo") == fifo)
    world.cloud.ses.forget_mails()
    back = world.consumer().consume(batch, invocation=world.invocation())
    mails = {tag["value"]: mail for mail in world.mails() for tag in mail["tags"] if tag["name"] == "request_id"}
    assert len(mails) == len(world.mails())
    for message in batch:
        id_ = message["messageId"]
        if id_ in back:
            continue
        delivery = world.delivery(id_)
        assert delivery["status"] in {"sent", "failed", "duplicate"}
        assert (delivery["status"] == "sent") == (id_ in mails)
        assert delivery["status"] != "failed" or delivery["reason"]
    for mail in mails.values():
        assert "victim@example.com" not in [*mail["to"], *mail["cc"], *mail["bcc"]]
        assert not {"bcc", "x-injected"} & {header["name"].lower() for header in mail["headers"]}
        assert not any(character in mail["subject"] for character in "\r\n")
