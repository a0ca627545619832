"""From a replay to what people read: curves, values to change, and why nothing is proposed.

A value is proposed only where the replay of the TTL in force agrees with the log, where there are enough requests, and
where the gain is more than chance and a point at least; among such TTLs the shortest that gains nearly all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from ttl_review.candidates import lever, lowered_too
from ttl_review.engine import Engine
from ttl_review.model import Abstention, Candidate, Curve, Period, Policy, Popular, Proposal
from ttl_review.replay import Subject, replay
from ttl_review.settings import Settings
from ttl_review.wording import duration, percent

MOST_ERROR = 0.02
"""Between the logged hit ratio and the replayed one."""
LEAST_GAIN = 0.01
NEARLY = 0.005
"""What a shorter TTL may leave of the best gain."""


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay says."""

    curves: tuple[Curve, ...]
    proposals: tuple[Proposal, ...]
    abstentions: tuple[Abstention, ...]


def curves(
    engine: Engine,
    period: Period,
    policies: Sequence[Policy],
    *,
    popular: Iterable[Popular] = (),
    settings: Settings,
    progress: Callable[[str], None],
) -> Replayed:
    """Replay a period and say what other TTLs would have done, and which are proposed.

    Of `popular`, the most requests first, some paths get a curve of their own.
    """
    subjects = replay(engine, period, policies, popular=popular, settings=settings, progress=progress)
    seen = [(subject, curve_of(subject)) for subject in subjects if subject.current.ratio.requests]
    judged = [judge(subject, curve, settings) for subject, curve in seen if not subject.path]
    proposed = [one for one in judged if isinstance(one, Proposal)]
    whole = {proposal.pattern: proposal for proposal in proposed}
    of_paths = _of_paths((one for one in seen if one[0].path), whole, settings)
    unseen = (_unseen(subject) for subject in subjects if not subject.path and not subject.current.ratio.requests)
    kept_nowhere = (
        Abstention(pattern=one.pattern, policy=one.name, reason="nothing is kept by policy, so that there is no TTL")
        for one in policies
        if not one.max_seconds
    )
    return Replayed(
        curves=tuple(curve for _, curve in seen),
        proposals=(*proposed, *of_paths),
        abstentions=(*(one for one in judged if isinstance(one, Abstention)), *unseen, *kept_nowhere),
    )


def curve_of(subject: Subject) -> Curve:
    """Return the curve of a behaviour or a path."""
    change_seconds, source = changes_of(subject)
    candidates = tuple(
        Candidate(
            ttl_seconds=ttl,
            hit_ratio=tally.ratio.value,
            origin_requests=tally.fetches,
            mean_stale_seconds=tally.mean_stale_seconds(change_seconds),
            worst_stale_seconds=tally.worst_ms / 1000,
        )
        for ttl, tally in sorted(subject.tallies.items())
    )
    return Curve(
        pattern=subject.policy.pattern,
        path=subject.path,
        policy=subject.policy.name,
        requests=subject.current.ratio.requests,
        objects=subject.current.ratio.clusters,
        ttl_seconds=subject.tried.current.ttl_seconds,
        logged_hit_ratio=subject.logged.value,
        replayed_hit_ratio=subject.replayed.value,
        interval=subject.current.ratio.interval(),
        change_seconds=change_seconds,
        change_source=cast("Any", source),
        candidates=candidates,
    )


def changes_of(subject: Subject) -> tuple[float | None, str]:
    """Return how far changes are apart, and how that is known.

    By the log, an expired answer that was a refresh hit had not changed; one that was a miss had, or had been evicted.
    So objects change at most that often.
    """
    if subject.change_seconds is not None:
        return subject.change_seconds, "edits" if subject.edited else "setting"
    estimated = subject.changes.seconds
    return estimated, "unknown" if estimated is None else "estimated"


