"""What reviews are made of, made up by closed forms."""

from typing import Literal

from ttl_review.model import Candidate, Counts, Curve, Interval, Proposal

MINUTE, HOUR, DAY, MONTH, YEAR = 60, 3600, 86_400, 2_592_000, 31_536_000
TTLS = (0, 1, 5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
LONG_TTLS = (*TTLS, DAY, 3 * DAY, 7 * DAY, 14 * DAY, MONTH)


def counts(requests: int, hit_ratio: float, *, mean_bytes: int = 14_200, errors: float = 0.002) -> Counts:
    """Make up what a path was asked for."""
    hits, failed = round(requests * hit_ratio), round(requests * errors)
    misses = requests - hits - failed
    return Counts(
        requests=requests,
        hits=hits,
        misses=misses,
        errors=failed,
        bytes=requests * mean_bytes,
        bytes_from_misses=misses * mean_bytes,
        incomplete=requests // 900,
        status_2xx=requests - failed - requests // 40,
        status_3xx=requests // 40,
        status_4xx=failed - failed // 4,
        status_5xx=failed // 4,
    )


def curve(
    pattern: str,
    policy: str,
    *,
    rates: tuple[float, ...],
    ttl_seconds: int,
    requests: int,
    change_seconds: float | None,
    path: str = "",
    ttls: tuple[int, ...] = LONG_TTLS,
    logged: float | None = None,
) -> Curve:
    """Make up a curve: objects with random requests at these rates each second, that change at random."""
    ratio = _ratio(rates, ttl_seconds)
    return Curve(
        pattern=pattern,
        path=path,
        policy=policy,
        requests=requests,
        objects=len(rates) * 40,
        ttl_seconds=ttl_seconds,
        logged_hit_ratio=ratio - 0.006 if logged is None else logged,
        replayed_hit_ratio=ratio,
        interval=Interval(low=max(ratio - 0.052, 0.0), high=min(ratio + 0.048, 1.0)),
        change_seconds=change_seconds,
        change_source="unknown" if change_seconds is None else "edits",
        candidates=tuple(_candidate(rates, ttl, requests, change_seconds) for ttl in ttls),
    )


def _ratio(rates: tuple[float, ...], ttl: int) -> float:
    """Return the hit ratio of random requests, for a time that runs from the fetch."""
    return sum(rate * (rate * ttl / (1 + rate * ttl)) for rate in rates) / sum(rates)


def _candidate(rates: tuple[float, ...], ttl: int, requests: int, change_seconds: float | None) -> Candidate:
    ratio = _ratio(rates, ttl)
    changes = change_seconds or float("inf")
    return Candidate(
        ttl_seconds=ttl,
        hit_ratio=ratio,
        origin_requests=round(requests * (1 - ratio)),
        mean_stale_seconds=ratio * ttl * ttl / (3 * (changes + ttl)) if change_seconds else 0.0,
        worst_stale_seconds=float(ttl) if change_seconds else 0.0,
    )


def proposal(
    of: Curve, *, setting: Literal["default_seconds", "max_seconds"], old: int, new: int, reason: str
) -> Proposal:
    """Make up a proposal that its curve carries."""
    before, after = (next(one for one in of.candidates if one.ttl_seconds == ttl) for ttl in (of.ttl_seconds, new))
    gain = after.hit_ratio - before.hit_ratio
    return Proposal(
        policy=of.policy,
        pattern=of.pattern,
        path=of.path,
        setting=setting,
        old=old,
        new=new,
        reason=reason,
        hit_ratio_gain=gain,
        interval=Interval(low=gain * 0.9, high=gain * 1.08),
        origin_requests_saved=before.origin_requests - after.origin_requests,
    )
