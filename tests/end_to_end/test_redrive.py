"""Dead letters of the deployed mail path, sent in again by `make redrive`."""

from collections.abc import Callable

import pytest

from operate import redrive
from operate.dead_letters import DeadLetters
from operate.stage import found
from tests.end_to_end.conftest import MailPath
from tests.waiting import wait_until

Run = Callable[..., redrive.Redrive]


@pytest.fixture
def run(mail_path: MailPath) -> Run:
    """Run the command on one queue."""

    def run(queue: str = "standard", *, reason: str = "", dry: bool = False) -> redrive.Redrive:
        asked = redrive.Asked(queue=queue, reason=reason, dry=dry)
        work = redrive.Redrive(target=found("local", mail_path.cloud.client), asked=asked)
        work.work(queue)
        return work

    return run


def refuse(mail_path: MailPath, *subjects: str, queue: str = "Standard") -> list[str]:
    """Queue requests that SES refuses, wait until they are dead letters, and return their ids."""
    mail_path.ses.fail(times=len(subjects), code="MessageRejected", message="not today")
    ids = [mail_path.put(subject, queue=queue) for subject in subjects]
    wait_until(lambda: all(mail_path.delivery(id_).get("status") == "failed" for id_ in ids), what=lambda: "no failure")
    return ids


def letters(mail_path: MailPath, queue: str = "Standard") -> list[str]:
    """The subjects of the dead letters that can be received now."""
    received = mail_path.receive(f"{queue}DeadLetter")
    return [letter["MessageAttributes"]["Subject"]["StringValue"] for letter in received]


def test_after_a_dry_run_the_failed_are_sent_by_their_reason_and_the_rejected_stay(
    mail_path: MailPath, run: Run
) -> None:
    rejected = mail_path.put("rejected", to="nobody")
    wait_until(lambda: mail_path.delivery(rejected).get("status") == "failed")
    failed = refuse(mail_path, "one", "two")
    assert run(dry=True).told == {"would": 3}
    assert mail_path.mails() == []

    work = run(reason="MessageRejected")
    assert (work.told, work.others) == ({"redriven": 2}, {"BadAddress": 1})
    assert letters(mail_path) == ["rejected"]
    assert sorted(mail_path.sent(2)) == ["one", "two"]
    for id_ in failed:
        new = mail_path.delivery(id_)["redriven_to"]
        wait_until(lambda new=new: mail_path.delivery(new).get("status") == "sent", what=lambda: "not recorded")
        assert mail_path.delivery(new)["redriven_from"] == id_


def test_what_is_still_wrong_comes_back_as_a_letter_of_its_new_request(mail_path: MailPath, run: Run) -> None:
    first = mail_path.put("wrong", to="nobody")
    wait_until(lambda: mail_path.delivery(first).get("status") == "failed")
    assert run().told["redriven"] == 1
    second = mail_path.delivery(first)["redriven_to"]
    wait_until(lambda: mail_path.delivery(second).get("status") == "failed")
    (letter,) = mail_path.dead_letters()
    assert letter["MessageAttributes"]["FailedRequestId"]["StringValue"] == second
    assert mail_path.mails() == []


def test_a_fifo_group_is_sent_in_its_order(mail_path: MailPath, run: Run) -> None:
    refuse(mail_path, *map(str, range(12)), queue="Fifo")
    assert run("fifo").told == {"redriven": 12}
    assert mail_path.sent(12) == [str(n) for n in range(12)]
    assert letters(mail_path, "Fifo") == []


class CrashedError(Exception):
    """The end of the command's process."""


def crash(*_: object, **__: object) -> None:
    raise CrashedError


@pytest.fixture(params=[(redrive.Redrives, "take"), (DeadLetters, "delete")], ids=["record", "delete"])
def crashed_run(request: pytest.FixtureRequest, run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Run the command until its process ends: after the send, before the record or the delete."""

    def crashed() -> None:
        owner, name = request.param
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, crash)
            with pytest.raises(CrashedError):
                run()

    return crashed


@pytest.mark.parametrize("paused", [True, False])
def test_a_crash_between_send_and_delete_is_no_second_mail(
    mail_path: MailPath, run: Run, crashed_run: Callable[[], None], paused: bool
) -> None:
    """Whether the consumer takes the first message before the second is there, or both at once."""
    (failed,) = refuse(mail_path, "once")
    mail_path.set_mappings(enabled=not paused)
    crashed_run()
    if not paused:
        mail_path.sent(1)
    run()
    mail_path.set_mappings(enabled=True)
    assert mail_path.sent(1) == ["once"]
    assert letters(mail_path) == []
    new = mail_path.delivery(failed)["redriven_to"]
    wait_until(lambda: mail_path.delivery(new).get("status") == "sent", what=lambda: str(mail_path.delivery(new)))
    assert mail_path.subjects() == ["once"]


def test_a_letter_about_a_request_that_was_sent_is_left(mail_path: MailPath, run: Run) -> None:
    sent = mail_path.put("once")
    mail_path.sent(1)
    letter = mail_path.message("once")
    letter["MessageAttributes"]["FailedRequestId"] = {"DataType": "String", "StringValue": sent}
    mail_path.sqs.send_message(QueueUrl=mail_path.url("StandardDeadLetter"), **letter)
    assert run().told == {"left": 1}
    assert (letters(mail_path), mail_path.sent(1)) == (["once"], ["once"])
