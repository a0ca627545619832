"""What a report says, in whatever it is written."""

import json
import re
from collections.abc import Callable
from functools import cache
from html import unescape

import pytest
from msgspec import structs

from tests.ttl_curves import curve
from tests.ttl_reviews import EMPTY, EXAMPLE, HOSTILE, IMAGES, PAGES, written_by
from ttl_review.mail_report import MOST_HTML, MOST_TEXT, mail_report
from ttl_review.markdown import markdown
from ttl_review.model import Proposal, TtlReview
from ttl_review.page import page
from ttl_review.picture import pictures


def _html(review: TtlReview) -> str:
    return mail_report(review).html


def _text(review: TtlReview) -> str:
    # Lines are broken anywhere.
    return re.sub(r"\s+", " ", mail_report(review).text)


def _markdown(review: TtlReview) -> str:
    return markdown(review, pictures(review))


def _page(review: TtlReview) -> str:
    return page(review, pictures(review))


Write = Callable[[TtlReview], str]
every_kind = pytest.mark.parametrize("write", [_html, _text, _markdown, _page])
HEADINGS = ("What to change", "Popular objects", "Behaviours", "Curves", "Findings", "How sure it is", "Logs and cost")


def plain(written: str) -> str:
    """What a reader sees, whatever it is written in."""
    return unescape(re.sub(r"<(?!0)[^>]*>", "", written)).replace("\u00a0", " ").replace("\\", "")


@cache
def _written(write: Write) -> str:
    return plain(write(EXAMPLE))


@every_kind
def test_what_to_change_comes_first_and_what_stands_behind_it_follows_in_order(write: Write) -> None:
    written = _written(write)
    message = written.lower().index("2 values to change in stacks/ttl.py")
    assert written.index("159,765 times fewer") > message
    places = [written.rindex(heading) for heading in HEADINGS]
    assert places == sorted(places)
    assert places[0] > message


@every_kind
@pytest.mark.parametrize(
    "said",
    [
        *("default_seconds = 60 → 300", "default_seconds = 86400 → 604800", "+33.1 points", "+29.8 to +35.7 points"),
        *("136,587 fewer", "1 day → 7 days", "Pages change every 2 days on average"),
        *("925,811", "9 (<0.1 %)", "184 MB", "$0.00092", "31 fields where 33 are named", "1,312"),
        *("/posts/thundering-herd", "29,120", "68.4 %", "19,918", "9,144", "130 MB", "28,334", "728"),
        *("0 s, 1 day, 30 days", "every 2 days (by edit times)", "35.7 to 45.7 %", "280"),
        *("Parameter utm_source splits 212 paths", "41,200", "Query string in the key"),
        *("a hit ratio of 74.0 %, 107,323 requests to the origin and 0.1 s out of date on average",),
        *("no other TTL is better by more than the interval", "16 to 22 November 2026"),
    ],
)
def test_every_figure_is_in_every_kind(write: Write, said: str) -> None:
    assert said in _written(write)


def test_one_proposal_is_the_headline() -> None:
    one = structs.replace(EXAMPLE, proposals=EXAMPLE.proposals[1:])
    text = plain(mail_report(one).text)
    assert "RAISE IMAGES, DEFAULT_SECONDS: 1 DAY TO 7 DAYS" in text
    assert "The hit ratio gains +8.0 points" in re.sub(r"\s+", " ", text)


def test_lowering_says_what_it_costs() -> None:
    [_, images] = EXAMPLE.proposals
    lower = structs.replace(images, old=86_400, new=3600, hit_ratio_gain=-0.1, origin_requests_saved=-1200)
    text = plain(_text(structs.replace(EXAMPLE, proposals=(lower,))))
    assert "LOWER IMAGES, DEFAULT_SECONDS: 1 DAY TO 1 H" in text
    assert "would have asked the origin 1,200 times more." in text
    assert "−10.0 points" in text


