"""The mail path under faults: requests are queued, the queues run dry, and all that came of them is collected."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from msgspec import Struct, field

from mail_common.suppressions import Suppressions
from tests.end_to_end.conftest import MAPPINGS, MailPath
from tests.soak.accounts import Accounts, Letter, Mail, Record, account, out_of_order
from tests.soak.faults import Faults, Hand
from tests.soak.plan import SUPPRESSED, Request, plan

T = TypeVar("T")
WINDOW = 300
"""Requests that are queued at once."""
MOST_WAITING = {"Standard": 400, "Fifo": 1500, "Delay": 400}
"""Feeding waits for the consumer, since the emulator's queues are lists that are gone through for each message. Behind
a FIFO head that a killed invocation holds there are always some."""
MOST_SECONDS = 2400.0
"""After which no more is queued, so that a soak ends within the hour; what is missing is then a problem."""
FEEDERS = 3
BATCH, KEYS = 10, 100
"""What SendMessageBatch and BatchGetItem take at most."""
VISIBLE = "ApproximateNumberOfMessages"
HIDDEN = ("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
PATIENCE_S = 600.0
"""How long the last messages may take; a claim of a killed invocation stands for 65 seconds."""


class Done(Struct, kw_only=True):
    """What a run of requests has come to."""

    count: int
    seconds: float = 0.0
    """Until the queues were empty."""
    fed_seconds: float = 0.0
    """Until the last request was queued, which the consumer keeps pace with."""
    accounts: Accounts = field(default_factory=Accounts)
    sent: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])


class Run:
    """One run through the deployed mail path."""

    def __init__(self, mail_path: MailPath, *, count: int, seed: int, resend: bool) -> None:
        self._mail_path = mail_path
        self._count = count
        self._seed = seed
        self._resend = resend
        self._sent_in: defaultdict[str, list[Request]] = defaultdict(list)
        self._mails: list[Mail] = []

    def run(self, *, pause: float) -> Done:
        """Queue everything while faults happen, wait until the queues are empty, and account for it."""
        path, done = self._mail_path, Done(count=self._count)
        path.reset()
        path.set_consumer(ON_UNDECIDED="resend" if self._resend else "ask")
        now = int(time.time() * 1000)
        own = Suppressions(client=path.dynamodb, table=path.outputs["SuppressionsTable"])
        own.add(SUPPRESSED, reason="manual", at=now, detail="a soak's")
        hand = Hand(path.cloud, seed=self._seed)
        kinds = {
            **hand.of_ses(),
            **hand.of_servers(),
            "consumer killed": hand.kill(path.outputs["ConsumerFunction"]),
            "delivered again": hand.deliver_again,
        }
        began = time.monotonic()
        with Faults(kinds=kinds, pause=pause, seed=self._seed) as faults, ThreadPoolExecutor(FEEDERS) as feeders:
            for window in _chunks(plan(self._count, seed=self._seed), WINDOW):
                if self._wait_for_room(until=began + MOST_SECONDS):
                    self._feed(window, feeders)
            done.fed_seconds = time.monotonic() - began
        done.faults = dict(faults.counted)
        left = self._run_dry()
        done.seconds = time.monotonic() - began
        done.accounts = self._account()
        done.accounts.problems += faults.trouble + left
        done.sent = len(self._mails)
        return done

    def _feed(self, window: Sequence[Request], feeders: ThreadPoolExecutor) -> None:
        """Queue some requests: those of the FIFO queue in order, the others side by side."""
        by_queue: defaultdict[str, list[Request]] = defaultdict(list)
        for request in window:
            by_queue[request.queue].append(request)
        fifo = by_queue.pop("Fifo", [])
        others = [chunk for requests in by_queue.values() for chunk in _chunks(requests, BATCH)]
        in_order = feeders.submit(lambda: [self._put(chunk) for chunk in _chunks(fifo, BATCH)])
        for answers in [*feeders.map(self._put, others), *in_order.result()]:
            for message_id, request in answers:
                self._sent_in[message_id].append(request)

    def _put(self, chunk: Sequence[Request]) -> list[tuple[str, Request]]:
        entries = [{"Id": str(n), **request.message()} for n, request in enumerate(chunk)]
        url = self._mail_path.url(chunk[0].queue)
        answer = self._mail_path.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get("Failed"), answer["Failed"]
        return [(each["MessageId"], chunk[int(each["Id"])]) for each in answer["Successful"]]

    def _wait_for_room(self, *, until: float) -> bool:
        """Wait until no queue is too long; returns whether there is time left to queue more."""
        while any(self._waiting(queue, VISIBLE) > most for queue, most in MOST_WAITING.items()):
            self._collect_mails()
            time.sleep(0.3)
        return time.monotonic() < until

    def _waiting(self, queue: str, *names: str) -> int:
        url = self._mail_path.url(queue)
        attributes = self._mail_path.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*names])["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _run_dry(self) -> list[str]:
        """Wait until nothing is left, sparing hidden messages their wait; return what is still there after all."""
        began = time.monotonic()
        spared = began
        while left := sum(self._waiting(queue, VISIBLE, *HIDDEN) for queue in MAPPINGS):
            now = time.monotonic()
            if now - began > PATIENCE_S:
                return [f"{left} messages are still on their queues after {PATIENCE_S:.0f} s"]
            if now - spared > 10:
                self._mail_path.cloud.end_visibility_timeouts()
                spared = now
            self._collect_mails()
            time.sleep(0.5)
        return []

    def _collect_mails(self) -> None:
        """Take the mails out of the emulator, so that they do not fill it."""
        for mail in self._mail_path.ses.forget_mails():
            tags = {tag["name"]: tag["value"] for tag in mail["tags"]}
            self._mails.append(Mail(request_id=tags.get("request_id", "none"), number=int(mail["subject"])))

    def _account(self) -> Accounts:
        self._collect_mails()
        records = {id_: record for ids in _chunks(self._sent_in, KEYS) for id_, record in self._records(ids)}
        letters = [letter for queue in MAPPINGS for letter in self._letters(queue)]
        accounts = account(self._sent_in, records=records, mails=self._mails, letters=letters, resent=self._resend)
        queued = sum(map(len, self._sent_in.values()))
        if queued != self._count:
            accounts.problems.append(f"{queued} requests of {self._count} were queued")
        groups = {each.number: each.group for requests in self._sent_in.values() for each in requests if each.group}
        accounts.problems += out_of_order(self._mails, groups=groups)
        accounts.outcomes["mails of FIFO groups in order"] = sum(mail.number in groups for mail in self._mails)
        return accounts

    def _records(self, ids: Sequence[str]) -> Iterator[tuple[str, Record]]:
        table = self._mail_path.outputs["DeliveriesTable"]
        keys = [{"id": {"S": id_}} for id_ in ids]
        answer = self._mail_path.dynamodb.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
        assert not answer.get("UnprocessedKeys")
        for item in answer["Responses"][table]:
            texts = {name: item.get(name, {}).get("S", "") for name in ("status", "reason", "duplicate_of")}
            yield item["id"]["S"], Record(**texts)

    def _letters(self, queue: str) -> Iterator[Letter]:
        name = f"{queue}DeadLetter"
        while received := self._mail_path.receive(name):
            entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(received)]
            self._mail_path.sqs.delete_message_batch(QueueUrl=self._mail_path.url(name), Entries=entries)
            yield from map(_letter, received)


def _letter(message: dict[str, Any]) -> Letter:
    texts = {name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()}
    # What SQS has moved by itself has no reason.
    request_id = texts.get("FailedRequestId", message["MessageId"])
    return Letter(request_id=request_id, reason=texts.get("FailureReason", "too many receives"))


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
