"""What a report says in each of its sections."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ttl_review import rows
from ttl_review.blocks import Block, Column, Facts, Limits, Note, Row, Section, Table
from ttl_review.charts import charted
from ttl_review.model import Popular
from ttl_review.model import TtlReview as Review
from ttl_review.wording import GAP, counted, dollars, fit, number, percent, size

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
_STAYS = (Column("Paths", "code"), Column("Policy", "word"), Column("Why", "word", "sentence"))
T = TypeVar("T")


def changes(review: Review, limits: Limits) -> Section:
    """What to change, and what is left as it is, each with its reason."""
    kept = review.proposals[: limits.changes]
    blocks: list[Block] = [rows.change(review, proposal, limits) for proposal in kept]
    if more := len(review.proposals) - len(kept):
        blocks.append(Note(f"{counted(more, 'more change', 'more changes')} in the JSON."))
    if review.abstentions:
        blocks.append(
            _table("Left as it is", _STAYS, review.abstentions, limits.stays, lambda one: rows.stays(one, limits))
        )
    lead = "Each is a value in stacks/ttl.py." if kept else "No value of stacks/ttl.py."
    return Section(name="changes", heading="What to change", lead=lead, blocks=tuple(blocks))


def objects(review: Review, limits: Limits) -> Section:
    """Popular objects, as CloudFront's console shows them."""
    columns = (Column("Object", "code"), *COUNTED)
    table = _table(
        "", columns, review.popular, limits.objects, lambda one: rows.counts_row(one.path, one.counts, limits)
    )
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
        return (
            *rows.counts_row(one.pattern, one.counts, limits),
            *rows.policy_cells(policies.get(one.pattern), limits),
        )

    table = _table("", columns, review.behaviours, limits.behaviours, row)
    lead = "All requests by the behaviour that answered them, in CloudFront's order."
    return Section(name="behaviours", heading="Behaviours", lead=lead, blocks=(table,))


def curves(review: Review, limits: Limits) -> Section:
    """What other TTLs would have led to."""
    blocks = tuple(
        rows.chart(review, curve, number, limits) for number, curve in enumerate(charted(review)[: limits.pictures], 1)
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
    table = _table("", columns, review.findings, limits.findings, lambda one: rows.finding(one, limits))
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
        Column("Changes", "word", "below"),
    )
    table = _table("", columns, review.curves, limits.curves, lambda one: rows.sure(one, limits))
    lead = (
        "Logged and replayed are the hit ratio at the TTL in force, without each object's first request, since no log"
        " tells what was kept before. The nearer they are, the more the other TTLs' figures are worth; where they are"
        " apart, or the sample is small, nothing is proposed. The interval is that of the curve at the TTL in force."
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
    examples = review.broken_examples
    table = _table("Broken lines", columns, examples, limits.broken, lambda one: rows.broken(one, limits))
    blocks = (facts, table) if examples else (facts,)
    return Section(name="logs", heading="Logs and cost", lead="", blocks=blocks)


def _table(name: str, columns: Sequence[Column], items: Sequence[T], most: int, row: Callable[[T], Row]) -> Table:
    made = tuple(row(item) for item in items[:most])
    return Table(name=name, columns=tuple(columns), rows=made, left_out=len(items) - len(made))
