"""What `make follow` finds by an id, and where that leads."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.edge.access_log import parquet
from operate.edge_lines import EdgeLines
from operate.follow import Way
from operate.function_lines import FunctionLines, Line
from operate.stage import Stage
from operate.steps import Step

FIRST, SECOND, SES = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "0106-ses-000000"
AT = 1_763_978_400_123  # 2025-11-24T10:00:00.123Z
URL = "http://queues/edgepost-mail"


class Logs:
    """CloudWatch Logs with the lines of one group."""

    def __init__(self, *lines: dict[str, Any] | str) -> None:
        self.lines = [line if isinstance(line, str) else json.dumps(line) for line in lines]

    def get_paginator(self, _: str) -> "Logs":
        return self

    def paginate(self, *, filterPattern: str, **_: str) -> list[dict[str, Any]]:  # noqa: N803 - as boto3 has it
        term = filterPattern.strip('"')
        return [{"events": [{"timestamp": AT, "message": line} for line in self.lines if term in line]}]


class Table:
    """Delivery records."""

    def __init__(self, **records: dict[str, Any]) -> None:
        self.records = records

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        values = self.records.get(Key["id"]["S"])
        return {"Item": {name: {"S": value} for name, value in values.items()}} if values else {}


def way(wanted: str, *lines: dict[str, Any] | str, **records: dict[str, Any]) -> Way:
    clients: dict[str, Any] = {"dynamodb": Table(**records), "sqs": None, "functions": None}
    target = Stage(name="dev", outputs={"DeliveriesTable": "deliveries"}, **clients)
    found = FunctionLines(logs=Logs(*lines), groups={"group": "mail_consumer"})
    return Way(target=target, lines=found, wanted=wanted)


@pytest.mark.parametrize("wanted", ["edge-id-1==", FIRST, SES])
def test_each_id_leads_to_the_others(wanted: str) -> None:
    found = way(
        wanted,
        {"event": "queued", "correlation_id": "edge-id-1", "message_id": FIRST},
        {"event": "sent", "correlation_id": "edge-id-1", "message_id": FIRST, "ses_message_id": SES},
        {"event": "delivered", "request_id": FIRST, "correlation_id": "edge-id-1", "ses_message_id": SES},
        "END RequestId: edge-id-1",
    )
    assert found.ids == {"edge-id-1", FIRST, SES}
    assert {step.text.split()[0] for step in found.steps} == {"queued", "sent", "delivered"}


def test_a_request_that_was_sent_in_again_leads_to_the_one_that_failed_and_back() -> None:
    records = {FIRST: {"redriven_to": SECOND}, SECOND: {"redriven_from": FIRST}}
    for wanted in records:
        assert set(way(wanted, **records).records) == {FIRST, SECOND}


def test_an_id_in_a_text_or_of_a_message_about_events_leads_nowhere() -> None:
    lines = (
        {"event": "fault", "message_id": SECOND, "request_id": FIRST, "correlation_id": "edge-id-1"},
        {"event": "fault", "message_id": "another-message", "reason": f"about {FIRST}"},
    )
    assert way(FIRST, *lines).ids == {FIRST, "edge-id-1"}


def test_a_step_tells_the_event_and_what_stands_with_it() -> None:
    fields = {"event": "rejected", "level": "ERROR", "reason": "BadAddress", "message_id": FIRST}
    assert Line(AT, "mail_consumer", fields).step == Step(
        AT, "mail_consumer", f"rejected  reason: BadAddress  message_id: {FIRST}"
    )


class Bucket:
    """The bucket of the edge's log, with the files of one hour."""

    def __init__(self, key: str, content: bytes) -> None:
        self.key, self.content = key, content
        self.asked: list[str] = []

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, *, Prefix: str, **_: str) -> list[dict[str, Any]]:  # noqa: N803 - as boto3 has it
        self.asked.append(Prefix)
        return [{"Contents": [{"Key": self.key}]}] if self.key.startswith(Prefix) else [{}]

    def download_file(self, _: str, __: str, target: str) -> None:
        Path(target).write_bytes(self.content)


def test_the_edges_line_is_found_in_the_hours_around_by_its_id_with_or_without_the_padding() -> None:
    row = {
        "timestamp(ms)": str(AT),
        "cs-method": "POST",
        "cs-uri-stem": "/contact",
        "sc-status": "303",
        "x-edge-result-type": "Miss",
        "x-edge-location": "NRT57-P1",
        "x-edge-request-id": "edge-id-1==",
    }
    key = "cdn/distributionid=E1/year=2025/month=11/day=24/hour=10/E1.2025-11-24-10.a.parquet"
    bucket = Bucket(key, parquet([row, row | {"x-edge-request-id": "edge-id-10=="}], [*row]))
    lines = EdgeLines(s3=bucket, bucket="logs", distribution="E1")
    later = AT + 3_600_000
    told = "POST /contact 303 Miss NRT57-P1  x-edge-request-id: edge-id-1=="
    assert list(lines.of_requests({"edge-id-1"}, around=[later])) == [Step(AT, "edge", told)]
    assert [place[-8:-1] for place in bucket.asked] == ["hour=10", "hour=11", "hour=12"]
    assert list(lines.of_requests({"edge-id-1"}, around=[later + 3_600_000])) == []
