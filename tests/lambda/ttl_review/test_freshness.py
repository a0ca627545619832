"""The developer guide's table "Manage how long content stays in the cache (expiration)", cell by cell, and the RFCs."""

from email.utils import formatdate

import pytest

from ttl_review.freshness import Ttl, Verdict, judge

NOW = 1_800_000_000
YEAR = 31_536_000
ZERO = Ttl(min_seconds=0, default_seconds=300, max_seconds=1000)
ABOVE = Ttl(min_seconds=100, default_seconds=300, max_seconds=1000)
DISABLED = Ttl(min_seconds=0, default_seconds=0, max_seconds=0)


def verdict(ttl: Ttl, cache_control: str, *, status: int = 200, **headers: str) -> Verdict:
    return judge(status=status, headers={"cache-control": cache_control} | headers, ttl=ttl, now=NOW)


def expiring_in(seconds: int) -> dict[str, str]:
    return {"expires": formatdate(NOW + seconds, usegmt=True), "date": formatdate(NOW, usegmt=True)}


@pytest.mark.parametrize(
    ("ttl", "headers", "seconds"),
    [
        pytest.param(ZERO, {"cache-control": "max-age=600"}, 600, id="min 0, max-age below max: max-age"),
        pytest.param(ZERO, {"cache-control": "max-age=5000"}, 1000, id="min 0, max-age above max: max"),
        pytest.param(ABOVE, {"cache-control": "max-age=600"}, 600, id="min above 0, max-age between: max-age"),
        pytest.param(ABOVE, {"cache-control": "max-age=50"}, 100, id="min above 0, max-age below min: min"),
        pytest.param(ABOVE, {"cache-control": "max-age=5000"}, 1000, id="min above 0, max-age above max: max"),
        pytest.param(ZERO, {}, 300, id="min 0, no header: default"),
        pytest.param(ABOVE, {}, 300, id="min above 0, no header, default above min: default"),
        pytest.param(
            Ttl(min_seconds=400, default_seconds=300, max_seconds=1000),
            {},
            400,
            id="min above 0, no header, min above default: min",
        ),
        pytest.param(ZERO, {"cache-control": "public"}, 300, id="min 0, a directive without a time: default"),
        pytest.param(
            ZERO, {"cache-control": "max-age=60, s-maxage=600"}, 600, id="min 0, max-age and s-maxage: s-maxage"
        ),
        pytest.param(ZERO, {"cache-control": "s-maxage=5000, max-age=60"}, 1000, id="min 0, s-maxage above max: max"),
        pytest.param(
            ABOVE, {"cache-control": "max-age=60, s-maxage=600"}, 600, id="min above 0, s-maxage between: s-maxage"
        ),
        pytest.param(ABOVE, {"cache-control": "max-age=600, s-maxage=60"}, 100, id="min above 0, s-maxage below: min"),
        pytest.param(
            ABOVE, {"cache-control": "max-age=60, s-maxage=5000"}, 1000, id="min above 0, s-maxage above: max"
        ),
        pytest.param(ZERO, expiring_in(600), 600, id="min 0, Expires before max: Expires"),
        pytest.param(ZERO, expiring_in(5000), 1000, id="min 0, Expires after max: max"),
        pytest.param(ZERO, expiring_in(-5), 0, id="min 0, Expires in the past: 0"),
        pytest.param(ABOVE, expiring_in(600), 600, id="min above 0, Expires between: Expires"),
        pytest.param(ABOVE, expiring_in(50), 100, id="min above 0, Expires before min: min"),
        pytest.param(ABOVE, expiring_in(5000), 1000, id="min above 0, Expires after max: max"),
        pytest.param(ZERO, {"cache-control": "no-cache"}, 0, id="min 0, no-cache: 0"),
        pytest.param(ABOVE, {"cache-control": "no-cache"}, 100, id="min above 0, no-cache: min"),
        pytest.param(ABOVE, {"cache-control": "no-store"}, 100, id="min above 0, no-store: min"),
        pytest.param(ABOVE, {"cache-control": "private"}, 100, id="min above 0, private: min"),
        pytest.param(ABOVE, {"cache-control": "private, max-age=600"}, 100, id="min above 0, private and max-age: min"),
        pytest.param(ZERO, {"cache-control": "no-cache, max-age=600"}, 0, id="min 0, no-cache and max-age: 0"),
        pytest.param(ZERO, {"cache-control": "max-age=60"} | expiring_in(600), 60, id="max-age and Expires: max-age"),
    ],
)
def test_the_table_of_the_guide_says_how_long(ttl: Ttl, headers: dict[str, str], seconds: float) -> None:
    kept = judge(status=200, headers=headers, ttl=ttl, now=NOW)

    assert kept.stored
    assert kept.fresh_seconds == seconds


