"""`make up`: start the embedded cloud, deploy to it, send and receive mails, and visit the site.

A second run finds the cloud running and updates what has changed. A run that fails stops what it has started.
"""

import os
import signal
import sys
import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import STATE, Cloud, CloudError, running, start
from local.deploy import DeployError, deploy
from operate import show, web
from operate.awaiting import LateError
from operate.command import INTERRUPTED, InputError, StageError, fail, say
from operate.delivery import News
from operate.first_feedback import FeedbackError, FirstFeedback
from operate.first_review import FirstReview, ReviewError
from operate.first_visit import FirstVisit, VisitError
from operate.mail import queue
from operate.request import TypedRequest
from operate.stage import QUEUES, Stage, found, relative

PORTS = {"PORT": 4566, "HTTP_PORT": 8080, "HTTPS_PORT": 8443, "SMTP_PORT": 2525}
"""Where AWS's services, the site's two protocols and the inbox are, by the name that chooses another port."""
HIGHEST_PORT = 65535
MAIL_SECONDS = 60
"""How long the mail may take; a second is usual."""
FAILED = 1
RECIPIENT = "taro@example.com"


class MailError(Exception):
    """The mail has not come out, or more than one has."""


FAILURES = (
    *(InputError, CloudError, DeployError, MailError, FeedbackError, ReviewError, VisitError, LateError, StageError),
    *(BotoCoreError, ClientError, OSError),
)


def main() -> None:
    """Do it, and turn every failure into one line and an exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    try:
        with embedded_cloud(os.environ) as cloud:
            up(cloud)
    except KeyboardInterrupt:
        fail("up", "interrupted", code=INTERRUPTED)
    except FAILURES as error:
        fail("up", error, code=FAILED)
    print(f"\nUp in {time.monotonic() - began:.0f} s. Next: make mail TO=you@example.com · make author · make down")


@contextmanager
def embedded_cloud(typed: Mapping[str, str]) -> Generator[Cloud]:
    """Yield the cloud that runs already, or a new one, which is stopped again when this run fails."""
    wanted = {name: _port(name, typed.get(name) or str(usual)) for name, usual in PORTS.items()}
    cloud = running(STATE)
    if cloud:
        taken = dict(zip(PORTS, (cloud.port, cloud.edge_port, cloud.edge_tls_port, cloud.smtp_port), strict=True))
        for name in PORTS:
            if typed.get(name) and wanted[name] != taken[name]:
                has = f"the embedded cloud has {name} {taken[name]}, not {wanted[name]}"
                raise InputError(f"{has}; run `make down` first")
        say("cloud", f"{cloud.endpoint}, running already")
        yield cloud
        return
    cloud = start(
        port=wanted["PORT"],
        state=STATE,
        edge_ports=(wanted["HTTP_PORT"], wanted["HTTPS_PORT"]),
        smtp_port=wanted["SMTP_PORT"],
    )
    say("cloud", f"{cloud.endpoint}, started; its log is {_log()}")
    try:
        yield cloud
    except BaseException:
        cloud.stop()
        print("The embedded cloud that this run started is stopped again.", file=sys.stderr)
        raise


def _port(name: str, typed: str) -> int:
    if not (typed.isdecimal() and 0 < int(typed) <= HIGHEST_PORT):
        raise InputError(f"{name} '{typed}' is not a number from 1 to {HIGHEST_PORT}")
    return int(typed)


def up(cloud: Cloud) -> None:
    """Deploy, show what there is, send a request, see a bounce and a received mail, then visit the site."""
    deploy(cloud, report=_report)
    stage = found("local", cloud.client)
    print("\nqueues")
    for name in QUEUES:
        say(f"  {name}", stage.queue_url(name))
    print("\nDNS records")
    print("\n".join(records(cloud.client("route53"), zone=stage.outputs["HostedZoneId"])))
    print()
    mail = send_one(cloud, stage)
    print("\nthe mail, as SES has taken it")
    print("\n".join(show.mail(mail)))
    print()
    feedback = FirstFeedback(cloud=cloud, stage=stage)
    feedback.bounce()
    print()
    mail = feedback.receive()
    print("\nthe mail that was received, as it is sent on")
    print("\n".join(show.mail(mail)))
    print()
    mail = FirstVisit(cloud=cloud, web=web.found("local", cloud.client)).show()
    print("\nthe mail that the contact form has become")
    print("\n".join(show.mail(mail)))
    print()
    mail = FirstReview(cloud=cloud).show()
    say("report", f"{mail['subject']}, to {', '.join(mail['to'])}; `make mails` shows it whole")


def _report(line: str) -> None:
    say("deploy", line)


def records(route53: Any, *, zone: str) -> Iterator[str]:  # noqa: ANN401
    """Yield the lines that show a zone's records, without those that every zone has."""
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    sets = [record for page in pages for record in page["ResourceRecordSets"] if record["Type"] not in {"NS", "SOA"}]
    width = max((len(record["Name"]) for record in sets), default=0)
    for record in sets:
        for value in record["ResourceRecords"]:
            yield f"  {record['Name']:<{width}}  {record['Type']:<5}  {value['Value']}"


def send_one(cloud: Cloud, stage: Stage) -> dict[str, Any]:
    """Send a mail request as any program would, and return the one mail that comes of it."""
    number = uuid.uuid4().hex[:8]  # tells this run's mail from those of others
    text = f"こんにちは。これは Edgepost の最初のメールです。\n受付番号 {number}"
    request = TypedRequest(
        recipient=RECIPIENT,
        sender=f"hello@{stage.outputs['Domain']}",
        subject="Edgepost からのお知らせ",
        body=text,
        queue="standard",
        delay=None,
        wait=MAIL_SECONDS,
    )
    delivery = queue(stage, request)
    say("queued", f"a mail request to {RECIPIENT}, message {delivery.message_id}")
    news = delivery.follow(wait=request.wait, say=say)
    return the_one(cloud, number, news)


def the_one(cloud: Cloud, number: str, news: News) -> dict[str, Any]:
    """Return the mail with this number, if there is exactly one."""
    mails = [mail for mail in cloud.ses.mails() if number in (mail.get("text") or "")]
    if news.word != "sent" or len(mails) != 1:
        raise MailError(
            f"1 mail expected within {MAIL_SECONDS} s, found {len(mails)}; {news.word}: {news.text}; see {_log()}"
        )
    say(news.word, news.text)
    return mails[0]


def _log() -> str:
    return relative(STATE / "emulator.log")


if __name__ == "__main__":
    main()
