"""What holds of every answer and every policy."""

from email.utils import formatdate
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from ttl_review.freshness import Ttl, judge

NOW = 1_800_000_000

SECONDS = st.integers(0, 100_000)
POLICIES = st.lists(SECONDS, min_size=3, max_size=3).map(
    lambda times: Ttl(**dict(zip(("min_seconds", "default_seconds", "max_seconds"), sorted(times), strict=True)))
)
ARGUMENTS = st.one_of(SECONDS.map(str), st.sampled_from(["", "-1", "soon", '"60"', "1.5", '"', "9" * 400]))
DIRECTIVES = st.one_of(
    st.sampled_from(
        ["public", "no-cache", "no-store", "private", "must-revalidate", 'private="a, b"', '"', "", "=", "é"]
    ),
    st.tuples(
        st.sampled_from(["max-age", "s-maxage", "Max-Age", "stale-while-revalidate", "stale-if-error"]), ARGUMENTS
    ).map("=".join),
)
CACHE_CONTROLS = st.one_of(st.lists(DIRECTIVES, max_size=6).map(", ".join), st.text(max_size=80))
DATES = st.one_of(
    st.integers(-200_000, 200_000).map(lambda away: formatdate(NOW + away, usegmt=True)), st.text(max_size=40)
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "cache-control": CACHE_CONTROLS,
        "expires": DATES,
        "date": DATES,
        "vary": st.sampled_from(["*", "Accept-Encoding", "Cookie, *"]),
        "pragma": st.just("no-cache"),
        "set-cookie": st.just("__Host-session=secret"),
    },
)
STATUSES = st.one_of(st.sampled_from([200, 301, 302, 307, 404, 500, 501, 503, 403]), st.integers(100, 599))
ANSWERS: dict[str, Any] = {
    "status": STATUSES,
    "headers": HEADERS,
    "ttl": POLICIES,
    "error_ttl": st.one_of(st.none(), st.integers(0, 3600)),
}


@given(**ANSWERS)
def test_no_time_is_negative_and_what_is_not_stored_has_none(**answer: Any) -> None:
    kept = judge(now=NOW, **answer)
    times = (kept.fresh_seconds, kept.stale_while_revalidate, kept.stale_if_error)

    assert min(times) >= 0
    assert kept.stored or times == (0, 0, 0)


@given(**ANSWERS)
def test_nothing_is_served_beyond_the_maximum_fresh_or_stale(**answer: Any) -> None:
    kept = judge(now=NOW, **answer)
    # An error is kept for the error TTL at least, which knows no maximum.
    least = (10 if answer["error_ttl"] is None else answer["error_ttl"]) if answer["status"] >= 400 else 0

    assert kept.fresh_seconds <= max(answer["ttl"].max_seconds, least)
    assert kept.fresh_seconds + max(kept.stale_while_revalidate, kept.stale_if_error) <= max(
        answer["ttl"].max_seconds, least
    )


@given(headers=HEADERS, ttl=POLICIES)
def test_a_page_is_never_kept_for_less_than_the_minimum(headers: dict[str, str], ttl: Ttl) -> None:
    assume(ttl.max_seconds > 0)
    kept = judge(status=200, headers=headers, ttl=ttl, now=NOW)

    assert not kept.stored or kept.fresh_seconds >= ttl.min_seconds
    assert kept.stored or ttl.min_seconds == 0


@given(
    status=st.one_of(st.sampled_from([404, 410, 414, 501]), st.integers(200, 399)),
    around=st.tuples(st.lists(DIRECTIVES, max_size=4), st.lists(DIRECTIVES, max_size=4)),
    word=st.sampled_from(["private", "no-store", "No-Store", ' private="x"', "PRIVATE"]),
    headers=HEADERS,
    ttl=POLICIES,
)
def test_without_a_minimum_nothing_private_is_ever_shared(
    status: int, around: tuple[list[str], list[str]], word: str, headers: dict[str, str], ttl: Ttl
) -> None:
    policy = Ttl(min_seconds=0, default_seconds=ttl.default_seconds, max_seconds=ttl.max_seconds)
    # A lone quote among the others could close over the word, and then the word would be quoted.
    directives = [part for part in (*around[0], word, *around[1]) if part != '"' and not part.endswith('="')]
    given_headers = headers | {"cache-control": ", ".join(directives)}

    assert not judge(status=status, headers=given_headers, ttl=policy, now=NOW).stored


@given(headers=HEADERS, ttl=POLICIES, status=STATUSES, ages=st.tuples(SECONDS, SECONDS))
def test_a_greater_age_is_never_kept_for_less(
    headers: dict[str, str], ttl: Ttl, status: int, ages: tuple[int, int]
) -> None:
    shorter, longer = (
        judge(status=status, headers=headers | {"cache-control": f"s-maxage={age}"}, ttl=ttl, now=NOW)
        for age in sorted(ages)
    )

    assert shorter.fresh_seconds <= longer.fresh_seconds


@given(age=SECONDS, other=CACHE_CONTROLS, ttl=POLICIES, expires=DATES)
def test_s_maxage_rules_alone(age: int, other: str, ttl: Ttl, expires: str) -> None:
    assume(not any(word in other.lower() for word in ("no-cache", "no-store", "private")))
    alone = judge(status=200, headers={"cache-control": f"s-maxage={age}"}, ttl=ttl, now=NOW)
    together = judge(
        status=200, headers={"cache-control": f"s-maxage={age}, {other}", "expires": expires}, ttl=ttl, now=NOW
    )

    assert alone.fresh_seconds == together.fresh_seconds
