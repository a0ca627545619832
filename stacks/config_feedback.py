"""Settings of what is done with bounces and complaints.

The percentages are those at which AWS puts an account under review and at which it may pause it, as its documentation
page "Reputation metrics messages" (Amazon SES developer guide) has them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import Settings, number


@dataclass(frozen=True, kw_only=True)
class FeedbackConfig(Settings):
    """What becomes of the events that SES publishes about mails, and when the sender's reputation is in danger."""

    transient_bounces: int = number(3, low=1, high=100)
    """So many transient bounces of an address within transient_days suppress it; a permanent one does so at once."""
    transient_days: int = number(7, low=1, high=365)
    bounce_review_percent: float = number(5.0, low=0.1, high=100)
    """Bounces of all the account's mails at which people are told; AWS reviews an account from 5."""
    bounce_pause_percent: float = number(10.0, low=0.1, high=100)
    """Bounces at which sending is in danger; AWS may pause an account from 10."""
    complaint_review_percent: float = number(0.1, low=0.01, high=100)
    """Complaints at which people are told; AWS reviews an account from 0.1."""
    complaint_pause_percent: float = number(0.5, low=0.01, high=100)
    """Complaints at which sending is in danger; AWS may pause an account from 0.5."""
    pause_on_reputation: bool = False
    """At either pause percentage, sending is disabled until a person enables it again."""
    timeout_seconds: int = number(30, low=10, high=900)
    memory_mib: int = number(512, low=128, high=10_240)
    max_concurrency: int = number(2, low=2, high=1000)
    """Invocations at once; Lambda takes no less than two."""
    max_receive_count: int = number(10, low=1, high=1000)
    """Receives before an event goes to the dead-letter queue: the function fails or its tables cannot be reached."""

    def problems(self) -> Iterator[str]:
        """Add that AWS reviews an account before it pauses it."""
        yield from super().problems()
        for kind in ("bounce", "complaint"):
            review, pause = (getattr(self, f"{kind}_{level}_percent") for level in ("review", "pause"))
            if review >= pause:
                setting = f"{kind}_pause_percent"
                yield f"{setting} {pause} is not above {kind}_review_percent {review}; set {setting}"