@pytest.mark.parametrize(
    "cache_control",
    ["no-store", "private", "Private", "no-cache, no-store", "public, max-age=600, private", 'private="set-cookie"'],
)
def test_without_a_minimum_what_is_private_or_not_to_be_stored_is_not_kept(cache_control: str) -> None:
    assert not verdict(ZERO, cache_control).stored


@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_a_maximum_of_zero_keeps_nothing(status: int) -> None:
    assert not verdict(DISABLED, "max-age=600", status=status).stored


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"expires": formatdate(NOW + 500, usegmt=True)}, 500, id="without Date it counts from now"),
        pytest.param(
            {"expires": formatdate(NOW + 500, usegmt=True), "date": formatdate(NOW - 100, usegmt=True)},
            600,
            id="it counts from Date, when the origin made the answer",
        ),
        pytest.param(
            {"expires": formatdate(NOW + 500, usegmt=True), "date": "yesterday"},
            500,
            id="a Date that is none is absent",
        ),
        pytest.param({"expires": "0"}, 0, id="0 is over"),
        pytest.param({"expires": "soon"}, 0, id="what is no date is over"),
        pytest.param({"expires": ""}, 0, id="nothing is over"),
        pytest.param({"expires": "Fri, 15 Jan 99999 08:00:00 GMT"}, 0, id="a year that no calendar has is over"),
        pytest.param({"expires": f"15 Jan {'9' * 30} 08:00:00"}, 0, id="a year that no machine has is over"),
        pytest.param(
            {"expires": formatdate(NOW + 500, usegmt=True), "date": "Fri, 15 Jan 99999 08:00:00 GMT"},
            500,
            id="a Date that no calendar has is absent",
        ),
        pytest.param(
            {"expires": "Friday, 15-Jan-27 08:08:20 GMT", "date": "Fri Jan 15 08:00:00 2027"},
            500,
            id="the two obsolete forms are dates too",
        ),
        pytest.param(
            {"expires": ", ".join(formatdate(NOW + later, usegmt=True) for later in (500, 900))},
            500,
            id="of two the first counts",
        ),
    ],
)
def test_expires_is_read_as_rfc_9111_says(headers: dict[str, str], seconds: float) -> None:
    assert judge(status=200, headers=headers, ttl=ZERO, now=NOW).fresh_seconds == seconds


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("max-age=60, max-age=600", 60),
        ("s-maxage=0, s-maxage=600", 0),
        ("max-age=-1", 0),
        ("max-age=1.5", 0),
        ("max-age", 0),
        ("max-age=soon", 0),
        ("max-age=٦٠", 0),
        ("max-age=600, s-maxage=soon", 0),
        ("MAX-AGE=600", 600),
        ('max-age="600"', 600),
        ("max-age=" + "9" * 5000, 1000),
        ('extension="a, max-age=60", max-age=600', 600),
        (r'extension="\", max-age=60", max-age=600', 600),
        ('extension="open, max-age=60', 60),
        (" , public ,, max-age=60 ,", 60),
        (",", 300),
    ],
)
def test_directives_are_read_as_rfc_9111_says(cache_control: str, seconds: float) -> None:
    assert verdict(ZERO, cache_control).fresh_seconds == seconds