def test_requests_that_two_proposals_share_are_saved_once() -> None:
    def saving(path: str, requests: int) -> Proposal:
        return structs.replace(EXAMPLE.proposals[0], path=path, origin_requests_saved=requests)

    whole = structs.replace(EXAMPLE, proposals=(saving("", 100), saving("/", 60)))
    parts = structs.replace(EXAMPLE, proposals=(saving("/a", 30), saving("/b", 40)))
    assert "asked the origin 100 times fewer" in plain(_text(whole))
    assert "asked the origin 70 times fewer" in plain(_text(parts))


@every_kind
def test_nothing_to_propose_is_a_message_too(write: Write) -> None:
    nothing = structs.replace(EXAMPLE, proposals=())
    written = plain(write(nothing))
    assert "nothing to change" in written.lower()
    assert "No other TTL is certain to have done better on these very requests; for 3 behaviours the reason" in written


@every_kind
def test_a_day_without_requests_can_be_reported(write: Write) -> None:
    written = plain(write(EMPTY))
    assert "no requests, so nothing to say" in written.lower()
    assert "22 November 2026" in written


def test_the_subject_is_one_short_line() -> None:
    assert mail_report(EXAMPLE).subject == "TTL review of prod, 16 to 22 November 2026: 2 values to change"
    assert mail_report(EMPTY).subject == "TTL review of dev, 22 November 2026: nothing to change"
    for path in HOSTILE:
        subject = mail_report(structs.replace(EMPTY, stage=path)).subject
        assert subject.isprintable()
        assert len(subject) < 160


@every_kind
def test_staleness_that_nobody_knows_is_not_said_to_be_none(write: Write) -> None:
    only = structs.replace(EXAMPLE, curves=(IMAGES,), proposals=EXAMPLE.proposals[1:])
    written = plain(write(only))
    assert "a hit ratio of 98.0 % and 5,834 requests to the origin." in written
    assert "mean staleness" not in written
    assert "out of date on average" not in written


def test_what_there_is_no_room_for_is_counted() -> None:
    assert "And 30 more." in mail_report(EXAMPLE).text
    assert "And 30 more." in mail_report(EXAMPLE).html
    assert "And 30 more." not in _page(EXAMPLE)


@pytest.mark.parametrize("stranger", [*HOSTILE, "<'&>" * 2000, '"' * 5000, "\U0001f98a" * 3000, "日本" * 3000])
def test_a_mail_stays_small_whatever_strangers_write(stranger: str) -> None:
    mail = mail_report(written_by(stranger))
    assert len(json.dumps(mail.html)) <= MOST_HTML
    assert len(json.dumps(mail.text)) <= MOST_TEXT
    body = {"subject": mail.subject, "html": mail.html, "text": mail.text}
    assert len(json.dumps(body)) < 180_000
    assert "40 values to change" in mail.html


def test_the_mail_of_a_usual_review_leaves_nothing_out_that_it_has_room_for() -> None:
    assert mail_report(EXAMPLE).html.count("/posts/from-the-archive-") == 6
    assert len(mail_report(EXAMPLE).html) < 100_000


def test_the_pictures_of_a_mail_are_those_that_its_html_shows() -> None:
    many = structs.replace(EXAMPLE, curves=tuple(structs.replace(PAGES, pattern=f"/{n}/*") for n in range(9)))
    for review in (EXAMPLE, EMPTY, many, written_by("x" * 9000)):
        mail = mail_report(review)
        assert (
            re.findall(r'src="cid:([^"]+)"', mail.html)
            == [one.name for one in mail.pictures][: mail.html.count("<img")]
        )
        assert len(mail.pictures) <= 6
    assert len(mail_report(many).pictures) == 6


def test_curves_with_a_proposal_come_first_then_those_with_the_most_requests() -> None:
    small = curve("/s/*", "small", rates=(0.1,), ttl_seconds=60, requests=10, change_seconds=None)
    proposal = structs.replace(EXAMPLE.proposals[1], pattern="/s/*", policy="small")
    text = mail_report(structs.replace(EXAMPLE, curves=(*EXAMPLE.curves, small), proposals=(proposal,))).text
    curves = text[text.index("\nCurves\n") : text.index("\nFindings\n")]
    assert re.findall(r"^\* (\w+:.*)", curves, re.MULTILINE) == [
        *("small: /s/*", "pages: *", "images: /images/*", "pages: /", "api: /api/*"),
    ]
