"""How long answers are kept at the edge, and what tells one from another: a policy for each kind of content.

CloudFront honours what an answer says in Cache-Control, between the minimum and the maximum; the default is for an
answer that says nothing ("Manage how long content stays in the cache (expiration)", Amazon CloudFront developer guide).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.settings import ConfigError

MINUTE, DAY, MONTH, YEAR = 60, 86_400, 2_592_000, 31_536_000
LONGEST_REASON = 128
"""Characters that CloudFront takes as the comment of a policy."""

EVERY = ("*",)
"""Every query string of a request."""


@dataclass(frozen=True, kw_only=True)
class TtlPolicy:
    """How one kind of content is kept."""

    name: str
    min_seconds: int
    default_seconds: int
    max_seconds: int
    query_strings: tuple[str, ...] = ()
    """Those in the cache key, which go to the origin too; EVERY: all."""
    headers: tuple[str, ...] = ()
    """Request headers in the cache key, which go to the origin too."""
    cookies: tuple[str, ...] = ()
    """Cookies in the cache key; none where answers are kept, since a kept answer is for everybody."""
    reason: str
    """Why it is so, in one line."""

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self.max_seconds > 0

    def problems(self) -> Iterator[str]:
        """Yield what cannot be so."""
        times = (self.min_seconds, self.default_seconds, self.max_seconds)
        if not 0 <= self.min_seconds <= self.default_seconds <= self.max_seconds:
            yield f"min, default, max of {times} seconds are not in order from 0 up"
        if self.keeps and self.cookies:
            yield f"cookies {', '.join(self.cookies)} are in the key of answers that are kept for everybody"
        # CloudFront refuses a key where nothing is kept ("CachePolicyConfig", Amazon CloudFront API reference).
        if not self.keeps and (self.query_strings or self.headers or self.cookies):
            yield "nothing is kept, so that there is no key; let an origin request policy pass what the origin needs"
        if not 0 < len(self.reason) <= LONGEST_REASON or "\n" in self.reason:
            yield f"the reason is not one line of 1 to {LONGEST_REASON} characters"

    def __post_init__(self) -> None:
        """Refuse what cannot be so."""
        for problem in self.problems():
            raise ConfigError(f"TTL policy {self.name!r}: {problem}; set it right in stacks/ttl.py")


ASSETS = TtlPolicy(
    name="assets",
    min_seconds=0,
    default_seconds=DAY,
    max_seconds=YEAR,
    reason="the address has a hash of the content in it, so that what is kept is never out of date",
)
IMAGES = TtlPolicy(
    name="images",
    min_seconds=0,
    default_seconds=DAY,
    max_seconds=MONTH,
    reason="a picture never changes, and one that was taken down is gone after the day that the blog says",
)
PAGES = TtlPolicy(
    name="pages",
    min_seconds=0,
    default_seconds=0,
    max_seconds=DAY,
    query_strings=("page",),
    reason="kept as the blog says, a minute; for up to a day it stands in for an origin that fails",
)
FORMS = TtlPolicy(
    name="forms",
    min_seconds=0,
    default_seconds=0,
    max_seconds=0,
    reason="what depends on a session or holds a form is for one person, once",
)
API = TtlPolicy(
    name="api",
    min_seconds=0,
    default_seconds=0,
    max_seconds=MINUTE,
    query_strings=EVERY,
    headers=("Authorization",),
    reason="an answer is kept only where it says so, and for nobody but callers with the same Authorization",
)

POLICIES = {policy.name: policy for policy in (ASSETS, IMAGES, PAGES, FORMS, API)}
EVERYTHING_ELSE = "*"
# Path patterns in the order in which CloudFront tries them, each with the name of its policy.
BEHAVIOURS: Mapping[str, str] = {
    "/assets/*": "assets",
    "/images/*": "images",
    "/write*": "forms",
    "/sign-in*": "forms",
    "/sign-out": "forms",
    "/contact": "forms",
    "/unsubscribe": "forms",
    "/api/*": "api",
    EVERYTHING_ELSE: "pages",
}

# How long an answer that is an error is kept at least, by status ("ErrorCachingMinTTL"); CloudFront's own is 10.
ERROR_SECONDS: Mapping[int, int] = {
    # What one visitor's request is made of must not become the answer of others.
    **dict.fromkeys((400, 403, 405, 414, 416), 0),
    # What does not exist is asked for again and again.
    404: 10,
    # An origin in trouble is asked once a second by each edge location, and is back as soon as it is well.
    **dict.fromkeys((500, 501, 502, 503, 504), 1),
}


def policies_by_path(behaviours: Mapping[str, str] = BEHAVIOURS) -> dict[str, TtlPolicy]:
    """Return the policy of each path pattern, in order; a pattern without one is an error."""
    for pattern, name in behaviours.items():
        if name not in POLICIES:
            known = ", ".join(POLICIES)
            raise ConfigError(f"paths {pattern!r} have the TTL policy {name!r}, none of {known}; set it in BEHAVIOURS")
    return {pattern: POLICIES[name] for pattern, name in behaviours.items()}
