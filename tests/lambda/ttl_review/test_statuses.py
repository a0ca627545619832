"""Which answers are kept by their status, and errors for how long: the developer guide's pages on 3xx, 4xx and 5xx."""

from collections.abc import Mapping
from email.utils import formatdate

import pytest

from ttl_review.freshness import Ttl, Verdict, judge

NOW = 1_800_000_000
ZERO = Ttl(min_seconds=0, default_seconds=300, max_seconds=1000)
ABOVE = Ttl(min_seconds=100, default_seconds=300, max_seconds=1000)
EXPIRING = {"expires": formatdate(NOW + 600, usegmt=True)}
EXPIRED = {"expires": formatdate(NOW - 5, usegmt=True)}


def verdict(
    ttl: Ttl,
    cache_control: str = "",
    *,
    status: int,
    error_ttl: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> Verdict:
    given = {"cache-control": cache_control} if cache_control else {}
    return judge(status=status, headers=given | dict(headers or {}), ttl=ttl, now=NOW, error_ttl=error_ttl)


@pytest.mark.parametrize("status", [200, 203, 204, 206, 300, 301, 302, 303])
def test_successes_and_redirects_are_kept_for_the_default(status: int) -> None:
    assert verdict(ZERO, status=status).fresh_seconds == 300


@pytest.mark.parametrize("status", [307, 308])
def test_temporary_and_permanent_redirects_are_kept_only_with_cache_control(status: int) -> None:
    assert not verdict(ZERO, status=status, headers=EXPIRING).stored
    assert verdict(ZERO, "public", status=status).fresh_seconds == 300


@pytest.mark.parametrize("status", [201, 202, 205, 207])
def test_other_successes_are_kept_only_with_a_lifetime(status: int) -> None:
    assert not verdict(ZERO, "public", status=status).stored
    assert verdict(ZERO, "max-age=600", status=status).fresh_seconds == 600


@pytest.mark.parametrize("status", [101, 103])
def test_what_is_not_final_is_not_kept(status: int) -> None:
    assert not verdict(ZERO, "max-age=600", status=status).stored


@pytest.mark.parametrize("status", [404, 410, 414, 500, 501, 502, 503, 504])
def test_these_errors_are_always_kept_for_the_error_ttl(status: int) -> None:
    assert verdict(ZERO, status=status).fresh_seconds == 10
    assert verdict(ABOVE, "public", status=status, error_ttl=3).fresh_seconds == 3
    assert not verdict(ZERO, status=status, error_ttl=0).stored


@pytest.mark.parametrize("status", [400, 403, 405, 412, 415])
def test_these_errors_are_kept_only_with_a_time_in_cache_control(status: int) -> None:
    assert not verdict(ZERO, "public", status=status).stored
    assert not verdict(ZERO, status=status, headers=EXPIRING).stored
    assert verdict(ZERO, "max-age=600", status=status).fresh_seconds == 600
    assert verdict(ZERO, "s-maxage=0", status=status).fresh_seconds == 10


@pytest.mark.parametrize("status", [401, 402, 406, 408, 409, 411, 413, 416, 418, 429, 505, 511])
def test_no_other_error_is_kept(status: int) -> None:
    assert not verdict(ABOVE, "public, max-age=600", status=status).stored


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"cache-control": "s-maxage=600, max-age=20"}, 600, id="s-maxage above the error TTL: s-maxage"),
        pytest.param({"cache-control": "max-age=5"}, 10, id="max-age below the error TTL: the error TTL"),
        pytest.param({"cache-control": "max-age=5000"}, 1000, id="max-age above max: max"),
        pytest.param(EXPIRING, 600, id="Expires above the error TTL: Expires"),
        pytest.param(EXPIRED, 10, id="Expires in the past: the error TTL"),
    ],
)
def test_an_error_is_kept_for_the_greater_of_its_header_and_the_error_ttl(
    headers: dict[str, str], seconds: float
) -> None:
    assert judge(status=404, headers=headers, ttl=ZERO, now=NOW).fresh_seconds == seconds


@pytest.mark.parametrize("directive", ["no-store", "no-cache", "private"])
@pytest.mark.parametrize("status", [404, 410, 414, 501])
def test_these_errors_may_refuse_to_be_kept(status: int, directive: str) -> None:
    assert not verdict(ABOVE, f"{directive}, max-age=600", status=status).stored


@pytest.mark.parametrize("directive", ["no-store", "no-cache", "private"])
@pytest.mark.parametrize("status", [400, 403, 405, 412, 415, 500, 502, 503, 504])
def test_other_errors_are_kept_for_the_error_ttl_whatever_they_say(status: int, directive: str) -> None:
    assert verdict(ZERO, f"{directive}, max-age=600", status=status).fresh_seconds == 10


def test_errors_are_never_stale() -> None:
    kept = verdict(ZERO, "max-age=20, stale-while-revalidate=30, stale-if-error=50", status=404)

    assert (kept.stale_while_revalidate, kept.stale_if_error) == (0, 0)
