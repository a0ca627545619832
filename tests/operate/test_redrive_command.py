"""`make redrive` on queues and a table of the embedded cloud, with a real consumer beside them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from operate import dead_letters, redrive
from operate import stage as stages
from operate.command import InputError
from tests.mail_records import MAIL
from tests.operate.conftest import Told
from tests.redrive_world import Post

Command = Callable[[str, Callable[[], int]], Told]


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
