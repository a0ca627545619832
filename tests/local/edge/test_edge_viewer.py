"""What the edge does for viewers by itself: redirects, refusals, headers and compression."""

import gzip
import json
import subprocess
from typing import Any

import pytest

from local.servers.authority import CA_FILE
from tests.local.edge.site import (
    OriginServer,
    Site,
    behavior,
    cache_policy,
    custom_origin,
    distribution,
    result,
)


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("HEAD", 301)])
def test_http_is_redirected_to_https_where_the_behavior_says_so(
    site: Site, origin: OriginServer, method: str, status: int
) -> None:
    path = site.told("/secure")
    answer = site.request(method, f"{path}?page=1")
    assert (answer.status, result(answer)) == (status, "Redirect")
    port = site.cloud.edge_tls_port
    assert answer.headers["location"] == f"https://{site.domain}:{port}{path}?page=1"
    assert origin.times(path) == 0
    assert site.request("GET", path, tls=True).status == 200


def test_another_method_is_redirected_in_a_way_that_keeps_it(site: Site) -> None:
    assert site.request("POST", site.path("/secure"), body=b"x").status == 307


def test_http_is_refused_where_the_behavior_wants_https(site: Site) -> None:
    path = site.told("/secret")
    refused = site.get(path)
    assert (refused.status, result(refused)) == (403, "Error")
    assert site.request("GET", path, tls=True).status == 200


@pytest.mark.parametrize(("method", "status"), [("POST", 403), ("DELETE", 403), ("TRACE", 405)])
def test_a_method_that_the_behavior_does_not_allow_is_refused(
    site: Site, origin: OriginServer, method: str, status: int
) -> None:
    path = site.told()
    answer = site.request(method, path)
    assert (answer.status, result(answer)) == (status, "Error")
    assert origin.times(path) == 0


def test_a_get_with_a_body_is_refused(site: Site) -> None:
    assert site.request("GET", site.told(), body=b"x").status == 403


def test_every_answer_says_where_it_comes_from(site: Site) -> None:
    path = site.told()
    answers = [site.get(path), site.get(path)]
    for answer in answers:
        assert answer.headers["via"].startswith("1.1 ")
        assert answer.headers["via"].endswith(".cloudfront.net (CloudFront)")
        assert answer.headers["x-amz-cf-pop"] == "NRT57-P1"
        assert len(answer.headers["x-amz-cf-id"]) == 56
    assert len({answer.headers["x-amz-cf-id"] for answer in answers}) == 2


def test_a_response_headers_policy_is_applied_to_hits_and_misses(site: Site) -> None:
    path = site.told(x_own="origin", x_frame_options="SAMEORIGIN", x_powered_by="a secret", referrer_policy="origin")
    for answer in (site.get(path), site.get(path)):
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains; preload"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'self'"
        assert answer.headers.get_all("x-own") == ["edge"]
        assert answer.headers.get_all("referrer-policy") == ["same-origin"]
        assert answer.headers.get_all("x-frame-options") == ["SAMEORIGIN"]  # this one does not override
        assert answer.headers["x-powered-by"] is None


def test_text_is_compressed_for_who_takes_it_and_kept_beside_the_plain_one(site: Site, origin: OriginServer) -> None:
    text = b"a long page " * 1000
    path = site.told(cache_control="max-age=60", content_type="text/html; charset=utf-8", etag='"one"', body=text)
    plain = site.get(path)
    assert (plain.headers["content-encoding"], plain.headers["etag"], plain.body) == (None, '"one"', text)
    first, second = (site.get(path, {"accept-encoding": "gzip, deflate"}) for _ in range(2))
    assert [result(first), result(second)] == ["Miss", "Hit"]
    assert origin.last(path).headers["accept-encoding"] == "gzip"
    for answer in (first, second):
        assert (answer.headers["content-encoding"], answer.headers["etag"]) == ("gzip", 'W/"one"')
        assert answer.headers["vary"] == "Accept-Encoding"
        assert gzip.decompress(answer.body) == text
        assert int(answer.headers["content-length"]) == len(answer.body) < len(text)
    assert site.get(path, {"accept-encoding": "gzip", "if-none-match": 'W/"one"'}).status == 304


