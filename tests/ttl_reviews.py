"""Reviews to look at: a rich one, as a site of some size gets it, with the addresses that attackers ask for in it."""

from datetime import date

from msgspec import structs

from tests.ttl_curves import DAY, HOUR, MINUTE, MONTH, TTLS, YEAR, counts, curve, proposal
from ttl_review.model import (
    Abstention,
    BrokenLine,
    Finding,
    Period,
    Policy,
    Popular,
    TtlReview,
)

PERIOD = Period(first=date(2026, 11, 16), last=date(2026, 11, 22))

HOSTILE = (
    '/<script>alert("x")</script>',
    "/posts/`|**[a](javascript:alert(1))**|`",
    "/\u202egnp.exe\r\n\tX: y\x00\x1b[31m",
    "/http://evil.example/www.evil.example/a@evil.example",
    "/" + "a" * 7000,
)
"""Paths that strangers have asked for."""

POLICIES = (
    Policy(name="assets", pattern="/assets/*", min_seconds=0, default_seconds=DAY, max_seconds=YEAR),
    Policy(name="images", pattern="/images/*", min_seconds=0, default_seconds=DAY, max_seconds=MONTH),
    Policy(name="forms", pattern="/write*", min_seconds=0, default_seconds=0, max_seconds=0),
    Policy(name="forms", pattern="/contact", min_seconds=0, default_seconds=0, max_seconds=0),
    Policy(
        name="api",
        pattern="/api/*",
        min_seconds=0,
        default_seconds=0,
        max_seconds=MINUTE,
        query_strings=None,
        headers=("Authorization",),
    ),
    Policy(name="pages", pattern="*", min_seconds=0, default_seconds=MINUTE, max_seconds=DAY, query_strings=("page",)),
)


PAGES = curve(
    "*",
    "pages",
    rates=(0.02, 0.012, 0.006, 0.004, 0.002, 0.001, 0.0004),
    ttl_seconds=MINUTE,
    requests=412_806,
    change_seconds=2 * DAY,
    ttls=TTLS,
)
IMAGES = curve(
    "/images/*",
    "images",
    rates=(0.0003, 0.0002, 0.0001, 0.00004, 0.00003, 0.00002, 0.00001, 0.000008, 0.000004, 0.000002),
    ttl_seconds=DAY,
    requests=288_140,
    change_seconds=None,
)
FRONT = curve(
    "*", "pages", rates=(0.21,), path="/", ttl_seconds=MINUTE, requests=96_412, change_seconds=6 * HOUR, ttls=TTLS
)
API = curve(
    "/api/*",
    "api",
    rates=(0.05, 0.01, 0.005),
    ttl_seconds=0,
    requests=18_022,
    change_seconds=30,
    ttls=(0, 1, 2, 5, 10, 20, 30, 60),
    logged=0.031,
)


PROPOSALS = (
    proposal(
        PAGES,
        setting="default_seconds",
        old=MINUTE,
        new=5 * MINUTE,
        reason="Pages change every 2 days on average and are asked for anew every minute: five minutes keep answers"
        " 0.1\u00a0s out of date on average and 5 minutes at worst, within the 10 minutes that are accepted.",
    ),
    proposal(
        IMAGES,
        setting="default_seconds",
        old=DAY,
        new=7 * DAY,
        reason="Most pictures are asked for less than once a day at an edge location; a week keeps them.",
    ),
)

PATHS = (
    ("/", "*", 96_412, 0.926),
    ("/assets/site.5d41402abc4b2a76b9719d911017c592.css", "/assets/*", 71_004, 0.998),
    ("/posts/three-caches-before-the-database", "*", 44_310, 0.711),
    ("/images/7f/thundering-herd-diagram-wide.webp", "/images/*", 31_877, 0.934),
    ("/posts/thundering-herd", "*", 29_120, 0.684),
    ("/feed.xml", "*", 27_901, 0.588),
    ("/posts/%E3%82%AD%E3%83%A3%E3%83%83%E3%82%B7%E3%83%A5", "*", 12_204, 0.433),
    ("/api/posts", "/api/*", 9_410, 0.0),
    ("/robots.txt", "*", 6_120, 0.401),
    *((path, "*", 900 - 90 * index, 0.0) for index, path in enumerate(HOSTILE)),
    *((f"/posts/from-the-archive-{number}", "*", 400 - number, 0.12) for number in range(1, 37)),
)

