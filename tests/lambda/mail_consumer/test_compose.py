"""From a request to the SendEmail call."""

from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters

from mail_consumer.compose import check, check_size, compose
from mail_consumer.request import Attachment, MailRequest, RequestError, parse
from tests.mail_records import DOMAIN, four_attributes, request_body


def checked(**fields: Any) -> MailRequest:
    return check(parse(body=request_body(**fields), attributes={}), domain=DOMAIN)


def refused(**fields: Any) -> RequestError:
    with pytest.raises(RequestError) as error:
        checked(**fields)
    return error.value


def composed(request: MailRequest, files: list[tuple[Attachment, bytes]] | None = None) -> dict[str, Any]:
    return compose(request, message_id="m-1", configuration_set="mail", files=files or [])


def test_a_plain_request_becomes_one_utf_8_mail_to_one_recipient() -> None:
    call = composed(check(parse(body="", attributes=four_attributes()), domain=DOMAIN))
    assert call["Destination"]["ToAddresses"] == ["friend@example.com"]
    assert call["Content"] == {
        "Simple": {
            "Subject": {"Charset": "UTF-8", "Data": "こんにちは"},
            "Body": {"Text": {"Charset": "UTF-8", "Data": "本文です"}},
        }
    }


def test_everything_of_a_request_reaches_the_call_and_the_call_fits_the_api() -> None:
    request = checked(
        cc=["c@example.com"],
        bcc=["b@example.com"],
        reply_to=["r@example.com"],
        html="<p>Hi</p>",
        headers={"List-Id": "<news.example.com>"},
        tags={"kind": "news"},
        attachments=[{"s3_key": "k", "filename": "a.pdf", "content_type": "application/pdf"}],
    )
    call = composed(request, [(request.attachments[0], b"%PDF")])
    model = get_session().get_service_model("sesv2").operation_model("SendEmail")
    assert model.input_shape is not None
    validate_parameters(call, model.input_shape)
    simple = call["Content"]["Simple"]
    assert call["Destination"] == {
        "ToAddresses": ["friend@example.com"],
        "CcAddresses": ["c@example.com"],
        "BccAddresses": ["b@example.com"],
    }
    assert call["ReplyToAddresses"] == ["r@example.com"]
    assert simple["Body"]["Html"]["Data"] == "<p>Hi</p>"
    assert simple["Headers"] == [{"Name": "List-Id", "Value": "<news.example.com>"}]
    assert simple["Attachments"] == [{"FileName": "a.pdf", "RawContent": b"%PDF", "ContentType": "application/pdf"}]
    assert {"Name": "kind", "Value": "news"} in call["EmailTags"]


def test_every_mail_names_its_request_in_a_tag_and_uses_the_configuration_set() -> None:
    call = composed(checked())
    assert {"Name": "request_id", "Value": "m-1"} in call["EmailTags"]
    assert call["ConfigurationSetName"] == "mail"


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


def test_the_size_counts_encoding_and_names_the_limit() -> None:
    request = checked(text="x" * 300)
    check_size(request, attachment_bytes=0, limit=400)
    with pytest.raises(RequestError, match="401 bytes after encoding, at most 400"):
        check_size(request, attachment_bytes=1, limit=400)
