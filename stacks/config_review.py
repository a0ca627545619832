"""Settings of the TTL review: when it looks at which days, what it may cost, and what a proposal has to keep to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stacks.settings import Settings, address_problems, number
from stacks.ttl import BEHAVIOURS, DAY, MINUTE, POLICIES, YEAR

# "Schedule types in EventBridge Scheduler" (EventBridge Scheduler user guide): a cron expression has six fields.
SCHEDULE = re.compile(r"cron\([\w,*/?#-]+( [\w,*/?#-]+){5}\)|rate\([1-9]\d{0,3} (minute|hour|day)s?\)")
DELIVERY_DAYS = 2
"""What a period is behind by: entries may come a day late, and only whole days count."""


class Seconds(NamedTuple):
    """So many seconds for what has this name."""

    name: str
    seconds: int

    def __str__(self) -> str:
        """As docs/settings.md has it."""
        return f"{self.name} {self.seconds:,}"


@dataclass(frozen=True, kw_only=True)
class ReviewConfig(Settings):
    """What is looked at, what is proposed, and who is told."""

    schedule: str = "cron(0 6 ? * TUE *)"
    """In the words of EventBridge Scheduler, by UTC. On a Tuesday the latest seven days whose logs are complete are
    those from Monday to Sunday."""
    report_to: tuple[str, ...] = ()
    """Who gets the report; none: the contact_email."""
    period_days: int = number(7, low=1, high=92)
    """How many days a review looks at."""
    top: int = number(50, low=1, high=1000)
    """How many objects the table of popular ones has."""
    least_requests: int = number(1000, low=1, high=1_000_000_000)
    """Requests of a behaviour in a period; with fewer, nothing is proposed for it."""
    most_stale_seconds: tuple[Seconds, ...] = (
        Seconds("assets", YEAR),
        Seconds("images", DAY),
        Seconds("pages", 5 * MINUTE),
        Seconds("api", MINUTE),
    )
    """How long an answer may be out of date, by TTL policy; nothing longer is proposed. A policy that is not named
    gets no proposal."""
    origin_seconds: tuple[Seconds, ...] = (Seconds("/assets/*", YEAR), Seconds("/images/*", DAY), Seconds("*", MINUTE))
    """How long the origin asks for its answers to be kept, by the path pattern of a behaviour, which logs do not tell;
    for what is not named, nothing, so that the policy's default is in force."""
    origin_stale_seconds: tuple[Seconds, ...] = (Seconds("*", 30),)
    """For how long after that the origin lets an answer be served while a new one is fetched, by path pattern: its
    stale-while-revalidate."""
    changes: tuple[Seconds, ...] = ()
    """Seconds between two changes of an object, by the path pattern of a behaviour; what is not named is estimated."""
    scan_limit_gib: int = number(50, low=1, high=7000)
    """What one query may read of the logs, in 2**30 bytes; Athena ends one that would read more."""
    result_days: int = number(30, low=1, high=3650)
    """How long the results of queries are kept."""
    timeout_seconds: int = number(900, low=60, high=900)
    memory_mib: int = number(3008, low=512, high=10_240)
    """Lambda gives processor time by it: two processors from 1770 on."""

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about the schedule, addresses, policies and path patterns."""
        yield from super().problems()
        yield from address_problems("report_to", *self.report_to)
        if not SCHEDULE.fullmatch(self.schedule):
            yield f"schedule {self.schedule!r} is neither cron(…) nor rate(…) of EventBridge Scheduler; set schedule"
        yield from _problems("most_stale_seconds", self.most_stale_seconds, POLICIES)
        yield from _problems("origin_seconds", self.origin_seconds, BEHAVIOURS)
        yield from _problems("origin_stale_seconds", self.origin_stale_seconds, BEHAVIOURS)
        yield from _problems("changes", self.changes, BEHAVIOURS)

    def problems_with(self, log_days: int) -> Iterator[str]:
        """Yield what is wrong where logs are kept for so many days."""
        if self.period_days + DELIVERY_DAYS > log_days:
            yield (
                f"log_days {log_days} of the edge is less than {DELIVERY_DAYS} more than period_days {self.period_days}"
                " of the review, which would miss logs; set log_days"
            )


def _problems(setting: str, given: tuple[Seconds, ...], known: Mapping[str, object]) -> Iterator[str]:
    names = [name for name, _ in given]
    for name, seconds in given:
        if name not in known:
            yield f"{setting} {name!r} is none of {', '.join(known)}; set {setting}"
        if names.count(name) > 1:
            yield f"{setting} {name!r} is there {names.count(name)} times; set {setting}"
        if seconds < 1:
            yield f"{setting} {name!r} {seconds} is less than 1; set {setting}"
