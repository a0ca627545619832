"""What enters the key: the developer guide's examples, and what holds of every request."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttl_review.cache_key import CacheKey, KeyPolicy, cache_key

NONE = KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=frozenset(), encodings=frozenset())
ALL = KeyPolicy(headers=frozenset(), cookies=None, query_strings=None, encodings=frozenset())
BOTH = KeyPolicy(
    headers=frozenset(), cookies=frozenset(), query_strings=frozenset(), encodings=frozenset({"gzip", "br"})
)
GZIP = KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=frozenset(), encodings=frozenset({"gzip"}))


def by_header(*names: str) -> KeyPolicy:
    return KeyPolicy(headers=frozenset(names), cookies=frozenset(), query_strings=frozenset(), encodings=frozenset())


def by_query(*names: str) -> KeyPolicy:
    return KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=frozenset(names), encodings=frozenset())


def by_cookie(*names: str) -> KeyPolicy:
    return KeyPolicy(headers=frozenset(), cookies=frozenset(names), query_strings=frozenset(), encodings=frozenset())


def key(policy: KeyPolicy, *, method: str = "GET", path: str = "/a", query: str = "", **headers: str) -> CacheKey:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return cache_key(
        method=method,
        host="d111111abcdef8.cloudfront.net",
        path=path,
        query=query,
        headers=given_headers,
        policy=policy,
    )


def test_by_default_the_key_is_domain_and_path() -> None:
    first = key(
        NONE, query="ref=0123abc&split-pages=false", cookie="session_id=01234abcd", referer="https://a.example/"
    )
    second = key(NONE, query="ref=xyz987&split-pages=true", cookie="session_id=wxyz9876", referer="https://b.example/")

    assert first == second
    assert hash(first) == hash(second)
    assert first != key(NONE, path="/b")
    assert first != key(NONE, path="/A")


def test_the_domain_tells_apart_but_not_its_case() -> None:
    request: dict[str, Any] = {"method": "GET", "path": "/", "query": "", "headers": {}, "policy": NONE}

    assert cache_key(host="A.example", **request) == cache_key(host="a.example", **request)
    assert cache_key(host="a.example", **request) != cache_key(host="b.example", **request)


def test_head_shares_an_object_with_get_and_options_has_its_own() -> None:
    assert key(NONE, method="HEAD") == key(NONE, method="GET")
    assert key(NONE, method="OPTIONS") != key(NONE, method="GET")


@pytest.mark.parametrize(
    ("policy", "one", "other", "same"),
    [
        pytest.param(ALL, "color=red&size=large", "size=large&color=red", False, id="the order of parameters counts"),
        pytest.param(ALL, "color=red", "color=Red", False, id="the case of a value counts"),
        pytest.param(ALL, "color=red", "Color=red", False, id="the case of a name counts"),
        pytest.param(by_query("color"), "color=red&size=large", "color=red&size=small", True, id="others do not count"),
        pytest.param(by_query("color"), "color=red", "color=blue", False, id="a named one counts"),
        pytest.param(by_query("color"), "color=red", "Color=red", False, id="a name in another case is another name"),
        pytest.param(by_query("color"), "color=red;size=large", "color=red;size=small", False, id="only & delimits"),
        pytest.param(by_query("color"), "size=large;color=red", "", True, id="what follows a semicolon is a value"),
        pytest.param(by_query("color"), "color=red&color=blue", "color=blue&color=red", False, id="all of one name"),
        pytest.param(by_query("color"), "color", "", False, id="a parameter without a value is one"),
        pytest.param(NONE, "color=red", "", True, id="none: no parameter counts"),
    ],
)
def test_query_strings_count_as_the_guide_says(policy: KeyPolicy, one: str, other: str, *, same: bool) -> None:
    assert (key(policy, query=one) == key(policy, query=other)) == same


def test_the_query_of_the_key_is_what_goes_to_the_origin() -> None:
    assert key(by_query("a", "b"), query="b=2&c=3&a=1").query == "b=2&a=1"


def test_header_names_have_no_case_and_header_values_do() -> None:
    assert key(by_header("Product"), product="Acme") == key(by_header("product"), product="Acme")
    assert key(by_header("Product"), product="Acme") != key(by_header("Product"), product="acme")
    assert key(by_header("Product"), product="Acme") != key(by_header("Product"))


def test_a_header_counts_under_its_name() -> None:
    assert key(by_header("a", "b"), a="1") != key(by_header("a", "b"), b="1")


@pytest.mark.parametrize(
    ("policy", "one", "other", "same"),
    [
        pytest.param(ALL, "a=1; b=2", "b=2; a=1", True, id="cookies are sorted by name"),
        pytest.param(ALL, "a=1; a=2", "a=2; a=1", False, id="the first of two with one name stays the first"),
        pytest.param(ALL, "a=1", "A=1", False, id="the case of a name counts"),
        pytest.param(ALL, "a=x", "a=X", False, id="the case of a value counts"),
        pytest.param(ALL, "a=1 ;b=2;", "a=1; b=2", True, id="blanks between do not count"),
        pytest.param(ALL, "a=b=c", "a=b", False, id="a value may hold an equals sign"),
        pytest.param(by_cookie("country"), "country=uk; s=1", "s=2; country=uk", True, id="others do not count"),
        pytest.param(by_cookie("country"), "country=uk", "country=fr", False, id="a named one counts"),
        pytest.param(NONE, "a=1", "b=2", True, id="none: no cookie counts"),
    ],
)
def test_cookies_count_as_the_guide_says(policy: KeyPolicy, one: str, other: str, *, same: bool) -> None:
    assert (key(policy, cookie=one) == key(policy, cookie=other)) == same


def test_without_cookies_none_is_in_the_key() -> None:
    assert key(ALL).cookies == ()


@pytest.mark.parametrize(
    ("policy", "accept_encoding", "encodings"),
    [
        pytest.param(BOTH, "gzip, deflate, br, zstd", ("br", "gzip"), id="both: normalized to br,gzip"),
        pytest.param(BOTH, "br;q=1.0, GZIP;q=0.5", ("br", "gzip"), id="weights and case do not count"),
        pytest.param(BOTH, "gzip", ("gzip",), id="both, the viewer only gzip"),
        pytest.param(BOTH, "br", ("br",), id="both, the viewer only br"),
        pytest.param(BOTH, "deflate", (), id="both, the viewer neither"),
        pytest.param(BOTH, "*", (), id="a star is neither value"),
        pytest.param(BOTH, "gzip;q=0, br; q=0.000", (), id="refused with weight 0"),
        pytest.param(BOTH, "gzip;q=0.001", ("gzip",), id="hardly wanted is wanted"),
        pytest.param(GZIP, "gzip, br", ("gzip",), id="one: the other does not count"),
        pytest.param(GZIP, "br", (), id="one, the viewer only the other"),
        pytest.param(NONE, "gzip, br", (), id="none: the header does not count"),
    ],
)
def test_accept_encoding_is_normalized(policy: KeyPolicy, accept_encoding: str, encodings: tuple[str, ...]) -> None:
    assert key(policy, accept_encoding=accept_encoding).encodings == encodings


def test_without_compression_accept_encoding_is_a_header_like_any_other() -> None:
    policy = by_header("Accept-Encoding")

    assert key(policy, accept_encoding="gzip") != key(policy, accept_encoding="gzip, br")


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.sampled_from(["", "1", "2", "x y"])
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
POLICIES = st.builds(
    KeyPolicy,
    headers=st.frozensets(NAMES),
    cookies=st.one_of(st.none(), st.frozensets(NAMES)),
    query_strings=st.one_of(st.none(), st.frozensets(NAMES)),
    encodings=st.frozensets(st.sampled_from(["gzip", "br"])),
)


def kept(pairs: list[tuple[str, str]], names: frozenset[str] | None) -> list[tuple[str, str]]:
    return [pair for pair in pairs if names is None or pair[0] in names]


def request(
    policy: KeyPolicy, headers: dict[str, str], cookies: list[tuple[str, str]], query: list[tuple[str, str]]
) -> CacheKey:
    return key(policy, query="&".join(map("=".join, query)), cookie="; ".join(map("=".join, cookies)), **headers)


@given(policy=POLICIES, headers=st.dictionaries(NAMES, VALUES), cookies=PAIRS, query=PAIRS)
def test_what_the_policy_leaves_out_never_enters_the_key(
    policy: KeyPolicy, headers: dict[str, str], cookies: list[tuple[str, str]], query: list[tuple[str, str]]
) -> None:
    named = {name: value for name, value in headers.items() if name in policy.headers}

    assert request(policy, headers, cookies, query) == request(
        policy, named, kept(cookies, policy.cookies), kept(query, policy.query_strings)
    )


@given(policy=POLICIES, headers=st.dictionaries(NAMES, VALUES), seed=st.randoms(use_true_random=False))
def test_the_order_of_headers_never_matters(policy: KeyPolicy, headers: dict[str, str], seed: random.Random) -> None:
    shuffled = list(headers.items())
    seed.shuffle(shuffled)

    assert key(policy, **headers) == key(policy, **dict(shuffled))


@given(
    policy=POLICIES,
    one=st.tuples(st.dictionaries(NAMES, VALUES), PAIRS, PAIRS),
    other=st.tuples(st.dictionaries(NAMES, VALUES), PAIRS, PAIRS),
)
def test_keys_are_equal_exactly_when_what_the_policy_names_is(policy: KeyPolicy, one: Any, other: Any) -> None:
    def named(parts: Any) -> Any:
        headers, cookies, query = parts
        return (
            {name: value for name, value in headers.items() if name in policy.headers},
            sorted(kept(cookies, policy.cookies), key=lambda pair: pair[0]),
            kept(query, policy.query_strings),
        )

    assert (request(policy, *one) == request(policy, *other)) == (named(one) == named(other))