FINDINGS = (
    Finding(
        kind="fragmented-by-query",
        subject="utm_source",
        text="Parameter utm_source splits 212 paths into 3,910 objects: 41,200 requests were misses that would have"
        " been hits without it in the key.",
        requests=41_200,
    ),
    Finding(
        kind="never-hit-twice",
        subject="/posts/from-the-archive-*",
        text="1,204 of 1,388 objects of * were hit once at most, and 9,120 of its 412,806 answers were theirs: keeping"
        " them longer saves little.",
        requests=9_120,
    ),
    Finding(
        kind="errors-kept",
        subject="404",
        text="Errors 404 are kept for 300 s at least, 60 s would do: 3,316 requests got one, 1,204 of them so soon"
        " after another that the origin was not asked.",
        requests=3_316,
    ),
    Finding(
        kind="uncompressed",
        subject="application/geo+json",
        text=f"{HOSTILE[0]} and 12 others were sent uncompressed, 412 MB of application/geo+json.",
        requests=2_004,
    ),
)

EXAMPLE = TtlReview(
    stage="prod",
    period=PERIOD,
    source="s3://edgepost-prod-edge-logs/cdn/",
    policies=POLICIES,
    popular=tuple(Popular(path=path, pattern=pattern, counts=counts(n, hits)) for path, pattern, n, hits in PATHS),
    behaviours=(
        Popular(path="", pattern="/assets/*", counts=counts(204_118, 0.997, mean_bytes=9_100)),
        Popular(path="", pattern="/images/*", counts=counts(288_140, IMAGES.logged_hit_ratio, mean_bytes=88_000)),
        Popular(path="", pattern="/write*", counts=counts(812, 0.0)),
        Popular(path="", pattern="/contact", counts=counts(1_904, 0.0, errors=0.11)),
        Popular(path="", pattern="/api/*", counts=counts(18_022, 0.0, mean_bytes=2_100)),
        Popular(path="", pattern="*", counts=counts(412_806, PAGES.logged_hit_ratio)),
    ),
    curves=(PAGES, FRONT, IMAGES, API),
    proposals=PROPOSALS,
    abstentions=(
        Abstention(
            pattern="/assets/*",
            policy="assets",
            reason="99.7 % are hits at the TTL in force, and no other TTL is better by more than the interval.",
        ),
        Abstention(
            pattern="/api/*",
            policy="api",
            reason="The replay gives 0.0 % where 3.1 % were logged: 1.1 points more than the 2 that are accepted.",
        ),
        Abstention(pattern="/contact", policy="forms", reason="Nothing is kept by policy, so that there is no TTL."),
    ),
    findings=FINDINGS,
    lines=925_811,
    broken_lines=9,
    broken_examples=(
        BrokenLine(file="E2EXAMPLE.2026-11-18-07.4f1c2d3e.gz", line=1_312, reason="31 fields where 33 are named"),
        BrokenLine(
            file="year=2026/month=11/day=19/hour=23",
            line=0,
            reason=f"path {HOSTILE[1]!r}, status '-', time '' in 'AbCdEf=='",
        ),
    ),
    scanned_bytes=184_220_416,
    cost_usd=0.00092,
)
"""A rich one."""

EMPTY = TtlReview(
    stage="dev",
    period=Period(first=date(2026, 11, 22), last=date(2026, 11, 22)),
    source="/var/log/edge",
    policies=POLICIES,
    popular=(),
    behaviours=(),
    curves=(),
    proposals=(),
    abstentions=(),
    findings=(),
    lines=0,
    broken_lines=0,
)
"""A day without a line."""


def written_by(stranger: str) -> TtlReview:
    """Return a review in which whatever others may have written is this, as often as there is anything."""
    return structs.replace(
        EXAMPLE,
        stage=stranger,
        source=stranger,
        popular=tuple(structs.replace(one, path=stranger) for one in EXAMPLE.popular),
        behaviours=tuple(structs.replace(one, pattern=stranger) for one in EXAMPLE.behaviours * 5),
        curves=tuple(
            structs.replace(one, pattern=stranger, path=stranger, policy=stranger) for one in EXAMPLE.curves * 9
        ),
        proposals=tuple(
            structs.replace(one, pattern=stranger, path=stranger, policy=stranger, reason=stranger)
            for one in EXAMPLE.proposals * 20
        ),
        abstentions=(Abstention(pattern=stranger, policy=stranger, reason=stranger),) * 40,
        findings=tuple(structs.replace(one, subject=stranger, text=stranger) for one in EXAMPLE.findings * 30),
        broken_examples=(BrokenLine(file=stranger, line=7, reason=stranger),) * 40,
    )
