"""A review, put together: what was asked for, what other TTLs would have done, and what is wrong beside them."""

from collections.abc import Callable, Iterable

from ttl_review.deployed import Deployed
from ttl_review.engine import Engine
from ttl_review.findings import find
from ttl_review.model import Finding, Period, Popular, TtlReview
from ttl_review.popular import broken_examples, lines
from ttl_review.proposals import curves
from ttl_review.settings import Settings

Probe = Callable[[Iterable[Popular]], Iterable[Finding]]


def review(
    engine: Engine,
    period: Period,
    deployed: Deployed,
    *,
    stage: str,
    settings: Settings,
    progress: Callable[[str], None],
    probe: Probe = lambda _: (),
) -> TtlReview:
    """Review the logs of a period by the policies in force; `probe` asks the site about popular objects."""
    progress("counting lines")
    read, broken = lines(engine, period)
    progress(f"counting the objects of {read:,} lines")
    found = find(engine, period, deployed, top=settings.top)
    progress("replaying the requests")
    replayed = curves(engine, period, deployed.policies, popular=found.popular, settings=settings, progress=progress)
    return TtlReview(
        stage=stage,
        period=period,
        source=engine.source,
        policies=deployed.policies,
        popular=found.popular,
        behaviours=found.behaviours,
        curves=replayed.curves,
        proposals=replayed.proposals,
        abstentions=replayed.abstentions,
        findings=(*found.findings, *probe(found.popular)),
        lines=read,
        broken_lines=broken,
        broken_examples=broken_examples(engine, period) if broken else (),
        scanned_bytes=engine.scanned_bytes,
        cost_usd=engine.cost_usd,
    )
