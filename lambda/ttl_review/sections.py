"""What a report says in each of its sections."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ttl_review.blocks import Block, Cell, Change, Chart, Column, Facts, Limits, Note, Row, Section, Table
from ttl_review.charts import at, charted, picture_name, proposed
from ttl_review.model import Abstention, BrokenLine, Candidate, Counts, Curve, Finding, Policy, Popular, Proposal
from ttl_review.model import TtlReview as Review
from ttl_review.wording import GAP, counted, dollars, duration, listed, number, percent, points, fit, size
from ttl_review.wording import span as spanned
from ttl_review.wording import span_of_points

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
COUNTED = (
    Column("Requests"),
    Column("Hit ratio", "ratio"),
    Column("Bytes"),
    Column("Hits", place="below"),
    Column("Misses", place="below"),
    Column("Errors", place="below"),
    Column("Bytes from misses", place="below"),
    Column("Incomplete", place="below"),
    *(Column(f"{group}xx", place="below") for group in range(2, 6)),
)
T = TypeVar("T")


def changes(review: Review, limits: Limits) -> Section:
    """What to change, and what is left as it is, each with its reason."""
    kept = review.proposals[: limits.changes]
    blocks: list[Block] = [_change(review, proposal, limits) for proposal in kept]
    if more := len(review.proposals) - len(kept):
        blocks.append(Note(f"{counted(more, 'more change', 'more changes')} in the JSON."))
    if review.abstentions:
        blocks.append(
            _table("Left as it is", _STAYS, review.abstentions, limits.stays, lambda one: _stays(one, limits))
        )
    lead = "Each is a value in stacks/ttl.py." if kept else "No value of stacks/ttl.py."
    return Section(name="changes", heading="What to change", lead=lead, blocks=tuple(blocks))


def objects(review: Review, limits: Limits) -> Section:
    """Popular objects, as CloudFront's console shows them."""
    columns = (Column("Object", "code"), *COUNTED)
    table = _table("", columns, review.popular, limits.objects, lambda one: _counts_row(one.path, one.counts, limits))
    lead = "The most requested paths, counted as CloudFront's Popular Objects report counts them."
    return Section(name="objects", heading="Popular objects", lead=lead, blocks=(table,))


def behaviours(review: Review, limits: Limits) -> Section:
    """The same for each behaviour, with the TTLs in force."""
    policies = {policy.pattern: policy for policy in review.policies}
    columns = (
        Column("Paths", "code"),
        *COUNTED,
        Column("Policy", "word", "below"),
        Column("TTL min, default, max", "word", "below"),
    )

    def row(one: Popular) -> Row:
        return (*_counts_row(one.pattern, one.counts, limits), *_policy_cells(policies.get(one.pattern), limits))

    table = _table("", columns, review.behaviours, limits.behaviours, row)
    lead = "All requests by the behaviour that answered them, in CloudFront's order."
    return Section(name="behaviours", heading="Behaviours", lead=lead, blocks=(table,))


def curves(review: Review, limits: Limits) -> Section:
    """What other TTLs would have led to."""
    blocks = tuple(
        _chart(review, curve, number, limits) for number, curve in enumerate(charted(review)[: limits.pictures], 1)
    )
    lead = (
        "The hit ratio that other TTLs would have had on these very requests, and how long ago an object had changed"
        " when it was served, on average over all answers from the cache."
        if blocks
        else "No behaviour has requests enough for a curve."
    )
    return Section(name="curves", heading="Curves", lead=lead, blocks=blocks)


def findings(review: Review, limits: Limits) -> Section:
    """What a TTL alone does not mend."""
    columns = (Column("Finding", "word"), Column("Requests"), Column("What", "word", "sentence"))
    table = _table("", columns, review.findings, limits.findings, lambda one: _finding(one, limits))
    lead = "What a TTL alone does not mend." if review.findings else "None."
    return Section(name="findings", heading="Findings", lead=lead, blocks=(table,) if review.findings else ())


def confidence(review: Review, limits: Limits) -> Section:
    """How far to trust it."""
    columns = (
        Column("Paths", "code"),
        Column("Logged"),
        Column("Replayed"),
        Column(f"95{GAP}% interval"),
        Column("Requests", place="below"),
        Column("Objects", place="below"),
        Column("TTL in force", place="below"),
        Column("Changes every", "word", "below"),
    )
    table = _table("", columns, review.curves, limits.curves, lambda one: _sure(one, limits))
    lead = (
        "At the TTL in force the replay should come to the hit ratio that was logged; the nearer it does, the more the"
        " other TTLs' are worth. Where it does not, or the sample is small, nothing is proposed."
    )
    return Section(name="confidence", heading="How sure it is", lead=lead, blocks=(table,) if review.curves else ())


