"""`make redrive` on queues and a table of the embedded cloud, with a real consumer beside them."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from operate import dead_letters, redrive
from operate import stage as stages
from operate.command import InputError
from operate.stage import Stage
from tests.mail_records import MAIL
from tests.mail_world import World
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
NOBODY = {**MAIL, "Destination": "nobody"}
LATER_S = 3600


class Post:
    """A stage whose standard and FIFO queue a consumer reads, batch by batch, as a test asks for it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events = [world.sqs.create_queue(QueueName=f"{world.name}-events{n}")["QueueUrl"] for n in range(2)]
        standard, fifo = world.queue(), world.queue(".fifo")
        self.stage = Stage(
            name="local",
            outputs={
                "DeliveriesTable": f"{world.name}-deliveries",
                "StandardQueueUrl": standard.url,
                "StandardDeadLetterQueueUrl": standard.dead_letter_url,
                "FifoQueueUrl": fifo.url,
                "FifoDeadLetterQueueUrl": fifo.dead_letter_url,
                "FeedbackQueueUrl": self.events[0],
                "FeedbackDeadLetterQueueUrl": self.events[1],
            },
            sqs=world.sqs,
            dynamodb=world.dynamodb,
            functions=world.lambda_,
        )
        self.told: list[str] = []

    def consume(self, *, kind: str = "") -> None:
        """Let the consumer work through its queue."""
        while records := self.world.take(kind=kind):
            self.world.consume(self.world.consumer(), records)

    def rejected(self, *, kind: str = "", group: str = "g", **changed: str) -> str:
        """A request that its queue's consumer has rejected; returns its id."""
        message_id = self.world.put(kind=kind, group=group, **(NOBODY | changed))
        self.consume(kind=kind)
        return message_id

    def failed(self, subject: str, *, kind: str = "", group: str = "g") -> str:
        """A request that is as it should be, and that SES has refused."""
        self.world.fail(code="MessageRejected", message="not today", status=400)
        message_id = self.world.put(kind=kind, group=group, **(MAIL | {"Subject": subject}))
        self.consume(kind=kind)
        return message_id

    def redrive(self, *, queue: str = "standard", later_s: float = 0, **asked: Any) -> redrive.Redrive:
        """One run of the command on one queue."""
        wanted: dict[str, Any] = {"queue": queue, "reason": "", "dry": False, **asked}
        run = redrive.Redrive(target=self.stage, asked=redrive.Asked(**wanted), now=lambda: self.world.now() + later_s)
        run.work(queue)
        return run

    def letters(self, kind: str = "") -> list[str]:
        """The subjects of the dead letters that can be received now; they stay where they are."""
        found = self.world.take(kind=kind, url=self.world.queue(kind).dead_letter_url, visibility=0)
        return [letter["messageAttributes"]["Subject"]["stringValue"] for letter in found]

    def set_record(self, message_id: str, **values: Any) -> None:
        """Change attributes of a delivery record."""
        self.world.dynamodb.update_item(
            TableName=self.stage.outputs["DeliveriesTable"],
            Key={"id": {"S": message_id}},
            AttributeUpdates={name: {"Value": value} for name, value in values.items()},
        )


@pytest.fixture
def post(cloud: Cloud) -> Iterator[Post]:
    cloud.ses.forget_mails()
    yield Post(World(cloud))
    cloud.ses.reset()


def test_a_failed_request_is_sent_under_a_new_id_that_both_records_name(post: Post) -> None:
    failed = post.failed("now")
    assert post.redrive().told == {"redriven": 1}
    post.consume()
    assert post.world.subjects() == ["now"]
    old = post.world.delivery(failed)
    new = post.world.delivery(old["redriven_to"])
    assert (old["status"], new["status"], new["redriven_from"]) == ("failed", "sent", failed)
    assert post.letters() == []


def test_what_goes_in_again_has_the_attributes_it_came_with_and_names_its_beginning(post: Post) -> None:
    failed = post.failed("now")
    post.redrive()
    (record,) = post.world.take()
    texts = {name: value["stringValue"] for name, value in record["messageAttributes"].items()}
    assert texts == MAIL | {"Subject": "now", "RedrivenFrom": failed, "CorrelationId": failed}


def test_its_correlation_id_stays(post: Post) -> None:
    post.failed("now")
    (letter,) = post.world.dead_letters()
    texts = {name: value["stringValue"] for name, value in letter["messageAttributes"].items()}
    post.world.sqs.send_message(
        QueueUrl=post.world.queue().dead_letter_url,
        MessageBody=letter["body"],
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name, text in {**texts, "CorrelationId": "c"}.items()
        },
    )
    post.redrive()
    (record,) = post.world.take()
    assert record["messageAttributes"]["CorrelationId"]["stringValue"] == "c"


def test_only_letters_of_the_reason_asked_for_go_and_the_others_can_be_received_at_once(post: Post) -> None:
    post.rejected(Subject="rejected")
    post.failed("failed")
    run = post.redrive(reason="MessageRejected")
    assert (run.told, run.others) == ({"redriven": 1}, {"BadAddress": 1})
    assert post.letters() == ["rejected"]


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    failed = [post.failed(str(n)) for n in range(12)]
    before = post.world.delivery(failed[0])
    assert post.redrive(dry=True).told == {"would": 12}
    printed = capsys.readouterr().out
    assert all(f"would      send {id_} in again; MessageRejected: " in printed for id_ in failed)
    assert (len(post.letters()), post.world.take()) == (10, [])
    assert post.world.delivery(failed[0]) == before


