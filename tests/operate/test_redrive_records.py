"""Which dead letters `make redrive` sends in again, by what is known of their requests."""

from typing import Any
from uuid import uuid4

import pytest

from tests.mail_records import MAIL
from tests.redrive_world import Post

LATER_S = 3600


def test_two_letters_about_one_request_are_one_mail(post: Post) -> None:
    """A consumer that ended between the letter and its record writes another one."""
    failed = post.failed("once")
    (letter,) = post.world.take(url=post.world.queue().dead_letter_url, visibility=0)
    texts = {name: value["stringValue"] for name, value in letter["messageAttributes"].items()}
    post.world.sqs.send_message(
        QueueUrl=post.world.queue().dead_letter_url,
        MessageBody=letter["body"],
        MessageAttributes={name: {"DataType": "String", "StringValue": text} for name, text in texts.items()},
    )
    assert post.redrive().told == {"redriven": 1, "finished": 1}
    post.consume()
    assert post.world.subjects() == ["once"]
    assert post.world.delivery(failed)["status"] == "failed"


@pytest.mark.parametrize("status", ["sent", "suppressed", "duplicate", "waiting", "sending"])
def test_a_letter_whose_request_has_another_end_or_is_on_its_way_is_told_and_left(post: Post, status: str) -> None:
    failed = post.failed("once")
    post.set_record(failed, status={"S": status})
    assert post.redrive(later_s=LATER_S).told == {"left": 1}
    assert (post.letters(), post.world.take()) == (["once"], [])


def test_what_was_sent_after_all_as_ses_tells_is_left(post: Post) -> None:
    failed = post.failed("once")
    post.set_record(failed, outcomes={"M": {}})
    assert post.redrive().told == {"left": 1}
    assert (post.letters(), post.world.take()) == (["once"], [])


@pytest.mark.parametrize("told", [{"outcomes": {"M": {}}}, {"status": {"S": "sent"}}])
def test_what_ses_tells_to_have_been_sent_while_it_goes_in_again_is_no_second_mail(
    post: Post, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    failed = post.failed("once")
    send = post.world.sqs.send_message

    def send_and_hear(**call: Any) -> Any:
        post.set_record(failed, **told)
        return send(**call)

    monkeypatch.setattr(post.world.sqs, "send_message", send_and_hear)
    assert post.redrive().told == {"left": 1}
    monkeypatch.undo()
    post.consume()
    assert (post.world.subjects(), post.letters()) == ([], ["once"])


def test_a_request_that_nobody_knows_of_waits_for_what_ses_tells(post: Post) -> None:
    post.world.fail(times=1, code="InternalFailure", status=500, lose_answer=True)
    message_id = post.world.put(**MAIL)
    post.consume()
    assert post.world.delivery(message_id)["reason"] == "undecided"
    assert post.redrive().told == {"left": 1}
    assert post.redrive(later_s=LATER_S).told == {"redriven": 1}


def test_one_that_nobody_can_know_of_is_left(post: Post) -> None:
    post.world.fail(times=1, code="InternalFailure", status=500, lose_answer=True)
    message_id = post.world.put(**MAIL)
    post.consume()
    post.world.dynamodb.delete_item(TableName=post.stage.outputs["DeliveriesTable"], Key={"id": {"S": message_id}})
    assert post.redrive(later_s=LATER_S).told == {"left": 1}


def moved(post: Post, **attributes: str) -> str:
    """A request that SQS itself has moved to the dead-letter queue, as it was."""
    return post.world.sqs.send_message(
        QueueUrl=post.world.queue().dead_letter_url,
        MessageBody="20190515120000",
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name, text in {**MAIL, **attributes}.items()
        },
    )["MessageId"]


@pytest.mark.parametrize("status", ["", "waiting"])
def test_what_sqs_itself_has_moved_is_sent_and_has_no_reason(post: Post, status: str) -> None:
    message_id = moved(post)
    if status:
        post.set_record(message_id, status={"S": status})
    assert post.redrive(reason="BadAddress").others == {"none": 1}
    assert post.redrive(reason="none").told == {"redriven": 1}
    post.consume()
    record = post.world.delivery(message_id)
    assert (record["status"], len(post.world.subjects())) == ("failed", 1)
    assert int(record["expires"]) > post.world.now()


def test_of_a_fifo_queue_its_deduplication_id_names_the_request_that_sqs_has_moved(post: Post) -> None:
    failed = str(uuid4())
    post.set_record(failed, status={"S": "waiting"})
    post.world.sqs.send_message(
        QueueUrl=post.world.queue(".fifo").dead_letter_url,
        MessageBody="20190515120000",
        MessageAttributes={name: {"DataType": "String", "StringValue": text} for name, text in MAIL.items()},
        MessageGroupId="g",
        MessageDeduplicationId=failed,
    )
    assert post.redrive(queue="fifo").told == {"redriven": 1}
    post.consume(kind=".fifo")
    assert post.world.delivery(post.world.delivery(failed)["redriven_to"])["status"] == "sent"


def test_its_own_record_counts_more_than_what_an_earlier_failure_has_added(post: Post) -> None:
    message_id = moved(post, FailureReason="BadAddress", FailedRequestId=str(uuid4()))
    post.set_record(message_id, status={"S": "sent"})
    assert post.redrive().told == {"left": 1}


@pytest.mark.parametrize(("told_ms", "lease_ms"), [(0, -60_000), (-LATER_S * 1000, 60_000)])
def test_what_may_be_being_sent_is_left_until_its_invocation_has_ended_and_ses_had_time_to_tell(
    post: Post, told_ms: int, lease_ms: int
) -> None:
    message_id = moved(post)
    now_ms = int(post.world.now() * 1000)
    times = {"updated_at": {"N": str(now_ms + told_ms)}, "lease_until": {"N": str(now_ms + lease_ms)}}
    post.set_record(message_id, status={"S": "sending"}, **times)
    assert post.redrive().told == {"left": 1}
    assert post.redrive(later_s=LATER_S).told == {"redriven": 1}


def test_a_message_without_room_for_an_attribute_more_is_told_and_left(post: Post) -> None:
    moved(post, **{f"A{n}": "x" for n in range(6)})
    assert post.redrive().told == {"left": 1}
    assert post.letters() == [MAIL["Subject"]]


def test_what_was_redriven_and_failed_again_can_be_redriven_again(post: Post) -> None:
    first = post.failed("often")
    post.redrive()
    post.world.fail(code="MessageRejected", message="not yet", status=400)
    post.consume()
    assert post.redrive().told == {"redriven": 1}
    post.consume()
    second = post.world.delivery(first)["redriven_to"]
    third = post.world.delivery(second)["redriven_to"]
    assert [post.world.delivery(id_)["status"] for id_ in (first, second, third)] == ["failed", "failed", "sent"]
    assert post.world.subjects() == ["often"]
