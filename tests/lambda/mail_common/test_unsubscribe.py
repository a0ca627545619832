"""Unsubscribe links, with real codes of the embedded cloud's KMS."""

import base64
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_common.unsubscribe import ALGORITHM, PURPOSE, Subscription, Unsubscribe
from tests.mail_feedback_world import SITE, FeedbackWorld

# Amazon SES API v2 reference, MessageHeader.
HEADER_VALUE = re.compile(r"[ -~]{1,995}")
LINK = re.compile(r"<(?P<address>https://[!-~]+)>")


@pytest.fixture(scope="module")
def links(world: FeedbackWorld) -> Unsubscribe:
    return world.links(world.key())


def token_of(links: Unsubscribe, address: str = "ann@example.com", request_id: str = "request") -> str:
    found = LINK.fullmatch(links.headers(address, request_id=request_id)["List-Unsubscribe"])
    assert found
    parts = urlsplit(found["address"])
    assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (SITE, "/unsubscribe")
    return parse_qs(parts.query)["token"][0]


def test_a_mail_gets_the_two_headers_that_make_unsubscribing_one_click(links: Unsubscribe) -> None:
    headers = links.headers("ann@example.com", request_id="request")
    assert headers.keys() == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert LINK.fullmatch(headers["List-Unsubscribe"])


def test_a_link_names_who_unsubscribes_and_from_which_mail(links: Unsubscribe) -> None:
    assert links.read(token_of(links)) == Subscription("ann@example.com", "request")


def test_the_longest_address_still_fits_into_a_header(links: Unsubscribe) -> None:
    address, request_id = f"{'a' * 64}@{'b' * 251}.jp", "r" * 36
    for value in links.headers(address, request_id=request_id).values():
        assert HEADER_VALUE.fullmatch(value)
    assert links.read(token_of(links, address, request_id)) == Subscription(address, request_id)


@settings(max_examples=30, deadline=None)
@given(address=st.text(min_size=1, max_size=60), request_id=st.text(max_size=36))
def test_whatever_a_link_is_made_for_is_what_it_says(links: Unsubscribe, address: str, request_id: str) -> None:
    assert links.read(token_of(links, address, request_id)) == Subscription(address, request_id)


def test_a_link_of_another_key_is_none_of_ours(links: Unsubscribe, world: FeedbackWorld) -> None:
    assert links.read(token_of(world.links(world.key()))) is None


def test_the_address_of_a_link_cannot_be_changed(links: Unsubscribe) -> None:
    _, _, code = token_of(links).partition(".")
    other = token_of(links, "bob@example.com").partition(".")[0]
    assert links.read(f"{other}.{code}") is None


def test_what_the_key_has_signed_for_another_purpose_is_no_link(world: FeedbackWorld) -> None:
    key, payload = world.key(), b'["ann@example.com","request"]'
    tokens: list[str] = []
    for message in (payload, PURPOSE + payload):
        mac = world.kms.generate_mac(KeyId=key, MacAlgorithm=ALGORITHM, Message=message)["Mac"]
        tokens.append(".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (payload, mac)))
    found = [world.links(key).read(token) for token in tokens]
    assert found == [None, Subscription("ann@example.com", "request")]


class NeverAsked:
    """KMS, which costs money at each call, is not asked about what cannot be a token."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


CODE = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.b",
        "é.ü",
        f"!.{CODE}",
        f"e30.{CODE}",
        f"WyJhIl0.{CODE}",
        "WyJhIiwiYiJd.AAAA",
        "WyJhIiwiYiJd",
        "x" * 10_000,
    ],
)
def test_what_cannot_be_a_token_is_refused_without_asking_kms(token: str) -> None:
    client: Any = NeverAsked()
    assert Unsubscribe(client=client, key_id="key", site_url=SITE).read(token) is None


def test_a_token_is_not_called_wrong_while_kms_cannot_tell(world: FeedbackWorld) -> None:
    missing = world.links("00000000-0000-4000-8000-000000000000")
    with pytest.raises(ClientError, match="NotFound"):
        missing.read(token_of(world.links(world.key())))
