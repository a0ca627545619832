"""What the edge keeps, for how long, and for whom, as the Amazon CloudFront Developer Guide says."""

import time
from typing import Any

import pytest

from tests.local.edge.site import OriginServer, Site, result


def test_the_first_request_misses_and_the_second_hits_with_one_request_to_the_origin(
    site: Site, origin: OriginServer
) -> None:
    path = site.told(cache_control="public, max-age=0, s-maxage=60", body=b"a page")
    first, second = site.get(path), site.get(path)
    assert (result(first), result(second)) == ("Miss", "Hit")
    assert (first.text, second.text) == ("a page", "a page")
    assert (first.headers["age"], second.headers["age"]) == (None, "0")
    assert origin.times(path) == 1


def test_age_counts_from_when_the_origin_made_it(site: Site) -> None:
    path = site.told(cache_control="max-age=100", age="30")
    site.get(path)
    site.later(40)
    assert int(site.get(path).headers["age"]) in {70, 71}
    site.later(35)
    assert site.result(path) != "Hit"


def test_what_has_expired_and_is_unchanged_is_a_refresh_hit_with_its_etag(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60", etag='"one"', body=b"a page")
    site.get(path)
    site.later(61)
    answer = site.get(path)
    assert (result(answer), answer.text) == ("RefreshHit", "a page")
    assert origin.last(path).headers["if-none-match"] == '"one"'
    assert site.result(path) == "Hit"
    assert origin.times(path) == 2


def test_what_has_expired_and_is_changed_is_a_miss(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60", last_modified="Tue, 01 Sep 2026 00:00:00 GMT")
    site.get(path)
    origin.tell(path, cache_control="max-age=60", body=b"new")
    site.later(61)
    answer = site.get(path)
    assert (result(answer), answer.text) == ("Miss", "new")
    assert origin.last(path).headers["if-modified-since"] == "Tue, 01 Sep 2026 00:00:00 GMT"


@pytest.mark.parametrize("cache_control", ["no-store", "private, max-age=60"])
def test_what_must_not_be_kept_is_asked_for_every_time(site: Site, origin: OriginServer, cache_control: str) -> None:
    path = site.told(cache_control=cache_control, etag='"one"')
    assert [site.result(path) for _ in range(3)] == ["Miss", "Miss", "Miss"]
    assert origin.times(path) == 3
    assert "if-none-match" not in origin.last(path).headers


def test_a_minimum_ttl_keeps_even_what_says_no_store(site: Site) -> None:
    path = site.told("/minimum", cache_control="no-store")
    assert [site.result(path), site.result(path)] == ["Miss", "Hit"]
    site.later(101)
    assert site.result(path) == "Miss"


def test_an_answer_without_a_word_is_kept_for_the_default_ttl(site: Site) -> None:
    path = site.told()
    assert [site.result(path), site.result(path)] == ["Miss", "Hit"]
    site.later(61)
    assert site.result(path) == "Miss"


def test_only_what_the_policy_names_tells_answers_apart_and_reaches_the_origin(
    site: Site, origin: OriginServer
) -> None:
    path = site.told(cache_control="max-age=60")
    plain = {"x-kind": "a", "cookie": "theme=dark; session=mine", "x-other": "1"}
    assert site.result(f"{path}?page=1&utm=x", plain) == "Miss"
    asked = origin.last(path)
    assert asked.path == f"{path}?page=1"
    assert (asked.headers["x-kind"], asked.headers["cookie"]) == ("a", "theme=dark")
    assert "x-other" not in asked.headers
    assert site.result(f"{path}?utm=y&page=1", {**plain, "cookie": "session=yours; theme=dark"}) == "Hit"
    assert site.result(f"{path}?page=2", plain) == "Miss"
    assert site.result(f"{path}?page=1", {**plain, "x-kind": "b"}) == "Miss"
    assert site.result(f"{path}?page=1", {**plain, "cookie": "theme=light"}) == "Miss"


def test_every_edge_location_keeps_for_itself(site: Site) -> None:
    path = site.told(cache_control="max-age=60")
    tokyo, paris = {"x-edge-location": "NRT57-P1"}, {"x-edge-location": "CDG50-P1"}
    assert [site.result(path, tokyo), site.result(path, paris), site.result(path, tokyo)] == ["Miss", "Miss", "Hit"]
    assert site.get(path, paris).headers["x-amz-cf-pop"] == "CDG50-P1"


def test_what_a_viewer_says_of_caching_changes_nothing(site: Site) -> None:
    path = site.told(cache_control="max-age=60")
    site.get(path)
    assert site.result(path, {"cache-control": "no-cache", "pragma": "no-cache"}) == "Hit"


def test_forgetting_empties_every_location(site: Site) -> None:
    path = site.told(cache_control="max-age=60")
    places = [{"x-edge-location": name} for name in ("NRT57-P1", "CDG50-P1")]
    for _ in range(2):
        assert [site.result(path, place) for place in places] == ["Miss", "Miss"]
        site.cloud.edge.forget()


def test_the_edge_location_of_who_names_none_can_be_chosen(site: Site) -> None:
    site.cloud.edge.locate("FRA60-P2")
    try:
        assert site.get(site.told()).headers["x-amz-cf-pop"] == "FRA60-P2"
    finally:
        site.cloud.edge.locate("NRT57-P1")


def test_statistics_count_viewers_by_result_and_requests_to_the_origin(site: Site) -> None:
    before = site.cloud.edge.statistics()
    path = site.told(cache_control="max-age=60", etag='"one"')
    for seconds in (0, 0, 61):
        site.later(seconds)
        site.get(path)
    site.get(site.told(status=404))
    site.get(site.path("/secure"))
    after = site.cloud.edge.statistics()
    assert {name: count - before[name] for name, count in after.items()} == {
        "origin_requests": 3,
        "misses": 1,
        "hits": 1,
        "refresh_hits": 1,
        "errors": 1,
        "redirects": 1,
    }


def test_a_head_is_answered_by_what_a_get_has_brought_and_not_the_other_way_round(
    site: Site, origin: OriginServer
) -> None:
    path = site.told(cache_control="max-age=60", body=b"12345")
    head = site.request("HEAD", path)
    assert (result(head), head.headers["content-length"], head.body) == ("Miss", "5", b"")
    assert result(site.request("HEAD", path)) == "Hit"
    assert site.get(path).body == b"12345"
    assert result(site.request("HEAD", path)) == "Hit"
    assert [asked.method for asked in origin.asked if asked.path == path] == ["HEAD", "GET"]


def test_a_viewer_who_has_the_object_gets_a_304_from_the_cache(site: Site, origin: OriginServer) -> None:
    path = site.told(cache_control="max-age=60", etag='"one"', last_modified="Tue, 01 Sep 2026 00:00:00 GMT")
    site.get(path)
    for condition in ({"if-none-match": 'W/"one"'}, {"if-modified-since": "Wed, 02 Sep 2026 00:00:00 GMT"}):
        answer = site.get(path, condition)
        assert (answer.status, answer.body, result(answer)) == (304, b"", "Hit")
        assert answer.headers["etag"] == '"one"'
    assert site.get(path, {"if-none-match": '"two"'}).status == 200
    assert origin.times(path) == 1


def test_a_redirect_of_the_origin_is_kept_and_not_followed(site: Site, origin: OriginServer) -> None:
    path = site.told(status=302, location="/elsewhere", cache_control="max-age=60")
    assert [site.get(path).headers["location"], site.result(path)] == ["/elsewhere", "Hit"]
    assert origin.times(path) == 1


def test_an_invalidation_of_a_path_removes_this_object_alone(site: Site, cloudfront: Any) -> None:
    gone, kept = site.told(cache_control="max-age=60"), site.told(cache_control="max-age=60")
    for path in (gone, kept):
        site.get(path)
    _invalidate(site, cloudfront, gone)
    assert [site.result(gone), site.result(kept)] == ["Miss", "Hit"]


def test_an_invalidation_with_a_wildcard_removes_what_begins_so_query_strings_too(site: Site, cloudfront: Any) -> None:
    path, other = site.told(cache_control="max-age=60"), site.told(cache_control="max-age=60")
    for each in (f"{path}?page=1", other):
        site.get(each)
    _invalidate(site, cloudfront, path)
    assert site.result(f"{path}?page=1") == "Hit"
    _invalidate(site, cloudfront, f"{path[:-3]}*")
    assert [site.result(f"{path}?page=1"), site.result(other)] == ["Miss", "Hit"]


def test_an_invalidation_takes_effect_without_a_word_to_the_edge(site: Site, cloudfront: Any) -> None:
    path = site.told(cache_control="max-age=60")
    site.get(path)
    _invalidate(site, cloudfront, path, look_again=False)
    deadline = time.monotonic() + 5
    while site.result(path) == "Hit":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _invalidate(site: Site, cloudfront: Any, path: str, *, look_again: bool = True) -> None:
    batch = {"Paths": {"Quantity": 1, "Items": [path]}, "CallerReference": path}
    cloudfront.create_invalidation(DistributionId=site.id, InvalidationBatch=batch)
    if look_again:
        site.cloud.edge.look_again()
