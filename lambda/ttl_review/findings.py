"""What a TTL alone does not mend: found in the logs, beside the policies in force."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from ttl_review.days import query
from ttl_review.deployed import ERROR_SECONDS, Behaviour, Deployed
from ttl_review.engine import Engine
from ttl_review.fragments import fragmented
from ttl_review.model import Counts, Finding, Period, Popular
from ttl_review.popular import Behaviours, Tally, objects
from ttl_review.shown import shown

LEAST_REQUESTS = 50
"""Fewer say nothing."""
LEAST_SHARE = 0.5
MOST_PATHS = 5
"""Paths that are named one by one; the rest are in their behaviour's finding."""
# Who asks for what is not there asks again; an origin that fails should be seen to be back at once.
MOST_CLIENT_ERROR_SECONDS, MOST_SERVER_ERROR_SECONDS = 60, 10
LEAST_BYTES = 1_000_000
_GAPS = (10, 60, 300, 3600)
# "Serve compressed files", File types that CloudFront compresses.
_SUBTYPES = {
    "application": "dash+xml eot font font-sfnt javascript json opentype otf pdf pkcs7-mime protobuf rss+xml truetype"
    " ttf vnd.apple.mpegurl vnd.mapbox-vector-tile vnd.ms-fontobject wasm xhtml+xml xml x-font-opentype x-font-truetype"
    " x-font-ttf x-httpd-cgi x-javascript x-mpegurl x-opentype x-otf x-perl x-ttf",
    "font": "eot opentype otf ttf",
    "image": "svg+xml",
    "text": "css csv html javascript js plain richtext tab-separated-values xml x-component x-java-source x-script",
}
COMPRESSED_TYPES = frozenset(f"{main}/{sub}" for main, subs in _SUBTYPES.items() for sub in subs.split())


class Found(Struct, frozen=True, kw_only=True):
    """The tables of a review, and its findings."""

    popular: tuple[Popular, ...]
    behaviours: tuple[Popular, ...]
    findings: tuple[Finding, ...]


def find(engine: Engine, period: Period, deployed: Deployed, *, top: int) -> Found:
    """Count all objects, show the most popular ones, and say what is wrong beyond TTLs."""
    tally, lonely = Tally(deployed.policies, top=top), _Lonely(deployed)
    for path, counts in objects(engine, period):
        lonely.add(tally.add(path, counts))
    counted = {popular.pattern: popular.counts for popular in tally.behaviours}
    findings = (
        *fragmented(engine.rows(query("query_strings", period)), deployed.policies),
        *lonely.findings(),
        *_errors(engine.rows(query("errors", period)), deployed.error_seconds),
        *_from_policies(deployed, counted),
        *_uncompressed(engine, period, deployed),
    )
    return Found(popular=tally.popular, behaviours=tally.behaviours, findings=findings)


@dataclass(kw_only=True)
class _Share:
    """Objects that were never served twice from the cache, among all."""

    all: int = 0
    requests: int = 0
    lonely: int = 0
    lonely_requests: int = 0
    paths: list[Popular] = field(default_factory=list[Popular])


class _Lonely:
    """Looks for objects that are kept without being used; a path counts as an object, whatever its query strings."""

    def __init__(self, deployed: Deployed) -> None:
        self._kept = {policy.pattern for policy in deployed.policies if policy.max_seconds > 0}
        self._shares: dict[str, _Share] = defaultdict(_Share)

    def add(self, popular: Popular) -> None:
        """Count one path, in the order of `objects`."""
        good = popular.counts.status_2xx
        if popular.pattern not in self._kept or not good:
            return
        share = self._shares[popular.pattern]
        share.all += 1
        share.requests += good
        if popular.counts.hits > 1:
            return
        share.lonely += 1
        share.lonely_requests += good
        if good >= LEAST_REQUESTS and len(share.paths) < MOST_PATHS:
            share.paths.append(popular)

    def findings(self) -> Iterator[Finding]:
        """Yield the behaviours whose objects are mostly so, and the busiest such objects."""
        for pattern, share in self._shares.items():
            if share.requests >= LEAST_REQUESTS and share.lonely_requests >= LEAST_SHARE * share.requests:
                text = (
                    f"{share.lonely} of {share.all} objects of {pattern} were hit once at most, and"
                    f" {share.lonely_requests} of its {share.requests} answers were theirs: keeping them longer saves"
                    " little."
                )
                yield Finding(kind="never-hit-twice", subject=pattern, text=text, requests=share.lonely_requests)
            yield from (_lonely(popular.path, popular.counts) for popular in share.paths)