def test_a_quote_that_is_never_closed_hides_no_directive() -> None:
    assert not verdict(ZERO, 'extension="open, no-store').stored


@pytest.mark.parametrize(
    ("cache_control", "while_revalidate", "if_error"),
    [
        pytest.param("max-age=600", 0, 400, id="no directive: stale on errors up to the maximum TTL"),
        pytest.param("max-age=600, stale-while-revalidate=30", 30, 400, id="stale-while-revalidate"),
        pytest.param("max-age=600, stale-if-error=50", 0, 50, id="stale-if-error"),
        pytest.param("max-age=600, stale-if-error=0", 0, 0, id="stale-if-error=0 forbids"),
        pytest.param("max-age=600, stale-while-revalidate=30, stale-if-error=50", 30, 50, id="both, independently"),
        pytest.param(
            "max-age=600, stale-while-revalidate=900, stale-if-error=900", 400, 400, id="never beyond maximum"
        ),
        pytest.param("max-age=1000, stale-while-revalidate=30", 0, 0, id="fresh up to the maximum: never stale"),
        pytest.param("max-age=600, stale-while-revalidate=30, must-revalidate", 0, 0, id="must-revalidate"),
        pytest.param("max-age=600, stale-if-error=50, proxy-revalidate", 0, 0, id="proxy-revalidate"),
        pytest.param("no-cache, stale-while-revalidate=30", 0, 1000, id="no-cache: only on errors"),
        pytest.param("max-age=0, stale-while-revalidate=30", 30, 1000, id="at once stale"),
        pytest.param("max-age=600, stale-while-revalidate=soon, stale-if-error", 0, 0, id="no number: not at all"),
    ],
)
def test_stale_answers_are_served_as_the_guide_says(
    cache_control: str, while_revalidate: float, if_error: float
) -> None:
    kept = verdict(ZERO, cache_control)

    assert (kept.stale_while_revalidate, kept.stale_if_error) == (while_revalidate, if_error)


def test_private_answers_kept_for_the_minimum_are_stale_on_errors_alone() -> None:
    kept = verdict(ABOVE, "private, stale-while-revalidate=30")

    assert (kept.fresh_seconds, kept.stale_while_revalidate, kept.stale_if_error) == (100, 0, 900)


def test_vary_of_everything_validates_every_use_unless_there_is_a_minimum() -> None:
    validated = verdict(ZERO, "max-age=600, stale-while-revalidate=30", vary="*")
    kept = verdict(ABOVE, "max-age=600, stale-while-revalidate=30", vary="*")

    assert (validated.stored, validated.fresh_seconds, validated.stale_while_revalidate) == (True, 0, 0)
    assert (kept.fresh_seconds, kept.stale_while_revalidate) == (600, 30)


@pytest.mark.parametrize("header", [{"vary": "Cookie"}, {"set-cookie": "a=b"}, {"pragma": "no-cache"}, {"age": "500"}])
def test_headers_that_cloudfront_does_not_ask_change_nothing(header: dict[str, str]) -> None:
    without = {"cache-control": "max-age=600"}

    assert judge(status=200, headers=without | header, ttl=ZERO, now=NOW) == verdict(ZERO, "max-age=600")


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("public, max-age=31536000, immutable", (YEAR, 0, 0)),
        ("public, max-age=86400", (86_400, 0, YEAR - 86_400)),
        ("public, max-age=0, s-maxage=60, stale-while-revalidate=30", (60, 30, YEAR - 60)),
    ],
)
def test_what_the_blog_sends_is_honoured(cache_control: str, expected: tuple[float, float, float]) -> None:
    kept = verdict(Ttl(min_seconds=0, default_seconds=0, max_seconds=YEAR), cache_control)

    assert (kept.fresh_seconds, kept.stale_while_revalidate, kept.stale_if_error) == expected
