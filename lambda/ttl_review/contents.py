"""What a report says first: what to change and why, with the figures.

Text of strangers (paths, query strings, lines of logs) is fit to be shown here, and escaped where it is written.
"""

from collections.abc import Iterator
from itertools import groupby

from ttl_review import sections
from ttl_review.blocks import Limits, Report, Section
from ttl_review.model import Proposal, TtlReview
from ttl_review.rows import gain_interval, verb
from ttl_review.wording import GAP, counted, days, duration, fit, listed, number, percent, points, size

WHERE = "stacks/ttl.py"
NAME = 60
"""Characters of a name in a headline."""
MOST_NAMED = 5


def report(review: TtlReview, limits: Limits) -> Report:
    """Return all that a report says, with as much of each as there is room for."""
    requests, hits = _requests(review), sum(popular.counts.hits for popular in review.behaviours)
    return Report(
        title=f"TTL review of {fit(review.stage, NAME)}",
        days=days(review.period),
        headline=headline(review),
        lead=_lead(review),
        tiles=(
            (number(requests), "requests"),
            (percent(hits / requests) if requests else "–", "hits"),
            (size(sum(popular.counts.bytes for popular in review.behaviours)), "sent to readers"),
            (number(len(review.findings)), "finding" if len(review.findings) == 1 else "findings"),
        ),
        sections=tuple(_sections(review, limits)),
    )


def subject(review: TtlReview) -> str:
    """One line for a list of mails."""
    what = f"{counted(len(review.proposals), 'value')} to change" if review.proposals else "nothing to change"
    return f"TTL review of {fit(review.stage, NAME)}, {days(review.period)}: {what}".replace(GAP, " ")


def headline(review: TtlReview) -> str:
    """What to change."""
    match review.proposals:
        case ():
            return "Nothing to change" if _requests(review) else "No requests, so nothing to say"
        case (only,):
            where = f" at {fit(only.path, NAME)}" if only.path else ""
            what = f"{fit(only.policy, NAME)}{where}, {only.setting}"
            return f"{verb(only)} {what}: {duration(only.old)} to {duration(only.new)}"
        case several:
            return f"{len(several)} values to change in {WHERE}"


def _lead(review: TtlReview) -> str:
    if review.proposals:
        return _effect(review)
    if not _requests(review):
        return "The logs of these days hold no request that can be read."
    judged = "No other TTL is certain to have done better on these very requests"
    unjudged = (
        f"; for {counted(len(review.abstentions), 'behaviour')} the reason is below" if review.abstentions else ""
    )
    return f"{judged}{unjudged}."


def _effect(review: TtlReview) -> str:
    """Say what the proposals lead to, all together and at their best."""
    saved = sum(proposal.origin_requests_saved for proposal in _apart(review.proposals))
    compared = "fewer" if saved >= 0 else "more"
    names = [fit(name, NAME) for name in dict.fromkeys(proposal.policy for proposal in review.proposals)]
    more = [counted(len(names) - MOST_NAMED, "other")] if len(names) > MOST_NAMED else []
    best = max(review.proposals, key=lambda proposal: proposal.hit_ratio_gain)
    first = f"On these very requests, {listed([*names[:MOST_NAMED], *more])} with the new"
    first += f" {'value' if len(review.proposals) == 1 else 'values'} would have asked the origin"
    first += f" {number(abs(saved))}{GAP}times {compared}."
    if best.hit_ratio_gain <= 0:
        return first
    name = fit(best.policy, NAME) + (f" at {fit(best.path, NAME)}" if best.path else "")
    who = "The hit ratio gains" if len(review.proposals) == 1 else f"The hit ratio of {name} gains the most,"
    gain = f"{points(best.hit_ratio_gain)} (with 95{GAP}% confidence {gain_interval(best)})"
    return f"{first} {who} {gain}."


def _apart(proposals: tuple[Proposal, ...]) -> Iterator[Proposal]:
    """Yield proposals that share no request: what is said of a whole behaviour is true of its paths already."""
    by_pattern = groupby(
        sorted(proposals, key=lambda proposal: proposal.pattern), key=lambda proposal: proposal.pattern
    )
    for _, several in by_pattern:
        of_one = list(several)
        whole = [proposal for proposal in of_one if not proposal.path]
        yield from whole[:1] or of_one


def _requests(review: TtlReview) -> int:
    return sum(popular.counts.requests for popular in review.behaviours)


def _sections(review: TtlReview, limits: Limits) -> Iterator[Section]:
    yield sections.changes(review, limits)
    yield sections.objects(review, limits)
    yield sections.behaviours(review, limits)
    yield sections.curves(review, limits)
    yield sections.findings(review, limits)
    yield sections.confidence(review, limits)
    yield sections.logs(review, limits)
