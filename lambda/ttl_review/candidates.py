"""Which TTLs are tried for a behaviour, how long each would keep an answer, and where it is set.

How long is always the word of `freshness.judge`; here is only what it is asked.
"""

from msgspec import Struct

from ttl_review.freshness import Ttl, Verdict, judge
from ttl_review.model import Policy

MINUTE, HOUR, DAY = 60, 3600, 86_400
TRIED = (
    *(0, 1, 5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY),
)
"""Seconds."""


class Trial(Struct, frozen=True, kw_only=True):
    """A TTL and what it makes of an answer."""

    ttl_seconds: int
    keep_ms: int
    stale_ms: int
    """For how long after that an answer is served while a new one is fetched."""

    @property
    def worst_seconds(self) -> float:
        """How old an answer may be that is served."""
        return (self.keep_ms + self.stale_ms) / 1000


class Tried(Struct, frozen=True, kw_only=True):
    """All trials of a behaviour."""

    current: Trial
    """The TTL in force, as far as logs and settings tell."""
    others: tuple[Trial, ...]


def tried(policy: Policy, *, origin_seconds: int | None, stale_seconds: int = 0) -> Tried:
    """Return what to try; `origin_seconds` is what the origin asks for, None: nothing.

    For `stale_seconds` more the origin lets an answer be served while a new one is fetched, whatever is tried.
    """
    force = Ttl(min_seconds=policy.min_seconds, default_seconds=policy.default_seconds, max_seconds=policy.max_seconds)
    current = _trial(_verdict(force, origin_seconds, stale_seconds))
    trials = (_trial(_verdict(_changed(force, ttl), ttl, stale_seconds)) for ttl in TRIED)
    others = {trial.ttl_seconds: trial for trial in trials}
    others[current.ttl_seconds] = current
    return Tried(current=current, others=tuple(others[ttl] for ttl in sorted(others)))


def lever(policy: Policy, ttl_seconds: int, *, current: int, origin_seconds: int | None) -> str:
    """Return the setting of the policy that brings a TTL about; empty: only the origin can, by its Cache-Control.

    A minimum is only ever lowered: raised, it would keep answers that say that they are private, and show them to
    everybody.
    """
    if ttl_seconds < policy.min_seconds:
        return "min_seconds"
    if origin_seconds is None:
        return "default_seconds" if ttl_seconds <= policy.max_seconds else ""
    return "max_seconds" if ttl_seconds < current or ttl_seconds <= origin_seconds else ""


def lowered_too(policy: Policy, setting: str, ttl_seconds: int, *, origin_seconds: int | None) -> tuple[str, ...]:
    """Return the settings that have to come down with this one: a policy's are in order, and each may keep answers."""
    if setting == "max_seconds" or (setting == "min_seconds" and origin_seconds is None):
        others = ("default_seconds",)
    elif setting == "min_seconds" and origin_seconds is not None and origin_seconds > ttl_seconds:
        others = ("default_seconds", "max_seconds")
    else:
        others = ()
    return tuple(name for name in others if getattr(policy, name) > ttl_seconds)


def _changed(force: Ttl, ttl: int) -> Ttl:
    """The policy with room for a TTL, which then is the origin's to ask for."""
    low, high = min(force.min_seconds, ttl), max(force.max_seconds, ttl)
    return Ttl(min_seconds=low, default_seconds=ttl, max_seconds=high if ttl else 0)


def _verdict(ttl: Ttl, origin_seconds: int | None, stale_seconds: int) -> Verdict:
    asked = [] if origin_seconds is None else [f"s-maxage={origin_seconds}"]
    directives = [*asked, *([f"stale-while-revalidate={stale_seconds}"] if stale_seconds else [])]
    headers = {"cache-control": ", ".join(directives)} if directives else {}
    return judge(status=200, headers=headers, ttl=ttl, now=0)


def _trial(verdict: Verdict) -> Trial:
    return Trial(
        ttl_seconds=int(verdict.fresh_seconds),
        keep_ms=int(verdict.fresh_seconds * 1000),
        stale_ms=int(verdict.stale_while_revalidate * 1000),
    )
