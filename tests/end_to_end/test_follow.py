"""One id from the edge to the mail, and `make follow` by any of the ids that the way has."""

import json
from typing import Any

import pytest

from local.edge_client import EdgeClient
from operate import follow
from tests.commands import Command, commands
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import fresh_edge, fresh_site
from tests.waiting import wait_until

FORM = {"name": "Hana", "address": "hana@example.com", "message": "Hello from the edge, does it arrive?"}


@pytest.fixture
def edge(mail_path: MailPath) -> EdgeClient:
    fresh_site(mail_path.cloud)
    return fresh_edge(mail_path.cloud)


@pytest.fixture
def command(mail_path: MailPath, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(mail_path.cloud, monkeypatch, capsys)


def attributes_of(mail_path: MailPath) -> dict[str, Any]:
    """The attributes of the one message on the standard queue, which goes on at once."""
    (message,) = wait_until(lambda: mail_path.receive(wait_s=1), what=lambda: "no message")
    mail_path.sqs.change_message_visibility(
        QueueUrl=mail_path.url("Standard"), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    return message["MessageAttributes"]


def outcome(mail_path: MailPath, message_id: str) -> dict[str, Any]:
    """What SES has told of a request."""
    item = mail_path.dynamodb.get_item(
        TableName=mail_path.outputs["DeliveriesTable"], Key={"id": {"S": message_id}}, ConsistentRead=True
    ).get("Item", {})
    return item.get("outcomes", {}).get("M", {})


def test_one_id_is_found_on_the_whole_way_of_a_message_from_the_edge_to_the_mail(
    mail_path: MailPath, edge: EdgeClient, command: Command
) -> None:
    mail_path.set_mappings(enabled=False)
    answer = edge.visitor().submit("/contact", FORM)
    assert answer.status == 303
    seen = answer.headers["x-amz-cf-id"]
    id_ = seen.rstrip("=")
    assert attributes_of(mail_path)["CorrelationId"]["StringValue"] == id_
    mail_path.set_mappings(enabled=True)
    mail_path.sent(1)
    (mail,) = mail_path.mails()
    tags = {tag["name"]: tag["value"] for tag in mail["tags"]}
    assert tags["correlation_id"] == id_
    record = wait_until(lambda: outcome(mail_path, tags["request_id"]) and mail_path.delivery(tags["request_id"]))
    assert record["correlation_id"] == id_
    edge.flush_log()

    told = {
        typed: command("follow", follow.main, ID=typed)
        for typed in (seen, tags["request_id"], record["ses_message_id"])
    }
    for code, lines, errors in told.values():
        assert (code, errors) == (0, [])
        where = [line[25:].split("  ")[0].strip() for line in lines]
        assert {"edge", "blog", "queue", "mail_consumer", "record", "mail_feedback", "outcome"} == set(where), lines
        of_id = {place for place, line in zip(where, lines, strict=True) if id_ in line}
        assert of_id == {"edge", "blog", "mail_consumer", "mail_feedback"}
        assert lines == sorted(lines, key=lambda line: line[:23])
        assert FORM["message"] not in json.dumps(lines)


def test_a_dead_letter_is_found_by_its_request_and_stays(mail_path: MailPath, command: Command) -> None:
    rejected = mail_path.put("wrong", to="nobody")
    wait_until(lambda: mail_path.delivery(rejected).get("status") == "failed")
    code, lines, _ = command("follow", follow.main, ID=rejected)
    assert code == 0
    (letter,) = [line for line in lines if "dead letter" in line]
    assert "BadAddress" in letter
    assert mail_path.dead_letters()


def test_an_id_that_nothing_knows_says_so_and_one_that_is_none_is_refused(command: Command) -> None:
    code, lines, _ = command("follow", follow.main, ID="00000000-0000-4000-8000-00000000abcd")
    assert (code, len(lines)) == (1, 1)
    for typed in ("", "short", 'a" || "b-and-more'):
        code, lines, (error,) = command("follow", follow.main, ID=typed)
        assert (code, lines) == (2, [])
        assert error.startswith(f"follow: ID '{typed}' is no message id")