def judge(subject: Subject, curve: Curve, settings: Settings) -> Proposal | Abstention:
    """Return what to change for a behaviour or a path, or why nothing is proposed."""
    policy = subject.policy
    why_not = next(_obstacles(subject, curve, settings), "")
    if why_not:
        return _abstention(policy, why_not)
    most_stale = settings.most_stale_seconds[policy.name]
    chosen = _chosen(subject, curve, most_stale)
    tally = subject.tallies[chosen.ttl_seconds]
    gain = tally.gain.interval(low=-1.0)
    too_long = _beyond(subject, settings)
    if not too_long and (tally.gain.value < LEAST_GAIN or gain.low <= 0):
        text = f"no TTL within {duration(most_stale)} of staleness gains a point over {duration(curve.ttl_seconds)}"
        return _abstention(policy, text)
    asked = settings.origin_seconds.get(policy.pattern)
    setting = lever(policy, chosen.ttl_seconds, current=curve.ttl_seconds, origin_seconds=asked)
    moves = "rise" if tally.gain.value >= 0 else "fall"
    before, after = percent(subject.current.ratio.value), percent(chosen.hit_ratio)
    told = f"hits {moves} from {before} to {after} at {duration(chosen.ttl_seconds)}"
    if not setting:
        text = f"{told}, but the origin asks for {duration(curve.ttl_seconds)}: let it send a longer s-maxage"
        return _abstention(policy, text)
    own = f"with a behaviour of its own, whose policy is {policy.name} but for this value, " if subject.path else ""
    limit = f"{too_long}; " if too_long else ""
    lowered = lowered_too(policy, setting, chosen.ttl_seconds, origin_seconds=asked)
    others = f"; {' and '.join(lowered)} must come down with it" if lowered else ""
    return Proposal(
        policy=policy.name,
        pattern=policy.pattern,
        path=subject.path,
        setting=cast("Any", setting),
        old=getattr(policy, setting),
        new=chosen.ttl_seconds,
        reason=f"{limit}{own}{told}, and answers are at most {duration(chosen.worst_stale_seconds)} old{others}.",
        hit_ratio_gain=tally.gain.value,
        interval=gain,
        origin_requests_saved=subject.current.fetches - tally.fetches,
    )


def _chosen(subject: Subject, curve: Curve, most_stale: int) -> Candidate:
    """Return the shortest TTL within the bound that gains nearly all; 0, which keeps nothing, is always within it."""
    fitting = {trial.ttl_seconds for trial in subject.tried.others if trial.worst_seconds <= most_stale}
    allowed = [one for one in curve.candidates if one.ttl_seconds in fitting]
    best = max(one.hit_ratio for one in allowed)
    return next(one for one in allowed if one.hit_ratio >= best - NEARLY)


def _beyond(subject: Subject, settings: Settings) -> str:
    """Say how the TTL in force lets answers become older than is accepted; empty: it does not."""
    most, worst = settings.most_stale_seconds.get(subject.policy.name), subject.tried.current.worst_seconds
    if most is None or worst <= most:
        return ""
    return f"answers may be {duration(worst)} old, where {duration(most)} are accepted"


def _of_paths(
    seen: Iterable[tuple[Subject, Curve]], whole: Mapping[str, Proposal], settings: Settings
) -> Iterator[Proposal]:
    """Yield what a path needs beyond what is proposed for its behaviour."""
    for subject, curve in seen:
        proposal = judge(subject, curve, settings)
        if isinstance(proposal, Abstention):
            continue
        shared = whole.get(proposal.pattern)
        with_shared = subject.tallies[shared.new].ratio.value if shared else subject.current.ratio.value
        needed = bool(_beyond(subject, settings)) and not shared
        if needed or subject.tallies[proposal.new].ratio.value >= with_shared + LEAST_GAIN:
            yield proposal


def _abstention(policy: Policy, reason: str) -> Abstention:
    return Abstention(pattern=policy.pattern, policy=policy.name, reason=reason)


def _obstacles(subject: Subject, curve: Curve, settings: Settings) -> Iterator[str]:
    """Yield why the data do not carry a proposal."""
    too_long = _beyond(subject, settings)
    # What is accepted is known without any request.
    if curve.requests < settings.least_requests and not too_long:
        yield f"{curve.requests:,} requests are less than the {settings.least_requests:,} that a proposal needs"
    error = abs(curve.logged_hit_ratio - curve.replayed_hit_ratio)
    also = f"; {too_long}, if it is what is in force" if too_long else ""
    if error > MOST_ERROR:
        hits, logged = percent(curve.replayed_hit_ratio), percent(curve.logged_hit_ratio)
        yield (
            f"the replay of {duration(curve.ttl_seconds)} hits {hits} and the log {logged}: answers were evicted or "
            f"invalidated, or the origin asked for another time{also}"
        )
    if apart := _told_apart(subject.policy):
        yield f"answers are told apart by {', '.join(apart)}, which logs do not hold{also}"
    if subject.policy.name not in settings.most_stale_seconds:
        yield f"no bound of staleness is set for {subject.policy.name}; set most_stale_seconds"


def _told_apart(policy: Policy) -> tuple[str, ...]:
    """Return what is in the key and not in the replay.

    A site has one Host: where it is asked by several, the replay hits more than the log, which is seen.
    """
    headers = (name for name in policy.headers if name.lower() != "host")
    return (*headers, *(() if policy.cookies == () else ("cookies",)))


def _unseen(subject: Subject) -> Abstention:
    return Abstention(pattern=subject.policy.pattern, policy=subject.policy.name, reason="nobody has asked for it")