@pytest.mark.parametrize(
    ("content_type", "folder", "size", "headers"),
    [
        ("image/png", "", 2000, {}),
        ("text/html", "", 999, {}),
        ("text/html", "", 2000, {"content_encoding": "x"}),
        ("text/html", "", 2000, {"cache_control": "no-transform"}),
        ("text/html", "/minimum", 2000, {}),
    ],
    ids=["no text", "small", "encoded", "not to be changed", "policy without encodings"],
)
def test_what_is_not_to_be_compressed_is_left_as_it_is(
    site: Site, content_type: str, folder: str, size: int, headers: dict[str, str]
) -> None:
    path = site.told(folder, content_type=content_type, body=b"x" * size, **headers)
    assert len(site.get(path, {"accept-encoding": "gzip, br"}).body) == size


def test_a_range_is_answered_with_the_whole(site: Site, origin: OriginServer) -> None:
    path = site.told(body=b"0123456789")
    answer = site.get(path, {"range": "bytes=2-3"})
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert "range" not in origin.last(path).headers


@pytest.mark.needs("curl")
def test_https_speaks_http_2_under_the_authority_of_the_checkout(site: Site) -> None:
    path = site.told(body=b"a page")
    address = f"https://localhost:{site.cloud.edge_tls_port}{path}"
    command = ["curl", "--silent", "--noproxy", "*", "--cacert", CA_FILE, "-H", f"Host: {site.domain}"]
    shown = ["--output", "/dev/null", "--write-out", '{"version": "%{http_version}", "status": %{http_code}}']
    done = subprocess.run([*command, *shown, address], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"version": "2", "status": 200}


def test_a_name_that_is_no_distribution_means_the_newest(site: Site, cloudfront: Any) -> None:
    policy = cache_policy(cloudfront, ttl=(0, 60, 3600))
    newest = OriginServer()
    cloudfront.create_distribution(
        DistributionConfig=distribution(custom_origin(newest.port), default=behavior(policy))
    )
    newest.tell("/", body=b"the newest")
    site.cloud.edge.look_again()
    assert site.get("/", {"host": "127.0.0.1"}).text == "the newest"
    newest.close()


def test_a_change_of_the_policy_takes_effect_without_a_change_of_the_distribution(site: Site, cloudfront: Any) -> None:
    policy = cache_policy(cloudfront, ttl=(0, 60, 3600))
    config = distribution(custom_origin(site.origin.port), default=behavior(policy))
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    other = Site(cloud=site.cloud, origin=site.origin, id=made["Id"], domain=made["DomainName"])
    path = other.told()
    assert [other.result(path), other.result(path)] == ["Miss", "Hit"]
    found = cloudfront.get_cache_policy(Id=policy)
    changed = {**found["CachePolicy"]["CachePolicyConfig"], "MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
    cloudfront.update_cache_policy(Id=policy, IfMatch=found["ETag"], CachePolicyConfig=changed)
    site.cloud.edge.look_again()
    assert other.result(path) == "Miss"


def test_the_control_interface_is_not_on_the_https_port(site: Site) -> None:
    answer = site.request("GET", "/_local/edge/statistics", tls=True)
    assert answer.headers["x-cache"] is not None


def test_what_the_edge_does_not_know_is_one_clear_line_and_not_left_out(site: Site, cloudfront: Any) -> None:
    simple_cors = "60669652-455b-4ae9-85a4-c4c02393f86c"  # CloudFront's own policy of this name
    default = behavior(cache_policy(cloudfront, ttl=(0, 60, 3600)), ResponseHeadersPolicyId=simple_cors)
    config = distribution(custom_origin(site.origin.port), default=default)
    domain = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["DomainName"]
    answer = site.get("/", {"host": domain})
    assert (answer.status, answer.text.count("\n")) == (503, 1)
    assert "has a CorsConfig, unknown to the local edge" in answer.text
