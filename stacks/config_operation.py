"""Settings of operating a stage: what is watched, what it shows, and what it may cost."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import Settings, number

BUDGET_ADDRESSES = 10
"""So many addresses can a notification of a budget have ("AWS::Budgets::Budget", CloudFormation template reference)."""


@dataclass(frozen=True, kw_only=True)
class OperationConfig(Settings):
    """What people look at when they operate a stage."""

    dashboard: bool = True
    """One dashboard of both regions, which costs 3 USD a month where an account has more than three."""
    quota_check_minutes: int = number(5, low=1, high=60)
    """How often SES is asked for the account's quota and rate."""
    quota_used_percent: float = number(80.0, low=1, high=100)
    """Recipients of the last 24 hours, of those that SES allows the account, at which people are told."""
    monthly_budget_usd: float | None = number(None, low=1, high=1_000_000)
    """What the whole account may cost in a month; those in emails are told when it does, and when it is forecast
    to. AWS tells costs of a stage alone only where its tag has been activated for costs. None: no budget."""

    def problems_with(self, emails: tuple[str, ...]) -> Iterator[str]:
        """Yield that a budget has to tell somebody, and not too many."""
        if self.monthly_budget_usd is not None and not 1 <= len(emails) <= BUDGET_ADDRESSES:
            yield f"monthly_budget_usd would tell {len(emails)} addresses, not 1 to {BUDGET_ADDRESSES}; set emails"
