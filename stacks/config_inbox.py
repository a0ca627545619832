"""Settings of received mail: for which domains, what is done with what fails a check, and where mails go.

Where SES receives mail is from "Amazon Simple Email Service endpoints and quotas" (AWS general reference), "Email
Receiving endpoints", as read in November 2026; the characters of names are from "ReceiptRule" (Amazon SES API
reference).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stacks.config_mail import DomainConfig
from stacks.settings import LABEL, Settings, address_problems, choice, number

RECEIVING_REGIONS = (
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
ROUTE_NAME = re.compile(r"[a-z0-9](-?[a-z0-9]){0,39}")
RULE_SET_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
WILDCARDS = re.compile(r"[?\[\]]")
"""What a pattern must not have: only the star is one."""


@dataclass(frozen=True, kw_only=True)
class Route(Settings):
    """Where mails to some addresses go: on to other addresses, to a topic, or both."""

    name: str
    """One of its own in the stage: small letters, digits and hyphens."""
    recipients: tuple[str, ...]
    """Whole addresses of a receiving domain; a star stands for any characters."""
    forward_to: tuple[str, ...] = ()
    """Who gets the mail, from an address of our own, with the sender to reply to."""
    publish: bool = False
    """A topic of the route's own tells of each mail."""

    def __str__(self) -> str:
        return self.name

    def problems(self) -> Iterator[str]:
        """Add what a name is made of, and that a route leads from somewhere to somewhere."""
        yield from super().problems()
        if not ROUTE_NAME.fullmatch(self.name):
            yield (
                f"route name {self.name!r} is not 1 to 40 small letters and digits, with single hyphens between; "
                "set its name"
            )
        if not self.recipients:
            yield f"route {self.name!r} has no recipients; set its recipients"
        if not self.forward_to and not self.publish:
            yield f"route {self.name!r} leads nowhere; set its forward_to or publish"
        yield from address_problems(f"forward_to of route {self.name!r}", *self.forward_to)

    def problems_at(self, domains: tuple[str, ...]) -> Iterator[str]:
        """Yield what is wrong with the addresses, where these domains receive."""
        for pattern in self.recipients:
            local_part, _, domain = pattern.rpartition("@")
            if not local_part or domain not in domains or WILDCARDS.search(pattern) or pattern != pattern.lower():
                yield (
                    f"recipient {pattern!r} of route {self.name!r} is no address in small letters at "
                    f"{' or '.join(domains)}; set its recipients"
                )
        for address in self.forward_to:
            if address.lower().rpartition("@")[2] in domains:
                yield f"route {self.name!r} forwards to {address!r}, which is received here; set its forward_to"


@dataclass(frozen=True, kw_only=True)
class InboxConfig(Settings):
    """Mail that SES receives."""

    subdomain: str = "in"
    """The label below the mail domain that receives; empty: none, for which apex has to be on."""
    apex: bool = False
    """The mail domain itself receives too: no other server gets mail to it any more."""
    take_over: bool = False
    """Activate our rule set though another one is active, which then receives nothing until ours is removed: an
    account has one active rule set in a region."""
    existing_rule_set: str = ""
    """Add our rule to this rule set, which has to be the active one, instead of making a set; empty: make one."""
    spam: str = choice("quarantine", "accept", "drop")
    """What to do with a mail that fails this check: quarantine and drop keep it and its record but take no route."""
    virus: str = choice("drop", "quarantine", "accept")
    spf: str = choice("accept", "quarantine", "drop")
    dkim: str = choice("accept", "quarantine", "drop")
    dmarc: str = choice("quarantine", "accept", "drop")
    routes: tuple[Route, ...] = ()
    """Where mails go beside the inbox. A Route has a name, recipients, and forward_to (addresses) or publish (to a
    topic of its own) or both; a mail takes each route that one of its recipients matches."""
    keep_days: int = number(30, low=1, high=3650)
    """How long a mail is kept."""
    record_days: int = number(90, low=1, high=3650)
    """How long the record of a mail is kept."""
    timeout_seconds: int = number(60, low=30, high=900)
    memory_mib: int = number(1024, low=512, high=10_240)
    """A mail has up to 40 MiB and is in memory a few times over while it is read."""
    batch_size: int = number(5, low=1, high=10)
    max_concurrency: int = number(2, low=2, high=1000)
    """Invocations at once; Lambda takes no less than two."""
    max_receive_count: int = number(5, low=3, high=1000)
    """Receives before a notification goes to the dead-letter queue; a mail that ends the function twice gets a record
    that says so at the third."""

    @property
    def verdicts(self) -> dict[str, str]:
        """What to do with a mail that fails a check, by check."""
        return {check: getattr(self, check) for check in ("spam", "virus", "spf", "dkim", "dmarc")}

    def domains(self, mail_domain: str) -> tuple[str, ...]:
        """Return the domains that receive."""
        below = (f"{self.subdomain}.{mail_domain}",) if self.subdomain else ()
        return (*below, *((mail_domain,) if self.apex else ()))

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about names and routes."""
        yield from super().problems()
        if self.subdomain and not re.fullmatch(LABEL, self.subdomain):
            yield f"inbox subdomain {self.subdomain!r} is not one label; set subdomain"
        if not self.subdomain and not self.apex:
            yield "the inbox has neither a subdomain nor the apex, so that nothing is received; set subdomain"
        if self.existing_rule_set and not RULE_SET_NAME.fullmatch(self.existing_rule_set):
            yield f"existing_rule_set {self.existing_rule_set!r} is not the name of a rule set; set existing_rule_set"
        if self.existing_rule_set and self.take_over:
            yield "take_over has nothing to take over beside an existing_rule_set; set take_over"
        for route in self.routes:
            yield from route.problems()
        for name, times in Counter(route.name for route in self.routes).items():
            if times > 1:
                yield f"routes name {name!r} {times} times; set routes"

    def problems_in(self, region: str, domain: DomainConfig) -> Iterator[str]:
        """Yield what is wrong with receiving in this region, below this domain."""
        if region not in RECEIVING_REGIONS:
            yield f"region {region!r} is none where SES receives mail ({', '.join(RECEIVING_REGIONS)}); set inbox"
        if self.subdomain == domain.mail_from_subdomain:
            yield f"inbox subdomain {self.subdomain!r} is the mail_from_subdomain, where bounces go; set subdomain"
        for route in self.routes:
            yield from route.problems_at(self.domains(domain.domain))
