"""Settings of the mail path: domain, queues, consumer.

AWS's own bounds are from its documentation pages "Amazon SQS message quotas", "Lambda quotas" and "Service quotas in
Amazon SES".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stacks.settings import LABEL, NAME, Settings, address_problems, choice, number

MIB = 2**20
TENANT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""As "CreateTenant" (Amazon SES API v2 reference) takes it."""


@dataclass(frozen=True, kw_only=True)
class DomainConfig(Settings):
    """The domain that mail is sent from, and its records."""

    domain: str
    """What stands after the @ of senders; the zone's own name or below it."""
    zone_name: str = ""
    """The hosted zone that takes the records; empty: named as the domain."""
    hosted_zone_id: str = ""
    """An existing zone's id; empty: the zone is made."""
    mail_from_subdomain: str = "bounce"
    """The label below the domain that bounces return to."""
    spf: str = "v=spf1 include:amazonses.com -all"
    """SPF of the domain itself; empty: no TXT record at the domain. SPF of SES mail is checked at the MAIL FROM
    subdomain, so this one only tells others who else may use the domain. CloudFormation cannot take over a TXT record
    set that exists: list its other values below and delete it before the first deploy, or leave this empty."""
    other_txt_values: tuple[str, ...] = ()
    """What else the domain's TXT record set must hold: site verifications and the like."""
    dmarc_policy: str = choice("none", "quarantine", "reject")
    """What receivers shall do with mail that fails both DKIM and SPF."""
    dmarc_reports_to: str = ""
    """Where receivers send aggregate reports; empty: nowhere."""
    require_tls: bool = True
    """Deliver only over TLS: mail to a server without TLS bounces."""
    sandbox_recipients: tuple[str, ...] = ()
    """Addresses that SES verifies as recipients while the account is in its sandbox; each gets a mail with a link."""
    tenant: str = ""
    """The SES tenant that mails are sent for, so that its reputation is apart from that of the account's other
    senders; empty: none."""

    @property
    def zone(self) -> str:
        """The name of the hosted zone."""
        return self.zone_name or self.domain

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about names and addresses."""
        yield from super().problems()
        if not NAME.fullmatch(self.domain):
            reason = "is not a domain name in lower case" if "." in self.domain else "has no dot"
            yield f"mail domain {self.domain!r} {reason}; set domain"
        if not f".{self.domain}".endswith(f".{self.zone}"):
            yield f"mail domain {self.domain!r} is not in hosted zone {self.zone!r}; set zone_name"
        if not re.fullmatch(LABEL, self.mail_from_subdomain):
            yield f"mail_from_subdomain {self.mail_from_subdomain!r} is not one label; set mail_from_subdomain"
        if self.other_txt_values and not self.spf:
            yield "other_txt_values would not be written without an SPF record; set spf"
        if self.tenant and not TENANT_NAME.fullmatch(self.tenant):
            yield f"tenant {self.tenant!r} is not 1 to 64 letters, digits, hyphens and underscores; set tenant"
        yield from address_problems("dmarc_reports_to", *filter(None, [self.dmarc_reports_to]))
        yield from address_problems("sandbox_recipients", *self.sandbox_recipients)


@dataclass(frozen=True, kw_only=True)
class QueueConfig(Settings):
    """The three source queues and their dead-letter queues."""

    retention_days: int = number(14, low=1, high=14)
    dead_letter_retention_days: int = number(14, low=1, high=14)
    delay_seconds: int = number(60, low=0, high=900)
    """How long the delay queue holds a message that asks for no delay of its own."""
    content_based_deduplication: bool = False
    """FIFO only. SQS would hash the body and not the attributes: two mails with equal bodies would become one."""
    max_receive_count: int = number(100, low=1, high=1000)
    """Receives before SQS moves a message by itself. Only a net: the consumer counts its attempts itself."""

    def problems(self) -> Iterator[str]:
        """Add that a dead letter must not expire before its source would have."""
        yield from super().problems()
        if self.dead_letter_retention_days < self.retention_days:
            yield (
                f"dead_letter_retention_days {self.dead_letter_retention_days} is below retention_days "
                f"{self.retention_days}; set dead_letter_retention_days"
            )


@dataclass(frozen=True, kw_only=True)
class WarmUpConfig(Settings):
    """A ceiling of recipients a day that rises day by day, for a domain that receivers do not know yet."""

    start: str
    """The day from which the ceiling rises, as 2026-12-01, in UTC; before it the first day's ceiling holds."""
    first_day: int = number(200, low=1, high=1_000_000)
    """Recipients on the first day."""
    growth: float = number(1.5, low=1.1, high=5)
    """Each day's ceiling is that of the day before times this."""

    def problems(self) -> Iterator[str]:
        """Add what a day looks like."""
        yield from super().problems()
        if not _is_day(self.start):
            yield f"warm-up start {self.start!r} is not a day as 2026-12-01; set start"


@dataclass(frozen=True, kw_only=True)
class ConsumerConfig(Settings):
    """The function that sends what the queues hold."""

    send_rate: float = number(1.0, low=0.1, high=10_000)
    """Recipients per second that SES allows the account (its "maximum send rate")."""
    timeout_seconds: int = number(60, low=30, high=900)
    """No send starts in the last 15 seconds, so that it can end."""
    memory_mib: int = number(512, low=128, high=10_240)
    batch_size: int = number(10, low=1, high=10)
    max_concurrency: int = number(2, low=2, high=1000)
    """Invocations at once for each queue; Lambda takes no less than two."""
    max_attempts: int = number(5, low=1, high=100)
    """Real attempts to send before a request goes to the dead-letter queue."""
    on_undecided: str = choice("ask", "resend")
    """When a crash leaves open whether a mail went out: move it to the dead-letter queue, or send it, maybe twice."""
    record_days: int = number(30, low=15, high=3650)
    """How long a delivery record is kept; longer than a message can wait, for it is what makes a mail go out once."""
    attachment_days: int = number(30, low=28, high=3650)
    """How long an attachment is kept; a request can wait 14 days in its queue and 14 more as a dead letter."""
    max_mail_bytes: int = number(10 * MIB, low=1024, high=40 * MIB)
    """The whole encoded mail; SES takes up to 40 MiB."""
    resume_check_minutes: int = number(5, low=1, high=60)
    """How often to look whether a paused consumer can go on."""
    quota_headroom: float = number(0.1, low=0.0, high=1.0)
    """The part of the daily sending quota that must be free again before a paused consumer goes on."""
    warm_up: WarmUpConfig | None = None
    """Send no more than a ceiling of recipients a day that rises day by day, from first_day recipients on the day
    start, times growth each day after it; None: as many as SES allows."""

    def problems(self) -> Iterator[str]:
        """Add that the largest mail must fit into memory: its files, their base64 text and the request's bytes.

        Mails with files are built one at a time; the others are no larger than their message, 1 MiB.
        """
        yield from super().problems()
        needed_mib = 128 + 6 * self.max_mail_bytes // MIB
        if self.memory_mib < needed_mib:
            yield (
                f"memory_mib {self.memory_mib} does not hold a mail of max_mail_bytes {self.max_mail_bytes}, "
                f"which needs {needed_mib}; set memory_mib"
            )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