def _lonely(path: str, counts: Counts) -> Finding:
    text = (
        f"{shown(path)} was asked for {counts.requests} times and hit {'once' if counts.hits else 'never'}, though its"
        " policy keeps answers: the origin forbids it, its lifetime is over before the next request, or the key differs"
        " each time."
    )
    return Finding(kind="never-hit-twice", subject=shown(path), text=text, requests=counts.requests)


def _errors(rows: Iterable[tuple[int, ...]], error_seconds: Mapping[int, float]) -> Iterator[Finding]:
    """Yield the errors that are kept for longer than they should be, and those that outlived what caused them."""
    for status, requests, *within, late, late_ms in rows:
        kept = error_seconds.get(status, ERROR_SECONDS)
        most = MOST_SERVER_ERROR_SECONDS if status >= 500 else MOST_CLIENT_ERROR_SECONDS  # noqa: PLR2004
        repeated = max((count for gap, count in zip(_GAPS, within, strict=True) if gap <= kept), default=0)
        if kept > most and requests >= LEAST_REQUESTS:
            text = (
                f"Errors {status} are kept for {kept:.0f} s at least, {most} s would do: {requests} requests got one,"
                f" {repeated} of them so soon after another that the origin was not asked."
            )
            yield Finding(kind="errors-kept", subject=str(status), text=text, requests=requests)
        if late >= LEAST_REQUESTS and late_ms > most * 1000:
            text = (
                f"{late} answers were errors {status} though the origin had answered well at some edge location since"
                f" the last such error, up to {late_ms / 1000:.0f} s before: the error was kept for too long, or the"
                " origin fails off and on."
            )
            yield Finding(kind="errors-kept", subject=str(status), text=text, requests=late)


def _from_policies(deployed: Deployed, counted: Mapping[str, Counts]) -> Iterator[Finding]:
    """Yield what the policies themselves say; cookies are never logged."""
    for behaviour in deployed.behaviours:
        policy, counts = behaviour.policy, counted[behaviour.policy.pattern]
        if policy.max_seconds == 0:
            continue
        if policy.cookies != ():
            names = "every cookie" if policy.cookies is None else ", ".join(policy.cookies)
            text = (
                f"{names} is in the key of {policy.name}, so that each visitor has objects of one's own under"
                f" {policy.pattern}: {counts.hits} of {counts.requests} requests were hits."
            )
            yield Finding(kind="fragmented-by-cookie", subject=policy.pattern, text=text, requests=counts.requests)
        if behaviour.forwards and policy.min_seconds > 0:
            yield _shared(behaviour, counts)


def _shared(behaviour: Behaviour, counts: Counts) -> Finding:
    policy = behaviour.policy
    text = (
        f"The origin of {policy.pattern} is told {', '.join(behaviour.forwards)}, which is not in the key, and"
        f" {policy.name} keeps every answer for {policy.min_seconds} s at least, private ones too: one visitor's answer"
        " goes to others; set min_seconds to 0."
    )
    return Finding(kind="private-shared", subject=policy.pattern, text=text, requests=counts.requests)


def _uncompressed(engine: Engine, period: Period, deployed: Deployed) -> Iterator[Finding]:
    """Yield the behaviours that keep answers and compress none, though CloudFront could.

    Whether the origin compresses is not logged; where CloudFront may do it, it is as good as done.
    """
    plain = {
        each.policy.pattern: each for each in deployed.behaviours if each.policy.max_seconds and not each.compresses
    }
    if not plain:
        return
    behaviours = Behaviours(deployed.policies)
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    asked: Counter[str] = Counter()
    for columns in engine.batches(query("types", period)):
        values = (columns[name].tolist() for name in ("path", "type", "requests", "bytes"))
        for path, kind, requests, size in zip(*values, strict=True):
            pattern = behaviours.of(path).pattern
            if pattern in plain and kind in COMPRESSED_TYPES:
                sizes[pattern][kind] += size
                asked[pattern] += requests
    for pattern, by_type in sizes.items():
        if by_type.total() >= LEAST_BYTES:
            text = (
                f"{pattern} compresses nothing, and {by_type.total() / 1e6:.1f} MB of {', '.join(sorted(by_type))} went"
                " out to viewers, compressed by the origin or not at all: switch compression on."
            )
            yield Finding(kind="uncompressed", subject=pattern, text=text, requests=asked[pattern])
