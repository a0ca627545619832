import re
from dataclasses import replace

import pytest

from blog import headers
from stacks.settings import ConfigError
from stacks.ttl import BEHAVIOURS, ERROR_SECONDS, EVERYTHING_ELSE, FORMS, PAGES, POLICIES, policies_by_path
from tests.blog_world import BlogWorld
from ttl_review.path_patterns import matches


def policy_of(path: str) -> str:
    """The policy of the first pattern that matches, as CloudFront chooses it."""
    return next(policy.name for pattern, policy in policies_by_path().items() if matches(pattern, path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "pages"),
        ("/posts/hello", "pages"),
        ("/favicon.ico", "pages"),
        ("/robots.txt", "pages"),
        ("/health", "pages"),
        ("/assets/site.0123456789abcdef.css", "assets"),
        ("/images/0123456789abcdef0123456789abcdef", "images"),
        ("/contact", "forms"),
        ("/unsubscribe", "forms"),
        ("/sign-in", "forms"),
        ("/sign-in/link", "forms"),
        ("/sign-out", "forms"),
        ("/write", "forms"),
        ("/write/hello", "forms"),
        ("/write/hello/delete", "forms"),
        ("/api/posts", "api"),
    ],
)
def test_each_kind_of_content_has_its_policy(path: str, name: str) -> None:
    assert policy_of(path) == name


def test_whatever_the_blog_takes_a_form_at_is_never_kept() -> None:
    rules = [rule for rule in BlogWorld().app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(rules) > 5
    for rule in rules:
        assert policy_of(re.sub(r"<[^>]+>", "any-slug", rule.rule)) == "forms", rule


def test_everything_else_comes_last_since_the_first_pattern_that_matches_counts() -> None:
    assert [*BEHAVIOURS][-1] == EVERYTHING_ELSE
    assert [*policies_by_path()] == [*BEHAVIOURS]


@pytest.mark.parametrize(
    ("name", "said"), [("assets", headers.ASSET), ("images", headers.IMAGE), ("pages", headers.PAGE)]
)
def test_what_the_blog_says_of_an_answer_takes_effect_unshortened(name: str, said: str) -> None:
    seconds = max(int(age) for age in re.findall(r"max-?age=(\d+)", said))
    assert POLICIES[name].min_seconds == 0
    assert seconds <= POLICIES[name].max_seconds


def test_a_page_stands_in_for_a_failing_origin_for_a_day_at_most() -> None:
    assert POLICIES["pages"].max_seconds == 86_400


@pytest.mark.parametrize("name", ["pages", "forms", "api"])
def test_what_could_be_for_one_reader_is_not_kept_unless_it_says_so(name: str) -> None:
    assert POLICIES[name].default_seconds == 0


def test_forms_are_never_kept() -> None:
    assert not POLICIES["forms"].keeps


def test_no_cookie_is_in_any_key() -> None:
    assert not [policy for policy in POLICIES.values() if policy.cookies]


def test_a_page_is_kept_once_whatever_is_appended_to_its_address() -> None:
    assert POLICIES["pages"].query_strings == ("page",)
    assert POLICIES["pages"].headers == ()


def test_an_answer_of_the_api_is_only_for_callers_with_the_same_authorization() -> None:
    assert POLICIES["api"].headers == ("Authorization",)


def test_every_policy_tells_its_reason_in_one_line() -> None:
    for policy in POLICIES.values():
        assert len(policy.reason.split()) >= 8
        assert "\n" not in policy.reason


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"default_seconds": 86_401}, "min, default, max of (0, 86401, 86400) seconds are not in order from 0 up"),
        ({"min_seconds": 1}, "min, default, max of (1, 0, 86400) seconds are not in order from 0 up"),
        ({"min_seconds": -1}, "min, default, max of (-1, 0, 86400) seconds are not in order from 0 up"),
        ({"cookies": ("session",)}, "cookies session are in the key of answers that are kept for everybody"),
        (
            {"max_seconds": 0},
            "nothing is kept, so that there is no key; let an origin request policy pass what the origin needs",
        ),
        ({"reason": ""}, "the reason is not one line of 1 to 128 characters"),
        ({"reason": "two\nlines"}, "the reason is not one line of 1 to 128 characters"),
        ({"reason": "long" * 33}, "the reason is not one line of 1 to 128 characters"),
    ],
)
def test_a_policy_that_cannot_be_is_one_clear_error(changed: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        replace(PAGES, **changed)  # pyright: ignore[reportArgumentType]
    assert str(error.value) == f"TTL policy 'pages': {problem}; set it right in stacks/ttl.py"


def test_cookies_cannot_come_into_a_key_where_nothing_is_kept_either() -> None:
    with pytest.raises(ConfigError, match="nothing is kept, so that there is no key"):
        replace(FORMS, cookies=("session",))


def test_a_path_without_a_policy_is_one_clear_error() -> None:
    with pytest.raises(ConfigError) as error:
        policies_by_path({"/feed": "feeds", EVERYTHING_ELSE: "pages"})
    assert str(error.value) == (
        "paths '/feed' have the TTL policy 'feeds', none of assets, images, pages, forms, api; set it in BEHAVIOURS"
    )


def test_errors_are_kept_briefly_and_those_that_one_visitor_can_cause_not_at_all() -> None:
    assert max(ERROR_SECONDS.values()) == ERROR_SECONDS[404] == 10
    assert f"s-maxage={ERROR_SECONDS[404]}" in headers.MISSING
    assert {status for status, seconds in ERROR_SECONDS.items() if seconds == 0} == {400, 403, 405, 414, 416}
    assert {ERROR_SECONDS[status] for status in (500, 501, 502, 503, 504)} == {1}
