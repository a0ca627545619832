"""What a log sample makes of policies: hits and staleness, predicted by replay, and what is worse than agreed on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from operate.command import InputError, StageError
from operate.ttl_review import settings_of
from operate.ttl_sample import CHANGES
from stacks.config import STAGES
from ttl_review import wording
from ttl_review.engine import Engine, QueryError
from ttl_review.files import FilesEngine
from ttl_review.model import Curve, Period, Policy
from ttl_review.path_patterns import matches
from ttl_review.popular import Behaviours
from ttl_review.proposals import curves
from ttl_review.replay import FIRST_ERROR
from ttl_review.requests import Result, requests
from ttl_review.settings import Settings

STAGE = "prod"
"""The stages have the same policies."""
WHOLE = "all paths"
_SECOND = 1.0
"""By which staleness may rise whatever it was."""


class Figures(Struct, frozen=True, kw_only=True):
    """What is predicted for a behaviour, or for all together."""

    policy: str = ""
    ttl_seconds: int | None = None
    requests: int
    hits: int
    mean_stale_seconds: float
    worst_stale_seconds: float

    @property
    def hit_percent(self) -> float:
        """Hits among all requests."""
        return 100 * self.hits / self.requests if self.requests else 0.0


Prediction = Mapping[str, Figures]
"""By path pattern; WHOLE: all together."""


def predict(policies: Sequence[Policy], sample: Path) -> Prediction:
    """Replay the sample by these policies."""
    try:
        with FilesEngine(sample.parent) as engine:
            period = engine.period()
            if period is None:
                raise InputError(f"sample '{sample}' has no line; make it anew: python -m operate.ttl_sample")
            asked = _asked(engine, period, policies)
            made = curves(engine, period, policies, settings=_settings(policies), progress=lambda _: None)
    except QueryError as error:
        raise StageError(error) from error
    replayed = {curve.pattern: _figures(curve) for curve in made.curves if not curve.path}
    found = {
        policy.pattern: replayed.get(policy.pattern) or _nothing_kept(policy, asked[policy.pattern])
        for policy in policies
        if asked[policy.pattern]
    }
    return {**found, WHOLE: _together([*found.values()])}


def _asked(engine: Engine, period: Period, policies: Sequence[Policy]) -> Counter[str]:
    """Count the requests of each behaviour as a replay does, whether anything is kept there or not."""
    counted: Counter[str] = Counter()
    behaviours = Behaviours(policies)
    for batch in requests(engine, period):
        sound = (batch.status < FIRST_ERROR) & np.isin(batch.result, (Result.HIT, Result.REFRESH_HIT, Result.MISS))
        numbers = np.bincount(batch.object[sound], minlength=len(batch.objects)).tolist()
        for one, number in zip(batch.objects, numbers, strict=True):
            counted[behaviours.of(one.path).pattern] += number
    return counted


def _settings(policies: Sequence[Policy]) -> Settings:
    """Return what is known of the sample; a pattern that nobody has said anything of has what its paths had before."""
    known = settings_of(STAGES[STAGE])

    def of(named: Mapping[str, int]) -> dict[str, int]:
        typical = {policy.pattern: policy.pattern.replace("*", "x") for policy in policies}
        fitting = {
            pattern: next((name for name in (pattern, *named) if name in named and matches(name, path)), None)
            for pattern, path in typical.items()
        }
        return {pattern: named[name] for pattern, name in fitting.items() if name is not None}

    stale = {name: known.origin_stale_seconds.get(name, 0) for name in known.origin_seconds}
    return Settings(
        origin_seconds=of(known.origin_seconds),
        origin_stale_seconds=of(stale | known.origin_stale_seconds),
        changes=of(CHANGES),
    )


def _figures(curve: Curve) -> Figures:
    here = next(one for one in curve.candidates if one.ttl_seconds == curve.ttl_seconds)
    return Figures(
        policy=curve.policy,
        ttl_seconds=curve.ttl_seconds,
        requests=curve.requests,
        hits=round(here.hit_ratio * curve.requests),
        mean_stale_seconds=round(here.mean_stale_seconds, 3),
        worst_stale_seconds=round(here.worst_stale_seconds, 3),
    )


def _nothing_kept(policy: Policy, asked: int) -> Figures:
    return Figures(
        policy=policy.name, ttl_seconds=0, requests=asked, hits=0, mean_stale_seconds=0.0, worst_stale_seconds=0.0
    )


def _together(figures: list[Figures]) -> Figures:
    hits = sum(each.hits for each in figures)
    return Figures(
        requests=sum(each.requests for each in figures),
        hits=hits,
        mean_stale_seconds=round(sum(each.mean_stale_seconds * each.hits for each in figures) / max(1, hits), 3),
        worst_stale_seconds=max((each.worst_stale_seconds for each in figures), default=0.0),
    )


def problems(now: Prediction, agreed: Prediction, *, most_lost: float, most_staler: float) -> Iterator[str]:
    """Say what is worse than agreed on by more than the bounds.

    Behaviours are compared where they are for the same requests as before; what goes to another one counts as a whole.
    """
    for pattern, new in now.items():
        old = agreed.get(pattern)
        if old is None or (pattern != WHOLE and old.requests != new.requests):
            continue
        lost = old.hit_percent - new.hit_percent
        if lost > most_lost:
            yield (
                f"{pattern}: the predicted hit ratio falls from {old.hit_percent:.1f} to {new.hit_percent:.1f} %,"
                f" by {lost:.1f} points of which {most_lost:g} are allowed{_because(old, new)}"
            )
        for what, before, after in _staleness(old, new):
            if after > before * (1 + most_staler / 100) + _SECOND:
                yield (
                    f"{pattern}: answers are {what} {_plain(after)} out of date and not {_plain(before)},"
                    f" of which {most_staler:g} % more are allowed{_because(old, new)}"
                )


def _staleness(old: Figures, new: Figures) -> Iterator[tuple[str, float, float]]:
    yield "on average", old.mean_stale_seconds, new.mean_stale_seconds
    yield "at worst", old.worst_stale_seconds, new.worst_stale_seconds


def _because(old: Figures, new: Figures) -> str:
    if old.ttl_seconds is None or new.ttl_seconds is None:
        return ""
    if old.policy != new.policy:
        return f"; it has policy {new.policy} in place of {old.policy}"
    kept = f"{_plain(new.ttl_seconds)} and not {_plain(old.ttl_seconds)}"
    changed = f"keeps them for {kept}" if old.ttl_seconds != new.ttl_seconds else "has another key"
    return f"; policy {new.policy} {changed}"


def line(figures: Figures, agreed: Figures | None) -> str:
    """Return what is predicted, beside what has been agreed on where that is something else."""
    texts = [
        f"{each.hit_percent:.1f} % hits, {_plain(each.mean_stale_seconds)} out of date on average,"
        f" {_plain(each.worst_stale_seconds)} at worst"
        for each in (figures, agreed)
        if each is not None
    ]
    return texts[0] if agreed == figures else " | agreed on: ".join(texts)


def _plain(seconds: float) -> str:
    """Return a time for a terminal, where a space that must not break is no space."""
    return wording.duration(seconds).replace("\N{NO-BREAK SPACE}", " ")
