"""What a distribution is told to do, of all that CloudFront's API says about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from local.edge.messages import Headers
from ttl_review.cache_key import KeyPolicy
from ttl_review.freshness import Ttl
from ttl_review.path_patterns import matches


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Some names of headers, cookies or query strings: these alone, or all but these."""

    names: frozenset[str]
    all_but: bool = False

    def takes(self, name: str) -> bool:
        """Tell whether a name is among them."""
        return (name in self.names) is not self.all_but

    @property
    def empty(self) -> bool:
        """Whether nothing is."""
        return not self.names and not self.all_but

    def of(self, present: Iterable[str]) -> frozenset[str]:
        """Return those of the names present that are among them."""
        return frozenset(name for name in present if self.takes(name))


NOTHING = Selection(names=frozenset())


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What of a request a policy names: a cache policy for the key and the origin, the other kind for the origin."""

    headers: Selection = NOTHING
    """Names in lower case."""
    cookies: Selection = NOTHING
    query_strings: Selection = NOTHING
    cloudfront_headers: frozenset[str] = frozenset()
    """Names in lower case, of headers that CloudFront makes ("Add CloudFront request headers")."""


@dataclass(frozen=True, kw_only=True)
class CachePolicy:
    """How long answers are kept, and what tells one from another."""

    ttl: Ttl
    key: Passed
    encodings: frozenset[str]
    """Of gzip and br, those in which answers are kept."""

    def key_policy(self, *, cookies: Iterable[str], query_strings: Iterable[str]) -> KeyPolicy:
        """Return the policy for the cookies and query strings that are in a request."""
        return KeyPolicy(
            headers=self.key.headers.names,
            cookies=self.key.cookies.of(cookies),
            query_strings=self.key.query_strings.of(query_strings),
            encodings=self.encodings,
        )


@dataclass(frozen=True, kw_only=True)
class SetHeader:
    """A header of a response headers policy."""

    name: str
    value: str
    override: bool
    """Whether it stands in for one that the origin has sent."""


@dataclass(frozen=True, kw_only=True)
class ResponseHeadersPolicy:
    """What is added to answers, and removed from them."""

    added: tuple[SetHeader, ...]
    removed: frozenset[str]
    """Names in lower case."""


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """What is done with the requests for some paths."""

    pattern: str
    origin: str
    """The origin's id in the distribution."""
    viewer_protocol_policy: str
    """allow-all, redirect-to-https or https-only."""
    allowed_methods: frozenset[str]
    cached_methods: frozenset[str]
    compress: bool
    cache_policy: CachePolicy
    origin_request: Passed
    response_headers: ResponseHeadersPolicy

    @property
    def forwards_cookies(self) -> bool:
        """Whether the origin sees any cookie; else the viewer gets none ("Cache content based on cookies")."""
        return not (self.cache_policy.key.cookies.empty and self.origin_request.cookies.empty)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where answers come from."""

    domain_name: str
    path: str
    custom_headers: Headers
    protocol: str
    """http-only, https-only or match-viewer."""
    ports: dict[str, int]
    """By "http" and "https"."""
    read_seconds: float
    connect_seconds: float
    attempts: int
    load_balancer: str = ""
    """The ARN of the load balancer in the VPC, for a VPC origin."""


@dataclass(frozen=True, kw_only=True)
class ErrorResponse:
    """What becomes of an error with one status."""

    caching_seconds: float | None
    """The error caching minimum TTL; None: CloudFront's own."""
    page: str
    """The path of a page to show instead; empty: none."""
    status: int
    """The status that goes with the page."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """All of it."""

    id: str
    arn: str
    domain_name: str
    root_object: str
    """What `/` stands for; empty: itself."""
    behaviors: tuple[Behavior, ...]
    """In the order in which they are tried; the default one is the last and takes every path."""
    origins: dict[str, Origin]
    errors: dict[int, ErrorResponse] = field(default_factory=dict[int, ErrorResponse])

    def behavior(self, path: str) -> Behavior:
        """Return the behavior of a path."""
        return next(behavior for behavior in self.behaviors if matches(behavior.pattern, path))
