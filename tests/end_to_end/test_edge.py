"""What readers get at the edge: the shipped TTL policies before the deployed blog, with a clock that tests move on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.answer import Answer
from local.edge_client import EdgeClient
from local.visitor import Visitor
from operate.stage import outputs
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import AUTHOR, Site, fresh_edge, new_title, publish
from tests.waiting import wait_until

POST = "/posts/thundering-herd"
PAGE_SECONDS, STALE_SECONDS = 60, 30
"""What the blog says of a page: s-maxage and stale-while-revalidate."""


@pytest.fixture
def site(mail_path: MailPath) -> Site:
    return Site(cloud=mail_path.cloud)


@pytest.fixture
def edge(site: Site) -> Iterator[EdgeClient]:
    yield (edge := fresh_edge(site.cloud))
    edge.forget()


def get(edge: EdgeClient, path: str, **headers: str) -> Answer:
    return edge.get(path, headers, tls=True)


def kind(answer: Answer) -> str:
    """Hit, Miss, RefreshHit or Error."""
    return str(answer.headers["x-cache"]).removesuffix(" from cloudfront")


def asked(edge: EdgeClient) -> int:
    return edge.statistics()["origin_requests"]


def signed_in(edge: EdgeClient, site: Site) -> Visitor:
    """An author who came by the edge."""
    author = edge.visitor()
    assert author.submit(f"/sign-in/link?token={site.invite(AUTHOR)}", {}).status == 303
    return author


def test_the_second_reader_of_a_page_does_not_reach_the_load_balancer(edge: EdgeClient) -> None:
    before = asked(edge)
    answers = [get(edge, POST), get(edge, POST)]
    assert [kind(answer) for answer in answers] == ["Miss", "Hit"]
    assert asked(edge) == before + 1
    assert answers[0].body == answers[1].body
    assert "age" in answers[1].headers


def test_readers_who_come_by_http_are_led_to_https(edge: EdgeClient) -> None:
    answer = edge.get(POST)
    assert (answer.status, kind(answer)) == (301, "Redirect")
    assert (
        answer.headers["location"] == f"https://localhost:{edge.tls_port}{POST}" or POST in answer.headers["location"]
    )


def test_a_page_whose_time_is_over_is_only_asked_about(edge: EdgeClient) -> None:
    get(edge, POST)
    edge.advance(PAGE_SECONDS + STALE_SECONDS + 1)
    before = asked(edge)
    assert kind(get(edge, POST)) == "RefreshHit"
    assert kind(get(edge, POST)) == "Hit"
    assert asked(edge) == before + 1


def test_an_edit_shows_one_reader_after_the_time_of_a_page(edge: EdgeClient, site: Site) -> None:
    author = signed_in(edge, site)
    path = publish(author, new_title(), body="before the edit")
    assert "before the edit" in get(edge, path).text
    changed = {"title": "Edited", "summary": "", "body": "after the edit"}
    assert author.submit(path.replace("/posts/", "/write/"), changed).status == 303
    assert "before the edit" in get(edge, path).text
    edge.advance(PAGE_SECONDS + 1)
    get(edge, path)  # served stale, while the edge asks
    assert wait_until(lambda: "after the edit" in get(edge, path).text)


def test_an_edit_shows_at_once_when_nobody_came_for_longer(edge: EdgeClient, site: Site) -> None:
    author = signed_in(edge, site)
    path = publish(author, new_title(), body="before the edit")
    get(edge, path)
    changed = {"title": "Edited", "summary": "", "body": "after the edit"}
    assert author.submit(path.replace("/posts/", "/write/"), changed).status == 303
    edge.advance(PAGE_SECONDS + STALE_SECONDS + 1)
    assert "after the edit" in get(edge, path).text


def test_a_page_for_authors_is_never_kept(edge: EdgeClient, site: Site) -> None:
    author = signed_in(edge, site)
    before = asked(edge)
    assert [kind(author.get("/write")) for _ in range(3)] == ["Miss"] * 3
    assert asked(edge) == before + 3
    stranger = get(edge, "/write")
    assert (stranger.status, stranger.headers["location"]) == (303, "/sign-in")


def test_nobody_gets_the_cookie_of_another(edge: EdgeClient) -> None:
    tokens = {str(get(edge, "/contact").headers["set-cookie"]) for _ in range(3)}
    assert len(tokens) == 3
    assert "set-cookie" not in get(edge, POST).headers


def test_a_page_is_kept_once_for_all_who_have_cookies(edge: EdgeClient) -> None:
    get(edge, POST)
    assert kind(get(edge, POST, cookie="theme=dark; __Host-session=somebody")) == "Hit"


def test_only_the_page_number_tells_one_list_from_another(edge: EdgeClient) -> None:
    get(edge, "/?page=1")
    assert kind(get(edge, "/?page=1&utm_source=mail")) == "Hit"
    assert kind(get(edge, "/?utm_source=mail&page=1")) == "Hit"
    assert kind(get(edge, "/?page=2")) != "Hit"


def test_an_asset_is_kept_for_months(edge: EdgeClient) -> None:
    style = get(edge, "/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    get(edge, style)
    edge.advance(90 * 86_400)
    assert kind(get(edge, style)) == "Hit"


def test_what_does_not_exist_is_asked_for_once(edge: EdgeClient) -> None:
    before = asked(edge)
    answers = [get(edge, "/posts/no-such-post") for _ in range(5)]
    assert {answer.status for answer in answers} == {404}
    assert asked(edge) == before + 1


def test_one_request_reaches_the_origin_for_two_hundred_readers_at_once(edge: EdgeClient) -> None:
    get(edge, "/health")  # a warm function
    before = asked(edge)
    with ThreadPoolExecutor(50) as readers:
        answers = list(readers.map(lambda _: get(edge, POST), range(200)))
    assert {answer.status for answer in answers} == {200}
    assert asked(edge) == before + 1


def test_a_page_that_is_out_of_date_stands_in_for_an_origin_that_fails(edge: EdgeClient, site: Site) -> None:
    get(edge, POST)
    edge.advance(PAGE_SECONDS + STALE_SECONDS + 1)
    with site.configured(CACHE_PORT="1", SESSIONS_PORT="1", DATABASE_PORT="1", DATABASE_PATIENCE_SECONDS="0.1"):
        assert get(edge, "/posts/a-queue-before-the-mail-server").status == 503
        stale = get(edge, POST)
    assert stale.status == 200
    assert "herd" in stale.text


def test_an_invalidation_takes_a_page_off_the_edge(edge: EdgeClient, site: Site) -> None:
    get(edge, POST)
    get(edge, "/")
    cloudfront = site.cloud.client("cloudfront", "us-east-1")
    edge_outputs = outputs("local", "edge", lambda service: site.cloud.client(service, "us-east-1"))
    cloudfront.create_invalidation(
        DistributionId=edge_outputs["DistributionId"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/posts/*"]}, "CallerReference": new_title()},
    )
    edge.look_again()
    assert (kind(get(edge, POST)), kind(get(edge, "/"))) == ("Miss", "Hit")


def test_what_is_served_is_logged_in_the_bucket_of_the_site(edge: EdgeClient, site: Site) -> None:
    get(edge, POST)
    keys = edge.flush_log()
    bucket = site.web["CdnLogBucket"]
    stored = site.cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    assert keys
    assert {*keys} <= {each["Key"] for each in stored}


def test_the_contact_form_works_by_the_edge(edge: EdgeClient, mail_path: MailPath) -> None:
    form = {"name": "花子", "address": "hanako@example.com", "message": "エッジからこんにちは。届いていますか。"}
    assert edge.visitor().submit("/contact", form).status == 303
    mail_path.sent(1)
    assert "エッジからこんにちは" in mail_path.mails()[0]["text"]
