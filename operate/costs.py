"""`make costs`: write the tables of docs/cost.md from review/prices.json, the settings and the templates in review.

What stands between the markers is written here; all else in the page is written by hand.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from operate.command import InputError, run
from review.cost import compare, load
from review.prices import Prices
from review.sides import Side, Template
from review.use import Use, mail, million, request
from stacks.config import STAGES, StageConfig

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cost.md"
TEMPLATES = ROOT / "tests" / "snapshots"
BEGIN, END = "<!-- written by make costs -->", "<!-- end -->"
AT_EDGE = "us-east-1"

DEPLOYED = ("dev", "prod")
HITS = (0.62, 0.9, 0.99)
"""What `make bench` replays at the edge, and what sites with fewer changes reach."""
POLLS_A_MONTH = 5 * 3 * 60 * 24 * 30
"""Of an idle mapping: five pollers, each of which asks for 20 seconds."""


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(page(PAGE.read_text()))
    sys.stdout.write(f"written: {PAGE.name}\n")
    return 0


def page(before: str) -> str:
    """Return the page with its tables anew."""
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise InputError(f"{PAGE.name} has lost a marker; it needs a line '{BEGIN}' and a line '{END}' below it")
    return "\n".join([head + BEGIN, "", *_tables(load()), "", END + tail])


def _tables(prices: Prices) -> Iterator[str]:
    yield prices.source
    for name in DEPLOYED:
        yield from _at_rest(STAGES[name], prices)
    yield from _mails(prices)
    yield from _requests(prices)


def _at_rest(stage: StageConfig, prices: Prices) -> Iterator[str]:
    side = Side({(stage.name, one.stack): one for one in _templates(stage)})
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for line in compare(Side({}), side).lines:
        found[line.stack, line.item].append(line.after_usd)
    mappings = sum(
        resource["Type"] == "AWS::Lambda::EventSourceMapping"
        for template in side.templates.values()
        for resource in template.resources.values()
    )
    polls = Use(f"polls of {mappings} idle queues", "sqs_million", mappings * POLLS_A_MONTH)
    rows = [
        (stack, item if len(each) == 1 else f"{item}, {len(each)} of them", sum(each))
        for (stack, item), each in sorted(found.items())
    ]
    rows.append(("Mail", polls.what, polls.million(prices, stage.region) / 1_000_000))
    yield from ("", f"## {stage.name} at rest, USD a month", "", "| stack | what | USD |", "| --- | --- | --- |")
    yield from (f"| {stack} | {what} | {usd:,.2f} |" for stack, what, usd in rows)
    yield f"| | **in all** | **{sum(usd for *_, usd in rows):,.2f}** |"


def _templates(stage: StageConfig) -> Iterator[Template]:
    for file in sorted(TEMPLATES.glob(f"{stage.name}.*.json")):
        stack = file.suffixes[0].removeprefix(".")
        region = AT_EDGE if stack == "Edge" else stage.region
        yield Template(stage=stage.name, stack=stack, region=region, body=json.loads(file.read_text()))


def _mails(prices: Prices) -> Iterator[str]:
    stage = STAGES["prod"]
    rows = mail(stage)
    yield from ("", "## A million mails, USD", "", "| what | of each mail | USD |", "| --- | --- | --- |")
    yield from _rows(rows, prices, stage.region)
    fifo = million(mail(stage, queue="sqs_fifo_million"), prices, stage.region)
    yield f"| **in all** | | **{million(rows, prices, stage.region):,.2f}** |"
    yield f"| through the FIFO queue | | {fifo:,.2f} |"


def _requests(prices: Prices) -> Iterator[str]:
    stage = STAGES["prod"]
    columns = [request(stage, hits=hits) for hits in HITS]
    heads = " | ".join(f"{hits:.0%} hits" for hits in HITS)
    yield from ("", "## A million page requests, USD", "", f"| what | {heads} |", f"| --- |{' --- |' * len(HITS)}")
    for uses in zip(*columns, strict=True):
        cells = " | ".join(f"{use.million(prices, stage.region):,.2f}" for use in uses)
        yield f"| {uses[0].what} | {cells} |"
    sums = " | ".join(f"**{million(uses, prices, stage.region):,.2f}**" for uses in columns)
    yield f"| **in all** | {sums} |"


def _rows(uses: Iterable[Use], prices: Prices, region: str) -> Iterator[str]:
    for use in uses:
        yield f"| {use.what} | {use.amount:.4g} × {use.price} | {use.million(prices, region):,.2f} |"


if __name__ == "__main__":
    run("costs", main)