def logs(review: Review, limits: Limits) -> Section:
    """Where all this comes from, what it cost, and what could not be read."""
    broken = f" ({percent(review.broken_lines / review.lines)})" if review.lines and review.broken_lines else ""
    facts = Facts(
        (
            ("Logs", fit(review.source, limits.path)),
            ("Lines", number(review.lines)),
            ("Broken lines", f"{number(review.broken_lines)}{broken}"),
            ("Read by queries", size(review.scanned_bytes)),
            ("Cost of the queries", dollars(review.cost_usd)),
        )
    )
    columns = (Column("File", "code"), Column("Line"), Column("Why", "word", "sentence"))
    rows = review.broken_examples
    table = _table("Broken lines", columns, rows, limits.broken, lambda one: _broken(one, limits))
    blocks = (facts, table) if rows else (facts,)
    return Section(name="logs", heading="Logs and cost", lead="", blocks=blocks)


def verb(proposal: Proposal) -> str:
    """What happens to a value."""
    return "Raise" if proposal.new > proposal.old else "Lower"


def gain_interval(proposal: Proposal) -> str:
    """Where the gain lies."""
    return span_of_points(proposal.interval.low, proposal.interval.high)


def _change(review: Review, proposal: Proposal, limits: Limits) -> Change:
    saved = proposal.origin_requests_saved
    return Change(
        policy=fit(proposal.policy, limits.path),
        setting=proposal.setting,
        old=f"{proposal.old}",
        new=f"{proposal.new}",
        was=duration(proposal.old),
        becomes=duration(proposal.new),
        paths=fit(proposal.path or proposal.pattern, limits.path),
        reason=fit(proposal.reason, limits.sentence),
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


_STAYS = (Column("Paths", "code"), Column("Policy", "word"), Column("Why", "word", "sentence"))


def _stays(one: Abstention, limits: Limits) -> Row:
    return (
        Cell(fit(one.pattern, limits.path)),
        Cell(fit(one.policy, limits.path)),
        Cell(fit(one.reason, limits.sentence)),
    )


def _counts_row(name: str, counts: Counts, limits: Limits) -> Row:
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


def _policy_cells(policy: Policy | None, limits: Limits) -> Row:
    if policy is None:
        return (Cell("–"), Cell("–"))
    times = (policy.min_seconds, policy.default_seconds, policy.max_seconds)
    return (Cell(fit(policy.name, limits.path)), Cell(", ".join(map(duration, times))))


def _chart(review: Review, curve: Curve, which: int, limits: Limits) -> Chart:
    columns = (
        Column("TTL"),
        Column("Hit ratio", "ratio"),
        Column("Requests to the origin"),
        Column("Mean staleness"),
        Column("Worst staleness"),
    )
    rows = tuple(_candidate(one, knows=curve.change_source != "unknown") for one in curve.candidates)
    return Chart(
        name=picture_name(which),
        paths=fit(curve.path or curve.pattern, limits.path),
        policy=fit(curve.policy, limits.path),
        caption=_caption(review, curve),
        table=Table(name="", columns=columns, rows=rows),
    )


def _caption(review: Review, curve: Curve) -> str:
    proposal, sentences = proposed(review, curve), list[str]()
    sentences.append(f"In force {duration(curve.ttl_seconds)}: {_told(curve, at(curve, curve.ttl_seconds))}.")
    if proposal:
        sentences.append(f"Proposed {duration(proposal.new)}: {_told(curve, at(curve, proposal.new))}.")
    return " ".join(sentences)


def _told(curve: Curve, one: Candidate | None) -> str:
    if one is None:
        return f"a hit ratio of {percent(curve.replayed_hit_ratio)}"
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


def _finding(one: Finding, limits: Limits) -> Row:
    return (Cell(KINDS[one.kind]), Cell(number(one.requests)), Cell(fit(one.text, limits.sentence)))


def _sure(curve: Curve, limits: Limits) -> Row:
    source = SOURCES[curve.change_source]
    changes = f"{duration(curve.change_seconds)} ({source})" if curve.change_seconds is not None else source
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


def _broken(one: BrokenLine, limits: Limits) -> Row:
    # A line within a Parquet file has no number.
    line = number(one.line) if one.line else "–"
    return (Cell(fit(one.file, limits.path)), Cell(line), Cell(fit(one.reason, limits.sentence)))


def _table(name: str, columns: Sequence[Column], items: Sequence[T], most: int, row: Callable[[T], Row]) -> Table:
    rows = tuple(row(item) for item in items[:most])
    return Table(name=name, columns=tuple(columns), rows=rows, left_out=len(items) - len(rows))
