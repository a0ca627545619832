"""Which requests can become a mail, and what is wrong with the others."""

from typing import Any

import pytest

from mail_consumer.checks import check
from mail_consumer.request import MailRequest, RequestError, parse
from tests.mail_records import DOMAIN, SITE, request_body


def checked(site_url: str = SITE, /, **fields: Any) -> MailRequest:
    return check(parse(body=request_body(**fields), attributes={}), domain=DOMAIN, site_url=site_url)


def refused(site_url: str = SITE, /, **fields: Any) -> RequestError:
    with pytest.raises(RequestError) as error:
        checked(site_url, **fields)
    return error.value


def test_a_display_name_is_encoded_and_an_international_domain_becomes_punycode() -> None:
    request = checked(from_=f"山田 <info@{DOMAIN}>", to=["info@日本語.jp"])
    assert request.sender == f"=?utf-8?b?5bGx55Sw?= <info@{DOMAIN}>"
    assert request.to == ["info@xn--wgv71a119e.jp"]


@pytest.mark.parametrize(
    "sender",
    [
        "info@example.com",
        f"info@sub.{DOMAIN}",
        f"info@not{DOMAIN}",
        f"info@{DOMAIN}.example.com",
        f"{DOMAIN} <a@b.example>",
    ],
)
def test_only_addresses_of_the_domain_may_send(sender: str) -> None:
    assert refused(from_=sender).code == "ForeignSender"


@pytest.mark.parametrize("sender", [f"info@{DOMAIN.upper()}", f"Info <info@{DOMAIN}>"])
def test_the_domain_is_recognised_in_any_spelling(sender: str) -> None:
    assert checked(from_=sender).sender.lower().strip(">").endswith(f"@{DOMAIN}")


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
@pytest.mark.parametrize(
    "address", ["nobody", "a@b@c.example", "a@", "a@example.com,b@example.com", "日本@example.com"]
)
def test_an_address_that_is_none_is_refused_with_its_field(field: str, address: str) -> None:
    error = refused(**{field: [address]})
    assert error.code == "BadAddress"
    assert f"{field} '{address}'" in error.detail


def test_fifty_recipients_go_out_and_fifty_one_are_refused() -> None:
    many = [f"r{n}@example.com" for n in range(49)]
    assert len(checked(cc=many).recipients) == 50
    assert "51 recipients" in refused(cc=many, bcc=["one@example.com"]).detail


def test_a_request_to_nobody_or_with_no_content_is_refused() -> None:
    assert refused(to=[]).code == "Recipients"
    assert refused(text=None).code == "NoContent"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\u2029"])
def test_no_field_smuggles_a_header_in_by_a_line_break(break_: str) -> None:
    smuggled = f"x{break_}Bcc: victim@example.com"
    assert refused(subject=smuggled).code == "LineBreak"
    assert refused(from_=f"{smuggled} <info@{DOMAIN}>").code == "LineBreak"
    assert refused(to=[f"{smuggled} <a@example.com>"]).code == "LineBreak"
    assert refused(reply_to=[f"{smuggled} <a@example.com>"]).code == "LineBreak"
    assert refused(attachments=[{"s3_key": "k", "filename": smuggled}]).code == "LineBreak"
    assert refused(headers={"X-A": smuggled}).code == "BadHeader"
    assert refused(headers={f"X-A{break_}": "v"}).code == "BadHeader"


@pytest.mark.parametrize(
    "name", ["From", "bcc", "Content-Type", "content-transfer-encoding", "Message-ID", "DKIM-Signature"]
)
def test_a_header_that_ses_or_a_field_sets_cannot_be_set_again(name: str) -> None:
    assert "leave it out" in refused(headers={name: "v"}).detail


def test_a_link_to_unsubscribe_is_for_one_recipient_a_mail() -> None:
    assert checked(unsubscribe=True).unsubscribe
    error = refused(unsubscribe=True, cc=["c@example.com"])
    assert (error.code, "2 recipients" in error.detail) == ("Unsubscribe", True)


def test_a_link_to_unsubscribe_without_a_site_is_refused_with_the_setting_that_is_missing() -> None:
    error = refused("", unsubscribe=True)
    assert (error.code, "set site_domain" in error.detail) == ("NoSite", True)


def test_headers_and_a_link_to_unsubscribe_do_not_get_in_each_others_way() -> None:
    assert refused(unsubscribe=True, headers={"list-unsubscribe": "<mailto:a@example.com>"}).code == "BadHeader"
    assert refused(unsubscribe=True, headers={f"X-{n}": "v" for n in range(14)}).code == "BadHeader"
    assert len(checked(unsubscribe=True, headers={f"X-{n}": "v" for n in range(13)}).headers) == 13


@pytest.mark.parametrize(
    "part",
    [
        {"text": "Hi"},
        {"html": "Hi"},
        {"headers": {"X-A": "v"}},
        {"reply_to": ["r@example.com"]},
        {"attachments": [{"s3_key": "k", "filename": "f"}]},
        {"unsubscribe": True},
    ],
)
def test_a_raw_mail_is_whole_and_takes_no_part_of_a_request(part: dict[str, Any]) -> None:
    assert checked(raw_s3_key="k", text=None).raw_s3_key == "k"
    error = refused(**({"raw_s3_key": "k", "text": None} | part))
    assert error.code == "RawMail"
    assert next(iter(part)) in error.detail