def test_a_dry_run_leaves_a_letter_that_only_has_to_be_deleted(post: Post) -> None:
    post.set_record(post.failed("once"), redriven_to={"S": str(uuid4())})
    assert post.redrive(dry=True).told == {"finished": 1}
    assert post.letters() == ["once"]
    assert post.redrive().told == {"finished": 1}
    assert (post.letters(), post.world.take()) == ([], [])


def test_a_request_that_fails_again_is_told_and_not_sent_in_twice_by_one_run(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.rejected()
    take = post.world.sqs.delete_message

    def delete(**call: Any) -> Any:
        answer = take(**call)
        if call["QueueUrl"] == post.world.queue().dead_letter_url:
            monkeypatch.setattr(post.world.sqs, "delete_message", take)
            post.consume()  # as the deployed consumer does, while the run goes on
        return answer

    monkeypatch.setattr(post.world.sqs, "delete_message", delete)
    assert post.redrive().told == {"redriven": 1, "left": 1}
    assert post.redrive().told == {"redriven": 1}, "another run sends it in again"


def test_each_group_of_a_fifo_queue_keeps_its_order(post: Post) -> None:
    for n in range(12):
        for group in "ab":
            post.failed(f"{group}{n}", kind=".fifo", group=group)
    assert post.redrive(queue="fifo").told == {"redriven": 24}
    post.consume(kind=".fifo")
    for group in "ab":
        assert [subject for subject in post.world.subjects() if subject[0] == group] == [
            f"{group}{n}" for n in range(12)
        ]


def test_letters_of_a_fifo_group_behind_one_that_stays_are_reached(post: Post) -> None:
    post.rejected(kind=".fifo", Subject="stays")
    for n in range(15):
        post.failed(str(n), kind=".fifo")
    run = post.redrive(queue="fifo", reason="MessageRejected")
    assert (run.told, run.others) == ({"redriven": 15}, {"BadAddress": 1})
    assert post.letters(".fifo") == ["stays"]
    post.consume(kind=".fifo")
    assert post.world.subjects() == [str(n) for n in range(15)]


class CrashedError(Exception):
    """The end of the command's process."""


def crash(*_: object, **__: object) -> None:
    raise CrashedError


@pytest.mark.parametrize("kind", ["", ".fifo"])
@pytest.mark.parametrize("consumed_before", [False, True])
@pytest.mark.parametrize("where", ["before the record", "before the delete"])
def test_after_a_crash_the_next_run_ends_it_with_one_mail(
    post: Post, monkeypatch: pytest.MonkeyPatch, where: str, consumed_before: bool, kind: str
) -> None:
    failed = post.failed("once", kind=kind)
    queue = kind.removeprefix(".") or "standard"
    with monkeypatch.context() as patch:
        if where == "before the record":
            patch.setattr(redrive.Redrives, "take", crash)
        else:
            patch.setattr(dead_letters.DeadLetters, "delete", crash)
        with pytest.raises(CrashedError):
            post.redrive(queue=queue)
    if consumed_before:
        post.consume(kind=kind)
    post.redrive(queue=queue)
    assert post.letters(kind) == []
    post.consume(kind=kind)
    assert post.world.subjects() == ["once"]
    assert post.world.delivery(post.world.delivery(failed)["redriven_to"])["status"] == "sent"


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


def test_an_event_that_could_not_be_read_goes_back_as_it_came(post: Post) -> None:
    texts = {"FailureReason": "UnreadableEvent", "FailedRequestId": str(uuid4()), "Theirs": "x"}
    post.world.sqs.send_message(
        QueueUrl=post.events[1],
        MessageBody="{}",
        MessageAttributes={name: {"DataType": "String", "StringValue": text} for name, text in texts.items()},
    )
    assert post.redrive(queue="feedback", reason="UnreadableEvent").told == {"redriven": 1}
    (event,) = post.world.take(url=post.events[0])
    assert (event["body"], event["messageAttributes"].keys()) == ("{}", {"Theirs"})
    assert post.world.take(url=post.events[1]) == []


def test_the_command_works_on_every_queue_that_there_is(
    post: Post, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = post.rejected()
    monkeypatch.setattr(stages, "find", lambda _: post.stage)
    monkeypatch.setattr(redrive, "QUEUES", {name: redrive.QUEUES[name] for name in ("standard", "fifo", "inbox")})
    for name in ("STAGE", "QUEUE", "REASON", "DRY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REASON", "NoSite")
    out = [
        "standard   about 1 dead letters",
        "fifo       about 0 dead letters",
        "nothing to do",
        "not NoSite: 1 BadAddress",
    ]
    assert command("redrive", redrive.main) == (0, out, [])
    monkeypatch.setenv("REASON", "BadAddress")
    code, out, _ = command("redrive", redrive.main)
    assert (code, out[-1]) == (0, "1 redriven")
    assert out[1] == f"redriven   {failed} as {post.world.delivery(failed)['redriven_to']}; BadAddress"
    monkeypatch.setenv("QUEUE", "inbox")
    error = 'redrive: stage local has no queue inbox; set inbox in STAGES["local"]'
    assert command("redrive", redrive.main) == (2, [], [error])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"QUEUE": "mail"}, "QUEUE 'mail' is not one of standard, fifo, delay, feedback, inbox; leave it out for all"),
        ({"DRY": "no"}, "DRY 'no' is not yes; leave it out to send"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(typed: dict[str, str], told: str) -> None:
    with pytest.raises(InputError) as refused:
        redrive.Asked.from_environment(typed)
    assert str(refused.value) == told
