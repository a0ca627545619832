"""How the edge asks the origin, and what it does when that is slow, fails or is gone."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.answer import Answer
from tests.local.edge.site import (
    OriginServer,
    Site,
    behavior,
    cache_policy,
    custom_origin,
    distribution,
    result,
)
from tests.waiting import wait_until


def at_once(site: Site, origin: OriginServer, path: str, *, times: int, asked: int) -> list[Answer]:
    """Ask so many times at once, with the origin answering once it has been asked so often."""
    with ThreadPoolExecutor(times) as pool:
        with origin.holding():
            answers = [pool.submit(site.get, path) for _ in range(times)]
            wait_until(lambda: origin.times(path) >= asked)
            time.sleep(0.5)  # for those that would be too many
        return [answer.result() for answer in answers]


def test_200_simultaneous_requests_for_a_cold_object_are_one_request_to_the_origin(
    site: Site, origin: OriginServer
) -> None:
    path = site.told(cache_control="max-age=60", body=b"a page")
    answers = at_once(site, origin, path, times=200, asked=1)
    assert origin.times(path) == 1
    assert {answer.text for answer in answers} == {"a page"}
    assert sorted(result(answer) for answer in answers) == ["Hit"] * 199 + ["Miss"]


def test_simultaneous_requests_for_an_expired_object_are_one_request_to_the_origin(
    site: Site, origin: OriginServer
) -> None:
    path = site.told(cache_control="max-age=60", etag='"one"')
    site.get(path)
    site.later(61)
    answers = at_once(site, origin, path, times=10, asked=2)
    assert sorted(result(answer) for answer in answers) == ["Hit"] * 9 + ["RefreshHit"]


@pytest.mark.parametrize("cache_control", ["no-store", "private", "no-cache", "max-age=0", "s-maxage=0, max-age=60"])
def test_what_is_kept_for_no_time_is_shared_with_nobody_who_waits(
    site: Site, origin: OriginServer, cache_control: str
) -> None:
    path = site.told(cache_control=cache_control)
    answers = at_once(site, origin, path, times=10, asked=1)
    assert origin.times(path) == 10
    assert {result(answer) for answer in answers} == {"Miss"}


def test_where_caching_is_disabled_nobody_waits(site: Site, origin: OriginServer) -> None:
    path = site.told("/forms", cache_control="max-age=60")
    at_once(site, origin, path, times=10, asked=10)
    assert origin.times(path) == 10


def test_a_stale_object_is_served_while_it_is_revalidated(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60, stale-while-revalidate=30", body=b"old")
    site.get(path)
    origin.tell(path, cache_control="max-age=60", body=b"new")
    site.later(70)
    with origin.holding():
        answers = [site.get(path) for _ in range(3)]
    assert [(result(answer), answer.text) for answer in answers] == [("Hit", "old")] * 3
    wait_until(lambda: site.get(path).text == "new")
    assert origin.times(path) == 2


def test_after_the_time_to_revalidate_nothing_stale_is_served(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60, stale-while-revalidate=30", body=b"old")
    site.get(path)
    origin.tell(path, cache_control="max-age=60", body=b"new")
    site.later(91)
    assert site.get(path).text == "new"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_stale_object_stands_in_for_an_origin_that_fails(site: Site, origin: OriginServer, status: int) -> None:
    path = site.told(cache_control="max-age=60", body=b"old")
    site.get(path)
    origin.tell(path, status=status)
    site.later(61)
    answers = [site.get(path), site.get(path)]
    assert [(answer.status, result(answer), answer.text) for answer in answers] == [(200, "Hit", "old")] * 2
    assert origin.times(path) == 2  # for the error caching minimum TTL, the origin is left alone
    origin.tell(path, cache_control="max-age=60", body=b"new")
    site.later(11)
    assert site.get(path).text == "new"


def test_nothing_stands_in_where_the_origin_forbids_it(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60, stale-if-error=0")
    site.get(path)
    origin.tell(path, status=503)
    site.later(61)
    assert site.get(path).status == 503


def test_an_outage_is_handed_on_at_once_whatever_it_says_about_trying_again(site: Site, origin: OriginServer) -> None:
    path = site.told(status=503, retry_after="10", body=b"back in a moment")
    answer = site.get(path)
    assert (answer.status, answer.text, answer.headers["retry-after"]) == (503, "back in a moment", "10")
    assert origin.times(path) == 1


def test_a_client_error_takes_the_place_of_a_stale_object(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60")
    site.get(path)
    origin.tell(path, status=404)
    site.later(61)
    assert site.get(path).status == 404


def test_an_error_is_kept_for_the_error_caching_minimum_ttl(site: Site, origin: OriginServer) -> None:
    path = site.told(status=404)
    answers = [site.get(path), site.get(path)]
    assert [(answer.status, result(answer)) for answer in answers] == [(404, "Error")] * 2
    assert origin.times(path) == 1
    origin.tell(path)
    site.later(21)
    assert site.get(path).status == 200


def test_an_error_page_stands_in_for_an_error(site: Site, origin: OriginServer) -> None:
    path = site.told(status=501)
    origin.tell("/sorry", body=b"sorry", content_type="text/plain")
    answers = [site.get(path), site.get(path)]
    assert [(answer.status, result(answer), answer.text) for answer in answers] == [(200, "Error", "sorry")] * 2
    assert (origin.times(path), origin.times("/sorry")) == (1, 1)


def test_an_origin_that_is_gone_is_a_bad_gateway_and_what_is_kept_stands_in(site: Site, cloudfront: Any) -> None:
    going = OriginServer()
    policy = cache_policy(cloudfront, ttl=(0, 60, 3600))
    config = distribution(custom_origin(going.port), default=behavior(policy))
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    other = Site(cloud=site.cloud, origin=going, id=made["Id"], domain=made["DomainName"])
    path = other.told(body=b"old")
    other.get(path)
    going.close()
    other.later(61)
    assert (other.get(path).status, other.get(path).text) == (200, "old")
    lost = other.get(other.path())
    assert (lost.status, result(lost)) == (502, "Error")


def test_cookies_of_the_origin_reach_nobody_where_it_is_shown_none(site: Site, cloudfront: Any) -> None:
    policy = cache_policy(cloudfront, ttl=(0, 60, 3600))
    config = distribution(custom_origin(site.origin.port), default=behavior(policy))
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    other = Site(cloud=site.cloud, origin=site.origin, id=made["Id"], domain=made["DomainName"])
    for cache_control in ("max-age=60", "no-store"):
        path = other.told(cache_control=cache_control, set_cookie="session=mine")
        assert [other.get(path).headers["set-cookie"] for _ in range(2)] == [None, None]
        assert "cookie" not in site.origin.last(path).headers


def test_cookies_of_the_origin_are_kept_with_the_object_where_the_key_has_cookies(site: Site) -> None:
    path = site.told(cache_control="max-age=60", set_cookie="theme=dark")
    answers = [site.get(path), site.get(path)]
    assert [(result(answer), answer.headers["set-cookie"]) for answer in answers] == [
        ("Miss", "theme=dark"),
        ("Hit", "theme=dark"),
    ]


def test_cookies_that_the_origin_keeps_out_of_the_cache_reach_only_who_asked(site: Site) -> None:
    path = site.told("/minimum", cache_control='no-cache="Set-Cookie"', set_cookie="session=mine")
    assert [site.get(path).headers["set-cookie"] for _ in range(2)] == [None, None]  # this key has no cookies
    path = site.told("/forms", cache_control="no-store", set_cookie="session=mine")
    assert [site.get(path).headers["set-cookie"] for _ in range(2)] == ["session=mine"] * 2


def test_a_form_reaches_the_origin_with_all_that_its_policy_names(site: Site, origin: OriginServer) -> None:
    path = site.told("/forms", cache_control="private, no-store")
    headers = {
        "cookie": "session=mine; csrf=token",
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
        "referer": "https://elsewhere.example/",
    }
    answer = site.request("POST", f"{path}?a=1&b=2", headers=headers, body=b"title=A", tls=True)
    assert result(answer) == "Miss"
    asked = origin.last(path)
    assert (asked.method, asked.path, asked.body) == ("POST", f"{path}?a=1&b=2", b"title=A")
    assert asked.headers["cookie"] == "session=mine; csrf=token"
    assert asked.headers["sec-fetch-site"] == "same-origin"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["cloudfront-forwarded-proto"] == "https"
    assert "referer" not in asked.headers


def test_the_origin_is_told_who_asks_in_headers_that_cannot_be_left_out(site: Site, origin: OriginServer) -> None:
    path = site.told()
    answer = site.get(path, {"user-agent": "somebody", "x-forwarded-for": "192.0.2.1", "x-real-ip": "192.0.2.2"})
    asked = origin.last(path).headers
    assert asked["host"] == "localhost"
    assert asked["user-agent"] == "Amazon CloudFront"
    assert asked["x-forwarded-for"] == "192.0.2.1, 127.0.0.1"
    assert asked["x-amz-cf-id"] == answer.headers["x-amz-cf-id"]
    assert asked["via"].endswith(".cloudfront.net (CloudFront)")
    assert asked["x-origin-secret"] == "a-secret"
    assert "x-real-ip" not in asked


def test_an_origin_elsewhere_is_never_asked(site: Site, cloudfront: Any) -> None:
    policy = cache_policy(cloudfront, ttl=(0, 60, 3600))
    config = distribution({**custom_origin(80), "DomainName": "origin.example.com"}, default=behavior(policy))
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    answer = site.get("/", {"host": made["DomainName"]})
    assert (answer.status, answer.text.count("\n")) == (502, 1)
    assert "origin.example.com is not on loopback" in answer.text
