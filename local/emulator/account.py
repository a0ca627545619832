"""The SES account: its settings, how much it has sent, its suppression list, and what tests have asked for.

One account, whatever region it is reached through. All code here runs on the emulator's event loop, so each method is
one step for all its callers.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from local.emulator.errors import SesError

DAY_SECONDS = 24 * 60 * 60


@dataclass(kw_only=True)
class Settings:
    """What a test may vary; the defaults never stand in the way."""

    max_send_rate: float = 10_000
    """Recipients per second."""
    max_24_hour_send: float = 10_000_000
    """Recipients in any 24 hours; -1 is no limit."""
    sending_enabled: bool = True
    production_access: bool = True
    """False is the sandbox, where recipients must be verified too."""
    latency_ms: float = 0
    """How long a send takes, milliseconds."""


@dataclass(kw_only=True)
class Fault:
    """How the next `times` sends fail, of those to `recipient` if one is named.

    `lose_answer` takes the mail, but the sender is never told.
    """

    times: int = 0
    code: str = ""
    message: str = ""
    status: int = 400
    lose_answer: bool = False
    recipient: str = ""


@dataclass(kw_only=True)
class Suppressed:
    """An address on the account-level suppression list."""

    address: str
    reason: str
    since: float


@dataclass
class Account:
    """The state of the local SES."""

    settings: Settings = field(default_factory=Settings)
    fault: Fault = field(default_factory=Fault)
    mails: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    verdicts: dict[str, str] = field(default_factory=dict[str, str])
    """What a test has chosen to be found out about mails that come; the rest is looked for."""
    suppressed: dict[str, Suppressed] = field(default_factory=dict[str, Suppressed])
    suppressed_reasons: list[str] = field(default_factory=lambda: ["BOUNCE", "COMPLAINT"])
    """Which reasons keep mail back: both, for accounts opened since November 2019."""
    _tokens: float = float("inf")
    _counted_at: float = 0
    _sent: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    _sent_sum: int = 0

    def change(self, **settings: Any) -> None:  # noqa: ANN401 (their types are those of `Settings`)
        """Change some settings; an unknown name is an error."""
        unknown = settings.keys() - vars(self.settings).keys()
        if unknown:
            raise ValueError(f"unknown setting {sorted(unknown)}, expected some of {sorted(vars(self.settings))}")
        vars(self.settings).update(settings)

    def reset(self) -> None:
        """Set everything but the mails back to how the emulator starts."""
        mails = self.mails
        vars(self).update(vars(Account(mails=mails)))

    def next_fault(self, recipients: list[str]) -> Fault | None:
        """Return the fault of the send in hand, if one is due, and count it."""
        if self.fault.times < 1 or self.fault.recipient not in ("", *recipients):
            return None
        self.fault.times -= 1
        return self.fault

    def sent_last_24_hours(self) -> int:
        """Return the recipients of the last 24 hours."""
        while self._sent and self._sent[0][0] < time.time() - DAY_SECONDS:
            self._sent_sum -= self._sent.popleft()[1]
        return self._sent_sum

    def check_quotas(self) -> None:
        """Refuse a send when nothing is left, neither of the day's quota nor of this second's rate.

        Both count recipients ("Service quotas in Amazon SES"), and a mail is taken whole when anything is left for
        it, so the rate may run into debt. The texts are those of "Errors related to the sending quotas for your
        Amazon SES account"; of the codes that the SES API v2 gives SendEmail, clients have recorded these two.
        """
        if 0 <= self.settings.max_24_hour_send <= self.sent_last_24_hours():
            raise SesError("LimitExceededException", "Daily message quota exceeded.")
        self._refill()
        if self._tokens <= 0:
            raise SesError("TooManyRequestsException", "Maximum sending rate exceeded.", status=429)

    def count(self, *, recipients: int, simulated: int) -> None:
        """Count a mail's recipients, of which those of the mailbox simulator only count towards the rate.

        "Using the mailbox simulator manually" (Amazon SES Developer Guide).
        """
        self._tokens -= recipients
        self._sent.append((time.time(), recipients - simulated))
        self._sent_sum += recipients - simulated

    def _refill(self) -> None:
        """Fill the bucket: it holds one second's worth, and at least one recipient."""
        now = time.monotonic()
        earned = (now - self._counted_at) * self.settings.max_send_rate
        self._tokens = min(self._tokens + earned, max(1, self.settings.max_send_rate))
        self._counted_at = now
