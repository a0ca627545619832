"""How long CloudFront keeps an answer of the origin: rules alone, no clock, no input, no output.

Source: the Amazon CloudFront Developer Guide, by page title at each rule. Where it is silent: RFC 9110 and RFC 9111.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz

# "How CloudFront processes HTTP 4xx and 5xx status codes"; 410 stands in "Control how long CloudFront caches errors".
_ERRORS_KEPT = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
_ERRORS_KEPT_IF_ASKED = frozenset({400, 403, 405, 412, 415})
_ERRORS_THAT_MAY_REFUSE = frozenset({404, 410, 414, 501})
_ERROR_SECONDS = 10.0

_SUCCESSES_KEPT = frozenset({200, 203, 204, 206})  # silent: RFC 9110, 15.1 calls these heuristically cacheable
_REDIRECTS_KEPT_IF_ASKED = frozenset({307, 308})  # "How CloudFront processes HTTP 3xx status codes"

# Silent on directives for named headers: private="x" counts as private, as RFC 9111, 5.2.2.4 says that many caches do.
_RESTRICTING = frozenset({"no-cache", "no-store", "private"})
_AGES = ("s-maxage", "max-age")
_NEVER_STALE = frozenset({"must-revalidate", "proxy-revalidate"})

# A comma inside quotes ends no directive; a quote that nothing closes quotes nothing.
_DIRECTIVE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,])+')


@dataclass(frozen=True, kw_only=True)
class Ttl:
    """The three numbers of a cache policy, in seconds."""

    min_seconds: float
    default_seconds: float
    max_seconds: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of an answer, in seconds since the origin made it."""

    stored: bool
    fresh_seconds: float
    """0: every use is validated at the origin first, and requests that waited for this answer do not get it."""
    stale_while_revalidate: float
    """How long after `fresh_seconds` it is served while a new one is fetched."""
    stale_if_error: float
    """How long after `fresh_seconds` it stands in for an origin that answers 5xx or not at all."""


_NOT_STORED = Verdict(stored=False, fresh_seconds=0, stale_while_revalidate=0, stale_if_error=0)


def judge(*, status: int, headers: Mapping[str, str], ttl: Ttl, now: float, error_ttl: float | None = None) -> Verdict:
    """Say what becomes of the origin's answer to a GET, HEAD or OPTIONS.

    `headers` has names in lower case and several values joined by ", "; `now` is Unix time; `error_ttl` is the error
    caching minimum TTL of this status in seconds (10 when unset). Set-Cookie and Vary (but for `*`) change nothing:
    cookies are kept with the object, and the policy alone makes the key ("Request and response behavior for custom
    origins"). Nor does Pragma, which RFC 9111, 5.4 gives no meaning in an answer.
    """
    directives = _directives(headers.get("cache-control", ""))
    if ttl.max_seconds == 0:  # caching is off; that errors are not kept either is a note of the page on 4xx and 5xx
        return _NOT_STORED
    lifetime = _lifetime(directives, headers, now)
    if status >= 400:  # noqa: PLR2004
        least = _ERROR_SECONDS if error_ttl is None else error_ttl
        return _judge_error(status, directives, least=least, asked=min(lifetime or 0, ttl.max_seconds))
    if not _may_keep(status, directives, lifetime):
        return _NOT_STORED
    return _judge_success(directives, lifetime, ttl, varies_always="*" in headers.get("vary", ""))


def _may_keep(status: int, directives: Mapping[str, str], lifetime: float | None) -> bool:
    if status in _REDIRECTS_KEPT_IF_ASKED:
        return bool(directives)
    # Silent on other successes: RFC 9111, 3 keeps them where the origin gives a lifetime.
    return status >= 300 or status in _SUCCESSES_KEPT or (status >= 200 and lifetime is not None)  # noqa: PLR2004


def _judge_error(status: int, directives: Mapping[str, str], *, least: float, asked: float) -> Verdict:
    """Follow "Control how long CloudFront caches errors"; once the time is over, the origin is asked again."""
    restricted = not _RESTRICTING.isdisjoint(directives)
    kept = status in _ERRORS_KEPT or (status in _ERRORS_KEPT_IF_ASKED and not directives.keys().isdisjoint(_AGES))
    if not kept or (restricted and status in _ERRORS_THAT_MAY_REFUSE):
        return _NOT_STORED
    seconds = least if restricted else max(least, asked)
    return Verdict(stored=seconds > 0, fresh_seconds=seconds, stale_while_revalidate=0, stale_if_error=0)


def _judge_success(directives: Mapping[str, str], lifetime: float | None, ttl: Ttl, *, varies_always: bool) -> Verdict:
    """Follow the table and the warnings of "Manage how long content stays in the cache (expiration)"."""
    restricting = _RESTRICTING & directives.keys()
    # With a minimum TTL such an answer is kept for that time, and shared.
    if ttl.min_seconds == 0 and restricting - {"no-cache"}:
        return _NOT_STORED
    asks_first = bool(restricting) or (varies_always and ttl.min_seconds == 0)
    if asks_first:
        fresh = ttl.min_seconds
    elif lifetime is None:
        fresh = max(ttl.min_seconds, ttl.default_seconds)
    else:
        fresh = max(ttl.min_seconds, min(lifetime, ttl.max_seconds))
    # "After the maximum TTL duration, the stale object won't be available": so long may it be stale at most.
    room = max(0.0, ttl.max_seconds - fresh)
    if not _NEVER_STALE.isdisjoint(directives):  # silent: RFC 9111, 5.2.2.2
        room = 0.0
    while_revalidate = 0.0 if asks_first else _seconds(directives.get("stale-while-revalidate", "0"))
    # Without the directive a stale object is served on errors too; stale-if-error=0 is how to forbid it.
    if_error = _seconds(directives["stale-if-error"]) if "stale-if-error" in directives else room
    return Verdict(
        stored=True,
        fresh_seconds=fresh,
        stale_while_revalidate=min(room, while_revalidate),
        stale_if_error=min(room, if_error),
    )


def _directives(cache_control: str) -> dict[str, str]:
    """Return directives by name in lower case; of several with one name the first counts (RFC 9111, 4.2.1)."""
    found: dict[str, str] = {}
    for part in _DIRECTIVE.findall(cache_control):
        name, _, value = part.partition("=")
        found.setdefault(name.strip().lower(), value.strip())
    return found


def _lifetime(directives: Mapping[str, str], headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the origin asks for: s-maxage, else max-age, else Expires; None: it asks nothing."""
    for name in _AGES:
        if name in directives:
            return _seconds(directives[name])
    if "expires" not in headers:
        return None
    expires = _epoch(headers["expires"])
    made = _epoch(headers.get("date", ""))
    # Silent: a lifetime is Expires less Date (RFC 9111, 4.2.1), and what is no date is over (5.3).
    return 0.0 if expires is None else max(0.0, expires - (now if made is None else made))


def _seconds(text: str) -> float:
    """Return a number of seconds; what is none counts as over (silent: RFC 9111, 4.2.1)."""
    digits = text.removeprefix('"').removesuffix('"')
    return float(digits) if digits.isascii() and digits.isdigit() else 0.0


def _epoch(date: str) -> float | None:
    try:
        parsed = parsedate_tz(date)
        return None if parsed is None else mktime_tz(parsed)
    except (ValueError, OverflowError):
        return None
