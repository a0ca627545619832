"""What is said of each thing: a value to change, an object, a curve, a finding."""

from collections.abc import Iterator, Mapping, Sequence

from ttl_review.blocks import Cell, Change, Chart, Column, Limits, Row, Table
from ttl_review.charts import at, picture_name, proposed
from ttl_review.model import Abstention, BrokenLine, Candidate, Counts, Curve, Finding, Policy, Proposal
from ttl_review.model import TtlReview as Review
from ttl_review.wording import (
    GAP,
    counted,
    duration,
    fit,
    listed,
    number,
    percent,
    points,
    sentence,
    size,
    span_of_points,
)
from ttl_review.wording import span as spanned

KINDS: Mapping[str, str] = {
    "fragmented-by-query": "Query string in the key",
    "never-hit-twice": "Hardly ever hit",
    "errors-kept": "Errors kept",
    "fragmented-by-cookie": "Cookie in the key",
    "private-shared": "Private, could be shared",
    "uncompressed": "Not compressed",
}
SOURCES: Mapping[str, str] = {
    "setting": "as set",
    "edits": "by edit times",
    "estimated": "estimated: at most so often",
    "unknown": "unknown",
}
MOST_TRIED = 100
"""TTLs of a curve that a table lists."""


def verb(proposal: Proposal) -> str:
    """What happens to a value."""
    return "Raise" if proposal.new > proposal.old else "Lower"


def gain_interval(proposal: Proposal) -> str:
    """Where the gain lies."""
    return span_of_points(proposal.interval.low, proposal.interval.high)


def change(review: Review, proposal: Proposal, limits: Limits) -> Change:
    """A value to change."""
    saved = proposal.origin_requests_saved
    return Change(
        policy=fit(proposal.policy, limits.path),
        value=f"{proposal.setting} = {proposal.old} → {proposal.new}",
        was=duration(proposal.old),
        becomes=duration(proposal.new),
        paths=fit(proposal.path or proposal.pattern, limits.path),
        reason=fit(sentence(proposal.reason), limits.sentence),
        figures=(
            ("hit ratio", f"{points(proposal.hit_ratio_gain)} (95{GAP}%: {gain_interval(proposal)})"),
            ("requests to the origin", f"{number(abs(saved))} {'fewer' if saved >= 0 else 'more'}"),
            *_staleness(review, proposal),
        ),
    )


def _staleness(review: Review, proposal: Proposal) -> Sequence[tuple[str, str]]:
    """Return how out of date answers are before and after, where there is a curve that knows."""
    for curve in review.curves:
        if proposed(review, curve) is proposal and curve.change_source != "unknown":
            before, after = at(curve, curve.ttl_seconds), at(curve, proposal.new)
            if before and after:
                means = f"{duration(before.mean_stale_seconds)} to {duration(after.mean_stale_seconds)}"
                worst = f"{duration(before.worst_stale_seconds)} to {duration(after.worst_stale_seconds)}"
                return (("mean staleness", means), ("worst staleness", worst))
    return ()


def stays(one: Abstention, limits: Limits) -> Row:
    """Why a behaviour is left as it is."""
    return (
        Cell(fit(one.pattern, limits.path)),
        Cell(fit(one.policy, limits.path)),
        Cell(fit(sentence(one.reason), limits.sentence)),
    )


def counts_row(name: str, counts: Counts, limits: Limits) -> Row:
    """What was asked for, and what came of it."""
    statuses = (counts.status_2xx, counts.status_3xx, counts.status_4xx, counts.status_5xx)
    return (
        Cell(fit(name, limits.path)),
        Cell(number(counts.requests)),
        Cell(percent(counts.hit_ratio), ratio=counts.hit_ratio),
        Cell(size(counts.bytes)),
        *(Cell(number(count)) for count in (counts.hits, counts.misses, counts.errors)),
        Cell(size(counts.bytes_from_misses)),
        Cell(number(counts.incomplete)),
        *(Cell(number(count)) for count in statuses),
    )


def policy_cells(policy: Policy | None, limits: Limits) -> Row:
    """The TTLs in force."""
    if policy is None:
        return (Cell("–"), Cell("–"))
    times = (policy.min_seconds, policy.default_seconds, policy.max_seconds)
    return (Cell(fit(policy.name, limits.path)), Cell(", ".join(map(duration, times))))


def chart(review: Review, curve: Curve, which: int, limits: Limits) -> Chart:
    """A curve in words and figures."""
    columns = (
        Column("TTL"),
        Column("Hit ratio", "ratio"),
        Column("Requests to the origin"),
        Column("Mean staleness"),
        Column("Worst staleness"),
    )
    rows = tuple(_candidate(one, knows=curve.change_source != "unknown") for one in curve.candidates[:MOST_TRIED])
    return Chart(
        name=picture_name(which),
        paths=fit(curve.path or curve.pattern, limits.path),
        policy=fit(curve.policy, limits.path),
        caption=" ".join(_caption(review, curve)),
        table=Table(name="", columns=columns, rows=rows),
    )


def _caption(review: Review, curve: Curve) -> Iterator[str]:
    in_force, proposal = at(curve, curve.ttl_seconds), proposed(review, curve)
    told = _told(curve, in_force) if in_force else f"a hit ratio of {percent(curve.replayed_hit_ratio)}"
    yield f"In force {duration(curve.ttl_seconds)}: {told}."
    if proposal and (new := at(curve, proposal.new)):
        yield f"Proposed {duration(proposal.new)}: {_told(curve, new)}."


def _told(curve: Curve, one: Candidate) -> str:
    stale = () if curve.change_source == "unknown" else (f"{duration(one.mean_stale_seconds)} out of date on average",)
    asked = f"{counted(one.origin_requests, 'request')} to the origin"
    return listed((f"a hit ratio of {percent(one.hit_ratio)}", asked, *stale))


def _candidate(one: Candidate, *, knows: bool) -> Row:
    stale = (one.mean_stale_seconds, one.worst_stale_seconds)
    return (
        Cell(duration(one.ttl_seconds)),
        Cell(percent(one.hit_ratio), ratio=one.hit_ratio),
        Cell(number(one.origin_requests)),
        *(Cell(duration(seconds if knows else None)) for seconds in stale),
    )


def finding(one: Finding, limits: Limits) -> Row:
    """What a TTL alone does not mend."""
    return (Cell(KINDS[one.kind]), Cell(number(one.requests)), Cell(fit(one.text, limits.sentence)))


def sure(curve: Curve, limits: Limits) -> Row:
    """How far a curve is to be trusted."""
    source = SOURCES[curve.change_source]
    changes = f"every {duration(curve.change_seconds)} ({source})" if curve.change_seconds is not None else source
    return (
        Cell(fit(curve.path or curve.pattern, limits.path)),
        Cell(percent(curve.logged_hit_ratio)),
        Cell(percent(curve.replayed_hit_ratio)),
        Cell(spanned(curve.interval.low, curve.interval.high)),
        Cell(number(curve.requests)),
        Cell(number(curve.objects)),
        Cell(duration(curve.ttl_seconds)),
        Cell(changes),
    )


def broken(one: BrokenLine, limits: Limits) -> Row:
    """A line that could not be read."""
    # A line within a Parquet file has no number.
    line = number(one.line) if one.line else "–"
    return (Cell(fit(one.file, limits.path)), Cell(line), Cell(fit(one.reason, limits.sentence)))
