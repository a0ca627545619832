"""The part of `make up` that shows what comes back: a bounce, which suppresses its address, and a mail from outside."""

import uuid
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from local.cloud import Cloud
from mail_common.suppressions import Suppressions
from operate import awaiting
from operate.awaiting import SECONDS, awaited
from operate.command import say
from operate.mail import queue
from operate.receive import receive
from operate.request import TypedRequest
from operate.stage import Stage


class FeedbackError(Exception):
    """What should have come back has not."""


@dataclass(frozen=True, kw_only=True)
class FirstFeedback:
    """Mails to an address that bounces, and a mail from outside."""

    cloud: Cloud
    stage: Stage

    def bounce(self) -> None:
        """Send to an address of SES's mailbox simulator that bounces, then again: the second mail is not sent."""
        # A label makes an address of its own, which no run before has suppressed.
        address = f"bounce+{uuid.uuid4().hex[:8]}@simulator.amazonses.com"
        self._send(address, ending="sent")
        own = Suppressions(client=self.stage.dynamodb, table=self.stage.outputs["SuppressionsTable"])
        found = awaited(lambda: own.reasons([address]).get(address), what=f"{address} is not suppressed")
        ((reason, entry),) = found.items()
        say("suppressed", f"{address} by a {reason}: {entry.detail}")
        self._send(address, ending="suppressed")

    def receive(self) -> dict[str, Any]:
        """Send a mail in as a stranger's mail server does, and return the mail that its route has made of it."""
        before, number = len(self.cloud.ses.mails()), uuid.uuid4().hex[:8]
        address = f"hello@{self.stage.outputs['ReceivingDomain']}"
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = "太郎 <taro@example.org>", address, f"お問い合わせ {number}"
        mail.set_content("はじめまして。")
        table = self.stage.outputs["ReceivedTable"]
        if receive(self.cloud, mail.as_bytes(), sender="taro@example.org", recipients=[address], table=table):
            raise FeedbackError(f"the mail to {address} is not stored")
        return awaiting.mail(self.cloud, number, after=before)

    def _send(self, address: str, *, ending: str) -> None:
        request = TypedRequest(
            recipient=address,
            sender=f"hello@{self.stage.outputs['Domain']}",
            subject="Edgepost からのお知らせ",
            body="このアドレスには届きません。",
            queue="standard",
            delay=None,
            wait=SECONDS,
        )
        news = queue(self.stage, request).follow(wait=SECONDS, say=say)
        say(news.word, f"to {address}: {news.text}")
        if news.word != ending:
            raise FeedbackError(f"{ending} expected for {address}, found {news.word}: {news.text}")
