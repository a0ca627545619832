"""The deployed blog through its load balancer: pages from the cache, sessions in Redis, forms that become mails."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cloud_parts import put_stack
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import AUTHOR, Site, fresh_site, new_title, publish, take_link
from tests.waiting import wait_until

POST = "/posts/thundering-herd"


@pytest.fixture
def site(mail_path: MailPath) -> Site:
    return fresh_site(mail_path.cloud)


def test_the_second_read_of_a_page_makes_no_query(site: Site) -> None:
    visitor = site.visitor()
    before = site.queries()
    first = visitor.get(POST)
    assert site.queries() == before + 1
    second = visitor.get(POST)
    assert site.queries() == before + 1
    assert (first.status, second.status) == (200, 200)
    assert first.text == second.text


def test_many_readers_of_a_cold_page_make_one_query(site: Site) -> None:
    before = site.queries()
    with ThreadPoolExecutor(5) as readers:  # each in a process of the function's own
        answers = list(readers.map(lambda _: site.visitor().get(POST), range(50)))
    assert {answer.status for answer in answers} == {200}
    assert site.queries() == before + 1


def test_a_page_can_be_revalidated_without_being_sent_again(site: Site) -> None:
    visitor = site.visitor()
    tag = visitor.get(POST).headers["etag"]
    again = visitor.get(POST, {"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")


def test_a_page_is_the_same_for_an_author_and_for_anybody(site: Site) -> None:
    assert site.author().get(POST).text == site.visitor().get(POST).text
    assert "set-cookie" not in site.author().get(POST).headers


def test_a_session_survives_requests_and_is_no_row_of_the_database(site: Site) -> None:
    author = site.author()
    assert [author.get("/write").status for _ in range(2)] == [200, 200]
    with site.database() as connection:
        tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        assert tables == {"authors", "images", "posts", "schema_migrations"}
        dumped = "".join(str(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in ("authors", "posts"))
    assert author.cookies["__Host-session"] not in dumped
    assert len(site.redis("keys", "session:*")) >= 1


def test_redis_holds_no_session_id_that_a_browser_could_use(site: Site) -> None:
    author = site.author()
    keys = site.redis("keys", "*")
    assert author.cookies["__Host-session"] not in str([(key, site.redis("get", key)) for key in keys])


def test_the_session_id_changes_at_sign_in_and_a_planted_one_is_worth_nothing(site: Site) -> None:
    victim = site.visitor()
    victim.cookies["__Host-session"] = "planted-by-an-attacker"
    take_link(victim, site.invite(AUTHOR))
    assert victim.cookies["__Host-session"] != "planted-by-an-attacker"
    attacker = site.visitor()
    attacker.cookies["__Host-session"] = "planted-by-an-attacker"
    assert attacker.get("/write").headers["location"] == "/sign-in"


def test_signing_out_ends_the_session_for_everybody_who_holds_it(site: Site) -> None:
    author = site.author()
    copy = site.visitor()
    copy.cookies.update(author.cookies)
    assert author.submit("/write", {}, to="/sign-out").status == 303
    assert copy.get("/write").headers["location"] == "/sign-in"


def test_a_sign_in_link_works_once(site: Site) -> None:
    token = site.invite(AUTHOR)
    assert take_link(site.visitor(), token).status == 303
    second = site.visitor()
    assert take_link(second, token).status == 403
    assert "__Host-session" not in second.cookies


def test_a_new_post_shows_at_once_although_the_list_was_cached(site: Site) -> None:
    site.visitor().get("/")
    title = new_title()
    path = publish(site.author(), title)
    assert title in site.visitor().get("/").text
    assert title in site.visitor().get(path).text


def test_a_changed_post_shows_at_once_and_a_deleted_one_is_gone(site: Site) -> None:
    author = site.author()
    path = publish(author, new_title(), body="before the change")
    assert "before the change" in site.visitor().get(path).text
    edit = path.replace("/posts/", "/write/")
    changed = {"title": "Changed", "summary": "", "body": "after the change"}
    assert author.submit(edit, changed).status == 303
    assert "after the change" in site.visitor().get(path).text
    assert author.submit(edit, {}, to=f"{edit}/delete").status == 303
    assert site.visitor().get(path).status == 404


def test_hostile_text_is_shown_as_text(site: Site) -> None:
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)> [go](javascript:alert(1))"
    text = site.visitor().get(publish(site.author(), hostile, body=hostile)).text
    assert "<script" not in text
    assert not re.search(r"<img[^>]*onerror|href=\"javascript", text)
    assert "&lt;script&gt;" in text


def test_a_form_from_elsewhere_is_refused(site: Site) -> None:
    author = site.author()
    form = {"title": "Forged", "summary": "", "body": "forged"}
    assert author.post("/write", form).status == 403
    assert author.post("/write", {**form, "csrf_token": "guessed"}).status == 403
    csrf = author.cookies["__Host-csrf"]
    crossed = author.post("/write", {**form, "csrf_token": csrf}, {"sec-fetch-site": "cross-site"})
    assert crossed.status == 403
    assert "Forged" not in site.visitor().get("/").text


def test_a_form_that_is_too_large_is_refused_and_the_site_goes_on(site: Site) -> None:
    author = site.author()
    assert author.post("/write", {"title": "x", "body": "x" * 1_100_000}).status == 413
    assert author.submit("/write", {"title": "x", "summary": "", "body": "x" * 60_000}).status == 422
    assert site.visitor().get("/").status == 200


def test_what_is_written_in_the_contact_form_arrives_as_a_mail_that_can_be_answered(
    site: Site, mail_path: MailPath
) -> None:
    form = {"name": "花子", "address": "hanako@example.com", "message": "こんにちは。記事をありがとう。"}
    assert site.visitor().submit("/contact", form).status == 303
    mail_path.sent(1)
    (mail,) = mail_path.mails()
    assert mail["from"] == "blog@edgepost.test"
    assert mail["reply_to"] in (["hanako@example.com"], "hanako@example.com")
    assert "記事をありがとう" in mail["text"]
    assert "花子" in mail["subject"]


def test_a_second_press_of_the_button_sends_no_second_mail(site: Site, mail_path: MailPath) -> None:
    visitor = site.visitor()
    form = {"name": "Jiro", "address": "jiro@example.com", "message": "Pressed twice, sent once."}
    assert [visitor.submit("/contact", form).status for _ in range(2)] == [303, 303]
    assert len(mail_path.sent(1)) == 1


@pytest.mark.parametrize("path", ["/write", "/sign-in", "/contact", "/sign-in/link?token=x"])
def test_what_depends_on_the_visitor_is_never_kept_by_a_cache(path: str, site: Site) -> None:
    assert site.author().get(path).headers["cache-control"] == "private, no-store"


def test_the_site_goes_on_from_the_database_while_redis_refuses(site: Site) -> None:
    """The function is led to a port that nothing listens on, as it is while a Redis is away."""
    author = site.author()
    with site.configured(CACHE_PORT="1", SESSIONS_PORT="1"):
        answers = [site.visitor().get(path) for path in ("/", POST, "/health", "/contact") for _ in range(5)]
        signed_in = author.get("/write")
    assert {answer.status for answer in answers} == {200}
    assert signed_in.status == 503
    assert int(signed_in.headers["retry-after"]) > 0
    assert wait_until(lambda: author.get("/write").status == 200)


@pytest.mark.needs("memcached")
def test_memcached_caches_as_well(site: Site) -> None:
    """A deployed Memcached cluster takes the place of Redis for the cache; sessions stay where they are."""
    properties = {
        "Engine": "memcached",
        "CacheNodeType": "cache.t4g.micro",
        "NumCacheNodes": 1,
        "TransitEncryptionEnabled": True,
    }
    endpoint = {part: {"Fn::GetAtt": ["Cluster", f"ConfigurationEndpoint.{part}"]} for part in ("Address", "Port")}
    template = {
        "Resources": {"Cluster": {"Type": "AWS::ElastiCache::CacheCluster", "Properties": properties}},
        "Outputs": {part: {"Value": value} for part, value in endpoint.items()},
    }
    cluster = put_stack(site.cloud, "create", "blog-memcached", template)
    author = site.author()
    with site.configured(CACHE_ENGINE="memcached", CACHE_HOST=cluster["Address"], CACHE_PORT=cluster["Port"]):
        before = site.queries()
        answers = [site.visitor().get(POST) for _ in range(5)]
        assert {answer.status for answer in answers} == {200}
        assert site.queries() == before + 1
        assert author.get("/write").status == 200
        assert not site.redis("keys", "cache:*")


def test_set_get_and_keys_work_on_the_deployed_redis(site: Site) -> None:
    assert site.redis("set", "greeting", "こんにちは") == "OK"
    assert site.redis("get", "greeting") == "こんにちは"
    assert "greeting" in site.redis("keys", "*")
    assert site.redis("del", "greeting") == 1


def test_the_console_may_not_empty_or_reconfigure_redis(site: Site) -> None:
    for command in (["flushall"], ["config", "set", "maxmemory", "1"], ["shutdown"], ["acl", "list"]):
        assert "error" in site.ask("RedisConsoleFunction", {"command": command}), command
